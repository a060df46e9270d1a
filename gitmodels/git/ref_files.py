"""Reading refs by name: loose files and packed-refs alike, through symbolic refs.

This room knows the files backend of git's refs and knows nothing of what a ref means, nor how one is moved (refs).
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from gitmodels.errors import Corrupt, InvalidName
from gitmodels.patterns import pattern

_MAX_SYMBOLIC = 5
_MAX_REF_BYTES = 4096
# git check-ref-format, for names below refs/.
_BAD = pattern(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|\.$|/$|\./")
VALUE = pattern(rb"([0-9a-f]{40}|[0-9a-f]{64})\s*")


class RefFiles:
    """The refs below the common git folder ``root``, read at every call (packed-refs when it changed)."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._packed: tuple[tuple[int, int, int], dict[str, str]] | None = None

    def read(self, name: str) -> str | None:
        """The object id that ``name`` points to, through symbolic refs; None when there is no such ref.

        Raises InvalidName for a malformed name, Corrupt for a ref file that holds no id.
        """
        return self._value(self._final(check_ref(name)))

    def list(self, prefix: str) -> dict[str, str]:
        """Every ref below ``prefix`` (``refs/gitmodels/aliases/``) with its id, by name, sorted.

        Refs whose file holds no id (left by a power cut) are skipped: they are rebuilt or reported when read.
        """
        start = prefix.rstrip("/") + "/"
        check_ref(start + "x")
        found = {name: oid for name, oid in self._packed_refs().items() if name.startswith(start)}
        for name in _loose_names(self._root, start):
            with contextlib.suppress(Corrupt, InvalidName):
                oid = self.read(name)
                if oid is not None:
                    found[name] = oid
        return dict(sorted(found.items()))

    def names(self) -> Iterator[str]:
        """The names of all refs, sorted; what does not look like one is left out, a damaged one is not."""
        # Loose ones first: git packs a ref before it removes its file, so none is missed between the two looks.
        candidates = {*_loose_names(self._root, "refs/")} | self._packed_refs().keys()
        yield from (name for name in sorted(candidates) if _is_ref(name))

    def _value(self, name: str) -> str | None:
        text = self._loose(name)
        if text is None:
            return self._packed_refs().get(name)
        match = VALUE.fullmatch(text)
        if match is None:
            raise Corrupt(
                f"the file of {name} holds no object id",
                hint=f"look for its last value in logs/{name}, or fetch it; then git update-ref {name} <id>",
                ref=name,
            )
        return match[1].decode()

    def _final(self, name: str) -> str:
        for _ in range(_MAX_SYMBOLIC):
            text = self._loose(name)
            if text is None or not text.startswith(b"ref:"):
                return name
            name = check_ref(text[4:].strip().decode("utf-8", "surrogateescape"))
        raise Corrupt(f"{name} is a symbolic ref that leads in circles")

    def _loose(self, name: str) -> bytes | None:
        try:
            with open(f"{self._root}/{name}", "rb", buffering=0) as stream:
                return stream.read(_MAX_REF_BYTES)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def _packed_refs(self) -> dict[str, str]:
        path = f"{self._root}/packed-refs"
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return {}
        # git replaces the file by rename, so every change is another inode, time or size.
        key = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._packed is None or self._packed[0] != key:
            with open(path, "rb") as stream:
                self._packed = (key, _parse_packed(stream.read()))
        return self._packed[1]


def check_ref(name: str) -> str:
    """``name`` if git accepts it as a ref below ``refs/``; raises InvalidName otherwise.

    >>> check_ref("refs/gitmodels/aliases/fraud/champion")
    'refs/gitmodels/aliases/fraud/champion'
    """
    if not name.startswith("refs/") or name.count("/") < 2 or _BAD.search(name) or len(name) > _MAX_REF_BYTES:
        raise InvalidName(f"not a ref name: {name[:100]!r}")
    return name


def _is_ref(name: str) -> bool:
    try:
        check_ref(name)
    except InvalidName:
        return False
    return True


def _parse_packed(data: bytes) -> dict[str, str]:
    found = {}
    for line in data.split(b"\n"):
        oid, _, name = line.partition(b" ")
        if name and VALUE.fullmatch(oid):
            found[name.rstrip(b"\r").decode("utf-8", "surrogateescape")] = oid.decode()
    return found


def _loose_names(root: Path, prefix: str) -> Iterator[str]:
    for folder, folders, files in os.walk(root / prefix):
        folders.sort()
        base = os.path.relpath(folder, root).replace(os.sep, "/")
        for file in files:
            if not file.endswith(".lock"):
                yield f"{base}/{file}"
