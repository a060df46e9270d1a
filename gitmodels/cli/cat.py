"""``git models cat``: one file of a model, or one tensor of it, to standard output."""

import click

from gitmodels.api import content
from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import REF_PATH, FileOfModel
from gitmodels.errors import FileMissing
from gitmodels.objects.ranges import Ranges


@click.command()
@click.argument("file", metavar="REF:PATH", type=REF_PATH)
@click.option("--tensor", metavar="NAME", help="One tensor of a safetensors file, as the bytes of a .npy file.")
@click.option("--list", "list_", is_flag=True, help="The tensors of a safetensors file: name, type, shape, bytes.")
@writing
def cat(call: Call, file: FileOfModel, tensor: str | None, list_: bool) -> None:
    """Write one file of a model to standard output, verified: git models cat fraud@champion:MLmodel.

    With --tensor only the bytes of that tensor are read. Of BF16 and other types that numpy lacks the bits are
    written, as unsigned integers.
    """
    if tensor is not None and list_:
        raise click.UsageError("give one of --tensor and --list")
    repo = looking(call)
    found = content.of_ref(repo, file.ref, file.ref.uri)
    entry = next((entry for entry in found.manifest.entries if entry.path == file.path), None)
    if entry is None:
        paths = ", ".join(known.path for known in found.manifest.entries[:20])
        missing = f"{file.ref} has no file {file.path!r}" if file.path else f"which file of {file.ref}? write REF:PATH"
        raise FileMissing(missing, hint=f"it has {paths}")
    if list_:
        _list(call, repo.store.ranges(entry), entry.path)
    elif tensor is not None:
        _one(call, repo.store.ranges(entry), entry.path, tensor)
    else:
        for piece in repo.store.pieces(entry):
            call.out.raw(bytes(piece))


def _list(call: Call, file: Ranges, path: str) -> None:
    from gitmodels.objects.tensors import tensors

    known = tensors(file.read, file.size, path).values()
    rows = [(each.name, each.dtype, "×".join(map(str, each.shape)), str(each.length)) for each in known]
    call.out.table(["NAME", "TYPE", "SHAPE", "BYTES"], rows)


def _one(call: Call, file: Ranges, path: str, name: str) -> None:
    from gitmodels.objects.tensors import tensor

    if call.out.stream.isatty():
        raise click.UsageError("a tensor is binary: send it to a file (> tensor.npy) or to another program")
    found = tensor(file.read, file.size, path, name)
    if found.is_bits:
        call.err.line(f"{found.dtype} is no type of numpy: these are its bits as {found.numpy_dtype[1:]}")
    call.out.raw(found.npy_header())
    for piece in file.pieces(found.offset, found.length):
        call.out.raw(bytes(piece))
