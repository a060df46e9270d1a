"""The only currency between whoever writes records and a branch: paths, and what shall stand there.

This room is a vocabulary; it touches no repository. There is no way to say that a path goes away: no operation on a
branch of ours removes one.
"""

from collections.abc import Mapping

from gitmodels.values import frozen


@frozen
class Subtree:
    """A whole folder by its git tree id, so that copying ten thousand files is one entry."""

    oid: str


Edits = Mapping[str, bytes | Subtree]
