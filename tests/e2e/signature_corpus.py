"""Data and signatures for comparing two programs: made by this one script, which imports neither of them.

``outcomes`` runs every case through the functions of one side and tells what came of it as plain JSON, so that two
sides in two environments can be compared. Refusals are told as such, without their words.
"""

import dataclasses
import datetime
import decimal
import json
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pydantic
import scipy.sparse

NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")
NULLABLE = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64", "boolean")
TYPES = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")
DAY, MOMENT = datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, 4, 5)
PLAIN = (bool, int, float, complex, str, bytes, bytearray, datetime.date, decimal.Decimal)
ZONED = MOMENT.replace(tzinfo=datetime.UTC)


def columns() -> Iterator[tuple[str, pd.Series]]:
    """One column of every dtype and of every kind of object, with and without nulls."""
    for dtype in NUMBERS:
        yield dtype, pd.Series([0, 1, 2], dtype=dtype)
        yield f"{dtype} bits", pd.Series([0, 1, 1], dtype=dtype)
    for dtype in NULLABLE:
        yield dtype, pd.Series([0, 1, 1], dtype=dtype)
        yield f"{dtype} null", pd.Series([0, 1, None], dtype=dtype)
    for dtype in ("float16", "float32", "float64"):
        yield f"{dtype} null", pd.Series([0, 1, np.nan], dtype=dtype)
    for dtype in (
        "int64[pyarrow]",
        "int8[pyarrow]",
        "double[pyarrow]",
        "bool[pyarrow]",
        "Sparse[float64]",
        "Sparse[int64]",
    ):
        yield dtype, pd.Series([0, 1, 1]).astype(dtype)
    yield "bool", pd.Series([True, False])
    yield "complex128", pd.Series([1j, 2])
    yield "timedelta64", pd.Series(pd.to_timedelta([1, 2], unit="s"))
    yield "period", pd.Series(pd.period_range("2020-01", periods=2, freq="M"))
    yield "interval", pd.Series(pd.interval_range(0, 2))
    for unit in ("s", "ms", "us", "ns"):
        yield f"datetime {unit}", pd.Series(pd.to_datetime([MOMENT, MOMENT])).astype(f"datetime64[{unit}]")
    yield "datetime null", pd.Series(pd.to_datetime([MOMENT, None]))
    yield "datetime zone", pd.Series(pd.to_datetime([MOMENT, MOMENT])).dt.tz_localize("Europe/Rome")
    for dtype in ("str", "string", "string[pyarrow]"):
        yield dtype, pd.Series(["a", "b"], dtype=dtype)
        yield f"{dtype} null", pd.Series(["a", None], dtype=dtype)
    for name, values in {"text": ["a", "b"], "long": [1, 2], "double": [1.5, 2.5], "date": [MOMENT, MOMENT]}.items():
        yield f"category {name}", pd.Series(values).astype("category")
        yield f"category {name} null", pd.Series([*values, None]).astype("category")
    for name, values in objects():
        yield f"object {name}", pd.Series(values, dtype=object)
    yield "empty float64", pd.Series([], dtype="float64")
    yield "empty str", pd.Series([], dtype="str")


def objects() -> Iterator[tuple[str, list[Any]]]:
    """Values of a column of Python objects."""
    scalars: dict[str, list[Any]] = {
        "text": ["a", "b"],
        "bytes": [b"a", b"bc"],
        "bytearray": [bytearray(b"a")],
        "bool": [True, False],
        "long": [1, 2],
        "double": [1.5, 2.5],
        "mixed numbers": [1, 2.5],
        "decimal": [decimal.Decimal("1.5")],
        "date": [DAY, DAY],
        "moment": [MOMENT, MOMENT],
        "zoned": [ZONED, ZONED],
        "datetime64": [np.datetime64("2020-01-01")],
        "int32": [np.int32(1), np.int32(2)],
        "float32": [np.float32(1.5)],
        "list of long": [[1, 2], [3]],
        "list of double": [[1.5], [2.5, 3.5]],
        "list of text": [["a"], ["b", "c"]],
        "list of bool": [[True], [False]],
        "list of bytes": [[b"a"], [b"b"]],
        "list of list": [[[1], [2, 3]], [[4]]],
        "array float32": [np.array([1, 2], "float32"), np.array([3], "float32")],
        "array int64": [np.array([1, 2])],
        "array text": [np.array(["a", "b"])],
        "dict": [{"x": 1}, {"x": 2}],
        "dict of text": [{"x": "a", "y": 1.5}, {"x": "b", "y": 2.5}],
        "dict of list": [{"x": [1, 2]}, {"x": [3]}],
        "dict of dict": [{"x": {"y": "a"}}, {"x": {"y": "b"}}],
        "list of dict": [[{"x": 1}, {"x": 2}], [{"x": 3}]],
    }
    for name, values in scalars.items():
        yield name, values
        yield f"{name} null", [*values, None]
    yield "some keys", [{"x": 1}, {"x": 2, "y": "b"}]
    yield "null in dict", [{"x": 1}, {"x": None}]
    yield "null in list", [[1, None], [2, 3]]
    yield "null text in list", [["a", None], ["b"]]
    yield "nulls", [None, None]
    yield "empty", []
    yield "empty lists", [[], []]
    yield "empty and full list", [[], [1]]
    yield "empty dicts", [{}, {}]
    yield "text and long", ["a", 1]
    yield "text and list", ["a", ["b"]]
    yield "list of mixed", [[1, "a"]]
    yield "large", [2**63]
    yield "set", [{1}]
    yield "tuple", [(1, 2)]
    yield "object", [object()]
    yield "numeric text", ["1.5", 2.5]


def frames() -> Iterator[tuple[str, pd.DataFrame]]:
    """Frames: what labels and indexes do, and columns beside each other."""
    yield "numbers", pd.DataFrame(np.arange(6.0).reshape(3, 2))
    yield "labels", pd.DataFrame({"b": [1, 2], "a": ["x", "y"]})
    yield "index", pd.DataFrame({"a": [1.5, 2.5]}, index=[7, 5])
    yield "text index", pd.DataFrame({"a": [[1], [2]]}, index=["x", "y"])
    yield "long labels", pd.DataFrame({3: [1.5], 1: [2.5]})
    yield "two levels", pd.DataFrame([[1.5, 2.5]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    yield "many types", pd.DataFrame({"i": [1], "f": [1.5], "s": ["a"], "b": [True], "d": [MOMENT], "o": [[1]]})
    yield "no rows", pd.DataFrame({"a": pd.Series([], dtype="int64"), "b": pd.Series([], dtype="float64")})
    yield "one odd column", pd.DataFrame({"a": [1.5], "odd": [1j]})
    yield "nulls here and there", pd.DataFrame({"a": [1.5, None], "b": ["x", None], "c": [1, 2]})


def python_data() -> Iterator[tuple[str, Any]]:
    """What is no frame: scalars, lists, dicts, arrays, matrices, Series."""
    scalars: dict[str, Any] = {
        "long": 1, "double": 1.5, "text": "a", "bool": True, "bytes": b"a", "moment": MOMENT, "date": DAY,
        "int32": np.int32(1), "int8": np.int8(1), "float32": np.float32(1.5), "float16": np.float16(1.5),
        "str_": np.str_("a"), "bool_": np.bool_(True), "datetime64": np.datetime64("2020-01-01"), "nan": float("nan"),
        "complex": 1j, "tuple": (1, 2), "set": {1}, "decimal": decimal.Decimal(1), "uint64": np.uint64(1),
    }  # fmt: skip
    yield from scalars.items()
    yield from ((f"list {name}", [value, value]) for name, value in scalars.items())
    yield from ((f"dict {name}", {"a": value, "b": 1.5}) for name, value in scalars.items())
    yield from ((f"list of {name}", values) for name, values in objects())
    yield from ((f"dict of {name}", {"a": values}) for name, values in objects() if values)
    yield "rows", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    yield "rows with a hole", [{"a": 1, "b": "x"}, {"a": 2}]
    yield "rows with null", [{"a": 1.5, "b": None}, {"a": 2.5, "b": "y"}]
    yield "rows of lists", [{"a": [1, 2]}, {"a": [3]}]
    yield "dict of two lists", {"a": [1, 2], "b": [1.5, 2.5]}
    yield "dict of text and texts", {"a": "x", "b": ["y", "z"]}
    yield "messages", {"messages": [{"role": "user", "content": "hi"}]}
    yield "empty dict", {}
    yield "odd keys", {1: 2}
    for name, value in arrays():
        yield f"array {name}", value
        yield f"dict of array {name}", {"a": value, "b": value}
    for kind in ("csr_matrix", "csc_matrix", "coo_matrix", "csr_array"):
        for dtype in ("float64", "float32", "int64"):
            yield f"{kind} {dtype}", getattr(scipy.sparse, kind)(np.eye(3, dtype=dtype))
    yield "series", pd.Series([1.5, 2.5], name="s")
    yield "series without name", pd.Series([1.5, 2.5])
    yield "series with null", pd.Series([1.5, None], name="s")
    yield "series of text", pd.Series(["a", "b"], name="s")


def arrays() -> Iterator[tuple[str, Any]]:
    """Arrays of every dtype and some shapes, ragged ones too."""
    for dtype in (*NUMBERS, "bool", "complex64", "U3", "S2", "M8[s]", "m8[s]", ">i4", ">f8"):
        yield dtype, np.ones((2, 3)).astype(dtype)
    yield "one dimension", np.arange(3.0)
    yield "four dimensions", np.zeros((2, 3, 4, 5), "float32")
    yield "no rows", np.zeros((0, 3))
    yield "no dimension", np.array(5)
    yield "objects", np.array(["a", None], dtype=object)
    ragged = np.empty(2, dtype=object)
    ragged[:] = [np.zeros(2), np.zeros(3)]
    yield "ragged", ragged


def everything() -> Iterator[tuple[str, Any]]:
    """All data sets with their names."""
    for name, column in columns():
        yield f"column {name}", pd.DataFrame({"a": column})
    for name, frame in frames():
        yield f"frame {name}", frame
    for name, data in python_data():
        yield f"data {name}", data


def conversions() -> Iterator[tuple[str, str, Any]]:
    """Every column under each of the eight types: name, the JSON of the schema, data."""
    for name, column in columns():
        for kind in TYPES:
            schema = json.dumps([{"type": kind, "name": "a", "required": True}])
            yield f"{name} as {kind}", schema, pd.DataFrame({"a": column})


def array_of(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items if isinstance(items, dict) else {"type": items}}


def object_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {name.rstrip("_"): kind for name, kind in properties.items()}}


def need(kind: str) -> dict[str, Any]:
    return {"type": kind, "required": True}


def may(kind: Any) -> dict[str, Any]:
    return {**(kind if isinstance(kind, dict) else {"type": kind}), "required": False}


def nested() -> Iterator[tuple[str, str, Any]]:
    """Values under arrays, objects, maps and "anything"."""
    point = object_of(x=need("double"), y=may("string"))
    tree = object_of(a=may(array_of(object_of(b=need("long")))), c=need("any"))
    kinds: dict[str, tuple[dict[str, Any], list[Any]]] = {
        "array of long": (
            array_of("long"),
            [[1, 2], [], None, [1, None], ["a"], [1.5], "a", 1, np.array([1, 2]), np.array([1, 2], "int32"), {"a": 1}],
        ),
        "array of double": (
            array_of("double"),
            [[1.5], [1, 2], [0, 1], [1, 2.5], [None, 1.5], np.array([1.5], "float32"), np.array([2, 3]), [True], ["a"]],
        ),
        "array of string": (array_of("string"), [["a"], [], None, [1], np.array(["a"]), "abc", [b"a"]]),
        "array of boolean": (array_of("boolean"), [[True], [1], [None], np.array([True])]),
        "array of binary": (array_of("binary"), [[b"a"], ["a"], [1]]),
        "array of any": (array_of("any"), [[1, "a", None], [], None, "a", {"x": 1}]),
        "array of array": (array_of(array_of("long")), [[[1], [2]], [[]], [[1], None], [1], [["a"]]]),
        "map of long": (
            {"type": "map", "values": {"type": "long"}},
            [{"a": 1}, {}, None, {"a": "b"}, {"a": None}, {1: 2}, [1]],
        ),
        "map of any": ({"type": "map", "values": {"type": "any"}}, [{"a": 1, "b": "c"}, {}, None, [1]]),
        "object": (
            point,
            [{"x": 1.5, "y": "a"}, {"x": 1.5}, {"x": 1.5, "y": None}, {"y": "a"}, {"x": "a"}, {"x": 1.5, "z": 1},
             {"x": 1}, {"x": 3}, {"x": None}, {}, None, [1], "a"],
        ),
        "tree": (
            tree,
            [{"a": [{"b": 1}], "c": 1}, {"a": [], "c": None}, {"a": None, "c": "x"}, {"c": []},
             {"a": [{"b": "x"}], "c": 1}, {"a": [{}], "c": 1}, {"a": [{"b": 1, "d": 2}], "c": 1}],
        ),
        "any": ({"type": "any"}, [1, "a", None, [1], {"a": 1}]),
    }  # fmt: skip
    for name, (kind, values) in kinds.items():
        for required in (True, False):
            schema = json.dumps([{**kind, "name": "a", "required": required}])
            for place, value in enumerate(values):
                frame = pd.DataFrame({"a": pd.Series([None], dtype=object)})
                frame.at[0, "a"] = value
                yield f"{name} {'required' if required else 'optional'} {place}", schema, frame


def layouts() -> Iterator[tuple[str, str, Any]]:
    """Which columns are there, in which order; how other data becomes columns."""
    two = json.dumps(
        [{"type": "long", "name": "a", "required": True}, {"type": "double", "name": "b", "required": False}]
    )
    unnamed = json.dumps([{"type": "double", "required": True}, {"type": "double", "required": True}])
    one = json.dumps([{"type": "string", "name": "a", "required": True}])
    data: dict[str, Any] = {
        "both": pd.DataFrame({"b": [1.5], "a": [1]}),
        "no optional": pd.DataFrame({"a": [1]}),
        "no required": pd.DataFrame({"b": [1.5]}),
        "extra": pd.DataFrame({"c": ["x"], "a": [1], "b": [1.5]}),
        "another": pd.DataFrame({"c": ["x"]}),
        "null in required": pd.DataFrame({"a": [1, None]}),
        "dict": {"a": 1, "b": 1.5},
        "dict of lists": {"a": [1, 2], "b": [1.5, 2.5]},
        "rows": [{"a": 1, "b": 1.5}, {"a": 2}],
        "array": np.array([[1.0, 2.0]]),
        "list": [1, 2],
        "scalar": 1,
        "text": "x",
        "texts": ["x", "y"],
        "dict of text": {"a": "x"},
        "dict of texts": {"a": ["x", "y"]},
        "matrix": scipy.sparse.csr_matrix(np.eye(2)),
        "wide": pd.DataFrame(np.zeros((1, 3))),
        "narrow": pd.DataFrame(np.zeros((1, 1))),
        "series": pd.Series([1, 2], name="a"),
        "none": None,
    }
    for kind, schema in {"two": two, "unnamed": unnamed, "one": one}.items():
        yield from ((f"{kind} {name}", schema, each) for name, each in data.items())


def tensors() -> Iterator[tuple[str, str, Any]]:
    """Arrays, matrices, frames and dicts under tensors with and without names."""

    def spec(dtype: str, shape: list[int], name: str | None = None) -> dict[str, Any]:
        inner = {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}
        return inner if name is None else {"name": name, **inner}

    schemas = {
        "2d": [spec("float64", [-1, 2])],
        "1d": [spec("float64", [-1])],
        "3d": [spec("float32", [-1, 2, 2])],
        "open": [spec("float64", [-1, -1, 3])],
        "object": [spec("object", [-1])],
        "text": [spec("str", [-1])],
        "named": [spec("float64", [-1, 2], "a"), spec("int64", [-1], "b")],
        "one name": [spec("float64", [-1, 2], "a")],
    }
    data: dict[str, Any] = {
        "2d": np.ones((3, 2)),
        "2d float32": np.ones((3, 2), "float32"),
        "2d int": np.ones((3, 2), "int64"),
        "2d wide": np.ones((3, 3)),
        "1d": np.ones(3),
        "3d": np.ones((3, 2, 2), "float32"),
        "ragged": dict(arrays())["ragged"],
        "text": np.array(["a", "b"]),
        "sparse": scipy.sparse.csr_matrix(np.eye(2)),
        "list": [[1.0, 2.0]],
        "frame": pd.DataFrame(np.ones((2, 2))),
        "frame of one": pd.DataFrame({"x": [1.0, 2.0]}),
        "frame of lists": pd.DataFrame({"a": [[1.0, 2.0], [3.0, 4.0]]}),
        "frame of arrays": pd.DataFrame({"a": [np.ones(2), np.ones(2)]}),
        "named": {"a": np.ones((3, 2)), "b": np.ones(3, "int64")},
        "named extra": {"a": np.ones((3, 2)), "b": np.ones(3, "int64"), "c": np.ones(1)},
        "named less": {"a": np.ones((3, 2))},
        "named frame": pd.DataFrame({"a": [[1.0, 2.0], [3.0, 4.0]], "b": [1, 2]}),
        "empty frame": pd.DataFrame(),
        "dict of list": {"a": [[1.0, 2.0]]},
        "series": pd.Series([1.0, 2.0]),
    }
    for kind, specs in schemas.items():
        yield from ((f"{kind}: {name}", json.dumps(specs), each) for name, each in data.items())


def parameters() -> Iterator[tuple[str, Any]]:
    """Values that parameters are inferred from."""
    values: dict[str, Any] = {
        "long": 1, "double": 1.5, "text": "a", "bool": True, "moment": MOMENT, "date": DAY,
        "datetime64": np.datetime64("2020-01-01"), "int32": np.int32(1), "float32": np.float32(1.5),
        "uint64": np.uint64(1), "bytes": b"a", "none": None, "nan": float("nan"), "longs": [1, 2],
        "doubles": [1.5, 2.5], "mixed": [1, 2.5], "texts": ["a", "b"], "bools": [True],
        "moments": [MOMENT], "text and long": ["a", 1],
        "empty": [], "array": np.array([1, 2]), "matrix": np.ones((2, 2)), "list of list": [[1]],
        "null in list": [1, None], "dict": {"a": 1}, "dict of dict": {"a": {"b": "c"}}, "dict of list": {"a": [1, 2]},
        "empty dict": {}, "list of dict": [{"a": 1}], "tuple": (1, 2), "set": {1}, "complex": 1j, "object": object(),
        "dict with null": {"a": None, "b": 1},
    }  # fmt: skip
    yield from ((name, {"p": value}) for name, value in values.items())
    yield "several", {"a": 1, "b": "x", "c": [1.5]}


def parameters_given() -> Iterator[tuple[str, str, Any]]:
    """Values given for parameters of each type."""
    moment = MOMENT.isoformat()
    specs: dict[str, tuple[Any, Any]] = {
        "boolean": (True, None), "integer": (1, None), "long": (1, None), "float": (1.5, None), "double": (1.5, None),
        "string": ("a", None), "datetime": (moment, None), "longs": ([1], [-1]), "doubles": ([1.5], [-1]),
        "strings": (["a"], [-1]), "datetimes": ([moment], [-1]),
    }  # fmt: skip
    values: dict[str, Any] = {
        "bool": True, "long": 3, "int32": np.int32(3), "int64": np.int64(3), "double": 2.5, "float32": np.float32(2.5),
        "float64": np.float64(2.5), "text": "b", "moment": MOMENT, "date text": "2021-02-03", "none": None,
        "bytes": b"a", "longs": [3, 4], "doubles": [2.5], "texts": ["b"], "moments": [MOMENT], "matrix": [[1]],
        "array": np.array([3, 4]), "dict": {"a": 1}, "empty": [],
    }  # fmt: skip
    for kind, (default, shape) in specs.items():
        name = kind.rstrip("s") if shape else kind
        schema = json.dumps([{"name": "p", "type": name, "default": default, "shape": shape}])
        yield from ((f"{kind}: {given}", schema, {"p": value}) for given, value in values.items())
    thing = {"name": "p", "default": {"a": 1}, "shape": None, **object_of(a=need("long"), b=may("string"))}
    for given, value in {
        "same": {"a": 2},
        "both": {"a": 2, "b": "x"},
        "less": {},
        "more": {"a": 1, "c": 1},
        "no": 1,
    }.items():
        yield f"object: {given}", json.dumps([thing]), {"p": value}
    yield "objects", json.dumps([{**thing, "default": [{"a": 1}], "shape": [-1]}]), {"p": [{"a": 2}]}
    two = [{"name": name, "type": "long", "default": 1, "shape": None} for name in ("a", "b")]
    yield "missing", json.dumps(two), {"a": 2}
    yield "unknown", json.dumps(two), {"z": 2}
    yield "nothing", json.dumps(two), None
    yield "no dict", json.dumps(two), [1]


def hints() -> Iterator[tuple[str, Any]]:
    """Type hints of the input of a ``predict``."""
    yield from (
        (str(hint), hint)
        for hint in (
            list[str], list[int], list[float], list[bool], list[bytes], list[datetime.datetime], list[list[int]],
            list[dict[str, int]], list[dict[str, list[str]]], list[dict[str, Any]], list[Any], list[int | str],
            list[list[int | None]], list[dict[str, int | None]], list[list[Any]], list[list[dict[str, float]]],
            list[int], list[dict[str, str]], list[int | None], list[int | None],
            list[Item], list[Order], list[list[Item]], list[dict[str, Item]], list[int | str | None],
            list, dict, str, int, list[object], list[dict[int, str]], list[tuple[int, int]], dict[str, int],
            pd.DataFrame, np.ndarray, list[dict], list[list], list[datetime.date], list[set[int]], Item,
        )
    )  # fmt: skip


class Item(pydantic.BaseModel):
    """A model with fields of every kind that a hint can say."""

    name: str
    size: int
    price: float
    fresh: bool
    raw: bytes
    when: datetime.datetime
    tags: list[str]
    scores: dict[str, float]
    anything: Any
    either: int | str
    note: str | None = None
    counts: list[int] | None = None
    maybe: int | str | None = None


class Order(pydantic.BaseModel):
    """Models inside a model."""

    first: Item
    rest: list[Item]
    by_name: dict[str, Item]
    last: Item | None = None


@dataclasses.dataclass
class Point:
    """Scalars, required and optional."""

    x: float
    n: int
    label: str
    good: bool
    raw: bytes
    day: datetime.date
    note: str | None = None
    weight: float | None = None


@dataclasses.dataclass
class Place(Point):
    """Inherited fields, lists and other dataclasses."""

    points: list[Point] = dataclasses.field(default_factory=list)
    names: list[str] = dataclasses.field(default_factory=list)
    marks: list[int] | None = None
    center: Point | None = None


@dataclasses.dataclass
class Message:
    """What chat models take."""

    role: str
    content: str


@dataclasses.dataclass
class Request:
    """A list of dataclasses beside scalars."""

    messages: list[Message]
    temperature: float | None = None


POINT = Point(1.5, 2, "a", True, b"a", DAY)
RECORDS = {
    "point": POINT,
    "class of a point": Point,
    "place": Place(1.5, 2, "a", True, b"a", DAY, points=[POINT], names=["x"], center=POINT),
    "request": Request([Message("user", "hi")]),
}


def schemas() -> Iterator[str]:
    """JSON of schemas that inference does not give: maps, optional properties, deep nesting, odd labels."""
    for cases in (conversions, nested, layouts, tensors):
        yield from dict.fromkeys(schema for _, schema, _ in cases())
    kinds = [{"type": kind} for kind in (*TYPES, "any")]
    deep: dict[str, Any] = {"type": "long"}
    for _ in range(8):
        deep = array_of(object_of(x={**deep, "required": True}))
        kinds += [deep, {"type": "map", "values": deep}]
    yield from (json.dumps([{**kind, "name": "é ☃", "required": False}]) for kind in kinds)
    yield json.dumps([{"type": "long", "name": 3, "required": True}, {"type": "any", "name": "4", "required": False}])
    yield json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float16", "shape": [-1, -1, 3]}}])


def told(value: Any) -> Any:
    """A result as JSON: dtypes, labels, index and every cell; numpy's scalars as Python's."""
    if isinstance(value, pd.DataFrame):
        cells = [[told(each) for each in value.iloc[:, place].tolist()] for place in range(value.shape[1])]
        return {
            "columns": [repr(each) for each in value.columns.tolist()],
            "dtypes": [str(each) for each in value.dtypes],
            "cells": cells,
            "index": [repr(each) for each in value.index.tolist()],
        }
    if isinstance(value, np.ndarray) and value.ndim:
        return {
            "array": str(value.dtype),
            "shape": list(value.shape),
            "cells": [told(each) for each in value.ravel().tolist()],
        }
    if scipy.sparse.issparse(value):
        return {"sparse": value.format, "dense": told(value.toarray())}
    if isinstance(value, list):
        return [told(each) for each in value]
    if isinstance(value, dict):
        return {str(key): told(each) for key, each in value.items()}
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if hasattr(value, "item"):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return f"{type(value).__name__} {value!r}" if isinstance(value, PLAIN) else type(value).__name__


def outcomes(side: SimpleNamespace) -> dict[str, Any]:
    """What ``side`` makes of every case.

    ``side`` has ``infer(data)``, ``infer_params(dict)`` and ``hint(type)``, giving JSON; ``enforce(data, JSON)``,
    ``enforce_params(dict, JSON)`` and ``again(JSON)``, the text that a schema read from text writes.
    """
    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in everything():
            found[f"infer {name}"] = inferred = _try(side.infer, data)
            if isinstance(inferred, str):
                found[f"accept {name}"] = _told(side.enforce, data, inferred)
        for cases in (conversions, nested, layouts, tensors):
            for name, schema, data in cases():
                found[f"{cases.__name__} {name}"] = _told(side.enforce, data, schema)
        for name, record in RECORDS.items():
            found[f"infer record {name}"] = _try(side.infer, record)
        for name, hint in hints():
            found[f"hint {name}"] = _try(side.hint, hint)
        for schema in schemas():
            found[f"again {schema}"] = _try(side.again, schema)
        for name, values in parameters():
            found[f"infer parameters {name}"] = _try(side.infer_params, values)
        for name, schema, values in parameters_given():
            found[f"parameters {name}"] = _told(side.enforce_params, values, schema)
    return found


def _told(function: Any, *arguments: Any) -> Any:
    done = _try(function, *arguments)
    return REFUSED if done is REFUSED else told(done)


REFUSED = ["refused"]


def _try(function: Any, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except Exception:  # noqa: BLE001 - each side has its own errors
        return REFUSED
