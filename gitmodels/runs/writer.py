"""Writing what was logged: one commit on this clone's own ref, made inside the queue of writers.

This room turns a state into files at paths and commits them; it knows no journals. No path is ever removed.
"""

import time
from collections.abc import Callable, Iterable, Mapping

from gitmodels.errors import RefChanged
from gitmodels.git.branch import Branch
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.runs import files, layout
from gitmodels.runs.clone import ensure_clone_id
from gitmodels.runs.history import RunHistory
from gitmodels.runs.records import DEFAULT_EXPERIMENT, Experiment, LoggedModel, Run
from gitmodels.runs.replay import RunState

_TRIES = 20
Edits = Mapping[str, bytes]


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class RunWriter:
    """Commits to ``refs/gitmodels/runs/<clone id>`` of one repository."""

    def __init__(self, repo: GitRepository, author: Identity | None = None, clock: Callable[[], int] = now_ms) -> None:
        self.repo = repo
        self.history = RunHistory(repo)
        self.clock = clock
        self._author = author

    def branch(self) -> Branch:
        """The ref of this clone alone; its id is made at the first call."""
        return Branch(self.repo, layout.REFS + ensure_clone_id(self.repo.own_dir))

    def commit(self, edits_of: Callable[[TreeView], Edits], message: str) -> None:
        """Put what ``edits_of`` answers for the newest tree on top of it; nothing when the tree says it already.

        Raises RefChanged when somebody outside the queue keeps moving the ref, Locked when the queue stands still.
        """
        branch = self.branch()
        author = self._author or self.repo.identity()
        for attempt in range(_TRIES):
            with self.repo.queue():
                tip = branch.tip()
                view = branch.view(tip) if tip is not None else TreeView(self.repo.objects)
                wanted = edits_of(view)
                edits = {path: data for path, data in wanted.items() if view.read(path) != data}
                if not edits:
                    return
                try:
                    branch.commit(edits, message, expected=tip, author=author, when_ms=self.clock())
                except RefChanged:
                    if attempt == _TRIES - 1:
                        raise
                else:
                    return

    def commit_state(self, state: RunState, run: Run) -> None:
        """Everything that ``state`` says of ``run``, as one commit."""
        self.commit(
            lambda view: self._of_state(state, run, view), f"Run {run.name}: {run.status.lower()}\n\nRun-Id: {run.id}\n"
        )

    def commit_logged(self, logged: LoggedModel, readable: Mapping[str, bytes]) -> None:
        """One logging of a model, outside any state: without a run, or with other tags."""
        self.commit(
            lambda view: _of_logged(logged, readable, view), f"Log model {logged.name}\n\nModel: {logged.model_id}\n"
        )

    def _of_state(self, state: RunState, run: Run, view: TreeView) -> dict[str, bytes]:
        edits = {layout.run_file(run.id): files.run_to_yaml(run)}
        history = files.history_to_yaml(state.series, run.started)
        if history is not None:
            edits[layout.run_file(run.id, layout.HISTORY)] = history
        if run.artifacts:
            edits[layout.run_file(run.id, layout.ARTIFACTS)] = files.artifacts_to_yaml(run.artifacts)
        for key, logged in state.logged.items():
            edits |= _of_logged(logged, state.readable[key], view)
        edits |= _pointers(run, view)
        if run.experiment != DEFAULT_EXPERIMENT and self.history.experiment(run.experiment_id) is None:
            label = Experiment(run.experiment, created=run.started, updated=run.updated)
            edits[layout.experiment_file(label.id)] = files.experiment_to_yaml(label)
        return edits


def _of_logged(logged: LoggedModel, readable: Mapping[str, bytes], view: TreeView) -> dict[str, bytes]:
    folder = layout.model_folder(logged.logging_id, logged.name, logged.model_id)
    edits = {f"{folder}/{path}": data for path, data in readable.items()}
    edits[f"{folder}/{layout.MODEL}"] = files.model_to_yaml(logged)
    path, data = _pointer(logged.model_id, logged.logging_id, [logged.name], logged.time, view)
    edits[path] = data
    return edits


def _pointers(run: Run, view: TreeView) -> dict[str, bytes]:
    """The way back to ``run`` from every content that it logged or measured."""
    names: dict[str, list[str]] = {}
    times: dict[str, int] = {}
    for link in run.models:
        names.setdefault(link.model_id, []).append(link.name)
        times[link.model_id] = max(times.get(link.model_id, 0), link.time)
    for metric in run.metrics:
        if metric.model_id:
            names.setdefault(metric.model_id, [])
            times.setdefault(metric.model_id, metric.timestamp)
    return dict(_pointer(model_id, run.id, names[model_id], times[model_id], view) for model_id in sorted(names))


def _pointer(model_id: str, logging_id: str, names: Iterable[str], when: int, view: TreeView) -> tuple[str, bytes]:
    path = layout.pointer_file(model_id, logging_id)
    found = view.read(path)
    known = files.pointer_from_yaml(found, path) if found is not None else files.Pointer(logging_id, (), when)
    merged = tuple(sorted({*known.names, *names}))
    return path, files.pointer_to_yaml(files.Pointer(logging_id, merged, max(known.time, when)))
