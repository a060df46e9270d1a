"""``git models blame``: which promotion, or which version, brought what a model says."""

import click

from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, paged
from gitmodels.cli.params import REF
from gitmodels.cli.wording import moment
from gitmodels.uris import ModelRef


@click.command()
@click.argument("ref", type=REF)
@paged
def blame(call: Call, ref: ModelRef) -> None:
    """Tell for each column, metric, dependency and other fact of REF which move of its alias brought it.

    Of a name or a version the versions are asked instead. What came, went and came back counts from its return.
    """
    from gitmodels.api import looking_back

    found = looking_back.blame(looking(call), ref)
    if call.json:
        call.out.json(found)
        return
    rows = [
        [
            f"v{each['version']}",
            (each["commit"] or "")[:7],
            moment(each["time"]) if each["time"] else "–",
            each["author"] or "–",
            each["fact"],
        ]
        for each in found
    ]
    call.out.table(["VERSION", "COMMIT", "TIME", "BY", "FACT"], rows)
