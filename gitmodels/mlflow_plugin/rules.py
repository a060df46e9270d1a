"""MLflow's rules for what it is given, with its messages and in its order (mlflow/utils/validation.py, 3.17).

MLflow keeps them in private functions that change their names between releases, so they are written here once more.
Where git or a terminal would suffer they are stricter: see ``gitmodels.names``, which is asked last.
"""

import json
import posixpath
from collections.abc import Iterable
from typing import Any, Protocol

from gitmodels.errors import InvalidName
from gitmodels.mlflow_plugin.failures import invalid
from gitmodels.names import check_alias, check_model_name, check_tag_key
from gitmodels.patterns import pattern

PROMPT_TEXT = "mlflow.prompt.text"
MAX_TAG_KEY = 250
MAX_TAG_VALUE = 100_000
MAX_ALIAS = 255
_KEY = pattern(r"[/\w.\- :]*")
_ALIAS = pattern(r"[\w\-]*")


class Tag(Protocol):
    """A tag of MLflow's, as an entity or as a message of its protocol."""

    key: str
    value: str


def model_name(name: Any) -> str:
    """``name`` when it may name a registered model."""
    if name is None or str(name).strip() == "":
        raise invalid("Missing value for required parameter 'name'.")
    if "/" in name or ":" in name:
        raise invalid(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    if _resolves_elsewhere(name):
        raise invalid(_not_unique("name", name))
    return check_model_name(name)


def new_name(name: Any) -> str:
    """``name`` when a model may be renamed to it."""
    if name is None or str(name).strip() == "":
        raise invalid("Missing value for required parameter 'new_name'.")
    return model_name(name)


def version(number: Any) -> int:
    """``number`` as an int; whether there is such a version is another question."""
    try:
        return int(number)
    except (TypeError, ValueError):
        raise invalid(f"Parameter 'version' must be an integer, got '{number}'.") from None


def alias(name: Any) -> str:
    """``name`` when it may be asked for as an alias."""
    if name is None or name == "":
        raise invalid("Registered model alias name cannot be empty.")
    if not _ALIAS.fullmatch(name):
        raise invalid(
            f"Invalid alias name: '{name}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )
    if len(name) > MAX_ALIAS:
        raise invalid(f"'Registered model alias name' exceeds the maximum length of {MAX_ALIAS} characters")
    return str(name)


def new_alias(name: Any) -> str:
    """``name`` when it may be set as an alias: neither ``latest`` nor ``v<digits>``."""
    return check_alias(alias(name))


def may_be_set(name: str) -> bool:
    """Whether an alias of this name can ever have been set here."""
    try:
        check_alias(name)
    except InvalidName:
        return False
    return True


def tag_key(key: Any) -> str:
    """``key`` when it may name a tag, of whatever length."""
    if key is None:
        raise invalid("Missing value for required parameter 'key'.")
    if not _KEY.fullmatch(key):
        raise invalid(
            f"Invalid value {json.dumps(key)} for parameter 'key' supplied: Names may only contain alphanumerics, "
            "underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
        )
    if _resolves_elsewhere(key):
        raise invalid(_not_unique("key", key))
    return str(key)


def model_tags(tags: Iterable[Tag] | None) -> dict[str, str]:
    """Tags of a registered model by key; of two with one key the later one holds."""
    return {tag.key: _value(_set_key(tag.key), tag.value) for tag in tags or ()}


def version_tags(tags: Iterable[Tag] | None) -> dict[str, str]:
    """Tags of a version by key; none may be without a value."""
    found: dict[str, str] = {}
    for tag in tags or ():
        tag_key(tag.key)
        if tag.value is None:
            raise invalid("Tag value cannot be None")
        found[tag.key] = _value(_set_key(tag.key), tag.value)
    return found


def _set_key(key: Any) -> str:
    name = tag_key(key)
    if len(name) > MAX_TAG_KEY:
        raise invalid(f"'key' exceeds the maximum length of {MAX_TAG_KEY} characters")
    return check_tag_key(name)


def _value(key: str, value: Any) -> str:
    if value is None:
        # MLflow's SQL store keeps a tag of a model without a value; a record has text.
        return ""
    if len(value) > MAX_TAG_VALUE:
        if key == PROMPT_TEXT:
            raise invalid(f"Prompt text exceeds max length of {MAX_TAG_VALUE} characters.")
        raise invalid(f"'value' exceeds the maximum length of {MAX_TAG_VALUE} characters")
    return str(value)


def _resolves_elsewhere(name: str) -> bool:
    plain = posixpath.normpath(name)
    return plain != name or plain == "." or plain.startswith(("..", "/"))


def _not_unique(what: str, name: str) -> str:
    return (
        f"Invalid value {json.dumps(name)} for parameter '{what}' supplied: Names may be treated as files in certain "
        f"cases, and must not resolve to other names when treated as such. This name would resolve to "
        f"{posixpath.normpath(name)!r}"
    )
