"""``git models trust``: which models may run code here."""

import click

from gitmodels import digest
from gitmodels.api import content
from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.errors import Invalid
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo
from gitmodels.trusted import LEVELS
from gitmodels.uris import check_whole, parse_ref

REGISTRIES = (".", "origin")


@click.command()
@click.argument("what", metavar="[REMOTE|REF]...", nargs=-1)
@click.option("--only", type=click.Choice(LEVELS[1:]), help="Trust the registry only so far.")
@click.option("--alias", "aliases", metavar="ALIAS", multiple=True, help="What it points at is approved; repeatable.")
@reading
def trust(call: Call, what: tuple[str, ...], only: str | None, aliases: tuple[str, ...]) -> None:
    """Let models of this registry run code when they are loaded, or only the ones named by REF.

    REMOTE is "." for this repository, or "origin". Without arguments, tell what is trusted. What was logged in this
    clone loads in any case; formats that run no code need no trust. The decision is kept in this clone alone.

    --only approved --alias champion trusts what the alias points at on the branch of the remote, in the bare repository
    itself; --only digests the models named one by one. GITMODELS_TRUST (all, approved, digests of manifests) and
    trust= of Python come on top.
    """
    repo = opened(call)
    names = [one for one in what if one not in REGISTRIES]
    if (only is not None or aliases) and (names or not what):
        raise Invalid("--only goes with a registry, not with a single model", hint="git models trust . --only digests")
    # All of it is looked up before any of it is trusted: who mistypes the last name has decided nothing.
    manifests = [(one, _manifest(repo, one)) for one in names]
    if len(names) < len(what):
        repo.trusted.set_level(only or "all", aliases)
        call.err.line(f"models of this registry may run code: {_told(repo)}")
    for one, manifest in manifests:
        repo.trusted.allow(digest.parse(manifest.digest))
        call.err.line(f"{one} may run code: {manifest.model_id}")
    if not what:
        trusted = repo.trusted
        known = {"level": trusted.level(), "aliases": trusted.aliases(), "digests": trusted.allowed()}
        if call.json:
            call.out.json(known)
        else:
            call.out.line(f"registry  {_told(repo)}")
            for allowed in repo.trusted.allowed():
                call.out.line(f"model     {digest.model_id(allowed)}")


def _told(repo: Repo) -> str:
    level = repo.trusted.level()
    if level == "approved":
        return f"approved, which is what {', '.join(repo.trusted.aliases()) or 'no alias'} points at"
    return level or "only what was logged in this clone"


def _manifest(repo: Repo, text: str) -> Manifest:
    ref = parse_ref(text)
    check_whole(ref)
    return content.of_ref(repo, ref, text).manifest
