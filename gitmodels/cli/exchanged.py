"""What push, pull and fetch tell alike: which numbers changed, and the documents that programs get."""

from collections.abc import Iterable
from typing import Any

from gitmodels.api.publishing import Pulled, Pushed
from gitmodels.cli.options import Call
from gitmodels.cli.wording import counted, size
from gitmodels.registry.operations.operation import Operation
from gitmodels.registry.replay import Renumbered

_NAMED = 5


def tell_renumbered(call: Call, renumbered: Iterable[Renumbered]) -> None:
    """One line for each version that is called otherwise now: whoever wrote a number down has to know."""
    for one in renumbered:
        call.out.line(str(one))


def pushed_document(pushed: Pushed) -> dict[str, Any]:
    """What ``push --json`` prints."""
    return {
        "remote": pushed.remote,
        "before": pushed.before,
        "after": pushed.after,
        "operations": pushed.operations,
        "versions": [{"name": name, "version": number} for name, number in pushed.versions],
        "renumbered": [_renumbered(one) for one in pushed.renumbered],
        "aliases": pushed.aliases,
        "size": pushed.size,
        "tries": pushed.tries,
    }


def pulled_document(pulled: Pulled) -> dict[str, Any]:
    """What ``pull --json`` prints."""
    fetched, brought = pulled.fetched, pulled.brought
    replayed = brought.replayed if brought is not None else None
    return {
        "remote": fetched.remote,
        "fetched": {"before": fetched.before, "after": fetched.after},
        "before": brought.before if brought is not None else None,
        "after": brought.after if brought is not None else None,
        "renumbered": [_renumbered(one) for one in replayed.renumbered] if replayed is not None else [],
        "replayed": [_operation(one) for one in replayed.done] if replayed is not None else [],
        "published": [_operation(one) for one in replayed.there] if replayed is not None else [],
        "given_up": [_operation(one) for one in replayed.dropped] if replayed is not None else [],
        "size": pulled.size,
    }


def pushed_words(pushed: Pushed, dry: bool) -> str:
    """What was pushed, in one sentence."""
    if pushed.before == pushed.after:
        return f"{pushed.remote} has it all"
    named = [f"{name}/{number}" for name, number in pushed.versions]
    shown = f": {', '.join(named[:_NAMED])}{' …' if len(named) > _NAMED else ''}" if named else ""
    verb = "would push" if dry else "pushed"
    sent = f", {size(pushed.size)} of files" if pushed.size else ""
    tries = f", in {pushed.tries} tries" if pushed.tries > 1 and not dry else ""
    return f"{verb} {counted(pushed.operations, 'operation')} to {pushed.remote}{shown}{sent}{tries}"


def pulled_words(pulled: Pulled, dry: bool) -> str:
    """What became of the branch, in one sentence."""
    fetched, brought = pulled.fetched, pulled.brought
    if brought is None:
        return f"{fetched.remote} has no registry yet: git models push starts it"
    if brought.replayed is not None:
        verb = "would put" if dry else "put"
        done = counted(len(brought.replayed.done), "operation")
        given_up = f", gave up {len(brought.replayed.dropped)}" if brought.replayed.dropped else ""
        return f"{verb} {done} that {fetched.remote} lacks on top of what it has{given_up}"
    if brought.after in (brought.before, fetched.before):
        return f"nothing new on {fetched.remote}"
    return f"{'would be' if dry else 'now'} at {brought.after[:7]}, as {fetched.remote} is"


def _renumbered(one: Renumbered) -> dict[str, Any]:
    return {"name": one.name, "version": one.number, "now": {"name": one.now, "version": one.became}}


def _operation(one: Operation) -> dict[str, Any]:
    return {"op": one.at.op, "kind": one.kind, "model": one.model, "subject": one.subject}
