"""From two states of the registry to the facts a policy looks at: what the version says, where it was, who agreed.

This room reads records, readable files and the history of aliases, each only where a rule will ask. What cannot be
found out is left None with the reason: nothing here guesses. What lies outside the registry it asks of ``Sources``.
"""

from collections.abc import Callable, Iterable

from gitmodels.errors import GitModelsError, ObjectNotFound
from gitmodels.git.history import Commit, History
from gitmodels.git.repository import GitRepository
from gitmodels.objects.manifest import Manifest
from gitmodels.registry import evaluations, layout
from gitmodels.registry.records import Target
from gitmodels.registry.state import DAMAGE, State, Version
from gitmodels.review import measurements
from gitmodels.review.breaking import breaks
from gitmodels.review.moves import Move
from gitmodels.review.policy.facts import Approval, Facts, VersionFacts
from gitmodels.review.policy.judging import Needs
from gitmodels.values import frozen

_SHALLOW = "this clone is shallow: git fetch --unshallow"


def _nobody(move: Move | None) -> tuple[Approval, ...] | None:
    return ()


@frozen
class Sources:
    """What is known outside the two states. ``when`` is now, in ms.

    ``on_branch`` tells whether a code commit is on a branch, None where that is not known here. ``approvals`` gives
    who validly signed exactly a move, or (for None) a change of the policy; None where that cannot be told.
    ``authors`` are the addresses of who wrote the change.
    """

    when: int
    on_branch: Callable[[str, str], bool | None]
    approvals: Callable[[Move | None], tuple[Approval, ...] | None] = _nobody
    authors: frozenset[str] = frozenset()


class Gatherer:
    """Facts about changes from ``before`` to ``after``; the history is that of ``before``."""

    def __init__(self, git: GitRepository, before: State, after: State, sources: Sources) -> None:
        self._git = git
        self._before = before
        self._after = after
        self._sources = sources

    def of_move(self, move: Move, needs: Needs, *, direct: bool) -> Facts:
        """What is known of a move. Raises Invalid or Corrupt when the version it goes to cannot be read."""
        found = self._targeted(self._after, move.model, move.after)
        former = self._targeted(self._before, move.model, move.before)
        version = None if found is None else version_facts(self._after, found)
        unknown: dict[str, str] = {}
        authors = {*self._sources.authors} | ({version.author} if version is not None else set())
        return Facts(
            model=move.model,
            alias=move.alias,
            version=version,
            before=None if former is None else version_facts(self._before, former),
            when=self._sources.when,
            direct=direct,
            goes_back=move.goes_back,
            authors=frozenset(author for author in authors if author),
            held=self._held(move, needs.held, unknown),
            branches=self._branches(version, needs.branches, unknown),
            breaking=self._breaking(former, found, unknown) if needs.breaking else (),
            approvals=self._sources.approvals(move) if needs.approvals else (),
            unknown=unknown,
        )

    def of_version(self, name: str, number: int, needs: Needs, *, direct: bool) -> Facts:
        """What is known of a new version. Raises Invalid or Corrupt when it cannot be read."""
        version = version_facts(self._after, self._after.any_version(name, number))
        unknown: dict[str, str] = {}
        return Facts(
            model=name,
            alias=None,
            version=version,
            when=self._sources.when,
            direct=direct,
            authors=self._sources.authors,
            branches=self._branches(version, needs.branches, unknown),
            unknown=unknown,
        )

    def of_policy(self) -> Facts:
        """What is known of a change of the policy itself."""
        found: tuple[Approval, ...] | None = None
        unknown: dict[str, str] = {}
        try:
            found = self._sources.approvals(None)
        except GitModelsError as error:
            unknown["approvals"] = error.message
        return Facts(
            model="",
            alias=None,
            version=None,
            when=self._sources.when,
            authors=self._sources.authors,
            approvals=found,
            unknown=unknown,
        )

    def _targeted(self, state: State, model: str, target: Target) -> Version | None:
        return None if target.version is None else state.any_version(model, target.version)

    def _held(self, move: Move, aliases: Iterable[str], unknown: dict[str, str]) -> dict[str, int] | None:
        found: dict[str, int] = {}
        for alias in aliases:
            try:
                span = held(self._git, self._before, (move.model, alias), move.after, self._sources.when)
            except ObjectNotFound as error:
                unknown["held"] = error.message
                return None
            if span is None and self._git.incomplete() == "a shallow clone":
                unknown["held"] = _SHALLOW
                return None
            if span is not None:
                found[alias] = span
        return found

    def _branches(
        self, version: VersionFacts | None, branches: Iterable[str], unknown: dict[str, str]
    ) -> dict[str, bool | None]:
        if version is None or version.code_commit is None:
            return {}
        found: dict[str, bool | None] = {}
        for branch in branches:
            try:
                found[branch] = self._sources.on_branch(version.code_commit, branch)
            except GitModelsError as error:
                unknown["branches"] = error.message
                found[branch] = None
        return found

    def _breaking(
        self, former: Version | None, found: Version | None, unknown: dict[str, str]
    ) -> tuple[str, ...] | None:
        if former is None or found is None:
            return ()
        try:
            return breaks(
                self._before.readable(former.name, former.number, "MLmodel"),
                self._after.readable(found.name, found.number, "MLmodel"),
            )
        except GitModelsError as error:
            unknown["breaking"] = error.message
            return None


def version_facts(state: State, version: Version) -> VersionFacts:
    """What a version says of itself. Raises Invalid or Corrupt when its files cannot be read."""
    from gitmodels.review.requirements import unpinned

    record, name, number = version.record, version.name, version.number
    signature, example = _declared(state, name, number)
    requirements = state.readable(name, number, "requirements.txt")
    commit = record.code.get("commit")
    model = state.model_record(name)
    card = state.readable(name, number, "README.md") or state.card(name)
    later = evaluations.of_version(state, name, number, record.manifest)
    return VersionFacts(
        number=number,
        author=record.email,
        flavors=record.flavors,
        code_execution=record.code_execution,
        size=record.size,
        has_signature=signature,
        has_example=example,
        has_card=bool(card),
        unpinned=None if requirements is None else unpinned(requirements),
        tags=(model.tags if model is not None else {}) | version.meta.tags,
        measurements=(*measurements.of_run(record.run), *measurements.of_evaluations(later)),
        code_commit=commit if isinstance(commit, str) else None,
        code_dirty=bool(record.code.get("dirty")),
    )


def _declared(state: State, name: str, number: int) -> tuple[bool, bool]:
    """Whether the version has a signature with inputs, and an input example that is among its files."""
    from gitmodels.mlmodel.file import ModelFile

    data = state.readable(name, number, "MLmodel")
    if data is None:
        return False, False
    file = ModelFile.read(data)
    signature = file.signature_record or {}
    info = file.saved_input_example_info or {}
    paths = {entry.path for entry in Manifest.from_yaml(state.manifest(name, number)).entries}
    return bool(signature.get("inputs")), info.get("artifact_path") in paths


def held(git: GitRepository, state: State, alias: tuple[str, str], target: Target, now: int) -> int | None:
    """For how many ms at the longest, without a break, ``alias`` (model, alias) pointed at ``target``; None for never.

    As the history of ``state`` tells, by the dates of its commits, which are claims of whoever wrote them.
    """
    if state.commit is None:
        return None
    path = layout.alias_file(*alias)
    until, longest, running = now, None, 0
    history = History(git)
    for commit in history.log(state.commit, path=path):
        if _points(git, state, commit, alias) == target:
            running += max(until - commit.when_ms, 0)
            longest = max(longest or 0, running)
        else:
            running = 0
        until = commit.when_ms
    return longest


def _points(git: GitRepository, state: State, commit: Commit, alias: tuple[str, str]) -> Target | None:
    from gitmodels.git.tree import TreeView

    try:
        record = State(TreeView(git.objects, commit=commit.oid), commit.oid).alias(*alias)
    except DAMAGE:
        return None
    return record.target if record is not None else None


__all__ = ["Gatherer", "Sources", "held", "version_facts"]
