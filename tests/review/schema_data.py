"""Schemas, changes of schemas, and data that a schema accepts: what the laws of a review are proven with.

Data come in every form that enforcement reads: tables, lists of rows, dicts of columns, one row, arrays, tables that
stand for arrays. They vary one column, one cell, one key at a time, so that one refusal is enough to be seen.
"""

from __future__ import annotations

import datetime
import decimal
import itertools
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from gitmodels.errors import GitModelsError
from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.infer import as_known
from gitmodels.mlmodel.nested import AnyType, Array, Map, Object, Property
from gitmodels.mlmodel.plain import enforce_plain
from gitmodels.mlmodel.schema import ColSpec, Schema, TensorSpec
from gitmodels.review.columns import says_nothing

NAMES = ["a", "b", "c"]
DAY = datetime.date(2026, 3, 1)
MOMENT = datetime.datetime(2026, 3, 1, 12, 30)

# ---- schemas

scalars = st.sampled_from(list(DataType))
related = {
    DataType.integer: [DataType.long, DataType.double, DataType.float],
    DataType.long: [DataType.integer, DataType.double],
    DataType.float: [DataType.double],
    DataType.double: [DataType.float, DataType.long],
    DataType.string: [DataType.binary, DataType.datetime],
    DataType.binary: [DataType.string],
}


def _objects(inside: st.SearchStrategy) -> st.SearchStrategy:
    entries = st.lists(st.tuples(st.sampled_from(["x", "y", "z"]), inside, st.booleans()), min_size=1, max_size=3)
    return entries.map(lambda found: Object([Property(*each) for each in {each[0]: each for each in found}.values()]))


types = st.recursive(
    st.one_of(scalars, scalars, st.just(AnyType())),
    lambda inside: st.one_of(inside.map(Array), inside.map(Map), _objects(inside)),
    max_leaves=4,
)
mostly_scalars = st.one_of(scalars, scalars, types)


@st.composite
def column_schemas(draw: st.DrawFn, kinds: st.SearchStrategy = mostly_scalars) -> Schema:
    """One to three columns, named or not."""
    if draw(st.integers(0, 3)) == 0:
        return Schema([ColSpec(kind) for kind in draw(st.lists(kinds, min_size=1, max_size=3))])
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=3))
    return Schema([ColSpec(draw(kinds), name, draw(st.booleans())) for name in names])


shapes = st.lists(st.sampled_from([-1, -1, 2, 3]), max_size=3).map(tuple)
dtypes = st.sampled_from(["float64", "float32", "int64", "bool", "str", "object", "uint8", "datetime64[ns]"])


@st.composite
def tensor_schemas(draw: st.DrawFn) -> Schema:
    """One tensor, named or not, or several named ones."""
    names = draw(st.one_of(st.just([None]), st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=3)))
    return Schema([TensorSpec(np.dtype(draw(dtypes)), draw(shapes), name) for name in names])


@st.composite
def nearby(draw: st.DrawFn, kind: Any) -> Any:
    """A type that differs a little, somewhere inside, or not at all."""
    if draw(st.integers(0, 3)) == 0:
        return draw(types)
    if isinstance(kind, DataType):
        return draw(st.sampled_from([kind, *related.get(kind, [])]))
    if isinstance(kind, Array):
        return Array(draw(nearby(kind.dtype)))
    if isinstance(kind, Map):
        return Map(draw(nearby(kind.value_type)))
    if isinstance(kind, Object):
        return draw(_nearby_object(kind))
    return kind


@st.composite
def _nearby_object(draw: st.DrawFn, kind: Object) -> Any:
    if draw(st.integers(0, 4)) == 0:
        return Map(draw(nearby(kind.properties[0].dtype)))
    kept = [each for each in kind.properties if draw(st.integers(0, 4))] or kind.properties
    changed = [Property(each.name, draw(nearby(each.dtype)), draw(_flip(each.required))) for each in kept]
    if draw(st.integers(0, 3)) == 0:
        changed.append(Property("new", draw(types), draw(st.booleans())))
    return Object(changed)


def _flip(flag: bool) -> st.SearchStrategy[bool]:
    return st.sampled_from([flag, flag, flag, not flag])


@st.composite
def changed_schemas(draw: st.DrawFn, schema: Schema) -> Schema:
    """Another schema that came from ``schema`` as models change, or as they never should."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.one_of(column_schemas(types), tensor_schemas()))
    if schema.is_tensor_spec():
        return draw(_changed_tensors(schema))
    specs = [each for each in schema if draw(st.integers(0, 6))] or schema.inputs
    named = schema.has_input_names()
    new = [(draw(nearby(each.type)), each.name, not named or draw(_flip(each.required))) for each in specs]
    if draw(st.integers(0, 4)) == 0:
        name = "d" if named else None
        new.append((draw(types), name, not named or draw(st.booleans())))
    if named and draw(st.integers(0, 5)) == 0:
        return Schema([ColSpec(kind) for kind, _, _ in new])
    if not named and draw(st.integers(0, 5)) == 0:
        required = draw(st.booleans())
        return Schema(
            [ColSpec(kind, NAMES[place % 3] * (1 + place // 3), required) for place, (kind, _, _) in enumerate(new)]
        )
    if draw(st.integers(0, 4)) == 0:
        new.reverse()
    return Schema([ColSpec(*each) for each in new])


@st.composite
def _changed_tensors(draw: st.DrawFn, schema: Schema) -> Schema:
    specs = [each for each in schema if draw(st.integers(0, 6))] or schema.inputs
    named = schema.has_input_names()
    new = []
    for each in specs:
        dtype = each.type if draw(st.integers(0, 4)) else np.dtype(draw(dtypes))
        shape = tuple(draw(st.sampled_from([size, size, size, -1, 2])) for size in each.shape)
        new.append((dtype, shape if draw(st.integers(0, 6)) else draw(shapes), each.name))
    if named and draw(st.integers(0, 4)) == 0:
        new.append((np.dtype(draw(dtypes)), draw(shapes), "d"))
    if named and len(new) == 1 and draw(st.integers(0, 3)) == 0:
        new = [(*new[0][:2], None)]
    elif not named and draw(st.integers(0, 3)) == 0:
        new = [(*new[0][:2], "a")]
    return Schema([TensorSpec(*each) for each in new])


# ---- cells and columns

CELLS: dict[DataType, list[Any]] = {
    DataType.boolean: [True, np.bool_(False)],
    DataType.integer: [5, np.int32(7), np.int8(-3), 0],
    DataType.long: [2**40, np.int64(2**40), np.int32(7), 1],
    DataType.float: [0.5, np.float32(0.5), 1, float("nan")],
    DataType.double: [1e300, np.float64(0.1), decimal.Decimal("1.5"), np.int32(3), 0],
    DataType.string: ["word", np.str_("word")],
    DataType.binary: [b"raw", "word"],
    DataType.datetime: [DAY, MOMENT, np.datetime64("2026-03-01"), pd.Timestamp(MOMENT)],
}
ARRAYS: dict[DataType, list[np.ndarray]] = {
    DataType.boolean: [np.array([True, False])],
    DataType.integer: [np.array([5, -7], "int32"), np.array([1, 2], "int8"), np.array([60000, 1], "uint16")],
    DataType.long: [np.array([2**40, 5]), np.array([0, 1]), np.array([5, 7], "uint32")],
    DataType.float: [np.array([0.5, 2], "float32"), np.array([0.5, 2], "float16"), np.array([0, 1])],
    DataType.double: [
        np.array([0.1, 1e300]),
        np.array([0.5, 1], "float32"),
        np.array([5, 7], "int32"),
        np.array([0, 1]),
    ],
    DataType.string: [np.array(["word", "x"])],
    DataType.binary: [np.array([b"raw", b"x"])],
    DataType.datetime: [
        np.array(["2026-03-01", "1999-01-01"], "datetime64[ns]"),
        np.array(["2026-03-01"] * 2, "M8[s]"),
    ],
}
NULLABLE = {
    DataType.boolean: ["boolean"],
    DataType.integer: ["Int32", "Int8"],
    DataType.long: ["Int64", "UInt32"],
    DataType.float: ["Float32"],
    DataType.double: ["Float64", "Float32"],
    DataType.string: ["str", "string"],
    DataType.binary: ["string"],
}
ANYTHING = [None, 5, "word", [1, 2], {"k": 1}, 0.5, [True], b"raw"]


def cells(kind: Any, nulls: bool = False) -> list[Any]:
    """Values of a type, the plainest first; null and the empty dict too where null passes."""
    if isinstance(kind, AnyType):
        return ANYTHING
    if isinstance(kind, DataType):
        found = list(CELLS[kind])
    elif isinstance(kind, Array):
        found = _lists(kind)
    elif isinstance(kind, Map):
        inside = cells(kind.value_type, nulls)
        found = [{"k": each} for each in inside] + [{}, {"other": inside[0], "k": inside[-1]}]
    else:
        found = list(_dicts(kind))
    return [*found, None, {}] if nulls else found


def _lists(kind: Array) -> list[Any]:
    inside = cells(kind.dtype)
    found = [[each, inside[0]] for each in inside] + [
        [inside[0]],
        [inside[0], None],
        [],
        [{}] if _dict_like(kind) else [],
    ]
    if isinstance(kind.dtype, DataType):
        found += ARRAYS[kind.dtype]
    if isinstance(kind.dtype, Array) and isinstance(kind.dtype.dtype, DataType):
        found += [np.stack([each, each]) for each in ARRAYS[kind.dtype.dtype]]
    return found


def _dict_like(kind: Array) -> bool:
    return isinstance(kind.dtype, Map)


def _dicts(kind: Object) -> Iterator[dict]:
    values = {each.name: cells(each.dtype, not each.required) for each in kind.properties}
    plain = {name: found[0] for name, found in values.items()}
    yield plain
    yield {each.name: plain[each.name] for each in kind.properties if each.required}
    for name, found in values.items():
        for value in found[1:]:
            yield {**plain, name: value}


class Column(NamedTuple):
    """Two cells of a column, as a table holds them and as Python does."""

    stored: Any
    listed: list[Any]


def columns(spec: ColSpec) -> list[Column]:
    """Columns of two rows that a spec describes, the plainest first."""
    nulls = not spec.required or spec.name is None
    found = []
    if isinstance(spec.type, DataType):
        for array in ARRAYS[spec.type]:
            found.append(
                Column(pd.Series(array if array.dtype.kind not in "SU" else array.astype(object)), list(array))
            )
        first = CELLS[spec.type][0]
        for dtype in NULLABLE.get(spec.type, []):
            small = "word" if dtype.startswith("str") else {"Int8": 5, "UInt32": 5, "Float32": 0.5}.get(dtype, first)
            found.append(Column(pd.Series([small, None], dtype=dtype), [small, None]))
        found.append(Column(found[0].stored.astype("category"), list(ARRAYS[spec.type][0])))
    values = cells(spec.type, nulls)
    for each in values:
        pair = [each, values[0]] if not isinstance(spec.type, AnyType) else [each, each]
        found.append(Column(_object_series(pair), pair))
    return found


def _object_series(pair: list[Any]) -> pd.Series:
    array = np.empty(2, dtype=object)
    array[:] = [None, None]
    array[0], array[1] = pair
    return pd.Series(array, dtype=object)


# ---- data


class Data(NamedTuple):
    """One input and its form.

    ``own``: tables and rows for columns, arrays for tensors. ``dict``: one dict, read as columns or as one row.
    ``other`` and ``other dict``: tables that stand for tensors; Python data where pandas is not installed (``plain``).
    """

    value: Any
    form: str
    plain: bool = False


def data_in(schema: Schema, chance: random.Random, forms: tuple[str, ...]) -> Iterator[Data]:
    """Data in these forms; most of them the schema accepts."""
    found = _tensors(schema) if schema.is_tensor_spec() else _tables(schema, chance)
    return (each for each in found if each.form in forms)


def accepts(schema: Schema, data: Data) -> bool:
    """Whether enforcement lets data pass."""
    try:
        if data.plain and not schema.is_tensor_spec():
            if not says_nothing(schema):
                enforce_plain(as_known(data.value), schema)
        else:
            enforce_schema(data.value, schema)
    except GitModelsError:
        return False
    return True


def _tables(schema: Schema, chance: random.Random) -> Iterator[Data]:
    if says_nothing(schema):
        yield Data({1, 2}, "own")
    specs = schema.inputs
    found = [columns(each) for each in specs]
    plain = [each[0] for each in found]
    if schema.has_input_names():
        for left_out in range(len(specs)):
            if not specs[left_out].required:
                kept = [place for place in range(len(specs)) if place != left_out]
                yield from _forms(schema, [specs[each] for each in kept], [plain[each] for each in kept])
        required = [place for place, each in enumerate(specs) if each.required]
        yield from _forms(schema, [specs[each] for each in required], [plain[each] for each in required])
        for order in itertools.permutations(range(len(specs))):
            yield Data(pd.DataFrame({specs[place].name: plain[place].stored for place in order}), "own")
    for chosen in _choices(found, plain, chance):
        yield from _forms(schema, specs, chosen)


def _choices(found: list[list[Column]], plain: list[Column], chance: random.Random) -> Iterator[list[Column]]:
    for place, several in enumerate(found):
        for each in several:
            yield [*plain[:place], each, *plain[place + 1 :]]
    for _ in range(3):
        yield [chance.choice(several) for several in found]


def _forms(schema: Schema, specs: list[ColSpec], chosen: list[Column]) -> Iterator[Data]:
    named = schema.has_input_names()
    labels = [each.name for each in specs] if named else list(range(len(specs)))
    known = [*NAMES, "d"]
    turned = [known[first:] + known[:first] for first in range(len(known))]
    for names in [labels] if named else [labels, ["p", "q", "r", "s"], *turned]:
        names = names[: len(specs)]
        yield Data(pd.DataFrame(dict(zip(names, (each.stored for each in chosen), strict=True)), index=range(2)), "own")
        texts = [str(each) for each in names]
        rows = [{name: each.listed[row] for name, each in zip(texts, chosen, strict=True)} for row in range(2)]
        whole = {name: list(each.listed) for name, each in zip(texts, chosen, strict=True)}
        for value, form in ((rows, "own"), (rows[:1], "own"), (whole, "dict"), (rows[0], "dict")):
            yield Data(value, form)
            yield Data(value, "other" if form == "own" else "other dict", plain=True)
    if not named:
        yield Data([[each.listed[row] for each in chosen] for row in range(2)], "own")
        if len(specs) == 1:
            for value in (chosen[0].listed, chosen[0].listed[0]):
                yield Data(value, "own")
                yield Data(value, "other", plain=True)


LENGTHS = (1, 2, 3, 5)


def _tensors(schema: Schema) -> Iterator[Data]:
    found = [list(_arrays(each)) for each in schema]
    named = schema.has_input_names()
    for place, several in enumerate(found):
        for array in several:
            chosen = [each[0] for each in found]
            chosen[place] = array
            if named:
                yield Data({spec.name: each for spec, each in zip(schema, chosen, strict=True)}, "own")
            if len(found) == 1:
                yield Data(array, "own")
    tables = [list(_tables_of(each)) for each in schema]
    if not named:
        yield from (Data(each, "other") for each in tables[0])
        return
    single = [[each.iloc[:, 0] for each in several if each.shape[1] == 1] for several in tables]
    if all(single):
        yield Data(pd.DataFrame({spec.name: each[0] for spec, each in zip(schema, single, strict=True)}), "other")


def _arrays(spec: TensorSpec) -> Iterator[np.ndarray]:
    variable = [LENGTHS if size == -1 else (size,) for size in spec.shape]
    for shape in itertools.islice(itertools.product(*variable), 30):
        yield np.zeros(shape, dtype=spec.type if spec.type.char not in "US" else f"{spec.type.char}3")
    if -1 in spec.shape[1:] or (spec.shape == (-1,) and spec.type.kind == "O"):
        yield np.array([[1], [2, 3]], dtype=object)
    if spec.shape == (-1,) and spec.type.kind == "O":
        yield np.zeros((2, 2))
        yield np.array(5)


def _tables_of(spec: TensorSpec) -> Iterator[pd.DataFrame]:
    """Tables of two rows that stand for one tensor."""
    dtype = spec.type if spec.type.char not in "US" else object
    if spec.shape[:1] != (-1,) or -1 in spec.shape[1:]:
        return
    width = int(np.prod(spec.shape[1:], dtype=int))
    yield pd.DataFrame({"a": _object_series([np.zeros(width, dtype=dtype).tolist() for _ in range(2)])})
    if width == 1 and len(spec.shape) <= 2:
        yield pd.DataFrame({"a": np.zeros(2, dtype=dtype)})
    if len(spec.shape) == 2:
        yield pd.DataFrame(np.zeros((2, width), dtype=dtype))
