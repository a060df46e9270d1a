"""The schema of a model's input or output: typed columns, or typed tensors.

This room knows names, types and JSON (MLflow's, byte for byte), never data. Specs are immutable; a Schema may carry
what enforcement compiled from it, which is no part of its value.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from gitmodels.errors import Invalid, NotSupported
from gitmodels.mlmodel.datatype import DataType, to_datatype
from gitmodels.mlmodel.nested import (
    AnyType,
    Array,
    ColumnType,
    Map,
    Object,
    read_required,
    type_from_dict,
    type_to_dict,
)
from gitmodels.patterns import pattern

if TYPE_CHECKING:
    import numpy as np

MAX_SPECS = 1_000_000
MAX_RANK = 64
_DTYPE_NAME = pattern(r"[a-z]{3,}[0-9]*(\[[0-9]*[a-zA-Z]{1,2}\])?")


class ColSpec:
    """One column: its type, its name (any hashable label, or None when columns are unnamed), whether it must be there.

    >>> ColSpec("double", "age")
    'age': double (required)
    """

    __slots__ = ("_name", "_required", "_type")

    def __init__(self, type: ColumnType | str, name: Any = None, required: bool = True) -> None:
        self._type: ColumnType = to_datatype(type, (DataType, Array, Object, Map, AnyType), "type")
        self._name = name
        self._required = required

    @property
    def type(self) -> ColumnType:
        """The type of the column's values."""
        return self._type

    @property
    def name(self) -> Any:
        """The column's label, or None."""
        return self._name

    @property
    def required(self) -> bool:
        """Whether data without this column is refused."""
        return self._required

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        spelled = type_to_dict(self._type)
        if self._name is not None:
            spelled["name"] = self._name
        spelled["required"] = self._required
        return spelled

    @classmethod
    def from_json_dict(cls, **fields: Any) -> ColSpec:
        """From the parsed JSON form. Raises Invalid."""
        return _read_column(fields)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ColSpec)
            and self._name == other._name
            and self._type == other._type
            and self._required == other._required
        )

    def __hash__(self) -> int:
        return hash((self._name, repr(self._type), self._required))

    def __repr__(self) -> str:
        text = f"{self._type!r} ({'required' if self._required else 'optional'})"
        return text if self._name is None else f"{self._name!r}: {text}"


class TensorSpec:
    """One tensor: a numpy dtype without size or byte order, a shape where -1 stands for any length, maybe a name.

    >>> import numpy as np
    >>> TensorSpec(np.dtype("float32"), (-1, 28, 28))
    Tensor('float32', (-1, 28, 28))
    """

    __slots__ = ("_dtype", "_name", "_shape")

    def __init__(self, type: np.dtype[Any], shape: tuple[int, ...] | list[int], name: str | None = None) -> None:
        self._dtype = _plain_dtype(type)
        self._shape = _plain_shape(shape)
        self._name = name

    @property
    def type(self) -> np.dtype[Any]:
        """The dtype of the elements."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The tensor's name, or None."""
        return self._name

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the dimensions; -1 is any."""
        return self._shape

    @property
    def required(self) -> bool:
        """Tensors always are."""
        return True

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        inner = {"type": "tensor", "tensor-spec": {"dtype": self._dtype.name, "shape": self._shape}}
        return inner if self._name is None else {"name": self._name, **inner}

    @classmethod
    def from_json_dict(cls, **fields: Any) -> TensorSpec:
        """From the parsed JSON form. Raises Invalid."""
        return _read_tensor(fields)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TensorSpec)
            and self._name == other._name
            and self._dtype == other._dtype
            and self._shape == other._shape
        )

    def __hash__(self) -> int:
        return hash((self._name, self._dtype, self._shape))

    def __repr__(self) -> str:
        text = f"Tensor({self._dtype.name!r}, {self._shape!r})"
        return text if self._name is None else f"{self._name!r}: {text}"


Spec: TypeAlias = ColSpec | TensorSpec


class Schema:
    """A list of ColSpec or of TensorSpec: all named, with distinct names, or all unnamed.

    >>> schema = Schema([ColSpec("double", "a"), ColSpec("string", "b", required=False)])
    >>> schema
    ['a': double (required), 'b': string (optional)]
    >>> Schema.from_json(schema.to_json()) == schema
    True
    """

    __slots__ = ("__weakref__", "_compiled", "_inputs")

    def __init__(self, inputs: Sequence[Spec]) -> None:
        if not isinstance(inputs, list):
            raise Invalid(f"Inputs of Schema must be a list, got type {type(inputs).__name__}")
        _check_specs(inputs)
        self._inputs: tuple[Spec, ...] = tuple(inputs)
        self._compiled: Any = None  # what enforcement made of it; see columns.py

    @property
    def inputs(self) -> list[Any]:
        """The specs, in a list of the caller's own."""
        return list(self._inputs)

    def is_tensor_spec(self) -> bool:
        """Whether these are tensors, not columns."""
        return isinstance(self._inputs[0], TensorSpec)

    def has_input_names(self) -> bool:
        """Whether columns or tensors have names."""
        return self._inputs[0].name is not None

    def input_names(self) -> list[Any]:
        """The names, or 0, 1, … when there are none."""
        return [each.name or place for place, each in enumerate(self._inputs)]

    def required_input_names(self) -> list[Any]:
        """The names (or places) of what must be there, in order."""
        return [each.name or place for place, each in enumerate(self._inputs) if each.required]

    def optional_input_names(self) -> list[Any]:
        """The names (or places) of what may be absent, in order."""
        return [each.name or place for place, each in enumerate(self._inputs) if not each.required]

    def input_types(self) -> list[Any]:
        """The type of each column, or the dtype of each tensor."""
        return [each.type for each in self._inputs]

    def input_types_dict(self) -> dict[Any, Any]:
        """Name to type. Raises Invalid when there are no names."""
        return {name: each.type for name, each in self.input_dict().items()}

    def input_dict(self) -> dict[Any, Any]:
        """Name to spec. Raises Invalid when there are no names."""
        if not self.has_input_names():
            raise Invalid("Cannot get input dict for schema without names.")
        return {each.name: each for each in self._inputs}

    def numpy_types(self) -> list[np.dtype[Any]]:
        """The numpy dtype of each; Invalid when one is no scalar type."""
        if self.is_tensor_spec():
            return self.input_types()
        if not all(isinstance(each.type, DataType) for each in self._inputs):
            raise Invalid("Failed to get numpy types as some of the inputs types are not DataType.")
        return [each.to_numpy() for each in self.input_types()]

    def pandas_types(self) -> list[np.dtype[Any]]:
        """The pandas dtype of each column; Invalid for tensors and when one is no scalar type."""
        if self.is_tensor_spec():
            raise Invalid("TensorSpec only supports numpy types, use numpy_types() instead")
        if not all(isinstance(each.type, DataType) for each in self._inputs):
            raise Invalid("Failed to get pandas types as some of the inputs types are not DataType.")
        return [each.to_pandas() for each in self.input_types()]

    def to_dict(self) -> list[dict[str, Any]]:
        """The JSON form, as plain values."""
        return [each.to_dict() for each in self._inputs]

    def as_spark_schema(self) -> NoReturn:
        """Not here: no flavor of gitmodels works on Spark's frames."""
        raise NotSupported.only_in_mlflow("types.Schema.as_spark_schema")

    def to_json(self) -> str:
        """The JSON text that stands in an MLmodel file. Raises Invalid for labels JSON cannot hold."""
        try:
            return json.dumps(self.to_dict())
        except TypeError:
            raise Invalid("a column label is neither text, number nor tuple of these: JSON cannot hold it") from None

    @classmethod
    def from_json(cls, json_str: str) -> Schema:
        """From the text of ``to_json``, ours or MLflow's. Raises Invalid."""
        return cls([_read_spec(each) for each in read_list(json_str, "schema")])

    def __len__(self) -> int:
        return len(self._inputs)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inputs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self._inputs == other._inputs

    def __hash__(self) -> int:
        return hash(self._inputs)

    def __repr__(self) -> str:
        return repr(list(self._inputs))

    def __reduce__(self) -> tuple[Any, ...]:
        return Schema, (list(self._inputs),)


def read_list(text: object, what: str) -> list[dict[str, Any]]:
    """The JSON list of objects in ``text``. Raises Invalid, naming ``what``."""
    if not isinstance(text, str):
        raise Invalid(f"a {what} is JSON text, not {type(text).__name__}")
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid(f"the {what} is not JSON") from None
    if not isinstance(parsed, list) or not all(isinstance(each, dict) for each in parsed):
        raise Invalid(f"a {what} is a JSON list of objects")
    if len(parsed) > MAX_SPECS:
        raise Invalid(f"a {what} of {len(parsed)} entries, the limit is {MAX_SPECS}")
    return parsed


def _read_spec(spec: dict[str, Any]) -> Spec:
    return _read_tensor(spec) if spec.get("type") == "tensor" else _read_column(spec)


def _read_column(fields: Mapping[str, Any]) -> ColSpec:
    if "type" not in fields:
        raise Invalid("Missing keys in ColSpec JSON. Expected to find key `type`")
    return ColSpec(type_from_dict(fields), _label(fields.get("name")), read_required(fields))


def _read_tensor(fields: Mapping[str, Any]) -> TensorSpec:
    inner = fields.get("tensor-spec")
    if fields.get("type") != "tensor" or not isinstance(inner, Mapping):
        raise Invalid("Missing keys in TensorSpec JSON. Expected to find keys `tensor-spec` and `type`")
    if not {"dtype", "shape"} <= set(inner):
        raise Invalid("Missing keys in TensorSpec JSON. Expected to find keys `dtype` and `shape`")
    return TensorSpec(_read_dtype(inner["dtype"]), inner["shape"], _label(fields.get("name")))


def _label(name: Any) -> Any:
    """A label as pandas has it: JSON turned the tuples of a MultiIndex into lists."""
    if isinstance(name, list):
        name = tuple(name)
    try:
        hash(name)
    except TypeError:
        raise Invalid("a column's name is text, a number or a flat list of these") from None
    return name


def _check_specs(specs: list[Any]) -> None:
    if not specs:
        raise Invalid("Creating Schema with empty inputs is not allowed.")
    kinds = {type(each) for each in specs}
    if kinds not in ({ColSpec}, {TensorSpec}):
        raise Invalid("Creating Schema with a combination of ColSpec and TensorSpec is not supported. Choose one.")
    names = [each.name for each in specs if each.name is not None]
    if names and len(names) < len(specs):
        raise Invalid("Creating Schema with a combination of named and unnamed inputs is not allowed.")
    if len(set(names)) < len(names):
        raise Invalid("Creating Schema with two inputs of the same name is not allowed.")
    if names:
        return
    if kinds == {TensorSpec} and len(specs) > 1:
        raise Invalid("Creating Schema with multiple unnamed TensorSpecs is not supported. Name each TensorSpec.")
    if not all(each.required for each in specs):
        raise Invalid("Creating Schema with unnamed optional inputs is not supported. Name them or make them required.")


def _plain_dtype(dtype: Any) -> np.dtype[Any]:
    import numpy as np

    if not isinstance(dtype, np.dtype):
        raise Invalid(f"Expected `dtype` to be an instance of numpy.dtype, received {type(dtype).__name__}")
    if dtype.char in "US" and dtype.itemsize:
        plain = "str" if dtype.char == "U" else "bytes"
        raise Invalid(f'flexible numpy types carry no size in a signature: use np.dtype("{plain}")')
    if dtype.kind == "V":
        raise Invalid("a tensor's elements have one plain type, not fields", hint="name a tensor for each field")
    native = dtype.newbyteorder("=") if dtype.char not in "US" else dtype
    if _read_dtype(native.name) != native:
        raise Invalid(f"a tensor of dtype {dtype.name} has no name that can be read back")
    return native


def _read_dtype(name: Any) -> np.dtype[Any]:
    import numpy as np

    if not isinstance(name, str) or not _DTYPE_NAME.fullmatch(name):
        raise Invalid(f"not a numpy dtype name: {str(name)[:80]!r}")
    try:
        return np.dtype(name)
    except (TypeError, ValueError):
        raise Invalid(f"numpy here has no dtype {name[:80]!r}") from None


def _plain_shape(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, tuple | list):
        raise Invalid(f"Expected `shape` to be a tuple or list, received {type(shape).__name__}")
    try:
        lengths = tuple(operator.index(each) for each in shape)
    except TypeError:
        raise Invalid("a tensor's shape holds whole numbers, -1 for any length") from None
    if len(lengths) > MAX_RANK or any(each < -1 for each in lengths):
        raise Invalid("a tensor's shape holds at most 64 lengths, each -1 (any), 0 or more")
    return lengths
