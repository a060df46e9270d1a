"""What a version record keeps of its run, so that nothing reviewed depends on the history of runs.

This room picks and redacts; it looks nothing up.
"""

from collections.abc import Mapping
from typing import Any

from gitmodels.fields import present
from gitmodels.mlmodel.redaction import is_secret, redact_urls
from gitmodels.runs.records import Run


def snapshot(run: Run) -> dict[str, Any]:
    """``run`` as plain data: id, name, experiment, params, the latest metrics with data sets, tags; no credentials.

    Params and tags that look like credentials are left out, credentials in URLs are taken out of the rest.

    >>> run = Run("0" * 32, "first", 0, params={"depth": "4"}, tags={"api_key": "x", "team": "risk"})
    >>> snapshot(run)["params"], snapshot(run)["tags"]
    ({'depth': '4'}, {'team': 'risk'})
    """
    metrics = [
        {"key": metric.key, "value": metric.value}
        | present(
            {
                "step": metric.step or None,
                "dataset": present({"name": metric.dataset_name, "digest": metric.dataset_digest}),
                "model": metric.model_id,
            }
        )
        for metric in run.metrics
    ]
    head = {"id": run.id, "name": run.name, "experiment": run.experiment}
    return head | present({"params": _shareable(run.params), "metrics": metrics, "tags": _shareable(run.tags)})


def _shareable(values: Mapping[str, str]) -> dict[str, str]:
    return {key: redact_urls(value) for key, value in sorted(values.items()) if not is_secret(key, value)}
