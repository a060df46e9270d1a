"""The registry of one repository: reads its state from the branch and commits one change at a time.

This room knows the branch and the refs that mirror it; it knows no model files and no object store. An operation is
asked of the newest state under the writers' queue; when the branch moved all the same, it is asked again.
"""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from gitmodels.errors import Conflict, GitModelsError, RefChanged, RegistryNotFound
from gitmodels.git.branch import Branch
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.registry import layout
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.state import State
from gitmodels.yaml import dump

if TYPE_CHECKING:
    from gitmodels.git.objects import ObjectReader
    from gitmodels.registry.projection import Prepared, Projection
    from gitmodels.registry.search_index.index import SearchIndex

Result = TypeVar("Result")
Ask = Callable[[State, At], Change[Result]]
# Is told the state before, the change and when it happens, before anything is written; raises what speaks against it.
Guard = Callable[[State, Change[Any], At], None]

ROOT = {layout.REGISTRY_FILE: dump({"format": layout.FORMAT})}
ROOT_MESSAGE = "Start the model registry\n"
ROOT_AUTHOR = Identity("gitmodels", "gitmodels@localhost")
# 2026-01-01T00:00:00Z: fixed, so that registries started apart have the same root commit.
ROOT_TIME = 1_767_225_600_000

_TRIES = 50


class Registry:
    """The registry on ``branch`` of ``git``. ``author`` signs its commits; ``clock`` gives ms since the epoch."""

    def __init__(
        self,
        git: GitRepository,
        author: Identity,
        *,
        branch: str = layout.BRANCH,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.git = git
        self.author = author
        self.branch = Branch(git, branch)
        self.clock = clock or (lambda: time.time_ns() // 1_000_000)
        self.guard: Guard | None = None
        # Asked before anything is changed; raises where nothing is to be.
        self.before_writing: Callable[[], None] | None = None
        # Told when a write had to start the registry in this repository first.
        self.started: Callable[[], None] | None = None
        self._state: State | None = None

    @cached_property
    def projection(self) -> "Projection":
        """The alias refs that mirror the branch; what only reads never asks for them."""
        from gitmodels.registry.projection import Projection

        return Projection(self.git)

    @cached_property
    def search_index(self) -> "SearchIndex":
        """The index that searches ask; what does not search loads no database."""
        from gitmodels.registry.search_index.index import SearchIndex

        return SearchIndex(self)

    def exists(self) -> bool:
        """Whether the repository has a registry, here or as a remote-tracking branch."""
        return self._tip() is not None

    def init(self) -> bool:
        """Make the root commit, the same everywhere, unless a registry is there. Returns whether it was made."""
        self._check_place()
        with self.git.queue():
            if self.branch.tip() is not None:
                return False
            known = self._remote_tip()
            if known is not None:
                log = (self.author, self.clock() // 1000, "branch: Created from the remote-tracking branch")
                self.branch.refs.update(self.branch.ref, known, None, log=log)
            else:
                self.branch.commit_root(ROOT, ROOT_MESSAGE, author=ROOT_AUTHOR, when_ms=ROOT_TIME)
            return True

    def state(self) -> State:
        """The registry as it is now; an empty one where there is no registry."""
        return self._state_at(self._tip())

    def existing_state(self) -> State:
        """The registry as it is now. Raises RegistryNotFound where there is none."""
        state = self.state()
        if state.commit is None:
            raise RegistryNotFound(
                f"no model registry in {self.git.common_dir}: the branch {self.branch.ref} does not exist",
                hint="git models init, or git fetch when it is on a remote",
            )
        return state

    def published(self) -> State | None:
        """The registry as the remote-tracking branch has it; None where there is none."""
        tip = self._remote_tip()
        if tip is None:
            return None
        return self._state if self._state is not None and self._state.commit == tip else self.state_of(tip)

    def apply(self, ask: Ask[Result], *, op: str | None = None) -> Result:
        """Commit what ``ask`` answers for the newest state, as one commit, and return its result.

        ``op`` is the operation's id where it was tried before. Raises what ``ask`` raises, and Conflict when the
        branch kept moving.
        """
        self._check_place()
        again = op is not None
        op = op or uuid.uuid4().hex
        with self.git.queue():
            if self.branch.tip() is None:
                # Asked of nothing first: what is refused leaves no registry behind.
                ask(self.state(), At(op, self.clock(), self.author.name, self.author.email, again))
                self._start()
            for _ in range(_TRIES):
                before = self._state_to_change()
                at = At(op, self.clock(), self.author.name, self.author.email, again)
                change = ask(before, at)
                if not change.edits:
                    return change.result
                if self.guard is not None:
                    self.guard(before, change, at)
                try:
                    self._commit(before, change, at)
                except RefChanged:
                    again = True
                    continue
                return change.result
        raise Conflict(f"the registry branch kept moving: {_TRIES} tries", hint="try again")

    def state_after(self, before: State, change: Change[Any], at: At) -> State:
        """The registry as it would be after ``change`` of ``before``; nothing is written."""
        from gitmodels.git.unwritten import Unwritten

        author = Identity(at.author, at.email)
        made = self.branch.build(
            change.edits, change.message(at.op), parent=before.commit, author=author, when_ms=at.when
        )
        objects = Unwritten(self.git.objects, made)
        return State(TreeView(objects, commit=made[-1].oid), made[-1].oid)

    def rebuild(self) -> int:
        """Derive every alias ref and the search index from the branch again; returns how many refs changed.

        Raises RegistryNotFound where there is no registry: the refs may be all that is left of it then.
        """
        with self.git.queue():
            state = self.existing_state()
            state.check_format(writing=True)
            changed = self.projection.rebuild(state)
        with self.search_index.lock:
            self.search_index.rebuild(state)
        return changed

    def mirror(self) -> None:
        """Bring the alias refs in step with the branch, however far it moved; what fails is told, not raised."""
        with self.git.queue(), _behind_at_worst():
            self.projection.catch_up(self.state())

    def _check_place(self) -> None:
        if self.before_writing is not None:
            self.before_writing()

    def _start(self) -> None:
        found = self._remote_tip() is not None
        if self.init():
            import logging

            branch = self.branch.ref.removeprefix("refs/heads/")
            logging.getLogger("gitmodels").info(
                f"took up the model registry of {self.remote} on the branch {branch}"
                if found
                else f"started a model registry on the branch {branch}"
            )
            if self.started is not None:
                self.started()

    def _state_to_change(self) -> State:
        tip = self.branch.tip()
        if tip is None:
            self._start()
            tip = self.branch.tip()
        state = self._state_at(tip)
        state.check_format(writing=True)
        return state

    def _state_at(self, tip: str | None) -> State:
        if self._state is None or self._state.commit != tip:
            self._state = self.state_of(tip)
        return self._state

    def state_of(self, commit: str | None, objects: "ObjectReader | None" = None) -> State:
        """The registry as ``commit`` has it, read from ``objects``, by default those of the repository."""
        if not self._is_partial:
            return State(TreeView(objects or self.git.objects, commit=commit), commit)
        from gitmodels.registry.fetching import FetchingTree

        return State(FetchingTree(self.git, commit, objects), commit)

    @cached_property
    def _is_partial(self) -> bool:
        return self.git.promisor() is not None

    def _commit(self, before: State, change: Change[Result], at: At) -> None:
        prepared = self._prepared(before, change)
        commit = self.branch.commit(
            change.edits,
            change.message(at.op),
            expected=before.commit,
            author=Identity(at.author, at.email),
            when_ms=at.when,
            beside=[item for derived in prepared.values() for item in derived.fresh],
        )
        after = self._state_at(commit)
        with _behind_at_worst():
            self.projection.follow(before, after, change.aliases, prepared)

    def _prepared(self, before: State, change: Change[Result]) -> "Prepared":
        try:
            return self.projection.prepare(before, change.edits, change.aliases)
        except (GitModelsError, OSError):
            # They only save writes here; whoever mirrors the change meets the same trouble and tells of it.
            return {}

    def _tip(self) -> str | None:
        return self.branch.tip() or self._remote_tip()

    @cached_property
    def remote(self) -> str:
        """The remote whose registry this one follows: git config ``gitmodels.remote``, ``origin``, or the only one."""
        configured = self.git.config("gitmodels.remote")
        known = self.git.remotes()
        if configured in known:
            return str(configured)
        return known[0] if len(known) == 1 else "origin"

    def tracking(self, remote: str) -> str:
        """The remote-tracking branch of the registry on ``remote``."""
        return self.branch.ref.replace("refs/heads/", f"refs/remotes/{remote}/", 1)

    def _remote_tip(self) -> str | None:
        return self.branch.found.read(self.tracking(self.remote))


@contextlib.contextmanager
def _behind_at_worst() -> Iterator[None]:
    """Refs are a projection: where they cannot be moved the operation stands, and the next one mirrors them."""
    try:
        yield
    except (GitModelsError, OSError) as error:
        import logging

        logging.getLogger("gitmodels").warning(
            "alias refs are behind (%s); git models rebuild derives them again", error
        )
