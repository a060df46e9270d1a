"""The command ``git models`` itself: what stands before a command's name.

This room knows click and the table of commands; errors are the business of ``main``.
"""

import click

import gitmodels
from gitmodels.cli.commands import ALIASES, COMMANDS
from gitmodels.cli.first_page import ABOUT, EPILOG, WIDEST
from gitmodels.cli.lazy import LazyGroup
from gitmodels.cli.options import begin, no_pager, place


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    aliases=ALIASES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
    help=ABOUT,
    epilog=EPILOG,
)
@click.version_option(gitmodels.__version__, prog_name="gitmodels", message="%(prog)s %(version)s")
@place
@no_pager
@click.pass_context
def root(ctx: click.Context) -> None:
    """Open the call that every command gets."""
    begin(ctx)
