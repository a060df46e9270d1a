"""``git models gc``: what nothing needs any more is marked, and removed once its grace has passed."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.progress import shown
from gitmodels.cli.wording import size


@click.command()
@click.option("--grace", metavar="AGE", help="How long what is marked stays: 14 days, now, never.")
@click.option("--drop-deleted", is_flag=True, help="Give up the bytes of versions that are marked as deleted, too.")
@click.option("-n", "--dry-run", is_flag=True, help="Tell exactly what would go, and change nothing.")
@reading
def gc(call: Call, grace: str | None, drop_deleted: bool, dry_run: bool) -> None:
    """Remove what no ref, reflog, run, journal or models.lock names, and what killed processes left.

    What is found to be needed by nothing is marked, and removed by the first gc after its grace (git config
    gitmodels.gcGrace, 14 days). Models that only a run logged are needed for 30 days (gitmodels.expiry). Every version
    that was ever registered is needed, deleted ones too. Safe beside programs that log, register and load.
    """
    from gitmodels.api import collecting

    repo = opened(call)
    with shown(call.err, "rewriting packs") as repo.store.progress:
        done = collecting.collect(repo, grace=grace, drop_deleted=drop_deleted, dry_run=dry_run)
    if call.json:
        call.out.json(done)
        return
    would = "would be " if dry_run else ""
    for model in done["models"]:
        call.out.line(f"{would}removed: {model}")
    for path in done["leftovers"]:
        call.out.line(f"{would}removed: {path}")
    for name in done["spared"]:
        call.err.line(f"kept: {name} still has it")
    for pack in done["suspect"]:
        call.err.line(f"kept: pack {pack[:16]}… is damaged: git models fsck --full")
    call.err.line(
        f"{size(done['removed'])} {would}removed, {size(done['waiting'])} marked, {size(done['kept'])} needed"
    )
