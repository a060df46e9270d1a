"""``git models card``: the page that tells people what a model is."""

import os
import sys

import click

from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import REF, complete_files
from gitmodels.errors import FileMissing, Invalid
from gitmodels.uris import ModelRef


@click.command()
@click.argument("ref", type=REF)
@click.argument("file", metavar="[FILE]", required=False, shell_complete=complete_files)
@click.option("--edit", is_flag=True, help="Open the card in an editor, and keep what is saved.")
@writing
def card(call: Call, ref: ModelRef, file: str | None, edit: bool) -> None:
    """Print the card of a model (NAME) or a version (REF), or give the model the one in FILE ("-": standard input).

    A card is Markdown with the front matter that Hugging Face reads. Where nobody wrote one it is made of what is
    known. An empty FILE takes the card away. Hosts show it in the model's folder on the registry branch.
    """
    from gitmodels.api import model_cards

    repo = looking(call)
    if file is None and not edit:
        call.out.paragraph(model_cards.card(repo, ref).text)
        return
    if file is not None and edit:
        raise Invalid("either a FILE or --edit", hint="git models card NAME --edit")
    if file is not None:
        text = _read(file)
    else:
        text = _edited(model_cards.card(repo, ref).text, repo.git.config("core.editor"))
    model_cards.write(repo, ref, text)
    call.err.line(f"the card of {ref.name} is written" if text else f"{ref.name} has no card of its own any more")


def _read(file: str) -> str:
    from gitmodels.cards import MAX_SIZE

    try:
        with open(sys.stdin.fileno() if file == "-" else file, "rb", closefd=file != "-") as stream:
            return stream.read(MAX_SIZE + 1).decode()
    except FileNotFoundError:
        raise FileMissing(f"no such file: {file}") from None
    except UnicodeDecodeError:
        raise Invalid(f"not UTF-8 text: {file}") from None


def _edited(text: str, configured: str | None) -> str:
    # As git chooses an editor, but for its last resort, which is click's.
    found = click.edit(text, editor=os.environ.get("GIT_EDITOR") or configured, extension=".md")
    if found is None:
        raise Invalid("nothing was saved: the card stays as it is")
    return found
