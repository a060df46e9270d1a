"""``git models du``: what models take on disk, and what sharing and encoding save."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.params import NAME
from gitmodels.cli.wording import size


@click.command()
@click.argument("name", type=NAME, required=False)
@reading
def du(call: Call, name: str | None) -> None:
    """Tell per model, or per version of NAME, how many bytes it names, stores and stores alone, and what is saved.

    SAVED is what storing equal chunks once, encoding and differences to other chunks save of what is named; with NAME,
    NEW is what a version added when it came.
    """
    from gitmodels.api import care

    repo = opened(call)
    found = care.disk_usage_of(repo, name) if name else care.disk_usage(repo)
    if call.json:
        call.out.json(found)
        return
    listed = found if isinstance(found, list) else found["models"]
    words = {"raw": "NAMED", "stored": "STORED", "exclusive": "ALONE"} | ({"added": "NEW"} if name else {})
    rows = [
        [
            f"v{one['version']}" if name else one["name"],
            *(size(one[key]) for key in words),
            size(sum(one["saved"].values())),
            ", ".join(one["shared_with"][:3]),
        ]
        for one in listed
    ]
    call.out.table(["VERSION" if name else "MODEL", *words.values(), "SAVED", "SHARED WITH"], rows)
    if not isinstance(found, list):
        told = [size(found[key]) for key in ("stored", "other", "cached")]
        call.err.line(f"{told[0]} in the store, {told[1]} of it for no version; {told[2]} in the cache")
