"""``git models clone``: a repository that follows the registry at an address."""

from pathlib import Path

import click

from gitmodels.cli.options import Call, writing
from gitmodels.cli.wording import counted


@click.command()
@click.argument("address", metavar="URL")
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--bare", is_flag=True, help="Without a work tree, for a service or a CI job.")
@writing
def clone(call: Call, address: str, directory: Path | None, bare: bool) -> None:
    """Make DIR, a git repository that follows the model registry at URL.

    Every record comes, no bytes of models: those come when a model is loaded or checked out. In a repository that was
    cloned with git itself nothing of this is needed.
    """
    from gitmodels.api import cloning

    name = address.rstrip("/").rpartition("/")[2].rpartition(":")[2].removesuffix(".git") or "models"
    target = directory or Path(f"{name}.git" if bare else name)
    state = cloning.clone(address, target, bare=bare).registry.state()
    found = counted(sum(1 for _ in state.encoded_names()), "model")
    call.err.line(f"{found} in {target}; their bytes come when they are loaded")
