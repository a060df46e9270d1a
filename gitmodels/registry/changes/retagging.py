"""Several tags set and removed at once, for models and versions alike.

This room knows tags and how a change of them is told; it knows no records.
"""

from collections.abc import Mapping
from typing import Any

from gitmodels.names import check_tag_key, check_tag_value
from gitmodels.values import frozen


@frozen
class Retagging:
    """New values of tags by key; None takes one away."""

    values: Mapping[str, str | None]

    @property
    def verb(self) -> str:
        """``untag`` when all it does is to take away."""
        return "tag" if any(value is not None for value in self.values.values()) else "untag"

    @property
    def keys(self) -> str:
        """The keys, for the subject of a commit."""
        return ", ".join(self.values)

    @property
    def args(self) -> dict[str, Any]:
        """The full arguments, for the commit's trailers."""
        if len(self.values) == 1:
            [(key, value)] = self.values.items()
            return {"key": key, "value": value}
        return {"tags": dict(self.values)}

    def applied(self, tags: Mapping[str, str]) -> dict[str, str]:
        """``tags`` as they are afterwards."""
        merged = {**tags, **self.values}
        return {key: value for key, value in merged.items() if value is not None}


def retagging(values: Mapping[str, str | None]) -> Retagging:
    """The change to ``values``. Raises InvalidName, Invalid."""
    return Retagging(
        {check_tag_key(key): None if value is None else check_tag_value(value) for key, value in values.items()}
    )
