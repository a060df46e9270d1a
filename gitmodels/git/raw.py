"""Git's objects as bytes: ids, trees and commits, written and read in memory.

This room knows git's serialised forms and nothing of where they are stored. What it reads may come from anybody, so
every parser checks the whole input and raises Corrupt; it never guesses.
"""

import bisect
import hashlib
import re
from collections.abc import Iterable, Mapping

from gitmodels.errors import Corrupt, Invalid
from gitmodels.patterns import pattern
from gitmodels.values import frozen

TREE_MODE = b"40000"
FILE_MODE = b"100644"
_BLOB_MODES = frozenset({b"100644", b"100755", b"100664"})
_ENTRY = {size: pattern(rb"([0-7]{5,6}) ([^\0/]+)\0(.{%d})" % size, re.DOTALL) for size in (20, 32)}
_HEX = pattern(r"[0-9a-f]{40}|[0-9a-f]{64}")
_CRUD = " \t\r\n\v\f.,:;<>\"\\'"
_FORBIDDEN = str.maketrans(dict.fromkeys("<>\n\0"))

# mode as git writes it, id in hex
Entry = tuple[bytes, str]
Entries = dict[str, Entry]


@frozen
class ObjectFormat:
    """The hash of a repository: its name in git's config and the length of an id in bytes."""

    name: str
    size: int

    def id_of(self, kind: str, data: bytes) -> str:
        """The id git gives ``data`` as an object of ``kind`` (blob, tree or commit).

        >>> SHA1.id_of("blob", b"")
        'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
        """
        hasher = self.hasher(f"{kind} {len(data)}\0".encode())
        hasher.update(data)
        return hasher.hexdigest()

    def hasher(self, data: bytes = b"") -> "hashlib._Hash":
        """A running hash of this format that has seen ``data``."""
        # usedforsecurity=False keeps SHA-1 available where FIPS mode hides it: it is git's name, not our integrity.
        return hashlib.new(self.name, data, usedforsecurity=False)


SHA1 = ObjectFormat("sha1", 20)
SHA256 = ObjectFormat("sha256", 32)


@frozen
class Identity:
    """Who did something, as git writes it into commits and reflogs."""

    name: str
    email: str

    @classmethod
    def clean(cls, name: str, email: str) -> "Identity":
        r"""An identity without the characters git cannot write; what is left empty becomes ``unknown``.

        >>> Identity.clean(" Ann <a>; ", "ann@example.org\n")
        Identity(name='Ann a', email='ann@example.org')
        """
        return cls(
            _printable(name).translate(_FORBIDDEN).strip(_CRUD) or "unknown",
            _printable(email).translate(_FORBIDDEN).strip(_CRUD) or "unknown",
        )

    def stamp(self, when_s: int, zone: str = "+0000") -> str:
        """``Name <email> seconds zone``, the form of author and committer lines."""
        return f"{self.name} <{self.email}> {max(when_s, 0)} {zone}"


@frozen
class RawCommit:
    """What a commit object says, its people still as bytes."""

    tree: str
    parents: tuple[str, ...]
    author: bytes
    message: bytes
    committer: bytes = b""


def parse_tree(data: bytes, size: int = SHA1.size) -> "Tree":
    """The tree object ``data``; names that are not UTF-8 keep their bytes as surrogates.

    Raises Corrupt for anything but a well-formed tree, a duplicate name included.
    """
    found = _ENTRY[size].findall(data)
    entries: Entries = {name.decode("utf-8", "surrogateescape"): (mode, oid.hex()) for mode, name, oid in found}
    # findall skips what does not match, so the lengths must add up for the whole input to have been read.
    consumed = sum(len(mode) + len(name) for mode, name, _ in found) + len(found) * (size + 2)
    if consumed != len(data) or len(entries) != len(found):
        raise Corrupt("a git tree is damaged: its entries cannot be read", hint="run git fsck")
    return Tree(entries)


def find_entry(data: bytes, name: str, size: int) -> Entry | None:
    """Mode and id of ``name`` in the tree object ``data``, at less cost than parsing it; None if not there.

    Raises Corrupt for a damaged tree without ``name``.
    """
    wanted = name.encode("utf-8", "surrogateescape")
    width = len(TREE_MODE) + len(wanted) + 2 + size
    if len(data) > width and _is_grid(data, len(wanted), width):
        rows = range(0, len(data), width)
        start = next((row for row in rows if data.startswith(wanted, row + len(TREE_MODE) + 1)), None)
        return None if start is None else (TREE_MODE, data[start + width - size : start + width].hex())
    # From the first row on, row by row: the name's bytes may also stand inside an id.
    pattern = rb"(?:[0-7]{5,6} [^\0/]+\0.{%d})*?([0-7]{5,6}) %s\0(.{%d})"
    found = re.match(pattern % (size, re.escape(wanted), size), data, re.DOTALL)
    return (found[1], found[2].hex()) if found else parse_tree(data, size).entries.get(name)


def _is_grid(data: bytes, length: int, width: int) -> bool:
    """Whether all rows of a tree are folders with names of ``length`` bytes: such trees are read column by column."""
    count, rest = divmod(len(data), width)
    name = len(TREE_MODE) + 1
    return (
        rest == 0
        and all(data[place::width] == bytes([byte]) * count for place, byte in enumerate(TREE_MODE + b" "))
        and data[name + length :: width] == bytes(count)
        and not any({0, ord("/")} & set(data[place::width]) for place in range(name, name + length))
    )


class Tree:
    """A tree object: its entries by name, and (made at the first change) its rows in git's order.

    Shared through caches: never change one, make the next with ``changed``.
    """

    __slots__ = ("_keys", "_rows", "entries")

    def __init__(self, entries: Entries, keys: list[bytes] | None = None, rows: list[bytes] | None = None) -> None:
        self.entries = entries
        self._keys = keys
        self._rows = rows

    def changed(self, updates: Mapping[str, Entry]) -> "Tree":
        """The tree with ``updates``; the cost is that of copying two lists, not of sorting all names again."""
        entries = self.entries.copy()
        keys, rows = self._ordered()
        keys, rows = keys.copy(), rows.copy()
        for name, entry in updates.items():
            former = entries.get(name)
            if former is not None:
                place = bisect.bisect_left(keys, _sort_key(name, former[0]))
                del keys[place], rows[place]
            entries[name] = entry
            key = _sort_key(name, entry[0])
            place = bisect.bisect_left(keys, key)
            keys.insert(place, key)
            rows.insert(place, _row(name, entry))
        return Tree(entries, keys, rows)

    def data(self) -> bytes:
        """The bytes of the tree object."""
        return b"".join(self._ordered()[1])

    def _ordered(self) -> tuple[list[bytes], list[bytes]]:
        keys, rows = self._keys, self._rows
        if keys is None or rows is None:
            pairs = sorted((_sort_key(name, entry[0]), _row(name, entry)) for name, entry in self.entries.items())
            keys, rows = [key for key, _ in pairs], [row for _, row in pairs]
            self._keys, self._rows = keys, rows
        return keys, rows


def is_tree_mode(mode: bytes) -> bool:
    """Whether ``mode`` is a folder's (old writers padded it with a zero)."""
    return mode in (TREE_MODE, b"040000")


def is_blob_mode(mode: bytes) -> bool:
    """Whether ``mode`` is a plain file's: no folder, symbolic link or submodule."""
    return mode in _BLOB_MODES


def serialize_commit(tree: str, parents: Iterable[str], author: str, committer: str, message: str) -> bytes:
    r"""The commit object of these parts; ``message`` ends in one newline afterwards.

    ``author`` and ``committer`` are stamps (see ``Identity.stamp``). Raises Invalid when the message holds a NUL or
    cannot be written as UTF-8.
    """
    if "\0" in message:
        raise Invalid("a commit message cannot hold a NUL character")
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {author}", f"committer {committer}", "", message.rstrip("\n") + "\n"]
    try:
        return "\n".join(lines).encode()
    except UnicodeEncodeError:
        raise Invalid("a commit message must be text that UTF-8 can write") from None


def parse_commit(data: bytes) -> RawCommit:
    """What a commit object says. Raises Corrupt when its first lines are not those of a commit."""
    head, separator, message = data.partition(b"\n\n")
    lines = (head if separator else data.rstrip(b"\n")).split(b"\n")
    tree = _header_id(lines[0], b"tree ")
    parents = []
    position = 1
    while position < len(lines) and lines[position].startswith(b"parent "):
        parents.append(_header_id(lines[position], b"parent "))
        position += 1
    # Only the line that git itself reads as the author counts: a second one further down is somebody's trick.
    author = lines[position][7:] if position < len(lines) and lines[position].startswith(b"author ") else b""
    after = lines[position + 1] if author and position + 1 < len(lines) else b""
    committer = after[10:] if after.startswith(b"committer ") else b""
    return RawCommit(tree, tuple(parents), author, message, committer)


def check_oid(text: object) -> str:
    """``text`` if it is a full object id in lower-case hex; raises Invalid otherwise."""
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise Invalid(f"not a git object id: {str(text)[:80]!r}")
    return text


def _sort_key(name: str, mode: bytes) -> bytes:
    # git sorts folders as if their name ended in a slash.
    raw = name.encode("utf-8", "surrogateescape")
    return raw + b"/" if is_tree_mode(mode) else raw


def _row(name: str, entry: Entry) -> bytes:
    return entry[0] + b" " + name.encode("utf-8", "surrogateescape") + b"\0" + bytes.fromhex(entry[1])


def _header_id(line: bytes, key: bytes) -> str:
    text = line[len(key) :].decode("ascii", "replace")
    if not line.startswith(key) or not _HEX.fullmatch(text):
        raise Corrupt("a git commit is damaged: its header cannot be read", hint="run git fsck")
    return text


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
