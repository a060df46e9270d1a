"""Laws of the branch: any edits, in any order, read back as a plain dict would; and git agrees."""

import contextlib
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitmodels.errors import Conflict, Corrupt
from gitmodels.git import packs, raw
from gitmodels.git import tree as tree_module
from gitmodels.git.branch import Branch
from gitmodels.git.history import parse
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree_edit import NewObject

Git = Callable[..., str]
REF = "refs/heads/gitmodels"
ANN = Identity("Ann", "ann@example.org")

# Names that sort differently as files and folders, collide as prefixes, or need more than ASCII.
names = st.sampled_from(["a", "a-", "a.b", "a0", "ab", "A", "ä", "日本", "models", "z" * 100, "=c", "%2e"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
edits = st.dictionaries(paths, st.binary(max_size=200), max_size=6)


def fits(model: dict[str, bytes], change: dict[str, bytes]) -> bool:
    """Whether no path of the union is a folder of another one."""
    union = sorted(model | change)
    return not any(other.startswith(path + "/") for path in union for other in union)


@settings(max_examples=25)
@given(st.lists(edits, min_size=1, max_size=8), st.booleans())
def test_view_equals_a_dict_and_git_agrees(changes: list[dict[str, bytes]], cold: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)
        branch = Branch(GitRepository.open(folder), REF)
        model: dict[str, bytes] = {}
        tip = None
        for number, change in enumerate(changes):
            try:
                tip = branch.commit(change, f"{number}", expected=tip, author=ANN, when_ms=number * 1000)
            except Conflict:
                assert not fits(model, change)
                assert branch.tip() == tip
                continue
            assert fits(model, change)
            model |= change
            if cold:
                tree_module.clear_caches()
            view = branch.view()
            assert {path: view.read(path) for path, _ in view.walk()} == model
            assert {path for path in model if view.oid(path)} == set(model)
        if tip is None:
            return
        listing = git("ls-tree", "-r", "-z", "--name-only", tip, cwd=Path(folder)).split("\0")[:-1]
        assert listing == sorted(model, key=str.encode)
        git("fsck", "--strict", "--full", cwd=Path(folder))


def git(*arguments: str, cwd: Path) -> str:
    return subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout


oids = st.binary(min_size=20, max_size=20).map(bytes.hex)
modes = st.sampled_from([b"100644", b"100755", b"40000", b"120000", b"160000"])
tree_names = st.binary(min_size=1, max_size=20).filter(lambda name: not set(name) & {0, 47})
entries = st.dictionaries(
    tree_names.map(lambda name: name.decode("utf-8", "surrogateescape")), st.tuples(modes, oids), max_size=30
)


@given(entries, entries)
def test_a_changed_tree_is_the_tree_of_the_changed_entries(first: raw.Entries, second: raw.Entries) -> None:
    changed = raw.Tree(dict(first)).changed(second)
    whole = raw.Tree(first | second)
    assert changed.data() == whole.data()
    assert raw.parse_tree(changed.data()).entries == first | second
    assert changed.changed({}).data() == whole.data()


@given(st.binary(max_size=400))
def test_reading_any_bytes_as_a_tree_or_commit_fails_in_one_way(data: bytes) -> None:
    for read in (raw.parse_tree, lambda text: parse("1" * 40, text)):
        with contextlib.suppress(Corrupt):
            read(data)


@given(entries, st.data())
def test_a_damaged_tree_is_refused_or_reads_as_another_tree(first: raw.Entries, data: st.DataObject) -> None:
    whole = raw.Tree(first).data()
    cut = data.draw(st.integers(0, len(whole)))
    try:
        read = raw.parse_tree(whole[:cut])
    except Corrupt:
        return
    assert sum(len(row) for row in [read.data()]) == cut


@pytest.mark.sha1
@settings(max_examples=30)
@given(st.lists(st.binary(max_size=40_000), min_size=1, max_size=12, unique=True))
def test_git_verifies_every_pack_we_write(blobs: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)
        store = packs.PackFolder(Path(folder), raw.SHA1)
        (Path(folder) / "gitmodels").mkdir()
        objects = [NewObject(raw.SHA1.id_of("blob", blob), "blob", blob) for blob in blobs]
        written = store.write(objects)
        written.release()
        git("verify-pack", "-v", f"objects/pack/pack-{written.name}.idx", cwd=Path(folder))
        reader = GitRepository.open(folder).objects
        assert [reader.read(item.oid, "blob") for item in objects] == blobs


@given(st.text(max_size=40), st.text(max_size=40), st.integers(-(2**40), 2**70), st.text(max_size=200))
def test_any_identity_and_message_makes_a_commit_that_reads_back(name: str, email: str, when: int, text: str) -> None:
    message = text.replace("\0", "").encode("utf-8", "ignore").decode()
    stamp = Identity.clean(name, email).stamp(when)
    assert "\n" not in stamp
    data = raw.serialize_commit("a" * 40, ["b" * 40], stamp, stamp, message)
    commit = raw.parse_commit(data)
    assert (commit.tree, commit.parents, commit.author) == ("a" * 40, ("b" * 40,), stamp.encode())
    assert commit.message.decode() == message.rstrip("\n") + "\n"


@given(
    st.dictionaries(st.sampled_from(["ab", "00", "a", "a.b", "ü", "b/"[:1], "zz"]), st.booleans(), max_size=6),
    st.sampled_from(["ab", "00", "a", "zz", "none", "4"]),
    st.sampled_from([20, 32]),
    st.booleans(),
)
def test_one_entry_is_found_as_by_parsing_the_whole_tree(
    kinds: dict[str, bool], name: str, size: int, misleading: bool
) -> None:
    # An id may be anything, a row of a tree as well.
    oid = (b"40000 %s\0" % name.encode()).ljust(size, b"\0")[:size].hex() if misleading else "5a" * size
    entries = {key: (raw.TREE_MODE if folder else raw.FILE_MODE, oid) for key, folder in kinds.items()}
    data = raw.Tree(entries).data()
    assert raw.find_entry(data, name, size) == entries.get(name)
