"""Which registered version a folder of files is, and what differs.

A folder that was registered or checked out here is remembered; any other is known by its bytes: the version that
shares most files with it is meant. Of equals it is the newest. This room compares a folder with manifests and changes
neither.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitmodels.errors import NotFound
from gitmodels.registry.state import Version
from gitmodels.repo import Repo

if TYPE_CHECKING:
    from gitmodels.objects.survey import Survey

_CHANGES = ("modified", "removed", "added")


def identify(repo: Repo, directory: Path) -> dict[str, Any]:
    """``path``, the ``name`` and ``version`` it is or came from, and ``changes``: each file that differs, and how.

    Raises FileMissing when there is no such folder, NotFound when no registered version shares a file with it.
    """
    survey = repo.store.survey(directory)
    recorded = _recorded(repo, survey)
    if recorded is not None and recorded.record.manifest == survey.digest:
        # Parsing 10,000 names to see that none differs would take most of the time.
        return {"path": str(directory), "name": recorded.name, "version": recorded.number, "changes": []}
    name, number = (recorded.name, recorded.number) if recorded is not None else _resembling(repo, survey) or ("", 0)
    if not number:
        raise NotFound(
            f"no registered version has a file of {directory}", hint="git models checkout REF DIR makes such a folder"
        )
    from gitmodels.objects.manifest import Manifest

    manifest = Manifest.from_yaml(repo.registry.state().manifest(name, number))
    differing = survey.against(manifest)
    changes = [{"path": path, "change": kind} for kind in _CHANGES for path in getattr(differing, kind)]
    return {"path": str(directory), "name": name, "version": number, "changes": changes}


def around(folder: Path, top: Path | None) -> Path | None:
    """The model's folder that ``folder`` is or lies in, by its MLmodel file, not above ``top``; None when none is."""
    for one in (folder, *folder.parents):
        if (one / "MLmodel").is_file():
            return one
        if one == top:
            return None
    return None


def _recorded(repo: Repo, survey: "Survey") -> Version | None:
    """The version whose manifest the folder has now, or had when it was added or checked out."""
    came_from: Version | None = None
    for version in _versions(repo):
        if version.record.manifest == survey.digest:
            return version
        if came_from is None and version.record.manifest == survey.known_as:
            came_from = version
    return came_from


def _resembling(repo: Repo, survey: "Survey") -> tuple[str, int] | None:
    from gitmodels.api import care  # only for folders that nobody remembers

    best: tuple[int, str] = (0, "")
    for reference, manifest in care.manifests(repo):
        shared = sum(survey.files.get(entry.path) == (entry.size, entry.blake3) for entry in manifest.entries)
        if shared and shared >= best[0]:
            best = (shared, reference)
    name, _, number = best[1].rpartition("/")
    return (name, int(number)) if number else None


def _versions(repo: Repo) -> Iterator[Version]:
    state = repo.registry.state()
    for name in state.model_names() if state.commit is not None else ():
        yield from reversed(state.versions(name))
