"""Options that many commands share, and the one value a command is called with.

``-C`` and ``--git-dir`` are understood before and after the command's name, as people who know git write them.
This room knows click and the settings, nothing of what commands do.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gitmodels.api.settings import Settings
from gitmodels.cli.output import Output, standard
from gitmodels.errors import FileMissing, GitModelsError, NotFound
from gitmodels.values import frozen, replace

Function = Callable[..., Any]


@frozen
class Call:
    """What every command gets: the settings, where data and words go, and whether data is wanted as JSON."""

    settings: Settings
    out: Output
    err: Output
    json: bool = False
    pager: bool = True


pass_call = click.make_pass_decorator(Call)


def begin(ctx: click.Context) -> Call:
    """The call of this process, made from the environment the first time it is asked for."""
    call = ctx.find_object(Call)
    if call is None:
        call = Call(Settings.read(os.environ), *standard(os.environ))
        ctx.obj = call
    return call


def place(function: Function) -> Function:
    """Adds ``-C DIR``, ``--git-dir`` and ``--debug``."""
    change = click.option(
        "-C",
        "change_to",
        metavar="DIR",
        multiple=True,
        expose_value=False,
        is_eager=True,
        callback=_change_directory,
        help="Run as if started in DIR.",
    )
    git_dir = click.option(
        "--git-dir",
        metavar="DIR",
        expose_value=False,
        callback=_set_git_dir,
        help="The repository, instead of a search.",
    )
    debug = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
    return change(git_dir(debug(function)))


def writing(function: Function) -> Function:
    """For commands that change something: ``place``, and the call as first argument; what is logged is shown."""
    return place(pass_call(speaking(_suggesting(function))))


def reading(function: Function) -> Function:
    """For commands that only read: ``place`` and ``--json``, and the call as first argument."""
    return as_json(place(pass_call(_suggesting(function))))


def as_json(function: Function) -> Function:
    """Adds ``--json``."""
    return click.option(
        "--json", is_flag=True, expose_value=False, callback=_set_json, help="Print one JSON document for programs."
    )(function)


def paged(function: Function) -> Function:
    """For commands whose answer may be long: ``reading``, through a pager on a terminal unless ``--no-pager``."""
    return no_pager(reading(_paging(function)))


def no_pager(function: Function) -> Function:
    """Adds ``--no-pager``, also as ``-P``."""
    return click.option(
        "-P",
        "--no-pager",
        is_flag=True,
        expose_value=False,
        callback=_set_no_pager,
        help="Show long answers without a pager.",
    )(function)


def _paging(function: Function) -> Function:
    """What is shown goes through the pager that git would take, words to people too: on its page they are seen."""

    @functools.wraps(function)
    def run(call: Call, *args: Any, **kwargs: Any) -> Any:
        from gitmodels.cli import paging

        command = None
        if call.pager and paging.is_wanted(call.out.stream):
            command = paging.choose(os.environ, lambda: _configured_pager(call))
        if command is None:
            return function(call, *args, **kwargs)
        with paging.paged(call.out.stream, command, os.environ) as stream:
            err = replace(call.err, stream=stream) if call.err.width is not None else call.err
            return function(replace(call, out=replace(call.out, stream=stream), err=err), *args, **kwargs)

    return run


def _configured_pager(call: Call) -> str | None:
    from gitmodels.cli.opening import opened

    try:
        return opened(call).git.config("core.pager")
    except GitModelsError:
        return None  # the command itself tells what is wrong


def speaking(function: Function) -> Function:
    """Shows what the library logs on the way; for commands that read and may have something to say all the same."""

    @functools.wraps(function)
    def run(call: Call, *args: Any, **kwargs: Any) -> Any:
        from gitmodels.cli.speaking import shown

        with shown(call.err):
            return function(call, *args, **kwargs)

    return run


def _suggesting(function: Function) -> Function:
    """Adds to an error about a name that is not there what may have been meant."""

    @functools.wraps(function)
    def run(call: Call, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(call, *args, **kwargs)
        except NotFound as error:
            if not error.hint:
                from gitmodels.cli.opening import suggestion

                error.hint = suggestion(call, error, kwargs.values())
            raise

    return run


def _change_directory(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:
    # The process itself moves, as git does: relative paths of other options and arguments then mean the same there.
    for directory in value:
        try:
            os.chdir(directory)
        except OSError as error:
            raise FileMissing(f"cannot change to {directory!r}: {error.strerror}") from None


def _set_git_dir(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value:
        call = begin(ctx)
        # What is said here counts more than what the environment says.
        ctx.obj = replace(call, settings=replace(call.settings, git_dir=Path(value), registry=None))


def _set_no_pager(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        ctx.obj = replace(begin(ctx), pager=False)


def _set_json(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        ctx.obj = replace(begin(ctx), json=True)
