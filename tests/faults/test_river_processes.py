"""Many processes, threads and forked children at once, interrupts in the middle: nothing lost, doubled or stuck."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.repo import Repo

Git = Callable[..., str]
PROGRAM = Path(__file__).with_name("river_registrars.py")


def registered(path: Path, processes: int, versions: int, victim: bool) -> list[tuple[str, int, str]]:
    command = [sys.executable, str(PROGRAM), str(path), str(processes), str(versions), str(int(victim))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [line.split() for line in done.stdout.splitlines()]
    return [(process, int(number), model) for process, number, model in rows if re.fullmatch(r"m-[0-9a-f]{32}", model)]


def check(path: Path, told: list[tuple[str, int, str]], git: Git) -> None:
    """Every number that was told was told once and holds what it was told for; there is no gap and no lock."""
    numbers = [number for _, number, _ in told]
    assert len(set(numbers)) == len(numbers)
    repo = Repo.open(path)
    state = repo.registry.state()
    assert sorted(state.all_numbers("crowd")) == list(range(1, len(state.all_numbers("crowd")) + 1))
    for _, number, model in told:
        assert state.version("crowd", number).record.model_id == model
    done = subprocess.run(
        [sys.executable, "-m", "gitmodels", "-C", str(path), "fsck", "--full"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    git("fsck", "--strict", cwd=path)
    done = subprocess.run(
        [sys.executable, "-m", "gitmodels", "-C", str(path), "alias", "set", "crowd", "last", str(max(numbers))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not list((path / ".git/refs").rglob("*.lock"))


@pytest.mark.parametrize("victim", [False, True], ids=["undisturbed", "one killed every second"])
def test_case_94_16_processes_register_into_one_model(git_repo: Path, git: Git, victim: bool) -> None:
    told = registered(git_repo, 16, 12, victim)
    mine = [row for row in told if not row[0].startswith("victim")]
    assert len(mine) == 16 * 12
    check(git_repo, told, git)


@pytest.mark.heavy
@pytest.mark.parametrize("victim", [False, True], ids=["undisturbed", "one killed every second"])
def test_case_94_16_processes_register_50_versions_each(git_repo: Path, git: Git, victim: bool) -> None:
    told = registered(git_repo, 16, 50, victim)
    mine = [row for row in told if not row[0].startswith("victim")]
    assert len(mine) == 16 * 50
    check(git_repo, told, git)


THREADS = """
import os, threading, sys, warnings
warnings.simplefilter("ignore")
import gitmodels, gitmodels.pyfunc
from gitmodels.client import MlflowClient

class Echo(gitmodels.pyfunc.PythonModel):
    def __init__(self, word): self.word = word
    def predict(self, context, model_input): return [self.word]

def work(word, failures):
    try:
        client = MlflowClient()
        for count in range(4):
            with gitmodels.start_run() as run:
                gitmodels.log_param("word", word)
                info = gitmodels.pyfunc.log_model(
                    name="model", python_model=Echo(f"{word} {count}"), registered_model_name="both",
                    pip_requirements=[],
                )
            assert gitmodels.get_run(run.info.run_id).data.params == {"word": word}
            client.set_registered_model_alias("both", word, info.registered_model_version)
            loaded = gitmodels.pyfunc.load_model(f"models:/both/{info.registered_model_version}")
            assert loaded.predict([1]) == [f"{word} {count}"], "another thread's model"
    except BaseException as error:
        failures.append(f"{word}: {type(error).__name__}: {error}")

failures = []
gitmodels.init()
if sys.argv[1] == "threads":
    workers = [threading.Thread(target=work, args=(f"t{n}", failures)) for n in range(2)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
else:
    work("parent", failures)   # what the parent opened, the children go on using
    children = []
    for n in range(3):
        child = os.fork()
        if child == 0:
            work(f"c{n}", failures)
            for failure in failures: print(failure, file=sys.stderr)
            os._exit(len(failures))
        children.append(child)
    work("parent", failures)
    failures += [f"child {status}" for status in (os.waitpid(child, 0)[1] for child in children) if status]
print("\\n".join(failures))
sys.exit(bool(failures))
"""


@pytest.mark.parametrize(("how", "count"), [("threads", 8), ("forks", 20)])
def test_case_96_threads_and_forked_children_share_the_api(git_repo: Path, git: Git, how: str, count: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", THREADS, how], cwd=git_repo, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    repo = Repo.open(git_repo)
    assert sorted(repo.registry.state().all_numbers("both")) == list(range(1, count + 1))
    assert [run.status for run in repo.runs.list()] == ["FINISHED"] * count
    git("fsck", "--strict", cwd=git_repo)


INTERRUPTED = """
import warnings, signal, time
warnings.simplefilter("ignore")
import gitmodels, gitmodels.pyfunc
class Slow(gitmodels.pyfunc.PythonModel):
    def __reduce__(self):
        print("pickling", flush=True)
        time.sleep(20)
        return (Slow, ())
    def predict(self, context, model_input): return []
with gitmodels.start_run():
    gitmodels.log_param("a", 1)
    gitmodels.pyfunc.log_model(name="model", python_model=Slow(), registered_model_name="slow", pip_requirements=[])
"""


def test_case_96_an_interrupt_while_logging_fails_the_run_and_registers_nothing(git_repo: Path, git: Git) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], cwd=git_repo, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "pickling\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in err
    repo = Repo.open(git_repo)
    assert [(run.status, run.params) for run in repo.runs.list()] == [("FAILED", {"a": "1"})]
    assert repo.registry.state().commit is None or repo.registry.state().find_model("slow") is None
    assert not list((git_repo / ".git/gitmodels/journals").glob("*.jsonl"))
    assert not [path for path in (git_repo / ".git/gitmodels/tmp").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, {130, -signal.SIGINT}), (signal.SIGTERM, {-signal.SIGTERM, 143})]
)
def test_case_96_a_command_that_is_stopped_leaves_all_or_nothing(
    git_repo: Path, git: Git, sent: signal.Signals, code: set[int]
) -> None:
    (git_repo / "model").mkdir()
    with open(git_repo / "model" / "weights.bin", "wb") as stream:
        for _ in range(96):
            stream.write(os.urandom(1 << 20))
    for pause in (0.15, 0.35, 0.6, 0.9):
        process = subprocess.Popen(
            [sys.executable, "-m", "gitmodels", "register", "model", "big"],
            cwd=git_repo,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(pause)
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
        state = Repo.open(git_repo).registry.state()
        numbers = sorted(state.all_numbers("big")) if state.commit and state.find_model("big") else []
        if process.returncode == 0:
            assert out.strip() == f"big/{len(numbers)}"
        else:
            # Interrupted inside an exec() of an import, Python ends itself by the signal: a shell shows 130 for both.
            assert process.returncode in code, err
            assert "Traceback" not in err
    git("fsck", "--strict", cwd=git_repo)
    done = subprocess.run(
        [sys.executable, "-m", "gitmodels", "fsck", "--full"], cwd=git_repo, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
