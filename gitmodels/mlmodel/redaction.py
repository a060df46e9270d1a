"""What must not travel with a model: credentials in URLs, channels and values.

This room judges strings; it knows no file format and looks nothing up. It is a net for honest mistakes (a token in an
index URL, a key logged as a tag), not a promise: what looks like nothing special passes.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from gitmodels.patterns import pattern

_URL = pattern(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<user>[^/\s@'\"?#]*(?:@[^/\s@'\"?#]*)*)@")
_QUERY = pattern(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]*://[^\s?#'\"]*)\?(?P<query>[^\s#'\"]*)")
# conda keeps a channel's token in the path: https://conda.example.org/t/<token>/label.
_CONDA_TOKEN = pattern(r"(?P<before>://[^\s'\"]*?)/t/[^/\s'\"]+")
# pip replaces ${NAME} when it installs, so such a user part names a secret without holding it.
_PLACEHOLDERS = pattern(r"(\$\{[A-Z0-9_]+\}|[:]|__token__|oauth2|x-access-token)+")
_SECRET_PARAMETER = pattern(r"(?i)(token|sig|signature|key|secret|password|passwd|auth|credential)s?$")
_SECRET_WORDS = frozenset({"password", "passwd", "passphrase", "secret", "secrets", "credential", "credentials"})
_SECRET_PAIRS = frozenset({("api", "key"), ("access", "key"), ("private", "key"), ("auth", "key"), ("secret", "key")})
_KNOWN_TOKEN = pattern(
    r"\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|AKIA[0-9A-Z]{16}|hf_[A-Za-z0-9]{30,}"
    r"|xox[abprs]-[\w-]{10,}|sk-[A-Za-z0-9_-]{20,}|dapi[0-9a-f]{32}|AIza[\w-]{35})(?![\w-])"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_WORDS = pattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def redact_urls(text: str) -> str:
    """``text`` with the credentials of every URL in it taken out: user parts, signed queries, conda tokens.

    ``${NAME}`` placeholders stay, and so does a bare user name under ssh.

    >>> redact_urls("--index-url https://ann:s3cret@pypi.example.org/simple")
    '--index-url https://pypi.example.org/simple'
    >>> redact_urls("tool @ git+ssh://git@example.org/tool")
    'tool @ git+ssh://git@example.org/tool'
    """
    if "://" not in text:
        return text
    text = _URL.sub(_without_user, text)
    text = _CONDA_TOKEN.sub(lambda match: match["before"], text)
    return _QUERY.sub(_without_secret_parameters, text)


def redact_tree(value: Any) -> Any:
    """``value`` (plain data, as read from YAML) with ``redact_urls`` applied to every string in it."""
    if isinstance(value, str):
        return redact_urls(value)
    if isinstance(value, Mapping):
        return {key: redact_tree(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray):
        return [redact_tree(item) for item in value]
    return value


def is_secret(key: str, value: str) -> bool:
    r"""Whether a param or tag looks like a credential, by its name or by a known token's form.

    Names such as ``pad_token`` count only when the value could be one: long, without spaces, letters and digits.

    >>> is_secret("db.password", "x"), is_secret("token_pattern", r"\w+"), is_secret("pad_token", "[PAD]")
    (True, False, False)
    """
    words = [word.lower() for word in _WORDS.findall(key)]
    if any(word in _SECRET_WORDS for word in words) or "apikey" in key.lower().replace("_", ""):
        return True
    if any(pair in _SECRET_PAIRS for pair in pairwise(words)):
        return True
    if words[-1:] == ["token"] and _could_be_token(value):
        return True
    return bool(_KNOWN_TOKEN.search(value))


def _could_be_token(value: str) -> bool:
    return len(value) >= 16 and not re.search(r"\s", value) and bool(re.search(r"\d", value))


def _without_user(match: re.Match[str]) -> str:
    scheme, user = match["scheme"], match["user"]
    if _PLACEHOLDERS.fullmatch(user) or ("ssh" in scheme and ":" not in user):
        return match[0]
    return f"{scheme}://"


def _without_secret_parameters(match: re.Match[str]) -> str:
    kept = [part for part in match["query"].split("&") if not _SECRET_PARAMETER.search(part.partition("=")[0])]
    return match["before"] + ("?" + "&".join(kept) if kept and kept != [""] else "")
