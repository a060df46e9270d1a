"""What of the registry others can have seen: what the remote-tracking branch lacks is unpublished.

This room compares two states of one registry; it fetches and pushes nothing, so it knows what the last fetch or push
told. Where there is no remote-tracking branch nothing can be said.
"""

from functools import cached_property

from gitmodels.errors import GitModelsError
from gitmodels.registry import layout
from gitmodels.registry.state import State
from gitmodels.repo import Repo


class Publication:
    """The registry of ``repo`` beside its remote-tracking branch, which ``known`` says there is."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self.here = repo.registry.state()
        self.there = _readable(repo)

    @property
    def known(self) -> bool:
        """Whether there is a remote-tracking branch to compare with."""
        return self.there is not None

    @cached_property
    def in_step(self) -> bool:
        """Whether both are at the same commit, or nothing can be said."""
        return self.there is None or self.there.commit == self.here.commit

    def unpublished(self, name: str) -> frozenset[int]:
        """The numbers of a model's versions that the remote-tracking branch lacks, or has with other content."""
        if self.there is None or self.in_step:
            return frozenset()
        folder = layout.versions_folder(name)
        here = self.here.tree.entries(folder)
        try:
            there = self.there.tree.entries(folder)
        except GitModelsError:
            return frozenset()
        return frozenset(
            number for number in self.here.all_numbers(name) if here[str(number)] != there.get(str(number))
        )

    @cached_property
    def ahead(self) -> tuple[str, ...]:
        """The ids of the commits that are only here, newest first: one for each operation that was not pushed."""
        return self._ahead(here=True)

    @cached_property
    def commits(self) -> frozenset[str]:
        """``ahead``, to look one up."""
        return frozenset(self.ahead)

    @cached_property
    def behind(self) -> int:
        """How many commits are only on the remote-tracking branch."""
        return len(self._ahead(here=False))

    def _ahead(self, *, here: bool) -> tuple[str, ...]:
        if self.there is None or self.in_step or self.here.commit is None or self.there.commit is None:
            return ()
        from gitmodels.git.history import History

        pair = (self.here.commit, self.there.commit)
        tip, known = pair if here else pair[::-1]
        return tuple(History(self._repo.git).ahead(tip, known))


def _readable(repo: Repo) -> State | None:
    """The remote-tracking branch; None for one that cannot be read, so that it takes nothing here with it."""
    try:
        return repo.registry.published()
    except GitModelsError:
        return None
