"""``git models init``: start the registry of a repository."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing


@click.command()
@writing
def init(call: Call) -> None:
    """Start the model registry of this repository, on a branch of its own.

    HEAD, the index and your files are not touched. Nothing happens when it is there already.
    """
    repo = opened(call)
    made = repo.registry.init()
    branch = repo.registry.branch.ref.removeprefix("refs/heads/")
    call.err.line(
        f"model registry started in {repo.location} on the branch {branch}"
        if made
        else f"{repo.location} has a model registry already, on the branch {branch}"
    )
