"""What in a model's signature breaks those who call the model before it. Reads two MLmodel files, runs nothing."""

from typing import TYPE_CHECKING

from gitmodels.mlmodel.file import ModelFile

if TYPE_CHECKING:
    from gitmodels.mlmodel.signature import ModelSignature


def breaks(former: bytes | None, found: bytes | None) -> tuple[str, ...]:
    """One line for each thing in the second MLmodel that breaks callers of the first; None where there is no such file.

    Raises Invalid when one of the signatures cannot be read.
    """
    from gitmodels.review.schemas import compare_signatures
    from gitmodels.review.verdicts import Verdict

    findings = compare_signatures(_signature(former), _signature(found))
    return tuple(f"{each.subject}: {each.text}" for each in findings if each.verdict is Verdict.BREAK)


def _signature(data: bytes | None) -> "ModelSignature | None":
    return ModelFile.read(data).signature if data is not None else None
