"""The least that git takes for a repository, written by hand: no template, no hook, and no git that has to be started.

This room knows the files of an empty bare repository. What it is for is known by who asks for one.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from gitmodels.git.raw import SHA1, ObjectFormat


def write(path: Path, fmt: ObjectFormat, lines: Iterable[str] = ()) -> None:
    """Make an empty bare repository at ``path``, which only this user may enter and which must not exist.

    ``fmt`` is how ids are made, ``lines`` are added to its configuration. Raises OSError.
    """
    for name in ("objects/pack", "refs/heads"):
        os.makedirs(path / name, mode=0o700)
    os.chmod(path, 0o700)
    (path / "HEAD").write_text("ref: refs/heads/none\n")
    config = ["[core]", "repositoryformatversion = 1", "bare = true"]
    if fmt is not SHA1:
        config += ["[extensions]", f"objectFormat = {fmt.name}"]  # which an old git does not know
    (path / "config").write_text("\n".join([*config, *lines]) + "\n", "utf-8", "surrogateescape")
