"""The notes of who stores here: one file for each other repository, so that gc can ask all of them what they need.

This room knows the folder ``users/`` of a store (docs/format/objects.md); it asks nobody.
"""

import os
from pathlib import Path

from gitmodels import digest
from gitmodels.objects.staging import Staging

FOLDER = "users"


def noted(root: Path) -> list[Path]:
    """The folders that are noted in the store at ``root``, sorted."""
    try:
        return sorted(Path(os.fsdecode(note.read_bytes())) for note in (root / FOLDER).iterdir())
    except FileNotFoundError:
        return []


def note(staging: Staging, user: Path | None) -> None:
    """Note ``user`` in the store of ``staging``, durably and once; None needs no note. Raises OSError."""
    if user is None:
        return
    path = os.fsencode(user)
    target = staging.root / FOLDER / digest.of_bytes(path)[:32]
    if not target.exists():
        staging.make_folder(target.parent)
        staging.write(target, path, sync=True)
        staging.sync_folder(target.parent)
