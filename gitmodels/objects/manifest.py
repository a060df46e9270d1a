"""The manifest: every file of a model with its size and BLAKE3, and the one digest that names them all.

This room knows paths, sizes and ids. It knows neither where the bytes lie nor what the files mean.

The digest is BLAKE3 of what ``b3sum`` prints for the files in order, so stock tools can check it, and how a file is
cut into chunks does not change it. Every manifest read is taken for hostile: paths are checked, two files that some
file system would take for one are refused, and so is whatever the format does not name.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from gitmodels import digest as digests
from gitmodels import yaml
from gitmodels.digest import Digest
from gitmodels.errors import FileMissing, FormatTooNew, InvalidName, InvalidRecord
from gitmodels.names import check_file_path, portable_key
from gitmodels.patterns import pattern
from gitmodels.values import frozen

FORMAT = 1
MAX_FILES = 100_000
MAX_FILE_SIZE = 2**53
# 100,000 files of 60-byte paths take 20 MB; a hostile file may not make us hold much more.
MAX_YAML = 64 << 20

_DIGEST = r'(?:[a-f][0-9a-f]{63}|"[0-9][0-9a-f]{63}")'
_ENTRY = pattern(
    rf"- path: ([^\n]+)\n  size: (0|[1-9][0-9]{{0,15}})\n  blake3: ({_DIGEST})\n(?:  chunks: ({_DIGEST})\n)?",
)
# Past any word that YAML reads as something else.
_PLAIN_PATH = pattern(r"[A-Za-z_][A-Za-z0-9_/-]{5,200}(?:\.[A-Za-z0-9_-]{1,50})?")
_HEAD = "format: 1\nfiles:\n"


@frozen
class Entry:
    """One file: its path inside the model, size in bytes, BLAKE3, and the id of its chunk list when it has one.

    Raises InvalidName for a path that some system could not hold, InvalidRecord for a size out of range, Invalid for
    ids that are not digests.

    >>> Entry("model.pkl", 0, digests.of_bytes(b"")).path
    'model.pkl'
    """

    path: str
    size: int
    blake3: Digest
    chunks: Digest | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.path, str):
            raise InvalidRecord(f"a manifest: a path is a string, not {type(self.path).__name__}")
        check_file_path(self.path)
        if type(self.size) is not int or not 0 <= self.size <= MAX_FILE_SIZE:
            raise InvalidRecord(f"a manifest: the size of {self.path!r} is not a number of bytes")
        digests.parse(self.blake3)
        if self.chunks is not None:
            digests.parse(self.chunks)


@frozen
class Manifest:
    """The files of one model, sorted by the UTF-8 bytes of their paths whatever order they are given in.

    Raises InvalidRecord for no file, more than 100,000, or a path given twice; InvalidName for a path that is both
    file and folder or that a case-folding or normalising file system would take for another.

    >>> manifest = Manifest((Entry("b", 0, digests.of_bytes(b"")), Entry("a", 0, digests.of_bytes(b""))))
    >>> [entry.path for entry in manifest.entries], manifest.size, manifest.model_id[:6]
    (['a', 'b'], 0, 'm-0b57')
    """

    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        entries = tuple(sorted(self.entries, key=lambda entry: entry.path.encode()))
        if not entries:
            raise InvalidRecord("a manifest names at least one file")
        check_together(entry.path for entry in entries)
        object.__setattr__(self, "entries", entries)

    @cached_property
    def digest(self) -> Digest:
        """BLAKE3 of ``<blake3>  <path>`` and a newline for every file in order."""
        return digests.of_bytes("".join(f"{entry.blake3}  {entry.path}\n" for entry in self.entries).encode())

    @property
    def model_id(self) -> str:
        """``m-`` and the first 32 digits of the digest."""
        return digests.model_id(self.digest)

    @cached_property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(entry.size for entry in self.entries)

    def entry(self, path: str) -> Entry:
        """The entry of the file at ``path``. Raises FileMissing when the model has none."""
        found = self._by_path.get(path)
        if found is None:
            raise FileMissing(f"the model {self.model_id} has no file {path!r}")
        return found

    def to_yaml(self) -> bytes:
        """The canonical spelling; ``from_yaml`` gives an equal manifest back."""
        return (_HEAD + "".join(_spelled(entry) for entry in self.entries)).encode()

    @classmethod
    def from_yaml(cls, data: bytes) -> "Manifest":
        """The manifest that ``data`` spells.

        The canonical spelling is read in one pass at any size; another spelling of the same fields is accepted up to
        the limits of the YAML reader. Raises InvalidYaml, InvalidRecord, InvalidName, Invalid, and FormatTooNew for
        a format this version does not know.
        """
        entries = _canonical(data)
        return cls(tuple(_parsed(data) if entries is None else entries))

    @cached_property
    def _by_path(self) -> dict[str, Entry]:
        return {entry.path: entry for entry in self.entries}


def check_together(paths: Iterable[str]) -> None:
    """Refuse paths that cannot lie in one folder on every system, or that are too many.

    Raises InvalidRecord and InvalidName.

    >>> check_together(["a/b", "a/c", "d"])
    """
    paths = list(paths)
    if len(paths) <= MAX_FILES and _are_plainly_apart(paths):
        return
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for path in paths:
        key = portable_key(path)
        if key in files:
            _refuse_pair(files[key], path)
        if len(files) == MAX_FILES:
            raise InvalidRecord(
                f"a model has at most {MAX_FILES} files", hint="pack the data into fewer files, such as one archive"
            )
        files[key] = path
        cut = path.rfind("/")
        while cut > 0:
            folder = path[:cut]
            folder_key = portable_key(folder)
            known = folders.setdefault(folder_key, folder)
            if known != folder:
                _refuse_pair(known, folder)
            cut = path.rfind("/", 0, cut)
    for key, folder in folders.items():
        if key in files:
            raise InvalidName(f"{files[key]!r} is a file and {folder!r} a folder", hint="rename one of them")


def _are_plainly_apart(paths: list[str]) -> bool:
    """Whether these are ASCII paths in one folder, no two alike: asked of all at once, as most models are so."""
    text = "\n".join(paths)
    if not text.isascii() or "/" in text:
        return False
    names = text.lower().split("\n")
    return len(names) == len(paths) == len(set(names))


def _refuse_pair(first: str, second: str) -> None:
    if first == second:
        raise InvalidRecord(f"a manifest: {first!r} stands twice")
    raise InvalidName(
        f"{first!r} and {second!r} are one name on systems that ignore case or normalise", hint="rename one of them"
    )


def _spelled(entry: Entry) -> str:
    """An entry in the spelling of ``yaml.dump``, which takes ten times as long for the whole list."""
    path = entry.path if _PLAIN_PATH.fullmatch(entry.path) else yaml.dump(entry.path).decode()[:-1]
    chunks = "" if entry.chunks is None else f"\n  chunks: {_quoted(entry.chunks)}"
    return f"- path: {path}\n  size: {entry.size}\n  blake3: {_quoted(entry.blake3)}{chunks}\n"


def _quoted(digest: Digest) -> str:
    return f'"{digest}"' if digest[0].isdecimal() else digest


def _canonical(data: bytes) -> list[Entry] | None:
    """The entries when ``data`` is spelled as ``to_yaml`` spells; None sends it to the general reader."""
    if len(data) > MAX_YAML or not data.startswith(_HEAD.encode()):
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    entries: list[Entry] = []
    position = len(_HEAD)
    while position < len(text):
        match = _ENTRY.match(text, position)
        path = None if match is None else _canonical_path(match[1])
        if match is None or path is None:
            return None
        chunks = None if match[4] is None else Digest(match[4].strip('"'))
        entries.append(Entry(path, int(match[2]), Digest(match[3].strip('"')), chunks))
        position = match.end()
        if len(entries) > MAX_FILES:
            break  # the constructor says so
    return entries


def _canonical_path(spelled: str) -> str | None:
    value: Any = spelled
    if spelled[0] in "\"'":
        value = yaml.load(spelled.encode(), what="a path in a manifest")
    return value if isinstance(value, str) and yaml.dump(value) == f"{spelled}\n".encode() else None


def _parsed(data: bytes) -> Iterator[Entry]:
    loaded = yaml.load(data, what="a manifest", max_size=MAX_YAML)
    if not isinstance(loaded, dict):
        raise InvalidRecord("a manifest is a mapping")
    number = loaded.get("format")
    if type(number) is int and number > FORMAT:
        raise FormatTooNew(f"a manifest of format {number}, this gitmodels knows {FORMAT}", hint="upgrade gitmodels")
    files = loaded.get("files")
    if type(number) is not int or number != FORMAT or set(loaded) != {"format", "files"} or not isinstance(files, list):
        raise InvalidRecord(f"a manifest has exactly the keys 'format: {FORMAT}' and 'files'")
    for item in files:
        if not isinstance(item, dict) or not {"path", "size", "blake3"} <= set(item) <= {*Entry.__match_args__}:
            raise InvalidRecord("a manifest: a file has the keys path, size, blake3 and, when it is cut, chunks")
        if "chunks" in item and item["chunks"] is None:
            raise InvalidRecord("a manifest: chunks is a digest or absent")
        yield Entry(**item)
