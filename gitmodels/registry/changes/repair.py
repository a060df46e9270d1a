"""Changes that put right what is derived: a false summary, an alias to a deleted version.

This room asks a State and answers with a forward commit; nothing is taken away, and what needs a decision is left.
"""

from gitmodels.registry import layout
from gitmodels.registry.changes.aliases import cleared
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.records import DELETED, AliasRecord
from gitmodels.registry.state import State
from gitmodels.registry.summary import agrees, summarize
from gitmodels.values import replace


def alias(state: State, name: str, alias: str, at: At) -> Change[bool]:
    """Clear ``alias`` if its version was deleted, else write its summary anew; the result is whether it was needed.

    Raises ModelNotFound, VersionNotFound, InvalidRecord.
    """
    number = state.pointed(name, alias)
    record = state.alias(name, alias)
    if number is None or record is None:
        return Change(False)
    version = state.any_version(name, number)
    if version.meta.status == DELETED:
        reason = f"v{number} was deleted"
        return _repaired(cleared(state, name, alias, at, reason), f"clear {name}@{alias}", at, reason)
    if record.target.manifest != version.record.manifest or agrees(record.summary, version.record):
        return Change(False)
    return _repaired(
        replace(record, summary=summarize(version.record), op=at.op), f"summarize {name}@{alias} anew", at, None
    )


def _repaired(record: AliasRecord, subject: str, at: At, reason: str | None) -> Change[bool]:
    return Change(
        result=True,
        edits={layout.alias_file(record.model, record.alias): record.to_yaml()},
        kind="repair",
        subject=subject,
        model=record.model,
        reason=reason,
        args={"name": record.model, "alias": record.alias, "version": record.target.version, "when": at.when},
        aliases=((record.model, record.alias),),
    )
