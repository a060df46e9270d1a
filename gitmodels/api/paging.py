"""MLflow's PagedList: a list that knows how to ask for what comes after it."""

from collections.abc import Iterable
from typing import TypeVar

__all__ = ["PagedList"]

Item = TypeVar("Item")


class PagedList(list[Item]):
    """A page of results; ``token`` asks for the next one and is None on the last.

    >>> PagedList([1, 2], None).token is None
    True
    """

    def __init__(self, items: Iterable[Item], token: str | None) -> None:
        super().__init__(items)
        self.token = token
