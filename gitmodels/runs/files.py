"""The files of runs: run.yaml, metrics.yaml, artifacts.yaml, model.yaml, experiments and pointers. Values ↔ bytes.

This room knows what each file says, byte for byte (docs/format/runs.md); it knows no paths and no git. Equal values
give equal bytes: mappings are sorted, what is empty is left out.
"""

from collections.abc import Mapping
from typing import Any

from gitmodels import digest, yaml
from gitmodels.digest import Digest
from gitmodels.errors import InvalidRecord
from gitmodels.fields import Fields, format_time, present
from gitmodels.objects.manifest import Entry
from gitmodels.patterns import pattern
from gitmodels.runs.layout import FORMAT
from gitmodels.runs.records import (
    STATUSES,
    UNKNOWN_CODE,
    Code,
    DatasetUse,
    Experiment,
    LoggedModel,
    Metric,
    ModelLink,
    Run,
)
from gitmodels.values import frozen

MAX_RUN = 16 << 20
MAX_HISTORY = 256 << 20
# A value as repr writes it, or one of nan, inf, -inf.
_POINT = pattern(r"(-?\d+) (-?\d+) (-?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|inf)|nan)")


@frozen
class Pointer:
    """From a model's content to one run or logging that has to do with it: the names it has there (none: a metric)."""

    logging_id: str
    names: tuple[str, ...]
    time: int


def run_to_yaml(run: Run) -> bytes:
    """``run.yaml``."""
    head = {
        "format": FORMAT,
        "id": run.id,
        "name": run.name,
        "experiment": run.experiment,
        "status": run.status,
        "started": format_time(run.started),
    }
    times = {"ended": _time(run.ended), "updated": _time(run.updated), "user": run.user, "deleted": run.deleted}
    code = {"commit": run.code.commit, "branch": run.code.branch, "dirty": run.code.dirty}
    body = {
        "code": present(code),
        "params": _sorted(run.params),
        "tags": _sorted(run.tags),
        "metrics": [_metric(metric) for metric in sorted(run.metrics, key=lambda metric: metric.series)],
        "models": [_link(link) for link in run.models],
        "datasets": [dataset_to_plain(dataset) for dataset in run.datasets],
        "used": list(run.used),
    }
    return yaml.dump(head | present(times) | present(body) | dict(run.rest))


def run_from_yaml(data: bytes, what: str, artifacts: tuple[Entry, ...] = ()) -> Run:
    """The run in ``run.yaml``. Raises InvalidYaml, InvalidRecord or FormatTooNew."""
    get = Fields.parse(data, what, newest=FORMAT, limit=MAX_RUN)
    code = get.inner("code")
    run = Run(
        id=get.text("id"),
        name=get.text("name"),
        experiment=get.text("experiment"),
        status=get.text("status"),
        started=get.time("started"),
        ended=get.optional_time("ended"),
        updated=get.optional_time("updated") or 0,
        user=get.text("user", ""),
        deleted=get.flag("deleted"),
        code=Code(code.optional("commit"), code.optional("branch"), code.flag("dirty")) if code else Code(),
        params=get.texts("params"),
        tags=get.texts("tags"),
        metrics=tuple(_metric_of(item) for item in get.items("metrics")),
        models=tuple(
            ModelLink(item.text("name"), item.text("id"), item.time("time"), item.integer("step", 0))
            for item in get.items("models")
        ),
        artifacts=artifacts,
        datasets=tuple(dataset_from(item) for item in get.items("datasets")),
        used=get.strings("used"),
        rest=get.rest(),
    )
    if run.status not in STATUSES:
        raise get.wrong("status", "one of " + ", ".join(sorted(STATUSES)))
    return run


def history_to_yaml(series: Mapping[tuple[str, str, str, str], list[Metric]], since: int) -> bytes | None:
    """``metrics.yaml``: every series of more than one point; None when there is none.

    A point is a line ``<step> <milliseconds since the run started> <value>``, in the order of logging.
    """
    rows = [
        present({"key": key[0], "dataset": _dataset(points[0]), "model": points[0].model_id})
        | {"points": "\n".join(f"{point.step} {point.timestamp - since} {point.value!r}" for point in points)}
        for key, points in sorted(series.items())
        if len(points) > 1
    ]
    return yaml.dump({"format": FORMAT, "since": format_time(since), "series": rows}) if rows else None


def history_from_yaml(data: bytes, what: str) -> list[Metric]:
    """Every point in ``metrics.yaml``, series by series. Raises InvalidYaml, InvalidRecord or FormatTooNew."""
    get = Fields.parse(data, what, newest=FORMAT, limit=MAX_HISTORY)
    since = get.time("since")
    found: list[Metric] = []
    for item in get.items("series"):
        key, model = item.text("key"), item.optional("model")
        name, dataset = _dataset_of(item)
        for line in item.text("points").split("\n"):
            match = _POINT.fullmatch(line)
            if match is None:
                raise item.wrong("points", "lines of step, milliseconds and value")
            found.append(Metric(key, float(match[3]), int(match[1]), since + int(match[2]), name, dataset, model))
    return found


def model_to_yaml(model: LoggedModel) -> bytes:
    """``model.yaml``: one logging of a model."""
    head = {
        "format": FORMAT,
        "name": model.name,
        "id": model.model_id,
        "manifest": model.manifest,
        "time": format_time(model.time),
        "logging": model.logging_id,
    }
    body = {
        "run": model.run_id,
        "experiment": model.experiment,
        "step": model.step or None,
        "type": model.model_type,
        "code_execution": model.code_execution,
        "updated": _time(model.updated),
        "params": _sorted(model.params),
        "tags": _sorted(model.tags),
    }
    return yaml.dump(head | present(body) | dict(model.rest))


def model_from_yaml(data: bytes, what: str) -> LoggedModel:
    """The logging in ``model.yaml``. Raises InvalidYaml, InvalidRecord or FormatTooNew."""
    get = Fields.parse(data, what, newest=FORMAT)
    model = LoggedModel(
        name=get.text("name"),
        model_id=get.text("id"),
        manifest=digest.parse(get.text("manifest")),
        time=get.time("time"),
        logging_id=get.text("logging"),
        run_id=get.optional("run"),
        experiment=get.text("experiment"),
        step=get.integer("step", 0),
        model_type=get.optional("type"),
        code_execution=get.text("code_execution", UNKNOWN_CODE),
        updated=get.optional_time("updated") or 0,
        params=get.texts("params"),
        tags=get.texts("tags"),
        rest=get.rest(),
    )
    if model.model_id != digest.model_id(model.manifest):
        raise InvalidRecord(f"{what}: 'id' does not follow from 'manifest'")
    return model


def experiment_to_yaml(experiment: Experiment) -> bytes:
    """``experiments/<id>.yaml``."""
    head = {"format": FORMAT, "id": experiment.id, "name": experiment.name, "created": format_time(experiment.created)}
    body = {"updated": _time(experiment.updated), "deleted": experiment.deleted, "tags": _sorted(experiment.tags)}
    return yaml.dump(head | present(body) | dict(experiment.rest))


def experiment_from_yaml(data: bytes, what: str) -> Experiment:
    """The experiment in its file. Raises InvalidYaml, InvalidRecord or FormatTooNew."""
    get = Fields.parse(data, what, newest=FORMAT)
    stated = get.text("id")
    experiment = Experiment(
        name=get.text("name"),
        created=get.time("created"),
        updated=get.optional_time("updated") or 0,
        deleted=get.flag("deleted"),
        tags=get.texts("tags"),
        rest=get.rest(),
    )
    if experiment.id != stated:
        raise InvalidRecord(f"{what}: 'id' does not follow from 'name'")
    return experiment


def pointer_to_yaml(pointer: Pointer) -> bytes:
    """``models/<xx>/<model id>/<logging id>.yaml``."""
    head = {"format": FORMAT, "logging": pointer.logging_id, "time": format_time(pointer.time)}
    return yaml.dump(head | {"names": sorted(pointer.names)})


def pointer_from_yaml(data: bytes, what: str) -> Pointer:
    """The pointer in its file. Raises InvalidYaml, InvalidRecord or FormatTooNew."""
    get = Fields.parse(data, what, newest=FORMAT)
    return Pointer(get.text("logging"), get.strings("names"), get.time("time"))


def artifacts_to_yaml(artifacts: tuple[Entry, ...]) -> bytes:
    """``artifacts.yaml``: files that a run logged, sorted by the bytes of their paths."""
    rows = [entry_to_plain(entry) for entry in sorted(artifacts, key=lambda entry: entry.path.encode())]
    return yaml.dump({"format": FORMAT, "files": rows})


def artifacts_from_yaml(data: bytes, what: str) -> tuple[Entry, ...]:
    """The entries in ``artifacts.yaml``. Raises InvalidYaml, InvalidRecord, InvalidName or FormatTooNew."""
    get = Fields.parse(data, what, newest=FORMAT, limit=MAX_RUN)
    return tuple(entry_from(item) for item in get.items("files"))


def entry_to_plain(entry: Entry) -> dict[str, Any]:
    """An entry as plain values."""
    return {"path": entry.path, "size": entry.size, "blake3": entry.blake3} | present({"chunks": entry.chunks})


def entry_from(get: Fields) -> Entry:
    """The entry in a mapping. Raises InvalidRecord, InvalidName or Invalid."""
    chunks = get.optional("chunks")
    return Entry(
        get.text("path"), get.count("size"), Digest(get.text("blake3")), None if chunks is None else Digest(chunks)
    )


def dataset_to_plain(dataset: DatasetUse) -> dict[str, Any]:
    """The use of a data set as plain values."""
    head = {"name": dataset.name, "digest": dataset.digest}
    return head | present({"context": dataset.context, "tags": _sorted(dataset.tags)})


def dataset_from(get: Fields) -> DatasetUse:
    """The use of a data set in a mapping. Raises InvalidRecord."""
    return DatasetUse(get.text("name"), get.text("digest"), get.optional("context"), get.texts("tags"))


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "key": metric.key,
        "value": metric.value,
        "step": metric.step,
        "time": format_time(metric.timestamp),
    } | present(
        {
            "dataset": _dataset(metric),
            "model": metric.model_id,
            "points": metric.points if metric.points > 1 else None,
        }
    )


def _metric_of(get: Fields) -> Metric:
    name, dataset = _dataset_of(get)
    return Metric(
        key=get.text("key"),
        value=get.number("value"),
        step=get.integer("step"),
        timestamp=get.time("time"),
        dataset_name=name,
        dataset_digest=dataset,
        model_id=get.optional("model"),
        points=get.count("points", 1),
    )


def _dataset(metric: Metric) -> dict[str, Any]:
    return present({"name": metric.dataset_name, "digest": metric.dataset_digest})


def _dataset_of(get: Fields) -> tuple[str | None, str | None]:
    inner = get.inner("dataset")
    return (inner.optional("name"), inner.optional("digest")) if inner else (None, None)


def _link(link: ModelLink) -> dict[str, Any]:
    return {"name": link.name, "id": link.model_id, "time": format_time(link.time)} | present(
        {"step": link.step or None}
    )


def _time(milliseconds: int | None) -> str | None:
    return format_time(milliseconds) if milliseconds else None


def _sorted(values: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(values.items()))
