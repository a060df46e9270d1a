"""What a remote is known to have published: its remote-tracking branch, and what it was once seen to have.

A published registry only ever grows. So what was seen is remembered in a ref of its own: git itself lets the
remote-tracking branch go back in silence. What was taken back with our consent is remembered too, until the branch has
left it behind. This room knows refs; it knows no operation, and asks no remote itself but to fetch one branch.
"""

import contextlib

from gitmodels.errors import Conflict, Invalid, RefChanged, RemoteError
from gitmodels.git.fork import stands_on
from gitmodels.git.refs import Refs
from gitmodels.git.remote_program import Progress
from gitmodels.git.transport import fetch_refs
from gitmodels.names import encode
from gitmodels.patterns import pattern
from gitmodels.registry.registry import Registry

SEEN, GONE = "refs/gitmodels/seen/", "refs/gitmodels/gone/"
_SHORT = 16
_NAME = pattern(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")


class Tracking:
    """The registry of ``remote``, a remote's name, as far as it is known here. Raises Invalid for no name."""

    def __init__(self, registry: Registry, remote: str) -> None:
        self.registry = registry
        if not _NAME.fullmatch(remote) or ".." in remote:
            raise Invalid(f"not a remote's name: {remote[:80]!r}", hint="git remote add NAME URL gives an address one")
        self.remote = remote
        self.ref = registry.tracking(remote)
        self._refs = Refs(registry.git)
        self._seen = f"{SEEN}{encode(remote)}"
        self._gone = f"{GONE}{encode(remote)}/"

    def tip(self) -> str | None:
        """The commit that the remote had when it was last asked, or None. Raises Conflict as ``check`` does."""
        self.check()
        return self._refs.read(self.ref)

    def known(self) -> str | None:
        """The commit that the remote-tracking branch has, whatever became of what was there before."""
        return self._refs.read(self.ref)

    def gone(self) -> tuple[str, ...]:
        """Commits that were published once and taken back, with consent, and that the branch may still stand on."""
        return tuple(self._refs.list(self._gone).values())

    def check(self) -> None:
        """Raise Conflict when the remote-tracking branch lost what it was once seen to have."""
        seen, now = self._refs.read(self._seen), self._refs.read(self.ref)
        if seen is None or seen == now:
            return
        if now is None or self._lost(seen, now):
            raise _rewritten(self.remote, seen, now)

    def fetch(self, *, accept_rewrite: bool = False, progress: Progress | None = None) -> str | None:
        """Ask the remote, and return the commit that it has now; None where it has no registry.

        Raises Conflict, and changes nothing, when what it has does not stand on what it had, unless
        ``accept_rewrite``; RemoteError when it cannot be asked.
        """
        if not accept_rewrite:
            self.check()
            self._remember(self._refs.read(self.ref))
        seen = self._refs.read(self._seen)
        force, branch = "+" if accept_rewrite else "", self.registry.branch.ref
        try:
            wanted = [f"{force}{branch}:{self.ref}", f"{force}{branch}:{self._seen}"]
            fetch_refs(self.registry.git, self.remote, wanted, progress=progress)
        except RefChanged:
            raise _rewritten(self.remote, str(seen), None) from None
        except RemoteError as error:
            if error.fields.get("kind") != "no-ref":
                raise
            if seen is not None and not accept_rewrite:
                raise _rewritten(self.remote, seen, None) from None
            for ref in (self.ref, self._seen):
                self._refs.replace(ref, None)
        now = self._refs.read(self._seen)
        if seen is not None and (now is None or self._lost(seen, now)):
            # Kept until the branch has left it behind, or it would be taken for work that was never published.
            self._refs.replace(f"{self._gone}{seen[:_SHORT]}", seen)
        return now

    def published(self, tip: str, expected: str | None) -> None:
        """Note that the remote has ``tip`` now, where it had ``expected``; who learned more meanwhile knows better."""
        for ref in (self.ref, self._seen):
            with contextlib.suppress(RefChanged):
                known = self._refs.read(ref)
                if known in (expected, None):
                    self._refs.update(ref, tip, known, durable_folder=False)

    def caught_up(self, gone: tuple[str, ...]) -> None:
        """Forget what was taken back: the branch does not stand on it any more."""
        for ref, oid in self._refs.list(self._gone).items():
            if oid in gone:
                self._refs.replace(ref, None)

    def _lost(self, seen: str, now: str) -> bool:
        return stands_on(self.registry.git, now, seen) is False

    def _remember(self, tip: str | None) -> None:
        if tip is not None and self._refs.read(self._seen) != tip:
            self._refs.replace(self._seen, tip)


def _rewritten(remote: str, seen: str, now: str | None) -> Conflict:
    found = f"what is there now ({now[:10]})" if now is not None else "what is there now"
    return Conflict(
        f"the registry on {remote} was rewritten: {seen[:10]}, which it had published, is not in {found}",
        hint="nothing was changed here; ask who did it, then git models pull --accept-rewrite takes it over",
        remote=remote,
        rewritten=True,
    )
