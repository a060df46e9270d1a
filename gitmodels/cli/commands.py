"""The table of commands: where each is written, its one line of help and its group in ``git models -h``.

This room imports no command, so that help and start-up cost nothing; a command is imported when it runs.
"""

from typing import NamedTuple


class Entry(NamedTuple):
    """One command: ``module:attribute``, its line in the overview, and the group it stands in."""

    target: str
    help: str
    group: str


EVERY_DAY = "Every day"
TOGETHER = "Together"
LOOKING = "Looking"
CARE = "Care"
GROUPS = (EVERY_DAY, TOGETHER, LOOKING, CARE)

# In the order they are shown. `import` and `pass`-like names take a trailing underscore as modules.
COMMANDS: dict[str, Entry] = {}

# Second names: they run the command, but the overview lists it once.
ALIASES: dict[str, str] = {}
