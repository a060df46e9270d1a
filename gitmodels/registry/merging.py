"""Two sides of one file of the registry made one: what both mean is kept, what cannot both be is told.

For people who merge the registry's branch with git itself. Pure: bytes in, bytes and words out. Each side's file is
read as the record it is; a file that is none is left to git. What stands in several files, such as a version that
both registered, cannot be put right in one of them: its words say which command can.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gitmodels import yaml
from gitmodels.errors import GitModelsError
from gitmodels.patterns import pattern
from gitmodels.registry.records import AliasRecord, MetaRecord, ModelRecord, Target
from gitmodels.values import frozen

# What git is told to ask us about, as a line of attributes.
PATTERNS = (
    "/gitmodels.yaml",
    "/models/[0-9a-f][0-9a-f]/*/model.yaml",
    "/models/[0-9a-f][0-9a-f]/*/meta/*.yaml",
    "/models/[0-9a-f][0-9a-f]/*/aliases/*.yaml",
    "/models/[0-9a-f][0-9a-f]/*/versions/**",
)
_FOLDER = r"models/[0-9a-f]{2}/[^/]+"
_ALIAS = pattern(rf"{_FOLDER}/aliases/[^/]+\.yaml")
_VERSION = pattern(rf"(?P<model>{_FOLDER})/versions/(?P<number>[0-9]+)/.+")
_LATEST, _EARLIEST = ("updated",), ("created",)
_BY_KEY = ("tags", "remotes")
_ABSENT = object()
_SHOWN = 60


@frozen
class Merged:
    """The file as it is now; ``conflict`` says what cannot both be, empty where nothing is in the way."""

    data: bytes
    conflict: str = ""
    way: str = ""


def merge(path: str, base: bytes, ours: bytes, theirs: bytes) -> Merged | None:
    """The file ``path``, which was ``base`` (empty: it was not there), as both sides together mean it.

    None where it is no record of ours, or one side's cannot be read as one.
    """
    try:
        if ours == theirs:
            return Merged(ours)
        if _ALIAS.fullmatch(path):
            return _alias(path, base, ours, theirs)
        if (version := _VERSION.fullmatch(path)) is not None:
            return _version(path, version["number"], base, ours, theirs)
        return _record(path, base, ours, theirs)
    except GitModelsError:
        return None


def _alias(path: str, base: bytes, ours: bytes, theirs: bytes) -> Merged:
    before = AliasRecord.from_yaml(base, path) if base else None
    here, there = AliasRecord.from_yaml(ours, path), AliasRecord.from_yaml(theirs, path)
    if here.target == there.target:
        # Both agree where it points: the same file comes out whichever side is merged into which.
        return Merged(min(ours, theirs, key=lambda data: (AliasRecord.from_yaml(data, path).op, data)))
    for one, other in ((here, theirs), (there, ours)):
        # Its summary was written anew on one side; it was moved on the other.
        if before is not None and (one.target, one.previous) == (before.target, before.previous):
            return Merged(other)
    told = f"{here.model}@{here.alias} was moved by both: {_way('here', here)}, {_way('there', there)}"
    return _conflict(told, f"take one: git checkout --ours {_quoted(path)}, or --theirs; then git add it", ours, theirs)


def _way(side: str, record: AliasRecord) -> str:
    why = f' "{record.reason.splitlines()[0][:_SHOWN]}"' if record.reason and record.reason.strip() else ""
    return f"{side} {_target(record.previous)} → {_target(record.target)}{why}"


def _target(target: Target) -> str:
    return "none" if target.version is None else f"v{target.version}"


def _version(path: str, number: str, base: bytes, ours: bytes, theirs: bytes) -> Merged:
    model = path.split("/")[2]
    if base:
        told = f"{path} was changed, and what is published never changes"
        return _conflict(
            told, "git merge --abort, and find out who changed it: git log -- " + _quoted(path), ours, theirs
        )
    told = f"{model} v{number} was registered by both"
    return _conflict(told, "git merge --abort, then git models pull: yours gets the next number", ours, theirs)


def _record(path: str, base: bytes, ours: bytes, theirs: bytes) -> Merged | None:
    writing: Callable[[bytes], bytes]
    if path == "gitmodels.yaml":
        writing = bytes
    elif path.endswith("/model.yaml"):
        writing = lambda data: ModelRecord.from_yaml(data, path).to_yaml()  # noqa: E731
    else:
        writing = lambda data: MetaRecord.from_yaml(data, path).to_yaml()  # noqa: E731
    sides = [_mapping(data, path) for data in (base, ours, theirs)]
    if None in sides:
        return None
    before, here, there = (side or {} for side in sides)
    merged, clashes = _merged(before, here, there)
    if clashes:
        told = f"{path}: both changed {', '.join(clashes)}"
        return _conflict(told, "take one value, remove the marks, then git add it", ours, theirs)
    return Merged(writing(yaml.dump(merged)))


def _mapping(data: bytes, what: str) -> dict[str, Any] | None:
    found = yaml.load(data, what=what) if data.strip() else {}
    return dict(found) if isinstance(found, Mapping) else None


def _merged(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any], within: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Key by key, in our order, then theirs; and the keys that got two values."""
    merged: dict[str, Any] = {}
    clashes: list[str] = []
    for key in dict.fromkeys([*ours, *theirs]):
        before, here, there = (side.get(key, _ABSENT) for side in (base, ours, theirs))
        if here == there or there == before:
            value = here
        elif here == before:
            value = there
        elif not within and key in _BY_KEY and isinstance(here, Mapping) and isinstance(there, Mapping):
            inner = before if isinstance(before, Mapping) else {}
            value, found = _merged(inner, here, there, f"{key} ")
            clashes += found
        elif not within and key in _LATEST + _EARLIEST and isinstance(here, str) and isinstance(there, str):
            # Times of one form, which sort as text.
            value = max(here, there) if key in _LATEST else min(here, there)
        else:
            clashes.append(f"{within}{key}")
            continue
        if value is not _ABSENT:
            merged[key] = value
    return merged, clashes


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)


def _conflict(told: str, way: str, ours: bytes, theirs: bytes) -> Merged:
    heading = f"# {told}\n# {way}\n".encode()
    sides = [side if side.endswith(b"\n") or not side else side + b"\n" for side in (ours, theirs)]
    data = heading + b"<<<<<<< ours\n" + sides[0] + b"=======\n" + sides[1] + b">>>>>>> theirs\n"
    return Merged(data, told, way)
