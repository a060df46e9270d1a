"""A change of the registry's branch by hand, in a work tree of its own: the signatures it brings or moves between.

Whether the tree as a whole is sound and keeps the policy is for ``review/checking.py`` to say.
"""

from gitmodels.errors import GitModelsError
from gitmodels.git.repository import GitRepository
from gitmodels.git.staged import Index
from gitmodels.git.tree import TreeView
from gitmodels.mlmodel.file import MAX_SIZE, NAME, ModelFile
from gitmodels.mlmodel.soundness import Unsound, examine
from gitmodels.patterns import pattern
from gitmodels.registry import layout
from gitmodels.registry.records import AliasRecord, Target
from gitmodels.registry.state import State
from gitmodels.review.schemas import compare_signatures
from gitmodels.review.staged.refusal import Refusal
from gitmodels.review.verdicts import Finding, Verdict

_MODEL_FILE = pattern(rf"{layout.MODELS}/[^/]+/[^/]+/versions/[0-9]+/{NAME}")
_ALIAS = pattern(rf"{layout.MODELS}/[^/]+/[^/]+/aliases/[^/]+\.yaml")


def judge(git: GitRepository, index: Index, *, may_break: bool = False) -> list[Refusal]:
    """The signatures of new versions, and those that an alias would move between."""
    tree = index.tree()
    state = State(TreeView(git.objects, tree=tree), tree)
    refused = []
    for blob in index.staged:
        if blob.before is None and _MODEL_FILE.fullmatch(blob.path):
            data = index.read(blob, MAX_SIZE)
            # Its example is in the object store and was judged when it was registered.
            unsound = Unsound("broken", "too large for an MLmodel file") if data is None else examine(data, None)
            if unsound is not None:
                refused.append(Refusal(blob.path, unsound.text, "register it again, with a signature"))
        elif not may_break and _ALIAS.fullmatch(blob.path):
            refused += _moved(state, blob.path)
    return refused


def _moved(state: State, path: str) -> list[Refusal]:
    try:
        record = state.alias_at(path)
        found = () if record is None else _compared(state, record)
    except GitModelsError:
        return []  # told where the tree is judged
    broken = "; ".join(f"{each.subject}: {each.text}" for each in found if each.verdict >= Verdict.BREAK)
    if not broken:
        return []
    way = "promote it by a pull request: git models promote NAME VERSION ALIAS --pr; or GITMODELS_ALLOW_BREAKING=1"
    return [Refusal(path, f"the move breaks who calls the model: {broken}", way)]


def _compared(state: State, record: AliasRecord) -> tuple[Finding, ...]:
    before, after = (_file(state, record.model, target) for target in (record.previous, record.target))
    if before is None or after is None:
        return ()
    return compare_signatures(before.signature, after.signature)


def _file(state: State, name: str, target: Target) -> ModelFile | None:
    data = None if target.version is None else state.readable(name, target.version, NAME)
    return None if data is None else ModelFile.read(data)
