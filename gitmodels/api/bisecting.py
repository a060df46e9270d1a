"""Finding the first bad version of a model by halves, as ``git bisect run`` finds a commit.

This room knows numbers and verdicts; who judges a version is not its business.
"""

from collections.abc import Callable, Sequence

from gitmodels.errors import Invalid, VersionNotFound
from gitmodels.registry.state import State
from gitmodels.values import frozen

GOOD, BAD, SKIP = "good", "bad", "skip"


@frozen
class Culprit:
    """The versions one of which is the first bad one: one, but where some were skipped; and what was asked."""

    numbers: tuple[int, ...]
    asked: dict[int, str]


def first_bad(numbers: Sequence[int], judge: Callable[[int, int], str]) -> Culprit:
    """The first bad one of ``numbers``, of which the first is good and the last is bad.

    ``judge(number, left)`` says GOOD, BAD or SKIP; ``left`` is how many candidates there are. Whatever cannot be judged
    is left out, and stays a candidate where it stands between.

    >>> first_bad([1, 2, 3, 4, 5], lambda number, left: BAD if number >= 4 else GOOD).numbers
    (4,)
    """
    good, bad = 0, len(numbers) - 1
    asked: dict[int, str] = {}
    while True:
        open_places = [place for place in range(good + 1, bad) if asked.get(numbers[place]) != SKIP]
        if not open_places:
            return Culprit(tuple(numbers[good + 1 : bad + 1]), asked)
        place = open_places[(len(open_places) - 1) // 2]
        asked[numbers[place]] = verdict = judge(numbers[place], bad - good)
        if verdict == GOOD:
            good = place
        elif verdict == BAD:
            bad = place
        elif verdict != SKIP:
            raise Invalid(f"no verdict: {verdict[:40]!r}")


def between(state: State, name: str, good: int, bad: int) -> list[int]:
    """The versions from ``good`` to ``bad`` that exist. Raises Invalid, ModelNotFound, VersionNotFound."""
    if good >= bad:
        raise Invalid(f"the good version ({good}) comes before the bad one ({bad})", hint="swap --good and --bad")
    known = state.numbers(name)
    for number in (good, bad):
        if number not in known:
            raise VersionNotFound(f"{name} has no version {number}", name=name, version=number)
    return [number for number in known if good <= number <= bad]
