"""Fingerprints of data: eight hex digits that the same data has here and in MLflow.

This room knows the recipe (mlflow/data/digest_utils.py, 3.17): what of the data is looked at, in which order, and the
hash. It is no proof against malice, and looks at the first 10,000 rows only.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

_LOOKED_AT = 10_000


def of_frame(frame: Any) -> str:
    """The fingerprint of a DataFrame: its text and number columns, its length, the names of all its columns."""
    import numpy as np
    import pandas as pd

    head = frame.head(_LOOKED_AT)
    texts = head.columns[head.map(lambda cell: type(cell) is str).all(axis=0)]
    numbers = head.select_dtypes(include=[np.number]).columns
    rows = pd.util.hash_pandas_object(head[texts.union(numbers)]).to_numpy()
    return _hashed([rows, np.int64(len(frame)), *(str(name).encode() for name in frame.columns)])


def of_arrays(features: Any, targets: Any = None) -> str:
    """The fingerprint of arrays: their first elements and their shapes, by name where they have names."""
    parts: list[Any] = []
    for side in (features, targets):
        arrays = [side[name] for name in sorted(side)] if isinstance(side, Mapping) else [side]
        for array in arrays:
            if array is not None:
                parts += _of_array(array)
    return _hashed(parts)


def _of_array(array: Any) -> Iterable[Any]:
    import numpy as np
    import pandas as pd

    head, shape = _head(array)
    try:
        yield pd.util.hash_array(head)
    except TypeError:
        yield np.int64(head.size)
    yield from (np.int64(length) for length in shape)


def _head(array: Any) -> tuple[Any, tuple[int, ...]]:
    """The first elements and the shape; of a sparse matrix, the rows that they lie in are made dense and no others."""
    import numpy as np

    if hasattr(array, "toarray"):
        rows = array.tocsr() if hasattr(array, "tocsr") else array
        dense = rows[: -(-_LOOKED_AT // max(1, array.shape[1]))].toarray()
        return dense.flatten()[:_LOOKED_AT], array.shape
    whole = np.asarray(array)
    # flat, not flatten: the rest is not copied.
    return whole.flat[:_LOOKED_AT], whole.shape


def _hashed(parts: Iterable[Any]) -> str:
    hasher = hashlib.md5(usedforsecurity=False)
    for part in parts:
        hasher.update(part)
    return hasher.hexdigest()[:8]
