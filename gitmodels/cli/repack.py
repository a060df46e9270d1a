"""``git models repack``: few large packs instead of many small ones, and the best encoding there is."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.progress import shown
from gitmodels.cli.wording import counted, size


@click.command()
@click.option("--thorough", is_flag=True, help="Encode everything anew, also as differences to the version before.")
@reading
def repack(call: Call, thorough: bool) -> None:
    """Merge small packs of the object store into large ones. Ids stay, and so does whatever is stored.

    With --thorough every chunk is encoded anew, and what is smaller is kept: stores that an older gitmodels wrote
    shrink, and so do versions that were registered apart from what they are like. A kill costs nothing.
    """
    from gitmodels.api import repacking

    repo = opened(call)
    with shown(call.err, "repacking") as repo.store.progress:
        done = repacking.repack(repo, thorough=thorough)
    if call.json:
        call.out.json(done)
        return
    for pack in done["suspect"]:
        call.err.line(f"left alone: pack {pack[:16]}… is damaged: git models fsck --full")
    before, after = (counted(done[f"packs_{when}"], "pack") for when in ("before", "after"))
    call.err.line(f"{before}, {size(done['before'])} → {after}, {size(done['after'])}")
