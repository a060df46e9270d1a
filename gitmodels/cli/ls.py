"""``git models ls``: the registered models, or the versions of one."""

from typing import Any

import click

from gitmodels.api import overview
from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.params import NAME
from gitmodels.cli.wording import age, counted, moment, number, size
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
    found = list(overview.models(repo))
    header = ["MODEL", "LATEST", "ALIASES", "FLAVOR", "SIZE", "UPDATED"]
    call.out.table(header, [_model_row(model) for model in found if "error" not in model])
    for model in found:
        if "error" in model:
            call.err.line(f"{model['name']} cannot be read: {model['error']}")
    count = sum(model.get("versions", 0) for model in found)
    call.err.line(f"{counted(len(found), 'model')}, {counted(count, 'version')}")


def _model_row(model: dict[str, Any]) -> list[str]:
    aliases = "  ".join(f"{alias}→{version}" for alias, version in model["aliases"].items())
    latest = f"v{model['latest']}" if model["latest"] else "–"
    return [
        model["name"],
        latest,
        aliases or "–",
        _flavor(model["flavors"]) if model["latest"] else "–",
        size(model["size"]),
        age(model["updated"]),
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
        rows.append([f"v{version['version']}", aliases, *value, run, version["author"], created, _note(version)])
    call.out.table(header, rows)


def _note(version: dict[str, Any]) -> str:
    if version["status"] == "deleted":
        return f"deleted: {version['reason']}" if version["reason"] else "deleted"
    stage = version["stage"] if version["stage"] != "None" else ""
    return "; ".join(filter(None, [stage, (version["description"] or "").split("\n")[0]]))


def _flavor(flavors: list[str]) -> str:
    own = [flavor for flavor in flavors if flavor != "python_function"]
    return own[0] if own else (flavors[0] if flavors else "files")
