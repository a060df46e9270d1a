"""The manifest of a folder that is in no store: read, hashed, not kept.

This room reads the caller's files with the same care as adding them does, and writes nothing. The manifest tells the
files' ids, not how a store would cut them.
"""

import os

from gitmodels import digest
from gitmodels.objects import sources
from gitmodels.objects.manifest import Entry, Manifest


def scan_directory(directory: str | os.PathLike[str]) -> Manifest:
    """The manifest of every file under ``directory``. Raises as ``ObjectStore.add_directory`` does for its files."""
    entries = []
    with sources.opened_root(directory) as root:
        for folder in sources.walk(root):
            with sources.opened_folder(root, folder.path) as descriptor:
                for name in folder.files:
                    opened, state = sources.open_file(descriptor, name)
                    with open(opened, "rb", buffering=0) as stream:
                        found = digest.of_stream(stream)
                    entries.append(Entry(sources.joined(folder.path, name), state.size, found))
    return Manifest(tuple(entries))
