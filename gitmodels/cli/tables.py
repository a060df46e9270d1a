"""How models and versions look in a list: what ``ls`` and ``search`` share.

Rows are shown as they come, so that a long list begins at once; what cannot be read is told behind it. This room
knows the documents of ``api`` and columns.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from gitmodels.cli.options import Call
from gitmodels.cli.wording import UNPUBLISHED, age, counted, flavor, mark, moment, number, size

# Whether there are metrics to show is judged by so many versions.
_LOOKED_AT = 100


def show_models(call: Call, found: Iterable[dict[str, Any]]) -> None:
    """One line per model, and how many there are."""
    counts: Counter[str] = Counter()
    damaged: list[dict[str, Any]] = []

    def rows() -> Iterator[list[str]]:
        for model in found:
            counts.update(models=1, versions=model.get("versions", 0), unpublished=model.get("unpublished") or 0)
            if "error" in model:
                damaged.append(model)
            else:
                yield _model(model)

    call.out.listing(["MODEL", "LATEST", "ALIASES", "FLAVOR", "SIZE", "UPDATED", ""], rows())
    for model in damaged:
        call.err.line(f"{model['name']} cannot be read: {model['error']}")
    waiting = f", {counts['unpublished']} unpublished" if counts["unpublished"] else ""
    call.err.line(f"{counted(counts['models'], 'model')}, {counted(counts['versions'], 'version')}{waiting}")


def show_versions(call: Call, found: Iterable[dict[str, Any]], *, named: bool = False) -> int:
    """One line per version, with the model's name where there may be several (``named``); how many there were."""
    damaged: list[dict[str, Any]] = []
    whole = _without(found, damaged)
    first = list(islice(whole, _LOOKED_AT))
    metric = next((name for version in first for name in version["metrics"]), None)
    header = ["MODEL"] * named + ["VERSION", "ALIASES", *([metric.upper()] if metric else []), "RUN", "BY", "CREATED"]
    count = 0

    def rows() -> Iterator[list[str]]:
        nonlocal count
        for version in chain(first, whole):
            count += 1
            yield [version["name"]] * named + _version(version, metric)

    call.out.listing([*header, "NOTE"], rows())
    for version in damaged:
        call.err.line(f"v{version['version']} cannot be read: {version['error']}")
    return count


def show_metrics(call: Call, found: Iterable[dict[str, Any]]) -> None:
    """One line per version with a column per metric: of its run, and of each data set it was evaluated on later."""
    damaged: list[dict[str, Any]] = []
    versions = [version for version in _without(found, damaged) if version["status"] != "deleted"]
    known = [_metrics(version) for version in versions]
    columns = sorted({column for metrics in known for column in metrics})
    header = [f"{name.upper()}{f' ({data})' if data else ''}" for name, data in columns]
    rows = (
        [f"v{version['version']}{mark(version)}", " ".join(version["aliases"]) or "–"]
        + [number(metrics.get(column, "–")) for column in columns]
        for version, metrics in zip(versions, known, strict=True)
    )
    call.out.listing(["VERSION", "ALIASES", *header], rows)
    for version in damaged:
        call.err.line(f"v{version['version']} cannot be read: {version['error']}")


def _metrics(version: dict[str, Any]) -> dict[tuple[str, str], float]:
    """The metrics of a version by name and data set: those of its run stand without one, later ones with theirs."""
    found = {(name, ""): value for name, value in version["metrics"].items()}
    for one in version["evaluations"]:
        data = (one["dataset"] or {}).get("name") or "later"
        found |= {(name, data): value for name, value in one["metrics"].items()}
    return found


def _without(found: Iterable[dict[str, Any]], damaged: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for version in found:
        if "error" in version:
            damaged.append(version)
        else:
            yield version


def _model(model: dict[str, Any]) -> list[str]:
    aliases = "  ".join(f"{alias}→{version}" for alias, version in model["aliases"].items())
    return [
        model["name"],
        f"v{model['latest']}" if model["latest"] else "–",
        aliases or "–",
        flavor(model["flavors"]) if model["latest"] else "–",
        size(model["size"]),
        age(model["updated"]),
        f"{UNPUBLISHED}{model['unpublished']} unpublished" if model["unpublished"] else "",
    ]


def _version(version: dict[str, Any], metric: str | None) -> list[str]:
    return [
        f"v{version['version']}{mark(version)}",
        " ".join(version["aliases"]) or "–",
        *([number(version["metrics"].get(metric, "–"))] if metric else []),
        version["run_name"] or "–",
        version["author"],
        moment(version["created"]),
        _note(version),
    ]


def _note(version: dict[str, Any]) -> str:
    if version["status"] == "deleted":
        return f"deleted: {version['reason']}" if version["reason"] else "deleted"
    waiting = "unpublished" if version["published"] is False else ""
    stage = version["stage"] if version["stage"] != "None" else ""
    return "; ".join(filter(None, [waiting, stage, (version["description"] or "").split("\n")[0]]))
