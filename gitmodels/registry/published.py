"""What the branch's own history says against its newest state: edited, vanished and stray versions and evaluations.

This room walks commits from the tip to the root along first parents and compares neighbours; what is equal costs one
comparison of ids. It decides nothing about the newest state itself (see findings).
"""

from collections.abc import Iterator

from gitmodels.errors import GitModelsError, ObjectNotFound
from gitmodels.git import raw
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.registry import layout
from gitmodels.registry.problem import Problem
from gitmodels.registry.records import ACTIVE
from gitmodels.registry.state import DAMAGE, State

# What stands in these folders of a model never changes.
_WRITTEN_ONCE = ("versions", "evaluations")


def examine_history(git: GitRepository, state: State, *, since: str | None = None) -> Iterator[Problem]:
    """The problems that only history shows, each place once, the newest commit first.

    With ``since``, a commit that the tip leads to by first parents, only what came after it is looked at.
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
    while commit is not None and commit != since:
        parents = raw.parse_commit(git.objects.read(commit, "commit")).parents
        if not parents:
            return
        newer = State(TreeView(git.objects, commit=commit), commit)
        older = [State(TreeView(git.objects, commit=parent), parent) for parent in parents]
        for path, encoded in _changed_models(older[0], newer):
            yield from _rewritten(older[0], newer, path, encoded)
        for parent in older:
            for path, encoded in _changed_models(parent, newer):
                yield from _stray(parent, newer, newest, path, encoded)
        commit = parents[0]


def _changed_models(older: State, newer: State) -> Iterator[tuple[str, str]]:
    """Path and encoded name of the model folders of ``newer`` with other versions or evaluations than ``older``."""
    if older.tree.oid(layout.MODELS) == newer.tree.oid(layout.MODELS):
        return
    shards, now = older.tree.entries(layout.MODELS), newer.tree.entries(layout.MODELS)
    for shard in {*shards, *now}:
        if shards.get(shard) == now.get(shard):
            continue
        path = f"{layout.MODELS}/{shard}"
        before, after = older.tree.entries(path), newer.tree.entries(path)
        for encoded in {*before, *after}:
            folder = f"{path}/{encoded}"
            if any(older.tree.oid(f"{folder}/{one}") != newer.tree.oid(f"{folder}/{one}") for one in _WRITTEN_ONCE):
                yield folder, encoded


def _rewritten(older: State, newer: State, path: str, encoded: str) -> Iterator[Problem]:
    now = newer.tree.entries(f"{path}/versions")
    for number, entry in older.tree.entries(f"{path}/versions").items():
        where = f"{path}/versions/{number}"
        if number not in now:
            yield Problem("version-vanished", where, f"published before, gone in commit {str(newer.commit)[:10]}")
        elif now[number] != entry:
            yield Problem(
                "version-edited",
                where,
                f"published before, changed in commit {str(newer.commit)[:10]}: it is immutable",
            )
    for number, entry in older.tree.entries(f"{path}/evaluations").items():
        folder = f"{path}/evaluations/{number}"
        if newer.tree.entries(f"{path}/evaluations").get(number) != entry:
            yield from _rewritten_evaluations(older, newer, folder)


def _rewritten_evaluations(older: State, newer: State, folder: str) -> Iterator[Problem]:
    now = newer.tree.entries(folder)
    for name, entry in older.tree.entries(folder).items():
        if now.get(name) != entry:
            what = "changed" if name in now else "gone"
            yield Problem(
                "evaluation-edited",
                f"{folder}/{name}",
                f"published before, {what} in commit {str(newer.commit)[:10]}: it is written once",
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
