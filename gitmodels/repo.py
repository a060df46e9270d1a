"""One Repo opens what one git repository has of ours: git, objects, registry, runs, trust. Wiring, no verbs.

This room knows where each part lives and in what order it is opened; what is done with the parts is said above.
Nothing is created before the first write, and no part is imported before it is used: listing models needs no store.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout

if TYPE_CHECKING:
    from gitmodels.digest import Digest
    from gitmodels.objects.manifest import Entry
    from gitmodels.objects.store import ObjectStore
    from gitmodels.objects.views import Views
    from gitmodels.registry.changes.change import At, Change
    from gitmodels.registry.configuration import Configuration
    from gitmodels.registry.registry import Registry
    from gitmodels.registry.state import State
    from gitmodels.remotes.backend import PackRemote
    from gitmodels.remotes.settings import Named
    from gitmodels.runs.log import RunLog
    from gitmodels.trusted import Trusted

_NOTHING: Mapping[str, str] = {}


class Repo:
    """Everything of ours in one git repository; open it with ``Repo.open``.

    ``author`` signs what is written; ``store_root`` and ``cache_root`` place the object store and its cache.
    """

    def __init__(self, git: GitRepository, author: Identity, store_root: Path, cache_root: Path) -> None:
        self.git = git
        self.author = author
        self.store_root = store_root
        self.cache_root = cache_root
        # Whether object storage may be reached over plain http: at a server of one's own.
        self.plain_storage = False
        # Asked before anything is registered here; it raises where another registry is meant.
        self.refuse_registering: Callable[[], None] | None = None
        # Told when the first write starts a registry here.
        self.registry_started: Callable[[], None] | None = None

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] = ".",
        *,
        git_dir: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] = _NOTHING,
        author: tuple[str | None, str | None] = (None, None),
        store: Path | None = None,
        cache: Path | None = None,
    ) -> "Repo":
        """The repository around ``path``, or of ``git_dir``. Raises RepositoryNotFound.

        ``store`` and ``cache`` override git config ``gitmodels.store`` and ``gitmodels.cache``, which override the
        folders in the common git directory.
        """
        git = GitRepository.open(path, git_dir, environ=environ)
        root = store or _configured(git, "gitmodels.store") or git.own_dir
        return cls(git, git.identity(*author), root, cache or _configured(git, "gitmodels.cache") or root / "cache")

    @property
    def location(self) -> Path:
        """Where a person would say the repository is: its work tree, or its git folder when it is bare."""
        return self.git.work_tree or self.git.common_dir

    @cached_property
    def store(self) -> "ObjectStore":
        """The object store."""
        from gitmodels.objects.store import ObjectStore

        store = ObjectStore(
            self.store_root,
            cache=self.cache_root,
            durability="batch" if self.git.config("gitmodels.durability") == "batch" else "full",
            user=None if self.store_root == self.git.own_dir else self.git.common_dir,
            owners=self._holders,
        )
        if self.git.config("gitmodels.chunking") == "content":
            store.chunking = "content"
        store.contents.fetch = self._fetch
        return store

    def _fetch(self, wanted: "Sequence[Entry | bytes]") -> None:
        from gitmodels.remotes import fetching

        fetching.fetch(self.store, self.remotes(), wanted)

    def _holders(self, file: "Digest") -> list[str]:
        from gitmodels.registry.holders import holders

        return holders(self.registry, file)

    @cached_property
    def views(self) -> "Views":
        """The folders that show models to loaders."""
        from gitmodels.objects.views import Views

        return Views(self.store)

    @cached_property
    def registry(self) -> "Registry":
        """The registry on its branch."""
        from gitmodels.registry.registry import Registry

        configured = self.git.config("gitmodels.branch")
        branch = f"refs/heads/{configured}" if configured else layout.BRANCH
        registry = Registry(self.git, self.author, branch=branch)
        registry.guard = self._guard
        registry.before_writing = self.refuse_registering
        registry.started = self.registry_started
        return registry

    def _guard(self, before: "State", change: "Change[Any]", at: "At") -> None:
        """What is written directly keeps to the policy, where there is one; where there is none nothing is loaded."""
        if before.tree.oid(layout.POLICY_FILE) is not None:
            from gitmodels.review import guarding

            guarding.refuse(self.git, before, self.registry.state_after(before, change, at), change.aliases, at)

    def configuration(self) -> "Configuration":
        """What everybody who shares the registry agreed on, as of now."""
        from gitmodels.registry.configuration import Configuration

        return Configuration.of(self.registry.state())

    def named_remotes(self) -> "list[Named]":
        """Every remote of objects by its name, sorted: this clone's own, those everybody shares, and git's."""
        from gitmodels.remotes import settings

        known = self.configuration()
        return settings.listed(self.git, known.remotes, known.remote)

    def open_remote(self, address: str) -> "PackRemote":
        """The remote of objects at ``address``; nothing is asked of it yet. Raises Invalid, MissingDependency."""
        from gitmodels.remotes import opening

        return opening.open_remote(address, git=self.git, plain_storage=self.plain_storage)

    def remote(self, name: str | None = None) -> "PackRemote":
        """The remote of objects ``name``, or the one that is used when none is named; nothing is asked of it yet.

        Raises RemoteNotFound, Invalid for an address that is refused, MissingDependency for an uninstalled backend.
        """
        from gitmodels.remotes import settings

        known = self.configuration()
        return self.open_remote(settings.find(self.git, known.remotes, known.remote, name).address)

    def remotes(self) -> "Iterator[PackRemote]":
        """Every remote of objects, in the order in which they are asked: first the one that is used by default."""
        for named in sorted(self.named_remotes(), key=lambda each: not each.default):
            yield self.open_remote(named.address)

    @cached_property
    def runs(self) -> "RunLog":
        """The log of training runs."""
        from gitmodels.runs.log import RunLog

        return RunLog(self.git)

    @cached_property
    def trusted(self) -> "Trusted":
        """What may run code here: this clone's own decision, never read from a model."""
        from gitmodels.trusted import Trusted

        return Trusted(self.git)


def _configured(git: GitRepository, key: str) -> Path | None:
    value = git.config(key)
    # From wherever a command is started, a relative path means one place: it counts from the common git folder.
    return git.common_dir / Path(value).expanduser() if value else None
