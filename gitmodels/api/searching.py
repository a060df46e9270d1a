"""Models and versions by a filter, as the plain documents that ``git models search`` prints and gives as JSON.

This room puts together what ``gitmodels.registry.search`` finds and the documents that ``overview`` makes; what a
filter may ask for is known there.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from gitmodels.api import overview
from gitmodels.api.publication import Publication
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.filters import ATTRIBUTE, Comparison, Grammar
from gitmodels.registry import search
from gitmodels.repo import Repo


def models(
    repo: Repo, text: str | None = None, order_by: Sequence[str] | None = None, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """One document per model for which the filter holds, as ``ls`` gives them; by name where no order is asked for.

    Raises Invalid that names the place in the filter or the order.
    """
    what = _asked(text, order_by, search.MODELS)
    state, publication = repo.registry.existing_state(), Publication(repo)
    for row in search.find_models(repo.registry, state, what, limit=limit).rows:
        try:
            yield overview.model(state, row.name, publication)
        except GitModelsError as error:
            yield {"name": row.name, "error": error.message}


def versions(
    repo: Repo, text: str | None = None, order_by: Sequence[str] | None = None, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """One document per version for which the filter holds, as ``ls NAME`` gives them; by name, a model's newest first.

    Deleted versions are left out. Raises Invalid that names the place in the filter or the order.
    """
    what = _asked(text, order_by, search.VERSIONS)
    state, publication = repo.registry.existing_state(), Publication(repo)
    found = search.find_versions(repo.registry, state, what, limit=limit)
    for name, number in found.keys:
        aliases = dict.fromkeys(found.aliases.get((name, number), ()), number)
        yield overview.of_version(state.version(name, number), aliases, publication)


def versions_of(repo: Repo, name: str, text: str) -> Iterator[dict[str, Any]]:
    """One document per version of a model for which the filter holds, newest first, with what was evaluated.

    Raises ModelNotFound, or Invalid that names the place in the filter.
    """
    what = _asked(text, None, search.VERSIONS)
    state = repo.registry.existing_state()
    name = state.model(state.follow(name)).name
    only = search.Asked([*what.wanted, Comparison("name", "=", name, ATTRIBUTE)], ())
    numbers = frozenset(number for _, number in search.find_versions(repo.registry, state, only).keys)
    yield from overview.versions(repo, name, only=numbers)


def _asked(text: str | None, order_by: Sequence[str] | None, grammar: Grammar) -> search.Asked:
    try:
        return search.asked(text, order_by, grammar)
    except Invalid as error:
        if text and text.replace("-", "").replace("_", "").isalnum():
            # Somebody who looks for a name writes the name.
            error.hint = f"a filter compares: \"name LIKE '%{text}%'\""
        raise
