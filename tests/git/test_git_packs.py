"""Merging our own packs: fewer files, the same objects, and hands off everybody else's."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.git import pack_merge
from gitmodels.git import tree as tree_module
from gitmodels.git.branch import Branch
from gitmodels.git.packs import PackFolder, encode, encode_index
from gitmodels.git.raw import SHA1, Identity
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree_edit import NewObject

Git = Callable[..., str]
Put = Callable[..., str]
REF = "refs/heads/gitmodels"
ANN = Identity("Ann", "ann@example.org")


def pack_names(path: Path) -> set[str]:
    return {pack.stem.removeprefix("pack-") for pack in (path / ".git/objects/pack").glob("*.pack")}


def objects_of(path: Path, git: Git) -> list[str]:
    listing = git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", cwd=path)
    return sorted(listing.split())


def test_merged_packs_hold_the_same_objects(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    for number in range(20):
        put({f"n/{number}": b"x" * number, "same": b"same"})
    before = objects_of(git_repo, git)
    with branch.repo.queue():
        merged = pack_merge.merge(branch.packs)
    assert merged
    assert pack_names(git_repo) == {merged}
    assert branch.packs.ours() == [merged]
    assert objects_of(git_repo, git) == before
    git("verify-pack", f".git/objects/pack/pack-{merged}.idx", cwd=git_repo)
    git("fsck", "--strict", "--full", cwd=git_repo)
    with branch.repo.queue():
        assert pack_merge.merge(branch.packs) is None


def test_sizes_stay_geometric_over_many_commits(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    most = 0
    for number in range(120):
        put({f"n/{number % 7}/{number}": b"%d" % number})
        most = max(most, len(pack_names(git_repo)))
    assert most <= pack_merge.MERGE_AT + 8
    git("fsck", "--strict", "--full", cwd=git_repo)
    git("gc", "--auto", cwd=git_repo)
    assert len(pack_names(git_repo)) > 1  # git saw no reason to repack


def test_a_large_pack_is_not_copied_for_a_few_small_ones(branch: Branch, put: Put, git_repo: Path) -> None:
    put({f"n/{number // 50}/{number}": b"%d" % number * 50 for number in range(2000)})
    (large,) = pack_names(git_repo)
    for number in range(5):
        put({"n/0/0": b"%d" % number})
    with branch.repo.queue():
        assert pack_merge.merge(branch.packs)
    assert large in pack_names(git_repo)
    assert len(pack_names(git_repo)) == 2


@pytest.mark.parametrize("suffix", [".keep", ".promisor", ".bitmap", ".mtimes"])
def test_packs_that_somebody_claims_stay(branch: Branch, put: Put, git_repo: Path, suffix: str) -> None:
    for number in range(4):
        put({"n": b"%d" % number})
    claimed = sorted(pack_names(git_repo))[0]
    (git_repo / f".git/objects/pack/pack-{claimed}{suffix}").write_bytes(b"")
    with branch.repo.queue():
        branch.packs.sweep()
        pack_merge.merge(branch.packs)
    assert claimed in pack_names(git_repo)
    assert len(pack_names(git_repo)) == 2


def test_packs_of_a_multi_pack_index_stay(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    for number in range(4):
        put({"n": b"%d" % number})
    git("multi-pack-index", "write", cwd=git_repo)
    indexed = pack_names(git_repo)
    for number in range(4):
        put({"m": b"%d" % number})
    with branch.repo.queue():
        assert pack_merge.merge(branch.packs)
    assert indexed < pack_names(git_repo)
    assert len(pack_names(git_repo)) == 5
    git("fsck", "--strict", "--full", cwd=git_repo)
    git("multi-pack-index", "verify", cwd=git_repo)
    (git_repo / ".git/objects/pack/multi-pack-index").chmod(0o644)
    (git_repo / ".git/objects/pack/multi-pack-index").write_bytes(b"MIDX garbage")
    with branch.repo.queue():
        assert pack_merge.merge(branch.packs) is None  # cannot tell what it names


def test_others_packs_are_never_touched(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    put({"n": b"1"})
    git("gc", "--quiet", cwd=git_repo)
    theirs = pack_names(git_repo)
    for number in range(6):
        put({"n": b"%d" % number})
    with branch.repo.queue():
        assert pack_merge.merge(branch.packs)
    assert theirs < pack_names(git_repo)


@pytest.mark.parametrize("at", [20, -30, -10])
def test_a_damaged_pack_is_not_spread(branch: Branch, put: Put, git_repo: Path, at: int) -> None:
    for number in range(4):
        put({"n": b"%d" % number * 50})
    damaged = git_repo / f".git/objects/pack/pack-{branch.packs.ours()[1]}.pack"
    data = bytearray(damaged.read_bytes())
    data[at] ^= 1
    damaged.chmod(0o644)
    damaged.write_bytes(data)
    before = pack_names(git_repo)
    with branch.repo.queue():
        assert pack_merge.merge(branch.packs) is None
    assert pack_names(git_repo) == before


def test_readers_beside_a_merging_writer(git_repo: Path, put: Put, branch: Branch, git: Git) -> None:
    put({"n": b"start"})
    stop = threading.Event()
    failures: list[BaseException] = []

    def read() -> None:
        reader = Branch(GitRepository.open(git_repo), REF)
        try:
            while not stop.is_set():
                tree_module.clear_caches()
                view = reader.view()
                assert view.read("n") is not None
                assert all(view.read(path) is not None for path, _ in view.walk())
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(70):
        put({"n": b"%d" % number, f"m/{number % 5}": b"%d" % number})
        if number % 25 == 0:
            git("log", "--stat", "gitmodels", cwd=git_repo)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_an_index_for_packs_beyond_two_gigabytes() -> None:
    objects = [NewObject(SHA1.id_of("blob", data), "blob", data) for data in (b"a", b"b")]
    body, records = encode(objects, SHA1)
    far = [type(record)(record.oid, record.crc, record.offset + (1 << 32)) for record in records]
    index = encode_index(far, body[-20:], SHA1)
    near = encode_index(records, body[-20:], SHA1)
    assert len(index) == len(near) + 16


def test_the_list_of_ours_survives_nonsense(tmp_path: Path) -> None:
    (tmp_path / "gitmodels").mkdir()
    folder = PackFolder(tmp_path, SHA1)
    assert folder.ours() == []
    assert folder.count() == 0
    (tmp_path / "gitmodels" / "packs.git").write_bytes(b"../../etc/passwd\n" + b"a" * 40 + b"\n\xff\xfe\n" + b"a" * 40)
    assert folder.ours() == ["a" * 40]
