"""Whether a model's signature is there, can be read, and accepts the model's own input example.

Judged from the MLmodel file and the example's JSON alone: nothing of the model is imported, unpickled or run. What
bytes they are and where they lie is known above.
"""

from collections.abc import Callable

from gitmodels.errors import GitModelsError, MissingDependency
from gitmodels.mlmodel.file import ModelFile
from gitmodels.values import frozen

MISSING, BROKEN, VIOLATED, UNDECIDED = "missing", "broken", "violated", "undecided"
NOTHING_SAID = "the model has no signature: nobody can say what it takes and gives"

# The bytes of a file of the model by its name; None where there is none, or where it is too large to be read.
ReadFile = Callable[[str], bytes | None]


@frozen
class Unsound:
    """What is wrong in words, and its kind: ``missing``, ``broken``, ``violated``, or ``undecided``.

    ``undecided``: it takes a package to tell that is not installed.
    """

    kind: str
    text: str


def examine(data: bytes, read: ReadFile | None) -> Unsound | None:
    """What is wrong with the signature in the MLmodel file ``data``; None for a sound one, and for plain files.

    Without ``read`` the input example is left out.

    >>> examine(b"flavors: {}", None) is None
    True
    """
    try:
        file = ModelFile.read(data)
        if not file.flavors:
            return None
        signature = file.signature
    except GitModelsError as error:
        return Unsound(BROKEN, error.message)
    except (TypeError, KeyError, ValueError, RecursionError) as error:
        return Unsound(BROKEN, f"the signature cannot be read ({type(error).__name__})")
    if signature is None:
        return Unsound(MISSING, NOTHING_SAID)
    return None if read is None else _example(file, read)


def _example(file: ModelFile, read: ReadFile) -> Unsound | None:
    info = file.saved_input_example_info
    if info is None or file.signature is None or file.type_hint_from_example:
        return None
    name = info.get("artifact_path")
    if not isinstance(name, str):
        return Unsound(BROKEN, "the input example has no file name")
    raw = read(name)
    if raw is None:
        return Unsound(BROKEN, f"the input example {name[:80]} is not there")
    # Only here: numpy, and pandas for tables, cost more than all else.
    from gitmodels.mlmodel.enforce import enforce_params, enforce_schema
    from gitmodels.mlmodel.example import read_example

    try:
        data, params = read_example(raw, info, file.signature.inputs)
        enforce_schema(data, file.signature.inputs)
        if params and file.signature.params is not None:
            enforce_params(params, file.signature.params)
    except MissingDependency as error:
        return Unsound(UNDECIDED, f"{error.message}{f' ({error.hint})' if error.hint else ''}")
    except GitModelsError as error:
        return Unsound(VIOLATED, f"the signature and the model's own input example do not agree: {error.message}")
    except ModuleNotFoundError as error:
        return Unsound(UNDECIDED, f"the input example cannot be read without {error.name}")
    return None
