"""What ``git models diff`` compares: from what people write to two sides, and their comparison.

This room knows where each kind of REF is looked up; what differs is the review's to say. Nothing is fetched, stored
or run.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gitmodels.api import context
from gitmodels.errors import GitModelsError, Invalid, NotFound
from gitmodels.git.revisions import commit_of
from gitmodels.registry.layout import POLICY_FILE
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.review.measurements import of_run
from gitmodels.review.registries import comparison
from gitmodels.review.report import Comparison
from gitmodels.review.sides import Side, files_of, of_version
from gitmodels.uris import ModelRef, RemoteRef, RunRef, check_whole, parse_ref, parse_uri

if TYPE_CHECKING:
    from gitmodels.api.content import Content

CHAMPION = "champion"


def diff(repo: Repo, old: str, new: str | None = None, *, values: bool = False) -> Comparison:
    """Two versions, runs' models or folders compared; two commits of the registry for ``A..B``.

    Of a name or REF alone it is compared with the latest version: ``fraud`` is its champion, or the version before.
    With ``values`` the changed tensors of two versions are read, and told by how much they differ. Raises Invalid for
    ``values`` of commits, and what looking either up raises.
    """
    if new is None and ".." in old and not old.startswith((".", "/")):
        if values:
            raise Invalid("values are compared of two versions", hint="git models diff --values fraud/7 fraud/8")
        return between_commits(repo, *old.split("..", 1))
    if new is None:
        first, second = _alone(repo, parse_ref(old))
        return comparison(first, second, lambda: repo.store, _directions(repo, second), values=values)
    first, place = _side(repo, old)
    second, other = _side(repo, new)
    store = (lambda: place.store) if place is not None and place is other else None
    return comparison(first, second, store, _directions(repo, second), values=values)


def _directions(repo: Repo, side: Side) -> dict[str, str]:
    """Which way the metrics of a model are better, where the registry's policy says it."""
    if not side.measurements:
        return {}
    from gitmodels.review.policy import reading

    try:
        return reading.read(repo.registry.state().tree.read(POLICY_FILE)).directions(side.name)
    except GitModelsError:
        return {}  # a policy that cannot be read is told where it is asked


def between_commits(repo: Repo, old: str, new: str) -> Comparison:
    """What two commits of the registry's branch differ in; an empty name is the branch's tip."""
    from gitmodels.review.registries import compare_states

    states = [_state_at(repo, text.removeprefix(".")) for text in (old, new)]
    return compare_states(states[0], states[1], (old, new), lambda: repo.store)


def _state_at(repo: Repo, text: str) -> State:
    if not text:
        return repo.registry.existing_state()
    state = repo.registry.state_of(commit_of(repo.git, text))
    state.format()  # another branch's commit is refused here, in words
    return state


def _alone(repo: Repo, ref: ModelRef) -> tuple[Side, Side]:
    state = repo.registry.existing_state()
    name = state.follow(ref.name)
    numbers = state.numbers(name) if not ref.model_id else []
    if str(ref) == ref.name and numbers:
        known = state.aliases(name)
        before = known.get(CHAMPION, numbers[-2] if len(numbers) > 1 else numbers[-1])
        older = state.version(name, before)
    else:
        older = state.resolve(ref)
        name = older.name
    latest = state.resolve(ModelRef(name=name, latest=True))
    return of_version(state, older), of_version(state, latest)


def _side(repo: Repo, text: str) -> tuple[Side, Repo | None]:
    """The side that ``text`` names, and the repository whose store may hold its files."""
    ref = parse_uri(text)
    if isinstance(ref, RemoteRef):
        far, text = context.located(text)
        return _side(far, text)
    if isinstance(ref, RunRef):
        return _of_run(repo, ref), repo
    if isinstance(ref, ModelRef):
        return _registered(repo, ref), repo
    try:
        return _registered(repo, parse_ref(text)), repo
    except (Invalid, NotFound):
        # A relative path may read as a REF; what is registered counts first, as everywhere.
        if not os.path.isdir(text):
            raise
        from gitmodels.review.folders import of_folder

        return of_folder(Path(text)), None


def _registered(repo: Repo, ref: ModelRef) -> Side:
    check_whole(ref)
    state = repo.registry.existing_state()
    if ref.model_id is not None:
        try:
            return of_version(state, state.resolve(ref))
        except GitModelsError:
            from gitmodels.api import content

            return _of_content(content.of_ref(repo, ref, str(ref)), str(ref))
    return of_version(state, state.resolve(ref))


def _of_run(repo: Repo, ref: RunRef) -> Side:
    from gitmodels.api import content

    return _of_content(content.of_run(repo, ref), ref.uri)


def _of_content(found: "Content", label: str) -> Side:
    """The side of a model that a run logged and nobody registered."""
    side = Side(label, None, files_of(found.manifest), found.readable)
    model = side.mlmodel
    params = found.run.get("params")
    return Side(
        name=label,
        number=None,
        files=side.files,
        readable=found.readable,
        manifest=found.manifest,
        model_id=found.manifest.model_id,
        code_execution=found.code_execution,
        flavors=() if model is None or isinstance(model, Exception) else tuple(sorted(model.flavors)),
        measurements=tuple(of_run(found.run)),
        params=params if isinstance(params, dict) else {},
        code=dict(found.code),
        run=str(found.run.get("id") or "") or None,
    )
