"""What libgit2 does elsewhere, for repositories that it cannot open (SHA-256 object ids): git itself is asked.

This room knows which questions these are: whose the repository is, where its work tree is, and in what state.
"""

import os
from pathlib import Path

from gitmodels.errors import Invalid, NotSupported
from gitmodels.git import program
from gitmodels.git.code_state import CodeState, git_says_clean
from gitmodels.git.config import Config
from gitmodels.git.discovery import Place, is_plain


def check(place: Place, config: Config, is_own: bool) -> None:
    """Raise what speaks against reading the repository at ``place``: Invalid for a foreign owner, or NotSupported."""
    folder = place.work_tree or (place.git_dir.parent if place.git_dir.name == ".git" else place.git_dir)
    if not config.is_listed:
        if program.output(["--version"]) is None:
            raise NotSupported("a SHA-256 repository needs git on PATH", hint="install git 2.29 or newer")
        raise NotSupported("git itself does not open this repository", hint=f"git -C '{folder}' status tells why")
    if not is_own and program.output(["-C", str(folder), "rev-parse", "--git-dir"]) is None:
        raise Invalid(
            f"git detected dubious ownership: {folder} is not owned by the current user",
            hint=f"if you trust it: git config --global --add safe.directory '{folder}'",
        )
    known = {key: value for key, value in config.own_values().items() if key != "core.worktree"}
    known = {key: value for key, value in known.items() if key != "extensions.worktreeconfig"}
    if not is_plain(known):
        extensions = ", ".join(sorted(key for key in known if key.startswith("extensions.")))
        raise NotSupported(f"this git repository cannot be opened: one of {extensions} is not known here")


def work_tree(git_dir: Path) -> Path | None:
    """The work tree of the repository, None for a bare one."""
    bare = program.output([f"--git-dir={git_dir}", "rev-parse", "--is-bare-repository"])
    if bare is None or bare.strip() == b"true":
        return None
    # From inside its git folder git tells the work tree that the config names.
    said = program.output(["-C", str(git_dir), f"--git-dir={git_dir}", "config", "core.worktree"])
    if said is None:
        return git_dir.parent if git_dir.name == ".git" else None
    return Path(os.path.realpath(git_dir / os.fsdecode(said.rstrip(b"\n"))))


def code_state(git_dir: Path, work_tree: Path | None) -> CodeState:
    """As ``code_state.read``: what cannot be read counts as dirty."""
    where = f"--git-dir={git_dir}"
    symbolic = program.output([where, "symbolic-ref", "-q", "HEAD"])
    commit = program.output([where, "rev-parse", "-q", "--verify", "HEAD^{commit}"])
    if symbolic is None and commit is None:
        return CodeState(None, True, None)
    branch = None if symbolic is None else os.fsdecode(symbolic).strip().removeprefix("refs/heads/")
    dirty = work_tree is not None and not git_says_clean(git_dir, work_tree)
    return CodeState(None if commit is None else commit.decode().strip(), dirty, branch)
