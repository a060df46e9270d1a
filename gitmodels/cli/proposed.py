"""What promote, register and push tell of proposals alike: the branch, the pull request, or how to open it."""

from collections.abc import Sequence

import click

from gitmodels.api.proposing import Sent
from gitmodels.cli.options import Call
from gitmodels.cli.params import ALIAS, NAME, VERSION
from gitmodels.cli.progress import shown
from gitmodels.cli.wording import size
from gitmodels.errors import Invalid
from gitmodels.registry.changes.aliases import Move
from gitmodels.registry.changes.promotion import Wanted
from gitmodels.registry.changes.promotion import shown as version_shown
from gitmodels.repo import Repo


def wanted(
    name: str, version: int, alias: str, more: Sequence[str], reason: str | None, previous: int | None
) -> tuple[list[Wanted], str | None]:
    """What is to be promoted, and why. ``previous`` is 0 for an alias that is to point nowhere, None if not said."""
    found = [Wanted(name, version, alias, previous or None, guarded=previous is not None)]
    if len(more) % 3:
        raise click.UsageError("after NAME VERSION ALIAS come three words more for each further alias")
    for place in range(0, len(more), 3):
        words = more[place : place + 3]
        one, number, other = (
            kind.convert(word, None, None) for kind, word in zip((NAME, VERSION, ALIAS), words, strict=True)
        )
        found.append(Wanted(one, number, other))
    if previous is not None and more:
        raise Invalid("--previous speaks of one alias", hint="promote that one alone")
    return found, reason


def tell_moves(call: Call, asked: Sequence[Wanted], moves: Sequence[Move]) -> None:
    """One line for each alias."""
    for one, (before, after) in zip(asked, moves, strict=True):
        there = version_shown(after.version)
        way = f"stays at {there}" if before == after else f"{version_shown(before.version)} → {there}"
        call.err.line(f"{one.name}@{one.alias} {way}")


def promotion(
    call: Call, repo: Repo, asked: Sequence[Wanted], reason: str | None, remote: str | None, push: bool
) -> None:
    """Propose to move aliases: on a branch here, with ``push`` on the remote too."""
    from gitmodels.api import promoting, proposing

    proposal = promoting.branch(repo, asked, reason=reason, remote=remote, ask=push)
    tell_moves(call, asked, proposal.result)
    name = proposal.ref.removeprefix("refs/heads/")
    if proposal.commit is None:
        call.err.line("nothing to propose: it is published so already")
    elif not push:
        call.err.line(f"proposed on the branch {name} ({proposal.commit[:7]}); --pr pushes it")
        call.out.line(name)
    else:
        with shown(call.err, "pushing") as progress:
            tell_sent(call, proposing.send(repo, remote, proposal, progress))


def tell_sent(call: Call, sent: Sent) -> None:
    """Where the proposal is, and the pull request, or how to open one."""
    files = f", {size(sent.size)} of files" if sent.size else ""
    call.err.line(f"pushed the branch {sent.branch} ({sent.commit[:7]}) to {sent.remote}{files}")
    if sent.opened:
        call.err.line("opened a pull request:")
    elif sent.url is not None:
        call.err.line(f"open a pull request there{f', or run {sent.command}' if sent.command else ''}:")
    else:
        call.err.line(f"open a pull request from {sent.branch} on its host")
    call.out.line(sent.url or sent.branch)
