"""A disk that loses power: what an operation did below a folder, and every state a cut could leave of it.

``Disk.recording`` notes each call that changes the folder. ``Disk.left`` then makes the folder as it may look when the
power went after the n-th of them: what was synced is there, of everything else any part may be missing or have
overtaken what came before it. The rules are those of POSIX rather than of one file system, so harder than ext4's:

- bytes of a file are safe when that file was synced after they were written;
- a name is safe when its folder was synced after it was made, moved or removed; syncing the file itself says nothing;
- a rename happens whole or not at all.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple


class Node:
    """A file's bytes, or a folder's names, as the disk may hold them."""

    def __init__(self, *, is_folder: bool) -> None:
        self.is_folder = is_folder


class Op(NamedTuple):
    """One change: write (offset, data), truncate (offset), sync, enter, leave, move (to a folder and name)."""

    kind: str
    node: Node
    folder: Node | None = None
    name: str = ""
    to: tuple[Node, str] | None = None
    offset: int = 0
    data: bytes = b""


Tree = dict[Node, dict[str, Node]]
# After how many changes the power goes, and how much of each change that no sync made safe reached the disk.
Cut = tuple[int, Callable[[int], float]]


class Disk:
    """What happens below ``root`` from now on; all that stands there already is on the disk."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        self.ops: list[Op] = []
        self._top = Node(is_folder=True)
        self._first_names: Tree = {}
        self._first_bytes: dict[Node, bytes] = {}
        self._load(self.root, self._top)
        self._names: Tree = {node: dict(names) for node, names in self._first_names.items()}
        self._sizes = {node: len(data) for node, data in self._first_bytes.items()}
        # Where in a file its next bytes go; -1: to its end, wherever that is.
        self._open: dict[int, tuple[Node, int]] = {}
        self._reals: dict[str, Callable[..., Any]] = {}

    def _load(self, path: Path, node: Node) -> None:
        names = self._first_names[node] = {}
        for inner in sorted(path.iterdir()):
            names[inner.name] = Node(is_folder=inner.is_dir())
            if inner.is_dir():
                self._load(inner, names[inner.name])
            else:
                self._first_bytes[names[inner.name]] = inner.read_bytes()

    # --- recording -------------------------------------------------------------------------------------------------

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Note what the block changes through ``os``. ``check`` tells whether anything changed behind our back."""
        watched = {name.removeprefix("_on_"): getattr(self, name) for name in dir(self) if name.startswith("_on_")}
        self._reals = {name: getattr(os, name) for name in watched}
        for name, watcher in watched.items():
            setattr(os, name, watcher)
        try:
            yield
        finally:
            for name, real in self._reals.items():
                setattr(os, name, real)

    def check(self) -> None:
        """The calls noted make exactly what stands below ``root`` now: none was missed."""
        names, contents = self._after(len(self.ops), lambda number: 1.0)
        assert _shown(self._top, names, contents) == _read(self.root)

    def _at(self, path: Any) -> tuple[Node, str] | None:
        """The folder and the name that a path below the root stands for; None when it lies elsewhere."""
        path = Path(os.path.abspath(os.fsdecode(path)))
        if not path.is_relative_to(self.root) or path == self.root:
            return None
        folder = self._top
        *parents, name = path.relative_to(self.root).parts
        for part in parents:
            if part not in self._names.get(folder, {}):
                return None
            folder = self._names[folder][part]
        return folder, name

    def _find(self, path: Any) -> Node | None:
        if Path(os.path.abspath(os.fsdecode(path))) == self.root:
            return self._top
        at = self._at(path)
        return None if at is None else self._names.get(at[0], {}).get(at[1])

    def _enter(self, path: Any, node: Node) -> None:
        at = self._at(path)
        assert at is not None, path
        self._names[at[0]][at[1]] = node
        self.ops.append(Op("enter", node, *at))

    def _on_open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        descriptor: int = self._reals["open"](path, flags, mode, dir_fd=dir_fd)
        if dir_fd is not None or isinstance(path, int):
            return descriptor
        node = self._find(path)
        if node is None and flags & os.O_CREAT and self._at(path) is not None:
            node = Node(is_folder=False)
            self._sizes[node] = 0
            self._enter(path, node)
        if node is not None:
            self._open[descriptor] = (node, -1 if flags & os.O_APPEND else 0)
            if flags & os.O_TRUNC and flags & (os.O_WRONLY | os.O_RDWR):
                self._cut(node, 0)
        return descriptor

    def _cut(self, node: Node, size: int) -> None:
        self._sizes[node] = size
        self.ops.append(Op("truncate", node, offset=size))

    def _on_close(self, descriptor: int) -> None:
        self._open.pop(descriptor, None)
        self._reals["close"](descriptor)

    def _on_write(self, descriptor: int, data: Any) -> int:
        count: int = self._reals["write"](descriptor, data)
        self._written(descriptor, bytes(memoryview(data).cast("B")[:count]))
        return count

    def _on_writev(self, descriptor: int, buffers: Any) -> int:
        count: int = self._reals["writev"](descriptor, buffers)
        self._written(descriptor, b"".join(bytes(buffer) for buffer in buffers)[:count])
        return count

    def _on_pwrite(self, descriptor: int, data: Any, offset: int) -> int:
        count: int = self._reals["pwrite"](descriptor, data, offset)
        if descriptor in self._open:
            node = self._open[descriptor][0]
            self._put(node, offset, bytes(memoryview(data).cast("B")[:count]))
        return count

    def _written(self, descriptor: int, data: bytes) -> None:
        if descriptor in self._open:
            node, at = self._open[descriptor]
            if at >= 0:
                self._open[descriptor] = (node, at + len(data))
            self._put(node, at if at >= 0 else self._sizes[node], data)

    def _put(self, node: Node, offset: int, data: bytes) -> None:
        self._sizes[node] = max(self._sizes[node], offset + len(data))
        self.ops.append(Op("write", node, offset=offset, data=data))

    def _on_ftruncate(self, descriptor: int, size: int) -> None:
        self._reals["ftruncate"](descriptor, size)
        if descriptor in self._open:
            self._cut(self._open[descriptor][0], size)

    def _on_fsync(self, descriptor: int) -> None:
        self._reals["fsync"](descriptor)
        if descriptor in self._open:
            self.ops.append(Op("sync", self._open[descriptor][0]))

    def _on_fdatasync(self, descriptor: int) -> None:
        self._reals["fdatasync"](descriptor)
        if descriptor in self._open:
            self.ops.append(Op("sync", self._open[descriptor][0]))

    def _on_mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self._reals["mkdir"](path, mode, dir_fd=dir_fd)
        if dir_fd is None and self._at(path) is not None:
            node = Node(is_folder=True)
            self._names[node] = {}
            self._enter(path, node)

    def _on_rename(self, old: Any, new: Any, **folders: int | None) -> None:
        self._move("rename", old, new, folders)

    def _on_replace(self, old: Any, new: Any, **folders: int | None) -> None:
        self._move("replace", old, new, folders)

    def _move(self, call: str, old: Any, new: Any, folders: dict[str, int | None]) -> None:
        start, end = self._at(old), self._at(new)
        self._see_written(old)
        self._reals[call](old, new, **folders)
        if start is None and end is None:
            return
        if start is None or end is None:
            raise OSError(errno.EXDEV, "a recorded folder is entered and left by no rename")
        node = self._names[start[0]].pop(start[1])
        self._names[end[0]][end[1]] = node
        self.ops.append(Op("move", node, *start, to=end))

    def _see_written(self, path: Any) -> None:
        """Note what a stream of Python's own wrote, which calls the system by itself: when the file gets its name."""
        node = self._find(path)
        if node is None and self._at(path) is not None and os.path.isfile(path):
            node = Node(is_folder=False)
            self._sizes[node] = 0
            self._enter(path, node)
        if node is None or node.is_folder or os.lstat(path).st_size == self._sizes[node]:
            return
        with open(path, "rb") as stream:
            self._put(node, 0, stream.read())

    def _on_link(self, old: Any, new: Any, **more: Any) -> None:
        self._reals["link"](old, new, **more)
        node = self._find(old)
        if node is not None and self._at(new) is not None:
            self._enter(new, node)

    def _on_unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._leave("unlink", path, dir_fd)

    def _on_remove(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._leave("remove", path, dir_fd)

    def _on_rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._leave("rmdir", path, dir_fd)

    def _leave(self, call: str, path: Any, dir_fd: int | None) -> None:
        self._reals[call](path, dir_fd=dir_fd)
        at = self._at(path) if dir_fd is None else None
        if at is not None:
            node = self._names[at[0]].pop(at[1])
            self.ops.append(Op("leave", node, *at))

    # --- what is left ----------------------------------------------------------------------------------------------

    def left(self, target: Path, count: int, kept: Callable[[int], float]) -> None:
        """Make at ``target`` what a cut after ``count`` changes may leave.

        ``kept`` says of each change that nothing made safe how much of it reached the disk: 0 nothing, 1 all; of a
        write also parts of it.
        """
        names, contents = self._after(count, kept)
        _make(target, self._top, names, contents, {})

    def distinct(self, cuts: Iterable[Cut]) -> Iterator[Cut]:
        """Those cuts that leave something no earlier one has left; those after the last change count by themselves."""
        seen: set[tuple[bool, bytes]] = set()
        for count, kept in cuts:
            names, contents = self._after(count, kept)
            shown = repr(_shown(self._top, names, contents)).encode()
            mark = (count == len(self.ops), hashlib.blake2b(shown).digest())
            if mark not in seen:
                seen.add(mark)
                yield count, kept

    def safe(self, count: int) -> set[int]:
        """The changes among the first ``count`` that a sync before the cut made safe."""
        found: set[int] = set()
        synced: set[Node] = set()
        for number in range(count - 1, -1, -1):
            op = self.ops[number]
            if op.kind == "sync":
                synced.add(op.node)
                continue
            where = op.to[0] if op.to else op.folder if op.folder else op.node
            if where in synced:
                found.add(number)
        return found

    def _after(self, count: int, kept: Callable[[int], float]) -> tuple[Tree, dict[Node, bytearray]]:
        names: Tree = {node: dict(inner) for node, inner in self._first_names.items()}
        contents = {node: bytearray(data) for node, data in self._first_bytes.items()}
        safe = self.safe(count)
        for number, op in enumerate(self.ops[:count]):
            share = 1.0 if number in safe else kept(number)
            if share > 0 and op.kind != "sync":
                _apply(op, share, names, contents)
        return names, contents


def _apply(op: Op, share: float, names: Tree, contents: dict[Node, bytearray]) -> None:
    if op.kind in ("write", "truncate"):
        content = contents.setdefault(op.node, bytearray())
        end = op.offset + int(len(op.data) * share)
        if op.kind == "truncate":
            del content[op.offset :]
        content.extend(bytes(max(0, end - len(content))))
        content[op.offset : end] = op.data[: end - op.offset]
        return
    assert op.folder is not None
    if op.kind in ("leave", "move"):
        inner = names.setdefault(op.folder, {})
        if inner.get(op.name) is op.node:
            del inner[op.name]
    if op.kind == "move":
        assert op.to is not None
        names.setdefault(op.to[0], {})[op.to[1]] = op.node
    elif op.kind == "enter":
        names.setdefault(op.folder, {})[op.name] = op.node


def _make(path: Path, node: Node, names: Tree, contents: dict[Node, bytearray], made: dict[Node, Path]) -> None:
    if node in made and not node.is_folder:
        os.link(made[node], path)
    elif not node.is_folder:
        path.write_bytes(contents.get(node, b""))
        path.chmod(0o444)
    else:
        path.mkdir()
        for name, inner in names.get(node, {}).items():
            _make(path / name, inner, names, contents, made)
    made[node] = path


def _shown(node: Node, names: Tree, contents: dict[Node, bytearray]) -> Any:
    if not node.is_folder:
        return bytes(contents.get(node, b""))
    return {name: _shown(inner, names, contents) for name, inner in sorted(names.get(node, {}).items())}


def _read(path: Path) -> Any:
    if path.is_dir():
        return {inner.name: _read(inner) for inner in path.iterdir()}
    return path.read_bytes()
