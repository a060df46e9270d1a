"""``git models bundle``: the files of a model signed, and verified, in the format of OpenSSF model signing."""

from collections.abc import Callable
from pathlib import Path

import click

from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, Function, writing
from gitmodels.cli.params import REF
from gitmodels.cli.wording import counted
from gitmodels.uris import ModelRef

_FILE = click.Path(path_type=Path)


def _of_files(key: str) -> Callable[[Function], Function]:
    """What both commands take: REF, the FILE of the bundle, and a key; ``key`` says which."""

    def adorn(function: Function) -> Function:
        for one in (
            writing,
            click.option("--key", type=_FILE, required=True, help=key),
            click.argument("file", type=_FILE),
            click.argument("ref", type=REF),
        ):
            function = one(function)
        return function

    return adorn


@click.group()
def bundle() -> None:
    """Sign the files of a model, or verify them, as OpenSSF's model-signing does.

    Keys are elliptic-curve keys in PEM (P-256, P-384, P-521). A bundle travels beside the files, also where there is no
    git; who may promote is git models sign's matter.
    """


@bundle.command()
@_of_files("The private key.")
def write(call: Call, ref: ModelRef, file: Path, key: Path) -> None:
    """Sign every file of REF with --key, and write the bundle to FILE."""
    from gitmodels.api import bundling

    found = bundling.write(looking(call, ref), ref, file, key)
    call.err.line(f"signed {counted(len(found.entries), 'file')} of {ref} in {file}")


@bundle.command()
@_of_files("The public key.")
def verify(call: Call, ref: ModelRef, file: Path, key: Path) -> None:
    """Verify that the bundle in FILE signs exactly the files of REF with --key; exit code 7 when it does not."""
    from gitmodels.api import bundling

    found = bundling.verify(looking(call, ref), ref, file, key)
    call.out.line(f"{ref} ({found.model_id}): {counted(len(found.entries), 'file')}, signed with this key")
