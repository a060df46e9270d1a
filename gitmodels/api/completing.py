"""What a half-written word may become: models, aliases, versions, files, runs. Asked at every TAB, so it is quick.

Names are read from the names of folders, and a record only where few are left. This room raises nothing: whoever
completes has no use for an error.
"""

from collections.abc import Iterator
from itertools import islice

from gitmodels.errors import GitModelsError
from gitmodels.names import decode
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.uris import parse_ref

LIMIT = 200
# Up to so many names, each is looked at whether it is still there.
_LOOKED_AT = 50


def names(repo: Repo, start: str) -> list[str]:
    """The registered models whose names begin with ``start``."""
    try:
        return _names(repo.registry.state(), start)
    except GitModelsError:
        return []


def references(repo: Repo, start: str) -> list[str]:
    """The REFs that begin with ``start``: models, and of one model its aliases and versions."""
    try:
        state = repo.registry.state()
        for mark in ("@", "/"):
            name, found, rest = start.partition(mark)
            if found:
                choices = _aliases(state, name) if mark == "@" else _versions(state, name)
                return [f"{name}{mark}{one}" for one in choices if one.startswith(rest)][:LIMIT]
        found_names = _names(state, start)
        if len(found_names) != 1:
            return found_names
        (name,) = found_names
        return [
            *(f"{name}@{one}" for one in _aliases(state, name)),
            *(f"{name}/{one}" for one in _versions(state, name)),
        ]
    except GitModelsError:
        return []


def files(repo: Repo, start: str) -> list[str]:
    """``REF:PATH`` of the files whose paths begin so; REFs where there is no ``:`` yet."""
    reference, mark, path = start.partition(":")
    if not mark:
        return references(repo, start)
    try:
        from gitmodels.objects.manifest import Manifest

        state = repo.registry.state()
        version = state.resolve(parse_ref(reference))
        manifest = Manifest.from_yaml(state.manifest(version.name, version.number))
        paths = (entry.path for entry in manifest.entries if entry.path.startswith(path))
        return [f"{reference}:{one}" for one in islice(paths, LIMIT)]
    except GitModelsError:
        return []


def aliases(repo: Repo, name: str, start: str) -> list[str]:
    """The aliases of a model that begin with ``start``."""
    try:
        return [alias for alias in _aliases(repo.registry.state(), name) if alias.startswith(start)]
    except GitModelsError:
        return []


def versions(repo: Repo, name: str, start: str) -> list[str]:
    """The numbers of a model's versions that begin with ``start``, the newest first."""
    try:
        numbers = reversed(repo.registry.state().numbers(name))
        return [str(number) for number in numbers if str(number).startswith(start)][:LIMIT]
    except GitModelsError:
        return []


def runs(repo: Repo, start: str) -> list[str]:
    """The names of runs that begin with ``start``, the newest first; ids where no name does."""
    try:
        known = repo.runs.list()
        found = list(dict.fromkeys(run.name for run in known if run.name.startswith(start)))
        return (found or [run.id for run in known if run.id.startswith(start)])[:LIMIT]
    except GitModelsError:
        return []


def experiments(repo: Repo, start: str) -> list[str]:
    """The names of experiments that begin with ``start``."""
    try:
        return [row.name for row in repo.runs.experiments.list() if row.name.startswith(start) and not row.deleted]
    except GitModelsError:
        return []


def _names(state: State, start: str) -> list[str]:
    if state.commit is None:
        return []
    found = sorted(name for name in _decoded(state) if name.startswith(start))
    if len(found) <= _LOOKED_AT:
        found = [name for name in found if state.find_model(name) is not None]
    return found[:LIMIT]


def _decoded(state: State) -> Iterator[str]:
    for encoded in state.encoded_names():
        try:
            yield decode(encoded)
        except GitModelsError:
            # A name too long to be spelled in a folder's name is one that nobody completes.
            continue


def _aliases(state: State, name: str) -> list[str]:
    return list(state.aliases(name))


def _versions(state: State, name: str) -> list[str]:
    return ["latest", *map(str, reversed(state.numbers(name)[-LIMIT:]))]
