"""Reading what was logged: the refs of all clones under ``refs/gitmodels/runs/``, united in memory.

This room reads trees and journals' leftovers through nobody: active runs are ``log``'s affair. A run that stands in
several refs (another clone changed it) is the copy that was updated last; equal ones the ref later in name.
"""

from collections.abc import Iterator

from gitmodels.errors import GitModelsError, RunNotFound
from gitmodels.git.ref_files import RefFiles
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.runs import files, layout
from gitmodels.runs.records import Experiment, LoggedModel, Metric, Run
from gitmodels.values import replace

_CACHE = 20_000
_parsed: dict[str, Run] = {}


class RunHistory:
    """All committed runs of a repository."""

    def __init__(self, repo: GitRepository) -> None:
        self._repo = repo
        self._refs = RefFiles(repo.common_dir)

    def views(self) -> list[TreeView]:
        """The tree of every clone's ref, by name of the ref; what a later one says of equal age wins."""
        return [TreeView(self._repo.objects, commit=oid) for oid in self._refs.list(layout.REFS).values()]

    def get(self, run_id: str) -> Run:
        """The run, with its artifacts. Raises RunNotFound, InvalidRecord or Corrupt."""
        found = self.locate(run_id)
        if found is None:
            raise RunNotFound(f"Run '{run_id}' not found")
        run, view = found
        path = layout.run_file(run_id, layout.ARTIFACTS)
        data = view.read(path)
        return run if data is None else replace(run, artifacts=files.artifacts_from_yaml(data, path))

    def locate(self, run_id: str) -> tuple[Run, TreeView] | None:
        """The newest copy of a run and the tree it stands in; None when there is none."""
        path = layout.run_file(layout.check_run_id(run_id))
        copies = [(run, view) for view in self.views() if (run := _read_run(view, path)) is not None]
        return max(copies, key=lambda copy: copy[0].updated) if copies else None

    def metrics(self, run_id: str) -> list[Metric]:
        """Every point of every series with more than one. Raises RunNotFound."""
        found = self.locate(run_id)
        if found is None:
            raise RunNotFound(f"Run '{run_id}' not found")
        path = layout.run_file(run_id, layout.HISTORY)
        data = found[1].read(path)
        return [] if data is None else files.history_from_yaml(data, path)

    def runs(self) -> Iterator[Run]:
        """Every run once, its newest copy, without artifacts, in no order. A damaged record is left out."""
        newest: dict[str, Run] = {}
        for view in self.views():
            for run_id in _ids(view):
                try:
                    run = _read_run(view, layout.run_file(run_id))
                except GitModelsError:
                    continue
                known = newest.get(run_id)
                if run is not None and (known is None or run.updated >= known.updated):
                    newest[run_id] = run
        yield from newest.values()

    def logged(self, logging_id: str, name: str, model_id: str = "") -> list[LoggedModel]:
        """What was logged under ``name`` by a run (or logging), oldest first; only ``model_id`` if that is given."""
        folder = layout.model_name_folder(layout.check_run_id(logging_id), name)
        found: dict[str, LoggedModel] = {}
        for view in self.views():
            for content in [model_id] if model_id else view.names(folder):
                path = f"{folder}/{content}/{layout.MODEL}"
                data = view.read(path)
                logged = None if data is None else files.model_from_yaml(data, path)
                known = found.get(content)
                if logged is not None and (known is None or logged.updated >= known.updated):
                    found[content] = logged
        return sorted(found.values(), key=lambda logged: (logged.time, logged.model_id))

    def pointers(self, model_id: str) -> list[files.Pointer]:
        """Every run and logging that has to do with a content, oldest first."""
        folder = layout.pointers_folder(model_id)
        merged: dict[str, files.Pointer] = {}
        for view in self.views():
            for name in view.names(folder):
                data = view.read(f"{folder}/{name}")
                if data is None:
                    continue
                pointer = files.pointer_from_yaml(data, f"{folder}/{name}")
                known = merged.get(pointer.logging_id)
                if known is not None:
                    names = tuple(sorted({*known.names, *pointer.names}))
                    pointer = files.Pointer(pointer.logging_id, names, max(known.time, pointer.time))
                merged[pointer.logging_id] = pointer
        return sorted(merged.values(), key=lambda pointer: (pointer.time, pointer.logging_id))

    def file(self, logged: LoggedModel, path: str) -> bytes | None:
        """A readable file of a logging (``MLmodel``, ``manifest.yaml``), or None."""
        folder = layout.model_folder(logged.logging_id, logged.name, logged.model_id)
        return next((data for view in self.views() if (data := view.read(f"{folder}/{path}")) is not None), None)

    def files(self, logged: LoggedModel) -> dict[str, bytes]:
        """All readable files of a logging by path, its manifest included, its record not."""
        folder = layout.model_folder(logged.logging_id, logged.name, logged.model_id)
        found: dict[str, bytes] = {}
        for view in self.views():
            for path, _ in view.walk(folder):
                data = view.read(path)
                if data is not None and path != f"{folder}/{layout.MODEL}":
                    found[path.removeprefix(f"{folder}/")] = data
        return found

    def all_logged(self) -> Iterator[LoggedModel]:
        """Every committed logging, of runs and without: what keeps objects alive."""
        seen: set[tuple[str, str, str]] = set()
        for view in self.views():
            for logging_id in _ids(view):
                for path, _ in view.walk(f"{layout.run_folder(logging_id)}/models"):
                    data = view.read(path) if path.endswith(f"/{layout.MODEL}") else None
                    if data is None:
                        continue
                    logged = files.model_from_yaml(data, path)
                    key = (logged.logging_id, logged.name, logged.model_id)
                    if key not in seen:
                        seen.add(key)
                        yield logged

    def experiment(self, experiment_id: str) -> Experiment | None:
        """The newest record of an experiment, or None."""
        path = layout.experiment_file(experiment_id)
        rows = [files.experiment_from_yaml(data, path) for view in self.views() if (data := view.read(path))]
        return max(rows, key=lambda row: row.updated) if rows else None

    def experiments(self) -> list[Experiment]:
        """Every recorded experiment, by time of creation."""
        names = {name for view in self.views() for name in view.names(layout.EXPERIMENTS)}
        ids = [name.removesuffix(".yaml") for name in names]
        found = [self.experiment(one) for one in sorted(ids) if layout.is_experiment_id(one)]
        return sorted((row for row in found if row is not None), key=lambda row: (row.created, row.name))


def _ids(view: TreeView) -> Iterator[str]:
    for shard in view.names(layout.RUNS):
        yield from (name for name in view.names(f"{layout.RUNS}/{shard}") if layout.is_run_id(name))


def _read_run(view: TreeView, path: str) -> Run | None:
    oid = view.oid(path)
    if oid is None:
        return None
    known = _parsed.get(oid)
    if known is None:
        data = view.read(path)
        if data is None:
            return None
        known = files.run_from_yaml(data, path)
        if len(_parsed) >= _CACHE:
            _parsed.clear()
        _parsed[oid] = known
    return known
