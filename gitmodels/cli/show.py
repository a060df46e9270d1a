"""``git models show``: everything about one version, on one screen."""

from typing import Any

import click

from gitmodels.api import overview
from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, paged
from gitmodels.cli.params import REF
from gitmodels.cli.wording import code_of, evaluated, mark, measured, moment, size
from gitmodels.errors import InvalidYaml
from gitmodels.uris import ModelRef

_SHOWN = 10
_EXECUTION = {
    "none": "runs no code",
    "pickle": "a pickle: loading it runs the code it names",
    "python-code": "holds Python code that loading runs",
    "remote-code": "fetches code when it is loaded",
}


@click.command()
@click.argument("ref", type=REF)
@paged
def show(call: Call, ref: ModelRef) -> None:
    """Show the version REF: what it takes and gives, how good it is, what it needs, where it comes from."""
    found = overview.version(looking(call, ref), ref)
    if call.json:
        call.out.json(found)
        return
    aliases = " ".join(f"←{alias}" for alias in found["aliases"])
    waiting = f"{mark(found)} unpublished" if mark(found) else ""
    call.out.line(f"{found['name']} v{found['version']}{waiting}  {aliases}".rstrip())
    # By the alias when it was asked for by one: that is what a program should say too.
    selector = f"@{ref.alias}" if ref.alias else f"/{found['version']}"
    load = f'gitmodels.pyfunc.load_model("models:/{found["name"]}{selector}")'
    call.out.fields([*_rows(found), ("load", load)])


def _rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    files = len(found["files"])
    execution = _EXECUTION.get(found["code_execution"], found["code_execution"])
    flavors = [flavor for flavor in found["flavors"] if flavor != "python_function"] or found["flavors"]
    rows = [
        ("id", found["model_id"]),
        ("size", f"{size(found['size'])} in {files} file{'s' if files != 1 else ''}{_absent(found)}"),
        *((side, " · ".join(found["signature"][side])) for side in ("inputs", "outputs") if side in found["signature"]),
        ("metrics", measured(found["metrics"])),
        *_evaluated(found["evaluations"]),
        ("params", " · ".join(f"{name}={value}" for name, value in found["params"].items())),
        ("flavor", f"{', '.join(flavors) or 'files'} · {execution}"),
        ("needs", " ".join(found["requirements"])),
        ("run", " ".join(filter(None, [found["run_name"], found["run_id"]]))),
        ("code", code_of(found["code"])),
        ("source", found["source"] or ""),
        ("stage", found["stage"] if found["stage"] != "None" else ""),
        ("tags", " · ".join(f"{key}={value}" for key, value in found["tags"].items())),
        ("note", found["description"] or ""),
        ("card", _card(found)),
        ("created", f"{moment(found['created'])} by {found['author']}"),
        *((f"@{alias}", _standing(known)) for alias, known in found["alias_history"].items()),
    ]
    return [(label, text) for label, text in rows if text]


def _evaluated(evaluations: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """One line per evaluation, newest first; of many the newest."""
    shown = [("evaluated", evaluated(one)) for one in reversed(evaluations[-_SHOWN:])]
    rest = len(evaluations) - len(shown)
    return [*shown, ("", f"and {rest} older ones: --json tells them all")] if rest else shown


def _standing(known: dict[str, Any]) -> str:
    since = f"since {moment(known['since'])} by {known['by']}" if known["since"] else ""
    reason = f'"{known["reason"]}"' if known["reason"] else ""
    return ": ".join(filter(None, [since, reason]))


def _card(found: dict[str, Any]) -> str:
    """Its title, and what Hugging Face would tell of it in a line."""
    if not found["card"]:
        return ""
    from gitmodels import cards

    try:
        card = cards.parse(found["card"])
    except InvalidYaml:
        return "its front matter cannot be read"
    told = [card.data.get(key) for key in ("license", "language", "pipeline_tag")]
    words = [", ".join(map(str, one)) if isinstance(one, list) else str(one) for one in told if one]
    return " · ".join(filter(None, [card.title, *words]))


def _absent(found: dict[str, Any]) -> str:
    return "" if found["here"] else ", not all of them here"
