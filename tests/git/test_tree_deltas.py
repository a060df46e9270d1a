"""Trees as differences in merged packs: the same objects, a fraction of the bytes, chains that end."""

import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels.git import pack_merge, tree_deltas
from gitmodels.git import tree as tree_module
from gitmodels.git.branch import Branch
from gitmodels.git.pack_reading import apply_delta
from gitmodels.git.packs import encode
from gitmodels.git.raw import SHA1
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree_edit import NewObject

Git = Callable[..., str]
Put = Callable[..., str]
REF = "refs/heads/gitmodels"


def merge_all(branch: Branch) -> None:
    with branch.repo.queue():
        while pack_merge.merge(branch.packs):
            pass


def objects_of(path: Path, git: Git) -> list[str]:
    return sorted(git("cat-file", "--batch-all-objects", "--batch-check", cwd=path).splitlines())


def stored(path: Path) -> int:
    return sum(pack.stat().st_size for pack in (path / ".git/objects/pack").glob("*.pack"))


def deepest(path: Path, git: Git) -> int:
    found = [0]
    for pack in (path / ".git/objects/pack").glob("*.idx"):
        listing = git("verify-pack", "-v", str(pack), cwd=path)
        found += map(int, re.findall(r"^chain length = (\d+)", listing, re.MULTILINE))
    return max(found)


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=300))
def test_a_difference_gives_the_target_back(start: bytes, old: bytes, new: bytes, end: bytes) -> None:
    base, target = start + old + end, start + new + end
    delta = tree_deltas.difference(base, target)
    assert apply_delta(base, delta) == target
    assert len(delta) <= len(new) + len(new) // 100 + 40


@pytest.mark.parametrize("length", [0, 1, 127, 128, 0xFFFF, 0x10000, 0x10001, 200_000])
def test_long_ranges_are_copied_in_pieces(length: int) -> None:
    same = bytes(each % 251 for each in range(length))
    assert apply_delta(same + b"old" + same, tree_deltas.difference(same + b"old" + same, same + b"new!" + same)) == (
        same + b"new!" + same
    )


def test_a_folder_that_grows_takes_little_for_every_name(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    taken = []
    for number in range(120):
        put({f"versions/{number}": b"%d" % number, f"meta/{number}.yaml": b"%d!" % number})
        if number in (39, 119):
            objects = objects_of(git_repo, git)
            merge_all(branch)
            assert objects_of(git_repo, git) == objects
            taken.append(stored(git_repo))
    assert (taken[1] - taken[0]) / 80 < 2 * taken[0] / 40
    assert taken[1] < 120 * 2000
    assert 10 < deepest(git_repo, git) <= tree_deltas.DEEPEST
    git("fsck", "--strict", "--full", cwd=git_repo)
    tree_module.clear_caches()
    view = Branch(GitRepository.open(git_repo), REF).view()
    assert {path for path, _ in view.walk()} >= {f"versions/{number}" for number in range(120)}


def test_merging_again_leaves_deltas_as_they_are(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    for number in range(20):
        put({f"folder/{number}": b"%d" % number})
    merge_all(branch)
    (first,) = (git_repo / ".git/objects/pack").glob("*.pack")
    before = first.read_bytes()
    for number in range(20, 60):
        put({f"folder/{number}": b"%d" % number})
    objects = objects_of(git_repo, git)
    merge_all(branch)
    (last,) = (git_repo / ".git/objects/pack").glob("*.pack")
    assert objects_of(git_repo, git) == objects
    assert len(last.read_bytes()) < 4 * len(before)
    git("repack", "-adq", cwd=git_repo)
    assert objects_of(git_repo, git) == objects


def test_what_others_clone_is_whole(branch: Branch, put: Put, git_repo: Path, git: Git, tmp_path: Path) -> None:
    for number in range(20):
        put({f"folder/{number}": b"%d" % number})
    merge_all(branch)
    git("clone", "-q", "--bare", "--no-local", str(git_repo), str(tmp_path / "clone"), cwd=tmp_path)
    git("fsck", "--strict", "--full", cwd=tmp_path / "clone")
    assert git("rev-parse", REF, cwd=tmp_path / "clone") == git("rev-parse", REF, cwd=git_repo)


def records(*objects: tuple[str, bytes]) -> dict[bytes, bytes]:
    body, found = encode([NewObject(SHA1.id_of(kind, data), kind, data) for kind, data in objects], SHA1)
    ends = [record.offset for record in found[1:]] + [len(body) - SHA1.size]
    return {record.oid: body[record.offset : end] for record, end in zip(found, ends, strict=True)}


def test_a_delta_without_its_base_is_refused() -> None:
    pieces = records(("blob", b"x"))
    pieces[bytes(20)] = bytes([tree_deltas.ID_DELTA << 4]) + b"\1" * 20 + zlib.compress(b"")
    assert tree_deltas.with_deltas(pieces, 20) is None


def test_deltas_in_a_circle_are_refused() -> None:
    one, two = b"\1" * 20, b"\2" * 20
    pieces = {
        oid: bytes([tree_deltas.ID_DELTA << 4]) + base + zlib.compress(b"") for oid, base in ((one, two), (two, one))
    }
    assert tree_deltas.with_deltas(pieces, 20) is None


def test_a_tree_that_cannot_be_inflated_is_refused() -> None:
    pieces = records(("tree", bytes(range(256)) * 8))
    (oid,) = pieces
    pieces[oid] = pieces[oid][:-9]
    assert tree_deltas.with_deltas(pieces, 20) is None


def test_blobs_and_unlike_trees_stay_as_they_are() -> None:
    pieces = records(
        ("blob", b"a" * 1000), ("blob", b"a" * 1001), ("tree", b"b" * 999), ("tree", bytes(range(250)) * 4)
    )
    assert tree_deltas.with_deltas(pieces, 20) == pieces
