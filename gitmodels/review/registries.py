"""The diff of two states of the registry: which aliases move, what is new, and what each move brings.

This room joins ``moves`` and ``compare``: a move's two versions are compared as any two versions are.
"""

from collections.abc import Iterator, Mapping

from gitmodels.errors import GitModelsError
from gitmodels.registry.records import NOWHERE
from gitmodels.registry.state import State
from gitmodels.review import moves
from gitmodels.review.compare import OpenStore, compare
from gitmodels.review.moves import Move
from gitmodels.review.report import Comparison
from gitmodels.review.sides import Side, of_version
from gitmodels.review.verdicts import Finding, Verdict


def compare_states(old: State, new: State, names: tuple[str, str] = ("", ""), store: OpenStore = None) -> Comparison:
    """What differs between two states; ``names`` are how to call them, by default their commits."""
    found = list(moves.moves(old, new))
    findings = (*map(moved, found), *_registered(old, new))
    parts = tuple(part for move in found for part in brought(old, new, move, store))
    called = [name or (state.commit or "nothing")[:10] for name, state in zip(names, (old, new), strict=True)]
    return Comparison(called[0], called[1], findings, parts=parts)


def moved(move: Move) -> Finding:
    """One move of an alias as a line of a review."""
    was, now = (None if target == NOWHERE else moves.shown(target) for target in (move.before, move.after))
    verdict = Verdict.BREAK if now is None else Verdict.NOTE
    text = "cleared: whoever loads by it finds nothing" if now is None else "set" if was is None else "moved"
    reason = move.record.reason if move.record is not None else None
    told = f"{text}: {reason.splitlines()[0]}" if reason and reason.strip() else text
    return Finding("alias", verdict, f"{move.model}@{move.alias}", told, was, now)


def brought(
    old: State, new: State, move: Move, store: OpenStore = None, directions: Mapping[str, str] | None = None
) -> Iterator[Comparison]:
    """The comparison of the two versions that an alias moved between; nothing where it was set or cleared."""
    if move.before.version is None or move.after.version is None:
        return
    try:
        sides = [
            of_version(s, s.any_version(move.model, n))
            for s, n in ((old, move.before.version), (new, move.after.version))
        ]
    except GitModelsError as error:
        text = f"not compared: {error.message[:200]}"
        finding = Finding("identity", Verdict.WARN, f"{move.model}@{move.alias}", text)
        yield Comparison(moves.shown(move.before), moves.shown(move.after), (finding,), move.model)
        return
    yield comparison(sides[0], sides[1], store, directions)


def comparison(
    old: Side,
    new: Side,
    store: OpenStore = None,
    directions: Mapping[str, str] | None = None,
    *,
    values: bool = False,
) -> Comparison:
    """Two sides compared, under the names a person calls them by.

    ``directions`` says which way metrics are better; with ``values`` it is told by how much tensors differ.
    """
    model = new.name if old.name == new.name else ""
    return Comparison(
        old.label, new.label, compare(old, new, store, directions, values=values), model or new.name, new.number
    )


def _registered(old: State, new: State) -> Iterator[Finding]:
    for name, number in moves.registered(old, new):
        yield Finding("identity", Verdict.OK, f"{name} v{number}", "registered", None, f"v{number}")
