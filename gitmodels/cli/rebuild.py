"""``git models rebuild``: derive everything that can be derived, from the branch and the packs."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing


@click.command()
@click.option("--push", metavar="REMOTE", help="Derive the alias refs on REMOTE too, as after a merge there.")
@writing
def rebuild(call: Call, push: str | None) -> None:
    """Derive alias refs and the search index from the branch again, and the index of the store from its packs."""
    repo = opened(call)
    repo.registry.existing_state()
    changed = repo.registry.rebuild()
    repo.store.rebuild_index()
    call.err.line(f"{changed} alias refs changed; the indexes of searches and of the store were made anew")
    if push is not None:
        from gitmodels.api import alias_refs
        from gitmodels.registry.tracking import Tracking

        moved = alias_refs.rebuild(Tracking(repo.registry, push))
        call.err.line(f"{moved} alias refs changed on {push}")
