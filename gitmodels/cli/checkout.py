"""``git models checkout``: a model's files as an ordinary folder."""

from pathlib import Path

import click

from gitmodels.api import content
from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import REF
from gitmodels.cli.progress import shown
from gitmodels.cli.wording import counted
from gitmodels.uris import ModelRef


@click.command()
@click.argument("ref", type=REF)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--link", is_flag=True, help="Hard links of cached files, not to be edited: fast, and no more disk.")
@writing
def checkout(call: Call, ref: ModelRef, directory: Path, link: bool) -> None:
    """Copy the files of REF to DIR, which must be empty or not exist; every byte is verified.

    The files are yours to edit. With --link they are read-only and shared with the cache.
    """
    repo = looking(call, ref)
    found = content.of_ref(repo, ref, ref.uri)
    with shown(call.err, "checking out", found.manifest.size) as repo.store.progress:
        placed = repo.store.checkout(found.manifest, directory, link=link)
    call.err.line(f"{counted(len(found.manifest.entries), 'file')} in {directory}")
    if link and placed.copied:
        call.err.line(f"{placed.copied} of them are copies: they cannot be links of files in {repo.store.cache.folder}")
