"""What this clone's user has decided about code in models: the one place where trust is kept.

It lives in git config (``gitmodels.trust``) and in a file of ours in the common git folder, both local: nothing of it
travels with a clone, a fetch or a model. This room keeps the decision; ``gitmodels.mlmodel.trust`` applies it.
"""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitmodels import digest
from gitmodels.digest import Digest
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.git.repository import GitRepository
from gitmodels.mlmodel import trust
from gitmodels.mlmodel.trust import Trust
from gitmodels.names import check_alias

if TYPE_CHECKING:
    from gitmodels.registry.registry import Registry

CONFIG_KEY = "gitmodels.trust"
ALIASES_KEY = "gitmodels.trustAliases"
LEVELS = ("all", "approved", "digests")
_LOGGED, _ALLOWED = "logged", "allowed"


class DigestList:
    """A file of ours with one ``word digest`` per line, appended to and never rewritten."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def has(self, word: str, manifest: Digest) -> bool:
        """Whether the line stands there."""
        data = self._bytes()
        line = f"{word} {manifest}\n".encode()
        return data.startswith(line) or b"\n" + line in data

    def listed(self, word: str) -> list[Digest]:
        """The digests behind ``word``, in the order they were added."""
        found = []
        for line in self._bytes().decode("ascii", "replace").splitlines():
            kind, _, value = line.partition(" ")
            # A torn line is no digest; what was not noted is not trusted.
            if kind == word:
                with contextlib.suppress(Invalid):
                    found.append(digest.parse(value))
        return found

    def add(self, word: str, manifest: Digest) -> None:
        """Note ``manifest`` under ``word``, unless it is there. Raises GitModelsError when it cannot be."""
        if self.has(word, manifest):
            return
        known = self._bytes()
        line = f"{word} {digest.parse(manifest)}\n".encode()
        from gitmodels.git import durable

        with durable.storage_errors(f"note a model as trusted in {self.path}"):
            durable.make_folders(self.path.parent, 0o700)
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, line if known.endswith(b"\n") or not known else b"\n" + line)
            finally:
                os.close(fd)

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""


class Saved:
    """The models this user saved to plain directories, outside any repository."""

    def __init__(self, state_folder: Path) -> None:
        self._list = DigestList(state_folder / "gitmodels" / "saved")

    def has(self, manifest: Digest) -> bool:
        """Whether this user saved the model with this manifest."""
        return self._list.has("saved", manifest)

    def add(self, manifest: Digest) -> None:
        """Note that this user saved it."""
        self._list.add("saved", manifest)


class Trusted:
    """The trust of one clone: a level for its registry, the models logged here, single models allowed by digest."""

    def __init__(self, git: GitRepository) -> None:
        self.git = git
        self._list = DigestList(git.own_dir / "trusted")

    def decision(self) -> Trust:
        """What may run here. Raises Invalid when git config holds a word that is no level."""
        level = self.level()
        return Trust(
            everything=level == "all",
            local=True,
            approved=level == "approved",
            digests=frozenset(self._list.listed(_ALLOWED)),
        )

    def level(self) -> str | None:
        """``all``, ``approved``, ``digests``, or None where nothing was decided."""
        value = self.git.config(CONFIG_KEY)
        if value is not None and value not in LEVELS:
            raise Invalid(
                f"git config {CONFIG_KEY} is {value[:40]!r}: it is one of {', '.join(LEVELS)}",
                hint="git models trust . sets it",
            )
        return value

    def set_level(self, level: str, aliases: Sequence[str] = ()) -> None:
        """Trust the registry of this repository as far as ``level``; ``approved`` is what ``aliases`` point at.

        Without ``aliases`` those named before stay. Raises Invalid for another word, and for a level that would trust
        nothing or aliases that nobody asks for; InvalidName.
        """
        if level not in LEVELS:
            raise Invalid(f"not a level of trust: {level[:40]!r}; it is one of {', '.join(LEVELS)}")
        if aliases and level != "approved":
            raise Invalid("aliases are named for the level approved only", hint="--only approved --alias champion")
        if level == "approved" and not (aliases or self.aliases()):
            raise Invalid("no alias is named whose models are approved", hint="--only approved --alias champion")
        if aliases:
            self.git.set_config(ALIASES_KEY, " ".join(check_alias(alias) for alias in aliases))
        self.git.set_config(CONFIG_KEY, level)

    def aliases(self) -> tuple[str, ...]:
        """The aliases whose models are approved, as this clone's user named them."""
        return tuple((self.git.config(ALIASES_KEY) or "").split())

    def is_approved(self, registry: "Registry", name: str, manifest: Digest) -> bool:
        """Whether an alias that counts here points at the content ``manifest`` of the model ``name``.

        What counts is where the alias stands in the history that others agreed to: on the remote-tracking branch, or in
        a bare repository on the branch itself. A move that was made here and not pushed approves nothing.
        """
        aliases = self.aliases()
        if not aliases:
            return False
        state = registry.published() or (registry.state() if self.git.work_tree is None else None)
        if state is None:
            return False
        for alias in aliases:
            # What cannot be read, or dangles, approves nothing.
            with contextlib.suppress(GitModelsError):
                if state.version(name, state.aliased(name, alias)).record.manifest == manifest:
                    return True
        return False

    def allow(self, manifest: Digest) -> None:
        """Let the model with this manifest load."""
        self._list.add(_ALLOWED, manifest)

    def logged_here(self, manifest: Digest) -> None:
        """Note that the model with this manifest was made by a process of this clone."""
        self._list.add(_LOGGED, manifest)

    def is_local(self, manifest: Digest) -> bool:
        """Whether the model with this manifest was logged in this clone."""
        return self._list.has(_LOGGED, manifest)

    def allowed(self) -> list[Digest]:
        """The manifests allowed one by one, in the order they were."""
        return self._list.listed(_ALLOWED)


def from_setting(text: str | None) -> Trust:
    """The trust that ``GITMODELS_TRUST`` grants: ``1`` and ``all`` everything, else the words of a Trust.

    >>> from_setting("1").everything, from_setting(None).everything
    (True, False)
    """
    if not text or text == "0":
        return Trust.nothing()
    return Trust.all() if text in ("1", "true", "yes") else trust.from_text(text)
