"""Where a fact about a run goes, and how a run that ends becomes a commit.

A run is active in this process (its journal), in another living one (its journal too), left over by a killed one
(committed on the way) or ended (its commit). Who says something about a run does not have to know which.
"""

import logging

from gitmodels import digest
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.git.repository import GitRepository
from gitmodels.runs import facts, files, layout
from gitmodels.runs.active import ActiveRun, ActiveRuns
from gitmodels.runs.history import RunHistory
from gitmodels.runs.journal import Fact
from gitmodels.runs.records import FAILED, Metric, Run
from gitmodels.runs.replay import RunState
from gitmodels.runs.writer import RunWriter
from gitmodels.values import replace

_logger = logging.getLogger(__name__)


class Ledger:
    """The runs of one repository, by id, wherever they stand."""

    def __init__(self, repo: GitRepository, writer: RunWriter) -> None:
        self.repo = repo
        self.writer = writer
        self.history: RunHistory = writer.history
        self.active = ActiveRuns(repo.own_dir / "journals")

    def own(self, run_id: str) -> ActiveRun | None:
        """The run if this process runs it; a leftover of a killed process is committed on the way."""
        mine = self.active.owned(layout.check_run_id(run_id))
        if mine is None and (left := self.active.adopt(run_id)) is not None:
            self.recover_one(left)
        return mine

    def say(self, run_id: str, fact: Fact, *, sync: bool = False) -> None:
        """Add a fact to a run; ``sync``: it is on the device when this returns. Raises RunNotFound."""
        if (mine := self.own(run_id)) is not None:
            mine.journal.append(fact, sync=sync)
            return
        told = self.active.tell(run_id, fact)
        if told is not True:
            self._edit(run_id, fact, doubtful=told is False)

    def state(self, run_id: str) -> RunState:
        """Everything known of a run, active or ended. Raises RunNotFound."""
        state = self.active.peek(layout.check_run_id(run_id))
        return state if state is not None else self._committed(run_id)

    def get(self, run_id: str) -> Run:
        """A run, active or ended. Raises RunNotFound."""
        state = self.active.peek(layout.check_run_id(run_id))
        return state.run() if state is not None else self.history.get(run_id)

    def settle(self, active: ActiveRun, status: str, when_ms: int) -> Run:
        """The journal becomes one commit and goes. Killed anywhere on the way, the next one finishes it.

        An end that the journal tells already stays; else the run ended with ``status`` at ``when_ms``.
        """
        with self.repo.queue(), active.lock:
            state = active.state()
            # Who tells a fact from here on finds no journal and waits in the queue for the commit.
            active.journal.retire()
            if not state.ended:
                active.journal.append(facts.ended(status, max(when_ms, state.run().started)))
                state = active.state()
            while not self._stands(state):
                run = state.stamp(self.writer.clock())
                # Where it cannot be synced any more, a run that was committed may be committed once more, the same.
                fact = facts.committing(digest.of_bytes(files.run_to_yaml(run)))
                active.journal.append(fact, sync=active.journal.can_sync)
                expected = active.facts + 1
                state = active.state()
                if active.facts == expected:  # else another process added something: it goes in first
                    self.writer.commit_state(state, run)
                    state = active.state()
            active.journal.close(remove=True)
            return state.run()

    def recover_one(self, left: ActiveRun) -> Run | None:
        """Commit what a killed process left, as FAILED; None when that cannot be, and then the journal is kept."""
        journal = left.journal
        try:
            return self.settle(left, FAILED, journal.modified_ms())
        except Invalid:
            damaged = journal.path.with_suffix(".damaged")
            _logger.warning("the journal %s cannot be read; it was kept as %s", journal.path.name, damaged.name)
            journal.path.rename(damaged)
        except GitModelsError as error:
            _logger.warning("run %s, left by a killed process, cannot be recovered yet: %s", journal.run_id, error)
        journal.close()
        return None

    def _edit(self, run_id: str, fact: Fact, *, doubtful: bool) -> None:
        with self.repo.queue():
            state = self._committed(run_id)
            before = state.run()
            # Told to a journal while it was settled: what was still read there is not said twice.
            if doubtful and fact[0] == "m":
                fact = facts.metrics(_unknown(state, fact))
            state.apply(fact)
            if state.logged or state.run() != before:
                self.writer.commit_state(state, state.stamp(self.writer.clock()))

    def _committed(self, run_id: str) -> RunState:
        return RunState(self.history.get(run_id), self.history.metrics(run_id))

    def _stands(self, state: RunState) -> bool:
        """Whether what the journal announced was committed before its process was killed."""
        if not state.announced:
            return False
        data = self.writer.branch().view().read(layout.run_file(state.run().id))
        return data is not None and digest.of_bytes(data) == state.announced


def _unknown(state: RunState, fact: Fact) -> list[Metric]:
    fresh = RunState(replace(state.run(), metrics=()))
    fresh.apply(fact)
    return [
        metric
        for series, points in fresh.series.items()
        for metric in points
        if all(repr(metric) != repr(known) for known in state.series.get(series, ()))
    ]
