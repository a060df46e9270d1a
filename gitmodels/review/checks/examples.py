"""Whether a model keeps to its own signature: its input example is held against the schema, as callers' data is.

The example is small and is read from the store, or fetched alone; nothing of a model is loaded or run. What the
example says is customers' data at times: no message repeats a value of it.
"""

from collections.abc import Callable, Iterator

from gitmodels.errors import GitModelsError, Invalid
from gitmodels.mlmodel import soundness
from gitmodels.mlmodel.soundness import UNDECIDED, Unsound
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.registry.state import State
from gitmodels.review.checks.answers import Answer
from gitmodels.review.policy.decisions import Outcome

# The bytes of one small file of a model.
Read = Callable[[Entry], bytes]
MAX_EXAMPLE = 32 << 20
_NONE = "there is none: nothing holds callers or outputs to anything"


def judge(state: State, name: str, number: int, read: Read) -> Iterator[Answer]:
    """The signature of a new version: whether there is one, can be read, and takes the input example."""
    subject = f"{name}/{number}"
    data = state.readable(name, number, "MLmodel")
    if data is None:
        return  # files that no flavor loads
    file = soundness.opened(data)
    if isinstance(file, Unsound):
        yield Answer("signature", subject, Outcome.VIOLATED, file.text)
        return
    if not file.flavors:
        return
    try:
        found = soundness.examine_file(file, _reader(state, name, number, read))
    except GitModelsError as error:
        text = f"the input example could not be tried: {error.message}"
        yield Answer("signature", subject, Outcome.UNKNOWN, text)
        return
    if file.signature is None or file.signature.inputs is None:
        yield Answer("signature", subject, Outcome.WARNED, _NONE)
    elif found is not None:
        outcome = Outcome.UNKNOWN if found.kind == UNDECIDED else Outcome.VIOLATED
        yield Answer("signature", subject, outcome, found.text)
    elif file.saved_input_example_info is None:
        yield Answer("signature", subject, Outcome.PASSED, "can be read; there is no input example to try it on")
    else:
        yield Answer("signature", subject, Outcome.PASSED, "takes its input example")


def _reader(state: State, name: str, number: int, read: Read) -> Callable[[str], bytes | None]:
    def find(path: str) -> bytes | None:
        manifest = Manifest.from_yaml(state.manifest(name, number))
        entry = next((entry for entry in manifest.entries if entry.path == path), None)
        if entry is None:
            return None
        if entry.size > MAX_EXAMPLE:
            raise Invalid(f"it has {entry.size} bytes, the limit is {MAX_EXAMPLE}")
        return read(entry)

    return find
