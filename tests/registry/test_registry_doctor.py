"""Doctor finds what is wrong, says where, repairs what is derived and takes nothing away."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Invalid, InvalidRecord, RegistryNotFound
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, evaluations, models, versions
from gitmodels.registry.doctor import examine, fix
from gitmodels.registry.evaluations import Evaluation
from gitmodels.registry.problem import KINDS, NOTES
from gitmodels.registry.registry import Registry
from gitmodels.values import replace

Git = Callable[..., str]


@pytest.fixture
def full(registry: Registry, new_version) -> Registry:
    for content in (b"1", b"2", b"3"):
        registry.apply(lambda s, at, c=content: versions.register(s, "fraud", new_version(c), at))
    registry.apply(lambda s, at: versions.register(s, "risk", new_version(), at))
    registry.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 2, at))
    return registry


def _kinds(registry: Registry, **options: object) -> dict[str, str]:
    problems = examine(registry, **options)
    assert all(problem.kind in KINDS and problem.detail for problem in problems)
    return {problem.where: problem.kind for problem in problems}


def _paths(registry: Registry) -> set[str]:
    return {path for path, _ in registry.state().tree.walk()}


def test_a_sound_registry_has_no_problems(full: Registry) -> None:
    full.apply(lambda s, at: versions.delete(s, "fraud", 2, at))
    full.apply(lambda s, at: models.rename(s, "risk", "danger", at))
    full.apply(lambda s, at: models.delete(s, "fraud", at))
    full.apply(lambda s, at: models.create(s, "fraud", at))
    tip = full.branch.tip()
    assert examine(full, missing=lambda manifest: []) == []
    assert full.branch.tip() == tip
    assert KINDS.keys() >= NOTES


def test_where_nothing_is(git_repo: Path, registry: Registry) -> None:
    with pytest.raises(RegistryNotFound):
        examine(Registry(GitRepository.open(git_repo), registry.author, branch="refs/heads/none"))


def test_a_branch_that_is_no_registry(full: Registry, put) -> None:
    put({layout.REGISTRY_FILE: None})
    with pytest.raises(InvalidRecord):
        examine(full)


def test_refs(full: Registry, git: Git) -> None:
    folder = full.git.common_dir
    tip = str(full.branch.tip())
    git("update-ref", "refs/gitmodels/aliases/fraud/prod", tip, cwd=folder)
    git("update-ref", "refs/gitmodels/aliases/fraud/evil", tip, cwd=folder)
    expected = {
        "refs/gitmodels/aliases/fraud/evil": "ref-foreign",
        "refs/gitmodels/aliases/fraud/prod": "ref-stale",
    }
    assert _kinds(full) == expected
    git("update-ref", "-d", "refs/gitmodels/aliases/fraud/prod", cwd=folder)
    problems = examine(full)
    assert [problem.kind for problem in problems] == ["ref-foreign", "ref-missing"]
    assert fix(full, problems) == problems
    assert examine(full) == []
    assert full.branch.tip() == tip


def test_an_alias_to_a_deleted_version_is_cleared_and_remembers(full: Registry, put) -> None:
    put({layout.meta_file("fraud", 2): b"status: deleted\nstage: None\ntags: {}\n"})
    problems = examine(full)
    assert [(p.kind, p.where, p.fixable) for p in problems] == [("alias-deleted", "fraud@prod", True)]
    before = _paths(full)
    assert fix(full, problems) == problems
    assert examine(full) == []
    assert _paths(full) == before
    assert full.state().alias("fraud", "prod").previous.version == 2


def test_an_alias_to_nothing_is_left_to_people(full: Registry, put) -> None:
    path = layout.alias_file("fraud", "prod")
    data = full.state().tree.read(path)
    put({path: data.replace(b"prod -> 2", b"prod -> 8")})
    found = _kinds(full)
    assert found == {"fraud@prod": "alias-dangling", "refs/gitmodels/aliases/fraud/prod": "ref-foreign"}
    assert [problem.kind for problem in fix(full, examine(full))] == ["ref-foreign"]
    assert full.state().tree.read(path) == data.replace(b"prod -> 2", b"prod -> 8")


def test_content_that_was_not_approved_is_left_to_people(full: Registry, put) -> None:
    path = layout.alias_file("fraud", "prod")
    data = full.state().tree.read(path)
    other = full.state().version("fraud", 3).record.manifest.encode()
    put({path: data.replace(full.state().version("fraud", 2).record.manifest.encode(), other)})
    assert _kinds(full)["fraud@prod"] == "alias-manifest"
    assert fix(full, examine(full)) == []


def test_a_summary_edited_by_hand_is_written_anew(full: Registry, put) -> None:
    path = layout.alias_file("fraud", "prod")
    data = full.state().tree.read(path)
    put({path: data.replace(b'code_execution: "none"', b'code_execution: "safe"')})
    problems = examine(full)
    assert [(p.kind, p.where) for p in problems] == [("alias-summary", "fraud@prod")]
    assert fix(full, problems) == problems
    assert examine(full) == []
    assert full.state().alias("fraud", "prod").target.version == 2


def test_a_metric_that_is_no_number_is_no_edit(registry: Registry, new_version) -> None:
    run = {"id": "ab" * 16, "metrics": [{"key": "loss", "value": float("nan")}]}
    registry.apply(lambda s, at: versions.register(s, "fraud", new_version(run=run), at))
    registry.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 1, at))
    assert examine(registry) == []


def test_damaged_records_are_told_one_by_one(full: Registry, put) -> None:
    full.apply(lambda s, at: aliases.set_alias(s, "risk", "prod", 1, at))
    broken = [
        layout.alias_file("risk", "prod"),
        layout.meta_file("fraud", 1),
        layout.model_file("other"),
        layout.version_file("fraud", 3),
    ]
    put(dict.fromkeys(broken, b"a: 1\na: 2\n"))
    found = _kinds(full, history=False)
    assert {where for where, kind in found.items() if kind == "record-damaged"} == set(broken)


def test_missing_files_and_gaps(full: Registry, put) -> None:
    put(
        {
            layout.model_file("risk"): None,
            layout.version_folder("fraud", 1): None,
            layout.manifest_file("fraud", 3): None,
        }
    )
    found = _kinds(full)
    assert found[layout.model_file("risk")] == "model-missing"
    assert found[layout.versions_folder("fraud")] == "number-gap"
    assert found[layout.version_folder("fraud", 1)] == "version-vanished"
    assert found[layout.version_folder("fraud", 3)] == "version-edited"
    assert found[layout.manifest_file("fraud", 3)] == "manifest-damaged"


def test_an_edit_is_found_also_after_many_commits(full: Registry, put) -> None:
    put({f"{layout.version_folder('fraud', 1)}/MLmodel": b"flavors: {evil: {}}\n"})
    full.apply(lambda s, at: models.create(s, "later", at))
    full.rebuild()
    found = examine(full)
    assert [(problem.kind, problem.where) for problem in found] == [("version-edited", "models/39/fraud/versions/1")]
    assert found[0].fixable is False
    assert examine(full, history=False) == []


@pytest.mark.parametrize("ours_first", [True, False])
def test_a_version_that_came_while_the_model_moved(
    full: Registry, new_version, tmp_path: Path, git: Git, ours_first: bool
) -> None:
    git("clone", "--quiet", "--bare", str(full.git.common_dir), "other.git", cwd=tmp_path)
    other = Registry(GitRepository.open(tmp_path / "other.git"), full.author)
    full.apply(lambda s, at: models.rename(s, "fraud", "theft", at))
    other.apply(lambda s, at: versions.register(s, "fraud", new_version(b"stray"), at))
    folder = full.git.common_dir
    git("fetch", "--quiet", str(tmp_path / "other.git"), "gitmodels:refs/other", cwd=folder)
    done = subprocess.run(
        ["git", "merge-tree", "--write-tree", "gitmodels", "refs/other"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0
    parents = ["-p", "gitmodels", "-p", "refs/other"] if ours_first else ["-p", "refs/other", "-p", "gitmodels"]
    new = git("commit-tree", done.stdout.strip(), *parents, "-m", "merge", cwd=folder).strip()
    git("update-ref", "refs/heads/gitmodels", new, cwd=folder)
    assert _kinds(full) == {"models/39/fraud/versions/4": "version-stray"}


def test_missing_objects_and_leftovers_are_told_by_the_caller(full: Registry) -> None:
    lost = full.state().manifest("fraud", 2)
    full.apply(lambda s, at: versions.delete(s, "fraud", 3, at))
    found = _kinds(full, missing=lambda manifest: ["ab" * 32] if manifest == lost else [], leftovers=["tmp/x"])
    assert found == {"fraud/2": "objects-missing", "tmp/x": "leftover"}

    def broken(manifest: bytes) -> list[str]:
        raise Invalid("not a manifest")

    assert set(_kinds(full, missing=broken).values()) == {"manifest-damaged"}


def test_notes(full: Registry, put) -> None:
    for name in ("Fraud", "Straße", "STRASSE"):
        full.apply(lambda s, at, n=name: models.create(s, n, at))
    put(
        {
            "models/zz/x/model.yaml": b"name: x\n",
            "models/00/fraud/model.yaml": b"name: fraud\n",
            f"{layout.versions_folder('fraud')}/007/version.yaml": b"x: 1\n",
            f"{layout.aliases_folder('fraud')}/notes.txt": b"x\n",
        }
    )
    problems = examine(full)
    assert all(problem.is_note and not problem.fixable for problem in problems)
    assert {problem.where for problem in problems} == {
        "Fraud, fraud",
        "STRASSE, Straße",
        "models/00/fraud",
        "models/zz",
        f"{layout.versions_folder('fraud')}/007",
        f"{layout.aliases_folder('fraud')}/notes.txt",
    }


def test_a_shallow_clone_says_how_far_it_could_see(full: Registry, tmp_path: Path, git: Git) -> None:
    git(
        "clone", "--quiet", "--bare", "--depth=2", "--branch=gitmodels",
        f"file://{full.git.common_dir}", "shallow.git", cwd=tmp_path,
    )  # fmt: skip
    shallow = Registry(GitRepository.open(tmp_path / "shallow.git"), full.author)
    shallow.rebuild()
    problems = examine(shallow)
    assert [problem.kind for problem in problems] == ["history-incomplete"]
    assert problems[0].is_note


def test_a_newer_format_is_looked_at_and_not_repaired(full: Registry, put, git: Git) -> None:
    put({layout.REGISTRY_FILE: b"format: 9\n"})
    git("update-ref", "-d", "refs/gitmodels/aliases/fraud/prod", cwd=full.git.common_dir)
    problems = examine(full)
    assert [problem.kind for problem in problems] == ["ref-missing"]
    with pytest.raises(Invalid, match="format 9"):
        fix(full, problems)


@pytest.fixture
def evaluated(full: Registry) -> str:
    """The path of an evaluation of ``fraud/1``."""
    new = Evaluation(full.state().version("fraud", 1).record.manifest, {"auc": 0.9})
    op = full.apply(lambda s, at: evaluations.add(s, "fraud", 1, new, at))
    return layout.evaluation_file("fraud", 1, op)


def test_evaluations_that_are_sound_or_of_a_moved_model_are_no_problem(full: Registry, evaluated: str) -> None:
    assert examine(full) == []
    full.apply(lambda s, at: aliases.delete_alias(s, "fraud", "prod", at))
    full.apply(lambda s, at: models.rename(s, "fraud", "theft", at))
    assert examine(full) == []


def test_an_evaluation_that_was_edited_or_removed_is_told(full: Registry, evaluated: str, put) -> None:
    data = full.state().tree.read(evaluated) or b""
    put({evaluated: data.replace(b"0.9", b"0.99")})
    assert _kinds(full) == {evaluated: "evaluation-edited"}
    put({evaluated: None})
    problems = [problem for problem in examine(full) if problem.where == evaluated]
    assert [problem.kind for problem in problems] == ["evaluation-edited"]
    assert "gone in commit" in problems[0].detail


def test_an_evaluation_that_counts_for_nobody_is_told(full: Registry, evaluated: str, put) -> None:
    record = Evaluation.from_yaml(full.state().tree.read(evaluated) or b"", evaluated)
    other, broken = (evaluated.replace(record.op, name * 32) for name in ("1", "2"))
    stray = replace(record, manifest=full.state().version("fraud", 2).record.manifest, op="1" * 32)
    put({other: stray.to_yaml(), broken: b"metrics: 3\n", "models/39/fraud/evaluations/x/y.yaml": b"a: 1\n"})
    assert _kinds(full) == {
        other: "evaluation-other",
        broken: "record-damaged",
        "models/39/fraud/evaluations/x": "path-unknown",
    }
