"""The registry's format to the byte: what was written once must be written, read and derived the same ever after."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels import digest, yaml
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.records import AliasRecord, MetaRecord, ModelRecord, VersionRecord
from gitmodels.registry.registry import Registry

Git = Callable[..., str]
ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "formats" / "v1" / "registry"
PAGE = ROOT / "docs" / "format" / "registry.md"
FOLDER = "models/bc/=credit=risk"
FILES = (
    "gitmodels.yaml",
    f"{FOLDER}/model.yaml",
    f"{FOLDER}/versions/2/version.yaml",
    f"{FOLDER}/meta/2.yaml",
    f"{FOLDER}/aliases/champion.yaml",
    f"{FOLDER}/aliases/old.yaml",
)


def _version(content: bytes, auc: float) -> NewVersion:
    file = digest.of_bytes(content)
    manifest = digest.of_bytes(f"{file}  model.skops\n".encode())
    requirements = b"scikit-learn==1.7.2\n"
    record = VersionRecord(
        model_id=digest.model_id(manifest),
        manifest=manifest,
        created=0,
        author="",
        email="",
        op="",
        size=len(content),
        source="runs:/00112233445566778899aabbccddeeff/model",
        flavors=("python_function", "sklearn"),
        dependencies=f"blake3:{digest.of_bytes(requirements)}",
        code={"commit": "8c1a4f0e3b5d6c7a8b9c0d1e2f3a4b5c6d7e8f90", "dirty": False},
        run={
            "id": "00112233445566778899aabbccddeeff",
            "params": {"max_depth": "4"},
            "metrics": [{"key": "auc", "value": auc}],
        },
    )
    text = yaml.dump({"format": 1, "files": [{"path": "model.skops", "size": len(content), "blake3": file}]})
    return NewVersion(record, text, {"requirements.txt": requirements})


@pytest.fixture
def story(git_repo: Path) -> Registry:
    """Two versions of CreditRisk, one alias that moved and one that was cleared, at fixed times under fixed ids."""
    ticks = iter(range(1_770_091_506_789, 1_780_000_000_000, 60_000))
    registry = Registry(GitRepository.open(git_repo), Identity("Ana", "ana@example.org"), clock=lambda: next(ticks))
    registry.init()
    steps = [
        lambda s, at: models.create(s, "CreditRisk", at, tags={"team": "risk"}, description="Who pays back?"),
        lambda s, at: versions.register(s, "CreditRisk", _version(b"weights of version 1", 0.91), at),
        lambda s, at: versions.register(s, "CreditRisk", _version(b"weights of version 2", 0.93), at),
        lambda s, at: versions.set_tag(s, "CreditRisk", 2, "validated", "yes"),
        lambda s, at: versions.stage(s, "CreditRisk", 2, "Staging", at),
        lambda s, at: aliases.set_alias(s, "CreditRisk", "champion", 1, at, reason="first"),
        lambda s, at: aliases.set_alias(s, "CreditRisk", "old", 1, at),
        lambda s, at: aliases.set_alias(s, "CreditRisk", "champion", 2, at, reason="AUC 0.91 → 0.93"),
        lambda s, at: aliases.delete_alias(s, "CreditRisk", "old", at),
    ]
    for number, step in enumerate(steps, 1):
        registry.apply(step, op=f"{number:032x}")
    return registry


def _ids(registry: Registry, git: Git) -> dict[str, str]:
    folder = registry.git.common_dir
    ref = "refs/gitmodels/aliases/=credit=risk/champion"
    return {
        "root commit": git("rev-list", "--max-parents=0", "gitmodels", cwd=folder).strip(),
        "tip": git("rev-parse", "gitmodels", cwd=folder).strip(),
        "version commit 1": git("rev-parse", f"{ref}~1", cwd=folder).strip(),
        "version commit 2": git("rev-parse", ref, cwd=folder).strip(),
    }


@pytest.mark.parametrize("path", FILES)
def test_files_are_written_to_the_byte(story: Registry, path: str) -> None:
    assert story.state().tree.read(path) == (GOLDEN / Path(path).name).read_bytes()


@pytest.mark.sha1
def test_ids_are_derived_to_the_bit(story: Registry, git: Git) -> None:
    assert yaml.dump(_ids(story, git)) == (GOLDEN / "ids.yaml").read_bytes()


@pytest.mark.sha1
def test_the_version_commit_and_the_messages_are_as_written_down(story: Registry, git: Git) -> None:
    folder = story.git.common_dir
    ids = yaml.load((GOLDEN / "ids.yaml").read_bytes())
    for name, commit in (("version-commit.txt", ids["version commit 2"]), ("alias-commit.txt", f"{ids['tip']}~1")):
        assert git("cat-file", "commit", commit, cwd=folder).encode() == (GOLDEN / name).read_bytes()


def test_the_tree_holds_what_is_written_down(story: Registry, git: Git) -> None:
    listed = git("ls-tree", "-r", "--name-only", "gitmodels", cwd=story.git.common_dir)
    assert listed == (GOLDEN / "tree.txt").read_text()


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("model.yaml", ModelRecord),
        ("version.yaml", VersionRecord),
        ("2.yaml", MetaRecord),
        ("champion.yaml", AliasRecord),
    ],
)
def test_files_are_read_and_written_back_to_the_byte(file: str, kind) -> None:
    data = (GOLDEN / file).read_bytes()
    assert kind.from_yaml(data, file).to_yaml() == data


def test_the_page_shows_the_real_bytes(story: Registry) -> None:
    shown = dict(re.findall(r"^`([^`\n]+)`:\n\n```\w*\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE))
    expected = {path: (GOLDEN / Path(path).name).read_text() for path in FILES}
    expected |= {name: (GOLDEN / name).read_text() for name in ("tree.txt", "version-commit.txt", "alias-commit.txt")}
    assert {path: shown.get(path) for path in expected} == expected
    for what, value in yaml.load((GOLDEN / "ids.yaml").read_bytes()).items():
        assert f"| {what} | `{value}` |" in PAGE.read_text()


def test_the_page_names_every_key() -> None:
    text = PAGE.read_text()
    for path in FILES:
        for key in yaml.load((GOLDEN / Path(path).name).read_bytes()):
            assert f"`{key}`" in text, f"{path}: {key}"
    assert layout.model_folder("CreditRisk") == FOLDER
