"""How a chunk's bytes are written: one codec byte per record. One file a family; the encoder chooses among them.

This room turns bytes into fewer bytes and back. It knows no ids: whoever reads checks the decoded bytes against
theirs. A codec may change when packs are rewritten; ids, made of the raw bytes, never do. What each payload looks
like stands in docs/format/objects.md; what each is worth, in docs/design/0005-codecs.md.
"""

from gitmodels.errors import Corrupt, FormatTooNew
from gitmodels.objects.codecs.frames import Buffer

RAW = 0
ZSTD = 1
PLANES = 2
DELTA = 3
PACKED_DELTA = 4
AFTER_BASE = 5

KNOWN = frozenset({RAW, ZSTD, PLANES, DELTA, PACKED_DELTA, AFTER_BASE})
# Those whose payload is worth nothing without another chunk, the base.
BASED = frozenset({DELTA, PACKED_DELTA, AFTER_BASE})

__all__ = ["BASED", "KNOWN", "Buffer", "decode", "too_new"]


def decode(codec: int, payload: Buffer, raw_length: int, base: Buffer | None = None) -> Buffer:
    """The ``raw_length`` raw bytes that ``payload`` holds, with the raw bytes of its base for a codec that has one.

    Never makes more than ``raw_length`` bytes, whatever the payload claims. Raises Corrupt when it holds other than
    that many, and FormatTooNew for a codec this version does not know.

    >>> decode(RAW, b"abc", 3)
    b'abc'
    """
    if codec not in KNOWN:
        raise too_new(codec)
    if (codec in BASED) is (base is None):
        raise Corrupt("a chunk without the base it was made from, or with one it has no use for")
    if codec == RAW:
        if len(payload) != raw_length:
            raise Corrupt(f"a raw chunk of {len(payload)} bytes should have {raw_length}")
        return payload
    if codec in (ZSTD, AFTER_BASE):
        from gitmodels.objects.codecs import frames

        return frames.decode(payload, raw_length, base)
    if base is None:
        from gitmodels.objects.codecs import planes

        return planes.decode(payload, raw_length)
    from gitmodels.objects.codecs import delta

    return delta.decode(payload, raw_length, base, packed=codec == PACKED_DELTA)


def too_new(codec: int) -> FormatTooNew:
    """The error for a codec number past those of this version."""
    return FormatTooNew(
        f"a chunk is written with codec {codec}, which this gitmodels does not know", hint="upgrade gitmodels"
    )
