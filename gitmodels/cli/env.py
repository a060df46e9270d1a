"""``git models env``: what a model needs installed, and an environment that has it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, reading, speaking
from gitmodels.cli.params import REF
from gitmodels.cli.wording import counted
from gitmodels.uris import ModelRef


@click.command()
@click.argument("ref", type=REF)
@click.option("--create", metavar="DIR", type=click.Path(path_type=Path), help="Build the environment in DIR, with uv.")
@click.option("--verify", is_flag=True, help="Load the model in it, or in one for the moment, and ask its example.")
@click.option("--trust", is_flag=True, help="Let what this model names be installed and run, this once.")
@reading
@speaking
def env(call: Call, ref: ModelRef, create: Path | None, verify: bool, trust: bool) -> None:
    """Show what REF needs: its Python, its packages, and which of them are others here.

    With --create or --verify the packages are installed from the indexes that uv is configured for, and gitmodels
    beside them. Installed packages may run code, so the model has to be trusted as for loading code.
    """
    from gitmodels.api import environments

    repo = looking(call, ref)
    found = environments.describe(repo, ref)
    if create is not None:
        found["created"] = environments.create(repo, ref, create, True if trust else None)
    if verify:
        found["verified"] = environments.verify(repo, ref, create, True if trust else None)
    if call.json:
        call.out.json(found)
        return
    _show(call, found, str(ref))


def _show(call: Call, found: dict[str, Any], ref: str) -> None:
    from gitmodels.mlmodel.environment import other_packages

    call.out.line(f"{found['name']} v{found['version']}" if found["name"] else found["model_id"])
    rows = [("python", found["python"]), *_listed("needs", found["requirements"])]
    rows += [*_listed("held to", found["constraints"]), *_listed("conda", other_packages(found["conda"]))]
    call.out.fields([*rows, *_locked(found["lock"])])
    differing = [[one["package"], one["required"], one["installed"] or "–"] for one in found["mismatches"]]
    call.out.table(["DIFFERS HERE", "NEEDS", "INSTALLED"], differing)
    if (built := found["created"]) is not None:
        call.err.line(f"built in {built['path']}: {counted(len(built['packages']), 'package')}")
    if (verified := found["verified"]) is not None:
        what = "loads and predicts its input example" if verified["predicted"] else "loads; it has no input example"
        call.err.line(f"{ref} {what}, in a clean environment of {counted(verified['packages'], 'package')}")


def _listed(label: str, lines: Sequence[str]) -> list[tuple[str, str]]:
    return [(label if number == 0 else "", line) for number, line in enumerate(lines)]


def _locked(lock: list[str]) -> list[tuple[str, str]]:
    return [("lock", f"{counted(len(lock), 'package')}, all that these pull in")] if lock else []
