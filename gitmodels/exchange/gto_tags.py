"""GTO's registry as its tags tell it: which versions there are, in which stages they are, and what was taken back.

The grammar is that of gto/constants.py and gto/tag.py (GTO 1.10): ``name@v1.2.3`` registers, ``name@v1.2.3!`` takes
that back, ``name#stage`` assigns, ``name#stage!`` unassigns, ``name@deprecated`` deprecates; ``#N`` behind any of them
counts, and ``dir=name`` is what GTO calls ``dir:name``. Rules: gto/base.py. This room knows tags; it opens nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from gitmodels.git.tags import Tag
from gitmodels.patterns import pattern
from gitmodels.values import frozen

_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9/_-]*[A-Za-z0-9])?"
_NUMBER = r"(?:0|[1-9][0-9]*)"
_SEMVER = rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
_TAG = pattern(
    rf"(?P<artifact>(?:[A-Za-z0-9_./-]+=)?{_WORD})"
    rf"(?:(?:\#(?P<stage>{_WORD})|@(?P<version>{_SEMVER}))(?P<back>!?)|@(?P<mark>deprecated|created))"
    r"(?:\#(?P<counter>[0-9]{1,18}))?",
    re.VERBOSE,
)
_PARTS = pattern(r"v(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")


@frozen
class Event:
    """One tag of GTO's: about which artifact, and what it says."""

    artifact: str
    tag: Tag
    counter: int
    version: str = ""
    stage: str = ""
    back: bool = False
    deprecates: bool = False


@frozen
class Registered:
    """One version that counts: its number, which is empty for a commit that has stages only, and its tag."""

    version: str
    commit: str
    event: Event

    @property
    def label(self) -> str:
        """What GTO calls it: its number, or its commit."""
        return self.version or self.commit


@frozen
class Line:
    """All that GTO knows of one artifact. ``versions`` are in the order of their numbers, plain commits behind them.

    ``stages`` says for each stage which version is in it now, and by which tag; None where nothing is any more.
    ``gone`` are the versions that were taken back.
    """

    name: str
    versions: tuple[Registered, ...]
    stages: Mapping[str, tuple[Registered, Event] | None]
    gone: Mapping[str, Event]
    deprecated: Event | None


def event(tag: Tag) -> Event | None:
    """What the tag says; None for a tag that is not GTO's."""
    match = _TAG.fullmatch(tag.name)
    if match is None or match["mark"] == "created":
        return None
    return Event(
        match["artifact"].replace("=", ":"),
        tag,
        int(match["counter"] or 0),
        match["version"] or "",
        match["stage"] or "",
        match["back"] == "!",
        match["mark"] == "deprecated",
    )


def is_ours(name: str) -> bool:
    """Whether a tag of this name is one of GTO's.

    >>> is_ours("fraud@v1.0.0"), is_ours("models=fraud#prod!#7"), is_ours("v1.0.0")
    (True, True, False)
    """
    return _TAG.fullmatch(name) is not None


def lines(tags: Iterable[Tag]) -> list[Line]:
    """What the tags tell of each artifact, by name."""
    found: dict[str, list[Event]] = defaultdict(list)
    for each in filter(None, map(event, tags)):
        found[each.artifact].append(each)
    return [_line(name, sorted(events, key=_moment)) for name, events in sorted(found.items())]


def order(version: str) -> tuple[object, ...]:
    """A key that sorts versions as semver.org says; build metadata only where all else is equal.

    >>> sorted(["v1.0.0", "v1.0.0-rc.2", "v1.0.0-rc.10", "v0.9.0"], key=order)
    ['v0.9.0', 'v1.0.0-rc.2', 'v1.0.0-rc.10', 'v1.0.0']
    """
    match = _PARTS.fullmatch(version)
    if match is None:
        return ()
    words = match[4].split(".") if match[4] else []
    before = tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in words)
    return (int(match[1]), int(match[2]), int(match[3]), not words, before, version)


def _moment(each: Event) -> tuple[int, int, str]:
    return each.tag.when_ms, each.counter, each.tag.name


def _line(name: str, events: list[Event]) -> Line:
    last: dict[str, Event] = {}
    at_commit: dict[str, list[Registered]] = defaultdict(list)
    for each in (each for each in events if each.version):
        last[each.version] = each
    for version, each in last.items():
        if not each.back:
            at_commit[each.tag.commit].append(Registered(version, each.tag.commit, each))
    registered = [one for several in at_commit.values() for one in several]
    gone = {version: each for version, each in last.items() if each.back}
    # A commit whose versions were all taken back takes its stages along.
    closed = {each.tag.commit for each in events if each.version} - set(at_commit)
    staged = {(each.stage, each.tag.commit): each for each in events if each.stage and each.tag.commit not in closed}
    stages: dict[str, tuple[Registered, Event] | None] = {each.stage: None for each in events if each.stage}
    plain: dict[str, Registered] = {}
    for (stage, commit), each in sorted(staged.items(), key=lambda item: _moment(item[1])):
        if each.back:
            continue
        here = at_commit.get(commit)
        one = max(here, key=lambda one: order(one.version)) if here else plain.get(commit)
        stages[stage] = (one or plain.setdefault(commit, Registered("", commit, each)), each)
    registered.sort(key=lambda one: order(one.version))
    deprecated = events[-1] if events[-1].deprecates else None
    return Line(name, (*registered, *plain.values()), stages, gone, deprecated)
