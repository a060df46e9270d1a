"""The bytes of what is published: sent before the branch names them, fetched for what an alias points at.

This room knows manifests and the remotes that keep objects; what is new it is told as two states of the registry.
"""

from collections.abc import Iterable, Iterator

from gitmodels.errors import RemoteError
from gitmodels.objects.manifest import Manifest
from gitmodels.registry.news import new_versions
from gitmodels.registry.records import DELETED
from gitmodels.registry.state import State
from gitmodels.remotes.backend import PackRemote, Progress
from gitmodels.repo import Repo

_LATELY = 64


class Sender:
    """Sends the objects of new versions to where the registry on the git remote ``remote`` keeps them."""

    def __init__(self, repo: Repo, remote: str, progress: Progress | None = None) -> None:
        self._repo = repo
        self._remote = remote
        self._progress = progress
        self._sent: set[str] = set()
        self.size = 0

    def send(self, before: State, after: State) -> bool:
        """All that ``after`` has and ``before`` lacks, once; whether there was any. What is there does not travel.

        Raises ObjectNotFound for a version whose bytes are neither here nor there, Corrupt, RemoteError.
        """
        news = list(new_versions(before, after))
        self._sent |= _published(before, {name for name, _ in news})
        wanted = {
            manifest.digest: manifest for manifest in _manifests(after, news) if manifest.digest not in self._sent
        }
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

    Raises Invalid for an address that is refused, MissingDependency for a backend that is not installed.
    """
    from gitmodels.remotes import settings

    named = [each for each in repo.named_remotes() if each.default]
    # A git remote that nobody named for this is only the usual place: who pushes elsewhere takes the objects along.
    is_said = bool(named) and (named[0].kept != "git" or repo.git.config(settings.DEFAULT_KEY) == named[0].name)
    address = named[0].address if is_said else f"git:{remote}"
    return repo.open_remote(address)


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
