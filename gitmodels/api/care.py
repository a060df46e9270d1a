"""Care of a repository: what is wrong with registry and leftovers, and what models take on disk.

This room joins what the rooms below find, and the models it hurts; repairing is theirs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gitmodels.api import leftovers, suggesting
from gitmodels.digest import Digest
from gitmodels.errors import GitModelsError
from gitmodels.objects import du
from gitmodels.objects.du import Room
from gitmodels.objects.manifest import Manifest
from gitmodels.registry import doctor
from gitmodels.registry.problem import Problem
from gitmodels.repo import Repo

# Every setting of ours in git's config, and its words where it takes no other.
SETTINGS: dict[str, tuple[str, ...]] = {
    "gitmodels.branch": (),
    "gitmodels.cache": (),
    "gitmodels.chunking": ("fixed", "content"),
    "gitmodels.durability": ("full", "batch"),
    "gitmodels.expiry": (),
    "gitmodels.gcGrace": (),
    "gitmodels.host": ("github", "gitlab", "gitea", "bitbucket"),
    "gitmodels.objects": (),
    "gitmodels.remote": (),
    "gitmodels.store": (),
    "gitmodels.trust": ("all", "approved", "digests"),
    "gitmodels.trustAliases": (),
}
_LEFT = "left by a process that is gone"
_FOREIGN = "a lock that is not ours: if no git is running, remove it"


def examine(repo: Repo, *, full: bool = True) -> list[Problem]:
    """Everything that is wrong with the registry, with the bytes it needs, and what killed processes left.

    ``full`` walks the whole history too. Where there is no registry only leftovers are looked for.
    """
    problems = (
        doctor.examine(repo.registry, missing=lambda data: _missing(repo, data), history=full)
        if repo.registry.exists()
        else []
    )
    problems += _settings(repo)
    problems += [Problem("leftover", _shown(repo, path), _LEFT, fixable=True) for path in leftovers.find(repo)]
    problems += [Problem("leftover", _shown(repo, path), _FOREIGN) for path in leftovers.foreign_locks(repo)]
    return problems


def fix(repo: Repo, problems: Sequence[Problem]) -> list[Problem]:
    """Repair what can be repaired of ``problems``, and return what was. Raises Conflict or Locked."""
    fixed = doctor.fix(repo.registry, problems) if repo.registry.exists() else []
    left = [problem for problem in problems if problem.kind == "leftover" and problem.fixable]
    if left:
        leftovers.clear(repo)
        still = {_shown(repo, path) for path in leftovers.find(repo)}
        fixed += [problem for problem in left if problem.where not in still]
    return fixed


def document(problem: Problem, *, fixed: bool) -> dict[str, Any]:
    """A problem as programs read it."""
    return {
        "kind": problem.kind,
        "where": problem.where,
        "detail": problem.detail,
        "fixable": problem.fixable,
        "fixed": fixed,
        "note": problem.is_note,
    }


def disk_usage(repo: Repo) -> dict[str, Any]:
    """What each model names, stores, stores alone and saves, in bytes; and the whole store."""
    whole = du.usage(repo.store)
    named = [(reference.rpartition("/")[0], manifest) for reference, manifest in manifests(repo)]
    found = du.explain(repo.store, named)
    counts = Counter(group for group, _ in named)
    rows = [{"name": name, "versions": counts[name]} | _told(room) for name, room in found.groups.items()]
    total = _told(found.whole)
    return {
        "stored": whole.stored,
        "raw": whole.raw,
        "cached": whole.cached,
        "named": total["raw"],
        "needed": total["stored"],
        "other": sum(each.stored for each in whole.packs) - total["stored"],
        "lacking": total["lacking"],
        "saved": total["saved"],
        "models": rows,
    }


def disk_usage_of(repo: Repo, name: str) -> list[dict[str, Any]]:
    """The same for each version of a model, oldest first. Raises ModelNotFound."""
    repo.registry.existing_state().model(name)
    named = [(*reference.rpartition("/")[::2], manifest) for reference, manifest in manifests(repo)]
    items = du.explain(repo.store, ((model, manifest) for model, _, manifest in named)).items
    return [
        {"name": model, "version": int(number)} | _told(room) | {"added": room.added}
        for (model, number, _), room in zip(named, items, strict=True)
        if model == name
    ]


def _told(room: Room) -> dict[str, Any]:
    return {
        "raw": room.raw,
        "stored": room.stored,
        "exclusive": room.exclusive,
        "lacking": room.lacking,
        "saved": {"deduplicated": room.deduplicated, "compressed": room.compressed, "deltas": room.deltas},
        "overhead": room.overhead,
        "shared_with": list(room.shared_with),
    }


def manifests(repo: Repo) -> Iterator[tuple[str, Manifest]]:
    """Every version that is registered, deleted ones included, as ``name/number`` with its manifest."""
    state = repo.registry.state()
    for name in state.model_names() if state.commit is not None else ():
        for number in state.all_numbers(name):
            try:
                yield f"{name}/{number}", Manifest.from_yaml(state.manifest(name, number))
            except GitModelsError:
                # A damaged record is the doctor's to tell; the other versions are looked at all the same.
                continue


def _settings(repo: Repo) -> Iterator[Problem]:
    """Settings of ours that nobody reads: a misspelt one would be silent otherwise."""
    known = {key.lower(): values for key, values in SETTINGS.items()}
    for key in repo.git.config_names("gitmodels"):
        values = known.get(key)
        if values is None:
            guess = suggesting.meant(key, SETTINGS) or f"there are {', '.join(SETTINGS)}"
            yield Problem("setting-unknown", key, f"nobody reads it; {guess}")
        elif values and repo.git.config(key) not in values:
            yield Problem("setting-unknown", key, f"takes {' or '.join(values)}, not {repo.git.config(key)!r}")


def _missing(repo: Repo, manifest: bytes) -> list[Digest]:
    return repo.store.missing(Manifest.from_yaml(manifest))


def _shown(repo: Repo, path: Path) -> str:
    """``path`` as it stands in the repository's own folder, or whole where it is elsewhere."""
    return str(path.relative_to(repo.git.common_dir) if path.is_relative_to(repo.git.common_dir) else path)
