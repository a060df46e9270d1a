"""Data in the form of the example a model was logged with, for models whose type hint is ``TypeFromExample``.

This room knows frames and Python's own containers; it reads no example and knows no model.
"""

from __future__ import annotations

from typing import Any


def says_example(hint: Any) -> bool:
    """Whether a type hint is ``TypeFromExample``, ours or MLflow's."""
    return type(hint).__name__ == "TypeVar" and hint.__name__ == "TypeFromExample"


def has_form(example: Any) -> bool:
    """Whether data can be given the form of ``example``: a list, a frame or a Series.

    >>> has_form([1, 2]), has_form({"a": 1})
    (True, False)
    """
    return isinstance(example, list) or hasattr(example, "iloc")


def in_form(frame: Any, example: Any) -> Any:
    """The rows of ``frame`` as ``example`` has them: a list of values or of dicts, one dict, one value; else a frame.

    >>> import pandas
    >>> in_form(pandas.DataFrame({0: ["a", "b"]}), ["x"])
    ['a', 'b']
    """
    if not hasattr(frame, "iloc"):
        return frame
    from gitmodels.mlmodel.coerce import is_scalar

    if isinstance(example, list):
        single = len(frame.columns) == 1 and all(map(is_scalar, example))
        return frame.iloc[:, 0].tolist() if single else frame.to_dict(orient="records")
    if isinstance(example, dict) and len(frame) == 1:
        return frame.to_dict(orient="records")[0]
    return frame.iloc[0, 0] if is_scalar(example) and example is not None else frame
