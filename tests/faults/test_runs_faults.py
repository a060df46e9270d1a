"""Processes killed while they log, and between the steps that end a run: nothing acknowledged is lost or doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels import digest
from gitmodels.errors import GitModelsError
from gitmodels.git.branch import Branch
from gitmodels.git.repository import GitRepository
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.runs import journal, layout
from gitmodels.runs.active import ActiveRun
from gitmodels.runs.clone import clone_id
from gitmodels.runs.log import NewRun, RunLog
from gitmodels.runs.records import Metric, Run

LOGGER = """
import sys
from gitmodels.git.repository import GitRepository
from gitmodels.runs.log import RunLog
from gitmodels.runs.records import Metric
log = RunLog(GitRepository.open(sys.argv[1]))
run_id = sys.argv[2] if len(sys.argv) > 2 else log.start().id
print(run_id, flush=True)
for step in range(int(sys.argv[3]) if len(sys.argv) > 3 else 10**9):
    log.log_metrics(run_id, [Metric("loss", 1.0 / (step + 1), step, 1, sys.argv[4] if len(sys.argv) > 4 else None)])
    if len(sys.argv) < 4:
        sys.stdout.write(f"{step}\\n")
        sys.stdout.flush()
"""


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", LOGGER, *arguments], stdout=subprocess.PIPE, text=True)


def opened(path: Path) -> RunLog:
    return RunLog(GitRepository.open(path))


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_run_keeps_what_it_logged(git_repo: Path, seed: int) -> None:
    process = started(str(git_repo))
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    process.stdout.readline()
    log = opened(git_repo)
    assert log.get(run_id).status == "RUNNING"
    assert log.recover() == []
    time.sleep(random.Random(seed).uniform(0, 0.05))
    process.send_signal(signal.SIGKILL)
    told = [int(line) for line in process.communicate()[0].split()]
    (run,) = log.recover()
    assert (run.id, run.status) == (run_id, "FAILED")
    assert run.ended is not None
    assert run.ended >= run.started
    steps = [metric.step for metric in log.metric_history(run_id, "loss")]
    assert steps == list(range(len(steps)))
    assert len(steps) > (told[-1] if told else 0)
    assert log.recover() == []
    assert log.get(run_id) == run


def test_what_is_said_to_a_leftover_settles_it_first(git_repo: Path) -> None:
    process = started(str(git_repo))
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    process.stdout.readline()
    process.kill()
    process.communicate()
    log = opened(git_repo)
    log.set_tags(run_id, {"a": "b"})
    found = log.get(run_id)
    assert (found.status, found.tags) == ("FAILED", {"a": "b"})
    assert log.recover() == []


def crash(log: RunLog, run: Run, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """End ``run`` in a process that dies before or after the commit: its lock goes, its journal stays."""
    real = Branch.commit

    def dying(self: Branch, *arguments: object, **named: object) -> str:
        if where == "after":
            real(self, *arguments, **named)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(Branch, "commit", dying)
    with pytest.raises(KeyboardInterrupt):
        log.end(run.id)
    monkeypatch.undo()
    held = journal.held(str(log.repo.own_dir / "journals"), run.id)
    assert held is not None
    held.close()


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_crash_around_the_commit_ends_the_run_once(
    git_repo: Path, where: str, monkeypatch: pytest.MonkeyPatch, git: Callable[..., str]
) -> None:
    log = opened(git_repo)
    run = log.start(NewRun(name="x"))
    data = b"flavors: {}\n"
    logged = log.models.log(
        run.id, "model", Manifest((Entry("MLmodel", 12, digest.of_bytes(data)),)), {"MLmodel": data}
    )
    log.log_metrics(run.id, [Metric("loss", 1.0, 0, 1), Metric("loss", 0.5, 1, 2)])
    crash(log, run, monkeypatch, where)
    assert [one.status for one in log.recover()] == ["FINISHED"]
    ref = f"{layout.REFS}{clone_id(log.repo.own_dir)}"
    assert git("rev-list", "--count", ref, cwd=git_repo).strip() == "1"
    assert [metric.value for metric in log.metric_history(run.id, "loss")] == [1.0, 0.5]
    assert log.find_model(logged.model_id) == [logged]
    assert not list((log.repo.own_dir / "journals").iterdir())


def test_a_crash_does_not_undo_what_came_after(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = opened(git_repo)
    run = log.start()
    crash(log, run, monkeypatch, "after")
    log.set_tags(run.id, {"late": "yes"})
    assert log.recover() == []
    assert log.get(run.id).tags == {"late": "yes"}


def test_a_continued_run_that_crashes_is_not_doubled(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = opened(git_repo)
    run = log.start()
    log.log_metrics(run.id, [Metric("loss", 1.0, 0, 1), Metric("loss", 0.5, 1, 2)])
    log.end(run.id)
    log.resume(run.id)
    log.log_metrics(run.id, [Metric("loss", 0.25, 2, 3)])
    crash(log, run, monkeypatch, "after")
    log.recover()
    assert [metric.value for metric in log.metric_history(run.id, "loss")] == [1.0, 0.5, 0.25]


def test_a_refused_commit_keeps_the_journal(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = opened(git_repo)
    run = log.start()
    log.log_params(run.id, {"a": 1})

    def full(self: Branch, *arguments: object, **named: object) -> str:
        raise GitModelsError("cannot write: No space left on device")

    monkeypatch.setattr(Branch, "commit", full)
    with pytest.raises(GitModelsError, match="No space"):
        log.end(run.id)
    assert log.recover() == []
    monkeypatch.undo()
    assert log.get(run.id).params == {"a": "1"}
    assert log.end(run.id).status == "FINISHED"


@pytest.mark.parametrize("damage", [b"", b"nonsense\n", b'["run",9,{}]\n', b'["t",{}]\n', b"\0" * 4096])
def test_a_damaged_journal_is_kept_aside(git_repo: Path, damage: bytes) -> None:
    log = opened(git_repo)
    folder = log.repo.own_dir / "journals"
    folder.mkdir(parents=True)
    (folder / f"{'a' * 32}.jsonl").write_bytes(damage)
    assert log.recover() == []
    assert [path.name for path in folder.iterdir()] == [f"{'a' * 32}.damaged"]
    assert log.list() == []


def test_a_journal_cut_at_every_byte_gives_every_whole_line(git_repo: Path) -> None:
    log = opened(git_repo)
    run = log.start()
    log.log_params(run.id, {"a": "ü", "b": 2})
    log.log_metrics(run.id, [Metric("loss", 0.5, 0, 1)])
    path = log.repo.own_dir / "journals" / f"{run.id}.jsonl"
    data = path.read_bytes()
    first = data.index(b"\n") + 1
    for end in range(first, len(data) + 1, 7):
        os.truncate(path, 0)
        with open(path, "ab") as stream:
            stream.write(data[:end])
        found = copy_of(path)
        lines = data[:end].count(b"\n")
        assert (found.params, len(found.metrics)) == ({"a": "ü", "b": "2"} if lines > 1 else {}, int(lines > 2))


def copy_of(path: Path) -> Run:
    joined = journal.join(path)
    assert joined is not None
    try:
        return ActiveRun(joined).state().run()
    finally:
        joined.close()


def test_what_others_log_while_a_run_ends_is_neither_lost_nor_doubled(git_repo: Path) -> None:
    log = opened(git_repo)
    run = log.start()
    others = [started(str(git_repo), run.id, "60", f"worker {number}") for number in range(3)]
    for other in others:
        assert other.stdout is not None
        other.stdout.readline()
    time.sleep(0.02)
    log.end(run.id)
    assert [other.wait() for other in others] == [0, 0, 0]
    for other in others:
        other.communicate()
    found = sorted((metric.dataset_name or "", metric.step) for metric in log.metric_history(run.id, "loss"))
    assert found == sorted((f"worker {number}", step) for number in range(3) for step in range(60))
    assert log.get(run.id).status == "FINISHED"


def test_many_processes_end_runs_at_once(git_repo: Path) -> None:
    code = """
import sys
from gitmodels.git.repository import GitRepository
from gitmodels.runs.log import NewRun, RunLog
log = RunLog(GitRepository.open(sys.argv[1]))
for _ in range(5):
    print(log.end(log.start(NewRun(experiment="e")).id).id)
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(git_repo)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ids = {line for process in processes for line in process.communicate()[0].split()}
    log = opened(git_repo)
    assert len(ids) == 20
    assert {run.id for run in log.list("e")} == ids
