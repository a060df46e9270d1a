r"""Text of strangers in Markdown that a host shows: names, reasons and numbers stay what they are, and do nothing.

No pipe ends a cell, no tag is one, nobody is mentioned, nothing becomes a link, an image or a reference, and what
cannot be seen is shown. This room knows GitHub's Markdown (GitLab's is alike) and no registry.
"""

from gitmodels.names import hidden_character
from gitmodels.patterns import pattern

MAX_TEXT = 300
# Between letters an underscore is one.
_SPECIAL = pattern(r"([\\`*\[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
# An empty comment is nothing to a reader, and ends a mention, a reference or an address before it begins.
_BREAK = "<!-- -->"
_LINKING = pattern(r"(@|#|(?i:www)(?=\.)|(?i:https?|ftp|mailto|xmpp)(?=:)|(?i:GH)(?=-))")


def escape(text: str, limit: int = MAX_TEXT) -> str:
    r"""``text`` as prose on one line, cut at ``limit`` characters.

    >>> escape("a|b <img> @team #12 *x*")
    'a\\|b &lt;img&gt; @<!-- -->team #<!-- -->12 \\*x\\*'
    """
    shown = visible(text, limit).replace("&", "&amp;")
    parts = _LINKING.split(shown)
    escaped = [_SPECIAL.sub(r"\\\1", part).replace("<", "&lt;").replace(">", "&gt;") for part in parts]
    return "".join(part + (_BREAK if place % 2 else "") for place, part in enumerate(escaped))


def code(text: str, limit: int = MAX_TEXT) -> str:
    r"""``text`` as it is written, in a code span that fits into a table.

    >>> code("fraud@champion"), code("a`b|c")
    ('`fraud@champion`', '`a\\x60b\\|c`')
    """
    shown = visible(text, limit).replace("`", "\\x60").replace("<", "\\x3c").replace("|", "\\|")
    return f"`{shown}`" if shown.strip() else "`(empty)`"


def in_html(text: str, limit: int = MAX_TEXT) -> str:
    """``text`` inside a tag of ours that holds code, where no Markdown is read.

    >>> in_html("<b>_x_")
    '&lt;b&gt;_x_'
    """
    return visible(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def visible(text: str, limit: int = MAX_TEXT) -> str:
    r"""``text`` with what cannot be seen as escapes, cut at ``limit`` characters.

    >>> visible("a\u202eb\nc")
    'a\\u202eb\\nc'
    """
    cut = text[:limit] + ("…" if len(text) > limit else "")
    if not hidden_character(cut):
        return cut
    return "".join(
        each.encode("unicode_escape", "backslashreplace").decode() if hidden_character(each) else each for each in cut
    )
