"""``git models ci``: what a host's CI runs for a registry."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing

_HOSTS = ("github", "gitlab")


@click.group()
def ci() -> None:
    """Let a host's CI check what is proposed to the registry."""


@ci.command()
@click.argument("host", type=click.Choice(_HOSTS))
@click.option("--code", is_flag=True, help="Into the work tree: a check of pins and models beside the code.")
@click.option("--force", is_flag=True, help="Replace files that say something else.")
@writing
def init(call: Call, host: str, code: bool, force: bool) -> None:
    """Write HOST's files onto the registry's branch, in one commit; other files there stay as they are.

    A pull request is checked with read-only rights, the report is commented by a job of its own, and after a merge what
    came is checked once more and the alias refs follow. git models push publishes the files.
    """
    from gitmodels.api import automation

    repo = opened(call)
    changed = (automation.set_up_code if code else automation.set_up)(repo, host, force=force)
    for path in changed:
        call.err.line(f"wrote {path}")
    way = "git add and commit it" if code else "git models push publishes it"
    call.err.line(way if changed else "nothing to do: the files are there")
