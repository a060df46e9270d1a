"""``git models fetch``: what a remote has published is known here; the branch stays where it is."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, as_json, writing
from gitmodels.cli.progress import shown


@click.command()
@click.argument("remote", required=False)
@click.option("--accept-rewrite", is_flag=True, help="Take over a registry that took back what it had published.")
@click.option("--runs", is_flag=True, help="Fetch the runs that other clones published, too.")
@as_json
@writing
def fetch(call: Call, remote: str | None, accept_rewrite: bool, runs: bool) -> None:
    """Ask REMOTE, by default the one that is followed (origin), what it has published, and remember it.

    Nothing here changes but what `git models status` compares with. A registry that took back what it had published is
    refused with an alarm.
    """
    from gitmodels.api import publishing

    repo = opened(call)
    with shown(call.err, "fetching") as progress:
        found = publishing.fetch(repo, remote, accept_rewrite=accept_rewrite, progress=progress)
        if runs:
            from gitmodels.api import run_refs

            run_refs.fetch(repo, found.remote, progress)
    if call.json:
        call.out.json({"remote": found.remote, "before": found.before, "after": found.after})
        return
    told = f"is at {found.after[:7]}" if found.after is not None else "has no registry yet"
    call.err.line(f"{found.remote} {told}{', as before' if found.after == found.before else ''}")
