"""Which move of an alias, or which version, brought what a model says of itself: its columns, metrics, needs.

This room knows lines of facts and in which of a row of sides each first stood; it reads no history.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from gitmodels.errors import GitModelsError
from gitmodels.registry.summary import signature_lines
from gitmodels.review.facts import python_of
from gitmodels.review.sides import Side
from gitmodels.review.spelling import number

Where = TypeVar("Where")


def lines_of(side: Side) -> list[str]:
    """What a side says, a line for each fact that comes from somewhere: ``input age long``, ``needs numpy==2.1.0``."""
    return [*_signature(side), *_measured(side), *_needs(side), *_rest(side)]


def origins(rows: Iterable[tuple[Where, Side | None]]) -> list[tuple[str, Where]]:
    """Each line of the first row's side, and the last row in which it stood without a break from there.

    ``rows`` go from new to old; a side that is None (it cannot be read) ends what is known.

    >>> one, two = Side("m", 1, {}, author="Ana"), Side("m", 2, {}, author="Ana", code_execution="pickle")
    >>> origins([("v2", two), ("v1", one)])
    [('code execution pickle', 'v2'), ('author Ana', 'v1')]
    """
    found: dict[str, Where] = {}
    standing: set[str] = set()
    for place, (where, side) in enumerate(rows):
        known = set() if side is None else set(lines_of(side))
        if place == 0 and side is not None:
            found = dict.fromkeys(lines_of(side), where)
            standing = set(found)
        standing &= known
        if not standing:
            break
        found.update(dict.fromkeys(standing, where))
    return list(found.items())


def _signature(side: Side) -> Iterator[str]:
    model = side.mlmodel
    if model is None or isinstance(model, GitModelsError):
        return
    try:
        signature = signature_lines(model.signature_record)
    except GitModelsError:
        return
    for key, word in (("inputs", "input"), ("outputs", "output"), ("params", "param")):
        yield from (f"{word} {line}" for line in signature.get(key, ()))


def _measured(side: Side) -> Iterator[str]:
    for each in side.measurements:
        yield f"metric {each.name} {number(each.value)}" + (f" on {each.data}" if each.data else "")


def _needs(side: Side) -> Iterator[str]:
    for line in side.readable.get("requirements.txt", b"").decode("utf-8", "replace").splitlines():
        if line.strip() and not line.startswith("#"):
            yield f"needs {line.strip()}"


def _rest(side: Side) -> Iterator[str]:
    yield from (f"flavor {flavor}" for flavor in side.flavors)
    if side.code_execution != "none":
        yield f"code execution {side.code_execution}"
    told = (("python", python_of(side)), ("code commit", side.code.get("commit")), ("author", side.author))
    yield from (f"{word} {value}" for word, value in told if value)
    yield from (f"run param {key} {value}" for key, value in sorted(side.params.items()))
