"""A workbench for bad input: a small registry, the command line in this process, and everything that is on disk.

A refusal is one line with the way out, the right exit code, and not one byte of the repository changed.
"""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitmodels.cli import main as boundary
from gitmodels.names import encode, shard

Git = Callable[..., str]
# The queue's lock files say who holds them, and empty folders are made on the way to a refusal.
IGNORED = ("gitmodels/lock", "gitmodels/cache/")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What was said on standard error."""
        return self.err.splitlines()


class Bench:
    """A repository with the models ``fraud`` (v1, v2, champion is v1) and ``spam`` (v1), and a hand for each fault."""

    def __init__(self, path: Path, git: Git, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.git_dir = path / ".git"
        self._git = git
        self._capsys = capsys
        self._patch = patch

    def run(self, *arguments: str, stdin: bytes | None = None) -> Done:
        """``git models`` with these arguments, in this process."""
        self._patch.chdir(self.path)  # a -C of the command before moved this process
        if stdin is not None:
            self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        self._capsys.readouterr()
        code = boundary.run(arguments)
        shown = self._capsys.readouterr()
        return Done(code, shown.out, shown.err)

    def works(self, *arguments: str) -> str:
        """Run a command that has to work; its standard output."""
        done = self.run(*arguments)
        assert done.code == 0, done.err
        assert "Traceback" not in done.err
        return done.out

    def refuses(self, code: int, *arguments: str, secret: str = "", says: str = "", stdin: bytes | None = None) -> Done:
        """Run a command that has to be refused with ``code``: one line, a hint at most, and nothing changed on disk."""
        before = self.state()
        done = self.run(*arguments, stdin=stdin)
        assert done.code == code, done
        assert_one_line(done)
        assert not secret or secret not in done.err + done.out
        assert says in done.lines[0], done.err
        assert changes(before, self.state()) == {}
        return done

    def state(self) -> dict[str, bytes]:
        """Every file of the repository, work tree included, but for locks and the cache."""
        found = {}
        for folder, _, names in os.walk(self.path):
            for name in names:
                path = Path(folder, name)
                key = path.relative_to(self.path).as_posix()
                if path.is_symlink():
                    found[key] = os.fsencode(os.readlink(path))
                elif path.is_file() and not key.removeprefix(".git/").startswith(IGNORED):
                    found[key] = path.read_bytes()
        return found

    def put(self, files: Mapping[str, bytes | None]) -> str:
        """Commit ``files`` to the registry branch by hand (None removes one); the new tip."""
        folder = self.git_dir
        more = {"GIT_INDEX_FILE": str(folder / "hand-index"), "GIT_DIR": str(folder)}
        self._git("read-tree", "gitmodels", cwd=folder, **more)
        for path, data in files.items():
            if data is None:
                self._git("update-index", "--force-remove", path, cwd=folder, **more)
                continue
            command = ["git", "hash-object", "-w", "--stdin"]
            blob = subprocess.run(command, input=data, cwd=folder, capture_output=True, check=True).stdout.decode()
            self._git("update-index", "--add", "--cacheinfo", f"100644,{blob.strip()},{path}", cwd=folder, **more)
        tree = self._git("write-tree", cwd=folder, **more).strip()
        new = self._git("commit-tree", tree, "-p", "gitmodels", "-m", "by hand", cwd=folder).strip()
        self._git("update-ref", "refs/heads/gitmodels", new, cwd=folder)
        (folder / "hand-index").unlink()
        return new

    def read(self, path: str) -> bytes:
        """One file of the registry branch."""
        command = ["git", "cat-file", "blob", f"gitmodels:{path}"]
        return subprocess.run(command, cwd=self.git_dir, capture_output=True, check=True).stdout

    def git(self, *arguments: str, **more: str) -> str:
        """The real git, in the repository."""
        return self._git(*arguments, cwd=self.path, **more)

    def tip(self) -> str:
        """Where the registry branch is."""
        return self.git("rev-parse", "gitmodels").strip()

    def packs(self) -> list[Path]:
        """The packs of the object store."""
        return sorted((self.git_dir / "gitmodels/packs").glob("*.pack"))

    def files(self, name: str, content: Mapping[str, bytes]) -> str:
        """A folder outside the repository with these files; its path."""
        root = self.path.parent / name
        for path, data in content.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        return str(root)


def assert_one_line(done: Done) -> None:
    """One line says what is wrong, at most one more the way out; nothing on standard output, no traceback."""
    assert done.out == ""
    assert 1 <= len(done.lines) <= 2, done.err
    assert done.lines[0].startswith("error: "), done.err
    assert all(line.startswith("hint: ") for line in done.lines[1:])
    assert "Traceback" not in done.err
    assert "internal error" not in done.err
    assert done.err.replace("\n", "").isprintable(), done.err
    assert max(len(line) for line in done.lines) < 1000, done.err


def changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, str]:
    """Which files came, went or changed."""
    names = {*before, *after}
    words = {name: "gone" if name not in after else "new" if name not in before else "changed" for name in names}
    return {name: word for name, word in sorted(words.items()) if before.get(name) != after.get(name)}


def folder_of(model: str) -> str:
    """Where a model stands on the branch."""
    return f"models/{shard(encode(model))}/{encode(model)}"


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, git: Git) -> Path:
    """The repository that every bench is a copy of."""
    path = tmp_path_factory.mktemp("cases") / "repo"
    path.mkdir()
    git("init", "--quiet", "--initial-branch=main", cwd=path)
    git("config", "user.name", "Ana Test", cwd=path)
    git("config", "user.email", "ana@example.org", cwd=path)
    (path / "code.py").write_text("print('hello')\n")
    git("add", "code.py", cwd=path)
    git("commit", "--quiet", "-m", "Code", cwd=path)
    source = path.parent / "source"
    source.mkdir()
    for number, name in ((1, "fraud"), (2, "fraud"), (1, "spam")):
        # Too short for a version to be stored as the difference to another: damage hurts the one it is done to.
        (source / "weights.bin").write_bytes(f"weights of {name} {number}".encode() * 200)
        assert boundary.run(["-C", str(path), "register", str(source), name]) == 0
    assert boundary.run(["-C", str(path), "alias", "set", "fraud", "champion", "1"]) == 0
    return path


@pytest.fixture
def bench(
    furnished: Path, tmp_path: Path, git: Git, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Bench:
    """A fresh copy of the repository, as the current folder."""
    path = tmp_path / "repo"
    shutil.copytree(furnished, path, symlinks=True)
    monkeypatch.chdir(path)
    return Bench(path, git, capsys, monkeypatch)
