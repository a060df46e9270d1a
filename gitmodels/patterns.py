"""Regular expressions that are compiled when they are first used.

Compiling one takes a tenth of a millisecond to three; a reading command loads fifty of them and uses a dozen. This
room knows expressions, nothing of what they match.
"""

import re
from typing import Any, AnyStr


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What ``re.compile`` gives, but compiled at the first use of one of its methods.

    >>> pattern("[a-z]+").fullmatch("abc") is not None
    True
    """
    lazy: Any = _Lazy(text, flags)
    return lazy  # type: ignore[no-any-return]


class _Lazy:
    """An expression that keeps each method of its compiled form as an attribute once it was asked for."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        # re.compile keeps what it compiled: a second method of the same expression costs nothing.
        method = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, method)
        return method
