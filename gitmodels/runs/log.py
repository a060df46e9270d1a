"""The log of training runs: start, log, end, look up. What goes on lives in journals, what ended in one commit.

This room is the door of ``runs/``: it checks what is said and passes it on. It knows no registry and prints nothing;
who opens it calls ``recover`` before the first command that reads or writes runs.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gitmodels.errors import Invalid, NotFound
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.mlmodel.redaction import is_secret
from gitmodels.objects.manifest import Entry, check_together
from gitmodels.runs import checks, facts, files, layout
from gitmodels.runs.experiments import Experiments
from gitmodels.runs.ledger import Ledger
from gitmodels.runs.logged_models import LoggedModels
from gitmodels.runs.records import DEFAULT_EXPERIMENT, FINISHED, Code, DatasetUse, LoggedModel, Metric, Run
from gitmodels.runs.replay import RunState
from gitmodels.runs.run_names import random_name
from gitmodels.runs.writer import RunWriter, now_ms
from gitmodels.values import field, frozen


@frozen
class NewRun:
    """What a run starts with; what is left out is made up (``name``) or taken from the clock and the repository."""

    experiment: str = DEFAULT_EXPERIMENT
    name: str | None = None
    user: str | None = None
    tags: Mapping[str, Any] = field(default_factory=dict)
    started: int | None = None


_NEW_RUN = NewRun()


class RunLog:
    """The runs of one repository; ``models`` and ``experiments`` are their own doors.

    >>> import subprocess, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> _ = subprocess.run(["git", "init", "-q", folder], check=True)
    >>> log = RunLog(GitRepository.open(folder))
    >>> run = log.start(NewRun(name="first"))
    >>> log.log_params(run.id, {"depth": 4})
    >>> log.log_metrics(run.id, [Metric("auc", 0.93)])
    >>> log.end(run.id).status, log.get(run.id).latest()["auc"].value
    ('FINISHED', 0.93)
    """

    def __init__(
        self, repo: GitRepository, *, author: Identity | None = None, clock: Callable[[], int] = now_ms
    ) -> None:
        """``author`` signs the commits (default: git's identity); ``clock`` gives milliseconds since the epoch."""
        self.repo = repo
        self._clock = clock
        writer = RunWriter(repo, author, clock)
        self._ledger = Ledger(repo, writer)
        self.models = LoggedModels(self._ledger)
        self.experiments = Experiments(writer)

    def start(self, new: NewRun = _NEW_RUN) -> Run:
        """A new run, active in this process. Raises Invalid for a bad name or tag, Conflict where no run may be."""
        self.repo.check_writable()
        code = self.repo.code_state()
        tags = checks.check_tags(new.tags)
        name = new.name or tags.pop(checks.RUN_NAME, None)
        tags.pop(checks.RUN_NAME, None)
        run = Run(
            id=os.urandom(16).hex(),
            name=checks.check_name(name, "run") if name else random_name(),
            experiment=checks.check_name(new.experiment, "experiment"),
            user=new.user if new.user is not None else self.repo.identity().name,
            started=checks.check_time(new.started, "start_time") if new.started is not None else self._clock(),
            code=Code(code.commit, code.branch, code.dirty),
            tags=tags,
        )
        self._ledger.active.begin(run.id, facts.begun(run))
        return run

    def resume(self, run_id: str) -> Run:
        """An ended run goes on in this process; one that is active anywhere is left as it is. Raises RunNotFound."""
        self._ledger.own(run_id)
        if (living := self._ledger.active.peek(run_id)) is not None:
            return living.run()
        run = self._ledger.history.get(run_id)
        state = RunState(run, self._ledger.history.metrics(run_id))
        self._ledger.active.begin(run_id, facts.resumed(run, files.history_to_yaml(state.series, run.started)))
        return self.get(run_id)

    def log_params(self, run_id: str, params: Mapping[str, Any]) -> None:
        """Params, as strings. One that is there keeps its value: raises Invalid for another, as MLflow does."""
        checked = checks.check_params(params)
        run = self._ledger.get(run_id)
        if run.deleted:
            raise _deleted(run_id)
        known = run.params
        for key, value in checked.items():
            if key in known and known[key] != value:
                hidden = is_secret(key, value) or is_secret(key, known[key])
                old, new = ("…", "…") if hidden else (known[key], value)
                raise Invalid(
                    f"Changing param values is not allowed. Param with key='{key}' was already logged with "
                    f"value='{old}' for run ID='{run_id}'. Attempted logging new value '{new}'."
                )
        if fresh := {key: value for key, value in checked.items() if key not in known}:
            self._ledger.say(run_id, facts.params(fresh))

    def log_metrics(self, run_id: str, metrics: Iterable[Metric]) -> None:
        """Values of metrics. Raises Invalid for what is not a number, RunNotFound."""
        checked = [checks.check_metric(metric) for metric in metrics]
        mine = self._ledger.active.journal(run_id)
        if mine is not None:
            mine.append_line(facts.metrics_line(checked))
        elif checked:
            self.check_active(run_id)
            self._ledger.say(run_id, facts.metrics(checked))

    def link_metrics(self, run_id: str, model_id: str, keys: Iterable[str]) -> None:
        """Say for which model metrics of these keys were measured, where they were logged for none: all their values.

        For what is measured while a model is still being trained. Raises Invalid for a bad id, RunNotFound.
        """
        layout.check_model_id(model_id)
        self.check_active(run_id)
        self._ledger.say(run_id, facts.metrics_of_model(model_id, keys))

    def set_tags(self, run_id: str, tags: Mapping[str, Any]) -> None:
        """Tags, as strings; on an ended run too; that of the name renames the run. Raises Invalid, RunNotFound."""
        checked = checks.check_tags(tags)
        if not checked:
            return
        self.check_active(run_id)
        if (name := checked.pop(checks.RUN_NAME, None)) is not None:
            self.rename(run_id, name)
        if checked:
            self._ledger.say(run_id, facts.tags(checked))

    def delete_tag(self, run_id: str, key: str) -> None:
        """Take a tag away. Raises NotFound when the run, or its tag, is not there."""
        if key not in self._ledger.get(run_id).tags:
            raise NotFound(f"No tag with name: {key} in run with id {run_id}")
        self._ledger.say(run_id, facts.tag_deleted(key))

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name."""
        self._ledger.say(run_id, facts.renamed(checks.check_name(name, "run")))

    def set_deleted(self, run_id: str, deleted: bool) -> None:
        """Mark a run as deleted, or restore it. Nothing is removed."""
        self._ledger.say(run_id, facts.deleted(deleted))

    def log_artifacts(self, run_id: str, entries: Iterable[Entry]) -> None:
        """Files that the run logged and the object store holds; a path that is there is replaced.

        Raises InvalidName for a path that is a folder already, or that some file system would take for another.
        """
        if rows := list(entries):
            known = self._ledger.get(run_id).artifacts
            check_together({entry.path for entry in (*known, *rows)})
            self._ledger.say(run_id, facts.artifacts(rows), sync=True)

    def log_inputs(self, run_id: str, datasets: Iterable[DatasetUse] = (), models: Iterable[str] = ()) -> None:
        """Data sets (name and digest only) and models (by id) that the run read. Raises Invalid, RunNotFound."""
        uses = [checks.check_dataset(use) for use in datasets]
        ids = [layout.check_model_id(model) for model in models]
        run = self._ledger.get(run_id)
        if run.deleted:
            raise _deleted(run_id)
        fresh = [use for use in uses if use not in run.datasets]
        unknown = [one for one in ids if one not in run.used and all(one != link.model_id for link in run.models)]
        if fresh or unknown:
            self._ledger.say(run_id, facts.inputs(fresh, unknown))

    def is_held(self, run_id: str) -> bool:
        """Whether the run goes on in this process."""
        return self._ledger.active.journal(run_id) is not None

    def check_active(self, run_id: str) -> None:
        """That a run is there and not deleted. Raises RunNotFound, or Invalid as MLflow does."""
        if self._ledger.get(run_id).deleted:
            raise _deleted(run_id)

    def end(self, run_id: str, status: str = FINISHED, ended: int | None = None) -> Run:
        """End a run: everything it logged becomes one commit. Ending an ended run changes its status and time.

        Raises Invalid for an unknown status, RunNotFound.
        """
        checks.check_status(status)
        when = checks.check_time(ended, "end_time") if ended is not None else self._clock()
        if (mine := self._ledger.own(run_id)) is not None:
            return self._ledger.settle(mine, status, when)
        self._ledger.say(run_id, facts.ended(status, when))
        return self.get(run_id)

    def recover(self) -> Sequence[Run]:
        """Commit what killed processes left behind, as FAILED; one listing of a folder when there is nothing.

        A journal that cannot be read is kept as ``….damaged``; one that cannot be committed now stays.
        """
        active = self._ledger.active
        left = (active.adopt(run_id) for run_id in active.ids() if active.owned(run_id) is None)
        found = [self._ledger.recover_one(one) for one in left if one is not None]
        return [run for run in found if run is not None]

    def get(self, run_id: str) -> Run:
        """A run, active or ended. Raises RunNotFound."""
        return self._ledger.get(run_id)

    def metric_history(self, run_id: str, key: str) -> Sequence[Metric]:
        """Every value of a metric, series by series, in the order of logging. Raises RunNotFound."""
        state = self._ledger.state(run_id)
        return [metric for points in state.series.values() for metric in points if metric.key == key]

    def list(self, experiment: str | None = None, *, deleted: bool | None = False) -> Sequence[Run]:
        """Runs, newest first: of one experiment (by name) or all; ``deleted`` None for deleted ones too."""
        runs = {run.id: run for run in self._ledger.history.runs()}
        runs |= {run.id: run for run in self._ledger.active.runs()}
        chosen = (
            run
            for run in runs.values()
            if (experiment is None or run.experiment == experiment) and (deleted is None or run.deleted == deleted)
        )
        return sorted(chosen, key=lambda run: (-run.started, run.id))

    def logged_model(self, run_id: str, name: str) -> LoggedModel:
        """What ``runs:/<run id>/<name>`` means. Raises ModelNotFound."""
        return self.models.of_run(run_id, name)

    def find_model(self, model_id: str) -> Sequence[LoggedModel]:
        """Every logging of a content, the latest last."""
        return self.models.find(model_id)


def _deleted(run_id: str) -> Invalid:
    return Invalid(
        f"The run {run_id} must be in the 'active' state. Current state is deleted.", hint="restore_run brings it back"
    )
