"""``git models bisect``: the first bad version of a model, found by running a command."""

import os
import subprocess

import click

from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import NAME
from gitmodels.errors import CheckFailed, NotFound

VARIABLE = "GITMODELS_REF"
_SKIP = 125


class _Running(click.Command):
    """A command whose options end at the word ``run``: what follows is another program's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        place = args.index("run", 1) if "run" in args[1:] and "--" not in args else len(args)
        return super().parse_args(ctx, [*args[:place], *(["--"] if place < len(args) else []), *args[place:]])


@click.command(cls=_Running)
@click.option("--good", type=click.IntRange(min=1), required=True, help="A version that is good.")
@click.option("--bad", type=click.IntRange(min=1), help="A version that is bad, else the latest.")
@click.argument("name", type=NAME)
@click.argument("arguments", metavar="run CMD [ARG]…", nargs=-1, required=True, type=click.UNPROCESSED)
@writing
def bisect(call: Call, name: str, good: int, bad: int | None, arguments: tuple[str, ...]) -> None:
    """Find the first bad version of NAME by running CMD on versions between a good and a bad one.

    CMD gets a REF as last argument and as GITMODELS_REF. As for git bisect run: exit code 0 is good, 125 cannot tell,
    1 to 127 is bad, anything else ends the search.
    """
    from gitmodels.api import bisecting

    if arguments[0] != "run" or len(arguments) == 1:
        raise click.UsageError("write: run CMD [ARG]…")
    state = looking(call).registry.existing_state()
    name = state.follow(name)
    numbers = bisecting.between(state, name, good, bad if bad is not None else max(state.numbers(name), default=0))

    def judge(number: int, left: int) -> str:
        call.err.line(f"{name}/{number}: {left} versions left")
        verdict = _judged(arguments[1:], f"{name}/{number}")
        call.err.line(f"{name}/{number}: {verdict}")
        return verdict

    found = bisecting.first_bad(numbers, judge)
    if len(found.numbers) > 1:
        names = ", ".join(f"{name}/{number}" for number in found.numbers)
        raise CheckFailed(f"some could not be tested; the first bad version is one of {names}")
    call.out.line(f"{name}/{found.numbers[0]} is the first bad version")
    before = numbers[numbers.index(found.numbers[0]) - 1]
    call.err.line(f"what it changed: git models diff {name}/{before} {name}/{found.numbers[0]}")


def _judged(command: tuple[str, ...], ref: str) -> str:
    from gitmodels.api.bisecting import BAD, GOOD, SKIP

    try:
        code = subprocess.run([*command, ref], env={**os.environ, VARIABLE: ref}, check=False).returncode
    except OSError as error:
        raise NotFound(f"cannot run {command[0][:80]!r}: {error.strerror}") from None
    if code == 0:
        return GOOD
    if code == _SKIP:
        return SKIP
    if 0 < code < 128:
        return BAD
    raise CheckFailed(f"{command[0][:80]!r} ended with {code} on {ref}: that is no verdict")
