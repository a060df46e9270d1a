"""``git models fsck``: whether every byte of the object store is what it should be."""

from typing import TYPE_CHECKING

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.progress import shown
from gitmodels.cli.wording import counted
from gitmodels.errors import Corrupt

if TYPE_CHECKING:
    from gitmodels.api.store_care import Checked


_REMOTE_WAY_OUT = "git models fsck --repair --remote NAME in every clone that may have what is lost puts it back"


@click.command()
@click.option("--full", is_flag=True, help="Decode and hash every chunk, not only headers and lengths.")
@click.option("--repair", is_flag=True, help="Save what is whole, put the rest aside, look for what is lost.")
@click.option("--from", "folder", metavar="DIR", help="With --repair: files that may hold the lost bytes.")
@click.option("--max-duration", "seconds", type=float, metavar="SECONDS", help="Stop then; the next one goes on.")
@click.option("--remote", "remote", metavar="NAME", help="Check that remote instead, and put back what it lost.")
@reading
def fsck(call: Call, full: bool, repair: bool, folder: str | None, seconds: float | None, remote: str | None) -> None:
    """Check the object store, and name the models and files that damage hurts; exit code 6 for damage.

    Changes nothing without --repair. That writes what is whole in damaged packs to new ones, moves the damaged ones to
    quarantine/ in the store, makes the index anew and drops damaged cached files; nothing is removed that was not
    saved. What is lost is looked for on the remote (git models remote). Published versions whose bytes are not in this
    clone are told apart: they are no damage.

    With --remote, what is published is looked for there; --full reads every pack of it. --repair sends what this clone
    still has, and removes a damaged pack only when all it held lies elsewhere there.
    """
    from gitmodels.api import remote_care, store_care

    wish = store_care.Wish(full or seconds is not None, seconds, repair or folder is not None, folder)
    repo = opened(call)
    with shown(call.err, "checking") as repo.store.progress:
        done = remote_care.check(repo, remote, wish) if remote is not None else store_care.check(repo, wish)
    if call.json:
        call.out.json([each.document() for each in done.findings])
    else:
        _tell(call, done)
    _conclude(call, done, f"the remote {remote}" if remote is not None else "the object store")


def _tell(call: Call, done: "Checked") -> None:
    for each in done.findings:
        if each.kind != "absent" or each.repaired:
            word = "repaired" if each.repaired else each.kind
            hurt = f" (hurts {', '.join(each.files or each.models)})" if each.models else ""
            call.out.line(f"{word}: {f'{each.file}: ' if each.file else ''}{each.detail}{hurt}")
    absent = [each for each in done.findings if each.kind == "absent" and not each.repaired]
    if absent:
        models = sorted({model for each in absent for model in each.models})
        shown = ", ".join(models[:5]) + (" …" if len(models) > 5 else "")
        call.err.line(f"not here: {counted(len(absent), 'object')} of published versions ({shown})")


def _conclude(call: Call, done: "Checked", what: str) -> None:
    if done.trouble:
        call.err.line(f"no remote was asked for what is lost: {done.trouble}")
    if done.left:
        call.err.line(f"{counted(done.left, 'pack')} not read yet: run it again to go on")
    damaged = [each for each in done.findings if each.is_open]
    if damaged:
        raise Corrupt(
            f"{what} is damaged in {counted(len(damaged), 'place')}",
            hint=_way_out({each.kind for each in damaged}) if what == "the object store" else _REMOTE_WAY_OUT,
        )
    if not any(each.kind != "absent" for each in done.findings):
        call.err.line(f"{what} is whole" if not done.left else "no damage so far")
    else:
        call.err.line("all damage is healed by other copies or repaired")


def _way_out(kinds: set[str]) -> str:
    if kinds <= {"index", "cache"}:
        return "nothing is lost: git models fsck --repair puts it right"
    return "git models fsck --full --repair --from DIR, with files you still have; or register or fetch them again"
