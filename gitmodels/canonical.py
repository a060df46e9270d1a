"""Our one spelling of a YAML value: block style, keys in the order given, LF, UTF-8.

This room writes that spelling and reads it back ten times faster than a general parser. It is no YAML reader: at
the first line it would not have written itself it answers DOUBT, and ``gitmodels.yaml`` asks libyaml instead. The
law that keeps this honest: ``read`` gives DOUBT or exactly what libyaml gives.
"""

import functools
import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from gitmodels.errors import InvalidYaml
from gitmodels.patterns import pattern

DOUBT: Final = object()
MAX_DEPTH: Final = 64

# A string that no YAML 1.1 or 1.2 reader takes for anything else: letters first, no ": ", " #" or odd ends.
_SAFE = r"[A-Za-z_/][A-Za-z0-9_./@+=,;()<>-]*(?: (?!#)[A-Za-z0-9_./@+=,;()<>-]+)*"
_SAFE_PLAIN = pattern(_SAFE)
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"})
# What a YAML reader, a terminal or the eye would not take as it stands: controls, line and paragraph separators,
# bidi marks and overrides (a reviewed diff must not read other than it is), surrogates, non-characters.
_HIDDEN = r"\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff"
_UNPRINTABLE = pattern(f"[{_HIDDEN}]")
_LITERAL_LINE = pattern(rf"[^\x00-\x1f{_HIDDEN}]*")

_ENTRY = pattern(rf'( *)({_SAFE}|"[^"\\]*"):(?: (.+))?')
_ITEM = pattern(r"( *)- (.+)")
_WORDS = {"null": None, "true": True, "false": False}
_INT = pattern(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = pattern(r"-?[0-9]{1,17}\.[0-9]{1,20}")
_QUOTED = pattern(r"""\"[^"\\]*\"|'[^']*'""")
_MAX_LINES = 50_000
_SHORT = 32
_MAX_DEPTH = 32


def dump(value: Any) -> bytes:
    r"""``value`` in the canonical spelling: block style, keys in the order given, LF, UTF-8.

    ``load(dump(v)) == v``, and PyYAML's ``safe_load`` agrees. Raises InvalidYaml for what ``load`` never gives: other
    types, numbers past 64 bits, nesting past MAX_DEPTH, lone surrogates.

    >>> dump({"target": "fraud@prod -> 8", "size": 3, "tags": {}})
    b'target: fraud@prod -> 8\nsize: 3\ntags: {}\n'
    """
    lines: list[str] = []
    if isinstance(value, Mapping) and value:
        _emit_mapping(value, 0, lines, 1)
    elif isinstance(value, list | tuple) and value:
        _emit_sequence(value, 0, lines, 1)
    else:
        lines.append(_inline(value))
    return ("\n".join(lines) + "\n").encode()


def _emit_mapping(mapping: Mapping[str, Any], indent: int, lines: list[str], depth: int) -> None:
    pad = " " * indent
    for key, value in mapping.items():
        if not isinstance(key, str):
            raise InvalidYaml(f"a key is a string, not {type(key).__name__}")
        head = f"{pad}{_string(key)}:"
        _emit_value(head, value, indent, lines, depth)


def _emit_sequence(items: list[Any] | tuple[Any, ...], indent: int, lines: list[str], depth: int) -> None:
    pad = " " * indent
    for item in items:
        _check_depth(item, depth)
        if isinstance(item, Mapping) and item:
            start = len(lines)
            _emit_mapping(item, indent + 2, lines, depth + 1)
            lines[start] = f"{pad}- {lines[start][indent + 2 :]}"
        elif isinstance(item, list | tuple) and item:
            start = len(lines)
            _emit_sequence(item, indent + 2, lines, depth + 1)
            lines[start] = f"{pad}- {lines[start][indent + 2 :]}"
        else:
            _emit_value(f"{pad}-", item, indent, lines, depth)


def _emit_value(head: str, value: Any, indent: int, lines: list[str], depth: int) -> None:
    _check_depth(value, depth)
    if isinstance(value, Mapping) and value:
        lines.append(head)
        _emit_mapping(value, indent + 2, lines, depth + 1)
    elif isinstance(value, list | tuple) and value:
        lines.append(head)
        _emit_sequence(value, indent, lines, depth + 1)
    elif isinstance(value, str) and "\n" in value and _literal(value):
        lines.append(f"{head} |-")
        lines.extend(" " * (indent + 2) + line if line else "" for line in value.split("\n"))
    else:
        lines.append(f"{head} {_inline(value)}")


def _check_depth(value: Any, depth: int) -> None:
    if depth >= MAX_DEPTH and isinstance(value, Mapping | list | tuple):
        raise InvalidYaml(f"nested deeper than {MAX_DEPTH}")


def _literal(text: str) -> bool:
    """Whether a block scalar holds ``text`` exactly: printable lines, no leading space, no newline at either end."""
    if text[0] in " \n\t" or text[-1] == "\n":
        return False
    return all(_LITERAL_LINE.fullmatch(line) and line == line.rstrip() for line in text.split("\n"))


def _inline(value: Any) -> str:
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise InvalidYaml("a number past 64 bits")
        return int.__repr__(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    raise InvalidYaml(f"cannot write a {type(value).__name__} as YAML")


def _float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = float.__repr__(value)
    if "." not in text:
        # YAML 1.1 asks for a dot and a signed exponent: 1e+20 is a string there, 1.0e+20 a float.
        mantissa, _, exponent = text.partition("e")
        text = f"{mantissa}.0e{exponent}" if exponent else f"{mantissa}.0"
    return text


def _string(text: str) -> str:
    if len(text) < 1024 and _SAFE_PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    if text.isascii() and text.isprintable() and "'" not in text and "\\" not in text and '"' in text:
        return f"'{text}'"
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(_escape, quoted)


def _escape(match: re.Match[str]) -> str:
    if "\ud800" <= match[0] <= "\udfff":
        raise InvalidYaml("half a character (a lone surrogate) cannot be written")
    return f"\\u{ord(match[0]):04x}"


class _Doubtful(Exception):
    """Not our spelling."""


def read(text: str) -> Any:
    r"""The value that ``text`` spells canonically, or DOUBT.

    >>> read("a: 1\nb:\n- p\n- q\n")
    {'a': 1, 'b': ['p', 'q']}
    >>> read("a: [1]\n") is DOUBT
    True
    """
    lines = text.split("\n")
    if lines.pop() != "" or not lines or len(lines) > _MAX_LINES or not text.replace("\n", "").isprintable():
        return DOUBT
    try:
        value, end = _read_block(lines, 0, 0, 0)
    except _Doubtful:
        return DOUBT
    return value if end == len(lines) else DOUBT


def _read_block(lines: list[str], at: int, indent: int, depth: int) -> tuple[Any, int]:
    if depth > _MAX_DEPTH:
        raise _Doubtful
    if lines[at].startswith("- ", indent):
        return _read_sequence(lines, at, indent, depth)
    return _read_mapping(lines, at, indent, depth)


def _read_mapping(lines: list[str], at: int, indent: int, depth: int) -> tuple[dict[str, Any], int]:
    mapping: dict[str, Any] = {}
    count = len(lines)
    while at < count:
        entry = _entry(lines[at])
        if entry is None or entry[0] != indent:
            if len(lines[at]) - len(lines[at].lstrip(" ")) < indent or (mapping and lines[at].startswith("- ", indent)):
                break
            raise _Doubtful
        _, key, text = entry
        if key in mapping:
            raise _Doubtful
        at += 1
        if text is not None:
            mapping[key] = _read_scalar(text)
        elif at < count and lines[at].startswith("- ", indent):
            mapping[key], at = _read_sequence(lines, at, indent, depth + 1)
        elif at < count and lines[at].startswith(" " * (indent + 2)):
            mapping[key], at = _read_mapping(lines, at, indent + 2, depth + 1)
        else:
            raise _Doubtful
    if not mapping:
        raise _Doubtful
    return mapping, at


def _entry(line: str) -> tuple[int, str, str | None] | None:
    """Indent, key and what stands behind it, of a line that begins an entry of a mapping. Raises _Doubtful."""
    # Records are alike: most of their short lines were read before, in another record.
    if len(line) > _SHORT:
        return _new_entry(line)
    return _known_entry(line)


def _new_entry(line: str) -> tuple[int, str, str | None] | None:
    entry = _ENTRY.fullmatch(line)
    if entry is None:
        return None
    indent, key, text = entry.groups()
    if key.lower() in _YAML_WORDS:
        raise _Doubtful
    return len(indent), key[1:-1] if key[0] == '"' else key, text


_known_entry = functools.lru_cache(maxsize=2048)(_new_entry)


def _read_sequence(lines: list[str], at: int, indent: int, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while at < len(lines):
        item = _ITEM.fullmatch(lines[at])
        if item is None or len(item[1]) != indent:
            break
        entry = _entry(item[2])
        if entry is None:
            items.append(_read_scalar(item[2]))
            at += 1
        elif entry[0]:
            raise _Doubtful
        else:
            lines[at] = " " * (indent + 2) + item[2]
            value, at = _read_mapping(lines, at, indent + 2, depth + 1)
            items.append(value)
    return items, at


def _read_scalar(text: str) -> Any:
    if text == "{}":
        return {}
    if text == "[]":
        return []
    return _new_scalar(text) if len(text) > _SHORT else _known_scalar(text)


def _new_scalar(text: str) -> Any:
    if _SAFE_PLAIN.fullmatch(text):
        if text in _WORDS:
            return _WORDS[text]
        if text.lower() in _YAML_WORDS:
            raise _Doubtful
        return text
    if _QUOTED.fullmatch(text):
        return text[1:-1]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    raise _Doubtful


_known_scalar = functools.lru_cache(maxsize=2048)(_new_scalar)
