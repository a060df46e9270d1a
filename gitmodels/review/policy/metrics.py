"""Rules about metrics: at least, at most, and how much worse than the version before, on the same data only.

A metric that is missing, or is not a number, never passes; values of different data are never compared.
"""

import math
from collections.abc import Iterator, Sequence

from gitmodels.review.measurements import EVALUATIONS, Measurement
from gitmodels.review.policy.decisions import Decision, either, passed, violated
from gitmodels.review.policy.facts import Facts, VersionFacts
from gitmodels.review.policy.rules import ANY, LOWER, Rule, Threshold


def judge(rule: Rule, facts: Facts) -> Iterator[Decision]:
    """What the rule asks of the metrics of the version; nothing when an alias is cleared."""
    if facts.version is None:
        return
    for threshold in rule.metrics:
        yield from _judged(rule.name, threshold, facts.version, facts.before)


def _judged(rule: str, asked: Threshold, version: VersionFacts, before: VersionFacts | None) -> Iterator[Decision]:
    part = f"metrics: {asked.name}"
    found = measured(version.measurements, asked)
    if not found:
        yield violated(rule, part, f"not measured{_on(asked)}")
        return
    newest = found[0]
    if not math.isfinite(newest.value):
        yield violated(rule, part, "is not a number")
        return
    if asked.minimum is not None:
        yield either(newest.value >= asked.minimum, rule, part, f"{newest.value:g}, at least {asked.minimum:g}")
    if asked.maximum is not None:
        yield either(newest.value <= asked.maximum, rule, part, f"{newest.value:g}, at most {asked.maximum:g}")
    if asked.max_drop is not None:
        yield _compared(rule, part, asked, found, before)


def measured(all_of_them: Sequence[Measurement], asked: Threshold) -> list[Measurement]:
    """The measurements that ``asked`` speaks of, best first: evaluations before the run, the newest before others."""
    found = [each for each in reversed(all_of_them) if each.name == asked.name]
    if asked.source != ANY:
        found = [each for each in found if each.source == asked.source]
    if asked.dataset is not None:
        found = [each for each in found if each.dataset == asked.dataset]
    if asked.digest is not None:
        found = [each for each in found if asked.digest in each.digests]
    return sorted(found, key=lambda each: each.source != EVALUATIONS)


def _compared(
    rule: str, part: str, asked: Threshold, found: list[Measurement], before: VersionFacts | None
) -> Decision:
    if before is None:
        return passed(rule, part, "nothing was there before to be worse than")
    former = measured(before.measurements, asked)
    pair = next(((new, old) for new in found for old in former if new.digests & old.digests), None)
    if pair is None:
        return violated(rule, part, f"not comparable with v{before.number}: not measured on the same data")
    new, old = pair
    if not math.isfinite(new.value) or not math.isfinite(old.value):
        return violated(rule, part, f"not comparable with v{before.number}: not a number")
    worse = new.value - old.value if asked.direction == LOWER else old.value - new.value
    limit = asked.max_drop or 0.0
    allowed = abs(old.value) * limit if asked.relative else limit
    shown = f"{limit:.4g}" if not asked.relative else f"{limit * 100:.4g}%"
    text = f"{old.value:g} → {new.value:g} on the same data; worse by at most {shown}"
    # A difference of two decimals is a hair off: what is equal in twelve digits is equal.
    return either(worse <= allowed + 1e-12 * max(1.0, abs(old.value)), rule, part, text)


def _on(asked: Threshold) -> str:
    places = [f"on {asked.dataset}"] if asked.dataset is not None else []
    places += ["on the data of that digest"] if asked.digest is not None else []
    places += [f"by {'its run' if asked.source != EVALUATIONS else 'an evaluation'}"] if asked.source != ANY else []
    return f" {', '.join(places)}" if places else ""
