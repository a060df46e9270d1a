"""Registering: a model's content becomes the next version of a name.

This room joins content, description and registry; it knows no client and no command.
"""

import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gitmodels import digest
from gitmodels.api import content, context
from gitmodels.api.content import Content
from gitmodels.errors import GitModelsError, InvalidModel
from gitmodels.mlmodel import soundness
from gitmodels.names import check_model_name, check_tag_value, encode
from gitmodels.objects.manifest import Manifest
from gitmodels.registry.changes import versions
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.records import VersionRecord
from gitmodels.registry.summary import describe
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef, PathRef, check_whole, parse_uri, without_credentials
from gitmodels.values import frozen, replace

if TYPE_CHECKING:
    from gitmodels.registry.proposals import Proposal


@frozen
class Wish:
    """How a version is to be registered. ``create``: make the model when it is missing.

    ``base`` names the model that this one was made from, such as the one that was tuned.
    """

    tags: Mapping[str, Any] | None = None
    description: str | None = None
    run_id: str | None = None
    run_link: str | None = None
    create: bool = True
    base: str | None = None


_PLAIN = Wish()
# As large as an example is read anywhere (mlmodel/payload.py).
MAX_EXAMPLE = 64 << 20
_log = logging.getLogger("gitmodels")


def register(repo: Repo, source: str, name: str, wish: Wish = _PLAIN) -> int:
    """Register what ``source`` names as the next version of ``name``, and return its number.

    Raises InvalidName, Invalid for a file inside a model, and FormatTooNew before anything is read or stored; what
    ``content.find`` raises, and ModelNotFound.
    """
    name = check_model_name(name)
    check_whole(parse_uri(source))
    repo.registry.state().check_format(writing=True)
    with repo.store.recording():
        found = _content(repo, source, parent_of(repo, name, wish.base))
        # What this clone logged was judged then.
        if not found.subject.local:
            check_signature(repo, found)
        return register_content(repo, found, name, wish)


def check_signature(repo: Repo, found: Content) -> None:
    """Refuse a signature that is broken, or violated by the model's own example; a missing one is told, not refused.

    Plain files need none. Raises InvalidModel.
    """
    if "MLmodel" not in found.readable:
        return
    entries = {entry.path: entry for entry in found.manifest.entries}

    def read(path: str) -> bytes | None:
        entry = entries.get(path)
        return None if entry is None or entry.size > MAX_EXAMPLE else repo.store.read(entry)

    unsound = soundness.examine(found.readable["MLmodel"], read)
    if unsound is None:
        return
    if unsound.kind in (soundness.MISSING, soundness.UNDECIDED):
        _log.warning("%s", unsound.text)
        return
    raise InvalidModel(
        unsound.text, hint="correct the signature or the example: gitmodels.models.set_signature(DIR, …)"
    )


def propose(repo: Repo, source: str, name: str, wish: Wish = _PLAIN, remote: str | None = None) -> "Proposal[int]":
    """Propose what ``source`` names as the next version of ``name``, on a branch ``register/…`` of its own.

    The number is the next one of what ``remote`` has published, asked now. The registry's branch here stays as it is.
    Raises what ``register`` raises, and what asking the remote raises.
    """
    import uuid

    from gitmodels.api import proposing
    from gitmodels.registry import proposals

    name = check_model_name(name)
    check_whole(parse_uri(source))
    base = proposing.base_of(repo, remote, ask=True)
    with repo.store.recording():
        new = new_version(repo, _content(repo, source, parent_of(repo, name, wish.base)), wish)
        return proposals.propose(
            repo.registry,
            base,
            lambda state, at: versions.register(state, name, new, at, create=wish.create),
            lambda number: f"refs/heads/register/{encode(name)}-{number}-{str(new.record.manifest)[:8]}",
            uuid.uuid4().hex,
        )


def _content(repo: Repo, source: str, parent: Manifest | None) -> Content:
    """What ``source`` names, its bytes in this repository's store; from a registry far away they are fetched."""
    there, named = context.located(source, repo)
    if there is repo:
        return content.find(repo, named, parent)
    from gitmodels.remotes import fetching

    found = content.find(there, named)
    fetching.fetch(repo.store, there.remotes(), found.manifest.entries)
    return replace(found, source=without_credentials(source))


def parent_of(repo: Repo, name: str, base: str | None) -> Manifest | None:
    """The model that the next version of ``name`` is likely to be like: ``base``, or the version before.

    Raises what ``content.find`` raises for ``base``; a version before that cannot be read is none, nor is a base in
    another registry, whose bytes are not here to compare with.
    """
    if base is not None:
        there, named = context.located(base, repo)
        return content.find(repo, named).manifest if there is repo else None
    state = repo.registry.state()
    try:
        latest = state.resolve(ModelRef(name=name, latest=True))
        return Manifest.from_yaml(state.manifest(latest.name, latest.number))
    except GitModelsError:
        return None


def size(source: str) -> int:
    """The bytes that registering ``source`` reads; 0 where that is not known, as for what is stored already."""
    ref = parse_uri(source)
    if not isinstance(ref, PathRef):
        return 0
    if not os.path.isdir(ref.path):
        return os.path.getsize(ref.path) if os.path.isfile(ref.path) else 0
    names = (os.path.join(folder, name) for folder, _, files in os.walk(ref.path) for name in files)
    return sum(os.lstat(name).st_size for name in names)


def register_content(repo: Repo, found: Content, name: str, wish: Wish = _PLAIN) -> int:
    """Register a content that is in the store already."""
    name, new = check_model_name(name), new_version(repo, found, wish)
    return repo.registry.apply(lambda state, at: versions.register(state, name, new, at, create=wish.create))


def new_version(repo: Repo, found: Content, wish: Wish = _PLAIN) -> NewVersion:
    """What is registered of a content that is in the store already."""
    return NewVersion(
        record=replace(record_of(found, wish), base=_bases(repo, wish)),
        manifest=found.manifest.to_yaml(),
        readable=found.readable,
        tags={key: check_tag_value(value) for key, value in (wish.tags or {}).items()},
        description=wish.description,
    )


def _bases(repo: Repo, wish: Wish) -> tuple[str, ...]:
    """The model id, which stays when a model is renamed or its versions are renumbered."""
    return () if wish.base is None else (content.find(*context.located(wish.base, repo)).manifest.model_id,)


def record_of(found: Content, wish: Wish = _PLAIN) -> VersionRecord:
    """What a version says of its content; who registered it when, and by which operation, is said by the registry."""
    described = describe(found.readable)
    run = dict(found.run)
    if wish.run_id:
        run = {"id": wish.run_id} if run.get("id") != wish.run_id else run
    return VersionRecord(
        model_id=found.manifest.model_id,
        manifest=digest.parse(found.manifest.digest),
        created=0,
        author="",
        email="",
        op="",
        size=found.manifest.size,
        source=found.source,
        flavors=described.flavors,
        code_execution=found.code_execution,
        signature=described.signature,
        dependencies=described.dependencies,
        code=dict(found.code),
        run=run,
        run_link=wish.run_link,
    )
