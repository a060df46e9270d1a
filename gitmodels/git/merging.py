"""What merging two commits would give, in memory: git itself merges, into an object directory that is thrown away.

A host merges as git does, file by file and line by line, with renames that it guesses; so git is asked and nothing is
imitated. HEAD, the index, the work tree and the repository's own objects stay as they are. This room knows no registry.
"""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator

from gitmodels.errors import NotEvaluated
from gitmodels.git import raw
from gitmodels.git.objects import ObjectReader
from gitmodels.git.program import clean_environment
from gitmodels.git.repository import GitRepository
from gitmodels.values import frozen

_TIMEOUT_S = 120
_NEEDS = "git 2.38 or newer merges without a work tree"


@frozen
class Merged:
    """The tree that a merge gives (its id), the paths that are in conflict, and where its objects are read."""

    tree: str
    conflicts: tuple[str, ...]
    objects: ObjectReader


def merge_base(git: GitRepository, one: str, other: str) -> str | None:
    """The commit that both stand on, as git chooses it; None where there is none or the clone does not reach it."""
    from gitmodels.git import program

    found = program.output([f"--git-dir={git.git_dir}", "merge-base", raw.check_oid(one), raw.check_oid(other)])
    return None if found is None else found.decode().strip() or None


@contextlib.contextmanager
def merged(git: GitRepository, ours: str, theirs: str) -> Iterator[Merged]:
    """The merge of ``theirs`` into ``ours`` (ids of commits), for as long as the block lasts.

    Raises NotEvaluated when git cannot merge them: too old, or without a common history.
    """
    with _aside(git) as (folder, environment):
        command = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]
        done = _run(git, [*command, raw.check_oid(ours), raw.check_oid(theirs)], environment)
        if done.returncode not in (0, 1):
            raise NotEvaluated("git cannot merge the two", hint=_NEEDS)
        tree, *paths = done.stdout.decode("utf-8", "surrogateescape").split("\0")
        conflicts = tuple(dict.fromkeys(path for path in paths if path))
        yield Merged(raw.check_oid(tree), conflicts, _reader(git, folder))


@contextlib.contextmanager
def staged(git: GitRepository, index: str | None = None) -> Iterator[Merged]:
    """The tree that a commit of the index would have, for as long as the block lasts; paths in conflict are told.

    ``index`` is the file of another index, as git names one to hooks. Raises NotEvaluated where git cannot write one.
    """
    with _aside(git) as (folder, environment):
        environment |= {"GIT_INDEX_FILE": index} if index else {}
        unmerged = _run(git, ["ls-files", "-z", "--unmerged"], environment).stdout.split(b"\0")
        conflicts = tuple(dict.fromkeys(os.fsdecode(line.partition(b"\t")[2]) for line in unmerged if line))
        done = _run(git, ["write-tree"], environment)
        if done.returncode and not conflicts:
            raise NotEvaluated("git cannot tell what is staged", hint="git status tells why")
        tree = done.stdout.decode().strip() if done.returncode == 0 else git.object_format.id_of("tree", b"")
        yield Merged(tree, conflicts, _reader(git, folder))


@contextlib.contextmanager
def _aside(git: GitRepository) -> Iterator[tuple[str, dict[str, str]]]:
    with tempfile.TemporaryDirectory(prefix="gitmodels-merge-") as folder:
        environment = clean_environment() | {
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": f"{git.common_dir}/objects",
            "LC_ALL": "C",
        }
        yield folder, environment


def _run(git: GitRepository, arguments: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[bytes]":
    command = ["git", f"--git-dir={git.git_dir}"]
    command += [f"--work-tree={git.work_tree}"] if git.work_tree is not None else []
    # Merge drivers of the user's own configuration are programs, and a host runs none.
    command += ["-c", "core.hooksPath=/dev/null", "-c", "core.attributesFile=/dev/null"]
    try:
        return subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        raise NotEvaluated("git could not be asked", hint=_NEEDS) from None


def _reader(git: GitRepository, folder: str) -> ObjectReader:
    from gitmodels.git.object_files import ObjectFiles

    files = ObjectFiles(folder, git.object_format, [f"{git.common_dir}/objects"])
    return ObjectReader(files, lambda: git.handle, incomplete=git.incomplete)
