"""What a change of signature means for those who call the model.

Inputs are contravariant: the new version has to take what the old one took. Outputs are covariant: the new version
has to give what the old one promised. Parameters are inputs with defaults. This room says which schema gives and
which takes; what is accepted, the rooms below it mirror from ``mlmodel/enforce.py``, and a law in the tests holds them
to it: below BREAK, data in the schema's own form (tables for columns, arrays for tensors) are accepted; NOTE and OK, in
every form; BREAK, there are data that the old version took and the new one refuses.
"""

from collections.abc import Mapping
from typing import Any

from gitmodels.mlmodel.nested import AnyType
from gitmodels.mlmodel.params import ParamSchema
from gitmodels.mlmodel.schema import ColSpec, Schema
from gitmodels.mlmodel.signature import ModelSignature
from gitmodels.review import columns, tensor_specs
from gitmodels.review.differences import Difference, as_input, as_output
from gitmodels.review.param_specs import compare_params
from gitmodels.review.verdicts import Finding, Verdict


def compare_signatures(old: ModelSignature | None, new: ModelSignature | None) -> tuple[Finding, ...]:
    """The findings, inputs first; nothing for what is equal. A missing signature warns: it promised nothing.

    >>> from gitmodels.mlmodel.schema import ColSpec
    >>> one, two = (ModelSignature(Schema([ColSpec(kind, "age")])) for kind in ("long", "string"))
    >>> [(each.verdict.word, each.subject, each.before, each.after) for each in compare_signatures(one, two)]
    [('BREAK', 'input age', 'long', 'string')]
    """
    if old is None and new is None:
        return ()
    if old is None or new is None:
        text = "there is one now" if old is None else "missing: nothing is checked any more"
        before, after = ("none", "declared") if old is None else ("declared", "none")
        return (Finding("signature", Verdict.WARN, "signature", text, before, after),)
    return (
        *compare_inputs(old.inputs, new.inputs),
        *compare_outputs(old.outputs, new.outputs),
        *compare_params(old.params, new.params),
    )


def compare_records(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> tuple[Finding, ...]:
    """The same of two signatures as MLmodel files hold them: sides that are spelled alike are not parsed.

    Raises Invalid for a side that cannot be read.

    >>> compare_records({"inputs": "[broken"}, {"inputs": "[broken", "outputs": '[{"type": "long"}]'})[0].text
    'nothing was promised, now it is'
    """
    sides = ("inputs", "outputs", "params")
    declared = [any((record or {}).get(side) for side in sides) for record in (old, new)]
    if not all(declared):
        some = ModelSignature(Schema([ColSpec(AnyType())]))
        return compare_signatures(*(some if each else None for each in declared))
    before, after = old or {}, new or {}
    differ = {side: (before.get(side), after.get(side)) for side in sides if before.get(side) != after.get(side)}
    found: list[Finding] = []
    for side, compared in (("inputs", compare_inputs), ("outputs", compare_outputs)):
        if side in differ:
            found += compared(*(Schema.from_json(text) if text else None for text in differ[side]))
    if "params" in differ:
        found += compare_params(*(ParamSchema.from_json(text) if text else None for text in differ["params"]))
    return tuple(found)


def compare_inputs(old: Schema | None, new: Schema | None) -> list[Finding]:
    """What befalls callers that send what the old schema takes."""
    if old is None or new is None:
        return _one_side("inputs", old, new, "nothing was checked, now it is", "nothing is checked any more")
    return [as_input(each) for each in _differences(old, new, reads_dicts=True)]


def compare_outputs(old: Schema | None, new: Schema | None) -> list[Finding]:
    """What befalls those who rely on what the old schema promised."""
    if old is None or new is None:
        return _one_side("outputs", old, new, "nothing was promised, now it is", "nothing is promised any more")
    return [as_output(each) for each in _differences(new, old, reads_dicts=False)]


def _differences(give: Schema, take: Schema, reads_dicts: bool) -> list[Difference]:
    if give == take:
        return []
    if give.is_tensor_spec() and take.is_tensor_spec():
        return tensor_specs.between(give, take)
    if not give.is_tensor_spec() and not take.is_tensor_spec():
        return columns.between(give, take, reads_dicts)
    spelled = _line(give), _line(take)
    if not take.is_tensor_spec() and columns.says_nothing(take):
        return [Difference("unchecked", "", Verdict.NOTE, *spelled)]
    return [Difference("kind", "", Verdict.BREAK, *spelled)]


def _line(schema: Schema) -> str:
    return tensor_specs.line(schema) if schema.is_tensor_spec() else columns.line(schema)


def _one_side(subject: str, old: Schema | None, new: Schema | None, gained: str, lost: str) -> list[Finding]:
    if old is None and new is None:
        return []
    text = gained if old is None else lost
    before, after = (None if schema is None else _line(schema) for schema in (old, new))
    return [Finding("signature", Verdict.WARN, subject, text, before, after)]
