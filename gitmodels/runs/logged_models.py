"""The models that were logged: by runs and without one, found by run and name or by content.

This room records and finds loggings. The bytes of a model are in the object store, which it does not know.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitmodels import digest
from gitmodels.errors import Invalid, ModelNotFound, NotFound, RunNotFound
from gitmodels.names import check_file_path
from gitmodels.objects.manifest import Manifest
from gitmodels.runs import checks, facts, layout
from gitmodels.runs.ledger import Ledger
from gitmodels.runs.records import DEFAULT_EXPERIMENT, UNKNOWN_CODE, LoggedModel, Metric, Run
from gitmodels.runs.replay import reparametrised, retagged
from gitmodels.values import field, frozen, replace

_SHOWN = 8


@frozen
class ModelDetails:
    """What is said of a logged model beside its content; ``experiment`` counts only where there is no run."""

    step: int = 0
    model_type: str | None = None
    code_execution: str = UNKNOWN_CODE
    params: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, Any] = field(default_factory=dict)
    experiment: str = DEFAULT_EXPERIMENT


_NO_DETAILS = ModelDetails()


class LoggedModels:
    """The loggings of one repository, of all clones."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def log(
        self,
        run_id: str | None,
        name: str,
        manifest: Manifest,
        readable: Mapping[str, bytes],
        details: ModelDetails = _NO_DETAILS,
    ) -> LoggedModel:
        """That a model was logged under ``name``, by a run or (None) by none; its objects are stored already.

        ``readable`` are the small files that are kept readable in git (``MLmodel``, ``requirements.txt``, …).
        Raises Invalid for a bad name or path, RunNotFound.
        """
        for path in readable:
            if check_file_path(path) in layout.OWN_MODEL_FILES:
                raise Invalid(f"a readable file cannot be named {path}: that is our own", hint="leave it out")
        experiment = details.experiment if run_id is None else self._ledger.get(run_id).experiment
        now = self._ledger.writer.clock()
        logged = LoggedModel(
            name=checks.check_model_name(name),
            model_id=digest.model_id(manifest.digest),
            manifest=manifest.digest,
            time=now,
            updated=now,
            logging_id=run_id or os.urandom(16).hex(),
            run_id=run_id,
            experiment=checks.check_name(experiment, "experiment"),
            step=details.step,
            model_type=details.model_type,
            code_execution=details.code_execution,
            params=checks.check_params(details.params),
            tags=checks.check_tags(details.tags),
        )
        contents = {**readable, layout.MANIFEST: manifest.to_yaml()}
        if run_id is None:
            self._ledger.writer.commit_logged(logged, contents)
        else:
            # The objects are durable, so is what names them.
            self._ledger.say(run_id, facts.model(logged, contents), sync=True)
        return logged

    def of_run(self, run_id: str, name: str) -> LoggedModel:
        """What ``runs:/<run id>/<name>`` means: the latest logging under that name. Raises ModelNotFound."""
        state = self._ledger.active.peek(layout.check_run_id(run_id))
        fresh = [logged for logged in state.logged.values() if logged.name == name] if state is not None else []
        found = [*self._ledger.history.logged(run_id, name), *fresh]
        if not found:
            raise ModelNotFound(f"run {run_id} has no model named {name[:80]!r}", hint=self._logged_by(run_id))
        return max(found, key=lambda logged: logged.time)

    def find(self, model_id: str) -> list[LoggedModel]:
        """Every logging of a content, the latest last; empty when there is none. Raises Invalid for a malformed id."""
        history = self._ledger.history
        found = {
            (logged.logging_id, logged.name): logged
            for pointer in history.pointers(model_id)
            for name in pointer.names
            for logged in history.logged(pointer.logging_id, name, model_id)
        }
        for logged, _ in self._ledger.active.logged():
            if logged.model_id == model_id:
                found[(logged.logging_id, logged.name)] = logged
        return sorted(found.values(), key=lambda logged: (logged.time, logged.logging_id, logged.name))

    def metrics(self, model_id: str) -> list[tuple[str, Metric]]:
        """The latest value of every series that any run measured for a content, each with the run's id.

        What a run measured for no model counts for those that it logged at the same step, as in MLflow.
        """
        history, active = self._ledger.history, self._ledger.active
        runs = {run.id: run for run in active.runs()}
        for pointer in history.pointers(model_id):
            found = None if pointer.logging_id in runs else history.locate(pointer.logging_id)
            if found is not None:
                runs[pointer.logging_id] = found[0]
        return [(run_id, metric) for run_id, run in sorted(runs.items()) for metric in self.measured(run, model_id)]

    def measured(self, run: Run, model_id: str) -> Iterable[Metric]:
        """What ``run`` measured for a content: the latest value of each series, as ``metrics`` says."""
        steps = {link.step for link in run.models if link.model_id == model_id}
        series: Mapping[tuple[str, str, str, str], list[Metric]] = {}
        if steps and any(metric.points > 1 and metric.model_id is None for metric in run.metrics):
            series = self._ledger.state(run.id).series
        for metric in run.metrics:
            if metric.model_id == model_id:
                yield metric
            elif steps and metric.model_id is None:
                points = [one for one in series.get(metric.series, [metric]) if one.step in steps]
                if points:
                    yield replace(max(points, key=lambda one: one.order), model_id=model_id, points=1)

    def file(self, logged: LoggedModel, path: str = layout.MANIFEST) -> bytes | None:
        """A readable file of a logging, by default its manifest; None when it has no such file."""
        state = self._ledger.active.peek(logged.logging_id)
        readable = state.readable.get((logged.name, logged.model_id)) if state is not None else None
        return readable.get(path) if readable is not None else self._ledger.history.file(logged, path)

    def files(self, logged: LoggedModel) -> dict[str, bytes]:
        """All readable files of a logging by path, its manifest among them."""
        state = self._ledger.active.peek(logged.logging_id)
        readable = state.readable.get((logged.name, logged.model_id)) if state is not None else None
        return dict(readable) if readable is not None else self._ledger.history.files(logged)

    def set_tags(self, model_id: str, tags: Mapping[str, Any], *, delete: Sequence[str] = ()) -> LoggedModel:
        """Set and delete tags of the latest logging of a content. Raises ModelNotFound, Invalid."""
        latest = self._latest(model_id)
        absent = [key for key in delete if key not in latest.tags]
        if absent:
            raise NotFound(f"No tag with key {absent[0][:80]!r} found for logged model with ID {model_id!r}.")
        values: dict[str, str | None] = {**checks.check_tags(tags), **dict.fromkeys(delete)}
        state = self._ledger.active.peek(latest.logging_id)
        if state is not None and (latest.name, model_id) in state.logged:
            self._ledger.say(latest.logging_id, facts.model_tags(latest.name, model_id, values))
            return retagged(latest, values)
        return self._commit(retagged(latest, values))

    def log_params(self, model_id: str, params: Mapping[str, Any]) -> LoggedModel:
        """Add params to the latest logging of a content; one that is there keeps its value.

        Raises ModelNotFound; Invalid for another value of a param that is there.
        """
        latest = self._latest(model_id)
        checked = checks.check_params(params)
        for key, value in checked.items():
            if latest.params.get(key, value) != value:
                raise Invalid(f"Changing param values is not allowed: {key!r} of {model_id} has another value")
        changed = reparametrised(latest, checked)
        state = self._ledger.active.peek(latest.logging_id)
        if state is not None and (latest.name, model_id) in state.logged:
            self._ledger.say(latest.logging_id, facts.model_params(latest.name, model_id, checked))
            return changed
        return self._commit(changed)

    def _logged_by(self, run_id: str) -> str:
        """What a run did log, for who asked for something else."""
        try:
            names = list(dict.fromkeys(link.name for link in self._ledger.get(run_id).models))
        except RunNotFound:
            return "there is no such run here: git models runs lists them"
        return f"it logged {', '.join(names[:_SHOWN])}" if names else "it logged no model"

    def _latest(self, model_id: str) -> LoggedModel:
        loggings = self.find(model_id)
        if not loggings:
            raise ModelNotFound(f"Logged model with ID '{model_id}' not found.", model_id=model_id)
        return loggings[-1]

    def _commit(self, logged: LoggedModel) -> LoggedModel:
        changed = replace(logged, updated=max(self._ledger.writer.clock(), logged.updated + 1))
        self._ledger.writer.commit_logged(changed, {})
        return changed

    def all(self) -> Iterable[LoggedModel]:
        """Every logging, committed or in a journal: what keeps objects alive."""
        yield from self._ledger.history.all_logged()
        yield from (logged for logged, _ in self._ledger.active.logged())
