"""The index as a commit is about to take it: what is staged, and what stands beside it.

git itself is asked, with the environment it gave its hook: ``GIT_INDEX_FILE`` names another index during ``git commit
FILE``, ``GIT_DIR`` another repository in a linked work tree or a submodule. This room reads ids and bytes; the work
tree is not looked at, and nothing is written.
"""

import subprocess
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from gitmodels.errors import NotEvaluated
from gitmodels.git import head
from gitmodels.git.repository import GitRepository
from gitmodels.values import frozen

_REGULAR = ("100644", "100755")
_TIMEOUT_S = 120.0
# So many paths in one question: a command line has an end.
_MANY = 500
_LOOSE_HEADER = 64


@frozen
class Blob:
    """One file in the index: its path from the top, mode and id; ``before`` is the id it had in the last commit.

    ``before`` is None for a file that is new. What is neither a file nor a link, a submodule, is no blob.
    """

    path: str
    mode: str
    oid: str
    before: str | None = None

    @property
    def is_regular(self) -> bool:
        """Whether it is a file, and no link."""
        return self.mode in _REGULAR


class Index:
    """The index of ``repo`` as ``environ`` names it. Raises NotEvaluated where git does not answer."""

    def __init__(self, repo: GitRepository, environ: Mapping[str, str]) -> None:
        self._repo = repo
        self._environ = {**environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        self._beside: dict[str, Blob | None] = {}

    @cached_property
    def staged(self) -> tuple[Blob, ...]:
        """What a commit would add or change, by path; what it would remove is left out."""
        return tuple(self._changes(()))

    @cached_property
    def removed(self) -> tuple[str, ...]:
        """The paths that a commit would take away."""
        told = self._ask("diff-index", "--cached", "--name-only", "--diff-filter=D", "-z", "--no-renames", self._base)
        return tuple(path for path in told.split("\0") if path)

    def renamed(self, pattern: str) -> tuple[Blob, ...]:
        """The staged files that ``pattern`` (git's glob) names, each with what it was before, also elsewhere."""
        return tuple(self._changes(("-M", "--", f":(top,glob){pattern}")))

    def at(self, paths: Iterable[str]) -> list[Blob]:
        """The files of the index at ``paths``, which count from the top of the work tree; those not there left out."""
        wanted = list(dict.fromkeys(paths))
        unknown = [path for path in wanted if path not in self._beside]
        for start in range(0, len(unknown), _MANY):
            part = unknown[start : start + _MANY]
            self._beside |= dict.fromkeys(part)
            self._beside |= {
                blob.path: blob
                for blob in self._listed([f":(top,literal){path}" for path in part])
                if blob.path in part
            }
        return [found for path in wanted if (found := self._beside[path]) is not None]

    def named(self, pattern: str) -> list[Blob]:
        """The files of the index that ``pattern`` (git's glob, from the top) names."""
        return self._listed([f":(top,glob){pattern}"])

    def read(self, blob: Blob, most: int) -> bytes | None:
        """The bytes of a file that are not more than ``most``; None when they are."""
        return self.read_id(blob.oid, most)

    def read_id(self, oid: str, most: int) -> bytes | None:
        """The same by id."""
        if self.size(oid) > most:
            return None
        return self._repo.objects.read(oid, "blob")

    def size(self, oid: str) -> int:
        """The bytes of a blob."""
        return int(self._ask("cat-file", "-s", oid))

    def head(self, oid: str, length: int) -> bytes:
        """The first ``length`` bytes of a blob, however large it is."""
        path = self._repo.common_dir / "objects" / oid[:2] / oid[2:]
        try:
            with open(path, "rb") as stream:
                data = zlib.decompressobj().decompress(stream.read(length + 4096), length + _LOOSE_HEADER)
            return data[data.index(b"\0") + 1 :][:length]
        except (OSError, ValueError, zlib.error):
            return self._piped(oid, length)

    def attribute(self, name: str, paths: Sequence[str]) -> dict[str, str]:
        """What the staged ``.gitattributes`` say of ``name`` for each path: ``set``, ``unset``, a value, or nothing."""
        told = self._ask("check-attr", "--cached", "-z", name, "--", *paths).split("\0")
        return {told[at]: told[at + 2] for at in range(0, len(told) - 2, 3) if told[at + 2] != "unspecified"}

    def tree(self) -> str:
        """The id of the tree that a commit would get. It is written as git writes it, and nobody names it."""
        return self._ask("write-tree").strip()

    @cached_property
    def _base(self) -> str:
        """The last commit; the empty tree, which git always knows, before the first one."""
        return head.commit(self._repo) or self._repo.object_format.id_of("tree", b"")

    def _changes(self, more: Sequence[str]) -> list[Blob]:
        renames = () if more else ("--no-renames",)
        fields = self._ask("diff-index", "--cached", "--raw", "--abbrev=64", "-z", *renames, self._base, *more).split(
            "\0"
        )
        found = []
        at = 0
        while at + 1 < len(fields):
            _, mode, before, oid, status = fields[at].lstrip(":").split(" ")
            moved = status[0] in "RC"
            path = fields[at + 1 + moved]
            at += 2 + moved
            if status[0] != "D" and mode[:2] in ("10", "12"):
                found.append(Blob(path, mode, oid, before if before.strip("0") else None))
        return found

    def _listed(self, specs: Sequence[str]) -> list[Blob]:
        found = []
        for line in self._ask("ls-files", "--stage", "--full-name", "-z", "--", *specs).split("\0"):
            about, _, path = line.partition("\t")
            if path:
                mode, oid, stage = about.split(" ")
                if stage == "0" and mode[:2] in ("10", "12"):
                    found.append(Blob(path, mode, oid))
        return found

    def _ask(self, *arguments: str) -> str:
        command = ["git", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false", *arguments]
        try:
            done = subprocess.run(
                command,
                env=self._environ,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotEvaluated(f"git {arguments[0]} did not answer: {error}") from None
        if done.returncode:
            words = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise NotEvaluated(f"git {arguments[0]} failed: {words[-1] if words else done.returncode}")
        return done.stdout.decode("utf-8", "surrogateescape")

    def _piped(self, oid: str, length: int) -> bytes:
        command = ["git", "cat-file", "blob", oid]
        with subprocess.Popen(
            command, env=self._environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        ) as git:
            assert git.stdout is not None
            data = git.stdout.read(length)
            git.kill()
        return data
