"""``git models checkout``: a model's files as an ordinary folder."""

from pathlib import Path

import click

from gitmodels.api import content
from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import REF
from gitmodels.uris import ModelRef


@click.command()
@click.argument("ref", type=REF)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@writing
def checkout(call: Call, ref: ModelRef, directory: Path) -> None:
    """Copy the files of REF to DIR, which must be empty or not exist; every byte is verified."""
    repo = opened(call)
    found = content.of_ref(repo, ref, ref.uri)
    repo.store.checkout(found.manifest, directory)
    call.err.line(f"{len(found.manifest.entries)} files in {directory}")
