"""The part of the schema of SARIF 2.1.0 that our logs use, in our own words: which keys an object may and must have.

No package that can be installed ships the schema itself. What is written here was held against it (errata 01) by hand;
it is closed, so a key that is not here is wrong.
"""

from typing import Any

# By object: the keys it must have, then every key with what stands there: a type, the words there are, or an object;
# in a list, a list of them. A mapping of any keys to text is written as {str: str}.
FORM: dict[str, tuple[set[str], dict[str, Any]]] = {
    "log": ({"version", "runs"}, {"$schema": str, "version": {"2.1.0"}, "runs": ["run"]}),
    "run": (
        {"tool"},
        {
            "tool": "tool",
            "results": ["result"],
            "columnKind": {"utf16CodeUnits", "unicodeCodePoints"},
            "properties": dict,
        },
    ),
    "tool": ({"driver"}, {"driver": "component"}),
    "component": ({"name"}, {"name": str, "version": str, "rules": ["rule"]}),
    "rule": ({"id"}, {"id": str, "shortDescription": "words"}),
    "words": ({"text"}, {"text": str}),
    "result": (
        {"message"},
        {
            "ruleId": str,
            "ruleIndex": int,
            "kind": {"notApplicable", "pass", "fail", "review", "open", "informational"},
            "level": {"none", "note", "warning", "error"},
            "message": "words",
            "locations": ["location"],
            "partialFingerprints": {str: str},
        },
    ),
    "location": (set(), {"physicalLocation": "place"}),
    "place": ({"artifactLocation"}, {"artifactLocation": "file"}),
    "file": (set(), {"uri": str}),
}


def problems(value: Any, form: Any = "log", where: str = "$") -> list[str]:
    """What is wrong with a log, each with its place; nothing when it has its form."""
    if isinstance(form, str):
        needed, known = FORM[form]
        if not isinstance(value, dict):
            return [f"{where}: not an object"]
        found = [f"{where}: lacks {key}" for key in sorted(needed - value.keys())]
        found += [f"{where}: has {key}" for key in sorted(value.keys() - known.keys())]
        return found + [
            text for key in value.keys() & known.keys() for text in problems(value[key], known[key], f"{where}.{key}")
        ]
    if isinstance(form, list):
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        return [text for place, one in enumerate(value) for text in problems(one, form[0], f"{where}[{place}]")]
    if isinstance(form, set):
        return [] if value in form else [f"{where}: {value!r}"]
    if isinstance(form, dict):
        return [] if all(isinstance(each, str) for each in value.values()) else [f"{where}: not texts"]
    return [] if isinstance(value, form) and not (form is int and isinstance(value, bool)) else [f"{where}: {value!r}"]
