"""Care of a repository: checking the store against what is registered, and what it takes on disk.

This room joins the store's findings with the models they hurt; it repairs nothing.
"""

from collections.abc import Iterator
from typing import Any

from gitmodels.digest import Digest
from gitmodels.errors import GitModelsError
from gitmodels.objects import du
from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo


def check_store(repo: Repo, *, full: bool = False) -> list[dict[str, Any]]:
    """Every damage of the object store, and every registered file that it lacks, with the models that are hurt."""
    users = _users(repo)
    findings = [
        {
            "kind": damage.kind,
            "file": damage.file,
            "offset": damage.offset,
            "chunk": damage.chunk,
            "detail": damage.detail,
            "healed": damage.healed,
            "models": users.get(damage.chunk, []) if damage.chunk else [],
        }
        for damage in fsck(repo.store, full=full)
    ]
    missing: dict[Digest, list[str]] = {}
    for name, manifest in manifests(repo):
        for digest in repo.store.missing(manifest):
            missing.setdefault(digest, []).append(name)
    for digest, names in missing.items():
        findings.append(
            {
                "kind": "missing",
                "file": "",
                "offset": 0,
                "chunk": digest,
                "detail": f"{digest} is not in the store",
                "healed": False,
                "models": names,
            }
        )
    return findings


def disk_usage(repo: Repo) -> dict[str, Any]:
    """What each model names, stores, and stores alone, in bytes; and the whole store."""
    whole = du.usage(repo.store)
    groups: dict[str, list[Manifest]] = {}
    for reference, manifest in manifests(repo):
        groups.setdefault(reference.rpartition("/")[0], []).append(manifest)
    rows = []
    for name, group in groups.items():
        others = [manifest for other, known in groups.items() if other != name for manifest in known]
        used = du.of_manifests(repo.store, group, others)
        rows.append({"name": name, "versions": len(group)} | used._asdict())
    return {"stored": whole.stored, "raw": whole.raw, "cached": whole.cached, "models": rows}


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


def _users(repo: Repo) -> dict[Digest, list[str]]:
    users: dict[Digest, list[str]] = {}
    for name, manifest in manifests(repo):
        for entry in manifest.entries:
            users.setdefault(entry.blake3, []).append(name)
            if entry.chunks is not None:
                users.setdefault(entry.chunks, []).append(name)
    return users
