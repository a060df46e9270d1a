"""The pointer files of Git LFS: what stands in git where the bytes lie elsewhere.

Read as git-lfs reads them (its docs/spec.md, lfs/pointer.go): less than 1,024 bytes, a known version first, then the
keys of extensions, then ``oid`` and ``size``. This room knows the text; it looks for no bytes.
"""

from gitmodels.errors import Invalid
from gitmodels.objects.manifest import MAX_FILE_SIZE
from gitmodels.patterns import pattern
from gitmodels.values import frozen

MAX_SIZE = 1024
# The published version and the two before it that git-lfs still reads.
_VERSIONS = (
    b"version https://git-lfs.github.com/spec/v1\n",
    b"version https://hawser.github.com/spec/v1\n",
    b"version http://git-media.io/v/2\n",
)
_POINTER = pattern(rb"oid sha256:(?P<oid>[0-9a-f]{64})\r?\nsize (?P<size>0|[1-9][0-9]{0,18})\s*")
_EXTENSION = b"ext-"


@frozen
class Pointer:
    """The SHA-256 and the size in bytes of what the file really holds."""

    oid: str
    size: int


def parse(data: bytes, shown: str) -> Pointer | None:
    r"""The pointer that ``data`` is; None for anything else. ``shown`` names the file in errors.

    Raises Invalid for what begins like a pointer and is none, and for one whose bytes an extension changed.

    >>> text = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 12345\n" % (b"4d" * 32)
    >>> parse(text, "m.bin").size, parse(b"weights", "m.bin")
    (12345, None)
    """
    begun = next((version for version in _VERSIONS if data.startswith(version)), None)
    if begun is None or len(data) >= MAX_SIZE:
        return None
    body = data[len(begun) :]
    if body.startswith(_EXTENSION):
        raise Invalid(
            f"{shown[:200]!r} is a pointer of Git LFS with an extension, whose bytes only that can give back",
            hint="register the checked out file",
        )
    match = _POINTER.fullmatch(body)
    if match is None or int(match["size"]) > MAX_FILE_SIZE:
        raise Invalid(f"{shown[:200]!r} begins as a pointer of Git LFS, and is none", hint="git lfs fsck --pointers")
    return Pointer(match["oid"].decode(), int(match["size"]))
