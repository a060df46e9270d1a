"""What cannot be recorded is refused when it is said: nothing said to a run may keep it from being committed."""

from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.entities import LoggedModelInput
from gitmodels.exceptions import MlflowException

ODD: list[tuple[str, Any]] = [
    ("a model id", lambda c, i: gitmodels.log_metric("a", 1, model_id="m-x")),
    ("a model id of a client", lambda c, i: c.log_metric(i, "a", 1, model_id=7)),
    ("a data set's name", lambda c, i: c.log_metric(i, "a", 1, dataset_name="a\nb")),
    ("a data set's digest", lambda c, i: c.log_metric(i, "a", 1, dataset_digest="x" * 1000)),
    ("a time", lambda c, i: c.log_metric(i, "a", 1, timestamp=-5)),
    ("an end", lambda c, i: c.set_terminated(i, end_time="x")),
    ("a late end", lambda c, i: c.set_terminated(i, end_time=2**63)),
    ("a start", lambda c, i: c.create_run("0", start_time="x")),
    ("an early start", lambda c, i: c.create_run("0", start_time=-1)),
    ("an input", lambda c, i: gitmodels.log_inputs(models=[object()])),
    ("an input's id", lambda c, i: gitmodels.log_inputs(models=[LoggedModelInput("nonsense")])),
    ("an output", lambda c, i: gitmodels.log_outputs([object()])),
    ("an output's id", lambda c, i: gitmodels.log_outputs([LoggedModelInput("nonsense")])),
    ("a client's input", lambda c, i: c.log_inputs(i, [object()])),
    ("a batch", lambda c, i: c.log_batch(i, params=[1])),
    ("a dictionary", lambda c, i: gitmodels.log_dict({(1, 2): 3}, "k.json")),
    ("a dictionary as YAML", lambda c, i: gitmodels.log_dict({(1, 2): 3}, "k.yml")),
    ("a path", lambda c, i: gitmodels.log_text("x", 5)),
    ("a stream", lambda c, i: gitmodels.log_stream(None, "x")),
    ("a link", lambda c, i: gitmodels.log_artifact("link")),
    ("a filter", lambda c, i: gitmodels.search_runs(filter_string=5)),
    ("an order", lambda c, i: gitmodels.search_runs(order_by=[5])),
    ("an experiment", lambda c, i: gitmodels.get_experiment_by_name(None)),
    ("a logged model", lambda c, i: gitmodels.get_logged_model(None)),
    ("a tagged model", lambda c, i: gitmodels.set_logged_model_tags(None, {})),
]


@pytest.mark.parametrize("call", [call for _, call in ODD], ids=[name for name, _ in ODD])
def test_what_is_odd_is_refused_and_the_run_goes_on(call: Any, here: Path) -> None:
    (here / "link").symlink_to("/etc/hostname")
    with gitmodels.start_run() as run:
        gitmodels.log_metric("kept", 1)
        with pytest.raises(MlflowException):
            call(gitmodels.MlflowClient(), run.info.run_id)
    found = gitmodels.get_run(run.info.run_id)
    assert (found.info.status, found.data.metrics) == ("FINISHED", {"kept": 1.0})
    assert list((here / ".git" / "gitmodels" / "journals").iterdir()) == []


def test_a_metric_of_a_model_nobody_logged_here_is_kept(here: Path) -> None:
    model_id = "m-" + "0" * 32
    with gitmodels.start_run() as run:
        gitmodels.log_metric("auc", 0.5, model_id=model_id)
    assert gitmodels.get_run(run.info.run_id).inputs.model_inputs == [LoggedModelInput(model_id)]
