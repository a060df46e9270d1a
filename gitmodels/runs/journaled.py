"""What runs that go on, or were left behind, name: the texts of their journals, read as they stand.

This room reads files and judges nothing: whatever a journal mentions counts as named, a torn or damaged line included,
for whoever removes bytes must rather keep too much.
"""

from pathlib import Path
from typing import NamedTuple

from gitmodels.errors import Conflict
from gitmodels.runs.journal import ENDING, SUFFIX
from gitmodels.runs.layout import is_run_id

_DAMAGED = ".damaged"


class Journaled(NamedTuple):
    """The texts of all journals, and the ids of the runs they belong to."""

    texts: tuple[bytes, ...]
    running: frozenset[str]


def read(folder: Path) -> Journaled:
    """Every journal in ``folder``. Raises Conflict for one that cannot be read: nobody knows what it names."""
    texts = []
    running = set()
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return Journaled((), frozenset())
    for path in paths:
        if path.suffix not in (SUFFIX, ENDING, _DAMAGED) or not is_run_id(path.stem):
            continue
        try:
            texts.append(path.read_bytes())
        except FileNotFoundError:
            continue  # its run ended since: what it named is committed
        except OSError as error:
            raise Conflict(
                f"the journal of run {path.stem} cannot be read: {error.strerror}",
                hint="another user's run goes on: try again when it has ended, or ask them to run gc",
            ) from None
        if path.suffix != _DAMAGED:
            running.add(path.stem)
    return Journaled(tuple(texts), frozenset(running))
