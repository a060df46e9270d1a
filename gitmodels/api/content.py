"""The content of a model, wherever it was named: its manifest, its readable files, and what is recorded of it.

This room turns a source (``runs:/``, ``models:/``, a path) into one value that registering, copying and loading
share. Local paths are stored on the way; nothing is registered here and nothing of a model runs.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitmodels import digest
from gitmodels.errors import FileMissing, Invalid, ModelNotFound, VersionNotFound
from gitmodels.fields import format_time
from gitmodels.mlmodel.provenance import UNKNOWN, Provenance
from gitmodels.mlmodel.trust import Subject
from gitmodels.objects.manifest import Manifest
from gitmodels.registry import layout
from gitmodels.registry.records import DELETED
from gitmodels.registry.state import Version
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef, PathRef, RemoteRef, RunRef, parse_uri, without_credentials
from gitmodels.values import field, frozen

if TYPE_CHECKING:
    from gitmodels.runs.records import LoggedModel

_MLMODEL_LIMIT = 4 << 20


@frozen
class Content:
    """A model's bytes by manifest, and what is known of them.

    ``run`` is the snapshot of the run it came from; ``code`` what was checked out then; ``subject`` how trust sees
    it; ``provenance`` fills in MLflow's volatile keys.
    """

    manifest: Manifest
    readable: Mapping[str, bytes]
    code_execution: str
    source: str
    subject: Subject
    provenance: Provenance = UNKNOWN
    run: Mapping[str, Any] = field(default_factory=dict)
    code: Mapping[str, Any] = field(default_factory=dict)
    version: Version | None = None


def find(repo: Repo, source: str, parent: Manifest | None = None) -> Content:
    """The content that ``source`` names; a path's is stored now, as the difference from ``parent`` where that is less.

    Raises Invalid for a URI that cannot be used here, and ModelNotFound, VersionNotFound, AliasNotFound, RunNotFound
    or FileMissing when there is nothing.
    """
    ref = parse_uri(source)
    if isinstance(ref, ModelRef):
        return of_ref(repo, ref, source)
    if isinstance(ref, RunRef):
        return of_run(repo, ref)
    if isinstance(ref, RemoteRef):
        raise Invalid(
            f"that is a model of another registry: {without_credentials(ref.url)[:200]}",
            hint="git models register git+<url>#<name>@<alias> NAME brings it here",
        )
    return of_path(repo, ref, parent)


def of_ref(repo: Repo, ref: ModelRef, source: str) -> Content:
    """The content of a registered version, of a logged model by its id, or of what is pinned beside the code."""
    if ref.pinned:
        from gitmodels.api import context, pinned

        ref = pinned.resolved(ref, context.settings().work_tree)
        source = ref.uri
        _tell_deleted(repo.registry.existing_state().resolve(ref))
    if ref.model_id is not None:
        logged = repo.runs.models.find(ref.model_id)
        if logged:
            return of_logged(repo, logged[-1], source)
        try:
            return of_version(repo, repo.registry.state().resolve(ref), source)
        except VersionNotFound:
            raise ModelNotFound(f"Logged model with ID '{ref.model_id}' not found.", model_id=ref.model_id) from None
    return of_version(repo, repo.registry.existing_state().resolve(ref), source)


def _tell_deleted(version: Version) -> None:
    if version.meta.status == DELETED:
        why = f" ({version.meta.reason})" if version.meta.reason else ""
        warnings.warn(
            f"{version.name} v{version.number} is pinned here, but was deleted{why}; git models pin --check tells more",
            UserWarning,
            stacklevel=5,
        )


def of_version(repo: Repo, version: Version, source: str) -> Content:
    """The content of a registered version."""
    state = repo.registry.state()
    manifest = Manifest.from_yaml(state.manifest(version.name, version.number))
    if manifest.digest != version.record.manifest:
        raise Invalid(
            f"{version.name} v{version.number}: its manifest was edited and no longer has the recorded digest",
            hint="git models doctor",
        )
    readable = {
        file: data
        for file in layout.READABLE
        if (data := state.readable(version.name, version.number, file)) is not None
    }
    record = version.record
    return Content(
        manifest,
        readable,
        record.code_execution,
        source,
        _subject(repo, manifest, source, version),
        Provenance(
            run_id=record.run_id,
            model_id=record.model_id,
            model_uuid=record.model_id,
            utc_time_created=_utc(record.created),
            artifact_path=record.source,
        ),
        record.run,
        record.code,
        version,
    )


def of_run(repo: Repo, ref: RunRef) -> Content:
    """The content of a model that a run logged. Raises RunNotFound, ModelNotFound."""
    name = ref.path.partition("/")[0]
    return of_logged(repo, repo.runs.models.of_run(ref.run_id, name), ref.uri)


def of_logged(repo: Repo, logged: "LoggedModel", source: str) -> Content:
    """The content of one logging of a model."""
    from gitmodels.runs.snapshot import snapshot

    manifest = Manifest.from_yaml(repo.runs.models.file(logged) or b"")
    readable = {name: data for name in layout.READABLE if (data := repo.runs.models.file(logged, name)) is not None}
    run = repo.runs.get(logged.run_id) if logged.run_id is not None else None
    return Content(
        manifest,
        readable,
        logged.code_execution,
        source,
        _subject(repo, manifest, source),
        provenance_of(logged),
        snapshot(run) if run is not None else {},
        code_of(run.code) if run is not None else {},
    )


def provenance_of(logged: "LoggedModel") -> Provenance:
    """MLflow's volatile keys for one logging of a model."""
    return Provenance(
        run_id=logged.run_id,
        model_id=logged.model_id,
        model_uuid=logged.model_id,
        utc_time_created=_utc(logged.time),
        artifact_path=logged.name,
    )


def of_path(repo: Repo, ref: PathRef, parent: Manifest | None = None) -> Content:
    """The content of a local file or directory, stored now. Raises FileMissing, and what storing raises."""
    path = Path(ref.path)
    if path.is_dir():
        execution = code_execution_of_folder(path)
        manifest = repo.store.add_directory(path, parent=parent)
    elif path.exists():
        # Stored first: that refuses pipes and devices, which must not be opened for a look.
        manifest = repo.store.add_file(path, parent=parent)
        execution = code_execution_of_file(path)
    else:
        raise FileMissing(f"No such file or directory: {ref.path!r}", hint="name a path, runs:/ or models:/")
    return of_stored(repo, manifest, execution, ref.path, code_of(repo.git.code_state()))


def of_stored(repo: Repo, manifest: Manifest, execution: str, source: str, code: Mapping[str, Any]) -> Content:
    """The content stored as ``manifest``, of which loading may run ``execution``. Raises as ``readable_of``."""
    return Content(
        manifest,
        readable_of(repo, manifest),
        execution,
        source,
        _subject(repo, manifest, source),
        Provenance(model_id=manifest.model_id, model_uuid=manifest.model_id),
        {},
        code,
    )


def readable_of(repo: Repo, manifest: Manifest) -> dict[str, bytes]:
    """The small readable files of a stored model. Raises Invalid when its MLmodel is too large to be one."""
    found = {}
    for entry in manifest.entries:
        if entry.path not in layout.READABLE:
            continue
        limit = _MLMODEL_LIMIT if entry.path == "MLmodel" else layout.MAX_READABLE
        if entry.size > limit:
            raise Invalid(f"{entry.path} has {entry.size} bytes, the limit is {limit}")
        found[entry.path] = repo.store.read(entry)
    return found


def code_execution_of_folder(path: Path) -> str:
    """What loading the model in a folder may run."""
    from gitmodels.mlmodel.execution import code_execution

    return code_execution(path)


def code_execution_of_file(path: Path) -> str:
    """What loading a lone file may run, by its first bytes."""
    from gitmodels.mlmodel.pickle_detection import looks_like_pickle

    return "pickle" if looks_like_pickle(path) else "none"


def code_record(repo: Repo) -> dict[str, Any]:
    """What is checked out now, as a version record tells it."""
    return code_of(repo.git.code_state())


def code_of(code: Any) -> dict[str, Any]:
    """Commit, branch and dirtiness of what was checked out, as records tell it; empty where there was no commit."""
    if code.commit is None:
        return {}
    return {"commit": code.commit} | ({"branch": code.branch} if code.branch else {}) | {"dirty": code.dirty}


def _subject(repo: Repo, manifest: Manifest, source: str, version: Version | None = None) -> Subject:
    approved = (
        version is not None
        and version.record.code_execution != "none"
        and repo.trusted.is_approved(repo.registry, version.name, version.record.manifest)
    )
    return Subject(source, digest.parse(manifest.digest), repo.trusted.is_local(manifest.digest), approved)


def _utc(milliseconds: int) -> str:
    """The time as MLflow writes it: ``2026-11-23 02:48:35.998000``."""
    return format_time(milliseconds).replace("T", " ").replace("Z", "000")
