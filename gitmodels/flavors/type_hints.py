"""Data in the form that the type hint of a ``predict`` asks for.

This room knows hints of lists and the shape of tables; it knows no signatures and no models.
"""

from typing import Any, get_args, get_origin

from gitmodels.errors import SchemaMismatch

_PLAIN = (str, int, float, bool, bytes)


def to_hint(data: Any, hint: Any) -> Any:
    """``data`` as ``hint`` asks: a table becomes a list of values or of dicts, dicts become pydantic models.

    Only ``list[…]`` is looked at. Raises SchemaMismatch, without the data, when an item is something else.

    >>> to_hint(["a", "b"], list[str])
    ['a', 'b']
    """
    if get_origin(hint) is not list:
        return data
    (item,) = get_args(hint) or (Any,)
    columns = getattr(data, "columns", None)
    if columns is not None:
        as_dicts = item is dict or get_origin(item) is dict or hasattr(item, "model_validate")
        # A table made of a plain list has one column called 0: its cells are the items.
        data = data.to_dict(orient="records") if as_dicts and list(columns) != [0] else data.iloc[:, 0].tolist()
    if not isinstance(data, list):
        return data
    if hasattr(item, "model_validate"):
        return [_validated(row, item, number) for number, row in enumerate(data)]
    if item in _PLAIN:
        for number, row in enumerate(data):
            if not isinstance(row, item):
                raise SchemaMismatch(f"the model takes a list of {item.__name__}; item {number} is {_kind(row)}")
    return data


def _validated(row: Any, model: Any, number: int) -> Any:
    if not isinstance(row, dict):
        return row
    try:
        return model.model_validate(row)
    except ValueError:  # pydantic's quotes the data
        raise SchemaMismatch(f"item {number} does not fit the fields of {model.__name__}") from None


def _kind(value: Any) -> str:
    return type(value).__name__
