"""What is registered, as plain documents: the one source of what ``ls``, ``show`` and ``log`` print and of ``--json``.

This room reads states and histories and shapes what they say; it formats nothing for a terminal. Times are ISO-8601
in UTC, sizes bytes. The keys are documented in ``docs/cli.md`` and stable: new ones may come, none goes.
"""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gitmodels.api.publication import Publication
from gitmodels.errors import Corrupt, GitModelsError
from gitmodels.fields import format_time
from gitmodels.registry import evaluations, layout
from gitmodels.registry.registry import ROOT_MESSAGE
from gitmodels.registry.state import DAMAGE, State, Version
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef

if TYPE_CHECKING:
    from gitmodels.git.history import Commit
    from gitmodels.objects.manifest import Manifest

# Among so many of the latest operations the one that moved an alias is looked for.
_LOOKED_BACK = 1000


def models(repo: Repo) -> Iterator[dict[str, Any]]:
    """One document per registered model, in the order of the tree; a damaged one tells only its ``error``."""
    state = repo.registry.existing_state()
    publication = Publication(repo)
    for name in state.model_names():
        try:
            yield model(state, name, publication)
        except GitModelsError as error:
            yield {"name": name, "error": error.message}


def versions(
    repo: Repo, name: str, *, deleted: bool = True, only: frozenset[int] | None = None
) -> Iterator[dict[str, Any]]:
    """One document per version of a model, newest first; of the numbers in ``only``. Raises ModelNotFound."""
    state = repo.registry.existing_state()
    name = state.follow(name)
    first = state.model(name).first
    aliases = state.aliases(name)
    publication = Publication(repo)
    evaluated = evaluations.evaluated(state, name)
    for number in reversed(state.all_numbers(name)):
        if number < first:
            break
        if only is not None and number not in only:
            continue
        try:
            version = state.any_version(name, number)
        except DAMAGE as error:
            yield {"name": name, "version": number, "error": error.message}
            continue
        if deleted or version.meta.status != "deleted":
            later = _evaluations(state, version) if str(number) in evaluated else []
            yield of_version(version, aliases, publication) | {"evaluations": later}


def version(repo: Repo, ref: ModelRef) -> dict[str, Any]:
    """Everything about one version. Raises what resolving the REF raises."""
    from gitmodels.objects.manifest import Manifest

    state = repo.registry.existing_state()
    found = state.resolve(ref)
    record = found.record
    manifest = Manifest.from_yaml(state.manifest(found.name, found.number))
    document = of_version(found, state.aliases(found.name), Publication(repo))
    document["evaluations"] = _evaluations(state, found)
    document["files"] = [{"path": entry.path, "size": entry.size, "blake3": entry.blake3} for entry in manifest.entries]
    document["here"] = _here(repo, manifest)
    document["signature"] = record.signature
    document["params"] = record.run.get("params") or {}
    document["code"] = record.code
    document["source"] = record.source
    document["requirements"] = _requirements(state, found)
    document["card"] = _card(state, found)
    document["alias_history"] = _alias_history(repo, state, found.name, document["aliases"])
    return document


def _alias_history(repo: Repo, state: State, name: str, aliases: list[str]) -> dict[str, dict[str, Any]]:
    """For each alias why, since when and by whose hand it stands; the latter two None when that was long ago."""
    from gitmodels.git.history import History

    kept = {alias: record for alias in aliases if (record := state.alias(name, alias)) is not None}
    wanted = {record.op for record in kept.values()}
    moves: dict[str | None, Commit] = {}
    if wanted:
        for commit in History(repo.git).log(str(state.commit), limit=_LOOKED_BACK):
            moves.setdefault(commit.trailers.get("Gitmodels-Op"), commit)
            if wanted <= moves.keys():
                break
    return {
        alias: {
            "reason": record.reason,
            "previous": record.previous.version,
            "op": record.op,
            "since": format_time(move.when_ms) if (move := moves.get(record.op)) else None,
            "by": move.author_name if move else None,
        }
        for alias, record in kept.items()
    }


def operations(repo: Repo, name: str | None = None, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """One document per operation, newest first: of one model, or of all. Raises ModelNotFound for an unknown name."""
    from gitmodels.git.history import History

    state = repo.registry.existing_state()
    if name is not None and state.model_record(name) is None:
        state.model(name)
    path = layout.model_folder(name) if name is not None else None
    publication = Publication(repo)
    for commit in History(repo.git).log(str(state.commit), path=path, limit=limit):
        published = commit.oid not in publication.commits if publication.known else None
        yield operation(commit) | {"published": published}


def _here(repo: Repo, manifest: "Manifest") -> bool:
    try:
        return not repo.store.missing(manifest)
    except Corrupt:
        return False


def model(state: State, name: str, publication: Publication) -> dict[str, Any]:
    """What ``ls`` tells of one model. Raises ModelNotFound, or what is wrong with its records."""
    record = state.model(name)
    known = state.numbers(name)
    latest = state.version(name, known[-1]) if known else None
    return {
        "name": record.name,
        "description": record.description,
        "tags": record.tags,
        "created": format_time(record.created),
        "updated": format_time(max(record.updated, latest.record.created if latest else 0)),
        "latest": latest.number if latest else None,
        "versions": len(known),
        "aliases": state.aliases(name),
        "flavors": list(latest.record.flavors) if latest else [],
        "size": latest.record.size if latest else None,
        "unpublished": len(publication.unpublished(record.name) & set(known)) if publication.known else None,
    }


def of_version(version: Version, aliases: dict[str, int], publication: Publication) -> dict[str, Any]:
    """What ``ls NAME`` tells of one version; ``aliases`` are those of its model."""
    record, meta = version.record, version.meta
    return {
        "name": version.name,
        "version": version.number,
        "model_id": record.model_id,
        "manifest": record.manifest,
        "aliases": [alias for alias, number in aliases.items() if number == version.number],
        "status": meta.status,
        "stage": meta.stage,
        "description": meta.description,
        "reason": meta.reason,
        "tags": meta.tags,
        "created": format_time(record.created),
        "author": record.author,
        "email": record.email,
        "size": record.size,
        "flavors": list(record.flavors),
        "code_execution": record.code_execution,
        "run_id": record.run_id,
        "run_name": record.run.get("name"),
        "metrics": record.metrics,
        "published": version.number not in publication.unpublished(version.name) if publication.known else None,
    }


def _evaluations(state: State, version: Version) -> list[dict[str, Any]]:
    """What was measured after it was registered, oldest first."""
    return [
        {
            "id": record.op,
            "time": format_time(record.created),
            "author": record.author,
            "metrics": record.metrics,
            "dataset": None if record.dataset is None else record.dataset.to_dict(),
            "run_id": record.run.get("id"),
            "description": record.description,
            "code": record.code,
        }
        for record in evaluations.of_version(state, version.name, version.number, version.record.manifest)
    ]


def _card(state: State, version: Version) -> str | None:
    """The card that somebody wrote, the version's own first."""
    data = state.readable(version.name, version.number, "README.md") or state.card(version.name)
    return None if data is None else data.decode("utf-8", "replace")


def _requirements(state: State, version: Version) -> list[str]:
    data = state.readable(version.name, version.number, "requirements.txt") or b""
    return [line for line in data.decode("utf-8", "replace").splitlines() if line and not line.startswith("#")]


def operation(commit: "Commit") -> dict[str, Any]:
    """What ``log`` tells of one commit, but for whether it was published."""
    subject, _, rest = commit.message.partition("\n")
    kind = commit.trailers.get("Gitmodels-Kind")
    model = commit.trailers.get("Gitmodels-Model")
    arguments = _arguments(commit.trailers.get("Gitmodels-Args"))
    return {
        "commit": commit.oid,
        "time": format_time(commit.when_ms),
        "author": commit.author_name,
        "email": commit.author_email,
        "kind": kind or ("init" if not commit.parents and commit.message == ROOT_MESSAGE else "other"),
        "model": model,
        "version": _number(arguments, subject, model),
        "subject": subject,
        "arguments": arguments,
        "reason": rest.split("\nGitmodels-Op:")[0].strip() or None,
        "op": commit.trailers.get("Gitmodels-Op"),
    }


def _number(arguments: dict[str, Any], subject: str, model: str | None) -> int | None:
    """The version that an operation is about: its argument, or the number that a registration was given."""
    known = arguments.get("version")
    if isinstance(known, int):
        return known
    given = re.fullmatch(rf".* {re.escape(model)} v(\d{{1,15}})", subject) if model else None
    return int(given[1]) if given else None


def _arguments(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
