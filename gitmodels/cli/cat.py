"""``git models cat``: one file of a model, to standard output."""

import click

from gitmodels.api import content
from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import REF_PATH, FileOfModel
from gitmodels.errors import FileMissing


@click.command()
@click.argument("file", metavar="REF:PATH", type=REF_PATH)
@writing
def cat(call: Call, file: FileOfModel) -> None:
    """Write one file of a model to standard output, verified: git models cat fraud@champion:MLmodel."""
    repo = opened(call)
    found = content.of_ref(repo, file.ref, file.ref.uri)
    entry = next((entry for entry in found.manifest.entries if entry.path == file.path), None)
    if entry is None:
        paths = ", ".join(known.path for known in found.manifest.entries[:20])
        missing = f"{file.ref} has no file {file.path!r}" if file.path else f"which file of {file.ref}? write REF:PATH"
        raise FileMissing(missing, hint=f"it has {paths}")
    for piece in repo.store.pieces(entry):
        call.out.raw(bytes(piece))
