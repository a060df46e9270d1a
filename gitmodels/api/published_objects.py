"""The bytes of what is published: sent before the branch names them, fetched for what an alias points at.

This room knows manifests and the remotes that keep objects; what is new it is told as two states of the registry.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gitmodels.errors import RemoteError
from gitmodels.objects.manifest import Manifest
from gitmodels.registry.news import new_versions
from gitmodels.registry.records import DELETED
from gitmodels.registry.state import State
from gitmodels.remotes.backend import PackRemote, Progress
from gitmodels.repo import Repo

if TYPE_CHECKING:
    from gitmodels.git.pushing import Update
    from gitmodels.remotes.git_along import PacksAlong

_LATELY = 64


class Sender:
    """Sends the objects of new versions to where the registry on the git remote ``remote`` keeps them.

    What is small and goes to that git remote itself is only made ready, to go along with the branch: ``updates`` are
    the refs to push with it, ``folder`` has their objects, and ``arrived`` is called when both are there.
    """

    def __init__(self, repo: Repo, remote: str, progress: Progress | None = None) -> None:
        self._repo = repo
        self._remote = remote
        self._progress = progress
        self._sent: set[str] = set()
        self._ready: dict[str, int] = {}
        self._stack = contextlib.ExitStack()
        self._along: PacksAlong | None = None
        self._is_apart = not repo.git.config_flag(self._key, default=True)
        self.size = 0

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def updates(self) -> "list[Update]":
        """The refs that the branch takes along."""
        return list(self._along.updates) if self._along is not None else []

    @property
    def folder(self) -> Path | None:
        """The folder of the objects that go along."""
        return self._along.folder if self._along is not None else None

    def send(self, before: State, after: State) -> bool:
        """All that ``after`` has and ``before`` lacks, once; whether any was sent now. What is there does not travel.

        Raises ObjectNotFound for a version whose bytes are neither here nor there, Corrupt, RemoteError.
        """
        news = list(new_versions(before, after))
        wanted = {str(manifest.digest): manifest for manifest in _manifests(after, news)}
        wanted = {digest: each for digest, each in wanted.items() if digest not in self._sent | self._ready.keys()}
        if wanted and self._made_ready(wanted):
            return False
        known = _published(before, {name for name, _ in news}) if wanted else ()
        wanted = {digest: each for digest, each in wanted.items() if digest not in known}
        if not wanted:
            return False
        from gitmodels.remotes import transfer

        place = keeper(self._repo, self._remote)
        try:
            done = transfer.upload(self._repo.store, wanted.values(), place, progress=self._progress)
        except RemoteError as error:
            if error.fields.get("kind") == "ref-refused":
                error.hint = "git models remote add NAME ADDRESS says where files are kept instead; then push again"
            raise
        self._sent.update(wanted)
        self.size += done.size
        return True

    def arrived(self) -> None:
        """What was made ready is there."""
        if self._along is not None and self._ready:
            self._sent.update(self._ready)
            self.size += sum(self._ready.values())
            self._ready = {}
            self._along.arrived()

    def go_apart(self, *, always: bool = False) -> None:
        """Send on its own what was to go along; with ``always`` also the next time, as the host cannot do both."""
        if self._along is not None:
            self._along.updates, self._ready = [], {}
        self._is_apart = True
        if always:
            self._repo.git.set_config(self._key, "false")

    def _made_ready(self, wanted: dict[str, Manifest]) -> bool:
        """Whether ``wanted`` goes along."""
        if self._is_apart or keeper_address(self._repo, self._remote) != f"git:{self._remote}":
            return False
        from gitmodels.git.beside import objects_beside
        from gitmodels.remotes import git_along
        from gitmodels.remotes.upload import Upload

        if self._along is None:
            folder = self._stack.enter_context(objects_beside(self._repo.git))
            self._along = git_along.PacksAlong(self._repo.git, self._remote, folder)
        upload = Upload(self._repo.store, wanted.values(), self._along, again=git_along.MOST_AGAIN)
        # Not every server that promises all or nothing keeps it where it hides refs: it has taken packs before.
        if sum(self._ready.values()) + upload.size > git_along.MOST or not upload.catalogue.is_in_use:
            return False
        done = upload.run(self._progress)
        self._ready |= dict.fromkeys(wanted, 0) | {next(iter(wanted)): done.size}
        return True

    @property
    def _key(self) -> str:
        return f"remote.{self._remote}.gitmodelsTogether"


def fetch_aliased(repo: Repo, remote: str, progress: Progress | None = None) -> int:
    """Fetch what is lacking here of every version that an alias points at; how many bytes came.

    Raises ObjectNotFound for bytes that are nowhere, DigestMismatch, RemoteError.
    """
    state = repo.registry.state()
    pairs = {(name, number) for name in state.model_names() for number in state.aliases(name).values()}
    wanted = [manifest for manifest in _manifests(state, sorted(pairs)) if repo.store.missing(manifest)]
    if not wanted:
        return 0
    from gitmodels.remotes import transfer

    with repo.store.recording():
        return transfer.download(repo.store, wanted, keeper(repo, remote), progress=progress).size


def keeper(repo: Repo, remote: str) -> PackRemote:
    """Where the objects of the registry on the git remote ``remote`` are kept: where it was said, else there itself.

    ``remote`` is a name of git's or an address.

    Raises Invalid for an address that is refused, MissingDependency for a backend that is not installed.
    """
    address = keeper_address(repo, remote)
    if address != f"git:{remote}":
        return repo.open_remote(address)
    from gitmodels.remotes.git import GitPacks

    return GitPacks(repo.git, remote)


def keeper_address(repo: Repo, remote: str) -> str:
    """The address of that."""
    from gitmodels.remotes import settings

    named = [each for each in repo.named_remotes() if each.default]
    # A git remote that nobody named for this is only the usual place: who pushes elsewhere takes the objects along.
    is_said = bool(named) and (named[0].kept != "git" or repo.git.config(settings.DEFAULT_KEY) == named[0].name)
    return named[0].address if is_said else f"git:{remote}"


def _published(state: State, names: Iterable[str]) -> set[str]:
    """The digests of manifests that were published under these names lately: their objects went before them."""
    found = set()
    for name in names:
        for number in state.all_numbers(name)[-_LATELY:]:
            record = state.version_record(name, number)
            if record is not None and state.meta(name, number).status != DELETED:
                found.add(str(record.manifest))
    return found


def _manifests(state: State, pairs: Iterable[tuple[str, int]]) -> Iterator[Manifest]:
    """The manifests of those versions that are not marked as deleted: the bytes of those may be gone by right."""
    for name, number in pairs:
        if state.meta(name, number).status != DELETED:
            yield Manifest.from_yaml(state.manifest(name, number))
