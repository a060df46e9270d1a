"""What ``check`` judges: from branches, commits, the index or a merge in memory to the states that are compared.

This room joins registry, store and remotes of a Repo; the judging is done in ``review``. Nothing is written, and of
models nothing is fetched but an input example that is not here.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from gitmodels.digest import Digest
from gitmodels.errors import Invalid, RemoteError
from gitmodels.git import merging
from gitmodels.git.naming import commit_named
from gitmodels.git.tree import TreeView
from gitmodels.objects.manifest import Manifest
from gitmodels.registry import layout
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.review import checking
from gitmodels.review.checking import Checked, Outside, Proposal
from gitmodels.review.code_branches import on_branch
from gitmodels.review.signed_changes import signed_by

if TYPE_CHECKING:
    from gitmodels.remotes.catalogue import Catalogue


def check(
    repo: Repo,
    *,
    base: str | None = None,
    head: str | None = None,
    staged: bool = False,
    merge_result: bool = False,
    index: str | None = None,
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> Checked:
    """Judge a change of the registry: by default what the branch here has and the remote-tracking branch lacks.

    ``base`` and ``head`` name commits or branches; ``merge_result`` judges what merging them would give; ``staged``
    judges the index of a work tree that has the registry checked out (``index``: another file of it). Raises NotFound
    for what names no commit, RegistryNotFound, Invalid for commits that are no registry.
    """
    when = clock()
    with _proposal(repo, base, head, staged=staged, merge_result=merge_result, index=index) as proposal:
        signed = signed_by(proposal.base, proposal.after, when)
        outside = Outside(when, _Presence(repo).lacking, repo.store.read, _branches(repo), signed)
        return checking.check(repo.git, proposal, outside)


@contextlib.contextmanager
def _proposal(
    repo: Repo, base: str | None, head: str | None, *, staged: bool, merge_result: bool, index: str | None
) -> Iterator[Proposal]:
    git = repo.git
    if staged:
        with merging.staged(git, index) as found:
            before = _state(repo, commit_named(git, base or "HEAD"))
            yield Proposal(before, before, _tree_state(found), None, found.conflicts)
        return
    new = commit_named(git, head) if head is not None else repo.registry.existing_state().commit or ""
    published = repo.registry.published()
    if base is None and published is None:
        whole = _state(repo, new)
        yield Proposal(whole, State(TreeView(git.objects), None), whole, new)
        return
    old = commit_named(git, base) if base is not None else str(published and published.commit)
    start = merging.merge_base(git, old, new)
    before, after = _state(repo, old), _state(repo, new)
    if start is None:
        yield Proposal(before, None, after, new)
    elif merge_result and start not in (old, new):
        with merging.merged(git, old, new) as found:
            yield Proposal(before, before, _tree_state(found), new, found.conflicts)
    else:
        yield Proposal(before, _state(repo, start), after, new)


def _state(repo: Repo, commit: str) -> State:
    state = repo.registry.state_of(commit)
    if state.tree.oid(layout.REGISTRY_FILE) is None:
        raise Invalid(
            f"{commit[:10]} is no registry: it has no {layout.REGISTRY_FILE}",
            hint="name commits of the registry's branch with --base and --head",
        )
    return state


def _tree_state(found: merging.Merged) -> State:
    return State(TreeView(found.objects, tree=found.tree), None)


class _Presence:
    """Where the bytes of versions are: the store is asked, then what the remotes list, each once."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo

    def lacking(self, manifest: Manifest) -> Sequence[Digest]:
        """The objects that are neither here nor listed by a remote. Raises RemoteError when one cannot be asked."""
        missing = self._repo.store.missing(manifest)
        if not missing:
            return ()
        known, trouble = self._catalogues
        lacking = [each for each in missing if not any(found.has(bytes.fromhex(each)) for found in known)]
        if lacking and trouble is not None:
            raise trouble
        return lacking

    @cached_property
    def _catalogues(self) -> "tuple[list[Catalogue], RemoteError | None]":
        from gitmodels.remotes.catalogue import Catalogue

        found, trouble = [], None
        for remote in self._repo.remotes():
            catalogue = Catalogue(self._repo.store, remote)
            try:
                catalogue.refresh()
                found.append(catalogue)
            except RemoteError as error:
                trouble = error
        return found, trouble


def _branches(repo: Repo) -> Callable[[str, str], bool | None]:
    return lambda commit, branch: on_branch(repo.git, commit, branch)
