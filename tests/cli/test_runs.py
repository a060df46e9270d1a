"""``git models runs``: the list, one run, one metric, and what is said of a run that is not there."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gitmodels.repo import Repo
from gitmodels.runs.log import NewRun
from gitmodels.runs.records import Metric

Models = Any
Program = Any
# Line breaks and escapes are refused in names; what may stand in one, and all of a tag, must stay text.
HOSTILE = "x\x1b[31m\nred \u202edlrow \u200b"


def test_runs_lists_the_newest_first_with_the_metrics_that_most_have(trained: Path, models: Models) -> None:
    header, *rows = models("runs").out.splitlines()
    assert header.split() == ["NAME", "ID", "STATUS", "EXPERIMENT", "AUC", "F1", "MODELS", "STARTED"]
    assert [row.split()[0] for row in rows] == ["third", "second", "first"]
    assert rows[2].split()[2:7] == ["FINISHED", "churn", "0.91", "0.7", "model"]
    assert rows[0].split()[2:7] == ["RUNNING", "Default", "–", "–", "–"]


def test_runs_may_be_chosen_by_experiment_filter_and_number(trained: Path, models: Models) -> None:
    def names(*options: str) -> list[str]:
        return [run["name"] for run in models("runs", "--json", *options).json]

    assert names("--experiment", "churn") == ["second", "first"]
    assert names("--filter", "metrics.auc > 0.9") == ["first"]
    assert names("--filter", "params.depth = '4' AND attributes.status = 'FINISHED'") == ["first"]
    assert names("-n", "1") == ["third"]
    done = models("runs", "--filter", "metrics.auc > 2")
    assert (done.out, done.err) == ("", "no runs\n")


def test_one_run_is_told_whole(trained: Path, models: Models) -> None:
    text = models("runs", "first").out
    assert text.startswith("first  FINISHED\n")
    for words in (
        *("depth=4", "auc 0.91 (2 values) · f1 0.7", "people 9f3c training", "1 file, 3 B", "plots/roc.txt  3 B"),
        *("2025-11-24 16:00 by ana, took 1 min 30 s", "model  m-"),
    ):
        assert words in text
    found = models("runs", "first", "--json").json
    assert (found["points"], found["artifacts"][0]["path"]) == ({"auc": 2, "f1": 1}, "plots/roc.txt")
    for one in (found["run_id"], found["run_id"][:8], found["run_id"][:8].upper()):
        assert models("runs", one, "--json").json == found


def test_every_value_of_a_metric_is_told_in_order(trained: Path, models: Models) -> None:
    rows = [row.split()[:2] for row in models("runs", "first", "--metric", "auc").out.splitlines()]
    assert rows == [["STEP", "VALUE"], ["0", "0.8"], ["1", "0.91"]]
    assert [point["value"] for point in models("runs", "first", "--metric", "auc", "--json").json] == [0.8, 0.91]


def test_of_namesakes_the_newest_is_shown_and_that_is_said(trained: Path, models: Models) -> None:
    runs = Repo.open(trained).runs
    newest = runs.end(runs.start(NewRun(name="first")).id)
    done = models("runs", "first", "--json")
    assert done.json["run_id"] == newest.id
    assert done.err == f"2 runs are called first; this is the newest, {newest.id}\n"


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("runs frist", 3, "did you mean first?"),
        ("runs zzz", 3, "git models runs lists them"),
        ("runs 00000000000000000000000000000000", 3, "not found"),
        ("runs first --metric acu", 3, "did you mean auc?"),
        ("runs first --metric zzz", 3, "it has auc, f1"),
        ("runs --experiment chrun", 3, "did you mean churn?"),
        ("runs --experiment zzz", 3, "there are Default, churn"),
        ("runs --filter metrics.auc", 4, "expected an operator"),
        ("runs --filter nonsense=1", 4, "Valid keys are"),
        ("runs --metric auc", 2, "--metric is for one run"),
        ("runs first -n 1", 2, "are for the list"),
        ("runs -n 0", 2, "-n"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_the_way_out(
    line: str, code: int, words: str, trained: Path, models: Models
) -> None:
    done = models(*line.split(), code=code)
    assert words in done.err
    assert done.out == ""
    assert len(done.err.splitlines()) <= 2


def test_where_nothing_was_logged_that_is_said(here: Path, models: Models) -> None:
    assert models("runs").err == "no runs\n"
    assert models("runs", "--json").json == []
    assert "nothing was logged here yet" in models("runs", "first", code=3).err


def test_what_a_killed_training_left_is_listed_as_failed(here: Path, models: Models) -> None:
    program = (
        "import gitmodels, os, signal\ngitmodels.start_run(run_name='left')\ngitmodels.log_metric('auc', 0.5)\n"
        f"os.kill(os.getpid(), {int(signal.SIGKILL)})\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=here, check=False, capture_output=True)
    (run,) = models("runs", "--json").json
    assert (run["name"], run["status"], run["metrics"]) == ("left", "FAILED", {"auc": 0.5})
    assert list((here / ".git/gitmodels/journals").glob("*.log")) == []


@pytest.mark.parametrize("line", ["runs", "runs odd", "runs odd --json", "runs odd --metric m"])
def test_101_hostile_texts_of_runs_stay_text(line: str, here: Path, models: Models, program: Program) -> None:
    runs = Repo.open(here).runs
    run = runs.start(NewRun(name="odd", user=HOSTILE, tags={"note": HOSTILE}))
    runs.log_params(run.id, {"p": HOSTILE})
    runs.log_metrics(run.id, [Metric("m", float("nan"))])
    runs.end(run.id)
    done = models(*line.split())
    assert not any(sign in done.out + done.err for sign in "\x1b\u202e\u200b")
    plain = program(*line.split(), LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii")
    assert (plain.returncode, plain.stdout.isascii()) == (0, True)
