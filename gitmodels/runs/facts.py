"""What can be said about a run, as the lines of its journal: one function for each kind of fact.

    ["run", 1, {id, name, experiment, user, started, code, tags}]      the first line of a new run
    ["resume", 1, {run, metrics, artifacts}]                           the first line of a continued one: its files
    ["p", {key: value}]                                                params
    ["m", [[key, value, step, time(, data set, digest, model)], …]]    metrics; NaN and infinities as strings
    ["mm", model id, [key, …]]                                         what was measured for no model is this one's
    ["t", {key: value}]   ["td", key]                                  tags set, a tag deleted
    ["n", name]   ["x", deleted]                                       renamed; deleted or restored
    ["l", {model record}, {path: text}, {path: base64}]                a model logged, with its readable files
    ["lt", name, model id, {key: value or null}]                       tags of a logged model
    ["lp", name, model id, {key: value}]                               params of a logged model
    ["a", [{path, size, blake3(, chunks)}, …]]                         artifacts
    ["d", [{name, digest(, context, tags)}, …], [model id, …]]         data sets and models that the run read
    ["end", status, time]                                              the run ended
    ["c", digest]                                                      a run.yaml of this BLAKE3 is being committed

This room writes facts; ``replay`` understands them.
"""

import base64
import math
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring

from gitmodels.fields import present
from gitmodels.objects.manifest import Entry
from gitmodels.runs import files
from gitmodels.runs.journal import Fact
from gitmodels.runs.layout import FORMAT
from gitmodels.runs.records import DatasetUse, LoggedModel, Metric, Run

_NONFINITE = {"inf": '"inf"', "-inf": '"-inf"', "nan": '"nan"'}


def begun(run: Run) -> Fact:
    """A new run."""
    code = present({"commit": run.code.commit, "branch": run.code.branch, "dirty": run.code.dirty})
    head = {"id": run.id, "name": run.name, "experiment": run.experiment, "user": run.user, "started": run.started}
    return ["run", FORMAT, head | present({"code": code, "tags": dict(run.tags)})]


def resumed(run: Run, history: bytes | None) -> Fact:
    """A run that ended and goes on: everything known of it, so that the journal stands on its own."""
    parts = {"run": files.run_to_yaml(run).decode(), "metrics": (history or b"").decode()}
    artifacts = [files.entry_to_plain(entry) for entry in run.artifacts]
    return ["resume", FORMAT, present({**parts, "artifacts": artifacts})]


def params(values: Mapping[str, str]) -> Fact:
    """Params."""
    return ["p", dict(values)]


def tags(values: Mapping[str, str]) -> Fact:
    """Tags."""
    return ["t", dict(values)]


def tag_deleted(key: str) -> Fact:
    """A tag that goes."""
    return ["td", key]


def renamed(name: str) -> Fact:
    """Another name."""
    return ["n", name]


def deleted(gone: bool) -> Fact:
    """Deleted (True) or restored."""
    return ["x", gone]


def metrics(values: Iterable[Metric]) -> Fact:
    """Metrics."""
    return ["m", [_row(metric) for metric in values]]


def metrics_line(values: Iterable[Metric]) -> str:
    """The JSON of ``metrics(values)``, written by hand: this is what a training loop waits for.

    >>> metrics_line([Metric("loss", 0.5, 3, 1000)])
    '["m",[["loss",0.5,3,1000]]]'
    """
    rows = []
    for metric in values:
        value = repr(metric.value)
        row = f"{encode_basestring(metric.key)},{_NONFINITE.get(value, value)},{metric.step},{metric.timestamp}"
        if metric.dataset_name or metric.dataset_digest or metric.model_id:
            rest = (metric.dataset_name, metric.dataset_digest, metric.model_id)
            row += "".join("," + (encode_basestring(text) if text else "null") for text in rest)
        rows.append(f"[{row}]")
    return f'["m",[{",".join(rows)}]]'


def metrics_of_model(model_id: str, keys: Iterable[str]) -> Fact:
    """Which model metrics that were told of none were measured for."""
    return ["mm", model_id, sorted(keys)]


def model(logged: LoggedModel, readable: Mapping[str, bytes]) -> Fact:
    """A model that was logged, with its manifest and readable files."""
    texts: dict[str, str] = {}
    binary: dict[str, str] = {}
    for path, data in readable.items():
        try:
            texts[path] = data.decode()
        except UnicodeDecodeError:
            binary[path] = base64.b64encode(data).decode()
    return ["l", files.model_to_yaml(logged).decode(), texts, binary]


def model_tags(name: str, model_id: str, values: Mapping[str, str | None]) -> Fact:
    """Tags of a logged model; None takes one away."""
    return ["lt", name, model_id, dict(values)]


def model_params(name: str, model_id: str, values: Mapping[str, str]) -> Fact:
    """Params of a logged model."""
    return ["lp", name, model_id, dict(values)]


def artifacts(entries: Iterable[Entry]) -> Fact:
    """Files that the run logged."""
    return ["a", [files.entry_to_plain(entry) for entry in entries]]


def inputs(datasets: Iterable[DatasetUse], models: Iterable[str]) -> Fact:
    """What the run read."""
    return ["d", [files.dataset_to_plain(dataset) for dataset in datasets], list(models)]


def ended(status: str, when_ms: int) -> Fact:
    """The end."""
    return ["end", status, when_ms]


def committing(digest: str) -> Fact:
    """What is about to be committed, so that a recovery knows whether it was."""
    return ["c", digest]


def _row(metric: Metric) -> list[object]:
    value: object = metric.value if math.isfinite(metric.value) else repr(metric.value)
    row: list[object] = [metric.key, value, metric.step, metric.timestamp]
    rest = [metric.dataset_name, metric.dataset_digest, metric.model_id]
    return row + rest if any(rest) else row
