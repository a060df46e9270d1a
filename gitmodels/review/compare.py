"""The semantic diff of two versions: every section's findings, in the order in which a report tells them.

This room asks each section's room in turn; it reads nothing itself and knows no form of a report.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from gitmodels.errors import GitModelsError
from gitmodels.review import facts
from gitmodels.review.sides import Side, of_version
from gitmodels.review.verdicts import SECTIONS, Finding, Verdict

if TYPE_CHECKING:
    from gitmodels.mlmodel.file import ModelFile
    from gitmodels.objects.store import ObjectStore
    from gitmodels.registry.state import State, Version


OpenStore: TypeAlias = "Callable[[], ObjectStore] | None"


def compare_versions(
    old: "tuple[State, Version]",
    new: "tuple[State, Version]",
    store: OpenStore = None,
    directions: Mapping[str, str] | None = None,
) -> tuple[Finding, ...]:
    """The findings between two registered versions, each as its state shows it.

    Without a ``store`` (a function that opens it) no tensors are compared. ``directions`` says of metrics whether
    ``higher`` or ``lower`` is better. Raises Corrupt and InvalidRecord for damaged records.
    """
    return compare(of_version(*old), of_version(*new), store, directions)


def compare(
    old: Side,
    new: Side,
    store: OpenStore = None,
    directions: Mapping[str, str] | None = None,
    *,
    values: bool = False,
) -> tuple[Finding, ...]:
    """The findings between two sides. Nothing is fetched, and nothing of a model runs.

    With ``values`` the changed tensors are read, and told by how much they differ.
    """
    found = [
        *facts.identity(old, new),
        *signature(old, new),
        *_metrics(old, new, directions),
        *_dependencies(old, new),
        *facts.runtime(old, new),
        *facts.size(old, new),
        *facts.flavors(old, new),
        *facts.execution(old, new),
        *_tensors(old, new, store, values),
        *facts.tags(old, new),
        *facts.card(old, new),
        *facts.provenance(old, new),
    ]
    return tuple(found)


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """The findings as a report tells them: by section, the gravest of each first."""
    places = {section: place for place, section in enumerate(SECTIONS)}
    return sorted(findings, key=lambda each: (places.get(each.section, len(places)), -each.verdict))


def signature(old: Side, new: Side) -> Iterator[Finding]:
    """What a change of signature means; a signature that cannot be read is a break of its own."""
    before, after = old.mlmodel, new.mlmodel
    if isinstance(before, GitModelsError) or isinstance(after, GitModelsError):
        yield from _unreadable(before, after)
        return
    was, now = _signature_record(before), _signature_record(after)
    if was == now:
        return
    from gitmodels.review.schemas import compare_records

    try:
        yield from compare_records(was, now)
    except GitModelsError as error:
        yield Finding("signature", Verdict.BREAK, "signature", f"one of the two cannot be read: {error.message[:200]}")


def _unreadable(before: object, after: object) -> Iterator[Finding]:
    if isinstance(before, GitModelsError):
        yield Finding("signature", Verdict.WARN, "MLmodel", f"the old file cannot be read: {before.message[:200]}")
    if isinstance(after, GitModelsError):
        yield Finding("signature", Verdict.BREAK, "MLmodel", f"the new file cannot be read: {after.message[:200]}")


def _signature_record(model: "ModelFile | None") -> Mapping[str, Any]:
    record = None if model is None else model.signature_record
    return {key: value for key, value in (record or {}).items() if value}


def _metrics(old: Side, new: Side, directions: Mapping[str, str] | None) -> Iterator[Finding]:
    if old.measurements or new.measurements:
        from gitmodels.review.metrics import compare_metrics

        yield from compare_metrics(old.measurements, new.measurements, directions)


def _dependencies(old: Side, new: Side) -> Iterator[Finding]:
    before, after = (side.readable.get("requirements.txt") for side in (old, new))
    if before != after:
        from gitmodels.review.dependencies import compare_requirements

        yield from compare_requirements(before, after)


def _tensors(old: Side, new: Side, store: OpenStore, values: bool) -> Iterator[Finding]:
    # Most models of tables have none: then the store is not even loaded.
    if store is not None and old.manifest is not None and new.manifest is not None and new.has_tensors:
        from gitmodels.review.weights import compare_weights

        yield from compare_weights(store(), old.manifest, new.manifest, values=values)
