"""``git models ls``: the registered models, or the versions of one."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import click

from gitmodels.api import overview
from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.params import NAME
from gitmodels.cli.wording import UNPUBLISHED, age, counted, flavor, mark, moment, number, size
from gitmodels.repo import Repo


@click.command()
@click.argument("name", type=NAME, required=False)
@reading
def ls(call: Call, name: str | None) -> None:
    """List the registered models, or the versions of NAME, newest first."""
    repo = opened(call)
    if call.json:
        call.out.json(list(overview.versions(repo, name) if name else overview.models(repo)))
    elif name:
        _versions(call, list(overview.versions(repo, name)))
    else:
        _models(call, repo)


def _models(call: Call, repo: Repo) -> None:
    counts: Counter[str] = Counter()
    damaged: list[dict[str, Any]] = []

    def rows() -> Iterator[list[str]]:
        for model in overview.models(repo):
            counts.update(models=1, versions=model.get("versions", 0), unpublished=model.get("unpublished") or 0)
            if "error" in model:
                damaged.append(model)
            else:
                yield _model_row(model)

    call.out.listing(["MODEL", "LATEST", "ALIASES", "FLAVOR", "SIZE", "UPDATED", ""], rows())
    for model in damaged:
        call.err.line(f"{model['name']} cannot be read: {model['error']}")
    waiting = f", {counts['unpublished']} unpublished" if counts["unpublished"] else ""
    call.err.line(f"{counted(counts['models'], 'model')}, {counted(counts['versions'], 'version')}{waiting}")


def _model_row(model: dict[str, Any]) -> list[str]:
    aliases = "  ".join(f"{alias}→{version}" for alias, version in model["aliases"].items())
    latest = f"v{model['latest']}" if model["latest"] else "–"
    return [
        model["name"],
        latest,
        aliases or "–",
        flavor(model["flavors"]) if model["latest"] else "–",
        size(model["size"]),
        age(model["updated"]),
        f"{UNPUBLISHED}{model['unpublished']} unpublished" if model["unpublished"] else "",
    ]


def _versions(call: Call, found: list[dict[str, Any]]) -> None:
    for version in found:
        if "error" in version:
            call.err.line(f"v{version['version']} cannot be read: {version['error']}")
    found = [version for version in found if "error" not in version]
    metric = next((name for version in found for name in version["metrics"]), None)
    header = ["VERSION", "ALIASES", *([metric.upper()] if metric else []), "RUN", "BY", "CREATED", "NOTE"]
    rows = []
    for version in found:
        value = [number(version["metrics"].get(metric, "–"))] if metric else []
        aliases = " ".join(version["aliases"]) or "–"
        run = version["run_name"] or "–"
        created = moment(version["created"])
        shown = f"v{version['version']}{mark(version)}"
        rows.append([shown, aliases, *value, run, version["author"], created, _note(version)])
    call.out.table(header, rows)


def _note(version: dict[str, Any]) -> str:
    if version["status"] == "deleted":
        return f"deleted: {version['reason']}" if version["reason"] else "deleted"
    stage = version["stage"] if version["stage"] != "None" else ""
    waiting = "unpublished" if version["published"] is False else ""
    return "; ".join(filter(None, [waiting, stage, (version["description"] or "").split("\n")[0]]))
