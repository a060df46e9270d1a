"""Where a file is cut into chunks. One file per format; whatever is not understood is cut as opaque bytes.

A span names a run of the file's bytes. The spans of a file follow each other without gap, so that concatenating
their bytes gives the file back; the store needs to know nothing else of a format. The cut is a pure function of the
file's bytes: the same file is cut the same on every machine, and a stored file can be cut again to find its tensors.
No byte is trusted: what does not check out is opaque. Nothing is executed, unpickled or extracted.
"""

from collections.abc import Iterator

from gitmodels.objects.spans import opaque
from gitmodels.objects.spans.pieces import Span, spans
from gitmodels.objects.spans.window import OddError, Part, Read, Window

__all__ = ["MAX_CHUNK", "SMALL", "Part", "Read", "Span", "cut", "cut_by_content", "opaque", "parts"]

# The longest chunk any file of the store may have; readers hold one chunk in memory.
MAX_CHUNK = 64 << 20
# A file shorter than this is one chunk whatever it holds.
SMALL = 64 << 10


def parts(read: Read, size: int) -> list[Part] | None:
    """The parts of a file of ``size`` bytes as its format tells them, or None when it is opaque.

    ``read(offset, length)`` is random access to the file, on the disk or in a store. It is asked for the first bytes
    and for headers and directories, never past the file's end and for at most 256 MiB in all. The lengths of the
    parts have the sum ``size``. Raises only what ``read`` raises.

    >>> data = (54).to_bytes(8, "little") + b'{"w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}' + bytes(2)
    >>> parts(lambda offset, length: data[offset : offset + length], len(data))
    [Part(length=62, width=0, name=''), Part(length=2, width=2, name='w')]
    """
    if size < 16:
        return None
    window = Window(read, size)
    try:
        return _parse(window.bytes(0, 16), window)
    except OddError:
        return None


def cut(read: Read, size: int) -> Iterator[Span] | None:
    """The spans of a file, each at most 4 MiB, or None when the file is to be cut as opaque bytes.

    A file shorter than 64 KiB is not looked at: it is one chunk. ``read`` and errors as for ``parts``.
    """
    if size < SMALL:
        return None
    found = parts(read, size)
    return None if found is None else spans(found)


def cut_by_content(read: Read, size: int) -> Iterator[Span]:
    """The spans of a long opaque file, of about 256 KiB, cut where its content says. ``read`` as for ``parts``.

    What is inserted into such a file, or taken out, moves no later cut; but reading it takes some 0.5 s of CPU more for
    every gigabyte, and many times that without the extra ``cdc``.
    """
    from gitmodels.objects.spans import content

    return content.spans(read, size)


def _parse(head: bytes, window: Window) -> list[Part] | None:
    # Parsers are imported when a file needs them: starting must cost nothing.
    if head.startswith(b"PK\x03\x04"):
        from gitmodels.objects.spans import archive

        return archive.parts(window)
    if head.startswith(b"\x93NUMPY"):
        from gitmodels.objects.spans import npy

        return npy.parts(window)
    if head.startswith(b"GGUF"):
        from gitmodels.objects.spans import gguf

        return gguf.parts(window)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= 8 << 20:
        from gitmodels.objects.spans import safetensors

        return safetensors.parts(window)
    if head.startswith(b"\x08"):
        from gitmodels.objects.spans import onnx

        return onnx.parts(window)
    return None
