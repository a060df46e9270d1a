"""Looks a registry over and repairs what is derived.

``examine`` writes nothing. ``fix`` repairs refs and, by forward commits, what can be said again from the registry
itself; it never removes data and never decides what only people can. This room puts the examinations together: of the
state (findings), of the history (published) and of the refs (projection). What the object store lacks and what
leftovers there are, the caller tells.
"""

from collections.abc import Iterable, Sequence

from gitmodels.registry.changes import repair
from gitmodels.registry.findings import Missing, examine_state
from gitmodels.registry.problem import Problem
from gitmodels.registry.published import examine_history
from gitmodels.registry.registry import Registry

_REF_DETAILS = {
    "missing": "the ref is not there",
    "stale": "the ref shows something else than the branch says",
    "foreign": "no alias on the branch asks for this ref",
}


def examine(
    registry: Registry, *, missing: Missing | None = None, leftovers: Iterable[str] = (), history: bool = True
) -> list[Problem]:
    """Everything that is wrong, in a stable order; empty when all is well.

    ``missing`` gives, for the bytes of a manifest.yaml, the digests that the object store lacks; ``leftovers`` are
    paths that interrupted programs left. Raises RegistryNotFound, or InvalidRecord when the branch is no registry.
    """
    state = registry.existing_state()
    state.check_format(writing=False)
    problems = list(examine_state(state, missing))
    if history:
        problems += examine_history(registry.git, state)
    for ref, word in registry.projection.behind(state).items():
        problems.append(Problem(f"ref-{word}", ref, _REF_DETAILS[word], fixable=True))
    problems += [Problem("leftover", path, "left by an interrupted program", fixable=True) for path in leftovers]
    return problems


def fix(registry: Registry, problems: Sequence[Problem]) -> list[Problem]:
    """Repair what can be repaired of ``problems`` and return those that were; leftovers are the caller's to remove.

    Raises Conflict or Locked when the repository cannot be written; what was repaired until then stays repaired.
    """
    fixed = [problem for problem in problems if problem.fixable and _fix_alias(registry, problem)]
    refs = [problem for problem in problems if problem.fixable and problem.kind.startswith("ref-")]
    if refs:
        registry.rebuild()
        behind = registry.projection.behind(registry.existing_state())
        fixed += [problem for problem in refs if problem.where not in behind]
    return fixed


def _fix_alias(registry: Registry, problem: Problem) -> bool:
    if problem.kind not in ("alias-deleted", "alias-summary"):
        return False
    name, _, alias = problem.where.rpartition("@")
    return registry.apply(lambda state, at: repair.alias(state, name, alias, at))
