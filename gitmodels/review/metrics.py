"""How metrics differ. Two numbers are compared only when they were measured on the same data.

This room knows measurements and which way a metric is better, by its name; no model and no policy.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from gitmodels.patterns import pattern
from gitmodels.review.measurements import Measurement
from gitmodels.review.verdicts import Finding, Verdict

_WORDS = pattern(r"[A-Za-z]+[0-9]*")
LOWER = frozenset({
    "loss", "logloss", "error", "err", "mae", "mse", "rmse", "mape", "rmsle", "perplexity", "ppl", "wer",
    "cer", "brier", "deviance", "latency", "fpr", "fnr",
})  # fmt: skip
HIGHER = frozenset({
    "auc", "auroc", "auprc", "roc", "accuracy", "acc", "f1", "precision", "recall", "r2", "score", "ndcg",
    "bleu", "rouge", "mcc", "kappa", "tpr", "tnr", "ap", "map", "mrr", "iou", "dice",
})  # fmt: skip


def better(metric: str, directions: Mapping[str, str] | None = None) -> int:
    """1 where more of ``metric`` is better, -1 where less is, 0 where nobody knows; ``directions`` knows it first.

    >>> better("val_auc"), better("mean_squared_error"), better("depth"), better("depth", {"depth": "lower"})
    (1, -1, 0, -1)
    """
    told = (directions or {}).get(metric)
    if told is not None:
        return {"higher": 1, "lower": -1}.get(told, 0)
    words = [word.lower() for word in _WORDS.findall(metric)]
    if any(word in LOWER for word in words):
        return -1
    return 1 if any(word in HIGHER for word in words) else 0


def compare_metrics(
    old: Sequence[Measurement], new: Sequence[Measurement], directions: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """One finding for every metric and data set that both sides know and that differs, or that one side lacks.

    >>> one, two = ([Measurement("auc", value, digests=frozenset({"9f3c"}))] for value in (0.912, 0.934))
    >>> [(each.verdict.word, each.text) for each in compare_metrics(one, two)]
    [('ok', '+0.022 (+2.4 %) on the same data 9f3c')]
    """
    before, after = _by_metric(old), _by_metric(new)
    for metric in sorted({*before, *after}):
        was, now = before.get(metric, {}), after.get(metric, {})
        common = [(one, two) for one in was.values() for two in now.values() if one.digests & two.digests]
        for pair in common:
            yield from _on_same_data(*pair, better(metric, directions))
        if not common:
            yield _apart(metric, _last(was), _last(now))


def _by_metric(found: Sequence[Measurement]) -> dict[str, dict[str, Measurement]]:
    """Metric → fingerprint → what was measured last on it."""
    known: dict[str, dict[str, Measurement]] = {}
    for each in found:
        on = known.setdefault(each.name, {})
        on.pop(each.fingerprint, None)
        on[each.fingerprint] = each
    return known


def _last(on: Mapping[str, Measurement]) -> Measurement | None:
    return list(on.values())[-1] if on else None


def _on_same_data(old: Measurement, new: Measurement, direction: int) -> Iterator[Finding]:
    if old.value == new.value or (math.isnan(old.value) and math.isnan(new.value)):
        return
    change = new.value - old.value
    verdict = Verdict.NOTE
    if not math.isfinite(new.value):
        verdict = Verdict.WARN
    elif direction and not math.isnan(change):
        verdict = Verdict.OK if change * direction > 0 else Verdict.WARN
    text = f"{difference(old.value, new.value)} on the same data {_shown(new)}"
    if verdict is Verdict.WARN:
        text += ", worse"
    elif not direction:
        text += ", nobody said which way is better"
    yield Finding("metrics", verdict, new.name, text, old.value, new.value)


def difference(old: float, new: float) -> str:
    """How far two numbers are apart, absolute and relative.

    >>> difference(0.5, 0.4), difference(0.0, 2.0)
    ('-0.1 (-20.0 %)', '+2')
    """
    change = new - old
    shown = f"{change:+.4g}"
    relative = change / abs(old) if old and math.isfinite(change) and math.isfinite(old) else None
    return shown if relative is None else f"{shown} ({relative * 100:+.1f} %)"


def _apart(metric: str, old: Measurement | None, new: Measurement | None) -> Finding:
    if old is None or new is None:
        one = new or old
        assert one is not None
        text = ("measured now" if old is None else "not measured any more") + _on(one)
        verdict = Verdict.OK if old is None else Verdict.NOTE
    elif not (old.fingerprint or new.fingerprint):
        text, verdict = "not comparable: nobody recorded on which data", Verdict.NOTE
    else:
        text = f"not comparable: on other data ({_shown(old)} → {_shown(new)})"
        verdict = Verdict.NOTE
    return Finding("metrics", verdict, metric, text, old and old.value, new and new.value)


def _on(one: Measurement) -> str:
    return f" on {one.data}" if one.data else ""


def _shown(one: Measurement) -> str:
    return one.data or "unknown data"
