"""Experiments: labels that runs share, with tags of their own. "Default" is always there.

This room reads and writes their records; which runs belong to one is what the runs say.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gitmodels.errors import AlreadyExists, Conflict, Invalid, NotFound
from gitmodels.runs import checks, files, layout
from gitmodels.runs.records import DEFAULT_EXPERIMENT, DEFAULT_EXPERIMENT_ID, Experiment, experiment_id
from gitmodels.runs.writer import RunWriter
from gitmodels.values import replace


class Experiments:
    """The experiments of one repository, of all clones."""

    def __init__(self, writer: RunWriter) -> None:
        self._writer = writer

    def create(self, name: str, tags: Mapping[str, Any] | None = None) -> Experiment:
        """A new experiment. Raises AlreadyExists, Invalid for a bad name or tag."""
        label = checks.check_name(name, "experiment")
        if (found := self.by_name(label)) is not None:
            hint = "restore it, or take another name" if found.deleted else ""
            raise AlreadyExists(f"Experiment(name={label}) already exists.", hint=hint)
        now = self._writer.clock()
        made = Experiment(label, created=now, updated=now, tags=checks.check_tags(tags or {}))
        self._commit(made, "Create")
        return made

    def get(self, one: str) -> Experiment:
        """The experiment with an id. Raises NotFound."""
        found = self._writer.history.experiment(one) if layout.is_experiment_id(one) else None
        if found is None and one == DEFAULT_EXPERIMENT_ID:
            return Experiment(DEFAULT_EXPERIMENT)
        if found is None:
            raise NotFound(f"No Experiment with id={one[:80]} exists")
        return found

    def by_name(self, name: str) -> Experiment | None:
        """The experiment with a name, or None. Raises Conflict when another name has its id."""
        one = experiment_id(checks.check_name(name, "experiment"))
        found = self._writer.history.experiment(one)
        if found is None and one == DEFAULT_EXPERIMENT_ID:
            return Experiment(DEFAULT_EXPERIMENT)
        if found is not None and found.name != name:
            raise Conflict(f"the experiments {found.name!r} and {name!r} have the same id", hint="take another name")
        return found

    def list(self) -> Sequence[Experiment]:
        """All of them, Default among them, by time of creation."""
        found = self._writer.history.experiments()
        return (
            found if any(row.name == DEFAULT_EXPERIMENT for row in found) else [Experiment(DEFAULT_EXPERIMENT), *found]
        )

    def set_tags(self, one: str, tags: Mapping[str, Any], *, delete: tuple[str, ...] = ()) -> Experiment:
        """Set and delete tags of an experiment. Raises NotFound, Invalid."""
        known = self.get(one)
        if absent := [key for key in delete if key not in known.tags]:
            raise NotFound(f"No tag with name: {absent[0][:80]} in experiment with id {one}")
        merged = {**known.tags, **checks.check_tags(tags)}
        return self._change(known, tags={key: value for key, value in merged.items() if key not in delete})

    def set_deleted(self, one: str, deleted: bool) -> Experiment:
        """Mark an experiment as deleted, or restore it. Raises NotFound when it is so already; Invalid for Default."""
        if one == DEFAULT_EXPERIMENT_ID and deleted:
            raise Invalid("Cannot delete the default experiment '0'. This is an internally reserved experiment.")
        known = self.get(one)
        if known.deleted == deleted:
            raise NotFound(f"No Experiment with id={one} exists", hint="deleted already" if deleted else "not deleted")
        return self._change(known, deleted=deleted)

    def _change(self, known: Experiment, **changes: Any) -> Experiment:
        changed = replace(known, updated=max(self._writer.clock(), known.updated + 1), **changes)
        self._commit(changed, "Change")
        return changed

    def _commit(self, experiment: Experiment, verb: str) -> None:
        path = layout.experiment_file(experiment.id)
        self._writer.commit(
            lambda view: {path: files.experiment_to_yaml(experiment)}, f"{verb} experiment {experiment.name}\n"
        )
