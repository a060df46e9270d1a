"""DVC: repositories and caches as DVC 3 and DVC 2 wrote them, and files of DVC's that nobody should follow."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Corrupt, FileMissing, GitModelsError, Invalid, InvalidYaml
from gitmodels.exchange import dvc_files
from gitmodels.exchange.plan import LEFT_OUT, Step
from gitmodels.repo import Repo
from tests.exchange.conftest import Bring, files, no_traces, plant

Git = Callable[..., str]
Made = Callable[[str], Path]
NET = bytes(range(255, -1, -1)) * 4
NET_BEFORE = bytes(range(256)) * 4
FOREST = {"trees.bin": b"\0\1\2" * 300, "sub/labels.txt": b"yes\r\nno\r\n" * 20}


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("version", ["dvc3", "dvc2"])
def test_artifacts_become_versions_of_their_names(version: str, repo: Repo, bring: Bring, made: Made) -> None:
    project = made(version)
    steps = bring(f"dvc:{project}")
    assert [(step.kind, step.name, step.version) for step in steps] == [
        ("version", "net", 1),
        ("version", "forest", 1),
        (LEFT_OUT, "people", None),
    ]
    assert files(repo, "net", 1) == {"net.bin": NET}
    assert files(repo, "forest", 1) == FOREST
    net = repo.registry.state().version("net", 1)
    assert net.meta.description == "A net of two layers."
    assert net.meta.tags == {
        "dvc.path": "models/net.bin",
        "dvc.type": "model",
        "dvc.labels": "vision, small",
        "dvc.meta.framework": "none",
    }
    assert bring(f"dvc:{project}") == [step for step in steps if step.kind == LEFT_OUT]


def test_a_plan_tells_the_same_and_writes_nothing(repo: Repo, bring: Bring, made: Made) -> None:
    project = made("dvc3")
    planned = bring(f"dvc:{project}", dry_run=True)
    no_traces(repo)
    done = bring(f"dvc:{project}")
    assert planned == [Step(step.kind, step.name, step.version, step.text, False) for step in done]


def test_another_revision_another_version(repo: Repo, bring: Bring, made: Made) -> None:
    project = made("dvc3")
    for rev in ("#HEAD~1", ""):
        bring(f"dvc:{project}{rev}", "net")
    assert [files(repo, "net", number) for number in (1, 2)] == [{"net.bin": NET_BEFORE}, {"net.bin": NET}]
    assert bring(f"dvc:{project}#HEAD~1", "net") == []


@pytest.mark.parametrize("version", ["dvc3", "dvc2"])
def test_paths_are_chosen_and_named(version: str, repo: Repo, bring: Bring, made: Made) -> None:
    project = made(version)
    bring(f"dvc:{project}", "all")
    assert files(repo, "all", 1) == {
        "data.csv": b"a,b\n1,2\n",
        "models/net.bin": NET,
        "work/trained.bin": bytes(range(256)),
    } | {f"models/forest/{path}": data for path, data in FOREST.items()}
    for paths, expected in (
        (("work/trained.bin",), {"trained.bin": bytes(range(256))}),
        (("*.bin",), {"models/net.bin": NET, "work/trained.bin": bytes(range(256))}),
        (("models/forest",), FOREST),
        (("models/forest/sub",), {"labels.txt": FOREST["sub/labels.txt"]}),
        (("models/config.json",), {"config.json": b'{"layers": 2}\n'}),
    ):
        [step] = bring(f"dvc:{project}", "one", paths=paths)
        assert step.version is not None
        assert files(repo, "one", step.version) == expected


def test_an_artifact_that_is_a_folder_of_git_and_dvc_is_both(repo: Repo, bring: Bring, made: Made, git: Git) -> None:
    project = made("dvc3")
    plant(project, {"dvc.yaml": "artifacts:\n  all:\n    path: models\n"}, git)
    bring(f"dvc:{project}")
    assert files(repo, "all", 1) == {"net.bin": NET, "config.json": b'{"layers": 2}\n'} | {
        f"forest/{path}": data for path, data in FOREST.items()
    }


def test_a_remote_that_is_a_folder_gives_what_the_cache_lacks(
    repo: Repo, bring: Bring, made: Made, tmp_path: Path
) -> None:
    project = made("dvc3")
    os.rename(project / ".dvc" / "cache", tmp_path / "store")
    with pytest.raises(FileMissing):
        bring(f"dvc:{project}", "net")
    with open(project / ".dvc" / "config", "a") as stream:
        stream.write("['remote \"far\"']\n    url = s3://bucket/x\n['remote \"near\"']\n    url = ../../store\n")
    assert len(bring(f"dvc:{project}", "net")) == 1
    (project / ".dvc" / "config.local").write_text(f"[cache]\n    dir = {tmp_path / 'store'}\n")
    (project / ".dvc" / "config").write_text("[core]\n")
    assert len(bring(f"dvc:{project}", "forest")) == 1


def test_missing_bytes_are_named_with_md5_and_the_way_out(repo: Repo, bring: Bring, made: Made) -> None:
    project = made("dvc3")
    digest = md5(NET)
    (project / ".dvc/cache/files/md5" / digest[:2] / digest[2:]).unlink()
    for dry_run in (True, False):
        with pytest.raises(FileMissing, match=rf"'models/net.bin' \(md5 {digest}\) are not here") as caught:
            bring(f"dvc:{project}", "net", dry_run=dry_run)
        assert caught.value.hint.startswith("dvc pull")
    no_traces(repo)
    [listing] = (project / ".dvc/cache/files/md5").rglob("*.dir")
    listing.unlink()
    with pytest.raises(FileMissing, match=r"the listing of 'models/forest' \(md5 [0-9a-f]{32}\.dir\) is not here"):
        bring(f"dvc:{project}", "forest")


def test_what_was_brought_before_something_was_missing_stays(repo: Repo, bring: Bring, made: Made) -> None:
    project = made("dvc3")
    digest = md5(FOREST["trees.bin"])
    place = project / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    place.rename(project / "aside")
    with pytest.raises(FileMissing):
        bring(f"dvc:{project}")
    assert repo.registry.state().numbers("net") == [1]
    (project / "aside").rename(place)
    assert [step.name for step in bring(f"dvc:{project}") if step.kind == "version"] == ["forest"]


def test_a_flipped_byte_is_refused_though_dvc_hands_it_out(repo: Repo, bring: Bring, made: Made) -> None:
    project = made("dvc3")
    place = project / ".dvc/cache/files/md5" / md5(NET)[:2] / md5(NET)[2:]
    place.write_bytes(b"\1" + NET[1:])
    with pytest.raises(Corrupt, match="other bytes"):
        bring(f"dvc:{project}", "net")
    [listing] = (project / ".dvc/cache/files/md5").rglob("*.dir")
    listing.write_bytes(listing.read_bytes().replace(b"trees", b"treez"))
    with pytest.raises(Corrupt, match="the listing of 'models/forest'"):
        bring(f"dvc:{project}", "forest")
    no_traces(repo)


def test_the_source_is_left_as_it_was(repo: Repo, bring: Bring, made: Made, git: Git) -> None:
    project = made("dvc3")
    before = {path: (path.stat().st_ctime_ns, path.stat().st_nlink) for path in project.rglob("*")}
    bring(f"dvc:{project}")
    assert {path: (path.stat().st_ctime_ns, path.stat().st_nlink) for path in project.rglob("*")} == before
    assert git("status", "--porcelain", cwd=project) == ""


def evil(tmp_path: Path, git: Git, said: dict[str, str | bytes]) -> Path:
    """A repository with these files and a cache that holds ``x``."""
    folder = tmp_path / "evil"
    plant(folder, said, git)
    cache = folder / ".dvc" / "cache" / "files" / "md5" / md5(b"x")[:2]
    cache.mkdir(parents=True)
    (cache / md5(b"x")[2:]).write_bytes(b"x")
    return folder


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (f"outs:\n- md5: {md5(b'x')}\n  path: ../../x.bin\n", Invalid),
        (f"wdir: ../..\nouts:\n- md5: {md5(b'x')}\n  path: x.bin\n", Invalid),
        ("outs:\n- md5: ../../../etc/passwd\n  path: x.bin\n", Invalid),
        ("outs:\n- md5: abc\n  path: x.bin\n", Invalid),
        (f"outs:\n- md5: {md5(b'x')}\n  path: [a]\n", Invalid),
        (f"outs:\n- &a\n  md5: {md5(b'x')}\n  path: x.bin\n- *a\n", InvalidYaml),
        ("outs: {a: 1}\n", Invalid),
        ("outs:\n- 7\n", Invalid),
        ("!!python/object/apply:os.system [id]\n", InvalidYaml),
        ("[" * 5000, InvalidYaml),
        ("outs: " + "x" * (17 << 20), Invalid),
        (f"outs:\n- md5: {md5(b'x')}\n  path: x.bin\n  path: y.bin\n", InvalidYaml),
        ("outs:\n- path: x.bin\n", Invalid),
    ],
)
def test_a_dvc_file_that_is_none_is_refused_in_one_line(
    text: str, error: type[GitModelsError], tmp_path: Path, repo: Repo, bring: Bring, git: Git
) -> None:
    folder = evil(tmp_path, git, {"a/x.bin.dvc": text})
    with pytest.raises(error) as caught:
        bring(f"dvc:{folder}", "x")
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 500
    no_traces(repo)


@pytest.mark.parametrize(
    "listing",
    [
        [{"md5": md5(b"x"), "relpath": "../x"}],
        [{"md5": md5(b"x"), "relpath": "/etc/x"}],
        [{"md5": md5(b"x"), "relpath": ".git/hooks/post-commit"}],
        [{"md5": md5(b"x"), "relpath": "a"}, {"md5": md5(b"x"), "relpath": "a/b"}],
        [{"md5": md5(b"x"), "relpath": "a"}, {"md5": md5(b"x"), "relpath": "A"}],
        [{"md5": "../../x", "relpath": "a"}],
        [{"relpath": "a"}],
        {"a": 1},
        [],
    ],
)
def test_a_listing_that_leads_elsewhere_is_refused(
    listing: object, tmp_path: Path, repo: Repo, bring: Bring, git: Git
) -> None:
    data = json.dumps(listing).encode()
    folder = evil(tmp_path, git, {"d.dvc": f"outs:\n- md5: {md5(data)}.dir\n  path: d\n  hash: md5\n"})
    place = folder / ".dvc/cache/files/md5" / md5(data)[:2]
    place.mkdir(exist_ok=True)
    (place / f"{md5(data)[2:]}.dir").write_bytes(data)
    with pytest.raises(GitModelsError) as caught:
        bring(f"dvc:{folder}", "d")
    assert "\n" not in caught.value.message
    no_traces(repo)


def test_links_in_the_cache_lead_nowhere(tmp_path: Path, repo: Repo, bring: Bring, git: Git) -> None:
    folder = evil(tmp_path, git, {"x.dvc": f"outs:\n- md5: {md5(b'x')}\n  path: x\n  hash: md5\n"})
    place = folder / ".dvc/cache/files/md5" / md5(b"x")[:2] / md5(b"x")[2:]
    place.unlink()
    (tmp_path / "secret").write_bytes(b"x")
    place.symlink_to(tmp_path / "secret")
    with pytest.raises(Invalid, match="symbolic link"):
        bring(f"dvc:{folder}", "x")
    no_traces(repo)


def test_what_is_not_there_is_said(tmp_path: Path, bring: Bring, git: Git, made: Made) -> None:
    plant(tmp_path / "plain", {"a.txt": "a"}, git)
    with pytest.raises(FileMissing, match="names artifacts"):
        bring(f"dvc:{tmp_path / 'plain'}")
    with pytest.raises(FileMissing, match="DVC keeps nothing"):
        bring(f"dvc:{tmp_path / 'plain'}", "a")
    with pytest.raises(Invalid, match="one name is needed, 2 are given"):
        bring(f"dvc:{made('dvc3')}", "a", "b")
    with pytest.raises(FileMissing, match="there is no 'nowhere'"):
        bring(f"dvc:{tmp_path / 'dvc3'}", "a", paths=("nowhere",))


def test_a_project_below_the_repositorys_top_is_one_of_its_own(
    repo: Repo, bring: Bring, made: Made, tmp_path: Path, git: Git
) -> None:
    project = made("dvc3")
    top = tmp_path / "mono"
    shutil.rmtree(project / ".git")
    plant(top, {"other.txt": "x"}, git)
    shutil.copytree(project, top / "team", ignore=shutil.ignore_patterns("cache"))
    git("add", "--all", cwd=top)
    git("commit", "--quiet", "-m", "team", cwd=top)
    os.rename(project / ".dvc" / "cache", top / "team" / ".dvc" / "cache")
    bring(f"dvc:{top / 'team'}", "net")
    assert files(repo, "net", 1) == {"net.bin": NET}
    assert repo.registry.state().version("net", 1).meta.tags["dvc.path"] == "team/models/net.bin"


def test_a_folder_of_a_project_is_what_lies_in_it_wherever_that_is_said(repo: Repo, bring: Bring, made: Made) -> None:
    project = made("dvc3")
    (project / "work").mkdir(exist_ok=True)
    bring(f"dvc:{project / 'models'}", "all")
    assert set(files(repo, "all", 1)) == {"net.bin", "forest/trees.bin", "forest/sub/labels.txt"}
    # What a stage puts out there, the dvc.lock of the folder above says; git has no file in it.
    bring(f"dvc:{project / 'work'}", "trained")
    assert files(repo, "trained", 1) == {"trained.bin": bytes(range(256))}


def test_both_forms_of_a_lock_are_read() -> None:
    out = f"  outs:\n  - path: m.bin\n    md5: {md5(b'x')}\n    size: 1\n"
    before = dvc_files.outs_of_lock(f"train:\n  cmd: x\n{out}".encode(), "a/dvc.lock", {})
    now = dvc_files.outs_of_lock(
        f"schema: '2.0'\nstages:\n  train@de:\n    cmd: x\n{out.replace(chr(10), chr(10) + '  ').rstrip(' ')}".replace(
            "  outs", "    outs", 1
        ).encode(),
        "a/dvc.lock",
        {"train": "work"},
    )
    assert [one.path for one in before] == ["a/m.bin"]
    assert [(one.path, one.md5, one.size, one.algorithm) for one in now] == [
        ("work/m.bin", md5(b"x"), 1, dvc_files.LEGACY)
    ]
