"""GTO: registries as GTO wrote them become versions, aliases and stages; and what happens when GTO goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Conflict, FileMissing, Invalid
from gitmodels.exchange.plan import LEFT_OUT, Step
from gitmodels.registry.changes import aliases as changes
from gitmodels.registry.changes import versions
from gitmodels.repo import Repo
from tests.exchange.conftest import Bring, files, no_traces, plant

Git = Callable[..., str]
Made = Callable[[str], Path]
ORDER = ["v0.9.0", "v0.10.0", "v1.0.0-rc.1", "v1.0.0"]


def told(steps: list[Step]) -> list[tuple[str, str, int | None]]:
    return [(step.kind, step.name, step.version) for step in steps]


def test_versions_come_in_the_order_of_semver_with_their_bytes(repo: Repo, bring: Bring, made: Made) -> None:
    registry = made("gto")
    steps = bring(f"gto:{registry}", "fraud")
    state = repo.registry.state()
    found = state.versions("fraud")
    assert [version.meta.tags["gto.version"] for version in found] == ORDER
    # GTO registered them in this order, each with other bytes.
    for version, number in zip(found, (0, 1, 2, 3), strict=True):
        assert files(repo, "fraud", version.number) == {"fraud.bin": bytes([number]) * 100}
    assert found[0].meta.tags == {
        "gto.version": "v0.9.0",
        "gto.artifact": "fraud",
        "dvc.path": "fraud.bin",
        "dvc.type": "model",
        "dvc.labels": "tabular",
    }
    assert [version.meta.description for version in found] == ["Finds what is odd."] * 3 + ["The first that counts"]
    assert (LEFT_OUT, "fraud", None) in told(steps)


def test_times_and_authors_are_those_of_the_tags(repo: Repo, bring: Bring, made: Made, git: Git) -> None:
    registry = made("gto")
    bring(f"gto:{registry}", "fraud")
    form = "%(taggername)|%(taggeremail)|%(taggerdate:unix)|%(*objectname)"
    for version in repo.registry.state().versions("fraud"):
        tag = f"fraud@{version.meta.tags['gto.version']}"
        said = git("for-each-ref", f"--format={form}", f"refs/tags/{tag}", cwd=registry).strip()
        record = version.record
        now = f"{record.author}|<{record.email}>|{record.created // 1000}|{record.code['commit']}"
        assert now == said
        assert record.source == f"gto:{registry}#{tag}"
    # Who imported it, and when, the branch says.
    commit = repo.git.config("user.name")
    assert commit == "Ana Test"
    assert git("log", "-1", "--format=%an", "gitmodels", cwd=repo.location).strip() == "Ana Test"


def test_stages_become_aliases_and_mlflows_stages_where_they_are_called_alike(
    repo: Repo, bring: Bring, made: Made
) -> None:
    bring(f"gto:{made('gto')}", "fraud")
    state = repo.registry.state()
    assert state.aliases("fraud") == {"dev": 4, "prod": 4, "production": 2}
    assert [version.meta.stage for version in state.versions("fraud")] == ["None", "Production", "None", "None"]
    record = state.alias("fraud", "prod")
    assert record is not None
    assert record.reason is not None
    assert record.reason.startswith("GTO: fraud#prod#")
    assert "Ana <ana@example.org>" in record.reason


def test_all_artifacts_come_whatever_keeps_their_bytes(repo: Repo, bring: Bring, made: Made) -> None:
    registry = made("gto")
    steps = bring(f"gto:{registry}")
    state = repo.registry.state()
    assert sorted(state.model_names()) == ["fraud", "nlp-words", "old"]
    assert files(repo, "nlp-words", 1) == {"words.txt": b"one\n"}
    assert state.version("nlp-words", 1).meta.tags["gto.artifact"] == "nlp:words"
    assert state.model("old").tags == {"gto.deprecated": "by Ana"}
    again = bring(f"gto:{registry}")
    assert again == [step for step in steps if step.kind == LEFT_OUT]
    assert repo.registry.state().commit == state.commit


def test_a_plan_tells_the_same_and_writes_nothing(repo: Repo, bring: Bring, made: Made) -> None:
    registry = made("gto")
    planned = bring(f"gto:{registry}", dry_run=True)
    no_traces(repo)
    assert planned == [Step(*_of(step), done=False) for step in bring(f"gto:{registry}")]


def _of(step: Step) -> tuple[str, str, int | None, str]:
    return step.kind, step.name, step.version, step.text


def tag(git: Git, folder: Path, name: str, when: int, commit: str = "HEAD") -> None:
    date = f"{2_000_000_000 + when} +0000"
    git("tag", "-a", name, "-m", "x", commit, cwd=folder, GIT_COMMITTER_DATE=date)


@pytest.fixture
def small(tmp_path: Path, git: Git) -> Path:
    """A registry of one artifact that git keeps, with one version in production."""
    folder = tmp_path / "small"
    plant(folder, {"m.bin": "one", "dvc.yaml": "artifacts:\n  m:\n    path: m.bin\n"}, git)
    tag(git, folder, "m@v1.0.0", 1)
    tag(git, folder, "m#production#2", 2)
    return folder


def test_what_gto_did_since_is_brought_by_the_next_import(small: Path, repo: Repo, bring: Bring, git: Git) -> None:
    assert told(bring(f"gto:{small}")) == [("version", "m", 1), ("stage", "m", 1), ("alias", "m", 1)]
    assert bring(f"gto:{small}") == []
    plant(small, {"m.bin": "two"}, git)
    tag(git, small, "m@v0.5.0", 3)
    tag(git, small, "m#production#4", 4)
    assert told(bring(f"gto:{small}")) == [("version", "m", 2), ("stage", "m", 2), ("alias", "m", 2)]
    state = repo.registry.state()
    assert [version.meta.stage for version in state.versions("m")] == ["Archived", "Production"]
    tag(git, small, "m#production!#5", 5)
    tag(git, small, "m#production!#6", 6, "HEAD~1")
    assert told(bring(f"gto:{small}")) == [("alias", "m", None)]
    tag(git, small, "m@v0.5.0!#7", 7)
    assert told(bring(f"gto:{small}")) == [("deletion", "m", 2)]
    assert repo.registry.state().numbers("m") == [1]


def test_what_was_changed_here_stays_unless_it_is_overruled(small: Path, repo: Repo, bring: Bring, git: Git) -> None:
    bring(f"gto:{small}")
    plant(small, {"m.bin": "two"}, git)
    tag(git, small, "m@v2.0.0", 3)
    bring(f"gto:{small}")
    repo.registry.apply(lambda state, at: changes.set_alias(state, "m", "production", 2, at, reason="better"))
    assert [(step.kind, step.text) for step in bring(f"gto:{small}")] == [
        (LEFT_OUT, "production was moved here, and stays at v2 (--force moves it)")
    ]
    assert told(bring(f"gto:{small}", force=True)) == [("alias", "m", 1)]
    repo.registry.apply(lambda state, at: versions.delete(state, "m", 2, at))
    assert bring(f"gto:{small}") == []
    assert told(bring(f"gto:{small}", force=True)) == [("version", "m", 3)]


def test_bytes_that_are_missing_stop_it_and_the_next_import_goes_on(repo: Repo, bring: Bring, made: Made) -> None:
    registry = made("gto")
    cache = registry / ".dvc" / "cache" / "files" / "md5"
    [place] = [path for path in cache.rglob("*") if path.is_file() and path.read_bytes() == b"\1" * 100]
    place.rename(registry / "aside")
    with pytest.raises(
        FileMissing, match=r"fraud/v0.10.0: the bytes of 'fraud.bin' \(md5 [0-9a-f]{32}\) are not here"
    ) as caught:
        bring(f"gto:{registry}", "fraud")
    assert "dvc fetch --all-tags" in caught.value.hint
    assert "--without fraud/v0.10.0" in caught.value.hint
    assert repo.registry.state().numbers("fraud") == [1]
    (registry / "aside").rename(place)
    assert [step.version for step in bring(f"gto:{registry}", "fraud") if step.kind == "version"] == [2, 3, 4]


def test_a_version_whose_bytes_are_lost_is_passed_by_when_that_is_asked(repo: Repo, bring: Bring, made: Made) -> None:
    registry = made("gto")
    [place] = [path for path in (registry / ".dvc").rglob("*") if path.is_file() and path.read_bytes() == b"\1" * 100]
    place.unlink()
    steps = bring(f"gto:{registry}", "fraud", without=("fraud/v0.10.0",))
    assert [(step.kind, step.text) for step in steps][1] == (LEFT_OUT, "v0.10.0: as was asked for")
    labels = [version.meta.tags["gto.version"] for version in repo.registry.state().versions("fraud")]
    assert labels == ["v0.9.0", "v1.0.0-rc.1", "v1.0.0"]
    assert repo.registry.state().aliases("fraud") == {"dev": 3, "prod": 3}


def test_the_older_index_of_artifacts_is_read_and_a_path_can_be_given(
    tmp_path: Path, repo: Repo, bring: Bring, git: Git
) -> None:
    folder = tmp_path / "older"
    plant(folder, {"models/m.bin": "one", "artifacts.yaml": "m:\n  type: model\n  path: models/m.bin\n"}, git)
    tag(git, folder, "m@v1.0.0", 1)
    tag(git, folder, "n@v1.0.0", 2)
    steps = bring(f"gto:{folder}")
    assert told(steps) == [("version", "m", 1), (LEFT_OUT, "n", None)]
    assert files(repo, "m", 1) == {"m.bin": b"one"}
    assert told(bring(f"gto:{folder}", "n", paths=("models",))) == [("version", "n", 1)]
    assert files(repo, "n", 1) == {"m.bin": b"one"}


def test_a_stage_that_cannot_be_an_alias_is_told(small: Path, bring: Bring, git: Git) -> None:
    tag(git, small, "m#latest#3", 3)
    left = [step for step in bring(f"gto:{small}") if step.kind == LEFT_OUT]
    assert [step.text for step in left] == ["the stage latest: 'latest' alias name (case insensitive) is reserved."]


def test_a_tag_that_was_moved_is_a_conflict(small: Path, bring: Bring, git: Git) -> None:
    bring(f"gto:{small}")
    plant(small, {"m.bin": "other"}, git)
    git("tag", "-d", "m@v1.0.0", cwd=small)
    tag(git, small, "m@v1.0.0", 9)
    with pytest.raises(Conflict, match=r"v1\.0\.0 of m is [0-9a-f]{10} there, and was [0-9a-f]{10}"):
        bring(f"gto:{small}")


def test_two_artifacts_of_one_name_here_and_none_are_refused(small: Path, bring: Bring, git: Git) -> None:
    tag(git, small, "a/b@v1.0.0", 5)
    tag(git, small, "a-b@v1.0.0", 6)
    with pytest.raises(Invalid, match="a-b and a/b would both be 'a-b' here"):
        bring(f"gto:{small}", "a-b")
    with pytest.raises(FileMissing, match="no tag of GTO's"):
        bring(f"gto:{small}", "nobody")


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "link", "sub", "nowhere"])
def test_a_path_that_leads_elsewhere_is_refused(path: str, tmp_path: Path, repo: Repo, bring: Bring, git: Git) -> None:
    folder = tmp_path / "evil"
    folder.mkdir()
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    git("config", "user.name", "Eve", cwd=folder)
    git("config", "user.email", "eve@example.org", cwd=folder)
    (folder / "link").symlink_to("/etc/passwd")
    plant(folder, {"dvc.yaml": f"artifacts:\n  m:\n    path: {path}\n", "m.bin": "x"}, git)
    tag(git, folder, "m@v1.0.0", 1)
    with pytest.raises((Invalid, FileMissing)) as caught:
        bring(f"gto:{folder}")
    assert "\n" not in caught.value.message
    no_traces(repo)
