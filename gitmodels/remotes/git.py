"""Packs on a git remote: nothing to set up where there is a git host. Each pack is a ref of its own (git_layout.py).

This room knows when git is asked for what, and how the refs are kept few. What passes through it stays in no
repository of the user: it is written into, or fetched into, one beside theirs that goes away again. Nothing that comes
from the server is believed to be a pack: ``transfer`` verifies it.
"""

import contextlib
import logging
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from gitmodels.errors import Conflict, GitModelsError, Invalid, RefChanged, RemoteError
from gitmodels.git import addresses, transport
from gitmodels.git.beside import Beside, beside
from gitmodels.git.pushing import push_refs
from gitmodels.git.ref_files import RefFiles
from gitmodels.git.refusals import clean
from gitmodels.git.repository import GitRepository
from gitmodels.remotes import git_layout as layout
from gitmodels.remotes.backend import MAX_INDEX, MAX_PACK, Progress, lost_there, not_there
from gitmodels.remotes.git_layout import Held
from gitmodels.remotes.kept_parts import KeptParts
from gitmodels.remotes.told import Told

_log = logging.getLogger("gitmodels")

# Above so many refs of single packs those are gathered into one group.
MOST_SINGLE = 64
ADVISE_ABOVE = 1 << 30
_ALL = f"{layout.PREFIX}*:{layout.PREFIX}*"
_MOST_LISTED = 1 << 30
_TRIES = 3
# How a server says that it lacks what its refs lead to.
_LOST = ("no-object", "damaged")


class GitPacks:
    """The packs below ``refs/gitmodels/packs/`` of ``remote``, a name in git's config or an address.

    A ``PackRemote``; may be shared by threads. Raises RemoteNotFound and Invalid for a remote git is not to be given.
    """

    def __init__(self, repo: GitRepository, remote: str) -> None:
        self._repo = repo
        self._remote = addresses.find(repo, remote)
        self._lock = threading.RLock()
        self._refs: dict[str, str] = {}
        # What commits say never changes: packs by the commit that was read, the newest commits only.
        self._read: dict[str, dict[bytes, Held]] = {}
        self._indexes: dict[bytes, bytes] = {}
        self._parts = KeptParts()
        # Commits that refs name there, and that the server does not have whole.
        self._lost: set[str] = set()
        self._asked = self._others_size = 0
        self._is_listed = False
        self._advised = self._weighed = False

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return clean(self._repo.config(f"remote.{self._remote}.url") or self._remote)

    @property
    def writable(self) -> bool:
        """True: whether a host lets somebody push, it says when they do."""
        return True

    def packs(self) -> frozenset[bytes]:
        """The ids of the packs that any ref stands for, as of now."""
        with self._lock:
            self._list()
            return frozenset(self._listed())

    def ruins(self) -> tuple[str, ...]:
        """Refs of groups that cannot be read, so that nobody can tell which packs they stand for."""
        with self._lock:
            return tuple(sorted(ref for ref, oid in self._refs.items() if layout.is_group(ref) and oid in self._lost))

    def clear(self, ruin: str) -> None:
        """Delete the ref, while it is what it was."""
        with self._lock, self._beside() as here:
            self._gone(here, [ruin])
            self._refs.pop(ruin)

    def size(self, pack: bytes) -> int:
        """The size of the pack, as its commit says."""
        return self._held(pack).size

    def index(self, pack: bytes) -> bytes:
        """The index file of the pack, as it came."""
        with self._lock:
            if pack not in self._indexes:
                self._learn(pack)
            return self._indexes.pop(pack)

    def read(self, pack: bytes, offset: int, length: int) -> bytes:
        """These bytes of the pack, out of the parts that hold them."""
        held = self._held(pack)
        if offset < 0 or length < 0 or offset + length > held.size:
            raise RemoteError(f"the pack {pack.hex()[:16]}… on {self.address} has no such bytes", remote=self.address)
        first, start = divmod(offset, held.part)
        found = self._some_parts(pack, held, range(first, -(-(offset + length) // held.part))) if length else ()
        return b"".join(found)[start : start + length]

    def save(self, pack: bytes, target: Path, progress: Progress | None = None) -> None:
        """The whole pack as the new file ``target``, as it came."""
        held = self._held(pack)
        told = Told(held.size, progress)
        with open(target, "xb") as stream, self._having(pack, held, held.parts, told) as here:
            for number in range(len(held.parts)):
                stream.write(layout.read_part(here, held, number))
        told.done()

    def put(self, pack: bytes, source: Path, index: bytes, progress: Progress | None = None) -> bool:
        """The pack as a commit under a ref of its own, unless a ref has it."""
        with self._lock:
            # What was listed just now is not listed again: the ref is only made where it is not there.
            if (not self._is_listed or pack in self._listed()) and pack in self.packs():
                return False
        ref = layout.ref_of(pack)
        told = Told(source.stat().st_size, progress)
        with self._beside() as here:
            folder = here.common_dir / "objects" / "pack"
            held = layout.write_pack(folder, here.object_format, pack, source, index)
            told.begin()
            sent = self._pushed(here, held.commit, ref, told)
        told.done()
        with self._lock, contextlib.suppress(GitModelsError):
            self._refs[ref] = held.commit
            self._read[held.commit] = {pack: held}
            self._lost.discard(held.commit)
            self._keep_few()
            self._advise()
        return sent

    def delete(self, pack: bytes) -> None:
        """The pack's ref, or the group that holds it exchanged for one without."""
        for _ in range(_TRIES):
            if pack not in self.packs():
                return
            with contextlib.suppress(RefChanged):
                self._delete(pack)
        if pack in self.packs():
            raise self._restless()

    def gather(self) -> None:
        """See that refs are few. Nothing happens when that fails: the next who pushes tries again."""
        with self._lock, contextlib.suppress(GitModelsError):
            self._list()
            self._keep_few()
            self._advise()

    def _list(self) -> None:
        """See which refs there are, and read the groups among them that are new."""
        self._is_listed = True
        for _ in range(_TRIES):
            self._see_refs()
            self._read = {oid: packs for oid, packs in self._read.items() if oid in set(self._refs.values())}
            known = self._read.keys() | self._lost
            groups = [ref for ref, oid in self._refs.items() if layout.is_group(ref) and oid not in known]
            if not groups or self._fetch_commits(groups):
                return
        raise self._restless()

    def _restless(self) -> RemoteError:
        return RemoteError(f"others keep changing the packs on {self.address}", hint="try again", remote=self.address)

    def _see_refs(self) -> None:
        """Fetch the bare commits of all packs, for the sake of their names.

        Only so does git ask for refs below a prefix: a list of refs brings those of all aliases too. A server that
        filters nothing sends the index files along, which are not asked for again then.
        """
        with self._beside() as here:
            for filter in ("tree:0", None):
                try:
                    told = Told(_MOST_LISTED)
                    transport.fetch_refs(here, self._remote, [_ALL], depth=1, filter=filter, progress=told)
                    break
                except RemoteError as error:
                    # Old protocols find no such ref, who hands out files has no depth, who lost one commit sends none.
                    if error.kind not in ("no-filter", "no-ref", "shallow", *_LOST):
                        raise
            refs = RefFiles(here.common_dir).list(layout.PREFIX)
            refs = refs or transport.remote_refs(self._repo, self._remote, [f"{layout.PREFIX}*"])
            self._refs = {ref: oid for ref, oid in refs.items() if layout.pack_of(ref) or layout.is_group(ref)}
            for ref, oid in self._refs.items():
                if oid not in self._read:
                    with contextlib.suppress(RemoteError):
                        self._read_commit(here, ref)

    def _listed(self) -> dict[bytes, str]:
        """Each pack of the last listing and a ref that has it."""
        found = {}
        for ref, oid in self._refs.items():
            single = layout.pack_of(ref)
            for pack in self._read.get(oid, ()) if single is None else (single,):
                found[pack] = ref
        return found

    def _held(self, pack: bytes) -> Held:
        """What is known of where the pack lies; fetched when nothing is. Raises ObjectNotFound."""
        with self._lock:
            for packs in self._read.values():
                if pack in packs:
                    return packs[pack]
            return self._learn(pack)

    def _learn(self, pack: bytes) -> Held:
        """Fetch the commit of the pack, and more that nobody asked for yet, twice as many each time: few want all."""
        for attempt in range(_TRIES):
            if attempt or pack not in self._listed():
                self._list()
            ref = self._listed().get(pack)
            if ref is None:
                raise not_there(pack, self.address)
            known = self._read.get(self._refs[ref], {}).get(pack)
            if known is not None and pack in self._indexes:
                return known  # it came along when refs were listed
            others = [other for other, oid in self._refs.items() if oid not in self._read.keys() | self._lost]
            others = [ref, *(other for other in others if other != ref)][: 1 << min(self._asked, 10)]
            if self._fetch_commits(others):
                self._asked += 1
                if self._refs[ref] in self._lost:
                    raise lost_there(pack, self.address)
                return self._read[self._refs[ref]][pack]
        raise not_there(pack, self.address)

    def _fetch_commits(self, refs: Iterable[str]) -> bool:
        """Fetch the commits of ``refs`` without what stands below them, and keep what they say.

        False when one of the refs is no more: somebody gathered or deleted packs since they were listed. Where the
        server lost some, the others are fetched all the same.
        """
        refs = list(refs)
        with self._beside() as here:
            try:
                transport.fetch_refs(
                    here, self._remote, [f"{ref}:{ref}" for ref in refs], depth=1, progress=Told(len(refs) * MAX_INDEX)
                )
            except RemoteError as error:
                if error.kind == "no-ref":
                    return False
                if error.kind not in _LOST:
                    raise
                if half := len(refs) // 2:
                    return all([self._fetch_commits(some) for some in (refs[:half], refs[half:])])
                self._lost.add(self._refs[refs[0]])
                return True
            for ref in refs:
                if not here.objects.has(self._refs[ref]):
                    return False  # it names another commit by now
                self._read_commit(here, ref)
        return True

    def _read_commit(self, here: Beside, ref: str) -> None:
        """Keep what the commit of ``ref`` says; RemoteError where it, or what it names, is not in ``here``."""
        single, commit = layout.pack_of(ref), self._refs[ref]
        known = layout.read_group(here, commit) if single is None else {single: layout.read_pack(here, commit)}
        indexes = [(pack, layout.read_index(here, held)) for pack, held in known.items()]
        self._read[commit] = known
        self._indexes.update(indexes)

    def _some_parts(self, pack: bytes, held: Held, numbers: range) -> list[bytes]:
        kept = self._parts.of(held, numbers)
        lacking = [number for number in numbers if number not in kept]
        if lacking:
            told = Told(len(lacking) * held.part)
            with self._having(pack, held, [held.parts[number] for number in lacking], told) as here:
                kept |= {number: layout.read_part(here, held, number) for number in lacking}
        self._parts.keep(held, kept)
        return [kept[number] for number in numbers]

    @contextlib.contextmanager
    def _having(self, pack: bytes, held: Held, parts: Iterable[str], told: Told) -> Iterator[Beside]:
        """A repository with these parts of a pack; they alone, where the server hands out what is asked for by id."""
        with self._beside() as here:
            try:
                transport.fetch_objects(here, self._remote, parts, progress=told)
            except RemoteError as error:
                if error.kind not in ("no-ref", *_LOST):
                    raise
                self._fetch_whole(here, pack, held)
            yield here

    def _fetch_whole(self, here: Beside, pack: bytes, held: Held) -> None:
        """The whole pack, or group, from its ref: from a server that hands out nothing but refs, or has others now."""
        for _ in range(_TRIES):
            with self._lock:
                self._list()
                ref = self._listed().get(pack)
            if ref is None:
                raise not_there(pack, self.address)
            depth, most = (3, len(self._read[self._refs[ref]])) if layout.is_group(ref) else (2, 1)
            with contextlib.suppress(RefChanged):
                try:
                    transport.fetch_refs(
                        here, self._remote, [f"{ref}:{ref}"], depth=depth, progress=Told(most * MAX_PACK)
                    )
                except RemoteError as error:
                    if error.kind in _LOST:
                        raise lost_there(pack, self.address) from None
                    if error.kind != "no-ref":
                        raise
                    continue
                if not here.objects.missing(held.parts):
                    return
        raise not_there(pack, self.address)

    @contextlib.contextmanager
    def _beside(self) -> Iterator[Beside]:
        try:
            with beside(self._repo) as here:
                yield here
        except (Conflict, Invalid) as error:
            raise RemoteError(f"{error.message}", hint=error.hint, remote=self.address) from None

    def _pushed(self, here: Beside, commit: str, ref: str, told: Told | None = None) -> bool:
        """Whether ``ref`` was made; False when it was there, or somebody else made it meanwhile."""
        try:
            (answer,) = push_refs(here, self._remote, [(commit, ref, None)], atomic=False, progress=told)
            if not answer.done and answer.state in ("raced", "unknown") and self._has(ref):
                return answer.state == "unknown"
            if answer.state == "raced":
                raise RemoteError(f"{ref} cannot be written on {self.address}: {answer.reason}", hint="try again")
            answer.check()
        except RemoteError as error:
            # Where nobody knows what became of it, the server is asked.
            if not error.outcome_unknown or not self._has(ref):
                raise
            return True
        return answer.state == "created"

    def _has(self, ref: str) -> bool:
        try:
            return ref in transport.remote_refs(self._repo, self._remote, [ref])
        except RemoteError:
            return False

    def _delete(self, pack: bytes) -> None:
        ref = self._listed()[pack]
        with self._beside() as here:
            if layout.is_group(ref):
                transport.fetch_refs(here, self._remote, [f"{ref}:{ref}"], depth=2, progress=Told(MAX_PACK))
                rest = {name: held for name, held in self._read[self._refs[ref]].items() if name != pack}
                if rest:
                    self._pushed(here, layout.write_group(here, rest), layout.group_ref(rest))
            self._gone(here, [ref])
        self._refs.pop(ref, None)

    def _gone(self, here: Beside, refs: list[str]) -> None:
        """Delete refs that are still what they were listed as; others deleted or changed the rest."""
        updates = [(None, ref, self._refs[ref]) for ref in refs]
        for answer in push_refs(here, self._remote, updates, atomic=False):
            if answer.state != "raced":
                answer.check()

    def _advise(self) -> None:
        """Tell once when there is more than a git host should hold."""
        listed = self._listed()
        if self._advised or len(listed) * MAX_PACK <= ADVISE_ABOVE:
            return
        unknown = [ref for ref in set(listed.values()) if self._refs[ref] not in self._read]
        if unknown and not self._weighed:
            self._weighed = True
            with self._beside() as here:
                wanted = [f"{ref}:{ref}" for ref in unknown]
                transport.fetch_refs(here, self._remote, wanted, depth=1, filter="tree:0")
                self._others_size = sum(layout.size_of(here, self._refs[ref]) for ref in unknown)
        size = self._others_size + sum(held.size for packs in self._read.values() for held in packs.values())
        if size > ADVISE_ABOVE:
            self._advised = True
            _log.warning(
                "%s holds more than 1 GiB of models: git hosts limit that; add object storage or a folder"
                " with git models remote add",
                self.address,
            )

    def _keep_few(self) -> None:
        """Put single packs into one group when they are many, and only once it is there delete their refs."""
        refs = [ref for ref in self._refs if layout.pack_of(ref)]
        if len(refs) <= MOST_SINGLE:
            return
        with self._beside() as here:
            wanted = [f"{ref}:{ref}" for ref in refs]
            transport.fetch_refs(here, self._remote, wanted, depth=1, progress=Told(len(refs) * MAX_INDEX))
            held = {}
            for ref in refs:
                pack = layout.pack_of(ref)
                if pack is not None:
                    held[pack] = layout.read_pack(here, self._refs[ref])
            ref = layout.group_ref(held)
            commit = layout.write_group(here, held)
            self._pushed(here, commit, ref)
            self._gone(here, refs)
        self._refs = {name: oid for name, oid in self._refs.items() if name not in refs} | {ref: commit}
        self._read[commit] = held
