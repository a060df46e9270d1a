"""The fluent verbs of ``gitmodels`` itself: init, log_model, register_model, promote, rollback, where things go.

Thin: each verb asks the room that knows. Runs have a room of their own beside this one.
"""

import logging
import os
from collections.abc import Mapping
from typing import Any

from gitmodels.api import context, converting, flavor_modules, registering
from gitmodels.api.model_info import ModelInfo
from gitmodels.api.registry_entities import ModelVersion
from gitmodels.names import check_version
from gitmodels.registry.changes import aliases

_log = logging.getLogger("gitmodels")


def init(path: str | os.PathLike[str] = ".") -> str:
    """Start the model registry of the repository around ``path``; nothing happens when it is there.

    Gives the registry's URI. Raises RepositoryNotFound outside a git repository.
    """
    from gitmodels.api import clone_settings

    repo = context.open_repository(path, context.settings())
    repo.registry.init()
    clone_settings.install(repo)
    return f"gitmodels://{repo.location.resolve()}"


def log_model(model: Any, artifact_path: str | None = None, **arguments: Any) -> ModelInfo:
    """Log ``model`` through the flavor that its class belongs to; further arguments are that flavor's.

    Raises FlavorNotFound when no flavor knows the class, and what its ``log_model`` raises.
    """
    return flavor_modules.log_any(model, {"artifact_path": artifact_path, **arguments})


def register_model(
    model_uri: str,
    name: str,
    await_registration_for: int | None = 300,
    *,
    tags: Mapping[str, Any] | None = None,
    env_pack: Any = None,
    base: str | None = None,
) -> ModelVersion:
    """Register what ``model_uri`` names as the next version of ``name``, which is made when it is missing.

    ``base`` names the model that it was made from, such as ``models:/bert@champion``: recorded, and the new bytes are
    stored as the difference from it where that saves much. Without it they are compared with the version before.
    """
    repo = context.repository()
    number = registering.register(repo, str(model_uri), name, registering.Wish(tags=tags, base=base))
    _log.info("Created version '%d' of model '%s'.", number, name)
    state = repo.registry.state()
    return converting.model_version(state, state.version(name, number))


def promote(name: str, version: int | str, alias: str, *, reason: str | None = None) -> ModelVersion:
    """Point ``alias`` at ``version``, saying why. Raises ModelNotFound, VersionNotFound, InvalidName."""
    repo, number = context.repository(), check_version(version)
    repo.registry.apply(lambda state, at: aliases.set_alias(state, name, alias, number, at, reason=reason))
    state = repo.registry.state()
    return converting.model_version(state, state.version(name, number))


def rollback(name: str, alias: str, *, reason: str | None = None) -> ModelVersion:
    """Point ``alias`` back at what it pointed at before. Raises AliasNotFound when there is nothing before."""
    repo = context.repository()
    _, target = repo.registry.apply(lambda state, at: aliases.rollback(state, name, alias, at, reason=reason))
    state = repo.registry.state()
    return converting.model_version(state, state.version(name, target.version or 0))


def set_registry_uri(uri: str | os.PathLike[str] | None) -> None:
    """Work on the repository that ``uri`` names: a path, ``file:`` or ``gitmodels:``; None undoes it."""
    context.choose(uri)


def get_registry_uri() -> str:
    """Where the registry is: ``gitmodels:///path``."""
    return context.uri()


def set_tracking_uri(uri: str | os.PathLike[str] | None) -> None:
    """The same place: runs and registry live in one repository."""
    context.choose(uri)


def get_tracking_uri() -> str:
    """The same place as ``get_registry_uri``."""
    return context.uri()


def is_tracking_uri_set() -> bool:
    """Whether a repository was chosen by a URI or by the environment."""
    return context.chosen() is not None or context.settings().registry is not None
