"""Signatures from type hints: ``def predict(self, model_input: list[str]) -> list[float]`` says what it takes.

MLflow's rules: the hint of the input is ``list[…]`` of plain values, of lists and dicts of them, or of pydantic
models; any other hint says nothing. This room knows hints and the types of signatures, no models and no data.
"""

import datetime
import types
import typing
from collections.abc import Mapping
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.mlmodel.params import infer_params
from gitmodels.mlmodel.signature import ModelSignature
from gitmodels.mlmodel.types import AnyType, Array, ColSpec, DataType, Map, Object, Property, Schema

_PLAIN = {
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
        rows = typing.get_origin(hints.output) is list
        outputs = _rows(hints.output) if rows else Schema([ColSpec(_type(hints.output))])
    except Invalid:
        outputs = Schema([ColSpec(AnyType())])
    return ModelSignature(inputs, outputs, infer_params(params) if params else None)


def _rows(hint: Any) -> Schema:
    """``list[item]`` as one unnamed column of items."""
    if typing.get_origin(hint) is not list:
        raise Invalid("only list[…] describes the rows of an input")
    return Schema([ColSpec(_type(typing.get_args(hint)[0]))])


def _type(hint: Any, depth: int = 0) -> Any:
    """The signature type of one value. Raises Invalid for hints that say nothing."""
    if depth > _MAX_DEPTH:
        raise Invalid("type hints are nested too deeply")
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or origin in (typing.Union, types.UnionType):
        return AnyType()
    if origin is list and arguments:
        return Array(_type(arguments[0], depth + 1))
    if origin is dict and len(arguments) == 2 and arguments[0] is str:
        return Map(_type(arguments[1], depth + 1))
    if isinstance(hint, type) and isinstance(fields := getattr(hint, "model_fields", None), dict) and fields:
        return Object([_property(name, field, depth) for name, field in fields.items()])
    raise Invalid("a type hint that no signature can say")


def _property(name: str, field: Any, depth: int) -> Property:
    """A field of a pydantic model; ``T | None`` is a T that may be absent."""
    hint = field.annotation
    given = [argument for argument in typing.get_args(hint) if argument is not type(None)]
    optional = type(None) in typing.get_args(hint)
    kind = _type(given[0] if optional and len(given) == 1 else hint, depth + 1)
    return Property(name, kind, required=not optional)
