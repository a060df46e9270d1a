"""``git models verify``: whether what an alias points at was approved by those who have to."""

import click

from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, reading
from gitmodels.cli.params import REF
from gitmodels.uris import ModelRef


@click.command()
@click.argument("ref", type=REF)
@click.option("--accept-policy", is_flag=True, help="Trust policy and signers as the branch has them now.")
@reading
def verify(call: Call, ref: ModelRef, accept_policy: bool) -> None:
    """Verify that the version behind REF, an alias, was approved with signatures; exit code 7 when it was not.

    Policy and signers are those that were trusted the first time, whatever the branch says now.
    """
    from gitmodels.api import approving

    found = approving.verify(looking(call), ref, call.settings.state, accept_policy=accept_policy)
    if call.json:
        call.out.json(
            {
                "name": found.name,
                "alias": found.alias,
                "version": found.number,
                "manifest": found.manifest,
                "signers": list(found.signers),
                "policy": found.commit,
                "taken": found.taken,
                "behind": found.behind,
            }
        )
        return
    call.out.line(f"{found.name}@{found.alias} v{found.number} is approved by {', '.join(found.signers)}")
    if found.taken:
        call.err.line(f"policy and signers of {found.commit[:10]} are trusted from now on")
    elif found.behind:
        call.err.line(f"policy or signers changed since {found.commit[:10]}: look, then --accept-policy")
