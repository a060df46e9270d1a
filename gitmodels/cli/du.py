"""``git models du``: what models take on disk, and what sharing saves."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.wording import size


@click.command()
@reading
def du(call: Call) -> None:
    """Tell per model how many bytes it names, stores, and stores alone; and the whole store."""
    from gitmodels.api import care

    usage = care.disk_usage(opened(call))
    if call.json:
        call.out.json(usage)
        return
    rows = [[row["name"], size(row["raw"]), size(row["stored"]), size(row["exclusive"])] for row in usage["models"]]
    call.out.table(["MODEL", "NAMED", "STORED", "ALONE"], rows)
    call.err.line(f"{size(usage['stored'])} in the store, {size(usage['cached'])} in the cache")
