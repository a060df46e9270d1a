"""What may be logged: keys, values and names as MLflow accepts them, turned into what is stored.

This room judges single values (mlflow/utils/validation.py, 3.17); it knows no run and no file.
"""

import logging
import numbers
from collections.abc import Mapping
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.names import check_tag_key, check_tag_value, hidden_character
from gitmodels.runs import layout
from gitmodels.runs.records import STATUSES, DatasetUse, Metric

_logger = logging.getLogger(__name__)
# MLflow's tag for the name of a run: setting it renames the run.
RUN_NAME = "mlflow.runName"
MAX_PARAM = 6_000
MAX_NAME = 500
MAX_DIGEST = 100
_LARGEST = 2**63 - 1
_LATEST = 253_402_300_799_999
_MODEL_NAME_REFUSED = ("/", ":", ".", "%", '"', "'")
# Keys repeat a million times in a training loop; what was accepted once is not judged again.
_accepted: set[str] = set()


def check_key(key: object) -> str:
    """``key`` when it may name a param, a metric or a tag: MLflow's rule for all three."""
    if isinstance(key, str) and key in _accepted:
        return key
    checked = check_tag_key(key)
    if len(_accepted) < 10_000:
        _accepted.add(checked)
    return checked


def check_params(params: Mapping[Any, Any]) -> dict[str, str]:
    """Params as strings. One longer than 6,000 characters is cut, with a warning. Raises Invalid for a bad key."""
    checked: dict[str, str] = {}
    for key, value in params.items():
        name, text = check_key(key), str(value)
        if len(text) > MAX_PARAM:
            # A script that runs with MLflow must not fail here, hours into its training.
            _logger.warning(
                "param %r has %d characters and is cut to %d: log it as an artifact", name, len(text), MAX_PARAM
            )
            text = text[:MAX_PARAM]
        checked[name] = _storable(text, f"param {name!r}")
    return checked


def check_tags(tags: Mapping[Any, Any]) -> dict[str, str]:
    """Tags as strings. Raises Invalid for a bad key or value."""
    return {check_key(key): _storable(check_tag_value(value), f"tag {key!r}") for key, value in tags.items()}


def check_metric(metric: Metric) -> Metric:
    """``metric`` with a float value and int step and time. Raises Invalid where MLflow does."""
    key = check_key(metric.key)
    if metric.model_id or metric.dataset_name or metric.dataset_digest:
        _check_what_was_measured(metric)
    if type(metric.value) is float and type(metric.step) is int and type(metric.timestamp) is int:
        if not -_LARGEST <= metric.step <= _LARGEST or not 0 <= metric.timestamp <= _LATEST:
            raise Invalid(f"metric {key!r}: step or timestamp is out of range")
        return metric
    return Metric(
        key,
        _float(key, metric.value),
        _whole(key, "step", metric.step),
        _whole(key, "timestamp", metric.timestamp),
        metric.dataset_name or None,
        metric.dataset_digest or None,
        metric.model_id or None,
    )


def check_time(value: object, what: str) -> int:
    """``value`` when it is milliseconds since the epoch that can be written down. Raises Invalid."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LATEST:
        raise Invalid(f"Invalid value for {what}: milliseconds since the epoch are expected")
    return value


def check_status(status: object) -> str:
    """``status`` if MLflow knows it. Raises Invalid otherwise."""
    if status not in STATUSES:
        raise Invalid(f"Invalid run status: {str(status)[:40]!r}", hint="one of " + ", ".join(sorted(STATUSES)))
    return str(status)


def check_name(name: object, what: str) -> str:
    """``name`` when it may name a run or an experiment. Raises Invalid when empty, too long or hiding something."""
    if not isinstance(name, str) or not name.strip():
        raise Invalid(f"Invalid {what} name: '{'' if name is None else str(name)[:40]}'")
    if len(name) > MAX_NAME:
        raise Invalid(f"{what} name had length {len(name)}, which exceeded length limit of {MAX_NAME}")
    if found := hidden_character(name):
        raise Invalid(f"{what} name cannot hold control or invisible characters ({found})")
    return name


def check_dataset(use: DatasetUse) -> DatasetUse:
    """``use`` with texts that can be kept. Raises Invalid for a name or digest that is none."""
    if len(str(use.digest)) > MAX_DIGEST or not use.digest:
        raise Invalid(f"a data set's digest has 1 to {MAX_DIGEST} characters")
    digest, context = check_name(use.digest, "digest"), use.context
    if context is not None:
        context = check_name(context, "context")
    return DatasetUse(check_name(use.name, "dataset"), digest, context, check_tags(use.tags))


def check_model_name(name: object) -> str:
    """``name`` when a run may log a model under it; MLflow's rule."""
    if not isinstance(name, str) or not name or any(char in name for char in _MODEL_NAME_REFUSED):
        raise Invalid(
            f"Invalid model name ({str(name)[:80]!r}) provided. Model name must be a non-empty string and cannot "
            f"contain the following characters: {_MODEL_NAME_REFUSED}"
        )
    return check_name(name, "model")


def _check_what_was_measured(metric: Metric) -> None:
    """A value that a record cannot name would keep its whole run from being committed."""
    if metric.model_id:
        layout.check_model_id(metric.model_id)
    for text, what in ((metric.dataset_name, "dataset"), (metric.dataset_digest, "digest")):
        if text:
            check_name(text, what)


def _float(key: str, value: Any) -> float:
    number = value
    if not isinstance(value, numbers.Number) and getattr(value, "shape", None) == ():
        number = value.item()  # a numpy or torch scalar
    if isinstance(number, bool) or not isinstance(number, numbers.Number):
        raise Invalid(
            f"Invalid value for metric {key!r}: please specify value as a valid double (64-bit floating point), "
            f"not {type(value).__name__}"
        )
    try:
        return float(number)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise Invalid(f"Invalid value for metric {key!r}: not a 64-bit floating point number") from None


def _whole(key: str, what: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Number):
        raise Invalid(f"metric {key!r}: {what} is a whole number, not {type(value).__name__}")
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        raise Invalid(f"metric {key!r}: {what} is not a whole number") from None
    if not (-_LARGEST if what == "step" else 0) <= number <= (_LARGEST if what == "step" else _LATEST):
        raise Invalid(f"metric {key!r}: {what} is out of range")
    return int(number)


def _storable(text: str, what: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Invalid(f"{what} is not text: it holds half a surrogate pair") from None
    return text
