"""``git models rebuild``: derive everything that can be derived, from the branch and the packs."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing


@click.command()
@writing
def rebuild(call: Call) -> None:
    """Derive the alias refs from the branch again, and the index of the object store from its packs."""
    repo = opened(call)
    repo.registry.existing_state()
    changed = repo.registry.rebuild()
    repo.store.rebuild_index()
    call.err.line(f"{changed} alias refs changed; the index of the store was made anew")
