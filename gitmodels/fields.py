"""Typed reading of a record's keys: what is missing or of another type is named, with the file it stands in.

This room knows YAML values and times, and nothing of what a record tells. Keys it was not asked for are kept, so that
a record written by a newer gitmodels survives being rewritten here.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gitmodels import digest, yaml
from gitmodels.digest import Digest
from gitmodels.errors import FormatTooNew, Invalid, InvalidRecord
from gitmodels.patterns import pattern

_TIME = pattern(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)
# The day of 1970-01-01 as dates count them.
_EPOCH = 719_163


class Fields:
    """One mapping, read key by key; ``rest`` is what nobody asked for."""

    def __init__(self, values: Any, what: str) -> None:
        if not isinstance(values, Mapping):
            raise InvalidRecord(f"{what}: a mapping is expected")
        self.what = what
        self._values = values
        self._asked: set[str] = set()

    @classmethod
    def parse(cls, data: bytes, what: str, *, newest: int | None = None, limit: int = yaml.MAX_SIZE) -> "Fields":
        """The mapping that a file of ours holds; with ``newest``, its ``format`` is at most that.

        Raises InvalidYaml, InvalidRecord, or FormatTooNew.
        """
        fields = cls(yaml.load(data, what=what, max_size=limit, max_scalar=max(limit, yaml.MAX_SCALAR)), what)
        if newest is not None and (found := fields.count("format")) > newest:
            raise FormatTooNew(
                f"{what}: format {found}, this gitmodels reads up to {newest}", hint="pip install --upgrade gitmodels"
            )
        return fields

    def text(self, key: str, default: str | None = None) -> str:
        """A string; missing only where a default is given."""
        value = self.optional(key)
        if value is not None:
            return value
        if default is None:
            raise self.wrong(key, "a string")
        return default

    def optional(self, key: str) -> str | None:
        """A string or nothing."""
        # Asked for of every record, a dozen times each.
        self._asked.add(key)
        value = self._values.get(key)
        if value is None or isinstance(value, str):
            return value
        raise self.wrong(key, "a string")

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number; missing only where a default is given."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(key, "a whole number")
        return value

    def count(self, key: str, default: int | None = None) -> int:
        """A whole number, zero or more; missing only where a default is given."""
        value = self.integer(key, default)
        if value < 0:
            raise self.wrong(key, "a whole number from 0 on")
        return value

    def optional_count(self, key: str) -> int | None:
        """A whole number, zero or more, or nothing."""
        return None if self._values.get(key) is None else self.count(key)

    def number(self, key: str) -> float:
        """Any float, not-a-number and infinities included."""
        value = self._take(key)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.wrong(key, "a number")
        return float(value)

    def flag(self, key: str) -> bool:
        """True or False; missing is False."""
        value = self._take(key)
        if value not in (None, True, False):
            raise self.wrong(key, "true or false")
        return bool(value)

    def time(self, key: str) -> int:
        """Milliseconds since the epoch, from ``2026-11-23T03:10:04.123Z``."""
        try:
            return parse_time(self.text(key))
        except ValueError:
            raise self.wrong(key, "a UTC time such as 2026-11-23T03:10:04.123Z") from None

    def optional_time(self, key: str) -> int | None:
        """A time or nothing."""
        return None if self.optional(key) is None else self.time(key)

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of strings to strings; missing is empty."""
        value = self.mapping(key)
        if not all(isinstance(item, str) for item in value.values()):
            raise self.wrong(key, "a mapping of strings to strings")
        return value

    def lists(self, key: str) -> dict[str, list[str]]:
        """A mapping of strings to lists of strings; missing is empty."""
        value = self.mapping(key)
        for item in value.values():
            if not isinstance(item, list) or not all(isinstance(line, str) for line in item):
                raise self.wrong(key, "a mapping of strings to lists of strings")
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """A mapping; missing is empty."""
        value = self._take(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self.wrong(key, "a mapping")
        return dict(value)

    def digest(self, key: str) -> Digest:
        """A content id."""
        return self.as_digest(key, self.text(key))

    def as_digest(self, key: str, value: object) -> Digest:
        """``value``, which stands under ``key``, as a content id."""
        try:
            return digest.parse(value)
        except Invalid:
            raise self.wrong(key, "a BLAKE3 digest (64 lower-case hex digits)") from None

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of strings; missing is empty."""
        value = self._list(key)
        if not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of strings")
        return tuple(value)

    def inner(self, key: str) -> "Fields | None":
        """A mapping to read in turn, or nothing."""
        value = self._take(key)
        return None if value is None else Fields(value, f"{self.what}, {key!r}")

    def items(self, key: str) -> list["Fields"]:
        """A list of mappings to read in turn; missing is empty."""
        return [Fields(item, f"{self.what}, {key!r}") for item in self._list(key)]

    def rest(self) -> dict[str, Any]:
        """The keys that were not asked for."""
        return {key: value for key, value in self._values.items() if key not in self._asked}

    def wrong(self, key: str, expected: str) -> InvalidRecord:
        """The error for a value that is not what its key promises; the value itself is not shown."""
        return InvalidRecord(f"{self.what}: {key!r} is not {expected}", hint="git models doctor says what to do")

    def _list(self, key: str) -> list[Any]:
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(key, "a list")
        return value

    def _take(self, key: str) -> Any:
        self._asked.add(key)
        return self._values.get(key)


def format_time(milliseconds: int) -> str:
    """Milliseconds since the epoch as ISO-8601 in UTC.

    >>> format_time(1764000000123)
    '2025-11-24T16:00:00.123Z'
    """
    seconds, rest = divmod(milliseconds, 1000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return f"{moment.isoformat()}.{rest:03d}Z"


def parse_time(text: str) -> int:
    """The inverse of ``format_time``; raises ValueError for any other form.

    >>> parse_time("2025-11-24T16:00:00.123Z")
    1764000000123
    """
    # fromisoformat is twenty times as quick as strptime, but knows more forms than ours.
    if _TIME.fullmatch(text) is None:
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    days = moment.toordinal() - _EPOCH
    return ((days * 24 + moment.hour) * 60 + moment.minute) * 60_000 + moment.second * 1000 + moment.microsecond // 1000


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` without what is None, False or empty: a record states only what is so.

    >>> present({"a": None, "b": 0, "c": ""})
    {'b': 0}
    """
    return {key: value for key, value in values.items() if value not in (None, "", [], {}, ()) and value is not False}


def finite(value: Any) -> bool:
    """Whether ``value`` is a number that can be compared."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
