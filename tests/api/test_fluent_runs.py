"""Runs as a script sees them: start, log, end, look back."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import gitmodels
from gitmodels.errors import Invalid, RunNotFound


def test_a_run_is_finished_by_its_block(here: Path) -> None:
    with gitmodels.start_run(run_name="first", tags={"team": "risk"}, description="why") as run:
        assert gitmodels.log_param("depth", 4) == 4
        gitmodels.log_metric("loss", 2.0, step=0)
        gitmodels.log_metrics({"loss": 1.0}, step=1)
        gitmodels.set_tag("k", 1)
        gitmodels.set_tags({"gone": "x"})
        gitmodels.delete_tag("gone")
        active = gitmodels.active_run()
        assert active is not None
        assert active.info.run_id == run.info.run_id
        assert (active.info.status, run.info.run_name) == ("RUNNING", "first")
    found = gitmodels.get_run(run.info.run_id)
    assert (found.info.status, found.data.params, found.data.metrics) == ("FINISHED", {"depth": "4"}, {"loss": 1.0})
    assert found.info.end_time is not None
    assert found.data.tags["team"] == "risk"
    assert found.data.tags["mlflow.note.content"] == "why"
    assert "gone" not in found.data.tags
    last = gitmodels.last_active_run()
    assert last is not None
    assert last.info.run_id == run.info.run_id
    assert gitmodels.active_run() is None


def test_a_block_that_raises_fails_the_run_and_raises_on(here: Path) -> None:
    seen = []

    def train() -> None:
        with gitmodels.start_run() as run:
            seen.append(run.info.run_id)
            gitmodels.log_metric("before", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    found = gitmodels.get_run(seen[0])
    assert (found.info.status, found.data.metrics) == ("FAILED", {"before": 1.0})


def test_logging_starts_a_run(here: Path) -> None:
    gitmodels.log_param("a", 1)
    run = gitmodels.active_run()
    assert run is not None
    gitmodels.end_run()
    assert gitmodels.get_run(run.info.run_id).data.params == {"a": "1"}
    gitmodels.end_run()


def test_a_second_run_needs_nested_and_knows_its_parent(here: Path) -> None:
    with gitmodels.start_run() as outer:
        with pytest.raises(Invalid, match=r"already active.*nested=True"):
            gitmodels.start_run()
        with gitmodels.start_run(nested=True) as inner:
            gitmodels.log_metric("x", 1)
        gitmodels.log_metric("y", 1)
    found = gitmodels.get_run(inner.info.run_id)
    assert found.data.tags["mlflow.parentRunId"] == outer.info.run_id
    assert (found.data.metrics, gitmodels.get_run(outer.info.run_id).data.metrics) == ({"x": 1.0}, {"y": 1.0})


def test_a_run_is_taken_up_again(here: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_metric("x", 1)
    with gitmodels.start_run(run_id=run.info.run_id, tags={"again": "yes"}):
        gitmodels.log_metric("y", 2)
    found = gitmodels.get_run(run.info.run_id)
    assert (found.data.metrics, found.data.tags["again"]) == ({"x": 1.0, "y": 2.0}, "yes")
    with pytest.raises(RunNotFound):
        gitmodels.start_run(run_id="0" * 32)
    assert gitmodels.active_run() is None


def test_a_param_keeps_its_value(here: Path) -> None:
    with gitmodels.start_run():
        gitmodels.log_param("a", 1)
        gitmodels.log_param("a", 1)
        with pytest.raises(Invalid) as caught:
            gitmodels.log_param("a", 2)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("value", ["x", None, [1]])
def test_a_metric_is_a_number(value: object, here: Path) -> None:
    with gitmodels.start_run(), pytest.raises(Invalid):
        gitmodels.log_metric("m", value)  # type: ignore[arg-type]


def test_an_experiment_is_made_and_kept(here: Path) -> None:
    experiment = gitmodels.set_experiment("fraud")
    with gitmodels.start_run() as run:
        pass
    assert run.info.experiment_id == experiment.experiment_id
    assert gitmodels.set_experiment(experiment_id=experiment.experiment_id).name == "fraud"
    with pytest.raises(Invalid, match="exactly one of"):
        gitmodels.set_experiment()


def test_each_thread_has_a_run_of_its_own(here: Path) -> None:
    found: list[str] = []

    def work(number: int) -> None:
        with gitmodels.start_run() as run:
            gitmodels.log_metric("n", number)
            found.append(run.info.run_id)

    with gitmodels.start_run() as mine:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    values = sorted(gitmodels.get_run(run_id).data.metrics["n"] for run_id in found)
    assert values == [0.0, 1.0, 2.0, 3.0]
    assert gitmodels.get_run(mine.info.run_id).data.metrics == {}


@pytest.mark.parametrize(
    ("ending", "status"),
    [("pass", "FINISHED"), ("import os; os.kill(os.getpid(), 9)", "FAILED")],
    ids=["the process ends", "the process is killed"],
)
def test_what_a_process_logged_is_kept_however_it_ends(ending: str, status: str, here: Path) -> None:
    program = (
        "import gitmodels\nrun = gitmodels.start_run()\ngitmodels.log_metric('auc', 0.5)\n"
        f"print(run.info.run_id, flush=True)\n{ending}\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=here, capture_output=True, text=True, check=False)
    with gitmodels.start_run():
        pass
    found = gitmodels.get_run(done.stdout.strip())
    assert (found.info.status, found.data.metrics) == (status, {"auc": 0.5})


def test_a_run_as_dictionaries(here: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_metric("auc", 0.5)
    told = gitmodels.get_run(run.info.run_id).to_dictionary()
    assert told["data"]["metrics"] == {"auc": 0.5}
    assert told["info"]["run_id"] == run.info.run_id
    assert told["outputs"] == {"model_outputs": []}
