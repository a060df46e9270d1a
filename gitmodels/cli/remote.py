"""``git models remote``: the places beside this clone that keep the files of models."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading, writing
from gitmodels.errors import RemoteError


@click.group()
def remote() -> None:
    """Add, list, remove and try the remotes that keep the files of models.

    ADDRESS is a folder, s3://, gs:// or az://bucket/folder, https://… to read only, git:NAME for a git remote of that
    name, or git+URL. Without any, files are kept on the git remote origin. An address never holds a password:
    credentials come from the environment, the cloud or git.
    """


@remote.command()
@click.argument("name")
@click.argument("address")
@click.option("--personal", is_flag=True, help="For this clone only, in git config; else for everybody.")
@click.option("--default", is_flag=True, help="Use it when no remote is named; the first one is.")
@writing
def add(call: Call, name: str, address: str, personal: bool, default: bool) -> None:
    """Let NAME mean ADDRESS."""
    from gitmodels.api import object_remotes

    kept = object_remotes.add(opened(call), name, address, personal=personal, default=default)
    call.err.line(f"{name} is {kept}{'' if personal else ', for everybody once it is pushed'}")


@remote.command()
@reading
def ls(call: Call) -> None:
    """List the remotes, and which one is used when none is named."""
    from gitmodels.api import object_remotes

    found = object_remotes.listed(opened(call))
    if call.json:
        call.out.json([{name: getattr(each, name) for name in each.__match_args__} for each in found])
    else:
        rows = [[each.name, each.address, each.kept, "default" if each.default else ""] for each in found]
        call.out.table(["NAME", "ADDRESS", "FOR", ""], rows)


@remote.command()
@click.argument("name")
@writing
def rm(call: Call, name: str) -> None:
    """Forget NAME; what lies there stays."""
    from gitmodels.api import object_remotes

    personal = object_remotes.remove(opened(call), name)
    call.err.line(f"{name} is forgotten{' in this clone' if personal else ', by everybody once it is pushed'}")


@remote.command()
@click.argument("name", required=False)
@reading
def test(call: Call, name: str | None) -> None:
    """Try what NAME, or the remote that is used, can do: one line each, with a small pack that is taken away again."""
    from gitmodels.api import object_remotes

    address, found = object_remotes.tried(opened(call), name)
    if call.json:
        tries = [{key: getattr(each, key) for key in each.__match_args__} for each in found]
        call.out.json({"address": address, "tries": tries})
    else:
        call.out.table(["", "", address], [[each.what, each.verdict, each.told] for each in found])
    failed = [each.what for each in found if each.verdict == "no" and each.what != "create once"]
    if failed:
        raise RemoteError(f"the remote {address} cannot do all that is needed: {', '.join(failed)}")
