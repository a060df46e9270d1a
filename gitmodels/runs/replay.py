"""Facts → run: the state that the lines of a journal (or changes to an ended run) lead to.

This room understands facts; it reads no files and knows no git. A fact that makes no sense is left out and logged:
one bad line must not cost the run.
"""

import base64
import logging
from collections.abc import Callable, Iterable
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.fields import Fields
from gitmodels.objects.manifest import Entry
from gitmodels.runs import files, layout
from gitmodels.runs.journal import Fact
from gitmodels.runs.layout import FORMAT
from gitmodels.runs.records import Code, LoggedModel, Metric, ModelLink, Run
from gitmodels.values import replace

_logger = logging.getLogger(__name__)
Logging = tuple[str, str]


class RunState:
    """A run while facts are added to it.

    ``run`` gives the value; ``series`` every point of every metric; ``logged`` and ``readable`` the models that the
    facts brought, by name and model id, and their files.
    """

    def __init__(self, run: Run, history: Iterable[Metric] = ()) -> None:
        """Start from ``run`` and all points of those series that have more than one."""
        self._run = run
        self.params = dict(run.params)
        self.tags = dict(run.tags)
        self.series: dict[tuple[str, str, str, str], list[Metric]] = {}
        for point in history:
            self.series.setdefault(point.series, []).append(point)
        for metric in run.metrics:
            self.series.setdefault(metric.series, [replace(metric, points=1)])
        self.links: dict[Logging, ModelLink] = {(link.name, link.model_id): link for link in run.models}
        self.logged: dict[Logging, LoggedModel] = {}
        self.readable: dict[Logging, dict[str, bytes]] = {}
        self.artifacts: dict[str, Entry] = {entry.path: entry for entry in run.artifacts}
        self.datasets = {(use.name, use.digest, use.context): use for use in run.datasets}
        self.used = set(run.used)
        self.announced = ""

    @classmethod
    def first(cls, fact: Fact) -> "RunState":
        """The state that the first fact of a journal gives. Raises Invalid when it is none."""
        try:
            kind, number, body = fact
            get = Fields(body, "a journal's first line")
            if kind not in ("run", "resume") or not isinstance(number, int) or number > FORMAT:
                raise ValueError(kind)
            return cls(*_resumed(get)) if kind == "resume" else cls(_begun(get))
        except (ValueError, TypeError) as error:
            raise Invalid("not the journal of a run, or one of a newer gitmodels") from error

    @property
    def ended(self) -> bool:
        """Whether an end was told."""
        return self._run.ended is not None

    def run(self) -> Run:
        """The run as it stands."""
        return replace(
            self._run,
            params=dict(sorted(self.params.items())),
            tags=dict(sorted(self.tags.items())),
            metrics=tuple(_latest(points) for _, points in sorted(self.series.items())),
            models=tuple(sorted(self.links.values(), key=lambda link: (link.time, link.name, link.model_id))),
            artifacts=tuple(sorted(self.artifacts.values(), key=lambda entry: entry.path.encode())),
            datasets=tuple(sorted(self.datasets.values(), key=lambda use: (use.name, use.digest, use.context or ""))),
            used=tuple(sorted(self.used)),
        )

    def stamp(self, updated_ms: int) -> Run:
        """The run, marked as changed at ``updated_ms``: never before the copy it started from."""
        self._run = replace(self._run, updated=max(updated_ms, self._run.updated + 1))
        return self.run()

    def apply(self, fact: Fact) -> None:
        """Add one fact; one that makes no sense is left out."""
        change = _CHANGES.get(fact[0])
        self.announced = ""  # an announcement holds for what stands before it
        try:
            if change is None:
                raise ValueError(fact[0])
            change(self, *fact[1:])
        except (ValueError, TypeError, KeyError, AttributeError):
            _logger.warning("a fact of run %s that cannot be read is left out (%.20r)", self._run.id, fact[0])

    def _params(self, values: dict[str, str]) -> None:
        for key, value in values.items():
            self.params.setdefault(str(key), str(value))

    def _tags(self, values: dict[str, str]) -> None:
        self.tags.update({str(key): str(value) for key, value in values.items()})

    def _tag_deleted(self, key: str) -> None:
        self.tags.pop(key, None)

    def _metrics(self, rows: list[list[Any]]) -> None:
        for row in rows:
            key, value, step, timestamp, *rest = row
            metric = Metric(str(key), float(value), int(step), int(timestamp), *rest)
            if metric.model_id:
                layout.check_model_id(metric.model_id)
            self.series.setdefault(metric.series, []).append(metric)

    def _metrics_of_model(self, model_id: str, keys: list[str]) -> None:
        layout.check_model_id(model_id)
        for series in [one for one in self.series if one[0] in keys and not one[3]]:
            for point in self.series.pop(series):
                known = replace(point, model_id=model_id)
                self.series.setdefault(known.series, []).append(known)

    def _renamed(self, name: str) -> None:
        self._run = replace(self._run, name=str(name))

    def _deleted(self, gone: bool) -> None:
        self._run = replace(self._run, deleted=bool(gone))

    def _model(self, record: str, texts: dict[str, str], binary: dict[str, str]) -> None:
        logged = files.model_from_yaml(record.encode(), "a journal's model")
        key = (logged.name, logged.model_id)
        self.readable[key] = {path: text.encode() for path, text in texts.items()}
        self.readable[key] |= {path: base64.b64decode(text) for path, text in binary.items()}
        self.logged[key] = logged
        self.links[key] = logged.link

    def _model_tags(self, name: str, model_id: str, values: dict[str, str | None]) -> None:
        logged = self.logged[(name, model_id)]
        self.logged[(name, model_id)] = retagged(logged, values)

    def _model_params(self, name: str, model_id: str, values: dict[str, str]) -> None:
        logged = self.logged[(name, model_id)]
        self.logged[(name, model_id)] = reparametrised(logged, values)

    def _artifacts(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            entry = files.entry_from(Fields(row, "a journal's artifact"))
            self.artifacts[entry.path] = entry

    def _inputs(self, datasets: list[dict[str, Any]], models: list[str]) -> None:
        for row in datasets:
            use = files.dataset_from(Fields(row, "a journal's data set"))
            known = self.datasets.get((use.name, use.digest, use.context))
            merged = {**known.tags, **use.tags} if known is not None else use.tags
            self.datasets[(use.name, use.digest, use.context)] = replace(use, tags=merged)
        # A metric tells only that a data set was read; who says what for knows more.
        told = {key[:2] for key in self.datasets if key[2] is not None}
        for key, use in list(self.datasets.items()):
            if key[2] is None and not use.tags and key[:2] in told:
                del self.datasets[key]
        self.used.update(layout.check_model_id(str(model)) for model in models)

    def _ended(self, status: str, when_ms: int) -> None:
        self._run = replace(self._run, status=str(status), ended=int(when_ms))

    def _committing(self, digest: str) -> None:
        self.announced = str(digest)


def retagged(logged: LoggedModel, values: dict[str, str | None]) -> LoggedModel:
    """``logged`` with tags set, and those with None taken away."""
    merged = {**logged.tags, **values}
    return replace(logged, tags={key: value for key, value in sorted(merged.items()) if value is not None})


def reparametrised(logged: LoggedModel, values: dict[str, str]) -> LoggedModel:
    """``logged`` with params added; one that is there keeps its value."""
    merged = {**{str(key): str(value) for key, value in values.items()}, **logged.params}
    return replace(logged, params=dict(sorted(merged.items())))


_CHANGES: dict[str, Callable[..., None]] = {
    "p": RunState._params,
    "t": RunState._tags,
    "td": RunState._tag_deleted,
    "m": RunState._metrics,
    "mm": RunState._metrics_of_model,
    "n": RunState._renamed,
    "x": RunState._deleted,
    "l": RunState._model,
    "lt": RunState._model_tags,
    "lp": RunState._model_params,
    "a": RunState._artifacts,
    "d": RunState._inputs,
    "end": RunState._ended,
    "c": RunState._committing,
}


def _latest(points: list[Metric]) -> Metric:
    best = points[0]
    for point in points[1:]:
        if point.order >= best.order:
            best = point
    return replace(best, points=len(points))


def _begun(get: Fields) -> Run:
    code = get.inner("code")
    return Run(
        id=get.text("id"),
        name=get.text("name"),
        experiment=get.text("experiment"),
        user=get.text("user"),
        started=get.integer("started"),
        code=Code(code.optional("commit"), code.optional("branch"), code.flag("dirty")) if code else Code(),
        tags=get.texts("tags"),
    )


def _resumed(get: Fields) -> tuple[Run, list[Metric]]:
    artifacts = tuple(files.entry_from(item) for item in get.items("artifacts"))
    run = files.run_from_yaml(get.text("run").encode(), "a continued run", artifacts)
    history = get.text("metrics", "")
    points = files.history_from_yaml(history.encode(), "a continued run's metrics") if history else []
    return replace(run, status="RUNNING", ended=None), points
