"""How sizes, times and short facts are said to people. This room knows words, no data."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gitmodels.review.spelling import number, size

__all__ = ["number", "size"]

UNPUBLISHED = "●"
_AGES = ((60, "s"), (60, "min"), (24, "h"), (30, "d"), (12, "mo"))


def age(time: str, now: datetime | None = None) -> str:
    """How long ago an ISO time was.

    >>> age("2026-11-23T03:00:00.000Z", datetime(2026, 11, 23, 5, 30, tzinfo=UTC))
    '2 h ago'
    """
    value = max(((now or datetime.now(UTC)) - datetime.fromisoformat(time)).total_seconds(), 0)
    for count, unit in _AGES:
        if value < count:
            return f"{value:.0f} {unit} ago" if unit == "s" else f"{int(value)} {unit} ago"
        value /= count
    return f"{int(value)} y ago"


def moment(time: str) -> str:
    """An ISO time to the minute.

    >>> moment("2026-11-23T03:10:04.123Z")
    '2026-11-23 03:10'
    """
    return time[:16].replace("T", " ")


def measured(metrics: Mapping[str, Any]) -> str:
    """Metrics on one line.

    >>> measured({"auc": 0.93412, "f1": 1.0})
    'auc 0.9341 · f1 1'
    """
    return " · ".join(f"{name} {number(value)}" for name, value in metrics.items())


def evaluated(one: Mapping[str, Any]) -> str:
    """An evaluation on one line: its metrics, on which data, when and by whom.

    >>> data = {"name": "holdout", "digest": "9f3c0a11"}
    >>> evaluated({"metrics": {"auc": 0.9}, "dataset": data, "time": "2026-11-23T03:10:04.123Z", "author": "Ana"})
    'auc 0.9 on holdout 9f3c0a11 (2026-11-23 03:10 by Ana)'
    """
    data = one["dataset"] or {}
    proof = str(data.get("digest") or data.get("blake3") or "")[:16]
    on = f" on {data['name']} {proof}".rstrip() if data else ""
    return f"{measured(one['metrics'])}{on} ({moment(one['time'])} by {one['author']})"


def counted(count: int, noun: str) -> str:
    """How many of something.

    >>> counted(1, "model"), counted(2, "model"), counted(2, "alias")
    ('1 model', '2 models', '2 aliases')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}{'es' if noun.endswith('s') else 's'}"


def took(start: str, end: str) -> str:
    """How long something went on between two ISO times.

    >>> took("2026-11-23T03:00:00.000Z", "2026-11-23T05:30:00.000Z")
    '2 h 30 min'
    """
    return duration((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())


def duration(seconds: float) -> str:
    """So many seconds in words.

    >>> duration(0.1234), duration(90), duration(9000)
    ('0.123 s', '1 min 30 s', '2 h 30 min')
    """
    if seconds < 60:
        return f"{max(seconds, 0):.3g} s"
    minutes = int(seconds // 60)
    hours = minutes // 60
    return f"{minutes} min {seconds % 60:.0f} s" if not hours else f"{hours} h {minutes % 60} min"


def code_of(code: Mapping[str, Any]) -> str:
    """Which code something was made with; ``""`` where that is not known.

    >>> code_of({"commit": "3e91f0a4c2d1" + "0" * 28, "branch": "main", "dirty": False})
    '3e91f0a4c2 main, clean'
    """
    if not code.get("commit"):
        return ""
    state = "with changes not committed" if code.get("dirty") else "clean"
    return f"{str(code['commit'])[:10]} {code.get('branch') or ''}".strip() + f", {state}"


def mark(document: Mapping[str, Any]) -> str:
    """What stands behind a version or an operation that the remote-tracking branch lacks.

    >>> mark({"published": False}), mark({"published": True}), mark({"published": None})
    (' ●', '', '')
    """
    return f" {UNPUBLISHED}" if document["published"] is False else ""


def flavor(flavors: Sequence[str]) -> str:
    """The flavor a person would name: not the one that all models have.

    >>> flavor(["python_function", "sklearn"]), flavor(["python_function"]), flavor([])
    ('sklearn', 'python_function', 'files')
    """
    own = [name for name in flavors if name != "python_function"]
    return own[0] if own else (flavors[0] if flavors else "files")
