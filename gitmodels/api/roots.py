"""What a repository needs of the object store: every id that its refs, reflogs, runs, journals and pins name.

This room reads git and journals and asks nothing of the store. It takes every digest in a record for a name, so that
a record it cannot understand keeps what it mentions. It remembers what it looked at: asked again, it looks at what is
new. What it leaves out on purpose (expired models of runs; deleted versions, when asked to) it can tell.
"""

import contextlib
from collections.abc import Iterable

from gitmodels import digest, yaml
from gitmodels.errors import Conflict, GitModelsError, ObjectNotFound
from gitmodels.git import reach
from gitmodels.git.reach import Reach
from gitmodels.git.tree import TreeView
from gitmodels.objects.marks import Named, Wanted
from gitmodels.patterns import pattern
from gitmodels.registry import deleted, layout
from gitmodels.registry import pins as lock
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.runs import expiry, journaled
from gitmodels.runs import layout as run_layout

_OURS = "refs/gitmodels/"
_NAMES = frozenset({run_layout.MANIFEST, run_layout.ARTIFACTS})
_DIGEST = pattern(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_LIST = pattern(rb"chunks[\\\"']*:[\s\\\"']*([0-9a-f]{64})(?![0-9a-f])")
_MODEL = pattern(r"(?<![0-9a-z])m-[0-9a-f]{32}(?![0-9a-f])")
_RUN = pattern(r"(?<![0-9a-z-])[0-9a-f]{32}(?![0-9a-f])")
# runs/<xx>/<id>/models/<name>/<model id>/manifest.yaml
_LOGGED_PARTS = 7


def named_in(text: bytes) -> Named:
    r"""The ids in a manifest, a list of artifacts or a journal.

    >>> named = named_in(b"- blake3: " + b"a" * 64 + b"\n  chunks: " + b"b" * 64)
    >>> len(named.ids), len(named.lists)
    (2, 1)
    """
    ids = frozenset(bytes.fromhex(found.decode()) for found in _DIGEST.findall(text))
    return Named(ids, frozenset(bytes.fromhex(found.decode()) for found in _LIST.findall(text)))


def united(parts: Iterable[Named]) -> Named:
    """Everything that any of ``parts`` names."""
    ids: set[bytes] = set()
    lists: set[bytes] = set()
    for part in parts:
        ids |= part.ids
        lists |= part.lists
    return Named(ids, lists)


class Roots:
    """The names of one repository. With ``drop_deleted`` those of versions marked as deleted everywhere do not count.

    ``left_out`` maps what does not count (``fraud/3``, ``<run>/model m-…``) to what it names; ``spared`` are versions
    that are deleted here and not on another ref.
    """

    def __init__(self, repo: Repo, now_ms: int, *, drop_deleted: bool = False) -> None:
        self._repo = repo
        self._now_ms = now_ms
        self._drop_deleted = drop_deleted
        self._reach = Reach(repo.git, _NAMES.__contains__)
        self._texts: dict[str, Named] = {}
        self._registries: dict[str, bool] = {}
        self.left_out: dict[str, Named] = {}
        self.spared: dict[str, str] = {}

    def __call__(self) -> Wanted:
        """What is needed now. Raises Conflict, Corrupt or ObjectNotFound when that cannot be known."""
        git = self._repo.git
        # Journals first: a run that ends meanwhile stands on its ref by the time refs are read.
        journals = journaled.read(git.own_dir / "journals")
        refs = reach.all_refs(git)
        self._reach.add(oid for name, oid in refs.items() if name.startswith(_OURS) or self._is_registry(oid))
        logged = reach.logged(git)
        self._reach.add(oid for name, oid in logged if name.startswith(_OURS) or self._is_registry(oid))
        self._read(self._reach.found)
        pinned = pins(self._repo)
        tips = {name: oid for name, oid in refs.items() if self._is_registry(oid)}
        gone, published = self._versions(tips, pinned)
        expired = self._expired(pinned, journals.running)
        kept = [named_in(text) for text in journals.texts]
        self.left_out = {}
        for oid, paths in self._reach.found.items():
            labels = [_label(path, gone, expired) for path in paths]
            # What stands at the top of a tree is a version commit, derived from the branch: that one counts.
            if not any(labels) or "" in (label for label, path in zip(labels, paths, strict=True) if "/" in path):
                kept.append(self._texts[oid])
            else:
                self.left_out |= {label: self._texts[oid] for label in labels if label}
        return Wanted(united(kept), united(self._texts[oid] for oid in published if oid in self._texts))

    def _is_registry(self, commit: str) -> bool:
        known = self._registries.get(commit)
        if known is None:
            try:
                known = layout.REGISTRY_FILE in TreeView(self._repo.git.objects, commit=commit).entries()
            except ObjectNotFound:
                known = False
            self._registries[commit] = known
        return known

    def _read(self, oids: Iterable[str]) -> None:
        git = self._repo.git
        fresh = [oid for oid in oids if oid not in self._texts]
        missing = git.objects.missing(fresh)
        if missing and git.promisor() is not None:
            from gitmodels.git.transport import prefetch

            prefetch(git, missing)
        for oid in fresh:
            self._texts[oid] = named_in(git.objects.read(oid, "blob"))

    def _versions(self, tips: dict[str, str], pinned: frozenset[str]) -> tuple[dict[str, str], set[str]]:
        """The folders of versions that do not count, with their names; and the ids of all other manifests."""
        gone: dict[str, str] = {}
        standing: dict[str, str] = {}
        published: set[str] = set()
        for ref, oid in tips.items():
            state = State(TreeView(self._repo.git.objects, commit=oid), oid)
            for folder, name, is_deleted in deleted.folders(state):
                if is_deleted and self._drop_deleted and not _is_pinned(state, name, pinned):
                    gone[folder] = name
                else:
                    standing[folder] = ref
                    manifest = state.tree.oid(f"{folder}/{run_layout.MANIFEST}")
                    published |= {manifest} if manifest is not None else set()
        self.spared = {name: standing[folder] for folder, name in gone.items() if folder in standing}
        return {folder: name for folder, name in gone.items() if folder not in standing}, published

    def _expired(self, pinned: frozenset[str], running: frozenset[str]) -> frozenset[str]:
        age = expiry.parse_age(self._repo.git.config(expiry.CONFIG))
        # Registered contents need no mention here: the registry names them itself.
        kept = expiry.Kept(pinned=pinned, running=running)
        try:
            loggings = list(self._repo.runs.models.all())
        except GitModelsError:
            return frozenset()  # a record that cannot be read: nothing is judged without it
        return frozenset(one.model_id for one in expiry.expired(loggings, kept, self._now_ms, age))


def pins(repo: Repo) -> frozenset[str]:
    """The ids of models and runs in the ``models.lock`` of every work tree.

    Raises Conflict for a file that cannot be read, ObjectNotFound for a work tree that is not mounted.
    """
    found: set[str] = set()
    for folder in reach.work_trees(repo.git):
        path = folder / lock.FILE
        try:
            data = path.read_bytes()
            yaml.load(data, what=str(path), max_size=lock.MAX_SIZE)
        except FileNotFoundError:
            continue
        except (OSError, GitModelsError) as error:
            raise Conflict(
                f"{path} cannot be read: {getattr(error, 'strerror', None) or error}",
                hint="it says which models that work tree needs: mend it, or remove it when they are not needed",
            ) from None
        text = data.decode()
        found.update(_MODEL.findall(text), _RUN.findall(text))
        found.update(digest.model_id(digest.Digest(one.decode())) for one in _DIGEST.findall(data))
    return frozenset(found)


def _is_pinned(state: State, name: str, pinned: frozenset[str]) -> bool:
    if not pinned:
        return False
    model, _, number = name.rpartition("/")
    with contextlib.suppress(GitModelsError):
        record = state.version_record(model, int(number))
        return record is not None and record.model_id in pinned
    return True


def _label(path: str, gone: dict[str, str], expired: frozenset[str]) -> str:
    """How to call what stands at ``path`` when it does not count; "" when it does, or is a version commit's."""
    parts = path.split("/")
    if parts[0] == run_layout.RUNS and len(parts) == _LOGGED_PARTS and parts[5] in expired:
        return f"{parts[2]}/{parts[4]} {parts[5]}"
    return gone.get("/".join(parts[:-1]), "")
