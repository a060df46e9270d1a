"""``git models hook``: what a git hook calls, and the pre-commit framework."""

import os
import sys

import click

from gitmodels.cli.options import Call, writing
from gitmodels.errors import CheckFailed
from gitmodels.repo import Repo

_READING = ("pre-push", "pre-receive", "post-rewrite")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@writing
def hook(call: Call, name: str, arguments: tuple[str, ...]) -> None:
    """Do what the git hook NAME is for; git models hooks install lets git call it.

    pre-commit judges what is staged: models whose signature is missing, broken, violated by their own example or
    breaking for who calls them, models.lock likewise, and weights, which belong in the store. pre-push and
    pre-receive refuse to move the registry's branch in a way that loses history or leaves it damaged, and pre-push
    pins of what is not published; it then sends the bytes of models that the remote lacks, so that nobody sees a
    version without them. pre-receive refuses also what breaks the policy, and moves of protected aliases that nothing
    shows a review of. post-merge, post-checkout and post-rewrite keep alias refs in step. A hook that was there before
    runs first.

    For the pre-commit framework the questions stand alone: validate, signature, no-binaries [FILE]..., pushed-objects.
    """
    from gitmodels.api import hooks
    from gitmodels.git import hook_files

    # git tells a hook by variables which repository it runs for, and where what was pushed lies until it is accepted.
    repo = Repo.open(".", environ=os.environ)
    given = sys.stdin.buffer.read() if name in _READING else b""
    older = hook_files.before(repo.git, name) if name in hooks.NAMES else None
    if older is not None:
        import subprocess

        code = subprocess.run([older, *arguments], input=given, check=False).returncode
        if code:
            raise CheckFailed(f"the hook {older.name} refused (exit code {code})")
    lines = given.decode("utf-8", "surrogateescape").splitlines()
    size = hooks.run(repo, name, hooks.Given(lines, arguments, os.environ))
    if size:
        from gitmodels.cli.wording import size as shown

        call.err.line(f"sent {shown(size)} of models before the push")
