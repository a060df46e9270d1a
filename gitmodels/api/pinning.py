"""Pinning: which versions the code of this work tree uses, written down beside it in ``models.lock``.

This room decides what stands in a pin, whether a new one breaks the callers of the old one, and whether the alias a
pin came from has moved on. What the file looks like is known below. Only ``models.lock`` itself is ever written.
"""

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitmodels.api import context, pinned
from gitmodels.api.settings import Settings
from gitmodels.errors import CheckFailed, GitModelsError, Invalid, ModelNotFound
from gitmodels.git import head
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.registry import pins
from gitmodels.registry.pins import Accepted, Pin
from gitmodels.registry.records import DELETED
from gitmodels.registry.state import State, Version
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef, RemoteRef, check_whole, parse_ref, parse_uri, registry_address
from gitmodels.values import frozen, replace

if TYPE_CHECKING:
    from gitmodels.review.verdicts import Finding

SAME, MOVED, BREAKING, CHANGED, GONE, UNKNOWN = "same", "moved", "breaking", "changed", "deleted", "unknown"
_EXIT = {SAME: 0, MOVED: 1, UNKNOWN: 10, BREAKING: 7, CHANGED: 7, GONE: 7}


@frozen
class Standing:
    """How a pin stands to its registry: ``state``, where its alias points now, and what that would change.

    ``same``: nothing moved. ``moved``: the alias points elsewhere (``now``; None when it was cleared), and callers go
    on working. ``breaking``: they do not. ``changed``: the version has other content than was pinned. ``deleted``: the
    version was. ``unknown``: it could not be found out, ``error`` says why.
    """

    pin: Pin
    state: str
    now: int | None = None
    findings: "tuple[Finding, ...]" = ()
    error: str | None = None


def top(now: Settings) -> Path:
    """The folder that ``models.lock`` stands in: the top of the work tree. Raises Invalid where there is none."""
    if now.work_tree is not None:
        return Path(os.path.abspath(now.work_tree))
    git = GitRepository.open(".", now.git_dir)
    if git.work_tree is None:
        raise Invalid(
            f"{git.common_dir} is bare: it has no code that {pins.FILE} could stand beside", hint="pin in a clone"
        )
    return git.work_tree


def known(now: Settings) -> dict[str, Pin]:
    """What is pinned where the program runs; empty without a ``models.lock``."""
    path = pinned.find(work_tree=now.work_tree)
    return {} if path is None else pinned.read(path)


def pin(texts: Sequence[str], now: Settings, breaking: str | None = None) -> list[tuple[Pin | None, Pin]]:
    """Pin what each of ``texts`` (a REF, or ``git+<url>#REF``) names; each with what was pinned before, or None.

    ``breaking`` says why callers may break. All or nothing. Raises CheckFailed where the signature breaks who calls
    the pinned version and nothing was said, and what finding the versions raises.
    """
    from gitmodels.review.staged import locks

    folder = top(now)
    path = folder / pins.FILE
    old = pinned.read(path) if os.path.lexists(path) else {}
    committed = _committed(folder, now) or old
    made = [(old.get(each.name), each) for each in (_pin(text, now) for text in texts)]
    for number, (before, after) in enumerate(made):
        base = committed.get(after.name)
        if base is not None and (broken := locks.breaks(base, after)):
            if breaking is None:
                raise _refused(base, after, broken)
            made[number] = (before, replace(after, accepted=Accepted(base.manifest, breaking)))
    _write(path, [*(old | {after.name: after for _, after in made}).values()])
    return made


def unpin(names: Sequence[str], now: Settings) -> list[Pin]:
    """Take the pins of ``names`` out of the file. Raises ModelNotFound for one that is not pinned."""
    path = top(now) / pins.FILE
    old = pinned.read(path) if os.path.lexists(path) else {}
    for name in names:
        if name not in old:
            raise ModelNotFound(f"{name} is not pinned", hint="git models pin lists what is")
    _write(path, [each for each in old.values() if each.name not in names])
    return [old[name] for name in dict.fromkeys(names)]


def check(names: Sequence[str], now: Settings) -> list[Standing]:
    """How the pins of ``names`` (all of them without one) stand to their registries. Raises ModelNotFound."""
    found = known(now)
    for name in names:
        if name not in found:
            raise ModelNotFound(f"{name} is not pinned", hint="git models pin lists what is")
    return [_standing(found[name], now) for name in names or found]


def exit_code(standings: Iterable[Standing]) -> int:
    """0 when nothing moved, 1 when an alias did, 10 when that is not known.

    7 when a move breaks callers, or a pinned version has other content or was deleted.
    """
    codes = {_EXIT[each.state] for each in standings}
    return next((code for code in (7, 10, 1) if code in codes), 0)


def document(pin: Pin) -> dict[str, Any]:
    """A pin as ``--json`` shows it."""
    signature = None if pin.signature is None else {side: list(columns) for side, columns in pin.signature.items()}
    return {
        "name": pin.name,
        "version": pin.version,
        "model_id": pin.model_id,
        "manifest": str(pin.manifest),
        "alias": pin.alias,
        "registry": pin.registry,
        "signature": signature,
        "accepted": pin.accepted.reason if pin.accepted is not None else None,
    }


def standing_document(standing: Standing) -> dict[str, Any]:
    """How a pin stands, as ``--check --json`` shows it."""
    return document(standing.pin) | {
        "state": standing.state,
        "now": standing.now,
        "findings": [
            {"section": each.section, "verdict": each.verdict.word, "subject": each.subject, "text": each.text}
            for each in standing.findings
        ],
        "error": standing.error,
    }


def _pin(text: str, now: Settings) -> Pin:
    ref, registry, repo = _named(text, now)
    version = repo.registry.existing_state().resolve(ref)
    state = repo.registry.state()
    return Pin(
        version.name,
        version.number,
        version.record.manifest,
        ref.alias,
        registry,
        _signature_of(state, version),
    )


def _named(text: str, now: Settings) -> tuple[ModelRef, str | None, Repo]:
    """The REF in ``text``, the address of its registry if it is another one, and that registry."""
    remote = parse_uri(text) if text.startswith("git+") else None
    ref = remote.ref if isinstance(remote, RemoteRef) else parse_ref(text)
    check_whole(ref)
    if ref.pinned:
        raise Invalid(f"{ref} is what is pinned already", hint=f"git models pin {ref.name}@<alias>")
    address = remote.url if isinstance(remote, RemoteRef) else registry_address(now.registry or "")
    return ref, address, _registry(address, now, ref)


def _registry(address: str | None, now: Settings, ref: ModelRef) -> Repo:
    if address is None:
        repo = context.open_repository(now.registry, now)
        return repo if now.registry or now.git_dir else context.of_ref(repo, ref, now)
    from gitmodels.api import far

    return far.opened(address, now, ref)


def _signature_of(state: State, version: Version) -> pins.Signature | None:
    from gitmodels.mlmodel.file import ModelFile

    data = state.readable(version.name, version.number, "MLmodel")
    return None if data is None else pins.signature_of(ModelFile.read(data).signature_record)


def _refused(old: Pin, new: Pin, broken: "tuple[Finding, ...]") -> CheckFailed:
    return CheckFailed(
        f"the signature of {new.name} v{new.version} breaks code that calls v{old.version}",
        told=tuple(f"{each.subject}: {each.text}" for each in broken),
        hint=f"mend the code with it: git models pin {new.name}/{new.version} --breaking REASON",
    )


def _standing(pin: Pin, now: Settings) -> Standing:
    from gitmodels.review.staged import locks
    from gitmodels.review.verdicts import Verdict

    ref = ModelRef(name=pin.name, version=pin.version, manifest=pin.manifest)
    wanted = ModelRef(name=pin.name, alias=pin.alias) if pin.alias is not None else ref
    try:
        state = _registry(pin.registry, now, wanted).registry.existing_state()
        name = state.follow(pin.name)
        known = state.any_version(name, pin.version)
        if known.record.manifest != pin.manifest:
            return Standing(pin, CHANGED, pin.version)
        if known.meta.status == DELETED or state.find_model(name) is None:
            return Standing(pin, GONE)
        number = pin.version if pin.alias is None else state.pointed(name, pin.alias)
        if number is None or number == pin.version:
            return Standing(pin, SAME if number else MOVED, number)
        version = state.resolve(replace(wanted, name=name))
        after = replace(pin, manifest=version.record.manifest, signature=_signature_of(state, version))
        found = locks.compared(pin, after)
    except GitModelsError as error:
        return Standing(pin, UNKNOWN, error=error.message)
    broken = any(each.verdict >= Verdict.BREAK for each in found)
    return Standing(pin, BREAKING if broken else MOVED, number, tuple(found))


def _committed(folder: Path, now: Settings) -> dict[str, Pin]:
    """What the last commit of the code pins; nothing before the first one, or where that cannot be read."""
    git = GitRepository.open(folder, now.git_dir)
    try:
        commit = head.commit(git)
        data = TreeView(git.objects, commit=commit).read(pins.FILE) if commit is not None else None
        return {} if data is None else pins.read(data)
    except GitModelsError:
        return {}


def _write(path: Path, found: list[Pin]) -> None:
    data = pins.write(found)
    if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        raise Invalid(f"{path} is not a regular file", hint="move it away")
    part = path.with_name(f".{pins.FILE}.{os.urandom(8).hex()}.tmp")
    try:
        part.write_bytes(data)
        if path.exists():
            os.chmod(part, stat.S_IMODE(path.stat().st_mode))
        os.replace(part, path)
    except OSError as error:
        raise Invalid(f"cannot write {path}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
