"""Promoting: aliases moved at once, or proposed on a branch that is reviewed and merged.

This room joins the change, what people know of the alias, and where it is written; how a proposal travels it does not
know.
"""

import contextlib
import uuid
from collections.abc import Iterator, Sequence

from gitmodels import digest
from gitmodels.api import proposing
from gitmodels.errors import GitModelsError, VersionNotFound
from gitmodels.git.history import History
from gitmodels.names import check_alias, encode
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, promotion
from gitmodels.registry.changes.aliases import Move
from gitmodels.registry.changes.promotion import Moved, Wanted
from gitmodels.registry.operations.asked import moment
from gitmodels.registry.proposals import Proposal, propose
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.values import replace

_LONGEST = 160


def promote(repo: Repo, wanted: Sequence[Wanted], *, reason: str | None = None) -> tuple[Move, ...]:
    """Move the aliases on the registry's branch, all in one commit; (before, after) of each.

    Raises Moved where a guarded one was moved by somebody else, ModelNotFound, VersionNotFound, InvalidName.
    """
    with _telling(repo, None):
        return repo.registry.apply(lambda state, at: promotion.promote(state, wanted, at, reason=reason))


def branch(
    repo: Repo, wanted: Sequence[Wanted], *, reason: str | None = None, remote: str | None = None, ask: bool = False
) -> Proposal[tuple[Move, ...]]:
    """One commit that moves the aliases, on a branch ``promote/…`` on top of what is published; nothing else changes.

    An alias that others moved since it was last seen here is not promoted over. ``ask`` asks ``remote`` first what it
    has. Raises what ``promote`` raises, and VersionNotFound for a version that was not pushed.
    """
    known = repo.registry.state()
    seen = [_as_seen(known, one) for one in wanted]
    base = proposing.base_of(repo, remote, ask=ask)
    ref = f"refs/heads/{branch_name(wanted)}"
    with _telling(repo, base):
        try:
            return propose(
                repo.registry,
                base,
                lambda state, at: promotion.promote(state, seen, at, reason=reason),
                lambda _: ref,
                uuid.uuid4().hex,
            )
        except VersionNotFound as error:
            if any(known.is_version(one.name, one.number) for one in wanted):
                error.hint = "it was not pushed yet: git models push, or git models push --pr"
            raise


def branch_name(wanted: Sequence[Wanted]) -> str:
    """The branch of a promotion.

    >>> branch_name([Wanted("CreditRisk", 8, "champion")])
    'promote/=credit=risk-8-champion'
    """
    words = [f"{encode(one.name)}-{one.number}-{encode(check_alias(one.alias))}" for one in wanted]
    name = "+".join(words)
    if len(name) > _LONGEST:
        name = f"{words[0][:_LONGEST].rstrip('.')}+{digest.of_bytes(name.encode())[:16]}"
    return f"promote/{name}"


def _as_seen(known: State, one: Wanted) -> Wanted:
    """``one``, guarded by where its alias points as far as this clone knew before it asked anybody."""
    if one.guarded or known.find_model(one.name) is None:
        return one
    return replace(one, previous=aliases.target_of(known, one.name, one.alias).version, guarded=True)


@contextlib.contextmanager
def _telling(repo: Repo, commit: str | None) -> Iterator[None]:
    """Says of an alias that was moved who did it, in the history that ends at ``commit``, or in the branch here."""
    try:
        yield
    except Moved as error:
        error.message = f"{error.message}{_who(repo, error, commit)}"
        error.args = (error.message,)
        raise


def _who(repo: Repo, error: Moved, commit: str | None) -> str:
    """Who moved it there, when and why; nothing where that cannot be told."""
    with contextlib.suppress(GitModelsError):
        tip = commit or str(repo.registry.branch.tip())
        record = repo.registry.state_of(tip).alias(error.name, error.alias)
        path = layout.alias_file(error.name, error.alias)
        for found in History(repo.git).log(tip, path=path, limit=1):
            why = f' "{record.reason.splitlines()[0][:80]}"' if record is not None and record.reason else ""
            return f" ({found.author_name} did on {moment(found.when_ms)}{why})"
    return ""
