"""What somebody may have meant who named a model, version or alias that is not there.

This room reads a State and answers with a hint; it raises nothing, because it runs while an error is told.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from gitmodels.errors import AliasNotFound, GitModelsError, ModelNotFound, VersionNotFound
from gitmodels.registry.state import State
from gitmodels.uris import ModelRef
from gitmodels.values import replace

_SHOWN = 5
_SHORT = 4
# Past so many names the nearest one is not looked for: an error is told at once.
_LOOKED_AT = 20_000


def hint(state: State, error: GitModelsError, ref: ModelRef | None = None) -> str:
    """The way out of ``error``: nearby names, or what there is. ``ref`` is what was asked for, where it was a REF."""
    try:
        if isinstance(error, ModelNotFound):
            return _model(state, getattr(error, "name", None), ref)
        if isinstance(error, AliasNotFound):
            return _alias(state, getattr(error, "model", None), getattr(error, "alias", None))
        if isinstance(error, VersionNotFound):
            return _version(state, getattr(error, "name", None), ref)
    except GitModelsError:
        pass
    return ""


def meant(name: str, known: Iterable[str]) -> str:
    """``did you mean …?`` with those of ``known`` that are spelled like ``name``; ``""`` when none is.

    >>> meant("chmapion", ["champion", "challenger"])
    'did you mean champion?'
    """
    near = _near(name, [found for found, _ in zip(known, range(_LOOKED_AT), strict=False)])
    return _meant(near) if near else ""


def _model(state: State, name: str | None, ref: ModelRef | None) -> str:
    if name is None:
        return ""
    known = [found for found, _ in zip(state.model_names(), range(_LOOKED_AT), strict=False)]
    near = _near(name, known)
    if near:
        return _meant(str(replace(ref, name=found)) if ref is not None else found for found in near)
    return "git models ls shows the models there are" if known else "git models register makes the first one"


def _alias(state: State, name: str | None, alias: str | None) -> str:
    if name is None or alias is None:
        return ""
    known = list(state.aliases(name))
    near = _near(alias, known)
    if near:
        return _meant(f"{name}@{found}" for found in near)
    listed = ", ".join(known[:_SHOWN]) + (" …" if len(known) > _SHOWN else "")
    return f"{name} has the aliases {listed}" if known else f"{name} has no alias: git models alias set sets one"


def _version(state: State, name: str | None, ref: ModelRef | None) -> str:
    if name is None:
        return ""
    if state.find_model(name) is None:
        return _model(state, name, ref)
    numbers = state.numbers(name)
    if not numbers:
        return f"{name} has no versions"
    shown = [f"v{number}" for number in numbers[-_SHOWN:]]
    return f"{name} has {'… ' if len(numbers) > _SHOWN else ''}{', '.join(shown)}"


def _near(name: str, known: list[str]) -> list[str]:
    folded: dict[str, list[str]] = {}
    for found in known:
        folded.setdefault(found.casefold(), []).append(found)
    # In a short name one slip is much: auc and acu share two letters of three.
    cutoff = 0.7 if len(name) > _SHORT else 0.6
    near = get_close_matches(name.casefold(), folded, n=3, cutoff=cutoff)
    return [found for key in near for found in folded[key]][:3]


def _meant(found: Iterable[str]) -> str:
    return f"did you mean {' or '.join(found)}?"
