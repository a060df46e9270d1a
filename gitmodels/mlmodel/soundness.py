"""Whether a model's signature is there, can be read, and accepts the model's own input example.

Judged from the MLmodel file and the example's JSON alone: nothing of the model is imported, unpickled or run. What
bytes they are and where they lie is known above.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gitmodels.errors import GitModelsError, MissingDependency
from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.file import ModelFile
from gitmodels.values import frozen

if TYPE_CHECKING:
    from gitmodels.mlmodel.schema import Schema

MISSING, BROKEN, VIOLATED, UNDECIDED = "missing", "broken", "violated", "undecided"
NOTHING_SAID = "the model has no signature: nobody can say what it takes and gives"

# The types of JSON that need no second look, by the names of column types.
_KINDS: dict[str, type] = {"string": str, "boolean": bool, "long": int, "integer": int, "double": float}

# The bytes of a file of the model by its name; None where there is none, or where it is too large to be read.
ReadFile = Callable[[str], bytes | None]


@frozen
class Unsound:
    """What is wrong in words, and its kind: ``missing``, ``broken``, ``violated``, or ``undecided``.

    ``undecided``: it takes a package to tell that is not installed.
    """

    kind: str
    text: str


def opened(data: bytes) -> ModelFile | Unsound:
    """The MLmodel file ``data``, whose signature can be read; else what is wrong with it."""
    try:
        file = ModelFile.read(data)
        if file.flavors:
            file.signature  # noqa: B018 - is read at the first look, and kept
    except GitModelsError as error:
        return Unsound(BROKEN, error.message)
    except (TypeError, KeyError, ValueError, RecursionError) as error:
        return Unsound(BROKEN, f"the signature cannot be read ({type(error).__name__})")
    return file


def examine(data: bytes, read: ReadFile | None) -> Unsound | None:
    """What is wrong with the signature in the MLmodel file ``data``; None for a sound one, and for plain files.

    Without ``read`` the input example is left out. Raises what ``read`` raises.

    >>> examine(b"flavors: {}", None) is None
    True
    """
    file = opened(data)
    return file if isinstance(file, Unsound) else examine_file(file, read)


def examine_file(file: ModelFile, read: ReadFile | None) -> Unsound | None:
    """The same for a file that was ``opened``."""
    if not file.flavors:
        return None
    if file.signature is None:
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
    if _plainly_taken(raw, info, file.signature.inputs):
        return None
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


def _plainly_taken(data: bytes, info: Mapping[str, Any], schema: "Schema | None") -> bool:
    """Whether a table has what every column wants at a glance, which spares loading pandas; any doubt is a no."""
    if info.get("type") != "dataframe" or info.get("params") or schema is None:
        return False
    if schema.is_tensor_spec() or not schema.has_input_names():
        return False
    from gitmodels.mlmodel.payload import read_json

    try:
        body = read_json(data, what="the input example")
        columns, rows = body["columns"], body["data"]
        if len(set(columns)) != len(columns) or not rows or any(len(row) != len(columns) for row in rows):
            return False
        places = [columns.index(spec.name) for spec in schema]
        return all(_fits(row[place], spec.type) for spec, place in zip(schema, places, strict=True) for row in rows)
    except (GitModelsError, KeyError, TypeError, ValueError):
        return False


def _fits(value: object, wanted: object) -> bool:
    """Whether a value of JSON is surely one of the column type ``wanted``."""
    kind = _KINDS.get(wanted.name) if isinstance(wanted, DataType) else None
    if kind is None or type(value) is not kind:
        return False
    return not isinstance(value, int) or -(2**31) <= value < 2**31
