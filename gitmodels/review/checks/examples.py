"""Whether a model keeps to its own signature: its input example is held against the schema, as callers' data is.

The example is small and is read from the store, or fetched alone; nothing of a model is loaded or run. What the
example says is customers' data at times: no message repeats a value of it.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitmodels.errors import GitModelsError, Invalid
from gitmodels.mlmodel.file import ModelFile
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.registry.state import State
from gitmodels.review.checks.answers import Answer
from gitmodels.review.policy.decisions import Outcome

if TYPE_CHECKING:
    from gitmodels.mlmodel.schema import Schema

# The bytes of one small file of a model.
Read = Callable[[Entry], bytes]
MAX_EXAMPLE = 32 << 20


def judge(state: State, name: str, number: int, read: Read) -> Iterator[Answer]:
    """The signature of a new version: whether there is one, can be read, and takes the input example."""
    subject = f"{name}/{number}"
    data = state.readable(name, number, "MLmodel")
    if data is None:
        return  # files that no flavor loads
    try:
        file = ModelFile.read(data)
        signature = file.signature
    except GitModelsError as error:
        yield Answer("signature", subject, Outcome.VIOLATED, error.message)
        return
    if not file.flavors:
        return
    if signature is None or signature.inputs is None:
        yield Answer(
            "signature", subject, Outcome.WARNED, "there is none: nothing holds callers or outputs to anything"
        )
        return
    if file.saved_input_example_info is None:
        yield Answer("signature", subject, Outcome.PASSED, "can be read; there is no input example to try it on")
        return
    try:
        found = _refused(file, Manifest.from_yaml(state.manifest(name, number)), read)
    except GitModelsError as error:
        text = f"the input example could not be tried: {error.message}"
        yield Answer("signature", subject, Outcome.UNKNOWN, text)
        return
    if found is None:
        yield Answer("signature", subject, Outcome.PASSED, "takes its input example")
    else:
        yield Answer("signature", subject, Outcome.VIOLATED, f"refuses its own input example: {found}")


def _refused(file: ModelFile, manifest: Manifest, read: Read) -> str | None:
    """Why the schema refuses the example, or None. Raises what reading the example raises."""
    from gitmodels.mlmodel.enforce import enforce_params, enforce_schema
    from gitmodels.mlmodel.example import load_example, load_example_params

    info = file.saved_input_example_info or {}
    entries = {entry.path: entry for entry in manifest.entries}
    entry = entries.get(str(info.get("artifact_path")))
    if entry is None:
        return "the MLmodel names one that is not among the files"
    if entry.size > MAX_EXAMPLE:
        raise Invalid(f"it has {entry.size} bytes, the limit is {MAX_EXAMPLE}")
    data = read(entry)
    schema = file.get_input_schema()
    if schema is not None and _plainly_taken(data, info, schema):
        return None
    with tempfile.TemporaryDirectory(prefix="gitmodels-example-") as folder:
        (Path(folder) / Path(entry.path).name).write_bytes(data)
        try:
            example = load_example(Path(folder), info, schema)
            enforce_schema(example, schema)
            params = load_example_params(Path(folder), info)
            if params is not None:
                enforce_params(params, file.get_params_schema())
        except Invalid as error:
            return error.message
    return None


def _plainly_taken(data: bytes, info: Mapping[str, Any], schema: "Schema") -> bool:
    """Whether a table of named columns is taken value by value, which spares loading pandas; any doubt is a no."""
    from gitmodels.mlmodel.payload import read_json
    from gitmodels.mlmodel.plain import enforce_plain

    if info.get("type") != "dataframe" or info.get("params") or schema.is_tensor_spec() or not schema.has_input_names():
        return False
    try:
        body = read_json(data, what="the input example")
        columns, rows = body["columns"], body["data"]
        if len(set(columns)) != len(columns) or not rows or any(len(row) != len(columns) for row in rows):
            return False
        enforce_plain({name: [row[place] for row in rows] for place, name in enumerate(columns)}, schema)
    except (GitModelsError, KeyError, TypeError):
        return False
    return True
