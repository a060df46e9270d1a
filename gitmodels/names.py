"""Names that people give (models, aliases, tags, paths) and their one safe spelling in paths and refs.

This room checks and encodes; it knows no registry, no git and no file system. The rules for model names, aliases
and tag keys are MLflow's (mlflow/utils/validation.py, 3.17), made stricter where git or a terminal would suffer.
"""

import json
import posixpath
import re
import unicodedata

from blake3 import blake3

from gitmodels.errors import Invalid, InvalidName
from gitmodels.patterns import pattern

MAX_NAME = 256
MAX_ALIAS = 255
MAX_TAG_KEY = 250
MAX_TAG_VALUE = 100_000
MAX_COMPONENT = 200
MAX_PATH = 1024
MAX_PATH_DEPTH = 32

_ALIAS = pattern(r"[A-Za-z0-9_-]+")
_VERSION_ALIAS = pattern(r"[vV]\d+")
_DIGITS = pattern(r"[0-9]{1,20}")
_TAG_KEY = pattern(r"[/\w.\- :]*")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_DEVICES = "con|prn|aux|nul|com[0-9]|lpt[0-9]"
_DEVICE = pattern(rf"({_DEVICES})(\.|$)")
# What every path of a usual model is: nothing in it can be refused but its length, its depth and a device's name.
_NO_DEVICE = rf"(?!(?i:{_DEVICES})(?:[./]|$))"
_ORDINARY_PART = rf"{_NO_DEVICE}[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
_ORDINARY = pattern(rf"(?:{_ORDINARY_PART}/)*{_ORDINARY_PART}")
_SHORTENED = pattern(r"(?P<prefix>.*)%h[0-9a-f]{64}")
# Cc control, Cf format (bidi overrides, zero width), Cs lone surrogates, Zl/Zp line and paragraph separators.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def hidden_character(text: str) -> str:
    r"""The first control, bidi or zero-width character of ``text`` as ``U+202E``, or ``""``.

    >>> hidden_character("pro\u202ed")
    'U+202E'
    """
    if text.isascii() and text.isprintable():
        return ""
    for char in text:
        if unicodedata.category(char) in _HIDDEN_CATEGORIES:
            return f"U+{ord(char):04X}"
    return ""


def check_model_name(name: object) -> str:
    r"""``name`` in NFC when it may name a registered model.

    Raises InvalidName when it is empty, not a string, longer than 256 characters, holds ``/ : \`` or a hidden
    character, or would be another name as a path.

    >>> check_model_name("Credit Risk")
    'Credit Risk'
    """
    if name is None or (isinstance(name, str) and not name.strip()):
        raise InvalidName("Missing value for required parameter 'name'.")
    if not isinstance(name, str):
        raise InvalidName(f"a model name is a string, not {type(name).__name__}")
    _refuse_hidden("model name", name)
    if len(name) > MAX_NAME:
        raise InvalidName(f"a model name has at most {MAX_NAME} characters, this one {len(name)}")
    if "/" in name or ":" in name:
        raise InvalidName(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    if "\\" in name:
        raise InvalidName(f"Invalid model name {name!r}: names cannot contain a backslash.")
    _refuse_path_like("name", name)
    return unicodedata.normalize("NFC", name)


def check_alias(alias: object) -> str:
    """``alias`` when it may be set: ASCII ``[A-Za-z0-9_-]+``, not ``latest``, not ``pinned``, not ``v<digits>``.

    >>> check_alias("champion")
    'champion'
    """
    if alias is None or alias == "":
        raise InvalidName("Registered model alias name cannot be empty.")
    if not isinstance(alias, str) or not _ALIAS.fullmatch(alias):
        shown = str(alias)[:100].encode("unicode_escape").decode()
        raise InvalidName(
            f"Invalid alias name: '{shown}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )
    if len(alias) > MAX_ALIAS:
        raise InvalidName(f"'Registered model alias name' exceeds the maximum length of {MAX_ALIAS} characters")
    if alias.lower() == "latest":
        raise InvalidName("'latest' alias name (case insensitive) is reserved.")
    if alias.lower() == "pinned":
        raise InvalidName(
            "'pinned' alias name (case insensitive) is reserved.",
            hint="name@pinned is the version that models.lock beside the code says; git models pin writes it",
        )
    if _VERSION_ALIAS.fullmatch(alias):
        raise InvalidName(f"Version alias name '{alias}' is reserved.")
    return alias


def check_tag_key(key: object) -> str:
    """``key`` when it may name a tag: word characters, ``/ . - : _`` and spaces, at most 250 characters."""
    if key is None:
        raise InvalidName("Missing value for required parameter 'key'.")
    if not isinstance(key, str) or not _TAG_KEY.fullmatch(key):
        raise InvalidName(
            f"Invalid value {json.dumps(str(key)[:100])} for parameter 'key' supplied: Names may only contain "
            "alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
        )
    _refuse_hidden("tag key", key)
    _refuse_path_like("key", key)
    if len(key) > MAX_TAG_KEY:
        raise InvalidName(f"'key' exceeds the maximum length of {MAX_TAG_KEY} characters")
    return key


def check_tag_value(value: object) -> str:
    """``value`` as the string that is stored; None is refused, at most 100,000 characters."""
    if value is None:
        raise Invalid("Tag value cannot be None")
    text = str(value)
    if len(text) > MAX_TAG_VALUE:
        raise Invalid(f"a tag value has at most {MAX_TAG_VALUE} characters, this one {len(text)}")
    return text


def check_version(version: object) -> int:
    """``version`` as a positive int; accepts the digits of one as a string, as MLflow does.

    >>> check_version("7")
    7
    """
    refusal = Invalid(f"Parameter 'version' must be an integer, got {_shown(version)}.")
    # int() alone would take digits of other scripts and 1_0 for numbers.
    if isinstance(version, bool | float) or (isinstance(version, str) and not _DIGITS.fullmatch(version.strip())):
        raise refusal
    try:
        number = int(version)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        raise refusal from None
    if not 1 <= number <= 2**53:
        raise refusal
    return int(number)


def check_file_path(path: str) -> str:
    """``path`` when a file of a model may have it on every system we serve.

    Relative, ``/`` between parts, no ``..``, no empty part, no ``.git*`` (attestation tools and git itself treat
    those names apart), no trailing dot or space, no drive or backslash, at most 1,024 bytes in 32 parts of 200.
    """
    if len(path) <= MAX_COMPONENT and path.count("/") < MAX_PATH_DEPTH and _is_ordinary(path):
        return path
    parts = path.split("/")
    if not path or len(parts) > MAX_PATH_DEPTH or len(path.encode("utf-8", "surrogatepass")) > MAX_PATH:
        raise InvalidName(f"a file path has 1 to {MAX_PATH} bytes in at most {MAX_PATH_DEPTH} parts: {path[:80]!r}")
    _refuse_hidden("file path", path)
    for part in parts:
        reason = _part_refusal(part)
        if reason:
            raise InvalidName(f"file path {path[:200]!r}: {reason}; rename the file")
    return path


def portable_key(path: str) -> str:
    """What two paths share when a case-folding or normalising file system would take them for one."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def encode(name: str) -> str:
    """``name`` as one component that is safe in paths and refs, on every system, and still readable.

    Keeps ``a-z 0-9 _ -`` and single inner dots; an upper-case letter becomes ``=`` and its lower case; everything
    else is percent-encoded. Past 200 bytes: a prefix, ``%h`` and the BLAKE3 of the full spelling.

    >>> encode("CreditRisk"), encode("a..b"), encode("x.lock"), encode("con")
    ('=credit=risk', 'a.%2eb', 'x%2elock', '%63on')
    """
    out: list[str] = []
    last = len(name) - 1
    for position, char in enumerate(name):
        if char in _PLAIN:
            out.append(char)
        elif "A" <= char <= "Z":
            out.append("=" + char.lower())
        elif char == "." and 0 < position < last and out[-1] != "." and name[position:] != ".lock":
            out.append(char)
        else:
            out.append(_percent(char))
    text = "".join(out)
    if _DEVICE.match(text):
        text = _percent(text[0]) + text[1:]
    return text if len(text) <= MAX_COMPONENT else _shorten(text)


def decode(component: str) -> str:
    """The name that ``encode`` turned into ``component``.

    Raises InvalidName when no name encodes to it, or when it was shortened (the record holds the name then).

    >>> decode("=credit=risk")
    'CreditRisk'
    """
    if _SHORTENED.fullmatch(component):
        raise InvalidName(f"a shortened name cannot be read back from {component[:40]!r}…; its record holds it")
    raw = re.sub(r"=([a-z])", lambda match: match[1].upper(), component)
    try:
        name = re.sub(rb"%([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), raw.encode()).decode()
    except UnicodeDecodeError:
        raise InvalidName(f"not an encoded name: {component[:80]!r}") from None
    if encode(name) != component:
        raise InvalidName(f"not an encoded name: {component[:80]!r}")
    return name


def shard(encoded: str) -> str:
    """The two hex digits that spread encoded model names over 256 folders."""
    return blake3(encoded.encode()).hexdigest(length=1)


def _shown(value: object) -> str:
    return "'" + str(value)[:100].encode("unicode_escape").decode() + "'"


def _percent(char: str) -> str:
    return "".join(f"%{byte:02x}" for byte in char.encode())


def _shorten(text: str) -> str:
    kept = text[: MAX_COMPONENT - 66]
    kept = re.sub(r"(%[0-9a-f]?|=)$", "", kept)
    return f"{kept}%h{blake3(text.encode()).hexdigest()}"


def _refuse_hidden(what: str, text: str) -> None:
    if found := hidden_character(text):
        shown = text[:100].encode("unicode_escape").decode()
        raise InvalidName(f"a {what} cannot hold control or invisible characters ({found}): '{shown}'")


def _refuse_path_like(parameter: str, name: str) -> None:
    norm = posixpath.normpath(name)
    if norm != name or norm == "." or norm.startswith(("..", "/")):
        raise InvalidName(
            f"Invalid value {json.dumps(name)} for parameter '{parameter}' supplied: Names may be treated as files in "
            "certain cases, and must not resolve to other names when treated as such. This name would resolve to "
            f"{norm!r}"
        )


def _is_ordinary(path: str) -> bool:
    return _ORDINARY.fullmatch(path) is not None


def _part_refusal(part: str) -> str:
    if part in ("", ".", ".."):
        return "it is absolute or has an empty, '.' or '..' part"
    if "\\" in part or ":" in part:
        return "a backslash or colon is a separator or drive on some systems"
    if part[-1] in ". ":
        return "a part ends in a dot or a space"
    if len(part.encode("utf-8", "surrogatepass")) > MAX_COMPONENT:
        return f"a part is longer than {MAX_COMPONENT} bytes"
    lowered = part.lower()
    if lowered.startswith(".git") or re.fullmatch(r"git~\d+", lowered):
        return "names that git treats apart are refused"
    if _DEVICE.match(lowered):
        return "a part is a device name on Windows"
    return ""
