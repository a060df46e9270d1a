"""Setting up CI: the files of a host, on the registry's branch or beside code.

This room joins templates with a repository; what a host makes of them it cannot know.
"""

import os
from pathlib import Path

import gitmodels
from gitmodels.api.ci import github, gitlab
from gitmodels.errors import AlreadyExists, Invalid
from gitmodels.patterns import pattern
from gitmodels.registry.changes import beside
from gitmodels.repo import Repo

HOSTS = {"github": github, "gitlab": gitlab}
# What may stand in a workflow as it is.
_PLAIN_BRANCH = pattern(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


def set_up(repo: Repo, host: str, *, force: bool = False) -> list[str]:
    """Write the files of ``host`` onto the registry's branch; the paths that changed. Raises AlreadyExists, Invalid."""
    files = HOSTS[host].registry(_branch(repo), gitmodels.__version__)
    subject = f"check proposals with {host}"
    return repo.registry.apply(lambda state, at: beside.put(state, files, subject, force=force))


def set_up_code(repo: Repo, host: str, *, force: bool = False) -> list[str]:
    """Write the file of ``host`` for code into the work tree; the paths that changed. Raises AlreadyExists, Invalid."""
    top = repo.git.work_tree
    if top is None:
        raise Invalid(f"{repo.location} is bare: it has no code", hint="run it in a clone")
    files = HOSTS[host].code(_branch(repo), gitmodels.__version__)
    changed = [path for path, text in files.items() if _there(top / path) != text]
    for path in changed:
        if os.path.lexists(top / path) and not force:
            raise AlreadyExists(f"{path} is there and says something else", hint="--force")
    for path in changed:
        _write(top / path, files[path])
    return changed


def _there(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Invalid(f"cannot write {path}: {error.strerror}") from None


def _branch(repo: Repo) -> str:
    branch = repo.registry.branch.ref.removeprefix("refs/heads/")
    if not _PLAIN_BRANCH.fullmatch(branch):
        raise Invalid(
            f"the branch {branch[:100]!r} cannot be written into a workflow as it is", hint="write it by hand"
        )
    return branch
