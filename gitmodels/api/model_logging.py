"""Logging and saving a model: package it, store its bytes, note it in its run, register it when a name is given.

All flavors pass here; what is special to one stands in its flavor. This room knows the order of the steps (objects,
then the record, then the registry), not how any of them is done.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitmodels.api import content, context, fluent_runs, loading, model_info, model_links, registering
from gitmodels.api.model_info import ModelInfo
from gitmodels.errors import Invalid
from gitmodels.mlmodel import package, soundness
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.package import PackageOptions
from gitmodels.names import check_model_name
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo
from gitmodels.runs import checks
from gitmodels.runs.logged_models import ModelDetails
from gitmodels.runs.records import LoggedModel
from gitmodels.trusted import Saved
from gitmodels.values import frozen, replace

_log = logging.getLogger("gitmodels")


@frozen
class Logging:
    """How a model is logged: the name it gets in its run, the name it is registered under, what is noted with it.

    ``base`` names the model it was made from, where it is registered.
    """

    name: str = "model"
    registered_model_name: str | None = None
    run_id: str | None = None
    params: Mapping[str, Any] | None = None
    tags: Mapping[str, Any] | None = None
    model_type: str | None = None
    step: int = 0
    base: str | None = None


def log(
    model: Any,
    flavor: str,
    options: PackageOptions,
    flavor_options: Mapping[str, Any],
    how: Logging,
) -> ModelInfo:
    """Package ``model``, store it, note it in the active run (or in none), and register it when a name is given.

    Raises what the flavor, the store and the registry raise; a model whose logging failed is not in any run.
    """
    repo = fluent_runs.repository() if how.run_id is None else context.repository()
    if how.registered_model_name is not None:
        check_model_name(how.registered_model_name)
    with repo.store.work_folder() as folder:
        directory = folder / "model"
        file = package.save(model, directory, flavor, _with_cache(options, repo), flavor_options)
        execution = package.code_execution(directory, file)
        if options.signature is None and file.flavors and file.signature is None:
            _log.warning("%s; give signature= or input_example=", soundness.NOTHING_SAID)
        with repo.store.recording():
            logged, version = _keep(repo, directory, execution, how)
    return _info(file, logged, version)


def save(
    model: Any,
    path: str | os.PathLike[str],
    flavor: str,
    options: PackageOptions,
    flavor_options: Mapping[str, Any],
) -> None:
    """Write ``model`` as a model directory at ``path``, in no registry. Raises AlreadyExists when it holds anything."""
    package.save(model, Path(path), flavor, options, flavor_options)
    if package.code_execution(Path(path)) != "none":
        # So that the very user who saved it may load it again: nobody else's directory is ever noted.
        Saved(context.settings().state).add(loading.digest_of_directory(Path(path)))


def name_of(artifact_path: str | None, name: str | None) -> str:
    """The name a model is logged under: ``name``, or ``artifact_path`` as MLflow 2 called it."""
    if name and artifact_path and name != artifact_path:
        raise Invalid("give one of name and artifact_path: both name the model")
    # Checked before anything of the model is written, and again where it is recorded.
    return checks.check_model_name(name or artifact_path or "model")


def _with_cache(options: PackageOptions, repo: Repo) -> PackageOptions:
    return replace(options, cache_dir=repo.cache_root)


def _keep(repo: Repo, directory: Path, execution: str, how: Logging) -> tuple[LoggedModel, int | None]:
    """Store the files and record them: in the run, and in the registry when a name is given."""
    name = how.registered_model_name
    parent = None if name is None else registering.parent_of(repo, name, how.base)
    manifest = repo.store.add_directory(directory, remember="nothing", parent=parent)
    repo.trusted.logged_here(manifest.digest)
    logged = _note(repo, manifest, execution, how)
    model_links.note(repo, logged)
    version: int | None = None
    if how.registered_model_name is not None:
        found = content.of_logged(repo, logged, f"models:/{logged.model_id}")
        version = registering.register_content(
            repo,
            # Logged a moment ago: what is checked out now is what it was made with, also outside a run.
            found if found.code else replace(found, code=content.code_record(repo)),
            how.registered_model_name,
            registering.Wish(tags=how.tags, base=how.base),
        )
        _log.info("Created version '%d' of model '%s'.", version, how.registered_model_name)
    repo.store.adopt(manifest, directory)
    return logged, version


def _note(repo: Repo, manifest: Manifest, execution: str, how: Logging) -> LoggedModel:
    details = ModelDetails(
        step=how.step,
        model_type=how.model_type,
        params=how.params or {},
        tags=how.tags or {},
        code_execution=execution,
    )
    run_id = how.run_id or fluent_runs.active_run_id()
    return repo.runs.models.log(run_id, how.name, manifest, content.readable_of(repo, manifest), details)


def _info(file: ModelFile, logged: LoggedModel, version: int | None) -> ModelInfo:
    told = file.with_provenance(content.provenance_of(logged))
    return model_info.of_file(
        told,
        f"models:/{logged.model_id}",
        logged.name,
        registered_model_version=version,
        creation_timestamp=logged.time,
        params=dict(logged.params),
        tags=dict(logged.tags),
    )
