"""What a change of the registry does, as reviewers ask: which aliases move, which versions are new.

This room compares two states, and looks only into what differs; it judges nothing. A record that cannot be read is
left out here: whoever looks for damage tells of it.
"""

from collections.abc import Iterator

from gitmodels.registry import layout
from gitmodels.registry.news import changed_folders
from gitmodels.registry.records import ACTIVE, NOWHERE, AliasRecord, ModelRecord, Target
from gitmodels.registry.state import DAMAGE, State
from gitmodels.values import frozen


@frozen
class Move:
    """``alias`` of ``model`` points at ``before`` in one state and at ``after`` in the other.

    ``record`` is its file in the second one, None where the alias is gone with its model.
    """

    model: str
    alias: str
    before: Target
    after: Target
    record: AliasRecord | None = None
    former: AliasRecord | None = None

    @property
    def goes_back(self) -> bool:
        """Whether it goes to where the alias was before it came to ``before``."""
        return self.former is not None and self.after != NOWHERE and self.after == self.former.previous

    def __str__(self) -> str:
        """Such as ``fraud@champion v7 → v8``."""
        return f"{self.model}@{self.alias} {shown(self.before)} → {shown(self.after)}"


def shown(target: Target) -> str:
    """Where it points, for people.

    >>> shown(NOWHERE)
    'none'
    """
    return "none" if target.version is None else f"v{target.version}"


def moves(before: State, after: State) -> Iterator[Move]:
    """Every alias that points elsewhere in ``after``, by name of model and alias."""
    for encoded in sorted(changed_folders(before, after)):
        old, new = _model(before, encoded), _model(after, encoded)
        if old is not None and new is not None and old.name != new.name:
            continue  # a folder that says it is another model is damage
        record = new or old
        if record is not None:
            yield from of_model(before, after, record.name)


def of_model(before: State, after: State, name: str) -> Iterator[Move]:
    """The aliases of one model that point elsewhere in ``after``."""
    for alias in sorted({*before.alias_names(name), *after.alias_names(name)}):
        found = of_alias(before, after, name, alias)
        if found is not None:
            yield found


def of_alias(before: State, after: State, name: str, alias: str) -> Move | None:
    """The move of one alias, or None where it points at the same or cannot be read."""
    former, record = _alias(before, name, alias), _alias(after, name, alias)
    old, new = _pointed(before, name, former), _pointed(after, name, record)
    return None if old == new else Move(name, alias, old, new, record, former)


def registered(before: State, after: State) -> Iterator[tuple[str, int]]:
    """Name and number of every version whose number ``before`` did not give."""
    for encoded in sorted(changed_folders(before, after)):
        record = _model(after, encoded)
        if record is None:
            continue
        known = set(before.all_numbers(record.name))
        yield from ((record.name, number) for number in after.all_numbers(record.name) if number not in known)


def _model(state: State, encoded: str) -> ModelRecord | None:
    try:
        return state.find_encoded(encoded)
    except DAMAGE:
        return None


def _alias(state: State, name: str, alias: str) -> AliasRecord | None:
    try:
        return state.alias(name, alias)
    except DAMAGE:
        return None


def _pointed(state: State, name: str, record: AliasRecord | None) -> Target:
    """Where it points for those who load: nowhere when its model was deleted or moved away."""
    if record is None or record.target.version is None:
        return NOWHERE
    try:
        model = state.model_record(name)
    except DAMAGE:
        return NOWHERE
    if model is None or model.status != ACTIVE or record.target.version < model.first:
        return NOWHERE
    return record.target


def alias_path(move: Move) -> str:
    """The file of the alias that moves."""
    return layout.alias_file(move.model, move.alias)
