"""``git models sign``: approve a move of an alias, or a change of the policy, with one's SSH key."""

from pathlib import Path
from typing import Any

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import ALIAS, NAME, PREVIOUS


@click.command()
@click.argument("name", type=NAME, required=False)
@click.argument("version", type=PREVIOUS, required=False)
@click.argument("alias", type=ALIAS, required=False)
@click.option("--policy", is_flag=True, help="Approve the policy as --branch has it, instead of a move.")
@click.option("--key", type=click.Path(path_type=Path), help="The key, by default git config user.signingKey.")
@click.option("--expires", metavar="DAYS", type=click.IntRange(1, 3650), help="For how long it counts; 365 days.")
@click.option("--reason", help="Why; it is signed, too.")
@click.option("--pr", is_flag=True, help="Put it on the branch promote/NAME-VERSION-ALIAS of the remote.")
@click.option("--branch", help="Put it on this branch of the remote.")
@click.option("--remote", help="Which remote, by default the one that is followed (origin).")
@writing
def sign(
    call: Call, name: str | None, version: int | None, alias: str | None, policy: bool, pr: bool, **said: Any
) -> None:
    """Approve that ALIAS of NAME points at VERSION ("none": at no version), with an SSH key.

    What is signed names the content before and after, so it counts for this move alone. Who may sign stands in
    policy/allowed_signers on the registry's branch; git models verify and load_model(…, verify=True) ask for it.

    With --policy it is another policy that is approved: everything under policy/ as the branch has it, in the place of
    what the registry's branch has.
    """
    from gitmodels.api import approving, promoting
    from gitmodels.registry.changes.promotion import Wanted

    branch, remote = (said.pop(key) for key in ("branch", "remote"))
    days = said.pop("expires") or approving.EXPIRES_S // 86400
    if policy:
        if name is not None or pr:
            raise click.UsageError("--policy stands alone; --branch names the branch that changes it")
        wish = approving.Wish("", None, None, expires=days * 86400, **said)
    elif name is None or version is None or alias is None:
        raise click.UsageError("NAME VERSION ALIAS say which move is approved; --policy approves another policy")
    else:
        wish = approving.Wish(name, version or None, alias, expires=days * 86400, **said)
        if pr and branch is None:
            branch = promoting.branch_name([Wanted(name, version, alias)])
    repo = opened(call)
    if branch is None:
        signer, statement = approving.sign(repo, wish)
        call.err.line(f"approved as {signer} until {_day(statement.expiry)}; git models push publishes it")
        return
    signer, statement, tip = approving.sign_proposal(repo, wish, branch, remote)
    call.err.line(f"approved as {signer} until {_day(statement.expiry)}, on {branch} ({tip[:7]})")


def _day(when: int) -> str:
    from gitmodels.fields import format_time

    return format_time(when)[:10]
