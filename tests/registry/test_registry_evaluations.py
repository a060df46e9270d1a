"""Evaluations: files beside a version that are written once, to the byte, merge clean and never carry over."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels import digest, yaml
from gitmodels.errors import Conflict, Invalid, InvalidRecord, VersionNotFound
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry import evaluations as reading
from gitmodels.registry.changes import evaluations, models, versions
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.evaluations import Evaluation, Measured
from gitmodels.registry.records import VersionRecord
from gitmodels.registry.registry import Registry
from gitmodels.values import replace

Git = Callable[..., str]
ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "formats" / "v1" / "registry"
PAGE = ROOT / "docs" / "format" / "registry.md"
OP = "0000000000000000000000000000000a"
PATH = f"models/bc/=credit=risk/evaluations/2/{OP}.yaml"


@pytest.fixture
def fraud(registry: Registry, new_version) -> Registry:
    """Two versions of ``fraud``."""
    for content in (b"1", b"2"):
        registry.apply(lambda s, at, c=content: versions.register(s, "fraud", new_version(c), at))
    return registry


def manifest_of(registry: Registry, number: int) -> digest.Digest:
    return registry.state().version("fraud", number).record.manifest


def evaluate(registry: Registry, number: int, metrics: dict[str, float], **fields: object) -> str:
    new = Evaluation(manifest_of(registry, number), metrics, **fields)  # type: ignore[arg-type]
    return registry.apply(lambda s, at: evaluations.add(s, "fraud", number, new, at))


def seen(registry: Registry, number: int) -> list[dict[str, float]]:
    found = reading.of_version(registry.state(), "fraud", number, manifest_of(registry, number))
    return [one.metrics for one in found]


@pytest.fixture
def told(git_repo: Path, new_version) -> Registry:
    """The evaluation that the page shows: of the page's second version, at a fixed time under a fixed id."""
    ticks = iter(range(1_770_092_106_789, 1_780_000_000_000, 60_000))
    registry = Registry(GitRepository.open(git_repo), Identity("Ana", "ana@example.org"), clock=lambda: next(ticks))
    second = VersionRecord.from_yaml((GOLDEN / "version.yaml").read_bytes(), "version.yaml")
    for version in (new_version(b"1"), NewVersion(second, b"format: 1\n")):
        registry.apply(lambda s, at, v=version: versions.register(s, "CreditRisk", v, at))
    new = Evaluation(
        manifest=second.manifest,
        metrics={"roc_auc": 0.93, "accuracy_score": 0.875},
        dataset=Measured("holdout-q3.csv", "9f3c0a11", digest.of_bytes(b"rows"), 1000, "paid_back"),
        description="the data of the third quarter",
        run={"id": "00112233445566778899aabbccddeeff", "name": "calm-elk"},
        code={"commit": "8c1a4f0e3b5d6c7a8b9c0d1e2f3a4b5c6d7e8f90", "dirty": False},
    )
    registry.apply(lambda s, at: evaluations.add(s, "CreditRisk", 2, new, at), op=OP)
    return registry


def test_an_evaluation_is_written_to_the_byte(told: Registry, git: Git) -> None:
    golden = (GOLDEN / "evaluation.yaml").read_bytes()
    assert told.state().tree.read(PATH) == golden
    assert Evaluation.from_yaml(golden, "evaluation.yaml").to_yaml() == golden
    message = git("log", "-1", "--format=%B", "gitmodels", cwd=told.git.common_dir).rstrip("\n") + "\n"
    assert message == (GOLDEN / "evaluation-message.txt").read_text()


def test_the_page_shows_the_evaluation_and_names_its_keys() -> None:
    text = PAGE.read_text()
    shown = dict(re.findall(r"^`([^`\n]+)`:\n\n```\w*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    assert shown[PATH] == (GOLDEN / "evaluation.yaml").read_text()
    assert shown["evaluation-message.txt"] == (GOLDEN / "evaluation-message.txt").read_text()
    record = yaml.load((GOLDEN / "evaluation.yaml").read_bytes())
    for key in (*record, *record["dataset"]):
        assert f"`{key}`" in text, key


def test_evaluations_are_read_back_oldest_first(fraud: Registry) -> None:
    evaluate(fraud, 1, {"auc": 0.9})
    evaluate(fraud, 1, {"auc": 0.8, "f1": 0.7})
    evaluate(fraud, 2, {"auc": 0.95})
    assert (seen(fraud, 1), seen(fraud, 2)) == ([{"auc": 0.9}, {"auc": 0.8, "f1": 0.7}], [{"auc": 0.95}])
    found = reading.of_version(fraud.state(), "fraud", 1, manifest_of(fraud, 1))
    assert reading.latest(found) == {"auc": 0.8, "f1": 0.7}


def test_what_is_not_finite_comes_back(fraud: Registry) -> None:
    evaluate(fraud, 1, {"loss": math.nan, "worst": math.inf})
    (metrics,) = seen(fraud, 1)
    assert math.isnan(metrics["loss"])
    assert metrics["worst"] == math.inf


def test_an_evaluation_tried_again_is_noted_once(fraud: Registry) -> None:
    new = Evaluation(manifest_of(fraud, 1), {"auc": 0.9})
    first = fraud.apply(lambda s, at: evaluations.add(s, "fraud", 1, new, at), op=OP)
    tip = fraud.state().commit
    assert fraud.apply(lambda s, at: evaluations.add(s, "fraud", 1, new, at), op=OP) == first == OP
    assert fraud.state().commit == tip


def test_the_version_itself_is_left_alone(fraud: Registry) -> None:
    before = fraud.state().version("fraud", 1), fraud.state().version_trees("fraud")
    evaluate(fraud, 1, {"auc": 0.9})
    assert (fraud.state().version("fraud", 1), fraud.state().version_trees("fraud")) == before


def test_two_people_who_evaluate_the_same_version_merge_clean(fraud: Registry, tmp_path: Path, git: Git) -> None:
    folder = fraud.git.common_dir
    git("clone", "--quiet", "--bare", str(folder), "theirs.git", cwd=tmp_path)
    theirs = Registry(GitRepository.open(tmp_path / "theirs.git"), Identity("Bo", "bo@x.org"))
    evaluate(fraud, 1, {"auc": 0.9})
    evaluate(theirs, 1, {"auc": 0.8})
    git("fetch", "--quiet", str(theirs.git.common_dir), "+gitmodels:refs/other", cwd=folder)
    tree = git("merge-tree", "--write-tree", "gitmodels", "refs/other", cwd=folder).strip()
    merged = git("commit-tree", tree, "-p", "gitmodels", "-p", "refs/other", "-m", "merge", cwd=folder).strip()
    git("update-ref", "refs/heads/gitmodels", merged, cwd=folder)
    assert sorted(metrics["auc"] for metrics in seen(fraud, 1)) == [0.8, 0.9]


def test_an_evaluation_of_other_content_is_nobodys(fraud: Registry, put) -> None:
    evaluate(fraud, 2, {"auc": 0.9})
    [path] = reading.paths(fraud.state(), "fraud", 2)
    stray = replace(reading.read(fraud.state(), path), manifest=manifest_of(fraud, 1))
    put({path: stray.to_yaml()})
    assert seen(fraud, 2) == []
    with pytest.raises(Conflict, match="other content than was measured"):
        fraud.apply(lambda s, at: evaluations.add(s, "fraud", 2, stray, at))


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        (f"{'1' * 32}.yaml", lambda data: data),
        (f"{OP}.yaml", lambda data: data.replace(b"auc: 0.9", b"auc: high")),
        (f"{OP}.yaml", lambda data: data + b"created: again\n"),
        (f"{OP}.yaml", lambda data: b"- nothing\n"),
    ],
)
def test_a_damaged_evaluation_is_skipped_and_noted(fraud: Registry, put, name: str, edit) -> None:
    new = Evaluation(manifest_of(fraud, 1), {"auc": 0.9})
    fraud.apply(lambda s, at: evaluations.add(s, "fraud", 1, new, at), op=OP)
    evaluate(fraud, 1, {"auc": 0.8})
    folder = "models/39/fraud/evaluations/1"
    path = f"{folder}/{name}"
    data = edit(fraud.state().tree.read(f"{folder}/{OP}.yaml") or b"")
    put({f"{folder}/{OP}.yaml": None, path: data})
    state = fraud.state()
    assert [one.metrics for one in reading.of_version(state, "fraud", 1, manifest_of(fraud, 1))] == [{"auc": 0.8}]
    assert list(state.skipped) == [path]


@pytest.mark.parametrize(
    ("number", "metrics", "dataset", "expected"),
    [
        (1, {}, None, Invalid),
        (1, {"a\u202eb": 1.0}, None, Invalid),
        (3, {"auc": 1.0}, None, VersionNotFound),
        (1, {"auc": 1.0}, Measured(""), Invalid),
        (1, {"auc": 1.0}, Measured("x\ny"), Invalid),
        (1, {"auc": 1.0}, Measured("x", "d" * 101), Invalid),
    ],
)
def test_what_is_no_evaluation_is_refused(fraud: Registry, number: int, metrics, dataset, expected) -> None:
    tip = fraud.state().commit
    new = Evaluation(manifest_of(fraud, 1), metrics, dataset=dataset)
    with pytest.raises(expected):
        fraud.apply(lambda s, at: evaluations.add(s, "fraud", number, new, at))
    assert fraud.state().commit == tip


def test_a_moved_model_takes_its_evaluations_along(fraud: Registry) -> None:
    evaluate(fraud, 1, {"auc": 0.9})
    manifest = manifest_of(fraud, 1)
    fraud.apply(lambda s, at: models.rename(s, "fraud", "theft", at))
    assert [one.metrics for one in reading.of_version(fraud.state(), "theft", 1, manifest)] == [{"auc": 0.9}]


def test_the_keys_of_a_newer_gitmodels_survive() -> None:
    data = (GOLDEN / "evaluation.yaml").read_bytes() + b"verdict: good\n"
    assert Evaluation.from_yaml(data, "x").to_yaml() == data
    with pytest.raises(InvalidRecord, match="'rows' is not a whole number"):
        Evaluation.from_yaml(data.replace(b"rows: 1000", b"rows: many"), "x")
