"""Which column type takes the values of which: the rules of ``mlmodel/enforce.py``, told without data.

This room knows types, no names of columns and no schemas. It mirrors what enforcement really accepts, in tables and
in Python values; the law in ``tests/review`` holds it to that.
"""

from collections.abc import Iterator

from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.nested import AnyType, Array, ColumnType, Map, Object, Property, type_to_dict
from gitmodels.registry.summary import spell_type
from gitmodels.review.differences import Difference
from gitmodels.review.verdicts import Verdict
from gitmodels.values import frozen, replace

# In the columns of a table, and as values inside lists and dicts, whole numbers of Python included.
_COLUMNS = {
    (DataType.integer, DataType.long): ("widened", Verdict.OK),
    (DataType.float, DataType.double): ("widened", Verdict.OK),
    (DataType.integer, DataType.double): ("whole-numbers", Verdict.WARN),
    (DataType.string, DataType.binary): ("text-as-bytes", Verdict.WARN),
}
_CELLS = {pair: _COLUMNS[pair] for pair in _COLUMNS if pair != (DataType.integer, DataType.double)}
# numpy's arrays of text do not pass for arrays of bytes.
_ELEMENTS = {pair: _CELLS[pair] for pair in _CELLS if pair != (DataType.string, DataType.binary)}


@frozen
class Place:
    """Where two types meet: its name, whether null is taken there, and which rules hold."""

    where: str
    takes_null: bool
    rules: dict[tuple[DataType, DataType], tuple[str, Verdict]]


def spell(kind: ColumnType, optional: bool = False) -> str:
    """A type in one line, as the summaries of aliases spell it; a question mark says that it may be missing.

    >>> spell(Array("long")), spell(DataType.double, optional=True)
    ('list<long>', 'double?')
    """
    return spell_type(type_to_dict(kind)) + ("?" if optional else "")


def of_columns(give: ColumnType, take: ColumnType, where: str, takes_null: bool = True) -> list[Difference]:
    """What stands between a column of type ``give`` and a schema that says ``take``; empty when they are equal.

    >>> [(each.what, each.verdict.word) for each in of_columns(DataType.long, DataType.double, "age")]
    [('type', 'BREAK')]
    """
    rules = _COLUMNS if isinstance(give, DataType) and isinstance(take, DataType) else _CELLS
    return list(_between(give, take, Place(where, takes_null, rules)))


def _between(give: ColumnType, take: ColumnType, place: Place) -> Iterator[Difference]:
    if isinstance(take, AnyType):
        if not isinstance(give, AnyType):
            yield _told("unchecked", Verdict.NOTE, give, take, place)
    elif isinstance(give, Array) and isinstance(take, Array):
        yield from _between(give.dtype, take.dtype, Place(place.where + "[]", True, _ELEMENTS))
    elif isinstance(give, Map) and isinstance(take, Map):
        inside = replace(place, where=place.where + "{}", rules=_CELLS)
        yield from _between(give.value_type, take.value_type, inside)
    elif isinstance(give, Object) and isinstance(take, Object):
        yield from _objects(give, take, place)
    elif isinstance(give, Object) and isinstance(take, Map):
        yield from _object_as_map(give, take, place)
    elif isinstance(give, DataType) and isinstance(take, DataType):
        if give is not take:
            what, verdict = place.rules.get((give, take), ("type", Verdict.BREAK))
            yield _told(what, verdict, give, take, place)
    else:
        yield _told("type", Verdict.BREAK, give, take, place)


def _objects(give: Object, take: Object, place: Place) -> Iterator[Difference]:
    given = {each.name: each for each in give.properties}
    taken = {each.name: each for each in take.properties}
    for name, mine in given.items():
        where = f"{place.where}.{name}"
        theirs = taken.get(name)
        if theirs is None:
            yield Difference("unknown-key", where, Verdict.BREAK, give=_spell(mine))
            continue
        if not mine.required and theirs.required and len(given) == 1 and _unseen(theirs, place):
            yield Difference("required-unseen", where, Verdict.NOTE, _spell(mine), _spell(theirs))
        else:
            yield from presence(mine.required, theirs.required, where, _spell(mine), _spell(theirs))
        yield from _between(mine.dtype, theirs.dtype, Place(where, not theirs.required, _CELLS))
    for name, theirs in taken.items():
        if name not in given:
            what, verdict = ("wanted", Verdict.BREAK) if theirs.required else ("offered", Verdict.OK)
            yield Difference(what, f"{place.where}.{name}", verdict, take=_spell(theirs))


def _unseen(key: Property, place: Place) -> bool:
    """Whether an object may lack its only key unseen: the empty object passes for null, and null for anything."""
    return place.takes_null and isinstance(key.dtype, AnyType)


def _object_as_map(give: Object, take: Map, place: Place) -> Iterator[Difference]:
    found = []
    for each in give.properties:
        inside = Place(f"{place.where}.{each.name}", place.takes_null, _CELLS)
        if not each.required and not place.takes_null and not isinstance(take.value_type, AnyType):
            found.append(Difference("required", inside.where, Verdict.BREAK, _spell(each), spell(take.value_type)))
        found += _between(each.dtype, take.value_type, inside)
    yield from found or [_told("widened", Verdict.OK, give, take, place)]


def presence(
    gives_always: bool, takes_only: bool, where: str, give: str | None, take: str | None
) -> Iterator[Difference]:
    """What becomes of something that was required and need not be any more, or the other way round."""
    if takes_only and not gives_always:
        yield Difference("required", where, Verdict.BREAK, give, take)
    elif gives_always and not takes_only:
        yield Difference("loosened", where, Verdict.OK, give, take)


def _told(what: str, verdict: Verdict, give: ColumnType, take: ColumnType, place: Place) -> Difference:
    return Difference(what, place.where, verdict, spell(give), spell(take))


def _spell(each: Property) -> str:
    return spell(each.dtype, not each.required)
