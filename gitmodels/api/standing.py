"""In what state a repository is: registry, what was not pushed, runs, trust, store; and which model a folder holds.

This room joins what the rooms below know into one plain document and changes nothing: what killed processes left is
told, not recovered.
"""

import os
from collections.abc import Iterator
from typing import Any

from gitmodels.api import leftovers, overview
from gitmodels.api.publication import Publication
from gitmodels.errors import GitModelsError
from gitmodels.repo import Repo

# So many of the operations that were not pushed are told one by one.
_TOLD = 10


def standing(repo: Repo) -> dict[str, Any]:
    """The state of ``repo`` as a document; the keys are documented in ``docs/cli.md``."""
    publication = Publication(repo)
    state = publication.here
    names = list(state.model_names()) if state.commit is not None else []
    going, left = leftovers.journals(repo)
    return {
        "repository": str(repo.location),
        "branch": repo.registry.branch.ref.removeprefix("refs/heads/"),
        "commit": state.commit,
        "models": len(names),
        "versions": sum(len(state.numbers(name)) for name in names),
        "remote": repo.registry.remote,
        "remote_commit": publication.there.commit if publication.there is not None else None,
        "ahead": len(publication.ahead) if publication.known else None,
        "behind": publication.behind if publication.known else None,
        "unpublished": list(_operations(repo, publication)),
        "active_runs": [_run(repo, run_id) for run_id in going],
        "left_runs": [_run(repo, run_id) for run_id in left],
        "trust": repo.trusted.level(),
        "trusted": len(repo.trusted.allowed()),
        "store": str(repo.store_root),
        "stored": _stored(repo),
    }


def _operations(repo: Repo, publication: Publication) -> Iterator[dict[str, Any]]:
    if publication.ahead:
        from gitmodels.git.history import History

        history = History(repo.git)
        for oid in publication.ahead[:_TOLD]:
            yield overview.operation(history.read(oid))


def _run(repo: Repo, run_id: str) -> dict[str, str | None]:
    try:
        return {"run_id": run_id, "name": repo.runs.get(run_id).name}
    except GitModelsError:
        # It ended this moment, or its journal cannot be read: its id is known all the same.
        return {"run_id": run_id, "name": None}


def _stored(repo: Repo) -> int:
    """The bytes of all packs: what files take, without opening the store."""
    try:
        with os.scandir(repo.store_root / "packs") as entries:
            return sum(entry.stat().st_size for entry in entries if entry.name.endswith(".pack"))
    except FileNotFoundError:
        return 0
