"""Annotated tags: which commit each leads to, who made it and when, and what it says.

This room reads tag objects and knows nothing of what a name means. Tags without an object of their own carry no author
and no time; they are no annotated tags.
"""

from collections.abc import Callable, Iterator

from gitmodels.errors import Corrupt
from gitmodels.git.raw import check_oid
from gitmodels.git.ref_files import RefFiles
from gitmodels.git.repository import GitRepository
from gitmodels.patterns import pattern
from gitmodels.values import frozen

_PREFIX = "refs/tags/"
_TAGGER = pattern(rb"tagger (?P<name>.*?) ?<(?P<email>[^>]*)> (?P<when>-?\d{1,20}) [+-]\d{4}")
_LATEST_S = 253_402_300_799
_MOST_MESSAGE = 1 << 16
# What git puts behind the message of a signed tag.
_SIGNATURES = ("-----BEGIN PGP", "-----BEGIN SSH", "-----BEGIN SIGNED")


@frozen
class Tag:
    """One annotated tag: its name, the commit it leads to, its author, when (ms since the epoch) and its message."""

    name: str
    commit: str
    author: str
    email: str
    when_ms: int
    message: str


def annotated(git: GitRepository, is_wanted: Callable[[str], object]) -> Iterator[Tag]:
    """The annotated tags that lead to a commit and whose names are wanted, by name.

    Raises Corrupt for a tag object that is damaged, ObjectNotFound for one that a partial clone lacks.
    """
    for ref, oid in RefFiles(git.common_dir).list(_PREFIX).items():
        name = ref.removeprefix(_PREFIX)
        if not is_wanted(name):
            continue
        try:
            data = git.objects.read(oid, "tag")
        except Corrupt:
            git.objects.read(oid, "commit")  # a tag without an object of its own; damage is raised again
            continue
        if (found := parse(name, data)) is not None:
            yield found


def parse(name: str, data: bytes) -> Tag | None:
    r"""The tag that the object ``data`` is; None for one of something else than a commit. Raises Corrupt.

    >>> text = b"object %s\ntype commit\ntag v1\ntagger Ana <ana@example.org> 5 +0100\n\nIt works\n" % (b"0" * 40)
    >>> tag = parse("v1", text)
    >>> tag.author, tag.when_ms, tag.message
    ('Ana', 5000, 'It works')
    """
    head, _, message = data.partition(b"\n\n")
    lines = head.split(b"\n")
    fields = dict(line.partition(b" ")[::2] for line in lines[:2])
    if set(fields) != {b"object", b"type"}:
        raise Corrupt(f"the tag {name[:100]!r} is damaged: its header cannot be read", hint="run git fsck")
    if fields[b"type"] != b"commit":
        return None
    found = next((match for line in lines[2:] if (match := _TAGGER.fullmatch(line))), None)
    when = int(found["when"]) if found else 0
    text = message[:_MOST_MESSAGE].decode("utf-8", "replace")
    for mark in _SIGNATURES:
        text = text.partition(mark)[0]
    return Tag(
        name,
        check_oid(fields[b"object"].decode("ascii", "replace")),
        found["name"].decode("utf-8", "replace") if found else "unknown",
        found["email"].decode("utf-8", "replace") if found else "unknown",
        when * 1000 if 0 <= when <= _LATEST_S else 0,
        text.strip(),
    )
