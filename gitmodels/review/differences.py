"""One difference between two schemas, seen from the data: given by who follows one schema, taken by the other.

This room is a vocabulary, and the two ways of telling it: of a model's inputs, callers give by the old schema and the
new one takes; of its outputs, the new schema gives and callers take by the old one.
"""

from collections.abc import Iterable

from gitmodels.review.verdicts import Finding, Verdict
from gitmodels.values import frozen, replace


@frozen
class Difference:
    """What differs (a key of the tables below), where (``address.zip``), how grave, and both spellings, if any."""

    what: str
    where: str
    verdict: Verdict
    give: str | None = None
    take: str | None = None


def gravest(found: Iterable[Difference]) -> Verdict:
    """The gravest verdict among ``found``; OK when there are none."""
    return max((each.verdict for each in found), default=Verdict.OK)


# Of inputs: what befalls callers of the old version.
_INPUTS = {
    "type": "data that the old version takes is refused",
    "widened": "every value fits",
    "whole-numbers": "tables fit; where pandas is not installed, Python's whole numbers are refused",
    "text-as-bytes": "text passes for bytes, the model gets text where it wants bytes",
    "unchecked": "anything is accepted now, nothing is checked",
    "wanted": "callers that do not send it are refused",
    "offered": "optional",
    "unused": "callers that send it are not refused, it is ignored",
    "unknown-key": "callers that send it are refused",
    "required": "callers that leave it out are refused",
    "required-unseen": "required now wherever the object is not empty",
    "loosened": "no longer required",
    "order": "by name, so callers need not follow",
    "too-few": "callers that send as many as before are refused",
    "by-place": "columns are taken by their place, no longer by name",
    "by-name": "columns are taken by name, no longer by place; others are ignored",
    "lost-names": "columns are taken by their place now, and not every order fits",
    "gained-names": "columns are taken by name now: callers that send others are refused",
    "one-row": "a dict is read as one row now: callers that send a list a column are refused",
    "one-row-unseen": "a dict is read as one row now, no longer as columns",
    "as-columns": "a dict is read as columns now: callers that send one row with lists in it are refused",
    "as-columns-unseen": "a dict with lists in it is read as columns now, no longer as one row",
    "rows-as-cells": "a list is read as cells now: callers that send rows are refused",
    "kind": "columns and tensors do not stand for each other",
    "shape": "arrays of other shapes than this are refused now",
    "rank": "arrays of the old number of dimensions are refused",
    "dtype": "arrays of the old dtype are refused",
    "any-length": "any length is accepted",
    "not-in-tables": "arrays fit; tables that stand for them are refused",
    "named": "arrays fit; tables that stand for them need its name",
    "dict-refused": "callers that send a dict of arrays are refused",
}

# Of outputs: what befalls those who read the answers as the old version promised them.
_OUTPUTS = {
    **_INPUTS,
    "type": "whoever expects the old type gets another",
    "widened": "every value fits the old type",
    "whole-numbers": "tables fit the old type; where pandas is not installed, Python's whole numbers do not",
    "text-as-bytes": "text comes where bytes were promised",
    "unchecked": "the old version promised nothing",
    "wanted": "whoever reads it finds nothing",
    "offered": "was not always there, now never is",
    "unused": "added; whoever does not know it passes over it",
    "unknown-key": "the old schema knows no such key",
    "required": "may be missing now",
    "required-unseen": "may be missing now where it is the only key",
    "loosened": "is always there now",
    "order": "by name, so readers need not follow",
    "too-few": "whoever reads the last columns finds nothing",
    "by-place": "columns have names now; their places fit",
    "by-name": "columns have no names any more; all were optional",
    "lost-names": "columns have names now, and not every order fits what was promised by place",
    "gained-names": "columns have no names any more: whoever reads by name finds nothing",
    "rows-as-cells": "rows come where cells were promised",
    "shape": "other shapes may come than were promised",
    "rank": "arrays have another number of dimensions",
    "dtype": "arrays have another dtype",
    "any-length": "the length is fixed now",
    "not-in-tables": "arrays fit what was promised, tables that stand for them do not",
    "named": "arrays fit what was promised, tables that stand for them have other names",
    "dict-refused": "a dict of arrays comes where one array was promised",
}


def as_input(difference: Difference) -> Finding:
    """The finding of a difference between the old (given) and the new (taken) inputs."""
    return _finding("input", _INPUTS, difference, difference.give, difference.take)


def as_output(difference: Difference) -> Finding:
    """The finding of a difference between the new (given) and the old (taken) outputs."""
    if difference.what == "unused":
        difference = replace(difference, verdict=Verdict.NOTE)  # nobody sent it, nobody misses it
    return _finding("output", _OUTPUTS, difference, difference.take, difference.give)


def _finding(side: str, texts: dict[str, str], found: Difference, before: str | None, after: str | None) -> Finding:
    subject = f"{side} {found.where}" if found.where else f"{side}s"
    return Finding("signature", found.verdict, subject, texts[found.what], before, after)
