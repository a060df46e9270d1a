"""Git LFS: files of a repository that git-lfs itself wrote, and pointers that nobody should follow."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Corrupt, FileMissing, GitModelsError, Invalid, NotFound
from gitmodels.exchange import lfs_pointer
from gitmodels.exchange.plan import Step
from gitmodels.repo import Repo
from tests.exchange.conftest import Bring, files, no_traces, plant

Git = Callable[..., str]
VERSION = "version https://git-lfs.github.com/spec/v1\n"


def pointer(data: bytes) -> str:
    return f"{VERSION}oid sha256:{hashlib.sha256(data).hexdigest()}\nsize {len(data)}\n"


def test_every_pointer_becomes_a_file_of_one_version(lfs_repo: Path, repo: Repo, bring: Bring) -> None:
    [step] = bring(f"lfs:{lfs_repo}", "net")
    assert (step.kind, step.name, step.version, step.done) == ("version", "net", 1, True)
    assert files(repo, "net", 1) == {"a.bin": b"better weights" * 100, "b.bin": b"second weights" * 100}
    version = repo.registry.state().version("net", 1)
    assert version.record.source is not None
    assert version.record.source.startswith(f"lfs:{lfs_repo}#")
    assert version.record.code == {"commit": version.record.source.rpartition("#")[2], "dirty": False}


def test_what_is_there_already_is_not_registered_again(lfs_repo: Path, repo: Repo, bring: Bring) -> None:
    bring(f"lfs:{lfs_repo}", "net")
    assert bring(f"lfs:{lfs_repo}", "net") == []
    assert bring(f"lfs:{lfs_repo}", "net", dry_run=True) == []
    assert repo.registry.state().numbers("net") == [1]


def test_a_plan_tells_the_same_steps_and_writes_nothing(lfs_repo: Path, repo: Repo, bring: Bring) -> None:
    [planned] = bring(f"lfs:{lfs_repo}", "net", dry_run=True)
    no_traces(repo)
    assert bring(f"lfs:{lfs_repo}", "net") == [Step(planned.kind, planned.name, planned.version, planned.text, True)]


def test_another_revision_and_paths_are_chosen(lfs_repo: Path, repo: Repo, bring: Bring) -> None:
    bring(f"lfs:{lfs_repo}#HEAD~1", "net", paths=("net",))
    assert files(repo, "net", 1) == {
        "a.bin": b"first weights" * 100,
        "b.bin": b"second weights" * 100,
        "config.json": b'{"layers": 2}',
    }
    bring(f"lfs:{lfs_repo}", "net", paths=("a.*",))
    assert files(repo, "net", 2) == {"a.bin": b"better weights" * 100}


def test_objects_elsewhere_are_found_where_git_says(lfs_repo: Path, repo: Repo, bring: Bring, git: Git) -> None:
    os.rename(lfs_repo / ".git" / "lfs", lfs_repo / ".git" / "kept")
    git("config", "lfs.storage", "kept", cwd=lfs_repo)
    assert len(bring(f"lfs:{lfs_repo}", "net")) == 1


def test_missing_bytes_are_named_with_the_way_out(lfs_repo: Path, repo: Repo, bring: Bring) -> None:
    oid = hashlib.sha256(b"second weights" * 100).hexdigest()
    (lfs_repo / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid).unlink()
    for dry_run in (True, False):
        with pytest.raises(FileMissing, match=rf"'net/b.bin' \(sha256 {oid}\) are not here") as caught:
            bring(f"lfs:{lfs_repo}", "net", dry_run=dry_run)
        assert caught.value.hint == "git lfs fetch --all"
    no_traces(repo)


def test_a_flipped_byte_is_refused(lfs_repo: Path, repo: Repo, bring: Bring) -> None:
    data = b"second weights" * 100
    oid = hashlib.sha256(data).hexdigest()
    place = lfs_repo / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
    place.chmod(0o600)
    place.write_bytes(b"S" + data[1:])
    with pytest.raises(Corrupt, match="other bytes"):
        bring(f"lfs:{lfs_repo}", "net")
    place.write_bytes(data[1:])
    with pytest.raises(Corrupt, match="has 1399 bytes, not 1400"):
        bring(f"lfs:{lfs_repo}", "net")
    place.unlink()
    place.symlink_to(lfs_repo / "net" / "b.bin")
    with pytest.raises(Invalid, match="symbolic link"):
        bring(f"lfs:{lfs_repo}", "net")
    no_traces(repo)


def test_an_interrupted_import_goes_on(lfs_repo: Path, repo: Repo, bring: Bring) -> None:
    oid = hashlib.sha256(b"second weights" * 100).hexdigest()
    place = lfs_repo / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
    place.rename(tmp := lfs_repo / "aside")
    with pytest.raises(FileMissing):
        bring(f"lfs:{lfs_repo}", "net")
    tmp.rename(place)
    assert [step.version for step in bring(f"lfs:{lfs_repo}", "net")] == [1]


@pytest.mark.parametrize(
    "text",
    [
        VERSION,
        f"{VERSION}oid sha256:{'A' * 64}\nsize 1\n",
        f"{VERSION}oid sha256:{'a' * 63}\nsize 1\n",
        f"{VERSION}oid md5:{'a' * 32}\nsize 1\n",
        f"{VERSION}oid sha256:{'a' * 64}\nsize -1\n",
        f"{VERSION}oid sha256:{'a' * 64}\nsize {10**18}\n",
        f"{VERSION}oid sha256:{'../' * 21}a\nsize 1\n",
        f"{VERSION}oid sha256:{'a' * 64}\nsize 1\nand more\n",
        f"{VERSION}ext-0-case sha256:{'a' * 64}\noid sha256:{'a' * 64}\nsize 1\n",
    ],
)
def test_a_pointer_that_is_none_is_refused(text: str, tmp_path: Path, bring: Bring, git: Git) -> None:
    plant(tmp_path / "bad", {"m.bin": text}, git)
    with pytest.raises(Invalid, match=r"'m\.bin'") as caught:
        bring(f"lfs:{tmp_path / 'bad'}", "net")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("path", ["con.bin", "a b./x.bin", "x" * 210])
def test_a_path_that_no_model_can_have_is_refused(
    path: str, tmp_path: Path, repo: Repo, bring: Bring, git: Git
) -> None:
    plant(tmp_path / "bad", {path: pointer(b"x"), "good.bin": pointer(b"y")}, git)
    with pytest.raises(GitModelsError):
        bring(f"lfs:{tmp_path / 'bad'}", "net")
    no_traces(repo)


def test_what_git_would_never_write_is_refused_too(tmp_path: Path, repo: Repo, bring: Bring, git: Git) -> None:
    folder = tmp_path / "bad"
    plant(folder, {"a": pointer(b"x")}, git)
    blob = git("rev-parse", "HEAD:a", cwd=folder).strip()
    inner = _mktree(folder, f"100644 blob {blob}\t..\n")
    outer = _mktree(folder, f"040000 tree {inner}\tup\n100644 blob {blob}\ta\n")
    commit = git("commit-tree", "-m", "evil", outer, cwd=folder).strip()
    with pytest.raises(GitModelsError):
        bring(f"lfs:{folder}#{commit}", "net")
    no_traces(repo)


def _mktree(folder: Path, text: str) -> str:
    done = subprocess.run(["git", "mktree"], cwd=folder, input=text, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_what_is_asked_must_be_there(lfs_repo: Path, bring: Bring, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="one name is needed"):
        bring(f"lfs:{lfs_repo}")
    with pytest.raises(Invalid, match="--version"):
        bring(f"lfs:{lfs_repo}", "net", versions=(1,))
    with pytest.raises(NotFound, match="no commit is called 'nope'"):
        bring(f"lfs:{lfs_repo}#nope", "net")
    with pytest.raises(FileMissing, match="no such folder"):
        bring(f"lfs:{tmp_path / 'nowhere'}", "net")
    with pytest.raises(Invalid, match="only a repository here"):
        bring("lfs:https://example.org/x.git", "net")
    with pytest.raises(FileMissing, match="no pointer of Git LFS of these paths"):
        bring(f"lfs:{lfs_repo}", "net", paths=("*.json",))


def test_a_partial_clone_is_refused_since_git_would_fetch(lfs_repo: Path, bring: Bring, git: Git) -> None:
    git("config", "remote.origin.url", "nowhere", cwd=lfs_repo)
    git("config", "remote.origin.promisor", "true", cwd=lfs_repo)
    with pytest.raises(Invalid, match="partial clone"):
        bring(f"lfs:{lfs_repo}", "net")


def test_pointers_are_read_as_git_lfs_reads_them() -> None:
    oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    for version in (
        "https://git-lfs.github.com/spec/v1",
        "https://hawser.github.com/spec/v1",
        "http://git-media.io/v/2",
    ):
        text = f"version {version}\noid sha256:{oid}\nsize 12345\n"
        assert lfs_pointer.parse(text.encode(), "m") == lfs_pointer.Pointer(oid, 12345)
    assert lfs_pointer.parse(b"", "m") is None
    assert lfs_pointer.parse(b"version 2\n", "m") is None
    assert lfs_pointer.parse(VERSION.encode() + b"x" * 2000, "m") is None
