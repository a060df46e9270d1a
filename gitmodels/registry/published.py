"""What the branch's own history says against its newest state: edited, vanished and stray versions and evaluations.

This room walks commits from the tip to the root along first parents and compares neighbours; what is equal costs one
comparison of ids. It decides nothing about the newest state itself (see findings).
"""

from collections.abc import Iterator

from gitmodels.errors import GitModelsError, ObjectNotFound
from gitmodels.git import raw
from gitmodels.git.history import History
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.names import shard
from gitmodels.registry import layout
from gitmodels.registry.news import changed_folders
from gitmodels.registry.problem import Problem
from gitmodels.registry.records import ACTIVE
from gitmodels.registry.state import DAMAGE, State

# What stands in these folders of a model never changes.
_WRITTEN_ONCE = ("versions", "evaluations", "approvals")


def examine_history(git: GitRepository, state: State, *, since: str | None = None) -> Iterator[Problem]:
    """The problems that only history shows, each place once, the newest commit first.

    With ``since``, a commit that the tip stands on, only what came after it is looked at.
    """
    told: set[tuple[str, str]] = set()
    try:
        for problem in _neighbours(git, state, since):
            if (problem.kind, problem.where) not in told:
                told.add((problem.kind, problem.where))
                yield problem
    except ObjectNotFound as error:
        yield Problem("history-incomplete", str(state.commit)[:10], f"{error.message}; older commits were not examined")
    except GitModelsError as error:
        yield Problem("history-damaged", str(state.commit)[:10], error.message)


def _neighbours(git: GitRepository, newest: State, since: str | None) -> Iterator[Problem]:
    commit = newest.commit
    fresh = None if since is None or commit is None else set(History(git).ahead(commit, since))
    while commit is not None and (fresh is None or commit in fresh):
        parents = raw.parse_commit(git.objects.read(commit, "commit")).parents
        if not parents:
            return
        newer = State(TreeView(git.objects, commit=commit), commit)
        older = [State(TreeView(git.objects, commit=parent), parent) for parent in parents]
        yield from rewritten(older[0], newer)
        for parent in older:
            for path, encoded in _changed_models(parent, newer):
                yield from _stray(parent, newer, newest, path, encoded)
        commit = parents[0]


def rewritten(older: State, newer: State) -> Iterator[Problem]:
    """What ``older`` has published and ``newer`` has otherwise, or not at all."""
    for path, encoded in _changed_models(older, newer):
        if older.tree.oid(f"{path}/model.yaml") is not None and newer.tree.oid(f"{path}/model.yaml") is None:
            yield Problem("version-vanished", f"{path}/model.yaml", f"published before, gone in {_named(newer)}")
        yield from _rewritten(older, newer, path, encoded)
    signed = layout.POLICY_APPROVALS
    if older.tree.oid(signed) != newer.tree.oid(signed):
        for counter in older.tree.names(signed):
            yield from _rewritten_files(older, newer, f"{signed}/{counter}", "approval-edited")


def strayed(older: State, newer: State) -> Iterator[Problem]:
    """The versions that ``newer`` adds to models that were moved or deleted in ``older``, and still are."""
    for path, encoded in _changed_models(older, newer):
        yield from _stray(older, newer, newer, path, encoded)


def _named(state: State) -> str:
    return f"commit {state.commit[:10]}" if state.commit is not None else "what would be merged"


def _changed_models(older: State, newer: State) -> Iterator[tuple[str, str]]:
    """Path and encoded name of the model folders of ``newer`` with other versions or evaluations than ``older``."""
    for encoded in changed_folders(older, newer):
        folder = f"{layout.MODELS}/{shard(encoded)}/{encoded}"
        if any(older.tree.oid(f"{folder}/{one}") != newer.tree.oid(f"{folder}/{one}") for one in _WRITTEN_ONCE):
            yield folder, encoded


def _rewritten(older: State, newer: State, path: str, encoded: str) -> Iterator[Problem]:
    now = newer.tree.entries(f"{path}/versions")
    for number, entry in older.tree.entries(f"{path}/versions").items():
        where = f"{path}/versions/{number}"
        if number not in now:
            yield Problem("version-vanished", where, f"published before, gone in {_named(newer)}")
        elif now[number] != entry:
            yield Problem(
                "version-edited",
                where,
                f"published before, changed in {_named(newer)}: it is immutable",
            )
    for number, entry in older.tree.entries(f"{path}/evaluations").items():
        folder = f"{path}/evaluations/{number}"
        if newer.tree.entries(f"{path}/evaluations").get(number) != entry:
            yield from _rewritten_files(older, newer, folder, "evaluation-edited")
    for alias in older.tree.names(f"{path}/approvals"):
        for counter in older.tree.names(f"{path}/approvals/{alias}"):
            yield from _rewritten_files(older, newer, f"{path}/approvals/{alias}/{counter}", "approval-edited")


def _rewritten_files(older: State, newer: State, folder: str, kind: str) -> Iterator[Problem]:
    now = newer.tree.entries(folder)
    for name, entry in older.tree.entries(folder).items():
        if now.get(name) != entry:
            what = "changed" if name in now else "gone"
            yield Problem(
                kind,
                f"{folder}/{name}",
                f"published before, {what} in {_named(newer)}: it is written once",
            )


def _stray(older: State, newer: State, newest: State, path: str, encoded: str) -> Iterator[Problem]:
    """Versions that came while the model was moved away or deleted, as a clean merge can bring them."""
    statuses = [_status(state, encoded) for state in (older, newer, newest)]
    if ACTIVE in statuses or None in statuses:
        return
    before = older.tree.entries(f"{path}/versions")
    for number in newer.tree.entries(f"{path}/versions"):
        if number not in before:
            yield Problem(
                "version-stray",
                f"{path}/versions/{number}",
                f"registered while the model was {statuses[0]}: nobody sees it; register it again where it belongs",
            )


def _status(state: State, encoded: str) -> str | None:
    try:
        record = state.find_encoded(encoded)
    except DAMAGE:
        return None
    return record.status if record is not None else None
