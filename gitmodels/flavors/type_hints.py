"""Data in the form that the type hint of a ``predict`` asks for.

This room knows hints of lists and the shape of tables; it knows no signatures and no models.
"""

import datetime
import types
from typing import Any, Union, get_args, get_origin

from gitmodels.errors import SchemaMismatch

_PLAIN = (str, int, float, bool, bytes, datetime.datetime)


def to_hint(data: Any, hint: Any) -> Any:
    """``data`` as ``hint`` asks: a table becomes a list of values or of dicts, dicts become pydantic models.

    Only ``list[…]`` is looked at. Raises SchemaMismatch, without the data, when an item is something else.

    >>> to_hint(["a", "b"], list[str])
    ['a', 'b']
    """
    if get_origin(hint) is not list:
        return data
    (item,) = get_args(hint) or (Any,)
    if getattr(data, "columns", None) is not None:
        as_dicts = item is dict or get_origin(item) is dict or hasattr(item, "model_validate")
        data = _rows(data, as_dicts, item is str)
    if not isinstance(data, list) or (item in _PLAIN and all(isinstance(each, item) for each in data)):
        return data
    return [_fitted(each, item, f"item {number}") for number, each in enumerate(data)]


def _rows(table: Any, as_dicts: bool, as_text: bool) -> Any:
    """The rows of a table of pandas, polars or Arrow: dicts, or the cells of its first column (of text)."""
    if hasattr(table, "iloc"):
        # A table made of a plain list has one column called 0: its cells are the items.
        whole = as_dicts and list(table.columns) != [0]
        if whole:
            return _without_nan(table.to_dict(orient="records"))
        columns = [table.iloc[:, place].tolist() for place in range(len(table.columns))]
    else:
        rows = table.to_dicts() if hasattr(table, "to_dicts") else table.to_pylist()
        if as_dicts:
            return rows
        columns = [[row[name] for row in rows] for name in (rows[0] if rows else ())]
    text = [column for column in columns if as_text and column and isinstance(column[0], str)]
    return _without_nan(next(iter(text or columns), []))


def _fitted(value: Any, hint: Any, where: str) -> Any:
    """``value`` as ``hint`` asks, at whatever depth. Unions of several types and unknown hints take anything."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hasattr(hint, "model_validate"):
        return _validated(value, hint, where)
    if hint in _PLAIN:
        return value if isinstance(value, hint) else _refuse(value, hint.__name__, where)
    if origin in (Union, types.UnionType):
        given = [each for each in arguments if each is not type(None)]
        if len(given) > 1 or (value is None and len(given) < len(arguments)):
            return value
        return _fitted(value, given[0], where)
    if origin is list and arguments:
        if not isinstance(value, list):
            _refuse(value, "list", where)
        return [_fitted(each, arguments[0], f"{where}, element {number}") for number, each in enumerate(value)]
    if origin is dict and len(arguments) == 2:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            _refuse(value, "dict with text for keys", where)
        return {key: _fitted(each, arguments[1], f"{where}, a value") for key, each in value.items()}
    return value


def _refuse(value: Any, wanted: str, where: str) -> Any:
    raise SchemaMismatch(f"{where} is {type(value).__name__}, the type hint of the model says {wanted}")


def _validated(value: Any, model: Any, where: str) -> Any:
    if isinstance(value, model):
        return value
    if not isinstance(value, dict):
        return _refuse(value, model.__name__, where)
    try:
        # Strictly, as MLflow does: text is no number, whatever it spells.
        return model.model_validate(value, strict=True)
    except ValueError:  # pydantic's quotes the data
        raise SchemaMismatch(f"{where} does not fit the fields of {model.__name__}") from None


def _without_nan(value: Any) -> Any:
    """Rows of a table with None where pandas has NaN: no hint has a word for it."""
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return _without_nan(value.tolist())
    return None if isinstance(value, float) and value != value else value
