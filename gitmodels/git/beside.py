"""A repository beside the user's own, for as long as something is sent or fetched that must not stay in theirs.

It has the user's configuration of remotes and credentials and an object directory of its own, in ``gitmodels/tmp`` of
the common git folder, and is removed with all in it. What a killed process left there is named after it, so anybody
may remove it. This room knows configuration and folders, not what is sent.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from gitmodels import processes
from gitmodels.git import durable, program, skeleton
from gitmodels.git.discovery import Place
from gitmodels.git.repository import GitRepository
from gitmodels.patterns import pattern

# What of a repository's own configuration says how servers are reached; nothing else of it is wanted here.
_REACHING = pattern(
    r"(?:url|http|credential|ssh|protocol)(?:\..*)?\.[^.]+|core\.(?:sshcommand|gitproxy|askpass)"
    r"|remote\..*\.(?:url|pushurl|proxy|proxyauthmethod|uploadpack|receivepack)"
)
_KIND = "beside"


class Beside(GitRepository):
    """A repository that ``beside`` made; nothing in it is worth waiting for the device."""

    is_fleeting = True


@contextlib.contextmanager
def beside(repo: GitRepository) -> Iterator[Beside]:
    """An empty bare repository that reaches remotes as ``repo`` does, for the block.

    Raises Conflict when it cannot be written.
    """
    with _folder(repo) as path:
        with durable.storage_errors("make a temporary repository"):
            # What is fetched stays in one pack, as it came; what is sent was never worth a delta.
            lines = [
                "[core]",
                "compression = 0",
                "[fetch]",
                "unpackLimit = 1",
                "[pack]",
                "window = 0",
                "compression = 0",
            ]
            skeleton.write(path, repo.object_format, [*lines, *_reaching(repo)])
        made = Beside(Place(path, None))
        # Configured addresses may be relative to where git is started.
        made.work_tree = repo.work_tree or repo.common_dir
        yield made


@contextlib.contextmanager
def objects_beside(repo: GitRepository) -> Iterator[Path]:
    """An empty folder for git objects beside those of ``repo``, for the block. Raises Conflict where none is made."""
    with _folder(repo) as path:
        with durable.storage_errors("make a temporary folder of objects"):
            os.makedirs(path / "pack", mode=0o700)
        yield path


@contextlib.contextmanager
def _folder(repo: GitRepository) -> Iterator[Path]:
    """A name for a folder of this process, which is removed after the block; what dead ones left goes first."""
    folder = repo.own_dir / "tmp"
    with durable.storage_errors("make a temporary folder"):
        durable.make_folders(folder)
        _sweep(folder)
    path = folder / processes.new_name(_KIND)
    try:
        yield path
    finally:
        _remove(path)


def _reaching(repo: GitRepository) -> Iterator[str]:
    """The lines of the repository's own configuration, each value of a key, that tell how servers are reached."""
    arguments = [f"--git-dir={repo.git_dir}", "config", "--local", "--includes", "--list", "-z"]
    rows = (program.output(arguments) or b"").decode("utf-8", "surrogateescape").split("\0")
    for row in rows:
        key, separator, value = row.partition("\n")
        if not _REACHING.fullmatch(key):
            continue
        section, _, rest = key.partition(".")
        middle, _, name = rest.rpartition(".")
        yield f"[{section} {_quoted(middle)}]" if middle else f"[{section}]"
        yield f"{name} = {_quoted(value)}" if separator else name


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _sweep(folder: Path) -> None:
    for entry in list(os.scandir(folder)):
        with contextlib.suppress(OSError):
            if entry.name.startswith(f"{_KIND}-") and processes.is_abandoned(entry.name, entry.stat().st_mtime):
                _remove(Path(entry.path))


def _remove(path: Path) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)
