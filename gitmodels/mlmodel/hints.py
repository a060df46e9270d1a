"""Signatures from type hints: ``def predict(self, model_input: list[str]) -> list[float]`` says what it takes.

MLflow's rules: the hint of the input is ``list[…]`` of plain values, of lists and dicts of them, or of pydantic
models; any other hint says nothing. This room knows hints and the types of signatures, no models and no data.
"""

import datetime
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.mlmodel.params import infer_params
from gitmodels.mlmodel.signature import ModelSignature
from gitmodels.mlmodel.types import AnyType, Array, ColSpec, DataType, Map, Object, Property, Schema

PLAIN: Mapping[Any, DataType] = {
    bool: DataType.boolean,
    int: DataType.long,
    float: DataType.double,
    str: DataType.string,
    bytes: DataType.binary,
    datetime.datetime: DataType.datetime,
}
_MAX_DEPTH = 16


def signature_from_hints(hints: Any, params: Mapping[str, Any] | None = None) -> ModelSignature | None:
    """The signature that ``hints`` (with ``input`` and ``output``) say; None when the input's says nothing.

    >>> class Hints:
    ...     input, output = list[str], list[float]
    >>> signature_from_hints(Hints).outputs
    [double (required)]
    """
    try:
        inputs = _rows(hints.input)
    except Invalid:
        return None
    try:
        outputs = _rows(hints.output) if typing.get_origin(hints.output) is list else _column(hints.output)
    except Invalid:
        outputs = Schema([ColSpec(AnyType())])
    return ModelSignature(inputs, outputs, infer_params(params) if params else None)


def _rows(hint: Any) -> Schema:
    """``list[item]`` as one unnamed column of items."""
    if typing.get_origin(hint) is not list:
        raise Invalid("only list[…] describes the rows of an input")
    return _column(typing.get_args(hint)[0])


def _column(hint: Any) -> Schema:
    if is_optional(hint):
        raise Invalid("a column without a name cannot be optional")
    return Schema([ColSpec(type_of_hint(hint))])


def is_optional(hint: Any) -> bool:
    """Whether ``hint`` is a union with None.

    >>> is_optional(int | None), is_optional(int)
    (True, False)
    """
    return _is_union(hint) and type(None) in typing.get_args(hint)


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def type_of_hint(
    hint: Any,
    plain: Mapping[Any, DataType] = PLAIN,
    objects: Callable[[Any], Mapping[str, Any] | None] | None = None,
    depth: int = 0,
) -> Any:
    """The signature type of one value; of ``T | None``, that of T. ``plain`` says what Python's scalars are.

    ``objects`` tells the hints of the fields of a class, None for a class without; by default those of pydantic
    models. Raises Invalid for hints that say nothing.

    >>> type_of_hint(dict[str, list[int]])
    Map(str -> Array(long))
    """
    if depth > _MAX_DEPTH:
        raise Invalid("type hints are nested too deeply")
    if isinstance(hint, type) and hint in plain:
        return plain[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or _is_union(hint):
        given = [argument for argument in arguments if argument is not type(None)]
        return type_of_hint(given[0], plain, objects, depth + 1) if len(given) == 1 else AnyType()
    if origin is list and arguments:
        return Array(type_of_hint(arguments[0], plain, objects, depth + 1))
    if origin is dict and len(arguments) == 2 and arguments[0] is str:
        return Map(type_of_hint(arguments[1], plain, objects, depth + 1))
    if isinstance(hint, type) and (fields := (objects or pydantic_fields)(hint)):
        return Object(
            [
                Property(name, type_of_hint(each, plain, objects, depth + 1), required=not is_optional(each))
                for name, each in fields.items()
            ]
        )
    raise Invalid("a type hint that no signature can say")


def pydantic_fields(kind: Any) -> Mapping[str, Any] | None:
    """The hints of a pydantic model's fields by name; None when ``kind`` is no such class."""
    fields = getattr(kind, "model_fields", None)
    return {name: field.annotation for name, field in fields.items()} if isinstance(fields, dict) else None
