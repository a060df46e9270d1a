"""The fluent verbs that ask the registry: searches over all pages, and a version's tag.

Each asks a client of the repository in force; what a search means is known there.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gitmodels.api.client import MlflowClient
from gitmodels.api.paging import PagedList
from gitmodels.api.registry_client import MAX_MODELS, MAX_VERSIONS
from gitmodels.api.registry_entities import ModelVersion, RegisteredModel

__all__ = ["search_model_versions", "search_registered_models", "set_model_version_tag"]

Item = TypeVar("Item")


def search_registered_models(
    max_results: int | None = None, filter_string: str | None = None, order_by: Sequence[str] | None = None
) -> list[RegisteredModel]:
    """All registered models that ``filter_string`` keeps, at most ``max_results``. Raises Invalid."""
    client = MlflowClient()
    return _all(
        lambda size, token: client.search_registered_models(filter_string, size, order_by, token),
        MAX_MODELS,
        max_results,
    )


def search_model_versions(
    max_results: int | None = None, filter_string: str | None = None, order_by: Sequence[str] | None = None
) -> list[ModelVersion]:
    """All versions that ``filter_string`` keeps, newest first, at most ``max_results``. Raises Invalid."""
    client = MlflowClient()
    return _all(
        lambda size, token: client.search_model_versions(filter_string, size, order_by, token),
        MAX_VERSIONS,
        max_results,
    )


def set_model_version_tag(
    name: str, version: int | str | None = None, key: str | None = None, value: Any = None
) -> None:
    """Set one tag of a version; its value is kept as text. Raises VersionNotFound, Invalid."""
    MlflowClient().set_model_version_tag(name, version, key, value)


def _all(page: Callable[[int, str | None], PagedList[Item]], largest: int, wanted: int | None) -> list[Item]:
    """The items of all pages, up to ``wanted``."""
    found: list[Item] = []
    token: str | None = None
    while wanted is None or len(found) < wanted:
        size = largest if wanted is None else min(largest, wanted - len(found))
        shown = page(size, token)
        found += shown
        token = shown.token
        if token is None:
            break
    return found
