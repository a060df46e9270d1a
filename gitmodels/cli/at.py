"""``git models at``: what a reference named at a time."""

import click

from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, reading
from gitmodels.cli.params import REF
from gitmodels.cli.wording import measured, moment
from gitmodels.uris import ModelRef


@click.command()
@click.argument("when", metavar="TIME|COMMIT")
@click.argument("ref", type=REF)
@reading
def at(call: Call, when: str, ref: ModelRef) -> None:
    """Tell which version REF named at a time, or at a commit of the registry.

    A date (2026-03-01) means its end in UTC; a time is 2026-03-01T12:00, with a zone or in UTC.
    """
    from gitmodels.api import looking_back

    found = looking_back.answer(looking(call), when, ref)
    if call.json:
        call.out.json(found)
        return
    call.out.line(f"{found['name']} v{found['version']}  {found['model_id']}")
    rows = [
        ("created", f"{moment(found['created'])} by {found['author']}"),
        ("metrics", measured(found["metrics"])),
        ("reason", found["reason"] or ""),
        ("registry", found["commit"]),
    ]
    call.out.fields([(label, text) for label, text in rows if text])
