"""``git models runs``: the trainings that were logged, or one of them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, paged, speaking
from gitmodels.cli.output import Painted, Text
from gitmodels.cli.params import complete_experiments, complete_runs
from gitmodels.cli.wording import age, code_of, counted, moment, number, size, took

# So many metrics have a column, those that most of the first runs have.
_METRICS, _LOOKED_AT = 2, 100
_STYLES = {"FAILED": "bad", "KILLED": "bad", "RUNNING": "good"}


@click.command()
@click.argument("run", metavar="[RUN_ID|NAME]", required=False, shell_complete=complete_runs)
@click.option("--experiment", metavar="NAME", shell_complete=complete_experiments, help="Only runs of this experiment.")
@click.option("--filter", "text", help="Only runs for which it holds: \"metrics.auc > 0.9 AND params.depth = '4'\".")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="At most so many runs.")
@click.option("--metric", metavar="NAME", help="Of one run: every value of a metric, in the order of logging.")
@paged
@speaking
def runs(
    call: Call, run: str | None, experiment: str | None, text: str | None, limit: int | None, metric: str | None
) -> None:
    """List the logged runs, newest first; or tell everything about one, by its id, the start of that, or its name."""
    from gitmodels.api import run_overview

    repo = opened(call)
    if run is None:
        if metric is not None:
            raise click.UsageError("--metric is for one run: git models runs NAME --metric auc")
        _list(call, run_overview.runs(repo, experiment, text, limit))
        return
    if (experiment, text, limit) != (None, None, None):
        raise click.UsageError("--experiment, --filter and -n are for the list, not for one run")
    found, namesakes = run_overview.find(repo, run)
    if namesakes > 1:
        call.err.line(f"{namesakes} runs are called {found.name}; this is the newest, {found.id}")
    if metric is not None:
        _history(call, run_overview.metric(repo, found, metric))
    else:
        _show(call, run_overview.run(found))


def _list(call: Call, found: Iterator[dict[str, Any]]) -> None:
    if call.json:
        call.out.json_list(found)
        return
    first = list(islice(found, _LOOKED_AT))
    if not first:
        call.err.line("no runs")
        return
    common = Counter(key for run in first for key in run["metrics"])
    metrics = [key for key, _ in common.most_common(_METRICS)]
    header = ["NAME", "ID", "STATUS", "EXPERIMENT", *map(str.upper, metrics), "MODELS", "STARTED"]
    call.out.listing(header, (_row(run, metrics) for run in chain(first, found)))


def _row(run: dict[str, Any], metrics: Iterable[str]) -> list[Text]:
    values = [number(run["metrics"].get(metric, "–")) for metric in metrics]
    models = ", ".join(dict.fromkeys(model["name"] for model in run["models"])) or "–"
    status = Painted(run["status"], _STYLES.get(run["status"], ""))
    return [run["name"], run["run_id"][:8], status, run["experiment"], *values, models, age(run["started"])]


def _history(call: Call, points: list[dict[str, Any]]) -> None:
    if call.json:
        call.out.json(points)
        return
    rows = (
        [str(point["step"]), repr(point["value"]), moment(point["time"]), point["dataset"] or ""] for point in points
    )
    call.out.listing(["STEP", "VALUE", "TIME", "DATA"], rows)


def _show(call: Call, run: dict[str, Any]) -> None:
    if call.json:
        call.out.json(run)
        return
    deleted = "  deleted" if run["deleted"] else ""
    call.out.line(f"{run['name']}  ", Painted(run["status"], _STYLES.get(run["status"], "")), deleted)
    call.out.fields([(label, text) for label, text in _fields(run) if text])


def _fields(run: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "id", run["run_id"]
    yield "experiment", run["experiment"]
    lasted = f", took {took(run['started'], run['ended'])}" if run["ended"] else ""
    yield "started", f"{moment(run['started'])} by {run['user'] or '–'}{lasted}"
    yield "params", " · ".join(f"{key}={value}" for key, value in run["params"].items())
    yield "metrics", " · ".join(_metric(key, value, run["points"][key]) for key, value in run["metrics"].items())
    yield "tags", " · ".join(f"{key}={value}" for key, value in run["tags"].items())
    yield "data", " · ".join(" ".join(filter(None, use.values())) for use in run["datasets"])
    for place, model in enumerate(run["models"]):
        yield "" if place else "models", f"{model['name']}  {model['model_id']}"
    yield "used", " ".join(run["used"])
    total = sum(entry["size"] for entry in run["artifacts"])
    yield "artifacts", f"{counted(len(run['artifacts']), 'file')}, {size(total)}" if run["artifacts"] else ""
    for entry in run["artifacts"]:
        yield "", f"{entry['path']}  {size(entry['size'])}"
    yield "code", code_of(run["code"])


def _metric(key: str, value: float, points: int) -> str:
    return f"{key} {number(value)}" + (f" ({points} values)" if points > 1 else "")
