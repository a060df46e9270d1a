"""The first rows of data, when there are too many for an input example.

This room knows which data has rows (frames, arrays, matrices, lists, dicts of equally long columns) and how many are
too many. What has none stays whole.
"""

from __future__ import annotations

import logging
import math
import sys
from typing import Any

from gitmodels.mlmodel.infer import is_sparse

MAX_ROWS = 10_000
MAX_CELLS = 1_000_000
log = logging.getLogger("gitmodels")


def first_rows(data: Any, share: float = 1.0, *, quiet: bool = False) -> Any:
    """``data`` itself, or its first rows: what the limits leave, of that at most ``share``.

    Leaving some out is told in the log, unless ``quiet``.

    >>> len(first_rows([0.5] * 20_000))
    10000
    """
    rows, width = _extent(data)
    most = min(MAX_ROWS, max(1, int(MAX_CELLS / max(1.0, width))))
    kept = max(1, int(min(rows, most) * share))
    if kept >= rows:
        return data
    if not quiet:
        log.warning("the input example has %d rows, the first %d are kept", rows, kept)
    return _head(data, kept)


def _extent(data: Any) -> tuple[int, float]:
    """Rows, and cells in one; no rows for what cannot be cut."""
    if isinstance(data, dict):
        lengths = {len(each) if _is_column(each) else -1 for each in data.values()}
        rows = lengths.pop() if len(lengths) == 1 else -1
        return max(0, rows), float(sum(_width(each) for each in data.values())) if rows > 0 else 1.0
    return (len(data), _width(data)) if _is_column(data) else _table_extent(data)


def _table_extent(data: Any) -> tuple[int, float]:
    if is_sparse(data):
        return data.shape[0], data.nnz / max(1, data.shape[0])
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.DataFrame | pandas.Series):
        return len(data), math.prod(data.shape[1:])
    return 0, 1.0


def _is_column(data: Any) -> bool:
    return isinstance(data, list) or (type(data).__name__ == "ndarray" and data.ndim > 0)


def _width(column: Any) -> float:
    if not isinstance(column, list):
        return float(math.prod(column.shape[1:]))
    return max((float(len(each)) for each in column[:100] if isinstance(each, list | dict)), default=1.0)


def _head(data: Any, rows: int) -> Any:
    if isinstance(data, dict):
        return {name: column[:rows] for name, column in data.items()}
    if is_sparse(data):
        return data.tocsr()[:rows].asformat(data.format)
    return data.iloc[:rows] if hasattr(data, "iloc") else data[:rows]
