"""``models.lock``, as staged: that it can be read, and that no pin breaks the code without a reason.

Judged from the file alone, beside that of the last commit; where this repository has the pinned version, its content
and its own example are looked at too.
"""

from gitmodels.errors import GitModelsError, NotFound
from gitmodels.git.staged import Blob, Index
from gitmodels.mlmodel.signature import ModelSignature
from gitmodels.registry import pins
from gitmodels.registry.pins import Pin
from gitmodels.registry.state import State
from gitmodels.review.schemas import compare_signatures
from gitmodels.review.staged.refusal import Refusal
from gitmodels.review.verdicts import Finding, Verdict

FILE = pins.FILE


def unreadable(index: Index) -> list[Refusal]:
    """Why the staged file cannot be read."""
    found = _pins(index)
    return [] if isinstance(found, dict) else [found]


def judge(index: Index, state: State | None, *, may_break: bool = False) -> list[Refusal]:
    """What speaks against the staged pins that are new or changed; ``state`` is the registry here, if there is one."""
    now = _pins(index)
    if isinstance(now, Refusal):
        return [now]
    before = _before(index)
    refused = []
    for pin in now.values():
        old = before.get(pin.name)
        if old == pin:
            continue
        refused += _sound(pin)
        if old is not None and not may_break and not _is_accepted(old, pin):
            refused += [_breaking(old, pin, found)] if (found := breaks(old, pin)) else []
        if state is not None and pin.registry is None:
            refused += _registered(state, pin)
    return refused


def breaks(old: Pin, new: Pin) -> tuple[Finding, ...]:
    """What of the new pin's signature breaks those who call the old one; plain files have no callers."""
    return tuple(each for each in compared(old, new) if each.verdict >= Verdict.BREAK)


def compared(old: Pin, new: Pin) -> tuple[Finding, ...]:
    """What the move from one pin to the other changes of the signature. Raises Invalid for one that is broken."""
    if old.manifest == new.manifest or old.signature is None or new.signature is None:
        return ()
    return compare_signatures(signature(old), signature(new))


def signature(pin: Pin) -> ModelSignature | None:
    """The signature that a pin tells of; None for a model without one. Raises Invalid."""
    record = pin.signature_record
    return None if record is None else ModelSignature.from_dict(record)


def _pins(index: Index) -> dict[str, Pin] | Refusal:
    blobs = index.at([FILE])
    if not blobs:
        return {}
    data = index.read(blobs[0], pins.MAX_SIZE) if blobs[0].is_regular else None
    if data is None:
        return Refusal(FILE, "it is no regular file, or too large")
    try:
        return pins.read(data)
    except GitModelsError as error:
        return Refusal(FILE, error.message.removeprefix(f"{FILE}: "), error.hint)


def _before(index: Index) -> dict[str, Pin]:
    blob: Blob | None = next((each for each in index.staged if each.path == FILE), None)
    if blob is None or blob.before is None:
        return {} if blob is not None else _unchanged(index)
    try:
        return pins.read(index.read_id(blob.before, pins.MAX_SIZE) or b"")
    except GitModelsError:
        return {}


def _unchanged(index: Index) -> dict[str, Pin]:
    """What is not staged is what the last commit had; it is judged where somebody asks for all files."""
    found = _pins(index)
    return found if isinstance(found, dict) else {}


def _sound(pin: Pin) -> list[Refusal]:
    if pin.signature is None:
        return []
    if not pin.signature:
        way = (
            f"pin a version that has one: gitmodels.models.set_signature registers it, git models pin {pin.name}/latest"
        )
        return [Refusal(FILE, f"{pin.name} v{pin.version} has no signature", way)]
    try:
        signature(pin)
    except (GitModelsError, TypeError, KeyError, ValueError, RecursionError) as error:
        words = error.message if isinstance(error, GitModelsError) else type(error).__name__
        return [
            Refusal(FILE, f"the signature of {pin.name} cannot be read: {words}", f"git models pin {pin.name}@ALIAS")
        ]
    return []


def _is_accepted(old: Pin, new: Pin) -> bool:
    return new.accepted is not None and new.accepted.manifest == old.manifest


def _breaking(old: Pin, new: Pin, found: tuple[Finding, ...]) -> Refusal:
    told = "; ".join(f"{each.subject}: {each.text}" for each in found)
    words = f"the signature of {new.name} v{new.version} breaks code that calls v{old.version}: {told}"
    return Refusal(FILE, words, f"git models pin {new.name}/{new.version} --breaking REASON")


def _registered(state: State, pin: Pin) -> list[Refusal]:
    """That the registry has this content under this number; a version that is not here yet cannot be judged here."""
    try:
        record = state.version_record(state.follow(pin.name), pin.version)
    except NotFound:
        return []
    except GitModelsError as error:
        return [Refusal(FILE, error.message, "git models doctor", undecided=True)]
    if record is None or record.manifest == pin.manifest:
        return []
    words = f"{pin.name} v{pin.version} has other content in the registry than is pinned"
    return [Refusal(FILE, words, f"git models pin {pin.name}/{pin.version}")]
