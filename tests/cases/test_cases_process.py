"""Cases 94, 105 and 107–112: stopped holders, secrets, shadowing modules, plain terminals, and kills between steps."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.git.branch import Branch
from gitmodels.git.repository import GitRepository
from gitmodels.objects.store import ObjectStore
from gitmodels.registry.projection import Projection

HOLDER = """
import sys, time
from gitmodels.git.repository import GitRepository
with GitRepository.open(".").queue():
    print("held", flush=True)
    time.sleep(60)
"""
TOKEN = "ghp_0123456789abcdefSECRET"


def test_case_94_a_stopped_holder_is_named_and_readers_go_on(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGSTOP)
        monkeypatch.setattr(GitRepository.queue.__wrapped__, "__defaults__", (0.2,))
        assert bench.works("ls")
        assert bench.works("cat", "fraud/1:weights.bin")
        done = bench.refuses(5, "tag", "set", "fraud", "a=b")
        assert str(holder.pid) in done.err
        holder.kill()
    bench.works("tag", "set", "fraud", "a=b")


URLS = [
    f"git+https://ana:{TOKEN}@example.org/r.git#fraud/1",
    f"https://ana:{TOKEN}@example.org/r",
    f"git+ssh://ana:{TOKEN}@example.org/r.git#fraud@a",
    f"git+https://{TOKEN}@example.org/r.git#fraud/1",
    f"s3://key:{TOKEN}@bucket/x",
    f"git+https://ana:{TOKEN}@example.org/r.git",
]


@pytest.mark.parametrize("url", URLS)
def test_case_105_credentials_in_addresses_are_not_shown(bench: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.refuses(4, "register", url, "fraud", secret=TOKEN)
    monkeypatch.setenv("GITMODELS_REGISTRY", url)
    done = bench.run("ls")
    assert done.code in (0, 3, 4), done
    assert TOKEN not in done.err + done.out


def test_case_105_credentials_of_the_remote_do_not_enter_the_registry(bench: Any) -> None:
    bench.git("remote", "add", "origin", f"https://ana:{TOKEN}@example.org/r.git")
    bench.works("register", "code.py", "fraud")
    assert TOKEN not in bench.works("show", "--json", "fraud/3") + bench.works("log", "--json")
    assert TOKEN not in bench.git("log", "-p", "gitmodels")


def test_case_107_a_cached_file_that_was_swapped_is_made_anew(bench: Any) -> None:
    load = "import gitmodels, pathlib; print(pathlib.Path(gitmodels.artifacts.download_artifacts('models:/spam/1')))"
    done = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True)
    files = [path for path in (bench.git_dir / "gitmodels/cache").rglob("*") if path.is_file()]
    copied = Path(done.stdout.strip())
    for file in files:
        file.chmod(0o644)
        file.write_bytes(b"swapped" + file.read_bytes()[7:])
    done = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True)
    data = next(path for path in Path(done.stdout.strip()).rglob("*") if path.is_file()).read_bytes()
    assert data == b"weights of spam 1" * 200
    shutil.rmtree(copied, ignore_errors=True)


SHADOWS = ("blake3", "yaml", "click", "pygit2", "json", "sitecustomize", "usercustomize", "gitmodels", "numpy")


def test_case_108_modules_in_the_repository_are_not_imported(bench: Any) -> None:
    script = Path(sys.executable).with_name("git-models")
    if not script.exists():
        pytest.skip("the console script is not installed beside this Python")
    canary = bench.path.parent / "canary"
    for name in SHADOWS:
        (bench.path / f"{name}.py").write_text(f"open({str(canary)!r}, 'w')\n")
    for command in (("ls",), ("show", "fraud/1"), ("register", "code.py", "fraud"), ("fsck", "--full")):
        done = subprocess.run([str(script), *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert not canary.exists()


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "cp1252", "NO_COLOR": "1", "COLUMNS": "40"},
        {"TERM": "dumb", "COLUMNS": "1"},
    ],
    ids=["C", "ascii", "cp1252", "dumb"],
)
def test_case_110_plain_terminals_and_locales(bench: Any, environment: dict[str, str]) -> None:
    bench.works("register", "code.py", "caf\u00e9 \u6a21\u578b")
    bench.works("describe", "caf\u00e9 \u6a21\u578b", "\u2192 d\u00e9j\u00e0 vu \U0001f600")
    for command in (
        ("ls",),
        ("ls", "--json"),
        ("log",),
        ("show", "caf\u00e9 \u6a21\u578b/1"),
        ("fsck",),
        ("ls", "\u00fc"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "gitmodels", *command], env={**os.environ, **environment}, capture_output=True
        )
        # Where Python itself was told to read arguments as ASCII, other letters are refused in a clear line.
        allowed = (3, 4) if command == ("ls", "\u00fc") else (0, 4) if command[0] == "show" else (0,)
        assert done.returncode in allowed, done
        assert b"Traceback" not in done.stderr


class Died(BaseException):
    """Stands for a kill: nothing catches it."""


def dying(*_: Any, **__: Any) -> Any:
    raise Died


STEPS: dict[str, tuple[Any, str]] = {
    "before the bytes are stored": (ObjectStore, "add_directory"),
    "between the bytes and the commit": (Branch, "commit"),
    "between the commit and its refs": (Projection, "follow"),
}


@pytest.mark.parametrize("step", STEPS)
def test_case_111_who_dies_between_two_steps_can_run_it_again(
    bench: Any, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = bench.files("new", {"weights.bin": b"new"})
    owner, name = STEPS[step]
    for command in (("register", source, "fraud"), ("alias", "set", "fraud", "champion", "2")):
        if name == "add_directory" and command[0] == "alias":
            continue
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, dying)
            with pytest.raises(Died):
                bench.run(*command)
        for reading in (("ls", "fraud"), ("show", "fraud@champion"), ("fsck", "--full")):
            bench.works(*reading)
        bench.works(*command)
    bench.works("fsck", "--full")
    bench.works("doctor", "--fix")
    bench.works("alias", "set", "fraud", "champion", "2")
    ref = bench.git("rev-parse", "refs/gitmodels/aliases/fraud/champion")
    bench.works("rebuild")
    assert bench.git("rev-parse", "refs/gitmodels/aliases/fraud/champion") == ref


def test_case_96_the_reader_of_a_long_output_may_go(bench: Any) -> None:
    (bench.path / "large.bin").write_bytes(b"x" * (4 << 20))
    bench.works("register", "large.bin", "large")
    command = f"{sys.executable} -m gitmodels cat large/1:large.bin | head -c 10 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 141), done
    assert done.stderr == ""


def test_case_80_a_clock_that_went_back_orders_by_history(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[[], int] = time.time_ns
    ten_years = 10 * 365 * 86_400 * 10**9
    for shift in (ten_years, -ten_years):
        with monkeypatch.context() as patch:
            patch.setattr(time, "time_ns", lambda shift=shift: real() + shift)
            bench.works("register", "code.py", "fraud")
    assert bench.works("register", "code.py", "fraud").strip() == "fraud/5"
    assert '"version": 5' in bench.works("show", "--json", "fraud/latest")
    assert "fraud/5" in bench.works("log").splitlines()[0] or "v5" in bench.works("log").splitlines()[0]
    bench.git("fsck", "--strict")
