"""Content ids: BLAKE3 of raw bytes, written as 64 lower-case hex digits (what ``b3sum`` prints).

This room hashes and checks the form of ids; it knows nothing of files' meaning, stores or git.
"""

import os
from typing import BinaryIO, NewType

from blake3 import blake3

from gitmodels.errors import Invalid
from gitmodels.patterns import pattern

Digest = NewType("Digest", str)

SIZE = 32
_FORM = pattern(r"[0-9a-f]{64}")
_PIECE = 4 << 20
# Below this, starting threads costs more than they win.
_THREADED = 1 << 20


def of_bytes(data: bytes | bytearray | memoryview) -> Digest:
    """BLAKE3 of ``data``.

    >>> of_bytes(b"")[:16]
    'af1349b9f5f9a1a6'
    """
    threads = blake3.AUTO if len(data) >= _THREADED else 1
    return Digest(blake3(data, max_threads=threads).hexdigest())


def of_stream(stream: BinaryIO) -> Digest:
    """BLAKE3 of what is left in ``stream``, read in pieces of 4 MiB."""
    piece = stream.read(_PIECE)
    hasher = blake3(piece, max_threads=blake3.AUTO if len(piece) >= _THREADED else 1)
    while piece:
        piece = stream.read(_PIECE)
        hasher.update(piece)
    return Digest(hasher.hexdigest())


def of_file(path: str | os.PathLike[str]) -> Digest:
    """BLAKE3 of the file at ``path``, in constant memory. Raises OSError as ``open`` does."""
    with open(path, "rb", buffering=0) as stream:
        return of_stream(stream)


def parse(text: object) -> Digest:
    """``text`` if it is the canonical form of a digest.

    Raises Invalid for another length, upper case or anything but hex digits.

    >>> parse("AF")
    Traceback (most recent call last):
    ...
    gitmodels.errors.Invalid: not a BLAKE3 digest (64 lower-case hex digits): 'AF'
    """
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        raise Invalid(f"not a BLAKE3 digest (64 lower-case hex digits): {str(text)[:80]!r}")
    return Digest(text)


def model_id(manifest: Digest) -> str:
    """The id of a model: ``m-`` and the first 32 digits of its manifest's digest.

    >>> model_id(of_bytes(b""))
    'm-af1349b9f5f9a1a6a0404dea36dcc949'
    """
    return f"m-{manifest[:32]}"
