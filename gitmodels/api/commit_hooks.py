"""The hooks that judge what a commit takes in: which questions are asked of which staged files, and how it is told.

This room joins the index with the judges of ``gitmodels.review.staged``. Where nothing of ours is staged it costs a
question to git and no more.
"""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gitmodels.errors import CheckFailed, NotEvaluated
from gitmodels.git.staged import Index
from gitmodels.registry import layout, pins
from gitmodels.repo import Repo

if TYPE_CHECKING:
    from gitmodels.review.staged.refusal import Refusal

# Says that those who call a model were told that its signature breaks.
ALLOW_BREAKING = "GITMODELS_ALLOW_BREAKING"
_RECORDS = (f"{layout.MODELS}/", layout.REGISTRY_FILE)
_SHOWN = 20


def judge(repo: Repo, questions: Sequence[str], named: Sequence[str], environ: Mapping[str, str]) -> None:
    """Ask ``questions`` of the staged files, or of those that are ``named``, as the index has them.

    Raises CheckFailed with what is refused, NotEvaluated when nothing is but something could not be judged.
    """
    if repo.git.work_tree is None:
        return
    index = Index(repo.git, environ)
    paths = [_from_top(repo, path) for path in named] or [blob.path for blob in index.staged]
    refused: list[Refusal] = []
    if "no-binaries" in questions and paths:
        from gitmodels.review.staged import binaries

        refused += binaries.judge(index, paths if named else None)
    if any(path.startswith(_RECORDS) for path in [*paths, *index.removed]) and index.at([layout.REGISTRY_FILE]):
        refused += _of_registry(repo, index, questions, environ)
    elif ours := [path for path in paths if _is_ours(index, path)]:
        refused += _of_code(repo, index, questions, ours, _may_break(environ))
    _tell(list(dict.fromkeys(refused)))


def _of_registry(repo: Repo, index: Index, questions: Sequence[str], environ: Mapping[str, str]) -> "list[Refusal]":
    """The registry's branch, checked out and edited by hand: held to what is asked before a change of it is merged."""
    refused = []
    if "validate" in questions:
        from gitmodels.api import change_checks
        from gitmodels.review.policy.decisions import Outcome
        from gitmodels.review.staged.refusal import Refusal

        way = "git models check --staged tells all of it"
        for each in change_checks.check(repo, staged=True, index=environ.get("GIT_INDEX_FILE")).answers:
            # Whether files were sent is asked when the branch is pushed.
            if each.outcome in (Outcome.VIOLATED, Outcome.UNKNOWN) and each.check != "objects":
                undecided = each.outcome is Outcome.UNKNOWN
                refused.append(Refusal(each.subject or each.check, f"{each.check}: {each.text}", way, undecided))
    if "signature" in questions:
        from gitmodels.review.staged import records

        refused += records.judge(repo.git, index, may_break=_may_break(environ))
    return refused


def _may_break(environ: Mapping[str, str]) -> bool:
    return environ.get(ALLOW_BREAKING, "") not in ("", "0")


def _of_code(
    repo: Repo, index: Index, questions: Sequence[str], paths: Sequence[str], may_break: bool
) -> "list[Refusal]":
    from gitmodels.review.staged import locks, models

    refused = []
    if "validate" in questions:
        refused += models.unreadable(index, paths)
        refused += locks.unreadable(index) if pins.FILE in paths else []
    if "signature" in questions:
        refused += models.judge(index, paths, may_break=may_break)
        if pins.FILE in paths:
            state = repo.registry.state()
            refused += locks.judge(index, state if state.commit is not None else None, may_break=may_break)
    return refused


def _is_ours(index: Index, path: str) -> bool:
    """Whether a file is judged here: an MLmodel, the pins, or JSON beside an MLmodel, which may be its example."""
    folder, slash, name = path.rpartition("/")
    if name.endswith(".json"):
        return bool(index.at([f"{folder}{slash}MLmodel"]))
    return name == "MLmodel" or path == pins.FILE


def _from_top(repo: Repo, path: str) -> str:
    """A path as the framework, or a person in a folder, names it, counted from the top of the work tree."""
    top = os.path.realpath(repo.git.work_tree or ".")
    return os.path.relpath(os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path)), top)


def _tell(refused: "list[Refusal]") -> None:
    if not refused:
        return
    lines = []
    for each in refused[:_SHOWN]:
        lines.append(f"{each.path}: {each.text}")
        lines += [f"  → {each.way}"] if each.way else []
    if len(refused) > _SHOWN:
        lines.append(f"… and {len(refused) - _SHOWN} more")
    if all(each.undecided for each in refused):
        raise NotEvaluated("what is staged could not be judged", told=tuple(lines))
    way = "git commit --no-verify leaves it to the server"
    raise CheckFailed("this commit is refused", told=tuple(lines), hint=way)
