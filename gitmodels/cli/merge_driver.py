"""``git models merge-driver``: what git calls for a file of the registry that two sides changed."""

from pathlib import Path

import click

from gitmodels.cli.options import Call, writing
from gitmodels.errors import Conflict, Invalid

_MOST = 8 << 20


@click.command("merge-driver")
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
@click.argument("path")
@writing
def merge_driver(call: Call, base: Path, ours: Path, theirs: Path, path: str) -> None:
    """Merge the file PATH of the registry, as git asks: from BASE, OURS and THEIRS into OURS.

    git models init lets git call it in this clone. What both sides mean alike is merged, as are tags of different
    keys; two targets of one alias are a conflict, told in words.
    """
    from gitmodels.registry import merging

    if any(one.stat().st_size > _MOST for one in (base, ours, theirs)):
        raise Invalid(f"{path} is too large for a file of the registry")
    merged = merging.merge(path, base.read_bytes(), ours.read_bytes(), theirs.read_bytes())
    if merged is None:
        raise Invalid(f"{path} is no file of the registry that can be read", hint="git merges its lines")
    ours.write_bytes(merged.data)
    if merged.conflict:
        raise Conflict(merged.conflict, hint=merged.way)
