"""One tensor of a model, without the rest of its file: ``load_tensor`` and ``list_tensors``.

This room joins where a model lies and the reading of ranges; nothing of a model runs, so no trust is asked for.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gitmodels.api import content, context
from gitmodels.errors import FileMissing
from gitmodels.objects import tensors
from gitmodels.objects.ranges import Ranges
from gitmodels.objects.tensors import Tensor
from gitmodels.uris import PathRef, check_whole, parse_uri

if TYPE_CHECKING:
    import numpy

__all__ = ["list_tensors", "load_tensor"]

_PIECE = 4 << 20


class _Local:
    """Random access to a file of the user's own, as ``Ranges`` gives it to a stored one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = stream.seek(0, os.SEEK_END)

    def read(self, offset: int, length: int) -> bytes:
        self._stream.seek(offset)
        return self._stream.read(length)

    def pieces(self, offset: int, length: int) -> Iterator[memoryview]:
        for start in range(0, length, _PIECE):
            yield memoryview(self.read(offset + start, min(_PIECE, length - start)))


def list_tensors(uri: str | os.PathLike[str], path: str) -> dict[str, Tensor]:
    """The tensors of the safetensors file ``path`` of a model, by name, in the order of their bytes.

    ``uri`` is a model's: ``models:/``, ``runs:/`` or a local folder. Only the file's header is read. Raises Invalid for
    a file of another format, FileMissing, and what finding the model raises.
    """
    with _opened(uri, path) as file:
        return tensors.tensors(file.read, file.size, path)


def load_tensor(uri: str | os.PathLike[str], path: str, name: str) -> "numpy.ndarray":
    """The tensor ``name`` of the safetensors file ``path`` of a model, as an array of its own.

    Only its bytes are read, verified and decoded. Of a type that numpy lacks (BF16, the F8 types) the bits come as
    unsigned integers of the same width: ``.view(ml_dtypes.bfloat16)`` makes numbers of them. Raises NotFound when
    there is no such tensor, else as ``list_tensors``.
    """
    import numpy

    with _opened(uri, path) as file:
        found = tensors.tensor(file.read, file.size, path, name)
        data = bytearray(found.length)
        at = 0
        for piece in file.pieces(found.offset, found.length):
            data[at : at + len(piece)] = piece
            at += len(piece)
    return numpy.frombuffer(data, found.numpy_dtype).reshape(found.numpy_shape)


@contextmanager
def _opened(uri: str | os.PathLike[str], path: str) -> Iterator[_Local | Ranges]:
    ref = parse_uri(str(uri))
    if isinstance(ref, PathRef):
        local = Path(ref.path, path)
        if not local.is_file():
            raise FileMissing(f"No such file: {str(local)!r}")
        with open(local, "rb") as stream:
            yield _Local(stream)
        return
    check_whole(ref)
    repo, named = context.located(uri)
    manifest = content.find(repo, named).manifest
    try:
        entry = manifest.entry(path)
    except FileMissing as error:
        error.hint = f"it has {', '.join(known.path for known in manifest.entries[:20])}"
        raise
    yield repo.store.ranges(entry)
