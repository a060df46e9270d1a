"""Typed reading of a record's keys: what is missing or of another type is named, with the file it stands in.

This room knows YAML values and nothing of models. Keys it was not asked for are kept, so that a record written by a
newer gitmodels survives being rewritten here.
"""

import calendar
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gitmodels import digest, yaml
from gitmodels.digest import Digest
from gitmodels.errors import Invalid, InvalidRecord

_TIME = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)


class Fields:
    """One record's mapping, read key by key; ``rest`` is what nobody asked for."""

    def __init__(self, data: bytes, what: str) -> None:
        value = yaml.load(data, what=what)
        if not isinstance(value, dict):
            raise InvalidRecord(f"{what}: a mapping is expected")
        self.what = what
        self._values: dict[str, Any] = value
        self._asked: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        """A string; missing only where a default is given."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self._wrong(key, "a string")
        return value

    def optional(self, key: str) -> str | None:
        """A string or nothing."""
        value = self._take(key)
        if value is not None and not isinstance(value, str):
            raise self._wrong(key, "a string")
        return value

    def count(self, key: str, default: int | None = None) -> int:
        """A whole number, zero or more."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._wrong(key, "a whole number")
        return value

    def time(self, key: str) -> int:
        """Milliseconds since the epoch, from ``2026-11-23T03:10:04.123Z``."""
        return self._time(key, self.text(key))

    def optional_time(self, key: str) -> int | None:
        """A time or nothing."""
        value = self.optional(key)
        return None if value is None else self._time(key, value)

    def digest(self, key: str) -> Digest:
        """A content id."""
        return self.as_digest(key, self.text(key))

    def as_digest(self, key: str, value: object) -> Digest:
        """``value``, which stands under ``key``, as a content id."""
        try:
            return digest.parse(value)
        except Invalid:
            raise self._wrong(key, "a BLAKE3 digest (64 lower-case hex digits)") from None

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of strings; missing is empty."""
        value = self._take(key) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of strings")
        return tuple(value)

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of strings to strings; missing is empty."""
        value = self.mapping(key)
        if not all(isinstance(item, str) for item in value.values()):
            raise self._wrong(key, "a mapping of strings to strings")
        return value

    def lists(self, key: str) -> dict[str, list[str]]:
        """A mapping of strings to lists of strings; missing is empty."""
        value = self.mapping(key)
        for item in value.values():
            if not isinstance(item, list) or not all(isinstance(line, str) for line in item):
                raise self._wrong(key, "a mapping of strings to lists of strings")
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """A mapping; missing is empty."""
        value = self._take(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._wrong(key, "a mapping")
        return value

    def rest(self) -> dict[str, Any]:
        """The keys that were not asked for."""
        return {key: value for key, value in self._values.items() if key not in self._asked}

    def _take(self, key: str) -> Any:
        self._asked.add(key)
        return self._values.get(key)

    def _time(self, key: str, text: str) -> int:
        try:
            return parse_time(text)
        except ValueError:
            raise self._wrong(key, "a UTC time such as 2026-11-23T03:10:04.123Z") from None

    def _wrong(self, key: str, expected: str) -> InvalidRecord:
        return InvalidRecord(f"{self.what}: {key!r} is not {expected}", hint="git models doctor says what to do")


def format_time(milliseconds: int) -> str:
    """Milliseconds since the epoch as ISO-8601 in UTC.

    >>> format_time(1764000000123)
    '2025-11-24T16:00:00.123Z'
    """
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def parse_time(text: str) -> int:
    """The inverse of ``format_time``; raises ValueError for any other form.

    >>> parse_time("2025-11-24T16:00:00.123Z")
    1764000000123
    """
    # fromisoformat is twenty times as quick as strptime, but knows more forms than ours.
    if _TIME.fullmatch(text) is None:
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    return calendar.timegm(moment.timetuple()) * 1000 + moment.microsecond // 1000


def finite(value: Any) -> bool:
    """Whether ``value`` is a number that can be compared."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def present(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """``mapping`` without what is None or empty: a record states only what is so."""
    return {key: value for key, value in mapping.items() if value not in (None, "", [], {}, ())}
