"""Where two lines of history part: what one has above it, and the commit they have in common.

This room reads commits, and of each no more than its parents. What the commits are about is not its business.
"""

from collections.abc import Mapping

from gitmodels.errors import Conflict
from gitmodels.git import raw
from gitmodels.git.repository import GitRepository
from gitmodels.values import frozen


@frozen
class Fork:
    """``base`` is the newest commit on the line of first parents that the other side has too.

    ``above`` are the commits of that line above it, oldest first.
    """

    base: str
    above: tuple[str, ...]


def fork(repo: GitRepository, tip: str, *others: str) -> Fork:
    """Where ``tip``, followed along first parents, leaves what ``others`` stand on.

    Raises Conflict when they have nothing in common, or the clone is too shallow to show it.
    """
    edge = _edge(repo)
    line: dict[str, int] = {}
    theirs: dict[str, tuple[str, ...]] = {}
    waiting = set(others)
    here: str | None = tip
    met: list[int] = []
    # Step by step down both at once: they mostly meet soon, whatever lies below.
    while waiting or (here is not None and not met):
        if here is not None:
            line[here] = len(line)
            if here in theirs or here in waiting:
                met.append(line[here])
                waiting -= _below(here, theirs)
            here = next(iter(_parents(repo, here, edge)), None)
        following: set[str] = set()
        for oid in waiting:
            if oid in line:
                met.append(line[oid])
            elif oid not in theirs:
                theirs[oid] = _parents(repo, oid, edge)
                following.update(theirs[oid])
        waiting = following
    if not met:
        raise Conflict(_apart(bool(edge)), hint=_way(bool(edge)), shallow=bool(edge))
    commits = list(line)
    return Fork(commits[min(met)], tuple(reversed(commits[: min(met)])))


def stands_on(repo: GitRepository, newer: str, older: str) -> bool | None:
    """Whether ``older`` is ``newer`` or one of the commits it stands on; None where a shallow clone cannot tell."""
    edge = _edge(repo)
    seen, following, is_cut = {newer}, [newer], False
    while following:
        oid = following.pop()
        if oid == older:
            return True
        is_cut = is_cut or oid in edge
        parents = [parent for parent in _parents(repo, oid, edge) if parent not in seen]
        seen.update(parents)
        following += parents
    return None if is_cut else False


def _below(start: str, known: Mapping[str, tuple[str, ...]]) -> set[str]:
    """``start`` and what it stands on, as far as that is known."""
    found, following = {start}, [start]
    while following:
        parents = [oid for oid in known.get(following.pop(), ()) if oid not in found]
        found.update(parents)
        following += parents
    return found


def _parents(repo: GitRepository, oid: str, edge: set[str]) -> tuple[str, ...]:
    return () if oid in edge else raw.parse_commit(repo.objects.read(oid, "commit")).parents


def _edge(repo: GitRepository) -> set[str]:
    """The commits whose parents a shallow clone left out."""
    try:
        return set((repo.common_dir / "shallow").read_text("ascii").split())
    except FileNotFoundError:
        return set()


def _apart(shallow: bool) -> str:
    if shallow:
        return "this clone is too shallow to tell where its registry and the remote's part"
    return "the registry here and the one on the remote have no commit in common: they are two registries"


def _way(shallow: bool) -> str:
    if shallow:
        return "git fetch --deepen 1000, or git fetch --unshallow"
    return "rename one of the branches, and register anew in the other what is missing there"
