"""A new version from what MLflow hands over: its bytes into the object store, its record into the registry.

Copied once and kept: afterwards no version depends on a tracking server, an artifact store or a folder. A prompt has no
files; its text is kept as one.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gitmodels.api import content, registering
from gitmodels.api.content import Content
from gitmodels.errors import GitModelsError
from gitmodels.mlflow_plugin import sources
from gitmodels.mlflow_plugin.failures import failed
from gitmodels.mlflow_plugin.lineage import Lineage, Tracking
from gitmodels.mlflow_plugin.opened import Opened, in_server
from gitmodels.mlflow_plugin.rules import PROMPT_TEXT
from gitmodels.mlmodel.trust import UNNAMED
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.registry.changes import versions
from gitmodels.registry.search_index.rows import IS_PROMPT
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef, PathRef, parse_uri, without_credentials
from gitmodels.values import field, frozen, replace


@frozen
class Asked:
    """What MLflow asks to register. ``local`` is where the client has the files already."""

    source: str
    run_id: str | None = None
    model_id: str | None = None
    local: str | None = None
    run_link: str | None = None
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


def register(opened: Opened, name: str, asked: Asked, tracking_uri: str | None) -> int:
    """Register what ``asked`` names as the next version of the model ``name``; its number.

    Raises MlflowException for a source of MLflow's that it cannot find, ModelNotFound, and what reading it raises.
    """
    with opened.writing() as written:
        number = _registered_as(written.repo, name, asked, tracking_uri)
    return written.number(name, number)


def copy(opened: Opened, name: str, number: int, new_name: str) -> int:
    """Register a version once more under another name, which is created where it is missing; the new number."""
    with opened.writing() as written:
        became = written.repo.registry.apply(
            lambda state, at: versions.copy(state, state.version(name, number), new_name, at)
        )
    return written.number(new_name, became)


def _registered_as(repo: Repo, name: str, asked: Asked, tracking_uri: str | None) -> int:
    if IS_PROMPT in asked.tags:
        repo.registry.state().model(name)
        return _register(repo, name, _prompt(repo, asked), asked)
    known = _registered(repo, asked.source)
    if known is not None:
        repo.registry.state().model(name)
        # As in MLflow, a version that is registered again is of no run unless one is named; what is known of its
        # run stays known.
        run = {key: value for key, value in known.run.items() if key != "id" or value == asked.run_id}
        return _register(repo, name, replace(known, run=run), asked)
    lineage = _lineage(asked, tracking_uri)
    asked = replace(asked, run_id=asked.run_id or lineage.run_id)
    repo.registry.state().model(name)
    with _files(asked, lineage, tracking_uri) as path:
        return _register(repo, name, _stored(repo, name, path, asked, lineage), asked)


def _register(repo: Repo, name: str, found: Content, asked: Asked) -> int:
    wish = registering.Wish(
        tags=asked.tags,
        description=asked.description,
        run_id=asked.run_id,
        run_link=asked.run_link or None,
        create=False,
    )
    return registering.register_content(repo, found, name, wish)


def _registered(repo: Repo, source: str) -> Content | None:
    """The content of a version of this registry, where ``source`` names one: nothing is copied then."""
    if not source.lower().startswith("models:"):
        return None
    try:
        sources.check_spelling(source)
        ref = parse_uri(source)
        if not isinstance(ref, ModelRef) or ref.model_id is not None or ref.path:
            return None
        return content.of_version(repo, repo.registry.state().resolve(ref), source)
    except GitModelsError as error:
        raise failed(
            f"Unable to fetch model from model URI source artifact location '{source}'.Error: {error.message}"
        ) from error


def _lineage(asked: Asked, tracking_uri: str | None) -> Lineage:
    model_id = _model_id(asked.source)
    tracking = Tracking(None if in_server() else tracking_uri)
    if model_id is not None:
        try:
            return tracking.of_model(model_id, asked.run_id)
        except Exception as error:
            raise failed(
                f"Unable to fetch model from model URI source artifact location '{asked.source}'.Error: {error}"
            ) from error
    if asked.model_id:
        return replace(tracking.of_model(asked.model_id, asked.run_id), location=None)
    if asked.run_id and (in_server() or not _is_far(tracking_uri)):
        with contextlib.suppress(Exception):
            # Whether there is such a run is nobody's question here: a server takes nothing from one that it lacks.
            return tracking.of_run(asked.run_id)
    return Lineage(asked.run_id, run={"id": asked.run_id} if asked.run_id else {})


def _model_id(source: str) -> str | None:
    """The id of a logged model of the tracking store, where ``source`` names one."""
    head, colon, rest = source.partition(":")
    name = rest.strip("/")
    return name if head.lower() == "models" and colon and name.startswith("m-") and "/" not in name else None


def _is_far(tracking_uri: str | None) -> bool:
    """Whether asking the tracking store goes over a network: it may be gone, and MLflow asks for minutes then."""
    return (tracking_uri or "").startswith(("http:", "https:", "databricks"))


@contextlib.contextmanager
def _files(asked: Asked, lineage: Lineage, tracking_uri: str | None) -> Iterator[Path]:
    if asked.local and not in_server():
        yield Path(asked.local)
        return
    source = lineage.location or asked.source
    with sources.fetched(source, lineage.roots, tracking_uri) as path:
        yield path


def _stored(repo: Repo, name: str, path: Path, asked: Asked, lineage: Lineage) -> Content:
    with repo.store.recording():
        found = content.of_path(repo, PathRef(str(path)), registering.parent_of(repo, name, None))
    run: Mapping[str, Any] = lineage.run if lineage.run.get("id") == asked.run_id else {}
    code = dict(lineage.code) if lineage.code or in_server() or lineage.run else dict(found.code)
    return replace(found, source=without_credentials(asked.source), run=run, code=code)


def _prompt(repo: Repo, asked: Asked) -> Content:
    text = asked.tags.get(PROMPT_TEXT, "").encode()
    entry = Entry("prompt.txt", len(text), repo.store.add_bytes(text))
    return Content(Manifest((entry,)), {}, "none", asked.source, UNNAMED)
