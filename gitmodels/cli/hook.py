"""``git models hook``: what a git hook calls."""

import os
import subprocess
import sys

import click

from gitmodels.cli.options import Call, writing
from gitmodels.cli.wording import size as shown
from gitmodels.errors import CheckFailed
from gitmodels.repo import Repo


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@writing
def hook(call: Call, name: str, arguments: tuple[str, ...]) -> None:
    """Do what the git hook NAME is for; git models hooks install lets git call it.

    pre-push and pre-receive refuse to move the registry's branch in a way that loses history or leaves it damaged;
    pre-push then sends the bytes of models that the remote lacks, so that nobody sees a version without them.
    post-merge, post-checkout and post-rewrite keep alias refs in step. A hook that was there before runs first.
    """
    from gitmodels.api import hooks
    from gitmodels.git import hook_files

    # git tells a hook by variables which repository it runs for, and where what was pushed lies until it is accepted.
    repo = Repo.open(".", environ=os.environ)
    given = sys.stdin.buffer.read() if name in ("pre-push", "pre-receive", "post-rewrite") else b""
    older = hook_files.before(repo.git, name)
    if older is not None:
        code = subprocess.run([older, *arguments], input=given, check=False).returncode
        if code:
            raise CheckFailed(f"the hook {older.name} refused (exit code {code})")
    size = hooks.run(repo, name, given.decode("utf-8", "surrogateescape").splitlines(), arguments)
    if size:
        call.err.line(f"sent {shown(size)} of models before the push")
