"""The law of the two readers: on any repository, plain files and libgit2 give the same bytes and miss the same objects.

Histories are random; repositories are made by git in every state it leaves them in. Damaged bytes never give anything
but the right answer or a refusal.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitmodels.errors import Corrupt, GitModelsError
from gitmodels.git import libgit2
from gitmodels.git.history import History
from gitmodels.git.object_files import Absent, ObjectFiles
from gitmodels.git.pack_reading import Damaged, apply_delta
from gitmodels.git.raw import SHA1
from gitmodels.git.repository import GitRepository

pytestmark = pytest.mark.sha1  # libgit2 reads no other ids

# Texts that differ a little, so that packing them makes deltas, and some that do not resemble anything.
lines = st.sampled_from([f"line {number}: {'x' * number}\n" for number in range(40)])
texts = st.one_of(st.lists(lines, min_size=20, max_size=60).map("".join), st.text(max_size=30))
changes = st.tuples(st.sampled_from(["a", "b/c", "b/d/e", "f"]), texts)
histories = st.lists(changes, min_size=1, max_size=12)


def run(*arguments: str, cwd: Path, stdin: bytes = b"", who: bool = False) -> str:
    person = ["-c", "user.name=Ann", "-c", "user.email=a@example.org"] if who else []
    done = subprocess.run(["git", *person, *arguments], cwd=cwd, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def write(folder: Path, history: list[tuple[str, str]], unpack: bool) -> Path:
    """A repository in ``folder`` with one commit per change, the branch of some merged into the other."""
    run("init", "--quiet", "--initial-branch=main", str(folder), cwd=folder.parent)
    script = bytearray()
    for number, (path, text) in enumerate(history):
        data = text.encode()
        script += f"commit refs/heads/main\nmark :{number + 1}\n".encode()
        script += f"committer Ann <a@example.org> {1000 + number} +0000\ndata 1\nx\n".encode()
        if number > 3 and number % 4 == 0:
            script += f"merge :{number - 2}\n".encode()
        script += b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
    script += b"tag v1\nfrom refs/heads/main\ntagger Ann <a@example.org> 1 +0000\ndata 1\nt\n"
    limit = f"fastimport.unpackLimit={1000 if unpack else 0}"
    run("-c", limit, "fast-import", "--quiet", cwd=folder, stdin=bytes(script))
    return folder


def _loose(folder: Path, history: list[tuple[str, str]]) -> Path:
    return write(folder / "r", history, unpack=True)


def _packed(folder: Path, history: list[tuple[str, str]]) -> Path:
    path = write(folder / "r", history, unpack=True)
    run("repack", "-adfq", "--depth=50", "--window=50", cwd=path)
    return path


def _two_packs_and_loose(folder: Path, history: list[tuple[str, str]]) -> Path:
    path = _packed(folder, history)
    run("multi-pack-index", "write", cwd=path)
    run("hash-object", "-w", "--stdin", cwd=path, stdin=b"loose" * 3000)
    tree = run("rev-parse", "main^{tree}", cwd=path).strip()
    extra = run("commit-tree", tree, "-m", "more", cwd=path, who=True).strip()
    run("update-ref", "refs/heads/more", extra, cwd=path)
    run("-c", "pack.indexVersion=2", "repack", "-q", cwd=path)
    return path


def _id_deltas(folder: Path, history: list[tuple[str, str]]) -> Path:
    path = write(folder / "r", history, unpack=True)
    run("-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq", "--depth=20", cwd=path)
    return path


def _first_index_version(folder: Path, history: list[tuple[str, str]]) -> Path:
    path = write(folder / "r", history, unpack=True)
    run("-c", "pack.indexVersion=1", "repack", "-adfq", cwd=path)
    return path


def _borrowing(folder: Path, history: list[tuple[str, str]]) -> Path:
    _packed(folder, history)
    run("clone", "--quiet", "--shared", "r", "borrower", cwd=folder)
    run("clone", "--quiet", "--shared", "borrower", 'bor"rower two', cwd=folder)
    return folder / 'bor"rower two'


def _linked(folder: Path, history: list[tuple[str, str]]) -> Path:
    run("worktree", "add", "--quiet", str(folder / "linked"), "main~0", cwd=_packed(folder, history))
    return folder / "linked"


def _bare(folder: Path, history: list[tuple[str, str]]) -> Path:
    write(folder / "r", history, unpack=False)
    run("clone", "--quiet", "--bare", "--no-local", "r", "bare.git", cwd=folder)
    return folder / "bare.git"


def _shallow(folder: Path, history: list[tuple[str, str]]) -> Path:
    path = _packed(folder, history)
    run("clone", "--quiet", "--depth=2", f"file://{path}", "shallow", cwd=folder)
    return folder / "shallow"


def _partial(folder: Path, history: list[tuple[str, str]]) -> Path:
    path = _packed(folder, history)
    run("config", "uploadpack.allowFilter", "true", cwd=path)
    run("clone", "--quiet", "--bare", "--filter=blob:none", f"file://{path}", "partial.git", cwd=folder)
    return folder / "partial.git"


def _replaced(folder: Path, history: list[tuple[str, str]]) -> Path:
    path = _packed(folder, history)
    one, two = (run("hash-object", "-w", "--stdin", cwd=path, stdin=data).strip() for data in (b"one", b"two"))
    run("replace", one, two, cwd=path)
    return path


STATES: dict[str, Callable[[Path, list[tuple[str, str]]], Path]] = {
    function.__name__.strip("_"): function
    for function in (
        _loose, _packed, _two_packs_and_loose, _id_deltas, _first_index_version, _borrowing, _linked, _bare, _shallow,
        _partial, _replaced,
    )
}  # fmt: skip


def everything(source: Path) -> list[str]:
    """The id of every object of the repository where the history was written."""
    listed = run("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", cwd=source).split()
    return [*listed, "0" * 40, "ab" * 20]


def answer(read: Callable[[], tuple[str, bytes]]) -> object:
    """What a reader says, or the kind of its refusal."""
    try:
        return read()
    except (Absent, Damaged) as error:
        return type(error)


@settings(max_examples=6)
@given(histories, st.integers(0, 11), st.integers(0, 11))
def test_what_one_tip_has_and_another_has_not_is_what_git_says(
    history: list[tuple[str, str]], one: int, other: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = write(Path(name) / "r", history, unpack=False)
        commits = run("rev-list", "--topo-order", "main", cwd=path).split()
        tip, known = commits[one % len(commits)], commits[other % len(commits)]
        fork = run("commit-tree", f"{tip}^{{tree}}", "-p", known, "-m", "fork", cwd=path, who=True).strip()
        past = History(GitRepository.open(path))
        for left, right in ((tip, known), (tip, fork), (fork, tip)):
            assert set(past.ahead(left, right)) == set(run("rev-list", left, "--not", right, cwd=path).split())
            contained = run("rev-list", "-1", left, "--not", right, cwd=path) == ""
            assert past.is_ancestor(left, right) == contained


@pytest.mark.parametrize("state", STATES)
@settings(max_examples=4)
@given(histories)
def test_both_readers_give_the_same_bytes(state: str, history: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = STATES[state](Path(name), history)
        repo = GitRepository.open(path)
        for oid in everything(Path(name) / "r"):
            found = answer(partial(repo.objects._read, oid))
            assert found == answer(partial(libgit2.read_object, repo.handle, oid)), (state, oid)
            assert repo.objects.has(oid) == (oid in repo.handle.odb)
        assert repo.work_tree == libgit2.work_tree_of(repo.handle)
        assert repo.git_dir == libgit2.discover(path, "")
        assert _walked(repo) == set(run("rev-list", "HEAD", cwd=path).split())


def _walked(repo: GitRepository) -> set[str]:
    order: list[str] = []
    for commit in History(repo).log(str(repo.handle.head.target)):
        assert not set(order) & set(commit.parents), "a parent before its child"
        order.append(commit.oid)
    assert len(order) == len(set(order))
    return set(order)


def _files_of(path: Path) -> Iterator[Path]:
    for folder, _, files in os.walk(path):
        yield from (Path(folder, file) for file in files if not file.endswith((".rev", "alternates", "packs")))


@pytest.mark.parametrize("state", ["loose", "packed", "id_deltas"])
@settings(max_examples=15)
@given(st.data(), histories)
def test_damaged_bytes_give_the_right_answer_or_none(
    state: str, data: st.DataObject, history: list[tuple[str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = STATES[state](Path(name), history)
        whole = ObjectFiles(f"{path}/.git/objects", SHA1)
        right = {oid: whole.read(oid) for oid in everything(path)[:-2]}
        for _ in range(8):
            copy = Path(name) / "damaged"
            shutil.copytree(path / ".git" / "objects", copy)
            target = data.draw(st.sampled_from(sorted(_files_of(copy))), label="file")
            _damage(target, data)
            reader = ObjectFiles(str(copy), SHA1)
            answers = {oid: answer(partial(reader.read, oid)) for oid in right}
            assert all(found in (right[oid], Absent, Damaged) for oid, found in answers.items())
            reader.missing(right)
            shutil.rmtree(copy)


def _damage(target: Path, data: st.DataObject) -> None:
    content = bytearray(target.read_bytes())
    target.chmod(0o644)
    place = data.draw(st.integers(0, max(len(content) - 1, 0)), label="place")
    if not content or data.draw(st.booleans(), label="cut"):
        target.write_bytes(content[:place])
        return
    content[place] ^= data.draw(st.integers(1, 255), label="flip")
    target.write_bytes(content)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_as_a_delta_are_applied_or_refused(base: bytes, delta: bytes) -> None:
    with contextlib.suppress(Damaged):
        assert isinstance(apply_delta(base, bytes([len(base)]) + delta), bytes)


@settings(max_examples=10)
@given(histories)
def test_a_missing_object_is_the_same_error_of_ours_by_either_reader(history: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = _loose(Path(name), history)
        oid = run("rev-parse", "main^{tree}", cwd=path).strip()
        loose = path / ".git" / "objects" / oid[:2] / oid[2:]
        loose.chmod(0o644)
        for damage in (lambda: loose.write_bytes(b"x" * 40), lambda: loose.write_bytes(b""), loose.unlink):
            damage()
            repo = GitRepository.open(path)
            errors = []
            for read in (repo.objects._files.read, partial(libgit2.read_object, repo.handle)):
                repo.objects._files.read = read  # type: ignore[method-assign]
                with pytest.raises(GitModelsError) as caught:
                    repo.objects.read(oid, "tree")
                errors.append((type(caught.value), caught.value.message.partition(": ")[0]))
            assert errors[0] == errors[1]
            assert errors[0][0] is Corrupt
