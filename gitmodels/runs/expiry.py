"""Which logged models have had their time: a pure judgement, so that whoever removes bytes only has to obey it.

A content expires when nothing keeps it: no version was registered of it, nobody pinned it or one of its runs, no run
that logged it still goes on, and its latest logging is older than the limit (30 days unless git config
``gitmodels.expiry`` says otherwise). What a run logged beside models never expires. Nothing is looked up or removed
here; records of expired models stay.
"""

from collections.abc import Collection, Iterable

from gitmodels.errors import Invalid
from gitmodels.patterns import pattern
from gitmodels.runs.records import LoggedModel
from gitmodels.values import frozen

CONFIG = "gitmodels.expiry"
DEFAULT = "30 days"
NEVER = "never"
_DAY = 86_400_000
_UNITS = {"hour": _DAY // 24, "day": _DAY, "week": 7 * _DAY, "month": 30 * _DAY, "year": 365 * _DAY}
_AGE = pattern(r"([0-9]{1,6})[ .]?(hour|day|week|month|year)s?(?:[ .]ago)?")


@frozen
class Kept:
    """What keeps models alive beside their age.

    ``registered`` are the model ids of all versions, deleted ones included; ``pinned`` ids of models and of runs;
    ``running`` ids of runs that go on.
    """

    registered: Collection[str] = frozenset()
    pinned: Collection[str] = frozenset()
    running: Collection[str] = frozenset()


def parse_age(text: str | None, default: str = DEFAULT, what: str = CONFIG) -> int | None:
    """An age in milliseconds from ``30 days``, ``2.weeks.ago`` or ``12 hours``; None for ``never``; ``now`` is 0.

    Nothing said means ``default``; ``what`` names the setting. Raises Invalid.

    >>> parse_age(None) == parse_age("30.days.ago") == 30 * 86_400_000, parse_age("never")
    (True, None)
    """
    wanted = (text or "").strip().lower() or default
    if wanted in (NEVER, "false"):
        return None
    if wanted in ("now", "0"):
        return 0
    match = _AGE.fullmatch(wanted)
    if match is None:
        raise Invalid(f"not an age: {wanted[:40]!r} ({what})", hint="30 days, 2 weeks, 12 hours, never")
    return int(match[1]) * _UNITS[match[2]]


def expired(loggings: Iterable[LoggedModel], kept: Kept, now_ms: int, age_ms: int | None) -> list[LoggedModel]:
    """The loggings of contents that have expired, oldest first; none when ``age_ms`` is None.

    A content that was logged several times expires as a whole, by its latest logging.
    """
    if age_ms is None:
        return []
    by_content: dict[str, list[LoggedModel]] = {}
    for logged in loggings:
        by_content.setdefault(logged.model_id, []).append(logged)
    found = [
        logged
        for group in by_content.values()
        if now_ms - max(logged.time for logged in group) >= age_ms and not any(_keeps(kept, one) for one in group)
        for logged in group
    ]
    return sorted(found, key=lambda logged: (logged.time, logged.logging_id, logged.name))


def _keeps(kept: Kept, logged: LoggedModel) -> bool:
    if logged.model_id in kept.registered or logged.model_id in kept.pinned:
        return True
    return logged.run_id is not None and (logged.run_id in kept.pinned or logged.run_id in kept.running)
