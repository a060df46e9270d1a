"""Runs that are going on: their journals and the state these lead to.

This room reads and writes journals; it commits nothing.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakKeyDictionary

from gitmodels.errors import Invalid
from gitmodels.runs import journal as journals
from gitmodels.runs.journal import Fact, Journal
from gitmodels.runs.records import LoggedModel, Run
from gitmodels.runs.replay import RunState


class ActiveRun:
    """One journal and the state its facts lead to, brought up to date when asked."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.lock = threading.RLock()
        self.facts = 0
        self._state: RunState | None = None

    def state(self) -> RunState:
        """What the journal says by now. Raises Invalid when it does not begin as a journal does."""
        with self.lock:
            for fact in self.journal.new_facts():
                self.facts += 1
                if self._state is None:
                    self._state = RunState.first(fact)
                else:
                    self._state.apply(fact)
            if self._state is None:
                raise Invalid(f"the journal of run {self.journal.run_id} is empty")
            return self._state


class ActiveRuns:
    """The journals of one repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = str(folder)

    def begin(self, run_id: str, first: Fact) -> ActiveRun:
        """A journal that this process owns. Raises Conflict when the run has one already."""
        return _reader(journals.begin(self.folder, run_id, first))

    def owned(self, run_id: str) -> ActiveRun | None:
        """The run if this process runs it."""
        journal = journals.held(self._key, run_id)
        return None if journal is None else _reader(journal)

    def journal(self, run_id: str) -> Journal | None:
        """The journal of a run that this process runs, for those who only append."""
        return journals.held(self._key, run_id)

    def adopt(self, run_id: str) -> ActiveRun | None:
        """The run if its process was killed: it is ours from now on. None when it lives or has no journal."""
        for suffix in (journals.SUFFIX, journals.ENDING):
            if (journal := journals.adopt(self.folder / f"{run_id}{suffix}")) is not None:
                return _reader(journal)
        return None

    def tell(self, run_id: str, fact: Fact) -> bool | None:
        """Add a fact to a run that another living process runs; None when there is none.

        False when the run was ending while we wrote: whether the fact was still read is not known.
        """
        journal = journals.join(self.folder / f"{run_id}{journals.SUFFIX}")
        if journal is None:
            return None
        try:
            journal.append(fact)
            return not journal.retired()
        finally:
            journal.close()

    def peek(self, run_id: str) -> RunState | None:
        """What the journal of a run says, whoever runs it; None when there is none that can be read."""
        if (mine := self.owned(run_id)) is not None:
            with mine.lock:
                return mine.state()
        for suffix in (journals.SUFFIX, journals.ENDING):
            journal = journals.join(self.folder / f"{run_id}{suffix}")
            if journal is None:
                continue
            try:
                return ActiveRun(journal).state()
            except Invalid:
                return None
            finally:
                journal.close()
        return None

    def ids(self) -> list[str]:
        """The ids of all runs with a journal."""
        return sorted({path.stem for path in journals.found_in(self.folder)})

    def runs(self) -> Iterator[Run]:
        """The runs with a journal."""
        yield from (state.run() for run_id in self.ids() if (state := self.peek(run_id)) is not None)

    def logged(self) -> Iterator[tuple[LoggedModel, dict[str, bytes]]]:
        """The models in all journals, with their readable files."""
        for run_id in self.ids():
            if (state := self.peek(run_id)) is not None:
                yield from ((logged, state.readable[key]) for key, logged in list(state.logged.items()))


_readers: WeakKeyDictionary[Journal, ActiveRun] = WeakKeyDictionary()
_guard = threading.Lock()


def _reader(journal: Journal) -> ActiveRun:
    # Every RunLog of the process shares one reader a journal, for what is read is read once.
    with _guard:
        return _readers.setdefault(journal, ActiveRun(journal))
