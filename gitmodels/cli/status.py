"""``git models status``: in what state this repository is, and which model a folder holds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.wording import UNPUBLISHED, counted, size
from gitmodels.repo import Repo

_SIGNS = {"modified": "M", "added": "+", "removed": "-"}
_NAMED = 5


@click.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@reading
def status(call: Call, directory: Path | None) -> None:
    """Tell what is registered, what was not pushed, which runs go on, what is trusted and how much is stored.

    With DIR, or inside a folder with an MLmodel file, tell also which version that folder is and what differs.
    """
    from gitmodels.api import standing

    repo = opened(call)
    found = standing.standing(repo)
    found["directory"] = _directory(repo, directory)
    if call.json:
        call.out.json(found)
        return
    call.out.fields([(label, text) for label, text in _rows(found) if text])


def _directory(repo: Repo, directory: Path | None) -> dict[str, Any] | None:
    from gitmodels.api import checked_out
    from gitmodels.errors import NotFound

    if directory is not None:
        return checked_out.identify(repo, directory)
    inside = checked_out.around(Path.cwd(), repo.git.work_tree)
    try:
        return checked_out.identify(repo, inside) if inside is not None else None
    except NotFound:
        # Nobody asked: a model that is not registered is none of ours.
        return None


def _rows(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if found["commit"] is None:
        yield "registry", "none yet: git models register makes one, git models fetch brings one"
    else:
        counts = f"{counted(found['models'], 'model')}, {counted(found['versions'], 'version')}"
        yield "registry", f"{found['branch']} at {found['commit'][:7]}: {counts}"
    yield found["remote"], _published(found)
    for operation in found["unpublished"]:
        yield "", f"{UNPUBLISHED} {operation['commit'][:7]} {operation['subject']}"
    yield "", "…" if found["ahead"] and found["ahead"] > len(found["unpublished"]) else ""
    yield "store", f"{size(found['stored'])} in {found['store']}"
    yield "runs", _named(found["active_runs"], "going on")
    yield "left", _named(found["left_runs"], "left by killed processes; git models runs recovers them")
    single = f", and {counted(found['trusted'], 'model')} by itself" if found["trusted"] else ""
    yield "trust", f"{found['trust'] or 'only what was logged in this clone'}{single}"
    if (folder := found["directory"]) is not None:
        differs = f"{counted(len(folder['changes']), 'file')} differ" if folder["changes"] else "unchanged"
        yield "folder", f"{folder['path']} is {folder['name']} v{folder['version']}, {differs}"
        yield from (("", f"{_SIGNS[change['change']]} {change['path']}") for change in folder["changes"])


def _published(found: dict[str, Any]) -> str:
    if found["ahead"] is None:
        return "" if found["commit"] is None else "never pushed or fetched"
    ahead = f"{counted(found['ahead'], 'operation')} not pushed" if found["ahead"] else ""
    behind = f"{counted(found['behind'], 'commit')} not here yet" if found["behind"] else ""
    return ", ".join(filter(None, [ahead, behind])) or "in step"


def _named(runs: list[dict[str, Any]], what: str) -> str:
    names = ", ".join(run["name"] or run["run_id"][:8] for run in runs[:_NAMED])
    return f"{len(runs)} {what}: {names}{' …' if len(runs) > _NAMED else ''}" if runs else ""
