"""Types that hold other types: arrays, objects with named properties, maps, and "anything".

This room knows the types, their JSON and how two of them merge; it knows no data. All values are immutable.
JSON is MLflow's, byte for byte; what comes from a file is checked and bounded before it becomes a type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

from gitmodels.errors import Invalid, NotSupported
from gitmodels.mlmodel.datatype import DataType, to_datatype

MAX_NESTING = 32
T = TypeVar("T")


class Nested:
    """The base of every type that is not a scalar: equality and hash by JSON, merging."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        raise NotImplementedError

    def _merge(self, other: ColumnType) -> ColumnType:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.to_dict() == self.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self))


ColumnType: TypeAlias = "DataType | Nested"


class AnyType(Nested):
    """A type that is not known or not one: nothing is checked."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"type": "any"}

    def __repr__(self) -> str:
        return "Any"

    def _merge(self, other: ColumnType) -> ColumnType:
        return other if isinstance(other, DataType | AnyType) else other._merge(self)


class Array(Nested):
    """A list whose elements are all of one type.

    >>> Array("double").to_dict()
    {'type': 'array', 'items': {'type': 'double'}}
    """

    __slots__ = ("_dtype",)

    def __init__(self, dtype: ColumnType | str) -> None:
        self._dtype: ColumnType = to_datatype(dtype, _TYPES, "dtype")

    @property
    def dtype(self) -> ColumnType:
        """The type of the elements."""
        return self._dtype

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"type": "array", "items": type_to_dict(self._dtype)}

    @classmethod
    def from_json_dict(cls, **fields: Any) -> Array:
        """From the parsed JSON form. Raises Invalid."""
        return _expect(cls, fields)

    def __repr__(self) -> str:
        return f"Array({self._dtype!r})"

    def _merge(self, other: ColumnType) -> ColumnType:
        if isinstance(other, AnyType):
            return self
        if not isinstance(other, Array):
            raise _clash(self, other)
        return Array(merge(self._dtype, other._dtype))


class Map(Nested):
    """A dict with arbitrary string keys whose values are all of one type."""

    __slots__ = ("_value_type",)

    def __init__(self, value_type: ColumnType | str) -> None:
        self._value_type: ColumnType = to_datatype(value_type, _TYPES, "value_type")

    @property
    def value_type(self) -> ColumnType:
        """The type of the values."""
        return self._value_type

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"type": "map", "values": type_to_dict(self._value_type)}

    @classmethod
    def from_json_dict(cls, **fields: Any) -> Map:
        """From the parsed JSON form. Raises Invalid."""
        return _expect(cls, fields)

    def __repr__(self) -> str:
        # str(), as MLflow: a scalar prints as DataType.long here.
        return f"Map(str -> {self._value_type})"

    def _merge(self, other: ColumnType) -> ColumnType:
        if isinstance(other, AnyType):
            return self
        if not isinstance(other, Map):
            raise _clash(self, other)
        return Map(merge(self._value_type, other._value_type))


class Property:
    """One key of an Object: its name, type and whether every object has it."""

    __slots__ = ("_dtype", "_name", "_required")

    def __init__(self, name: str, dtype: ColumnType | str, required: bool = True) -> None:
        if not isinstance(name, str):
            raise Invalid(f"Expected name to be a string, got type {type(name).__name__}")
        self._name = name
        self._dtype: ColumnType = to_datatype(dtype, _TYPES, "dtype")
        self._required = required

    @property
    def name(self) -> str:
        """The key."""
        return self._name

    @property
    def dtype(self) -> ColumnType:
        """The type of the value."""
        return self._dtype

    @property
    def required(self) -> bool:
        """Whether an object without this key is refused."""
        return self._required

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: ``{name: {"type": …, "required": …}}``."""
        return {self._name: {**type_to_dict(self._dtype), "required": self._required}}

    @classmethod
    def from_json_dict(cls, **fields: Any) -> Property:
        """From the parsed JSON form, a dict of one key. Raises Invalid."""
        if len(fields) != 1:
            raise Invalid(f"Expected Property JSON to contain a single key as name, got {len(fields)} keys.")
        name, spec = fields.popitem()
        return _property(name, spec, 0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Property) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __lt__(self, other: Property) -> bool:
        return self._name < other._name

    def __repr__(self) -> str:
        return f"{self._name}: {self._dtype!r} ({'required' if self._required else 'optional'})"


class Object(Nested):
    """A dict with the named ``properties`` and no others; they are kept sorted by name.

    >>> Object([Property("b", "long"), Property("a", "string", required=False)])
    {a: string (optional), b: long (required)}
    """

    __slots__ = ("_properties",)

    def __init__(self, properties: list[Property]) -> None:
        if not isinstance(properties, list):
            raise Invalid(f"Expected properties to be a list, got type {type(properties).__name__}")
        if not properties:
            raise Invalid("Creating Object with empty properties is not allowed.")
        if not all(isinstance(each, Property) for each in properties):
            raise Invalid("Expected values to be instance of Property")
        names = [each.name for each in properties]
        if len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise Invalid(f"Found duplicated property names: `{', '.join(twice)}`")
        self._properties = tuple(sorted(properties))

    @property
    def properties(self) -> list[Property]:
        """The properties, sorted by name."""
        return list(self._properties)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        spelled: dict[str, Any] = {}
        for each in self._properties:
            spelled.update(each.to_dict())
        return {"type": "object", "properties": spelled}

    @classmethod
    def from_json_dict(cls, **fields: Any) -> Object:
        """From the parsed JSON form. Raises Invalid."""
        return _expect(cls, fields)

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self._properties)) + "}"

    def _merge(self, other: ColumnType) -> ColumnType:
        if isinstance(other, AnyType):
            return Object([Property(each.name, each.dtype, required=False) for each in self._properties])
        if not isinstance(other, Object):
            raise _clash(self, other)
        ours = {each.name: each for each in self._properties}
        theirs = {each.name: each for each in other._properties}
        merged = []
        for name in {**ours, **theirs}:
            mine, his = ours.get(name), theirs.get(name)
            if mine and his:
                both = merge(mine.dtype, his.dtype)
                merged.append(Property(name, both, required=mine.required and his.required))
            else:
                only = mine or his
                assert only is not None
                merged.append(Property(name, only.dtype, required=False))
        return Object(merged)


_TYPES: tuple[type, ...] = (DataType, Array, Object, Map, AnyType)


def merge(first: ColumnType, second: ColumnType) -> ColumnType:
    """The type that holds values of both; a property that only one has becomes optional. Raises Invalid.

    >>> merge(Array("long"), AnyType())
    Array(long)
    """
    if isinstance(first, DataType):
        if first == second or isinstance(second, AnyType):
            return first
        raise _clash(first, second)
    return first._merge(second)


def type_to_dict(dtype: ColumnType) -> dict[str, Any]:
    """The JSON form of a scalar or nested type."""
    return {"type": dtype.name} if isinstance(dtype, DataType) else dtype.to_dict()


def type_from_dict(spec: object, depth: int = 0) -> ColumnType:
    """A type from its parsed JSON form. Raises Invalid when it says nothing we know or nests deeper than 32.

    >>> type_from_dict({"type": "array", "items": {"type": "long"}})
    Array(long)
    """
    if depth > MAX_NESTING:
        raise Invalid(f"a signature's type nests deeper than {MAX_NESTING}")
    if not isinstance(spec, Mapping) or not isinstance(kind := spec.get("type"), str):
        raise Invalid("a type in a signature is a JSON object with the key `type`")
    if kind == "array":
        return Array(type_from_dict(_key(spec, "items"), depth + 1))
    if kind == "map":
        return Map(type_from_dict(_key(spec, "values"), depth + 1))
    if kind == "object":
        properties = _key(spec, "properties")
        if not isinstance(properties, Mapping):
            raise Invalid("Expected properties to be a dictionary of Property JSON")
        return Object([_property(name, each, depth + 1) for name, each in properties.items()])
    if kind == "any":
        return AnyType()
    if kind == "sparkml_vector":
        raise NotSupported("gitmodels has no Spark ML vectors in signatures", hint="load this model with MLflow")
    scalar: ColumnType = to_datatype(kind, _TYPES, "type")
    return scalar


def _property(name: object, spec: object, depth: int) -> Property:
    if not isinstance(spec, Mapping) or "type" not in spec:
        raise Invalid(f"Missing keys in Property `{str(name)[:80]}`. Expected to find key `type`")
    return Property(name, type_from_dict(spec, depth), read_required(spec))  # type: ignore[arg-type]


def read_required(spec: Mapping[str, Any]) -> bool:
    """Whether a parsed column or property is required; MLflow up to 2.8 wrote ``optional`` instead."""
    required = spec.get("required", not spec.get("optional", False))
    if not isinstance(required, bool):
        raise Invalid(f"`required` is true or false, not {type(required).__name__}")
    return required


def _key(spec: Mapping[str, Any], key: str) -> Any:
    if key not in spec:
        raise Invalid(f"Missing keys in {spec['type']} JSON. Expected to find keys `{key}` and `type`")
    return spec[key]


def _expect(kind: type[T], fields: Mapping[str, Any]) -> T:
    made = type_from_dict(fields)
    if not isinstance(made, kind):
        raise Invalid(f"Type mismatch, {kind.__name__} expects `{kind.__name__.lower()}` as the type")
    return made


def _clash(first: ColumnType, second: ColumnType) -> Invalid:
    return Invalid(f"{first!r} and {second!r} are incompatible types")
