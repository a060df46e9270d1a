"""Model directories in a code repository: their MLmodel files, as staged.

A signature that is missing, cannot be read, is violated by the model's own example, or breaks who called the version
of the last commit, is refused. What the weights say is nobody's business here.
"""

import posixpath
from collections.abc import Iterable

from gitmodels.errors import GitModelsError
from gitmodels.git.staged import Blob, Index
from gitmodels.mlmodel import file as model_file
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.payload import MAX_BYTES
from gitmodels.mlmodel.signature import ModelSignature
from gitmodels.mlmodel.soundness import MISSING, UNDECIDED, Unsound, examine
from gitmodels.review.schemas import compare_signatures
from gitmodels.review.staged.refusal import Refusal
from gitmodels.review.verdicts import Verdict

NAME = model_file.NAME
_PATTERN = "**/MLmodel"
_WAYS = {
    MISSING: "log it with signature= or input_example=, or gitmodels.models.set_signature(DIR, signature)",
    UNDECIDED: "install it where the hook runs: additional_dependencies of the hook, or pip install",
}


def is_model_file(path: str) -> bool:
    """Whether ``path`` is that of an MLmodel file."""
    return posixpath.basename(path) == NAME


def concerned(index: Index, paths: Iterable[str]) -> list[Blob]:
    """The MLmodel files of the index that ``paths`` touch: themselves, or in the folder or above of a JSON file."""
    wanted: dict[str, None] = {}
    for path in paths:
        if is_model_file(path):
            wanted[path] = None
        elif path.endswith(".json"):
            wanted[posixpath.join(posixpath.dirname(path), NAME)] = None
    return index.at(wanted)


def judge(index: Index, paths: Iterable[str], *, may_break: bool = False) -> list[Refusal]:
    """What speaks against the models that ``paths`` touch. ``may_break``: their callers were told."""
    found = concerned(index, paths)
    before = {blob.path: blob.before for blob in index.renamed(_PATTERN)} if found else {}
    refused = []
    for blob in found:
        data = _text(index, blob)
        unsound = (
            Unsound("broken", "it is no regular file, or too large") if data is None else _examined(index, blob, data)
        )
        if unsound is not None:
            way = _WAYS.get(unsound.kind, "mend it, or save the model again")
            refused.append(Refusal(blob.path, unsound.text, way, unsound.kind == UNDECIDED))
        elif data is not None and not may_break and (older := before.get(blob.path)) is not None:
            refused += _broken(index, blob, data, older)
    return refused


def unreadable(index: Index, paths: Iterable[str]) -> list[Refusal]:
    """The MLmodel files among ``paths`` that cannot be read as such."""
    refused = []
    for blob in index.at(path for path in paths if is_model_file(path)):
        data = _text(index, blob)
        try:
            if data is None:
                refused.append(Refusal(blob.path, "it is no regular file, or too large for an MLmodel file"))
            else:
                ModelFile.read(data)
        except GitModelsError as error:
            refused.append(Refusal(blob.path, error.message, "save the model again, or mend the file"))
    return refused


def _text(index: Index, blob: Blob) -> bytes | None:
    return index.read(blob, model_file.MAX_SIZE) if blob.is_regular else None


def _examined(index: Index, blob: Blob, data: bytes) -> Unsound | None:
    def read(name: str) -> bytes | None:
        beside = index.at([posixpath.normpath(posixpath.join(posixpath.dirname(blob.path), name))])
        return index.read(beside[0], MAX_BYTES) if beside and beside[0].is_regular else None

    return examine(data, read)


def _broken(index: Index, blob: Blob, data: bytes, older: str) -> list[Refusal]:
    """The changes of the signature since the last commit that break its callers."""
    if older == blob.oid:
        return []
    before = _signature(index.read_id(older, model_file.MAX_SIZE))
    after = _signature(data)
    if before is None:
        return []  # what was not there, or could not be read, nobody relied on
    found = [each for each in compare_signatures(before, after) if each.verdict >= Verdict.BREAK]
    told = "; ".join(f"{each.subject}: {each.text}" for each in found)
    way = "tell them, then commit with GITMODELS_ALLOW_BREAKING=1"
    return [Refusal(blob.path, f"its signature breaks who calls the model: {told}", way)] if found else []


def _signature(data: bytes | None) -> ModelSignature | None:
    try:
        return None if data is None else ModelFile.read(data).signature
    except (GitModelsError, TypeError, KeyError, ValueError, RecursionError):
        return None
