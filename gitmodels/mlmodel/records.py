"""Objects with declared fields, dataclasses and pydantic models: their schema, and the dicts they stand for.

The declaration says the types, as in MLflow: what an optional field holds in one example says less. This room knows
such classes; dicts and lists of dicts are known to others.
"""

from __future__ import annotations

import dataclasses
import datetime
import logging
import typing
from collections.abc import Mapping
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.hints import PLAIN, is_optional, pydantic_fields, type_of_hint
from gitmodels.mlmodel.nested import AnyType
from gitmodels.mlmodel.schema import ColSpec, Schema

log = logging.getLogger("gitmodels")

# A field of a dataclass called float is MLflow's float of 32 bits; in a pydantic model it is a double.
_IN_DATACLASS = {**PLAIN, float: DataType.float, datetime.date: DataType.datetime}
_IN_MODEL = {**PLAIN, datetime.date: DataType.datetime}


def is_record(data: Any) -> bool:
    """Whether ``data`` is a dataclass or a pydantic model: an instance of one, or the class itself."""
    kind = data if isinstance(data, type) else type(data)
    return dataclasses.is_dataclass(kind) or _is_model(kind)


def are_records(data: Any) -> bool:
    """Whether ``data`` is a list of instances, all of one class, of a dataclass or pydantic model."""
    if not isinstance(data, list) or not data or isinstance(data[0], type) or not is_record(data[0]):
        return False
    return set(map(type, data)) == {type(data[0])}


def infer_record(kind: type) -> Schema:
    """The schema of the fields that the class declares. A field without a type is "anything", with a warning.

    Raises Invalid for a class without fields, or whose hints cannot be read.

    >>> @dataclasses.dataclass
    ... class Row:
    ...     name: str
    ...     age: int | None = None
    >>> infer_record(Row)
    ['name': string (required), 'age': long (optional)]
    """
    plain = _IN_MODEL if _is_model(kind) else _IN_DATACLASS
    specs = []
    for name, hint in (_fields(kind) or {}).items():
        try:
            found = type_of_hint(hint, plain, _fields)
        except Invalid as error:
            log.warning("field %r of %s accepts anything in this signature: %s", name, kind.__name__, error.message)
            found = AnyType()
        specs.append(ColSpec(found, name, required=not is_optional(hint)))
    return Schema(specs)


def to_plain(value: Any, hint: Any = Any) -> Any:
    """``value`` with every dataclass and pydantic model in it as a new dict; the caller's objects stay as they are.

    A whole number in a field declared as float becomes one. Raises Invalid for hints that cannot be read.
    """
    if is_record(value) and not isinstance(value, type):
        hints = _fields(type(value)) or {}
        return {name: to_plain(getattr(value, name), each) for name, each in hints.items()}
    given = [each for each in typing.get_args(hint) if each is not type(None)]
    if is_optional(hint) and len(given) == 1:
        return to_plain(value, given[0])
    if isinstance(value, list):
        inner = given[0] if typing.get_origin(hint) is list and given else Any
        return [to_plain(each, inner) for each in value]
    if isinstance(value, dict):
        inner = given[1] if typing.get_origin(hint) is dict and len(given) == 2 else Any
        return {key: to_plain(each, inner) for key, each in value.items()}
    return float(value) if hint is float and type(value) is int else value


def _is_model(kind: type) -> bool:
    return any(base.__module__ == "pydantic.main" for base in kind.__mro__) and pydantic_fields(kind) is not None


def _fields(kind: Any) -> Mapping[str, Any] | None:
    name = getattr(kind, "__name__", "a class")
    if _is_model(kind):
        return pydantic_fields(kind)
    if not dataclasses.is_dataclass(kind):
        return None
    try:
        hints = typing.get_type_hints(kind)
    except (NameError, TypeError, AttributeError):
        raise Invalid(f"the type hints of {name} name what is not there") from None
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
