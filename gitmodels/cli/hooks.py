"""``git models hooks``: our git hooks put in place, and taken away."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing

_WORDS = {
    "installed": "installed",
    "chained": "installed; the hook that was there runs first",
    "there": "was there",
    "removed": "removed",
    "restored": "removed; the hook that was there before is back",
    "absent": "was not there",
}


@click.group()
def hooks() -> None:
    """Install git hooks that protect the registry, or take them away."""


@hooks.command()
@click.option("--server", is_flag=True, help="For a repository that others push to: pre-receive.")
@writing
def install(call: Call, server: bool) -> None:
    """Let git call us: before a push, and after a merge, a checkout or a rebase.

    Hooks that are there go on working, and core.hooksPath is followed.
    """
    from gitmodels.api.hooks import SERVING, WORKING
    from gitmodels.git import hook_files

    repo = opened(call)
    for name in SERVING if server else WORKING:
        call.err.line(f"{name}: {_WORDS[hook_files.install(repo.git, name)]}")


@hooks.command()
@writing
def uninstall(call: Call) -> None:
    """Take our hooks away; hooks of others stay, or come back."""
    from gitmodels.api.hooks import NAMES
    from gitmodels.git import hook_files

    repo = opened(call)
    for name in NAMES:
        call.err.line(f"{name}: {_WORDS[hook_files.uninstall(repo.git, name)]}")
