"""``git models init``: start the registry of a repository."""

import click

from gitmodels.api import clone_settings
from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing


@click.command()
@writing
def init(call: Call) -> None:
    """Start the model registry of this repository, on a branch of its own.

    HEAD, the index and your files are not touched. In this clone git is told how files of the registry are merged, and
    how a diff shows aliases and MLmodel files by what they mean.
    """
    repo = opened(call)
    found = repo.registry.published() is not None
    made = repo.registry.init()
    clone_settings.install(repo)
    branch = repo.registry.branch.ref.removeprefix("refs/heads/")
    if not made:
        told = f"{repo.location} has a model registry already, on the branch {branch}"
    elif found:
        told = f"took up the model registry of {repo.registry.remote} in {repo.location} on the branch {branch}"
    else:
        told = f"model registry started in {repo.location} on the branch {branch}"
    call.err.line(told)
