"""What a power cut can leave of our small files: empty, torn or nonsense. Every command works or says what to do."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitmodels.cli import main as boundary

Git = Callable[..., str]
DAMAGE = {
    "empty": lambda data: b"",
    "zeros": lambda data: bytes(max(len(data), 64)),
    "nonsense": lambda data: b"\xff\xfenonsense\n" * 50,
    "torn": lambda data: data[: len(data) // 2],
    "doubled": lambda data: data + data,
}
INDEX, CACHE = "gitmodels/index/*", "gitmodels/cache/**/*"
# What may tell of damage, by what is damaged.
FINDINGS = {INDEX: (("fsck",),), CACHE: (("fsck", "--full"),)}
# Files that can be lost without a loss: notes, indexes, caches, derived refs.
OURS = (
    "gitmodels/projected",
    "gitmodels/chains/*/*",
    "gitmodels/trusted",
    "gitmodels/clone-id",
    "gitmodels/packs.git",
    INDEX,
    CACHE,
    "gitmodels/lock",
    "gitmodels/lock.git",
    "refs/gitmodels/aliases/*/*",
)
COMMANDS = (
    ("ls",),
    ("show", "fraud@champion"),
    ("log",),
    ("alias", "ls", "fraud"),
    ("cat", "fraud@champion:weights.bin"),
    ("checkout", "fraud/1", "out"),
    ("trust",),
    ("du",),
    ("fsck",),
    ("register", "code.py", "fraud"),
    ("alias", "set", "fraud", "champion", "2"),
    ("rollback", "fraud", "champion"),
    ("tag", "set", "fraud/1", "a=b"),
    ("rebuild",),
    ("fsck", "--full"),
)


@pytest.fixture(scope="session")
def used(tmp_path_factory: pytest.TempPathFactory, git: Git) -> Path:
    """A repository in which every small file of ours exists."""
    path = tmp_path_factory.mktemp("used") / "repo"
    path.mkdir()
    git("init", "--quiet", "--initial-branch=main", cwd=path)
    (path / "code.py").write_text("print()\n")
    (path / "weights.bin").write_bytes(os.urandom(3000).hex().encode())
    for command in (
        ("register", "weights.bin", "fraud"),
        ("register", "code.py", "fraud"),
        ("alias", "set", "fraud", "champion", "1"),
        ("alias", "set", "fraud", "challenger", "2"),
        ("trust", "fraud/1"),
        *[("register", "code.py", "fraud")] * 40,
        ("alias", "set", "fraud", "late", "40"),
    ):
        assert boundary.run(["-C", str(path), *command]) == 0
    logging = """
import gitmodels, gitmodels.pyfunc
class Echo(gitmodels.pyfunc.PythonModel):
    def predict(self, context, model_input): return model_input
with gitmodels.start_run():
    gitmodels.pyfunc.log_model(name="model", python_model=Echo(), registered_model_name="echo", pip_requirements=[])
gitmodels.pyfunc.load_model("models:/echo/1")
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", logging], cwd=path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path


def cases() -> Iterator[tuple[str, str]]:
    for pattern in OURS:
        for name in DAMAGE:
            yield pattern, name


@pytest.mark.parametrize(("pattern", "name"), list(cases()))
def test_every_command_works_or_says_what_to_do(
    used: Path,
    tmp_path: Path,
    git: Git,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    pattern: str,
    name: str,
) -> None:
    path = tmp_path / "repo"
    shutil.copytree(used, path)
    monkeypatch.chdir(path)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    before = git("for-each-ref", "refs/gitmodels/aliases", cwd=path)
    files = [file for file in sorted((path / ".git").glob(pattern)) if file.is_file()]
    assert files, f"no file of ours matches {pattern}"
    for file in files:
        file.chmod(0o644)
        file.write_bytes(DAMAGE[name](file.read_bytes()))
    told = []
    for command in COMMANDS:
        capsys.readouterr()
        code = boundary.run(command)
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        assert "internal error" not in shown.err, (command, shown.err)
        if code:
            told.append((command, code, shown.err))
    # Nothing of this is data: fsck tells of what it finds, until `rebuild` has made the index anew and the damaged
    # files of the cache are gone; everything else works all along.
    allowed = FINDINGS.get(pattern, ())
    assert [entry for entry in told if entry[0] not in allowed or entry[1] != 6] == []
    for command, _, error in told:
        assert "register the same files again" not in error, command
    if pattern == CACHE:
        shutil.rmtree(path / ".git/gitmodels/cache")
    assert boundary.run(["fsck", "--full"]) == 0
    if pattern.startswith("refs/"):
        for command in (("alias", "set", "fraud", "champion", "1"), ("rebuild",)):
            assert boundary.run(command) == 0
        assert git("for-each-ref", "refs/gitmodels/aliases", cwd=path) == before
    git("fsck", "--strict", cwd=path)


@pytest.mark.parametrize("name", DAMAGE)
def test_a_journal_left_by_a_power_cut_stops_nobody(used: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "repo"
    shutil.copytree(used, path)
    start = "import gitmodels, os; gitmodels.start_run(); gitmodels.log_metric('a', 1.0); os._exit(0)"
    assert subprocess.run([sys.executable, "-c", start], cwd=path).returncode == 0
    (journal,) = (path / ".git/gitmodels/journals").glob("*.jsonl")
    journal.write_bytes(DAMAGE[name](journal.read_bytes()))
    again = """
import gitmodels
with gitmodels.start_run() as run:
    gitmodels.log_metric("b", 2.0)
print(gitmodels.get_run(run.info.run_id).info.status)
"""
    done = subprocess.run([sys.executable, "-c", again], cwd=path, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "FINISHED"), done.stderr
