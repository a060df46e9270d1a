"""Changing what is said of a model that exists: its signature, its requirements.

A model's id is its content, so a change makes another model. The run that logged it is pointed at the new one under
the same name; of a registered version it is the next version, and the old one stays. A directory is changed in place.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from gitmodels import digest
from gitmodels.api import content, context, loading, pinned, registering
from gitmodels.errors import FileMissing, Invalid, InvalidModel
from gitmodels.mlmodel import environment, requirement_lines
from gitmodels.mlmodel.execution import code_execution
from gitmodels.mlmodel.file import NAME, ModelFile
from gitmodels.mlmodel.signature import ModelSignature
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.repo import Repo
from gitmodels.runs.logged_models import ModelDetails
from gitmodels.runs.records import LoggedModel
from gitmodels.trusted import Saved
from gitmodels.uris import ModelRef, PathRef, RunRef, check_whole, parse_uri
from gitmodels.values import replace

__all__ = ["set_signature", "update_model_requirements"]

_log = logging.getLogger("gitmodels")
# From the small files of a model, by name, to those of them that get other bytes.
_Change = Callable[[Mapping[str, bytes]], Mapping[str, bytes]]


def set_signature(model_uri: str | os.PathLike[str], signature: ModelSignature) -> str:
    """Give a model directory, a model that a run logged (``runs:/``) or a registered version another signature.

    Under ``runs:/`` a model of new content is logged in the place of the old one; of a version (``models:/<name>/…``)
    the next version is registered. Gives the URI of what has the signature. Raises Invalid for the id of a model,
    which is its content and never changes.
    """
    if not isinstance(signature, ModelSignature):
        raise Invalid("The signature argument must be a ModelSignature object")
    return _change(
        os.fspath(model_uri),
        "set signature on",
        lambda files: {NAME: _rewritten(ModelFile.read(files[NAME]).with_signature(signature))},
    )


def update_model_requirements(
    model_uri: str | os.PathLike[str], operation: Literal["add", "remove"], requirement_list: Sequence[str]
) -> str:
    """Add requirements to a model, or remove packages from it; an added one replaces that of the same package.

    The same URIs as ``set_signature``, and the same answer. Raises Invalid for another operation or a line that is no
    requirement.
    """
    if operation not in ("add", "remove"):
        raise Invalid(f"Illegal operation '{operation}' specified. Valid operations are: add, remove")
    wanted = requirement_lines.read(list(requirement_list)).requirements
    names = {requirement_lines.package_of(line) for line in wanted}

    def change(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        now = environment.of_files(files)
        kept = tuple(line for line in now.pip if requirement_lines.package_of(line) not in names)
        pip = (*kept, *wanted) if operation == "add" else kept
        # The lock was resolved for the old lines, so it goes with them.
        changed = environment.files(type(now)(pip, now.constraints, (), now.python, now.conda))
        return {name: data for name, data in changed.items() if name in files}

    return _change(os.fspath(model_uri), "update requirements of", change)


def _change(uri: str, what: str, change: _Change) -> str:
    ref = parse_uri(uri)
    if isinstance(ref, ModelRef) and ref.model_id is None:
        loading.refuse_name_alone(uri)
        return _change_version(context.repository(), ref, change)
    if isinstance(ref, RunRef):
        _change_logged(context.repository(), ref, change)
    elif isinstance(ref, PathRef):
        _change_directory(Path(ref.path), change)
    else:
        raise Invalid(
            f"Failed to {what} {uri!r}: a model's id is its content, so it cannot change; name it as "
            "runs:/<run id>/<name>, and the run gets a new model under that name"
        )
    return uri


def _change_version(repo: Repo, ref: ModelRef, change: _Change) -> str:
    """The next version of the same model: all of the old one but for what changed. Its description says so."""
    check_whole(ref)
    former = repo.registry.existing_state().resolve(pinned.here(ref, context.settings().work_tree))
    uri = f"models:/{former.name}/{former.number}"
    found = content.of_version(repo, former, uri)
    if NAME not in found.readable:
        raise InvalidModel(f"{uri} has no MLmodel file: nothing is said of it")
    changed = change(found.readable)
    with repo.store.recording():
        manifest = _changed_manifest(repo, found.manifest, changed)
        if manifest.digest == found.manifest.digest:
            return uri
        again = replace(found, manifest=manifest, readable={**found.readable, **changed})
        registering.check_signature(repo, again)
        told = ", ".join(sorted(changed))
        wish = registering.Wish(description=f"v{former.number} with another {told}", base=uri)
        number = registering.register_content(repo, again, former.name, wish)
    _log.info("%s v%d is v%d with another %s", former.name, number, former.number, told)
    return f"models:/{former.name}/{number}"


def _change_logged(repo: Repo, ref: RunRef, change: _Change) -> None:
    name, _, inner = ref.path.partition("/")
    if inner:
        raise Invalid(f"{ref.uri} is a file of a model", hint=f"name the model: runs:/{ref.run_id}/{name}")
    logged = repo.runs.models.of_run(ref.run_id, name)
    found = content.of_logged(repo, logged, ref.uri)
    if NAME not in found.readable:
        raise InvalidModel(f"{ref.uri} has no MLmodel file: nothing is said of it")
    changed = change(found.readable)
    with repo.store.recording():
        again = _log_again(repo, logged, found.manifest, changed)
    _log.info("%s is now %s (was %s)", ref.uri, again.model_id, logged.model_id)


def _log_again(repo: Repo, logged: LoggedModel, former: Manifest, changed: Mapping[str, bytes]) -> LoggedModel:
    manifest = _changed_manifest(repo, former, changed)
    details = ModelDetails(logged.step, logged.model_type, logged.code_execution, logged.params, logged.tags)
    return repo.runs.models.log(logged.run_id, logged.name, manifest, content.readable_of(repo, manifest), details)


def _changed_manifest(repo: Repo, former: Manifest, changed: Mapping[str, bytes]) -> Manifest:
    """``former`` with other bytes for some files, stored now. A model that may run code here may do so changed."""
    entries = {entry.path: entry for entry in former.entries}
    for path, data in changed.items():
        entries[path] = Entry(path, len(data), repo.store.add_bytes(data))
    manifest = Manifest(tuple(entries.values()))
    if repo.trusted.is_local(former.digest):
        repo.trusted.logged_here(manifest.digest)
    return manifest


def _change_directory(path: Path, change: _Change) -> None:
    if not (path / NAME).is_file():
        raise FileMissing(f'Failed to find an "{NAME}" model file in {str(path)!r}', hint="name a model directory")
    saved = Saved(context.settings().state)
    # Only a model that could run code is worth the reading: was it saved here by this user?
    was_saved_here = code_execution(path) != "none" and saved.has(loading.digest_of_directory(path))
    names = (NAME, *environment.NAMES)
    files = {name: (path / name).read_bytes() for name in names if (path / name).is_file()}
    for name, data in change(files).items():
        part = path / f".{name}.{digest.of_bytes(data)[:16]}.tmp"
        part.write_bytes(data)
        part.replace(path / name)
    if was_saved_here:
        saved.add(loading.digest_of_directory(path))


def _rewritten(file: ModelFile) -> bytes:
    """The file with what it said before, run and time of an MLflow directory included."""
    return file.to_yaml().encode()
