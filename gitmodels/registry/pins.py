"""``models.lock``: which models the code beside it uses, each by name, number and content. Values ↔ the file.

This room knows the file's text; it looks nothing up. Each model is a block of lines, and comment lines that never
change keep blocks of different letters apart: so git merges two people who pin different models, and stops at two
who pin the same one. The reader is strict: a key that it does not know, or a model that stands twice, is refused.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gitmodels import canonical, yaml
from gitmodels.digest import Digest, model_id
from gitmodels.errors import Conflict, GitModelsError, InvalidRecord
from gitmodels.fields import Fields
from gitmodels.names import check_alias, check_model_name, check_version
from gitmodels.uris import parse_uri
from gitmodels.values import frozen

FILE = "models.lock"
FORMAT = 1
MAX_SIZE = 4 << 20
MAX_PINS = 10_000

_HEAD = ("# The models this code uses: git models pin writes it, models:/<name>@pinned reads it.", "format: 1")
_LETTERS = ("0", *"abcdefghijklmnopqrstuvwxyz")
_MARKS = tuple(f"  # {letter}" for letter in _LETTERS)
_COMMENTS = frozenset(line.encode() for line in (_HEAD[0], *_MARKS))
_SIDES = ("inputs", "outputs", "params")
_NONE = "none"

Signature = Mapping[str, tuple[str, ...]]


@frozen
class Accepted:
    """That a change of the signature which breaks callers is meant: the content it changed from, and why."""

    manifest: Digest
    reason: str


@frozen
class Pin:
    """One model: its number and content, the alias it was found by, and the registry if it is another one.

    ``signature`` has one JSON text a column under ``inputs``, ``outputs`` and ``params``; empty for a model that has
    none, None for plain files, which need none.
    """

    name: str
    version: int
    manifest: Digest
    alias: str | None = None
    registry: str | None = None
    signature: Signature | None = None
    accepted: Accepted | None = None

    @property
    def model_id(self) -> str:
        """The id that the content has everywhere."""
        return model_id(self.manifest)

    @property
    def signature_record(self) -> dict[str, str | None] | None:
        """The signature as an MLmodel file holds it: JSON text for each side; None when there is none."""
        if not self.signature:
            return None
        return {side: f"[{', '.join(self.signature[side])}]" if side in self.signature else None for side in _SIDES}


def signature_of(record: Mapping[str, Any] | None) -> Signature:
    """The signature of an MLmodel file, one JSON text a column. Raises InvalidRecord for one that is broken.

    >>> signature_of({"inputs": '[{"type": "long", "name": "age"}]'})
    {'inputs': ('{"name": "age", "type": "long"}',)}
    """
    found: dict[str, tuple[str, ...]] = {}
    for side in _SIDES:
        text = (record or {}).get(side)
        if text is not None:
            found[side] = tuple(json.dumps(column, sort_keys=True) for column in _columns(side, text))
    return {side: columns for side, columns in found.items() if columns}


def read(data: bytes, what: str = FILE) -> dict[str, Pin]:
    """The pins in ``data`` by name. Raises InvalidYaml (with the line), InvalidRecord, FormatTooNew.

    Conflict where git left both sides of a merge in it.
    """
    try:
        return _read(data, what)
    except InvalidRecord as error:
        error.hint = f"git models pin writes {FILE}; git checkout HEAD -- {FILE} brings the last one back"
        raise


def _read(data: bytes, what: str) -> dict[str, Pin]:
    if b"\n<<<<<<< " in data or data.startswith(b"<<<<<<< "):
        raise Conflict(
            f"{what} has an unresolved merge conflict",
            hint="the same model was pinned twice: keep one of the two blocks, or git models pin it again",
        )
    # Our own comment lines are no news to the fast reader, which knows none; whatever else it doubts is read in full.
    plain = b"\n".join(line for line in data.split(b"\n") if line not in _COMMENTS)
    known = canonical.read(plain.decode("utf-8", "replace")) if len(data) <= MAX_SIZE else canonical.DOUBT
    if known is canonical.DOUBT:
        known = yaml.load(data, what=what, max_size=MAX_SIZE)
    get = Fields(known, what)
    if (found := get.count("format")) != FORMAT:
        Fields.parse(b"format: %d\n" % found, what, newest=FORMAT)
        raise get.wrong("format", str(FORMAT))
    models = get.mapping("models")
    _nothing_more(get)
    if len(models) > MAX_PINS:
        raise InvalidRecord(f"{what}: more than {MAX_PINS} models")
    return {name: _pin(name, Fields(block, f"{what}, {name[:80]!r}")) for name, block in models.items()}


def write(pins: Iterable[Pin]) -> bytes:
    """The canonical bytes: the blocks in the order of their names, each behind the comment line of its letter."""
    known = sorted(pins, key=lambda pin: pin.name)
    lines = [*_HEAD, "models:" if known else "models: {}"]
    for letter, mark in zip(_LETTERS, _MARKS, strict=True):
        lines.append(mark)
        for pin in known:
            if _letter(pin.name) == letter:
                block = yaml.dump({pin.name: _block(pin)}).decode()
                lines += [f"  {line}" for line in block.splitlines()]
    data = ("\n".join(lines) + "\n").encode()
    if len(data) > MAX_SIZE:
        raise InvalidRecord(f"{FILE} would have {len(data)} bytes, the limit is {MAX_SIZE}")
    return data


def _letter(name: str) -> str:
    first = name[0].lower()
    return first if first in _LETTERS else "0"


def _block(pin: Pin) -> dict[str, Any]:
    block: dict[str, Any] = {"version": pin.version, "manifest": pin.manifest}
    if pin.alias is not None:
        block["alias"] = pin.alias
    if pin.registry is not None:
        block["registry"] = pin.registry
    if pin.signature is not None:
        sides = {side: list(pin.signature[side]) for side in _SIDES if side in pin.signature}
        block["signature"] = sides or _NONE
    if pin.accepted is not None:
        block["accepted"] = {"manifest": pin.accepted.manifest, "reason": pin.accepted.reason}
    return block


def _pin(name: str, get: Fields) -> Pin:
    try:
        if check_model_name(name) != name:
            raise InvalidRecord(f"{get.what}: the name is not in Unicode's composed form (NFC)")
        version = check_version(get.integer("version"))
        if (alias := get.optional("alias")) is not None:
            check_alias(alias)
        if (registry := get.optional("registry")) is not None:
            parse_uri(f"git+{registry}#{name}/{version}")
    except GitModelsError as error:
        raise InvalidRecord(error.message if get.what in error.message else f"{get.what}: {error.message}") from None
    accepted = get.inner("accepted")
    pin = Pin(
        name,
        version,
        get.digest("manifest"),
        alias,
        registry,
        _signature(get),
        Accepted(accepted.digest("manifest"), accepted.text("reason")) if accepted is not None else None,
    )
    for each in (get, accepted):
        if each is not None:
            _nothing_more(each)
    return pin


def _signature(get: Fields) -> Signature | None:
    value = get.rest().get("signature")
    if value is None or value == _NONE:
        get.optional("signature")
        return None if value is None else {}
    sides = get.lists("signature")
    if not sides or not sides.keys() <= set(_SIDES) or not all(sides.values()):
        raise get.wrong("signature", f"{_NONE}, or columns under {', '.join(_SIDES)}")
    for side, columns in sides.items():
        for column in columns:
            if not isinstance(_json(column), dict):
                raise get.wrong("signature", f"one JSON object a column, under {side}")
    return {side: tuple(sides[side]) for side in _SIDES if side in sides}


def _columns(side: str, text: object) -> list[dict[str, Any]]:
    columns = _json(text) if isinstance(text, str) else None
    if not isinstance(columns, list) or not all(isinstance(column, dict) for column in columns):
        raise InvalidRecord(f"the signature's {side} are not a JSON list of columns")
    return columns


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _nothing_more(get: Fields) -> None:
    if more := get.rest():
        raise InvalidRecord(f"{get.what}: unknown key {next(iter(more))[:80]!r}")
