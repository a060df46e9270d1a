"""From one commit to the next: which models and versions differ between two trees, and what becomes of their rows.

This room compares trees folder by folder, so that what did not change costs nothing, and answers with new rows. It
knows no SQL.
"""

from collections.abc import Iterator, Mapping

from gitmodels.names import shard
from gitmodels.registry import evaluations, layout
from gitmodels.registry.search_index.rows import ModelRow, VersionRow, model_record, model_row, version_row
from gitmodels.registry.state import State
from gitmodels.values import frozen

_SUFFIX = ".yaml"


@frozen
class Difference:
    """What changed about one model: its row, and the rows of some of its versions. None stands for no row.

    With ``whole`` every version is told of, and what is not among ``versions`` has no row.
    """

    encoded: str
    row: ModelRow | None
    versions: Mapping[int, VersionRow | None]
    whole: bool = False


def differences(before: State, after: State) -> Iterator[Difference]:
    """What changed between two states. Raises GitModelsError where one of their objects is not there."""
    for folder in sorted({*before.tree.names(layout.MODELS), *after.tree.names(layout.MODELS)}):
        path = f"{layout.MODELS}/{folder}"
        if before.tree.oid(path) == after.tree.oid(path):
            continue
        old, new = before.tree.entries(path), after.tree.entries(path)
        for encoded in sorted({*old, *new}):
            if old.get(encoded) != new.get(encoded) and shard(encoded) == folder:
                yield _difference(before, after, encoded)


def _difference(before: State, after: State, encoded: str) -> Difference:
    old, record = model_record(before, encoded), model_record(after, encoded)
    if record is None:
        return Difference(encoded, None, {}, whole=True)
    row = model_row(after, encoded, record)
    whole = old is None or old.first != record.first
    numbers = set(after.all_numbers(record.name)) if whole else _changed(before, after, encoded)
    wanted = sorted(number for number in numbers if number >= record.first)
    evaluated = evaluations.evaluated(after, record.name)
    rows = {number: version_row(after, record.name, number, evaluated) for number in wanted}
    return Difference(encoded, row, rows, whole)


def _changed(before: State, after: State, encoded: str) -> set[int]:
    """The numbers of the versions of which anything changed."""
    found: set[int] = set()
    for kind, suffix in (("versions", ""), ("meta", _SUFFIX), ("evaluations", "")):
        path = f"{layout.MODELS}/{shard(encoded)}/{encoded}/{kind}"
        if before.tree.oid(path) == after.tree.oid(path):
            continue
        old, new = before.tree.entries(path), after.tree.entries(path)
        for name in {*old, *new}:
            number = name.removesuffix(suffix)
            # What is called otherwise is no part of any version: layout writes plain digits.
            if old.get(name) != new.get(name) and number.isascii() and number.isdigit() and len(number) < 16:
                found.add(int(number))
    return found
