"""What a change of a model's parameters means for callers that set them, and for those that rely on defaults.

This room knows parameter schemas, as ``mlmodel/params.py`` enforces them: each has a default, unknown ones are
dropped with a warning.
"""

import json
from collections.abc import Iterator

from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.nested import Object
from gitmodels.mlmodel.params import ParamSchema, ParamSpec
from gitmodels.review.column_types import of_columns, spell
from gitmodels.review.differences import Difference, as_input
from gitmodels.review.verdicts import Finding, Verdict
from gitmodels.values import replace

# What a parameter of the type on the right takes of the type on the left.
_WIDENS = {
    (DataType.integer, DataType.long),
    (DataType.integer, DataType.float),
    (DataType.integer, DataType.double),
    (DataType.long, DataType.float),
    (DataType.long, DataType.double),
    (DataType.float, DataType.double),
}


def compare_params(old: ParamSchema | None, new: ParamSchema | None) -> list[Finding]:
    """One finding for every parameter that came, went, or changed in type or default.

    >>> one, two = ParamSchema([ParamSpec("k", "long", 3)]), ParamSchema([ParamSpec("k", "string", "x")])
    >>> [(each.verdict.word, each.text) for each in compare_params(one, two)]
    [('BREAK', 'values of the old type are refused')]
    """
    before = {each.name: each for each in old or ()}
    after = {each.name: each for each in new or ()}
    found: list[Finding] = []
    for name, was in before.items():
        if name in after:
            found += _changed(was, after[name])
        else:
            text = "callers that set it are not refused, it is ignored"
            found.append(_finding(Verdict.WARN, name, text, before=_spell(was)))
    for name, now in after.items():
        if name not in before:
            found.append(_finding(Verdict.OK, name, "has a default", after=_spell(now)))
    return found


def _changed(old: ParamSpec, new: ParamSpec) -> Iterator[Finding]:
    spelled = _spell(old), _spell(new)
    if old.shape != new.shape:
        yield _finding(Verdict.BREAK, old.name, "one value and a list do not stand for each other", *spelled)
    elif isinstance(old.dtype, Object) and isinstance(new.dtype, Object):
        for each in of_columns(old.dtype, new.dtype, old.name, takes_null=False):
            yield _inner(each)
    elif old.dtype != new.dtype:
        fits = (old.dtype, new.dtype) in _WIDENS
        text = "every value fits" if fits else "values of the old type are refused"
        yield _finding(Verdict.OK if fits else Verdict.BREAK, old.name, text, *spelled)
    if old.dtype == new.dtype and old != new and old.shape == new.shape:
        text = "another default: callers that do not set it get other answers"
        yield _finding(Verdict.WARN, old.name, text, *spelled)


def _inner(difference: Difference) -> Finding:
    return replace(as_input(difference), subject=f"param {difference.where}")


def _finding(verdict: Verdict, name: str, text: str, before: str | None = None, after: str | None = None) -> Finding:
    return Finding("signature", verdict, f"param {name}", text, before, after)


def _spell(spec: ParamSpec) -> str:
    kind = spell(spec.dtype)
    kind = f"list<{kind}>" if spec.shape else kind
    return f"{kind} = {json.dumps(spec.to_dict()['default'], default=str)}"
