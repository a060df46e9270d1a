"""What is known of one change when a policy judges it, as values: of the version, of the one before, of the move.

This room looks nothing up. What could not be found out is None, with the reason under its word in ``unknown``: it is
judged as not evaluated, never as passed.
"""

from gitmodels.review.measurements import Measurement
from gitmodels.values import field, frozen


@frozen
class VersionFacts:
    """A version: what its record and its readable files say. ``measurements`` are oldest first.

    ``has_signature`` is None where the files that would say it cannot be read. ``unpinned`` are the lines of
    requirements.txt that fix no version; None without such a file. ``tags`` are the version's over the model's.
    """

    number: int
    author: str = ""
    flavors: tuple[str, ...] = ()
    code_execution: str = "none"
    size: int = 0
    has_signature: bool = False
    has_example: bool = False
    has_card: bool = False
    unpinned: tuple[str, ...] | None = None
    tags: dict[str, str] = field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()
    code_commit: str | None = None
    code_dirty: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether these are files that no flavor loads: they have no signature, by right."""
        return not self.flavors


@frozen
class Approval:
    """Who signed exactly this change, as ``policy/allowed_signers`` calls them, and why, where they said it."""

    signer: str
    reason: str | None = None


@frozen
class Facts:
    """One change: ``alias`` of ``model`` moves from ``before`` to ``version``, or, without alias, ``version`` is new.

    ``version`` is None when the alias is cleared. ``direct``: it is written without review. ``goes_back``: to where
    the alias was before. ``authors`` are the addresses of who wrote the version and the move. ``held`` tells for
    aliases how many ms the version was under them without a break, at the longest; one it never had is absent.
    ``branches`` tells whether the code commit is on a branch; ``breaking`` what breaks callers of ``before``.
    """

    model: str
    alias: str | None
    version: VersionFacts | None
    before: VersionFacts | None = None
    when: int = 0
    direct: bool = False
    goes_back: bool = False
    authors: frozenset[str] = frozenset()
    held: dict[str, int] | None = field(default_factory=dict)
    branches: dict[str, bool | None] = field(default_factory=dict)
    breaking: tuple[str, ...] | None = ()
    approvals: tuple[Approval, ...] | None = ()
    unknown: dict[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """What it is about, for people.

        >>> Facts("fraud", "champion", VersionFacts(8)).subject, Facts("fraud", None, VersionFacts(8)).subject
        ('fraud@champion', 'fraud/8')
        """
        if self.alias is not None:
            return f"{self.model}@{self.alias}"
        return f"{self.model}/{self.version.number if self.version is not None else '?'}"
