"""What stands between data of one column schema and another column schema.

This room knows columns, named and unnamed, and how enforcement reads dicts and lists as tables; of their types it
asks ``column_types``. Data are thought to hold declared columns only, in any order where columns have names.
"""

from collections.abc import Iterator
from typing import Any

from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.nested import AnyType, Array, ColumnType, Map, Object, Property
from gitmodels.mlmodel.schema import ColSpec, Schema
from gitmodels.review.column_types import of_columns, presence, spell
from gitmodels.review.differences import Difference, gravest
from gitmodels.review.verdicts import Verdict

_SHOWN = 8


def between(give: Schema, take: Schema, reads_dicts: bool) -> list[Difference]:
    """The differences, in the order of the columns; ``reads_dicts`` asks also how a single dict is read.

    >>> schemas = Schema([ColSpec("long", "a")]), Schema([ColSpec("long", "a"), ColSpec("string", "b")])
    >>> [(each.where, each.what) for each in between(*schemas, reads_dicts=True)]
    [('b', 'wanted')]
    """
    if says_nothing(take):
        return [] if says_nothing(give) else [Difference("unchecked", "", Verdict.NOTE, line(give), "any")]
    if says_nothing(give):
        return [Difference("type", "", Verdict.BREAK, "any", line(take))]
    if give.has_input_names() and take.has_input_names():
        found = list(_named(give, take))
    elif give.has_input_names():
        found = _by_place_now(give, take)
    elif take.has_input_names():
        found = _by_name_now(give, take)
    else:
        found = list(_unnamed(give, take))
    if reads_dicts and gravest(found) < Verdict.BREAK:
        found += _reading(give, take)
    return found


def says_nothing(schema: Schema) -> bool:
    """Whether a schema is one unnamed column of anything: what is written when nothing could be inferred."""
    first = schema.inputs[0]
    return len(schema) == 1 and first.name is None and isinstance(first.type, AnyType)


def _named(give: Schema, take: Schema) -> Iterator[Difference]:
    given, taken = give.input_dict(), take.input_dict()
    for name, mine in given.items():
        theirs = taken.get(name)
        if theirs is None:
            yield Difference("unused", str(name), Verdict.WARN, give=_spell(mine))
            continue
        yield from presence(mine.required, theirs.required, str(name), _spell(mine), _spell(theirs))
        yield from of_columns(mine.type, theirs.type, str(name), takes_null=not theirs.required)
    for name, theirs in taken.items():
        if name not in given:
            what, verdict = ("wanted", Verdict.BREAK) if theirs.required else ("offered", Verdict.OK)
            yield Difference(what, str(name), verdict, take=_spell(theirs))
    common = [name for name in given if name in taken]
    order = [name for name in taken if name in given]
    if common != order:
        yield Difference("order", "", Verdict.NOTE, _listed(common), _listed(order))


def _unnamed(give: Schema, take: Schema) -> Iterator[Difference]:
    for place, (mine, theirs) in enumerate(zip(give, take, strict=False)):
        yield from of_columns(mine.type, theirs.type, str(place))
    if len(give) < len(take):
        yield Difference("too-few", "", Verdict.BREAK, line(give), line(take))
    elif len(give) > len(take):
        if len(take) == 1 and _is_nested(take.inputs[0].type):
            yield Difference("rows-as-cells", "", Verdict.BREAK, line(give), line(take))
        for place in range(len(take), len(give)):
            yield Difference("unused", str(place), Verdict.WARN, give=_spell(give.inputs[place]))


def _by_place_now(give: Schema, take: Schema) -> list[Difference]:
    """Named columns come in any order, so each of them may come to stand in each place."""
    enough = len(give.required_input_names()) >= len(take)
    # Rows of Python's numbers become columns by the types of their names, and now there is none to ask.
    narrowed = {DataType.float, DataType.integer, DataType.long}.intersection(take.input_types())
    fits = enough and not narrowed and _all_fit(give, take) and _rows_fit(give, take)
    what, verdict = ("by-place", Verdict.WARN) if fits else ("lost-names", Verdict.BREAK)
    return [Difference(what, "", verdict, line(give), line(take))]


def _by_name_now(give: Schema, take: Schema) -> list[Difference]:
    """Unnamed columns may have any label, also those that the other schema knows."""
    # A list of cells would be read as rows, whose lengths may differ.
    cells = len(give) == 1 and _is_nested(give.inputs[0].type)
    fits = not take.required_input_names() and not cells and _all_fit(give, take)
    what, verdict = ("by-name", Verdict.WARN) if fits else ("gained-names", Verdict.BREAK)
    return [Difference(what, "", verdict, line(give), line(take))]


def _all_fit(give: Schema, take: Schema) -> bool:
    kinds = set(give.input_types())
    return all(
        gravest(of_columns(mine, theirs, "")) < Verdict.BREAK for theirs in set(take.input_types()) for mine in kinds
    )


def _rows_fit(give: Schema, take: Schema) -> bool:
    """A list of rows is a list of cells where one unnamed column is nested; each row has to pass for such a cell."""
    cell = take.inputs[0].type
    if len(take) > 1 or not _is_nested(cell):
        return True
    row = Object([Property(str(each.name), each.type, each.required) for each in give])
    return gravest(of_columns(row, cell, "", takes_null=True)) < Verdict.BREAK


def _reading(give: Schema, take: Schema) -> list[Difference]:
    """A dict is one row as soon as one column of the schema is nested; else lists in it are columns.

    So a nested column that comes or goes changes how all the others are read.
    """
    nested_before, nested_after = (any(_is_nested(each.type) for each in schema) for schema in (give, take))
    if nested_before == nested_after:
        return []
    if nested_after:
        # Lists of values would be cells now: text columns look at no cell, "anything" neither.
        looks = any(_looks_at_cells(kind) for kind in _common_types(give, take))
        what, verdict = ("one-row", Verdict.BREAK) if looks else ("one-row-unseen", Verdict.WARN)
    else:
        # Two lists of one row have two lengths, which columns may not.
        kinds = [each.type for each in give]
        lists = [kind for kind in kinds if isinstance(kind, Array | AnyType)]
        several = len([kind for kind in kinds if not isinstance(kind, DataType)]) > 1
        what, verdict = ("as-columns-unseen", Verdict.WARN)
        # A lone float beside a list becomes a column of 64 bits, which a float of 32 refuses.
        if lists and (several or DataType.float in _common_types(give, take)):
            what, verdict = ("as-columns", Verdict.BREAK)
        elif not lists:
            return []
    return [Difference(what, "", verdict, line(give), line(take))]


def _common_types(give: Schema, take: Schema) -> list[ColumnType]:
    if give.has_input_names() and take.has_input_names():
        names = give.input_types_dict()
        return [kind for name, kind in take.input_types_dict().items() if name in names]
    return take.input_types()


def _looks_at_cells(kind: ColumnType) -> bool:
    return isinstance(kind, DataType) and kind not in (DataType.string, DataType.binary)


def _is_nested(kind: Any) -> bool:
    return isinstance(kind, Array | Object | Map)


def _spell(spec: ColSpec) -> str:
    return spell(spec.type, not spec.required)


def _listed(names: list[Any]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(map(str, names[:_SHOWN])) + (f" and {rest} more" if rest > 0 else "")


def line(schema: Schema) -> str:
    """A whole schema in one line."""
    return _listed([_spell(each) if each.name is None else f"{each.name} {_spell(each)}" for each in schema])
