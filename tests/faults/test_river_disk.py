"""Full and read-only file systems for real: one clear line, nothing half-written, and it works again afterwards."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Git = Callable[..., str]
MEGABYTES = 6
HOLD_BACK = 512 << 10
LOGGING = """
import sys, gitmodels, gitmodels.pyfunc
class Echo(gitmodels.pyfunc.PythonModel):
    def __init__(self, number): self.weights = str(number) * 20000
    def predict(self, context, model_input): return model_input
try:
    with gitmodels.start_run():
        info = gitmodels.pyfunc.log_model(
            name="model", python_model=Echo(int(sys.argv[1])), registered_model_name="echo", pip_requirements=[]
        )
except (gitmodels.MlflowException, OSError) as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(1)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes of its own."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    path = tmp_path / "disk"
    path.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,nr_inodes=3000", "tmpfs", str(path)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        pytest.skip("may not mount a small file system here")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=False)


@pytest.fixture
def repo(small_disk: Path, git: Git) -> Path:
    """A repository on the small disk with a model of one version and an alias."""
    path = small_disk / "repo"
    path.mkdir()
    git("init", "--quiet", "--initial-branch=main", cwd=path)
    (path / "one.bin").write_bytes(b"one")
    for command in (("register", "one.bin", "m"), ("alias", "set", "m", "prod", "1"), ("register", "one.bin", "m")):
        assert cli(path, *command).returncode == 0
    return path


def cli(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "gitmodels", "-C", str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def fill(disk: Path) -> Path:
    """Take every byte that is left."""
    ballast = disk / "ballast"
    with open(ballast, "ab", buffering=0) as stream:
        for size in (1 << 16, 4096, 1):
            try:
                while True:
                    stream.write(b"x" * size)
            except OSError:
                continue
    return ballast


def refs(path: Path, git: Git) -> str:
    return git("for-each-ref", cwd=path)


def assert_full(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1, done
    lines = done.stderr.splitlines()
    assert 1 <= len(lines) <= 2, done.stderr
    assert "No space left on device" in lines[0]
    assert "Traceback" not in done.stderr


WRITES = (
    ("register", "two.bin", "m"),
    ("register", "two.bin", "n"),
    ("alias", "set", "m", "prod", "2"),
    ("alias", "rm", "m", "prod"),
    ("tag", "set", "m/1", "a=b"),
    ("rm", "m/2"),
    ("mv", "m", "k"),
    ("cp", "m/1", "k"),
)


def test_case_55_case_112_every_write_on_a_full_disk_says_so_and_changes_nothing(
    repo: Path, small_disk: Path, git: Git
) -> None:
    (repo / "two.bin").write_bytes(os.urandom(200_000))
    before = refs(repo, git)
    ballast = fill(small_disk)
    for command in WRITES:
        assert_full(cli(repo, *command))
        assert refs(repo, git) == before
    for command in (("ls",), ("show", "m@prod"), ("cat", "m@prod:one.bin"), ("log",), ("fsck",), ("du",)):
        assert cli(repo, *command).returncode == 0, command
    ballast.unlink()
    for command in (*WRITES[:4], ("fsck", "--full"), ("rebuild",)):
        assert cli(repo, *command).returncode == 0, command
    git("fsck", "--strict", cwd=repo)
    assert not list((repo / ".git").rglob("*.lock"))


def test_case_55_init_on_a_full_disk(small_disk: Path, git: Git) -> None:
    path = small_disk / "fresh"
    path.mkdir()
    git("init", "--quiet", cwd=path)
    ballast = fill(small_disk)
    assert_full(cli(path, "init"))
    assert refs(path, git) == ""
    ballast.unlink()
    assert cli(path, "init").returncode == 0


def test_case_55_logging_and_registering_until_the_disk_is_full(repo: Path, small_disk: Path, git: Git) -> None:
    # Small steps down to the last byte, so that each kind of write is the one that fails.
    acknowledged, refused = 0, 0
    with open(small_disk / "ballast", "wb") as ballast:
        ballast.write(os.urandom(max(os.statvfs(small_disk).f_bavail * 4096 - HOLD_BACK, 0)))
    for number in range(200):
        if not refused:
            (repo / "next.bin").write_bytes(os.urandom(40_000))
        done = cli(repo, "register", "next.bin", "grow")
        if done.returncode == 0:
            acknowledged += 1
            continue
        refused += 1
        if "No space" in done.stderr:
            assert_full(done)
        if refused > 3:
            break
        assert number < 150
    assert refused
    before = refs(repo, git)
    logging = [sys.executable, "-W", "ignore", "-c", LOGGING, "1"]
    done = subprocess.run(logging, cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "No space left on device" in done.stderr
    # What was saved of the model made room when it went, so that the run could be marked as failed, and no more.
    assert [line for line in refs(repo, git).splitlines() if "/runs/" not in line] == before.splitlines()
    (small_disk / "ballast").unlink()
    done = subprocess.run(logging, cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert cli(repo, "register", "one.bin", "grow").stdout.strip() == f"grow/{acknowledged + 1}"
    assert cli(repo, "fsck", "--full").returncode == 0
    git("fsck", "--strict", cwd=repo)
    leftovers = [path for path in (repo / ".git/gitmodels/tmp").rglob("*") if path.is_file()]
    assert leftovers == []


def test_case_54_a_read_only_file_system_is_read_and_says_so(repo: Path, small_disk: Path, git: Git) -> None:
    (repo / "two.bin").write_bytes(b"two")
    before = refs(repo, git)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    try:
        reads = (("ls",), ("ls", "m"), ("show", "m@prod"), ("log",), ("alias", "ls", "m"), ("cat", "m/1:one.bin"))
        for command in (
            *reads,
            ("fsck", "--full"),
            ("du",),
            ("trust",),
            ("checkout", "m/1", str(repo.parent.parent / "out")),
        ):
            done = cli(repo, *command)
            assert done.returncode == 0, (command, done.stderr)
        load = "import gitmodels; print(gitmodels.artifacts.download_artifacts('models:/m@prod'))"
        done = subprocess.run([sys.executable, "-c", load], cwd=repo, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        for command in (*WRITES, ("rebuild",), ("trust", ".")):
            done = cli(repo, *command)
            assert done.returncode not in (0, 70), (command, done)
            assert len(done.stderr.splitlines()) <= 2, done.stderr
            assert "read-only" in done.stderr.lower(), (command, done.stderr)
            assert refs(repo, git) == before
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert cli(repo, "register", "two.bin", "m").returncode == 0
