"""Who this clone is: a stable random id, kept beside the repository and never pushed, that names its ref of runs.

This room makes and reads one small file. A copied ``.git`` folder copies the id with it; deleting the file gives the
copy its own.
"""

import contextlib
import os
from pathlib import Path

from gitmodels import processes
from gitmodels.errors import Corrupt
from gitmodels.git import durable
from gitmodels.patterns import pattern

FILE = "clone-id"
_FORM = pattern(r"[0-9a-f]{16}")


def clone_id(own_dir: Path) -> str | None:
    """The id kept in ``own_dir`` (``<commondir>/gitmodels``), or None before the first write.

    Raises Corrupt for a file that holds none, OSError for one that cannot be read.
    """
    try:
        text = (own_dir / FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (IsADirectoryError, UnicodeDecodeError):
        text = ""
    if not _FORM.fullmatch(text):
        raise Corrupt(f"{own_dir / FILE} does not hold a clone id", hint="delete the file: this clone gets a new id")
    return text


def ensure_clone_id(own_dir: Path) -> str:
    """The id kept in ``own_dir``, made once: of several processes that try, one wins and all read its id."""
    if found := clone_id(own_dir):
        return found
    with durable.storage_errors(f"write {own_dir / FILE}"):
        durable.make_folders(own_dir / "tmp")
        made = os.urandom(8).hex()
        temporary = own_dir / "tmp" / processes.new_name("clone_id")
        durable.write_new(str(temporary), f"{made}\n".encode())
        try:
            with contextlib.suppress(FileExistsError):
                os.link(temporary, own_dir / FILE)
            durable.sync_folder(own_dir)
        finally:
            durable.unlink_quietly(temporary)
    return clone_id(own_dir) or made
