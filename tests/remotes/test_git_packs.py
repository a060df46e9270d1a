"""Packs on git remotes: sent and fetched one by one, kept few, and nothing of them stays in the user's repository."""

import logging
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Invalid, ObjectNotFound, RemoteError, RemoteNotFound
from gitmodels.git.repository import GitRepository
from gitmodels.remotes import git as git_remote
from gitmodels.remotes import git_layout as layout
from gitmodels.remotes import told
from gitmodels.remotes.git import GitPacks
from tests.git_servers import KINDS, GitServers, Served, decline

Git = Callable[..., str]
Serve = Callable[..., Served]
Make = Callable[..., tuple[bytes, Path, bytes]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """``make(7, 1_000_000)``: the id, the file and the index file of a pack; what they say matters to nobody here."""

    def make(number: int, size: int = 1000) -> tuple[bytes, Path, bytes]:
        noise = random.Random(number)
        pack, path = noise.randbytes(32), tmp_path / f"{number}.pack"
        path.write_bytes(noise.randbytes(size))
        return pack, path, noise.randbytes(300)

    return make


@pytest.fixture
def here(git_repo: Path) -> GitRepository:
    return GitRepository.open(git_repo)


@pytest.fixture(params=("file", "http"))
def served(request: pytest.FixtureRequest, serve: Serve) -> Served:
    """A fresh bare repository; one test of each kind of server is enough."""
    return serve(request.param)


def _objects(repo: GitRepository) -> list[str]:
    found = [path for path in (repo.common_dir / "objects").rglob("*") if path.is_file()]
    found += list((repo.own_dir / "tmp").glob("*"))
    return [str(path) for path in found]


def _refs(served: Served, git: Git) -> list[str]:
    return git("for-each-ref", "--format=%(refname)", cwd=served.path).split()


@pytest.mark.parametrize("kind", KINDS)
def test_a_pack_goes_there_and_comes_back(
    kind: str, serve: Serve, here: GitRepository, make: Make, bare_repo: Path, tmp_path: Path, git: Git
) -> None:
    served = serve(kind)
    pack, path, index = make(1, 3 * layout.PART + 17)
    moved: list[int] = []
    assert GitPacks(here, served.address).packs() == frozenset()
    assert GitPacks(here, served.address).put(pack, path, index, moved.append) is True
    assert sum(moved) == path.stat().st_size
    assert _refs(served, git) == [layout.ref_of(pack)]
    there = GitPacks(GitRepository.open(bare_repo), served.address)
    assert there.packs() == {pack}
    assert there.index(pack) == index
    assert there.index(pack) == index
    data = path.read_bytes()
    for offset, length in ((0, 10), (layout.PART - 5, 10), (0, len(data)), (len(data) - 1, 1), (7, 0)):
        assert there.read(pack, offset, length) == data[offset : offset + length]
    moved.clear()
    there.save(pack, tmp_path / "got", moved.append)
    assert (tmp_path / "got").read_bytes() == data
    assert sum(moved) == len(data)
    assert there.put(pack, path, index) is False
    there.delete(pack)
    assert there.packs() == frozenset()
    assert _objects(here) == [] == _objects(GitRepository.open(bare_repo))


def test_equal_packs_are_equal_commits_everywhere(
    here: GitRepository, bare_repo: Path, make: Make, serve: Serve, git: Git
) -> None:
    pack, path, index = make(1, layout.PART + 1)
    commits = []
    for repo in (here, GitRepository.open(bare_repo)):
        served = serve("file")
        GitPacks(repo, served.address).put(pack, path, index)
        commits.append(git("rev-parse", layout.ref_of(pack), cwd=served.path))
        git("fsck", "--strict", "--full", cwd=served.path)
        assert git("log", "--format=%an <%ae> %at %s", layout.ref_of(pack), cwd=served.path).splitlines() == [
            f"gitmodels <gitmodels@localhost> 0 Pack {pack.hex()}",
            f"gitmodels <gitmodels@localhost> 0 Parts of pack {pack.hex()}",
        ]
    assert commits[0] == commits[1]


@pytest.mark.parametrize(("size", "parts"), [(0, 0), (1, 1), (8192, 1), (8193, 2), (2 << 20, 128), (52 << 20, 104)])
def test_packs_of_every_size(
    here: GitRepository, make: Make, serve: Serve, git: Git, tmp_path: Path, size: int, parts: int
) -> None:
    served = serve("file")
    pack, path, index = make(1, size)
    packs = GitPacks(here, served.address)
    assert packs.put(pack, path, index)
    assert len(git("ls-tree", f"{layout.ref_of(pack)}^", cwd=served.path).splitlines()) == parts
    GitPacks(here, served.address).save(pack, tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == path.read_bytes()


def test_parts_that_are_equal_are_one_blob(here: GitRepository, serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(bytes(3 * layout.PART))
    packs = GitPacks(here, serve("file").address)
    assert packs.put(b"\1" * 32, path, b"index")
    assert packs.read(b"\1" * 32, layout.PART - 1, 2) == b"\0\0"


def test_only_what_is_asked_for_is_fetched(served: Served, here: GitRepository, make: Make, git: Git) -> None:
    """Also from a server that filters nothing: an index file without its pack, a range without the other parts."""
    git("config", "uploadpack.allowFilter", "false", cwd=served.path)
    pack, path, index = make(1, 8 * layout.PART)
    GitPacks(here, served.address).put(pack, path, index)
    packs = GitPacks(here, served.address)
    sizes = _fetched_sizes(packs)
    assert packs.index(pack) == index
    assert sum(sizes) < 10_000
    sizes.clear()
    packs.read(pack, 100_000, 100)
    packs.read(pack, 100_500, 100)
    part = layout.part_length(path.stat().st_size)
    assert part < sum(sizes) < 1.1 * part


def _fetched_sizes(packs: GitPacks) -> list[int]:
    """Filled with the bytes of git packs that each further operation of ``packs`` fetched."""
    sizes: list[int] = []
    real = packs._beside

    class Watched:
        def __init__(self) -> None:
            self.context = real()

        def __enter__(self) -> GitRepository:
            self.here = self.context.__enter__()
            return self.here

        def __exit__(self, *error: object) -> bool | None:
            sizes.append(sum(path.stat().st_size for path in (self.here.git_dir / "objects").rglob("*.pack")))
            return self.context.__exit__(*error)

    packs._beside = Watched
    return sizes


def test_a_server_that_hands_out_nothing_but_refs(
    serve: Serve, here: GitRepository, make: Make, git: Git, tmp_path: Path
) -> None:
    served = serve("file", filters=False)
    pack, path, index = make(1, 2 * layout.PART)
    git("config", "protocol.version", "0", cwd=here.work_tree)
    GitPacks(here, served.address).put(pack, path, index)
    git("config", "--unset", "protocol.version", cwd=here.work_tree)
    os.environ["GIT_CONFIG_COUNT"], os.environ["GIT_CONFIG_KEY_0"], os.environ["GIT_CONFIG_VALUE_0"] = (
        "1",
        "protocol.version",
        "0",
    )
    try:
        packs = GitPacks(here, served.address)
        assert packs.index(pack) == index
        assert packs.read(pack, layout.PART - 1, 2) == path.read_bytes()[layout.PART - 1 : layout.PART + 1]
        packs.save(pack, tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == path.read_bytes()
    finally:
        for name in ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"):
            del os.environ[name]


def test_refs_stay_few(
    served: Served,
    here: GitRepository,
    make: Make,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
    bare_repo: Path,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(git_remote, "MOST_SINGLE", 3)
    made = {pack: (path, index) for pack, path, index in (make(number, 2000) for number in range(5))}
    packs = GitPacks(here, served.address)
    for number, (pack, (path, index)) in enumerate(made.items()):
        if number == 4:
            reader = GitPacks(GitRepository.open(bare_repo), served.address)
            assert len(reader.packs()) == 4
        assert packs.put(pack, path, index)
    refs = _refs(served, git)
    assert len(refs) == 2
    assert layout.is_group(refs[-1])
    git("fsck", "--full", cwd=served.path)
    git("gc", "--quiet", "--prune=now", cwd=served.path)
    # Who listed them before they were gathered finds them all the same.
    for each in (reader, GitPacks(GitRepository.open(bare_repo), served.address)):
        for pack, (path, index) in made.items():
            assert each.index(pack) == index
            assert each.read(pack, 10, 100) == path.read_bytes()[10:110]
    fresh = GitPacks(here, served.address)
    assert fresh.packs() == set(made)
    gathered = next(pack for pack in made if layout.ref_of(pack) not in refs)
    assert fresh.put(gathered, *made[gathered]) is False
    fresh.delete(gathered)
    assert fresh.packs() == set(made) - {gathered}
    with pytest.raises(ObjectNotFound):
        GitPacks(here, served.address).index(gathered)
    git("gc", "--quiet", "--prune=now", cwd=served.path)
    left = next(pack for pack in made if pack != gathered and layout.ref_of(pack) not in refs)
    fresh.save(left, tmp_path / "left")
    assert (tmp_path / "left").read_bytes() == made[left][0].read_bytes()


def test_a_reader_that_lost_a_ref_lists_again(served: Served, here: GitRepository, make: Make, bare_repo: Path) -> None:
    pack, path, index = make(1, 2000)
    writer = GitPacks(here, served.address)
    writer.put(pack, path, index)
    reader = GitPacks(GitRepository.open(bare_repo), served.address)
    assert reader.packs() == {pack}
    writer.delete(pack)
    with pytest.raises(ObjectNotFound, match="lacks the pack"):
        reader.index(pack)
    with pytest.raises(ObjectNotFound):
        reader.read(pack, 0, 1)


def test_two_who_put_the_same_pack_at_once(
    served: Served, here: GitRepository, bare_repo: Path, make: Make, git: Git
) -> None:
    pack, path, index = make(1, 200_000)
    results: list[bool] = []
    start = threading.Barrier(2)

    def put(repo: GitRepository) -> None:
        packs = GitPacks(repo, served.address)
        start.wait()
        results.append(packs.put(pack, path, index))

    threads = [threading.Thread(target=put, args=(repo,)) for repo in (here, GitRepository.open(bare_repo))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert any(results)
    assert _refs(served, git) == [layout.ref_of(pack)]


def test_a_host_that_takes_no_such_refs(served: Served, here: GitRepository, make: Make) -> None:
    decline(served.path, "pre-receive", "echo no such refs here; exit 1")
    with pytest.raises(RemoteError, match="refuses") as raised:
        GitPacks(here, served.address).put(*make(1))
    assert (raised.value.kind, "branch alone" in raised.value.hint) == ("ref-refused", True)
    assert _objects(here) == []


def test_a_push_whose_answer_was_lost_is_looked_for(
    serve: Serve, git_servers: GitServers, here: GitRepository, make: Make, git: Git, git_repo: Path
) -> None:
    served = serve("file")
    git("remote", "add", "origin", served.address, cwd=git_repo)
    git("config", "remote.origin.receivepack", str(git_servers.cut_receive_pack()), cwd=git_repo)
    pack, path, index = make(1, 100_000)
    packs = GitPacks(here, "origin")
    assert packs.put(pack, path, index) is True
    assert packs.packs() == {pack}
    assert packs.address == served.address


@pytest.mark.parametrize("what", ["blob", "empty", "other files", "wrong list", "huge list", "no group"])
def test_what_is_none_of_our_packs_is_refused(
    serve: Serve, here: GitRepository, git: Git, git_repo: Path, what: str
) -> None:
    served = serve("file")
    pack = b"\7" * 32
    ref = f"{layout.PREFIX}group-{'7' * 64}" if what == "no group" else layout.ref_of(pack)
    files = {
        "empty": {},
        "other files": {"a": b"x"},
        "wrong list": {"index": b"i", "parts": b"size 5\npart 8\n../../etc/passwd\n"},
        "huge list": {"index": b"i", "parts": b"size 9999999999\npart 524288\n" + b"1" * 40 + b"\n"},
        "no group": {"index": b"i"},
        "blob": {},
    }[what]
    for name, data in files.items():
        (git_repo / name).write_bytes(data)
        git("add", name, cwd=git_repo)
    git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=git_repo)
    source = (
        "HEAD"
        if what != "blob"
        else git("hash-object", "-w", "--stdin", cwd=git_repo, GIT_DIR=str(git_repo / ".git")).strip()
    )
    git("push", "--quiet", served.address, f"{source}:{ref}", cwd=git_repo)
    packs = GitPacks(here, served.address)
    with pytest.raises(RemoteError) as raised:
        packs.packs() and packs.index(pack)
    assert "\n" not in raised.value.message


def test_other_refs_there_are_none_of_our_business(
    serve: Serve, here: GitRepository, git: Git, git_repo: Path, make: Make
) -> None:
    served = serve("file")
    git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=git_repo)
    for name in (
        "heads/main",
        "gitmodels/packs/README",
        "gitmodels/packs/abc",
        f"gitmodels/packs/x/{'1' * 64}",
        f"gitmodels/packs/{'A' * 64}",
    ):
        git("push", "--quiet", served.address, f"HEAD:refs/{name}", cwd=git_repo)
    packs = GitPacks(here, served.address)
    assert packs.packs() == frozenset()
    pack, path, index = make(1)
    packs.put(pack, path, index)
    assert packs.packs() == {pack}


def test_ranges_beyond_the_pack_are_refused(serve: Serve, here: GitRepository, make: Make) -> None:
    packs = GitPacks(here, serve("file").address)
    pack, path, index = make(1, 1000)
    packs.put(pack, path, index)
    for offset, length in ((0, 1001), (1000, 1), (-1, 1), (0, -1), (1 << 70, 1)):
        with pytest.raises(RemoteError, match="no such bytes"):
            packs.read(pack, offset, length)


def test_remotes_that_git_is_not_given(here: GitRepository) -> None:
    with pytest.raises(RemoteNotFound):
        GitPacks(here, "origin")
    with pytest.raises(Invalid):
        GitPacks(here, "ext::sh -c true")
    with pytest.raises(RemoteError):
        GitPacks(here, "https://127.0.0.1:1/x").packs()


def test_much_on_a_git_host_brings_advice_once(
    serve: Serve,
    here: GitRepository,
    make: Make,
    bare_repo: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(git_remote, "ADVISE_ABOVE", 20_000)
    monkeypatch.setattr(git_remote, "MAX_PACK", 8_000)
    served = serve("file")
    packs = GitPacks(here, served.address)
    caplog.set_level(logging.WARNING, "gitmodels")
    for number in range(3):
        packs.put(*make(number, 6000))
    assert caplog.records == []
    other = GitPacks(GitRepository.open(bare_repo), served.address)
    for number in range(3, 5):
        other.put(*make(number, 6000))
    assert [record.message for record in caplog.records] == [
        f"{served.address} holds more than 1 GiB of models: git hosts limit that; add object storage or a folder"
        " with git models remote add"
    ]


def test_a_partial_clone_with_hooks_sends_and_fetches_alike(
    serve: Serve, make: Make, git: Git, git_repo: Path, tmp_path: Path
) -> None:
    served = serve("file")
    git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=git_repo)
    git("push", "--quiet", served.address, "HEAD:refs/heads/main", cwd=git_repo)
    clone = tmp_path / "partial"
    git("clone", "--quiet", "--filter=blob:none", "--depth=1", served.address, str(clone), cwd=tmp_path)
    git("config", "core.compression", "9", cwd=clone)
    decline(clone / ".git", "pre-push", "exit 1")
    packs = GitPacks(GitRepository.open(clone), "origin")
    pack, path, index = make(1, layout.PART * 2)
    assert packs.put(pack, path, index)
    again = GitPacks(GitRepository.open(clone), "origin")
    assert again.index(pack) == index
    assert again.read(pack, 5, 10) == path.read_bytes()[5:15]
    assert git("for-each-ref", "refs/gitmodels", cwd=clone) == ""


def test_a_server_that_sends_more_than_was_asked_for_is_stopped(
    serve: Serve, here: GitRepository, make: Make, bare_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve("file")
    pack, path, _ = make(1, 3_000_000)
    GitPacks(here, served.address).put(pack, path, random.Random(2).randbytes(3_000_000))
    monkeypatch.setattr(git_remote, "MAX_INDEX", 100_000)
    monkeypatch.setattr(told, "AROUND", 100_000)
    other = GitRepository.open(bare_repo)
    with pytest.raises(RemoteError, match="more than was asked for"):
        GitPacks(other, served.address).index(pack)
    assert _objects(other) == []


def test_listing_packs_brings_no_other_refs(
    serve: Serve,
    here: GitRepository,
    make: Make,
    git: Git,
    git_repo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = serve("file")
    pack, path, index = make(1, 500_000)
    GitPacks(here, served.address).put(pack, path, index)
    git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=git_repo)
    git(
        "push",
        "--quiet",
        served.address,
        *(f"HEAD:refs/gitmodels/aliases/m{n}/champion" for n in range(50)),
        cwd=git_repo,
    )
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE_PACKET", str(trace))
    packs = GitPacks(here, served.address)
    assert packs.packs() == {pack}
    assert packs.index(pack) == index
    packs.read(pack, 7, 100)
    said = trace.read_text(errors="replace")
    assert "refs/gitmodels/packs/" in said
    assert "refs/gitmodels/aliases/" not in said
