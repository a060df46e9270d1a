"""Runs that a killed process left: reading finds them ended, and another user's journals stop nobody."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import gitmodels
from gitmodels.api import context
from gitmodels.runs import journal

KILLED = """
import os, signal, gitmodels
run = gitmodels.start_run()
gitmodels.log_metric("loss", 0.5)
gitmodels.log_text("x", "notes.txt")
gitmodels.log_metric("loss", 0.25, step=1)
print(run.info.run_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def left(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a run whose process was killed."""
    monkeypatch.chdir(git_repo)
    monkeypatch.setattr(context, "_chosen", None)
    monkeypatch.setattr(context, "_opened", {})
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("way", ["get_run", "search", "client"])
def test_whoever_reads_next_finds_it_failed_with_all_it_logged(way: str, left: str) -> None:
    if way == "get_run":
        run = gitmodels.get_run(left)
    elif way == "client":
        run = gitmodels.MlflowClient().get_run(left)
    else:
        (run,) = gitmodels.search_runs(filter_string="status = 'FAILED'", output_format="list")
    assert (run.info.run_id, run.info.status, run.data.metrics) == (left, "FAILED", {"loss": 0.25})
    assert run.info.end_time is not None
    assert gitmodels.artifacts.load_text(f"runs:/{left}/notes.txt") == "x"
    assert len(gitmodels.MlflowClient().get_metric_history(left, "loss")) == 2


def test_the_journal_of_another_user_stops_nobody(left: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refused(path: object, flags: int, *rest: object, **more: object) -> int:
        if str(path).endswith(journal.SUFFIX):
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refused)
    assert gitmodels.search_runs(output_format="list") == []
    with pytest.raises(gitmodels.exceptions.MlflowException) as missing:
        gitmodels.get_run(left)
    assert missing.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    monkeypatch.undo()
