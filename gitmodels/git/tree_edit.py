"""From one tree to the next in memory: files set at paths, the new blobs and folders as bytes ready to be written.

This room is pure: it reads trees through a function it is given and writes nothing. It never removes a path.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from gitmodels.errors import Conflict, InvalidName
from gitmodels.git import raw
from gitmodels.git.edits import Edits, Subtree
from gitmodels.names import hidden_character
from gitmodels.values import frozen

MAX_PATH_BYTES = 4096
_MAX_PART_BYTES = 255


@frozen
class NewObject:
    """An object to be written; ``tree`` is what a tree parses to, so that nobody need read it back."""

    oid: str
    kind: str
    data: bytes
    tree: raw.Tree | None = None


@frozen
class NewTree:
    """A tree made of another one: its id, and the objects that may not exist yet (each once)."""

    oid: str
    objects: tuple[NewObject, ...]


@dataclass(slots=True)
class _Folder:
    files: dict[str, bytes | Subtree] = field(default_factory=dict)
    folders: dict[str, "_Folder"] = field(default_factory=dict)


def apply(load: Callable[[str], raw.Tree], fmt: raw.ObjectFormat, base: str | None, edits: Edits) -> NewTree:
    """The tree ``base`` (None: the empty one) with every path of ``edits`` holding its bytes, or its whole folder.

    ``load`` gives a tree by id. Raises InvalidName for a path git or a checkout would refuse,
    Conflict where a file would take a folder's place or a folder a file's.
    """
    made: dict[str, NewObject] = {}
    root = _write_folder(load, fmt, base, _nest(edits), made)
    return NewTree(root, tuple(made.values()))


def check_path(path: str) -> list[str]:
    """The parts of ``path`` if it may stand in a tree; raises InvalidName otherwise.

    >>> check_path("models/a3/fraud/model.yaml")
    ['models', 'a3', 'fraud', 'model.yaml']
    """
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        raise InvalidName(f"a path in the registry must be UTF-8: {path[:80]!r}") from None
    if size > MAX_PATH_BYTES or hidden_character(path) or "\\" in path:
        raise InvalidName(f"not a path git can hold everywhere: {path[:80]!r}")
    parts = path.split("/")
    for part in parts:
        plain = part.rstrip(". ").lower()
        if part in ("", ".", "..") or plain in (".git", "git~1") or len(part.encode()) > _MAX_PART_BYTES:
            raise InvalidName(f"not a path git can hold everywhere: {path[:80]!r}")
    return parts


def _nest(edits: Edits) -> _Folder:
    root = _Folder()
    for path, data in edits.items():
        *folders, name = check_path(path)
        here = root
        for part in folders:
            if part in here.files:
                raise Conflict(f"{path!r} would need a folder where a file is written")
            here = here.folders.setdefault(part, _Folder())
        if name in here.folders:
            raise Conflict(f"{path!r} would be a file where a folder is written")
        here.files[name] = data if isinstance(data, Subtree) else bytes(data)
    return root


def _write_folder(
    load: Callable[[str], raw.Tree],
    fmt: raw.ObjectFormat,
    base: str | None,
    folder: _Folder,
    made: dict[str, NewObject],
) -> str:
    tree = load(base) if base is not None else raw.Tree({})
    updates: raw.Entries = {}
    for name, inner in folder.folders.items():
        known = tree.entries.get(name)
        if known is not None and not raw.is_tree_mode(known[0]):
            raise Conflict(f"the registry holds a file where the folder {name!r} would go")
        oid = _write_folder(load, fmt, known[1] if known else None, inner, made)
        if known is None or known[1] != oid:
            updates[name] = (raw.TREE_MODE, oid)
    for name, data in folder.files.items():
        known = tree.entries.get(name)
        entry = _graft(name, known, data) if isinstance(data, Subtree) else _write_file(fmt, name, known, data, made)
        if entry != known:
            updates[name] = entry
    if base is not None and not updates:
        return base
    tree = tree.changed(updates)
    written = tree.data()
    oid = fmt.id_of("tree", written)
    made.setdefault(oid, NewObject(oid, "tree", written, tree))
    return oid


def _write_file(
    fmt: raw.ObjectFormat, name: str, known: raw.Entry | None, data: bytes, made: dict[str, NewObject]
) -> raw.Entry:
    if known is not None and raw.is_tree_mode(known[0]):
        raise Conflict(f"the registry holds a folder where the file {name!r} would go")
    oid = fmt.id_of("blob", data)
    # A symbolic link or submodule that somebody put there becomes a plain file.
    mode = known[0] if known is not None and raw.is_blob_mode(known[0]) else raw.FILE_MODE
    if known != (mode, oid):
        made.setdefault(oid, NewObject(oid, "blob", data))
    return mode, oid


def _graft(name: str, known: raw.Entry | None, folder: Subtree) -> raw.Entry:
    # Put over another folder it would remove what stands there, and nothing here removes a path.
    if known is not None and (known[1] != folder.oid or not raw.is_tree_mode(known[0])):
        raise Conflict(f"the registry holds something else where the folder {name!r} would go")
    return known or (raw.TREE_MODE, raw.check_oid(folder.oid))
