"""From a data set to what a run keeps of it: name, digest, context and tags, never rows or where they came from.

This room knows MLflow's tag for the context and remembers what was noted already, for metrics name it at every step.
"""

from collections.abc import Mapping
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.repo import Repo
from gitmodels.runs.records import DatasetUse

CONTEXT = "mlflow.data.context"
_LIMIT = 10_000
_noted: set[tuple[str, str, str]] = set()


def use(dataset: Any, context: str | None = None, tags: Mapping[str, str] | None = None) -> DatasetUse:
    """The use of ``dataset``, anything with a ``name`` and a ``digest``. Raises Invalid for anything else."""
    name, digest = getattr(dataset, "name", None), getattr(dataset, "digest", None)
    if not isinstance(name, str) or not isinstance(digest, str):
        raise Invalid(
            f"not a data set: {type(dataset).__name__}", hint="gitmodels.data.from_pandas(frame) makes one of a frame"
        )
    return DatasetUse(name, digest, context, dict(tags or {}))


def note(repo: Repo, run_id: str, dataset: Any) -> DatasetUse:
    """That a run measured something on ``dataset``; unless it is known to have read it. Raises Invalid."""
    wanted = use(dataset)
    key = (run_id, wanted.name, wanted.digest)
    if key in _noted:
        return wanted
    known = repo.runs.get(run_id).datasets
    if all((one.name, one.digest) != key[1:] for one in known):
        repo.runs.log_inputs(run_id, [wanted])
    if len(_noted) >= _LIMIT:
        _noted.clear()
    _noted.add(key)
    return wanted
