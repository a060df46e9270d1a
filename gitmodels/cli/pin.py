"""``git models pin``: which versions the code beside models.lock uses."""

import click

from gitmodels.cli.options import Call, reading
from gitmodels.cli.output import Painted
from gitmodels.errors import Invalid

_STYLES = {"same": "good", "moved": "warn", "breaking": "bad", "changed": "bad", "deleted": "bad", "unknown": "bad"}


@click.command()
@click.argument("what", metavar="[REF|NAME]...", nargs=-1)
@click.option("--check", "checking", is_flag=True, help="Tell which aliases moved since, and whether that breaks.")
@click.option("--rm", "removing", is_flag=True, help="Pin these models no longer.")
@click.option("--breaking", metavar="REASON", help="Why code that calls the pinned version may break.")
@reading
def pin(call: Call, what: tuple[str, ...], checking: bool, removing: bool, breaking: str | None) -> None:
    """Write the version that REF names into models.lock, at the top of the work tree; without REF, list what is there.

    Track the file beside the code: models:/NAME@pinned loads exactly that content, from any folder below, and git
    checkout brings that day's models back. REF may be git+URL#NAME@ALIAS, in another registry.

    A version whose signature breaks code that calls the pinned one is refused without --breaking. --check ends in
    0 when nothing moved, 1 when an alias points elsewhere, 7 when that would break callers, or a pinned version has
    other content or was deleted, 10 when it could not be found out.
    """
    from gitmodels.api import pinning

    if checking + removing + (breaking is not None) > 1 or (removing and not what):
        raise Invalid("--rm NAME, --check and --breaking REASON stand alone", hint="git models pin -h")
    if checking:
        _check(call, what)
        return
    if removing:
        for gone in pinning.unpin(what, call.settings):
            call.err.line(f"{gone.name} v{gone.version} is pinned no longer")
    elif what:
        for before, after in pinning.pin(what, call.settings, breaking):
            was = f", was v{before.version}" if before is not None and before.version != after.version else ""
            call.err.line(f"{after.name} v{after.version} pinned{was}")
    found = list(pinning.known(call.settings).values())
    if call.json:
        call.out.json([pinning.document(one) for one in found])
    elif not what:
        rows = [[one.name, f"v{one.version}", one.alias or "", one.model_id, one.registry or ""] for one in found]
        call.out.table(["MODEL", "VERSION", "ALIAS", "ID", "REGISTRY"], rows)


def _check(call: Call, names: tuple[str, ...]) -> None:
    from gitmodels.api import pinning

    found = pinning.check(names, call.settings)
    if call.json:
        call.out.json([pinning.standing_document(one) for one in found])
    else:
        for one in found:
            alias = f"@{one.pin.alias} " if one.pin.alias else ""
            now = "" if one.now in (None, one.pin.version) else f" → v{one.now}"
            words = one.error or f"{alias}v{one.pin.version}{now}"
            call.out.line(Painted(one.state, _STYLES[one.state]), f"  {one.pin.name}  {words}")
            for finding in one.findings:
                call.out.line(f"    {finding.verdict.word}  {finding.subject}: {finding.text}")
    if code := pinning.exit_code(found):
        raise click.exceptions.Exit(code)
