"""What was measured of a version: by its run, as its record keeps it, and by evaluations after it was registered.

Whether two values may be compared shows in the data they were measured on. This room reads records; it judges nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gitmodels.registry.evaluations import Evaluation
from gitmodels.values import frozen

RUN, EVALUATIONS = "run", "evaluations"


@frozen
class Measurement:
    """One value of one metric, the data it was measured on, and whether its run or a later evaluation told it.

    ``digests`` are whatever proves which data it was: MLflow's fingerprint, BLAKE3 of the file.
    """

    name: str
    value: float
    source: str = RUN
    dataset: str | None = None
    digests: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> str:
        """The digest to show, the shortest; empty where nobody recorded which data it was."""
        return min(self.digests, key=lambda each: (len(each), each), default="")

    @property
    def data(self) -> str:
        """The data as people know it: its name and the beginning of its digest, as far as they are known."""
        return " ".join(filter(None, [self.dataset, self.fingerprint[:12]]))


def of_run(run: Mapping[str, Any]) -> list[Measurement]:
    """What a snapshot of a run measured; what is no number is left out."""
    found = []
    rows = run.get("metrics")
    for row in rows if isinstance(rows, list) else ():
        value = row.get("value") if isinstance(row, dict) else None
        if isinstance(row, dict) and isinstance(row.get("key"), str) and _is_number(value):
            data = row.get("dataset")
            data = data if isinstance(data, dict) else {}
            found.append(Measurement(row["key"], float(value or 0), RUN, _text(data.get("name")), _digests(data)))
    return found


def of_evaluations(records: Sequence[Evaluation]) -> list[Measurement]:
    """What was measured after registration, oldest first."""
    found = []
    for record in records:
        data = record.dataset
        digests = frozenset() if data is None else _digests({"digest": data.digest, "blake3": data.blake3})
        name = None if data is None else data.name
        found += [Measurement(key, value, EVALUATIONS, name, digests) for key, value in record.metrics.items()]
    return found


def _digests(data: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(each for key in ("digest", "blake3") if isinstance(each := data.get(key), str) and each)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
