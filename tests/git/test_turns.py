"""Whose turn it is: one at a time, in vain for nobody."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gitmodels.git import turns

HOLD = """
import sys, time
from pathlib import Path
from gitmodels.git.turns import turn
with turn(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def _holder(path: Path, seconds: float) -> "subprocess.Popen[str]":
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path), str(seconds)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_one_has_the_turn_at_a_time(tmp_path: Path) -> None:
    inside, most = [0], [0]

    def work() -> None:
        for _ in range(3):
            with turns.turn(tmp_path / "new" / "lock"):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.01)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == ([0], [1])


def test_a_holder_that_goes_on_is_waited_for_longer_than_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 3.0)
    holder = _holder(tmp_path / "lock", 4.5)
    with holder, turns.turn(tmp_path / "lock"):
        assert holder.wait(30) == 0


def test_a_holder_that_was_paused_is_passed_by_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.5)
    with _holder(tmp_path / "lock", 3600) as holder:
        os.kill(holder.pid, signal.SIGSTOP)
        with turns.turn(tmp_path / "lock"):
            assert holder.poll() is None
        with turns.turn(tmp_path / "lock"):
            pass
        os.kill(holder.pid, signal.SIGKILL)


def test_a_holder_that_died_holds_nothing(tmp_path: Path) -> None:
    with _holder(tmp_path / "lock", 3600) as holder:
        holder.kill()
        holder.wait()
        with turns.turn(tmp_path / "lock"):
            pass
