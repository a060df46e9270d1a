"""The change that evaluating makes: one more file beside a version, which nobody edits afterwards.

This room asks a State and answers with the file; it measures nothing.
"""

from typing import Any

from gitmodels.errors import Conflict, Invalid
from gitmodels.names import check_tag_key, hidden_character
from gitmodels.registry import layout
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.evaluations import Evaluation, Measured
from gitmodels.registry.state import State
from gitmodels.values import replace

_SHOWN = 3
# As runs have them.
_MAX_NAME, _MAX_DIGEST = 500, 100


def add(state: State, name: str, number: int, new: Evaluation, at: At) -> Change[str]:
    """Note ``new`` beside version ``number``; the result is the operation's id, which the evaluation is called by.

    Raises ModelNotFound, VersionNotFound, Invalid without metrics, InvalidName for the name of one, and Conflict when
    the version has other content than was measured.
    """
    if not new.metrics:
        raise Invalid("an evaluation without metrics", hint="such as --metric auc=0.93")
    for key in new.metrics:
        check_tag_key(key)
    if new.dataset is not None:
        _check_dataset(new.dataset)
    version = state.version(name, number)
    path = layout.evaluation_file(name, number, at.op)
    if at.again and state.tree.oid(path) is not None:
        return Change(at.op)
    if version.record.manifest != new.manifest:
        raise Conflict(f"{name} v{number} has other content than was measured", hint="evaluate it again")
    record = replace(new, created=at.when, author=at.author, email=at.email, op=at.op)
    return Change(
        result=at.op,
        edits={path: record.to_yaml()},
        kind="evaluate",
        subject=f"evaluate {name} v{number}: {_told(record.metrics)}",
        model=name,
        reason=record.description,
        args=_arguments(name, number, record),
    )


def _check_dataset(dataset: Measured) -> None:
    for text, what, limit in ((dataset.name, "name", _MAX_NAME), (dataset.digest or "-", "digest", _MAX_DIGEST)):
        if not 0 < len(text) <= limit or (found := hidden_character(text)):
            shown = f" without invisible ones ({found})" if 0 < len(text) <= limit else ""
            raise Invalid(f"the {what} of a data set has 1 to {limit} characters{shown}")


def _told(metrics: dict[str, float]) -> str:
    shown = [f"{key} {value:.4g}" for key, value in sorted(metrics.items())[:_SHOWN]]
    return ", ".join([*shown, "…"] if len(metrics) > _SHOWN else shown)


def _arguments(name: str, number: int, record: Evaluation) -> dict[str, Any]:
    return {
        "name": name,
        "version": number,
        "manifest": record.manifest,
        # As text, which holds what is not finite too and comes back to the same float.
        "metrics": {key: repr(value) for key, value in sorted(record.metrics.items())},
        "dataset": None if record.dataset is None else record.dataset.to_dict(),
        "description": record.description,
        "run": record.run,
        "code": record.code,
        "when": record.created,
    }
