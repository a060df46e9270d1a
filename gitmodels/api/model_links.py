"""Which model a thread logged last, and models that a run made which are logged already.

This room remembers and passes on; what a logging is stands in ``gitmodels.runs``.
"""

import threading
from collections.abc import Iterable
from typing import Any

from gitmodels.errors import Invalid, ModelNotFound
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo
from gitmodels.runs.layout import MANIFEST
from gitmodels.runs.logged_models import ModelDetails
from gitmodels.runs.records import LoggedModel


class _Last(threading.local):
    """The model that this thread logged last, with the repository it was logged to."""

    logged: tuple[Repo, str] | None = None


_last = _Last()


def last() -> tuple[Repo, str] | None:
    """The repository and id of the model that this thread logged last."""
    return _last.logged


def note(repo: Repo, logged: LoggedModel) -> None:
    """That ``logged`` was logged now by this thread."""
    _last.logged = (repo, logged.model_id)


def ids_of(models: Iterable[Any] | None) -> list[str]:
    """The ids of LoggedModelInput and LoggedModelOutput entities. Raises Invalid for anything else."""
    found = list(models or ())
    for model in found:
        if not isinstance(getattr(model, "model_id", None), str):
            raise Invalid(f"not a logged model: {type(model).__name__}", hint="gitmodels.entities.LoggedModelInput")
    return [model.model_id for model in found]


def log_outputs(repo: Repo, run_id: str, models: Iterable[Any]) -> None:
    """Note models that are logged already as made by a run too, under the names they have. Raises ModelNotFound."""
    for output in models:
        (model_id,) = ids_of([output])
        found = repo.runs.models.find(model_id)
        if not found:
            raise ModelNotFound(f"Logged model with ID '{model_id}' not found.", model_id=model_id)
        source = found[-1]
        readable = repo.runs.models.files(source)
        manifest = Manifest.from_yaml(readable.pop(MANIFEST))
        details = ModelDetails(
            step=output.step,
            model_type=source.model_type,
            code_execution=source.code_execution,
            params=source.params,
            tags=source.tags,
        )
        repo.runs.models.log(run_id, source.name, manifest, readable, details)
