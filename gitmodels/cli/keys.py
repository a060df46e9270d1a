"""The words in which a JSON document of the command line is described: its shape, and its keys one by one.

This room is a vocabulary; which command prints what stands in the tables beside it.
"""

from typing import NamedTuple


class Key(NamedTuple):
    """One key of a document: its type in JSON's words, and what it tells. ``?`` marks what may be null."""

    name: str
    type: str
    meaning: str


class Document(NamedTuple):
    """What one command prints: its shape in words, and the keys of its object or of each object in its list."""

    shape: str
    keys: tuple[Key, ...] = ()
