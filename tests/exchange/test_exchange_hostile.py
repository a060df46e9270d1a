"""Whatever stands in other tools' files, reading it ends in a value or in one line; round trips hold for any files."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitmodels import digest
from gitmodels.errors import GitModelsError
from gitmodels.exchange import dvc_files, gto_tags, hf_export, lfs_pointer
from gitmodels.exchange.hf import read_hf
from gitmodels.exchange.plan import Choice
from gitmodels.git import tags
from gitmodels.names import check_file_path
from gitmodels.repo import Repo
from tests.exchange.conftest import plant, tree

_LEAF = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8) | st.just("0" * 32)
_KEY = st.sampled_from(
    ["outs", "path", "md5", "wdir", "stages", "schema", "artifacts", "files", "relpath", "hash", "a"]
)
_TREES = st.recursive(_LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEY, inner, max_size=4))
_OIDS = b"0123456789abcdef"


def ends_well(read: Callable[[], Any]) -> Any:
    """What ``read`` gives; None where it is refused in one line."""
    try:
        return read()
    except GitModelsError as error:
        refusal = error
    assert "\n" not in refusal.message
    assert len(refusal.message) < 1000
    return None


@settings(max_examples=150)
@given(_TREES)
def test_any_yaml_in_the_place_of_dvcs_gives_paths_inside_or_one_line(value: Any) -> None:
    data = json.dumps(value).encode()
    for read in (dvc_files.outs_of_file, lambda data, at: dvc_files.outs_of_lock(data, at, {}), dvc_files.artifacts_of):
        for found in ends_well(lambda read=read: read(data, "a/b.dvc")) or ():
            assert not found.path.startswith(("/", "../"))
    for part in ends_well(lambda: dvc_files.listing(data, "d")) or ():
        assert check_file_path(part.path) == part.path
    ends_well(lambda: dvc_files.folders_of_stages(data, "dvc.yaml"))


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_pointer_or_none_or_refused(data: bytes) -> None:
    for head in (
        b"",
        b"version https://git-lfs.github.com/spec/v1\n",
        b"version https://git-lfs.github.com/spec/v1\noid ",
    ):
        found = ends_well(lambda head=head: lfs_pointer.parse(head + data, "m"))
        assert found is None or set(found.oid.encode()) <= set(_OIDS)
    ends_well(lambda: tags.parse("v1", data))
    ends_well(lambda: tags.parse("v1", b"object %s\ntype commit\n" % (b"0" * 40) + data))


@settings(max_examples=100)
@given(st.text(alphabet="ab0.v@#!=/-:rc\n", max_size=20))
def test_any_name_of_a_tag_is_gtos_or_not(name: str) -> None:
    found = gto_tags.event(tags.Tag(name, "c", "A", "a@b", 1, ""))
    assert found is None or "\n" not in found.artifact


_FILES = st.dictionaries(
    st.sampled_from(["a.txt", "b/c.bin", "b/d.bin", "e.safetensors", "README.md", "x/y/z"]),
    # With a first byte that no pointer of Git LFS and no front matter begins with: those may be refused.
    st.binary(max_size=64).map(b"\1".__add__),
    min_size=1,
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=_FILES)
def test_whatever_comes_in_goes_out_byte_for_byte(
    files: dict[str, bytes], repo: Repo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    # Without a card one would be written.
    files = {"README.md": b"# Any\n", **files}
    for path, data in files.items():
        target = folder / "in" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    name = digest.of_bytes(repr(sorted(files.items())).encode())
    list(read_hf(str(folder / "in"), repo, Choice(models=(name,))))
    list(hf_export.export_hf(str(folder / "out"), repo, Choice(models=(f"{name}/1",))))
    assert tree(folder / "out") == files


def test_a_registry_is_brought_into_its_own_repository(repo: Repo, git_repo: Path, git: Callable[..., str]) -> None:
    from gitmodels.exchange.gto import read_gto

    (git_repo / "m.bin").write_bytes(b"one")
    (git_repo / "dvc.yaml").write_text("artifacts:\n  m:\n    path: m.bin\n")
    git("add", "--all", cwd=git_repo)
    git("commit", "--quiet", "-m", "one", cwd=git_repo)
    git("tag", "-a", "m@v1.0.0", "-m", "x", cwd=git_repo)
    assert [step.version for step in read_gto(str(git_repo), repo, Choice())] == [1]
    assert git("status", "--porcelain", cwd=git_repo) == ""


def test_nothing_that_a_repositorys_config_or_hooks_name_is_run(
    repo: Repo, tmp_path: Path, git: Callable[..., str]
) -> None:
    from gitmodels.exchange import sources

    folder, trace = tmp_path / "trap", tmp_path / "ran"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(b'x').hexdigest()}\nsize 1\n"
    said = {
        "w.bin": pointer,
        ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
        "x.dvc": f"outs:\n- md5: {hashlib.md5(b'x', usedforsecurity=False).hexdigest()}\n  path: x\n",
        "dvc.yaml": f"stages:\n  a:\n    cmd: touch {trace}\nartifacts:\n  x:\n    path: x\n",
    }
    plant(folder, said, git)
    git("tag", "-a", "x@v1.0.0", "-m", "x", cwd=folder)
    oid = hashlib.sha256(b"x").hexdigest()
    md5 = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
    for place in (f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", f".dvc/cache/{md5[:2]}/{md5[2:]}"):
        (folder / place).parent.mkdir(parents=True)
        (folder / place).write_bytes(b"x")
    for key in (
        *("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.gitProxy", "core.askPass"),
        *("filter.lfs.smudge", "filter.lfs.process", "filter.lfs.clean", "diff.external", "diff.lfs.textconv"),
        *("credential.helper", "gpg.program", "uploadpack.packObjectsHook", "alias.ls-tree", "alias.rev-parse"),
    ):
        git("config", key, f"!touch {trace}" if key.startswith(("alias", "cred")) else f"touch {trace} #", cwd=folder)
    for hook in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction"):
        (folder / ".git" / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {trace}\n")
        (folder / ".git" / "hooks" / hook).chmod(0o755)
    for source, name in (("lfs", "net"), ("dvc", "x"), ("gto", "x")):
        way, location = sources.importer(f"{source}:{folder}")
        # GTO's version has the bytes that DVC's has, and is one of its own all the same.
        assert [step.kind for step in way(location, repo, Choice(models=(name,)))] == ["version"], source
    assert not trace.exists()
