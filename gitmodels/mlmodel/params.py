"""The parameters a model takes beside its data: their schema, inference from values, and enforcement at predict.

This room knows names, types and defaults; it knows no model and no data frame. Messages name a parameter, its type
and the type that came, never the value. JSON is MLflow's, byte for byte.
"""

from __future__ import annotations

import copy
import datetime
import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.mlmodel.cells import enforce_cell, kind_of
from gitmodels.mlmodel.datatype import DataType, to_datatype, type_of_dtype, way_out
from gitmodels.mlmodel.elements import infer_value
from gitmodels.mlmodel.nested import Object, type_from_dict, type_to_dict
from gitmodels.mlmodel.schema import read_list

log = logging.getLogger("gitmodels")

# A parameter of the type on the left also takes scalars of the types on the right.
_WIDENING = {
    DataType.long: (DataType.integer,),
    DataType.float: (DataType.integer, DataType.long),
    DataType.double: (DataType.integer, DataType.long, DataType.float),
}


class ParamSpec:
    """One parameter: name, type, default, and shape None for a scalar (or an Object) or ``(-1,)`` for a flat list.

    >>> ParamSpec("temperature", "double", 0.5)
    'temperature': double (default: 0.5)
    """

    __slots__ = ("_default", "_dtype", "_name", "_shape")

    def __init__(
        self, name: str, dtype: DataType | Object | str, default: Any, shape: tuple[int, ...] | list[int] | None = None
    ) -> None:
        self._name = str(name)
        self._dtype: DataType | Object = to_datatype(dtype, (DataType, Object), "dtype")
        if self._dtype is DataType.binary:
            raise Invalid(f"Binary type is not supported for parameters, ParamSpec '{self._name}' has it")
        self._shape = tuple(shape) if shape is not None else None
        if self._shape not in (None, (-1,)):
            raise Invalid(f"parameter '{self._name}': shape is None for one value or (-1,) for a list of them")
        if self._shape and isinstance(self._dtype, Object):
            raise Invalid(f"parameter '{self._name}': a list parameter holds scalars, MLflow reads no list of objects")
        self._default = convert(self, default)

    @property
    def name(self) -> str:
        """The keyword."""
        return self._name

    @property
    def dtype(self) -> DataType | Object:
        """The type of the value, or of each element."""
        return self._dtype

    @property
    def default(self) -> Any:
        """The value when the caller gives none."""
        return self._default

    @property
    def shape(self) -> tuple[int, ...] | None:
        """None, or ``(-1,)`` for a list."""
        return self._shape

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; datetimes in ISO 8601."""
        default = self._default
        if self._dtype is DataType.datetime and default is not None:
            default = [_iso(each) for each in default] if self._shape else _iso(default)
        return {"name": self._name, "default": default, "shape": self._shape, **type_to_dict(self._dtype)}

    @classmethod
    def from_json_dict(cls, **fields: Any) -> ParamSpec:
        """From the parsed JSON form. Raises Invalid."""
        return _read_param(fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParamSpec):
            return False
        return (self._name, self._dtype, self._shape) == (other._name, other._dtype, other._shape) and bool(
            self._default == other._default or repr(self._default) == repr(other._default)
        )

    def __hash__(self) -> int:
        return hash((self._name, repr(self._dtype), self._shape))

    def __repr__(self) -> str:
        shape = f" (shape: {self._shape})" if self._shape is not None else ""
        return f"{self._name!r}: {self._dtype!r} (default: {self._default}){shape}"


class ParamSchema:
    """The parameters of a model, each name once.

    >>> ParamSchema([ParamSpec("k", "long", 3)]).to_json()
    '[{"name": "k", "default": 3, "shape": null, "type": "long"}]'
    """

    __slots__ = ("_params",)

    def __init__(self, params: list[ParamSpec]) -> None:
        if not all(isinstance(each, ParamSpec) for each in params):
            raise Invalid("ParamSchema inputs only accept ParamSpec")
        names = [each.name for each in params]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise Invalid(f"Duplicated parameters found in schema: {twice}")
        self._params = tuple(params)

    @property
    def params(self) -> list[ParamSpec]:
        """The specs, in a list of the caller's own."""
        return list(self._params)

    def to_dict(self) -> list[dict[str, Any]]:
        """The JSON form, as plain values."""
        return [each.to_dict() for each in self._params]

    def to_json(self) -> str:
        """The JSON text that stands in an MLmodel file. Raises Invalid for defaults JSON cannot hold."""
        try:
            return json.dumps(self.to_dict())
        except TypeError:
            raise Invalid("a parameter's default holds a value JSON cannot") from None

    @classmethod
    def from_json(cls, json_str: str) -> ParamSchema:
        """From the text of ``to_json``, ours or MLflow's. Raises Invalid."""
        return cls([_read_param(each) for each in read_list(json_str, "parameter schema")])

    def __len__(self) -> int:
        return len(self._params)

    def __iter__(self) -> Iterator[ParamSpec]:
        return iter(self._params)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParamSchema) and self._params == other._params

    def __hash__(self) -> int:
        return hash(self._params)

    def __repr__(self) -> str:
        return repr(list(self._params))


def enforce_params(params: Mapping[Any, Any] | None, schema: ParamSchema | None) -> dict[str, Any] | None:
    """What ``predict`` gets as params: checked, converted and completed with defaults, in a dict of its own.

    Unknown names are dropped with a warning, all of them when the model declares none. Raises Invalid that names
    every parameter that does not fit.

    >>> enforce_params({"k": 5}, ParamSchema([ParamSpec("k", "double", 1.0), ParamSpec("name", "string", "x")]))
    {'k': 5.0, 'name': 'x'}
    """
    if schema is None:
        if params:
            log.warning("this model declares no parameters: ignored %s", _names(params))
        return None if params is None else {}
    if params is None:
        params = {}
    if not isinstance(params, Mapping):
        raise Invalid(f"Parameters must be a dictionary. Got type '{type(params).__name__}'.")
    given = {str(name): value for name, value in params.items()}
    known = {each.name for each in schema}
    if unknown := [name for name in given if name not in known]:
        log.warning("Unrecognized params %s are ignored for inference; the model has %s", unknown, sorted(known))
    enforced = {}
    problems = []
    for spec in schema:
        if spec.name not in given:
            enforced[spec.name] = copy.deepcopy(spec.default)
            continue
        try:
            enforced[spec.name] = convert(spec, given[spec.name])
        except Invalid as error:
            problems.append(error.message)
    if problems:
        raise Invalid(f"Invalid parameters found: {'; '.join(problems)}")
    return enforced


def infer_params(params: Mapping[str, Any]) -> ParamSchema:
    """The schema of ``params`` with these values as defaults. Raises Invalid naming each that has no type.

    >>> infer_params({"k": 3, "stop": ["a", "b"]})
    ['k': long (default: 3), 'stop': string (default: ['a', 'b']) (shape: (-1,))]
    """
    if not isinstance(params, Mapping):
        raise Invalid(f"Expected parameters to be dict, got {type(params).__name__}")
    specs = []
    problems = []
    hint = ""
    for name, value in params.items():
        try:
            dtype, shape = _infer_param(value)
            specs.append(ParamSpec(name, dtype, copy.deepcopy(value), shape))
        except Invalid as error:
            problems.append(f"'{name}': {error.message}")
            hint = hint or error.hint
    if problems:
        raise Invalid(f"Failed to infer schema for parameters: {'; '.join(problems)}", hint=hint)
    return ParamSchema(specs)


def convert(spec: ParamSpec, value: Any) -> Any:
    """``value`` as the plain Python value of ``spec``; a list for a list parameter. Raises Invalid."""
    import numpy as np

    what = f"parameter '{spec.name}'"
    if spec.shape is None:
        if isinstance(spec.dtype, Object):
            enforce_cell(value, spec.dtype, what)
            return copy.deepcopy(value)
        return _scalar(value, spec.dtype, what)
    if not isinstance(value, list | np.ndarray) or np.ndim(np.asarray(value, dtype=object)) != 1:
        raise Invalid(f"{what} must be a 1D array with shape (-1,), received {kind_of(value)}")
    assert isinstance(spec.dtype, DataType)
    return [_scalar(each, spec.dtype, what) for each in value]


def _scalar(value: Any, dtype: DataType, what: str) -> Any:
    import numpy as np

    if value is None:
        return None
    if dtype is DataType.datetime:
        return _datetime(value, what)
    if not np.isscalar(value):
        raise Invalid(f"{what} must be a scalar for type `{dtype.name}`, got {kind_of(value)}")
    if DataType.check_type(dtype, value) or any(DataType.check_type(t, value) for t in _WIDENING.get(dtype, ())):
        return dtype.to_python()(value)
    raise Invalid(f"{what}: can not safely convert {kind_of(value)} to `{dtype.name}`")


def _datetime(value: Any, what: str) -> Any:
    import numpy as np

    try:
        moment = np.datetime64(value).item()
    except (ValueError, TypeError):
        moment = None
    if not isinstance(moment, datetime.date):
        raise Invalid(f"{what} must be convertible to a date or datetime, got {kind_of(value)}")
    return moment


def _infer_param(value: Any) -> tuple[DataType | Object, tuple[int, ...] | None]:
    import numpy as np

    if isinstance(value, list | np.ndarray):
        return _infer_list(value), (-1,)
    if DataType.check_type(DataType.datetime, value):
        return DataType.datetime, None
    if isinstance(value, Mapping):
        found = infer_value(value)
        if isinstance(found, Object):
            return found, None
    elif np.isscalar(value) and (dtype := type_of_dtype(np.asarray(value).dtype)):
        return dtype, None
    hint = way_out(type(value).__name__)
    raise Invalid(f"Expected parameters to be 1D array or scalar, got {kind_of(value)}", hint=hint)


def _infer_list(value: Any) -> DataType:
    import numpy as np

    if len(value) == 0:
        # An empty list says nothing; MLflow reads datetimes out of it. Stop words and names are what lists hold.
        return DataType.string
    if all(DataType.check_type(DataType.datetime, each) for each in value):
        return DataType.datetime
    if any(isinstance(each, list | dict | np.ndarray) for each in value):
        raise Invalid("Expected parameters to be 1D array or scalar, got a nested list")
    dtype = type_of_dtype(np.asarray(value).dtype) if None not in list(value) else None
    if dtype is None:
        raise Invalid("a list parameter holds numbers, booleans, strings or datetimes of one type")
    return dtype


def _read_param(fields: Mapping[str, Any]) -> ParamSpec:
    # MLflow before 2.6 wrote `dtype`.
    kind = fields.get("type") or fields.get("dtype")
    if kind is None or not {"name", "default"} <= set(fields):
        raise Invalid("Missing keys in ParamSpec JSON. Expected to find keys `name`, `type` and `default`.")
    dtype = type_from_dict({**fields, "type": kind})
    shape = fields.get("shape")
    if shape is not None and not isinstance(shape, list):
        raise Invalid("the shape of a parameter is null or a list")
    return ParamSpec(str(fields["name"]), dtype, fields["default"], shape)  # type: ignore[arg-type]


def _iso(moment: Any) -> Any:
    return moment if moment is None else moment.isoformat()


def _names(params: Any) -> str:
    return str([str(name)[:80] for name in params]) if isinstance(params, Mapping) else kind_of(params)
