"""One thing that is wrong with a registry, as doctor tells it.

This room is a vocabulary: kinds are words that programs may rely on, details are for people.
"""

from gitmodels.values import frozen

# kind -> what it means. Those in NOTES are no damage.
KINDS = {
    "ref-missing": "an alias has no ref",
    "ref-stale": "an alias ref shows another version than the branch",
    "ref-foreign": "an alias ref without an alias",
    "alias-deleted": "an alias points at a deleted version",
    "alias-dangling": "an alias points at a version that is not there",
    "alias-manifest": "an alias was approved with other content than its version has",
    "alias-summary": "the summary in an alias file is not what its version says",
    "record-damaged": "a file of the registry cannot be read as what it should be",
    "model-missing": "versions without a model.yaml",
    "manifest-damaged": "a version's manifest.yaml is missing or broken",
    "objects-missing": "the object store lacks bytes of a version",
    "number-gap": "a number below the highest was never given or is gone",
    "version-edited": "a published version was changed afterwards",
    "evaluation-edited": "an evaluation was changed or removed afterwards",
    "approval-edited": "a signed approval was changed or removed afterwards",
    "evaluation-other": "an evaluation of other content than its version has",
    "version-vanished": "a published version is gone",
    "version-stray": "a version of a model that was moved or deleted",
    "history-rewritten": "the branch would lose commits that others have seen",
    "history-damaged": "older commits cannot be read",
    "history-incomplete": "this clone lacks older commits: they were not examined",
    "name-case": "names that differ in case only",
    "path-unknown": "something that is no record of ours among the records",
    "setting-unknown": "a setting in git's config that nobody reads, or a value that means nothing",
    "leftover": "what an interrupted program left",
}
NOTES = frozenset({"evaluation-other", "history-incomplete", "name-case", "path-unknown", "setting-unknown"})


@frozen
class Problem:
    """What is wrong (``kind``, a key of KINDS), where (a path, ref or name), in words; whether ``fix`` repairs it."""

    kind: str
    where: str
    detail: str
    fixable: bool = False

    @property
    def is_note(self) -> bool:
        """Whether it is only worth knowing."""
        return self.kind in NOTES
