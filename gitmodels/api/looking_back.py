"""Questions about the past: what an alias was at a time, where it stood, which move brought what.

This room reads the branch's history and answers in documents and MLflow's entities; nothing is changed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from gitmodels.api import context, converting
from gitmodels.api.registry_entities import ModelVersion
from gitmodels.errors import GitModelsError, NotFound
from gitmodels.fields import format_time
from gitmodels.git.history import History
from gitmodels.git.revisions import commit_of
from gitmodels.registry.state import State, Version
from gitmodels.repo import Repo
from gitmodels.review.timeline import Stand, stands, state_at
from gitmodels.uris import ModelRef, check_whole, parse_ref

__all__ = ["at"]


def at(when: str | datetime, ref: str) -> ModelVersion:
    """The version that ``ref`` named at a time or at a commit of the registry.

    ``when`` is a date (``"2026-03-01"``: at its end, UTC), a time in ISO 8601 (without a zone UTC), a datetime, or a
    commit. Dates are those of the branch's commits. Raises NotFound for a time before the registry began, and what
    looking ``ref`` up then raises.
    """
    state, found = version_at(context.repository(), when, parse_ref(ref))
    return converting.model_version(state, found)


def version_at(repo: Repo, when: str | datetime, ref: ModelRef) -> tuple[State, Version]:
    """The registry as it was then, and the version that ``ref`` named in it."""
    check_whole(ref)
    moment = moment_of(when)
    tip = str(repo.registry.existing_state().commit)
    commit = commit_of(repo.git, str(when)) if moment is None else _commit_at(repo, tip, moment)
    state = state_at(repo.git, commit)
    state.format()  # a commit of another branch is refused in words
    return state, state.resolve(ref)


def moment_of(when: str | datetime) -> int | None:
    """The last ms that ``when`` covers; None when it is no date or time.

    >>> moment_of("2026-03-01"), moment_of("2026-03-01T12:00:00+01:00"), moment_of("3e91f0a")
    (1772409599999, 1772362800000, None)
    """
    if isinstance(when, datetime):
        return _ms(when)
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        return None
    if len(when) <= len("2026-03-01"):
        return _ms(moment + timedelta(days=1)) - 1
    return _ms(moment)


def _ms(moment: datetime) -> int:
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(zoned.timestamp() * 1000)


def _commit_at(repo: Repo, tip: str, moment: int) -> str:
    """The commit at which the branch stood then."""
    history = History(repo.git)
    for commit, when in history.line(tip):
        # The root has the same date everywhere, and says nothing of when this registry began.
        if when <= moment and commit.parents:
            return commit.oid
    if not history.is_whole():
        raise NotFound("this clone is shallow and does not reach back so far", hint="git fetch --unshallow")
    raise NotFound(f"the registry began after {format_time(moment)}", hint="git models log")


def answer(repo: Repo, when: str, ref: ModelRef) -> dict[str, Any]:
    """What ``git models at`` tells."""
    state, found = version_at(repo, when, ref)
    record = found.record
    alias = state.alias(found.name, ref.alias) if ref.alias else None
    return {
        "commit": state.commit,
        "name": found.name,
        "version": found.number,
        "model_id": record.model_id,
        "manifest": record.manifest,
        "created": format_time(record.created),
        "author": record.author,
        "metrics": record.metrics,
        "reason": alias.reason if alias is not None else None,
    }


def alias_log(repo: Repo, name: str, alias: str, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """One document per move of an alias, newest first. Raises ModelNotFound, and NotFound for one that never was."""
    state = repo.registry.existing_state()
    name = state.follow(name)
    state.model(name)
    known = False
    for place, stand in enumerate(stands(repo.git, state, name, alias)):
        known = True
        if limit is not None and place >= limit:
            break
        yield _stand(stand, repo.registry.clock())
    if not known:
        state.aliased(name, alias)  # says in MLflow's words that there is none


def _stand(stand: Stand, now: int) -> dict[str, Any]:
    record = stand.record
    until = stand.until if stand.until is not None else now
    return {
        "commit": stand.commit.oid,
        "time": format_time(stand.when),
        "author": stand.commit.author_name,
        "email": stand.commit.author_email,
        "kind": stand.commit.trailers.get("Gitmodels-Kind", "other"),
        "from": stand.before.version,
        "to": stand.after.version,
        "reason": record.reason if record is not None else None,
        "until": None if stand.until is None else format_time(stand.until),
        "seconds": max(until - stand.when, 0) // 1000,
        "op": record.op if record is not None else None,
    }


def blame(repo: Repo, ref: ModelRef) -> list[dict[str, Any]]:
    """One document per fact of a version, with the move of the alias, or the version, that brought it.

    Of ``fraud@champion`` moves are asked, of ``fraud`` or ``fraud/7`` the versions up to it. Raises what looking
    ``ref`` up raises.
    """
    from gitmodels.review.origins import origins

    state = repo.registry.existing_state()
    found = state.resolve(ref)
    rows = _by_moves(repo, state, found.name, ref.alias) if ref.alias else _by_versions(state, found)
    return [{"fact": fact} | where for fact, where in origins(rows)]


def _by_moves(repo: Repo, state: State, name: str, alias: str) -> Iterator[tuple[dict[str, Any], Any]]:
    for stand in stands(repo.git, state, name, alias):
        where = {
            "version": stand.after.version,
            "time": format_time(stand.when),
            "author": stand.commit.author_name,
            "commit": stand.commit.oid,
            "reason": stand.record.reason if stand.record is not None else None,
        }
        # The version as it is known now: what was measured later belongs to it too.
        yield where, _side(state, name, stand.after.version)


def _by_versions(state: State, found: Version) -> Iterator[tuple[dict[str, Any], Any]]:
    for number in reversed([each for each in state.all_numbers(found.name) if each <= found.number]):
        side = _side(state, found.name, number)
        record = state.version_record(found.name, number) if side is not None else None
        where = {
            "version": number,
            "time": format_time(record.created) if record is not None else None,
            "author": record.author if record is not None else None,
            "commit": None,
            "reason": None,
        }
        yield where, side


def _side(state: State, name: str, number: int | None) -> Any:
    from gitmodels.review.sides import of_version

    if number is None:
        return None
    try:
        return of_version(state, state.any_version(name, number))
    except GitModelsError:
        return None
