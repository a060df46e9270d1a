"""The commit that is checked out in a work tree: what its HEAD leads to, without opening libgit2.

This room reads one file and a ref; it says nothing of whether files differ from that commit.
"""

from gitmodels.errors import Corrupt
from gitmodels.git.refs import Refs
from gitmodels.git.repository import GitRepository

_MAX_BYTES = 4096


def commit(repo: GitRepository) -> str | None:
    """The commit of HEAD in this work tree; None before the first one. Raises Corrupt for a HEAD that is damaged."""
    try:
        with open(repo.git_dir / "HEAD", "rb") as stream:
            text = stream.read(_MAX_BYTES).decode("utf-8", "surrogateescape").strip()
    except OSError as error:
        raise Corrupt(f"HEAD cannot be read: {error.strerror}", hint="run git fsck") from None
    if text.startswith("ref: "):
        return Refs(repo).read(text.removeprefix("ref: ").strip())
    if len(text) != 2 * repo.object_format.size or text.strip("0123456789abcdef"):
        raise Corrupt("HEAD names neither a branch nor a commit", hint="git checkout a branch")
    return text
