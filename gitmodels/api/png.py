"""Arrays of pixels as PNG files, with nothing but zlib.

This room knows the format's four kinds of pixels (grey, RGB and both with transparency as MLflow takes them) and how
numbers become bytes: booleans are black and white, whole numbers 0 to 255, fractions 0 to 1.
"""

import struct
import warnings
import zlib
from typing import Any

from gitmodels.errors import Invalid

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Channels -> PNG's colour type.
_COLOURS = {1: 0, 3: 2, 4: 6}


def encode(image: Any) -> bytes:
    r"""A PNG of an array of H × W, or H × W × 1, 3 or 4. Raises Invalid for other shapes, types and values.

    >>> import numpy as np
    >>> encode(np.zeros((2, 2), dtype=np.uint8))[:4]
    b'\x89PNG'
    """
    import numpy as np

    array = np.asarray(image)
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if array.ndim != 3 or array.shape[2] not in _COLOURS or 0 in array.shape:
        raise Invalid(f"an image is H x W, or H x W x 1, 3 or 4, not {' x '.join(map(str, array.shape))}")
    pixels = np.ascontiguousarray(_bytes(array))
    height, width, channels = pixels.shape
    # Each line begins with the filter used for it: none.
    lines = np.zeros((height, 1 + width * channels), dtype=np.uint8)
    lines[:, 1:] = pixels.reshape(height, width * channels)
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0)
    body = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(lines.tobytes(), 6)) + _chunk(b"IEND", b"")
    return _SIGNATURE + body


def _bytes(array: Any) -> Any:
    import numpy as np

    if array.dtype.kind == "b":
        return array.astype(np.uint8) * 255
    if array.dtype.kind in "iu":
        if array.min() < 0 or array.max() > 255:
            raise Invalid("whole numbers of an image lie between 0 and 255")
        return array.astype(np.uint8)
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise Invalid("the numbers of an image are finite")
        low, high = float(array.min()), float(array.max())
        if low < 0 or high > 1:
            warnings.warn(
                "Float array image values are outside the range [0, 1]: they are scaled to it",
                UserWarning,
                stacklevel=5,
            )
            array = (array - low) / ((high - low) or 1.0)
        return (array * 255).astype(np.uint8)
    raise Invalid(f"an image is made of booleans, whole numbers or fractions, not {array.dtype}")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
