"""What stands between data of one tensor schema and another tensor schema.

This room knows names, shapes and dtypes, as ``mlmodel/tensors.py`` compares them: arrays are never converted. Tables
that stand for tensors are a second way to give them, with rules of its own.
"""

from collections.abc import Iterator

from gitmodels.mlmodel.schema import Schema, TensorSpec
from gitmodels.review.differences import Difference
from gitmodels.review.verdicts import Verdict


def between(give: Schema, take: Schema) -> list[Difference]:
    """The differences, in the order of the tensors.

    >>> import numpy as np
    >>> one, other = (Schema([TensorSpec(np.dtype("float32"), shape)]) for shape in [(-1, 2), (-1, 3)])
    >>> [(each.what, each.give, each.take) for each in between(one, other)]
    [('shape', 'float32[-1,2]', 'float32[-1,3]')]
    """
    mine, theirs = give.inputs[0], take.inputs[0]
    if give.has_input_names() and take.has_input_names():
        return list(_named(give, take))
    if give.has_input_names():
        return [Difference("dict-refused", "", Verdict.BREAK, line(give), line(take))]
    if len(take) > 1:
        missing = take.inputs
        return [Difference("wanted", str(each.name), Verdict.BREAK, take=spell(each)) for each in missing]
    found = list(_between(mine, theirs, "" if theirs.name is None else str(theirs.name)))
    if take.has_input_names():
        verdict = Verdict.WARN if _stands_in_tables(mine) else Verdict.NOTE
        found.append(Difference("named", str(theirs.name), verdict, spell(mine), spell(theirs)))
    return found


def _named(give: Schema, take: Schema) -> Iterator[Difference]:
    given, taken = give.input_dict(), take.input_dict()
    for name, mine in given.items():
        if name in taken:
            yield from _between(mine, taken[name], str(name))
        else:
            yield Difference("unused", str(name), Verdict.WARN, give=spell(mine))
    for name, theirs in taken.items():
        if name not in given:
            yield Difference("wanted", str(name), Verdict.BREAK, take=spell(theirs))


def _between(give: TensorSpec, take: TensorSpec, where: str) -> Iterator[Difference]:
    if give == take or (give.shape == take.shape and give.type == take.type):
        return
    spelled = spell(give), spell(take)
    if _takes_all(take):
        # An object array of rows of any length is how a signature says "anything that is an array".
        verdict = Verdict.WARN if _stands_in_tables(give) else Verdict.NOTE
        yield Difference("not-in-tables" if verdict is Verdict.WARN else "any-length", where, verdict, *spelled)
        return
    if give.type.kind == "O" and len(give.shape) == 1 and -1 in take.shape[1:]:
        # It passes for an array of rows of any length, whatever is in it.
        yield Difference("rank", where, Verdict.BREAK if _takes_all(give) else Verdict.WARN, *spelled)
        return
    if _takes_all(give) or len(give.shape) != len(take.shape):
        yield Difference("rank", where, Verdict.BREAK, *spelled)
        return
    if give.type != take.type:
        yield Difference("dtype", where, Verdict.BREAK, *spelled)
    if any(taken not in (-1, given) for given, taken in zip(give.shape, take.shape, strict=True)):
        yield Difference("shape", where, Verdict.BREAK, *spelled)
    elif give.shape != take.shape:
        lost = _stands_in_tables(give) and not _stands_in_tables(take)
        what, verdict = ("not-in-tables", Verdict.WARN) if lost else ("any-length", Verdict.OK)
        yield Difference(what, where, verdict, *spelled)


def _takes_all(spec: TensorSpec) -> bool:
    return spec.shape == (-1,) and spec.type.kind == "O"


def _stands_in_tables(spec: TensorSpec) -> bool:
    return spec.shape[:1] == (-1,) and -1 not in spec.shape[1:]


def spell(spec: TensorSpec) -> str:
    """A tensor's dtype and shape, as the summaries of aliases spell them."""
    return f"{spec.type.name}[{','.join(map(str, spec.shape))}]"


def line(schema: Schema) -> str:
    """A whole schema in one line."""
    return ", ".join(spell(each) if each.name is None else f"{each.name} {spell(each)}" for each in schema.inputs[:8])
