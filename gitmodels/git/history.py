"""The commits of a branch, newest first, each with the trailers of its message; of one path, when one is asked for.

This room reads commits. What a trailer means is not its business. Order comes from the history itself, never from
the clocks of those who wrote it.
"""

import heapq
from collections import Counter
from collections.abc import Iterator

from gitmodels.errors import GitModelsError
from gitmodels.git import raw
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import load_root, remember_root
from gitmodels.patterns import pattern
from gitmodels.values import frozen

# git's own limits on dates are wider; beyond these a date cannot be shown anywhere.
_LATEST_S = 253_402_300_799
_MAX_MESSAGE = 1 << 20
_ENTRIES_KEPT = 10_000
_DATE = pattern(rb"\ncommitter [^\n]*> (-?\d{1,20}) [+-]\d{4}\n")
_PERSON = pattern(rb"(?P<name>.*?) ?<(?P<email>[^>]*)> (?P<when>-?\d{1,20}) [+-]\d{4}$")
_TRAILER = pattern(r"(?P<key>[A-Za-z][A-Za-z0-9-]*): ?(?P<value>.*)")


@frozen
class Commit:
    """One commit: ids in hex, ``when_ms`` milliseconds since the epoch (0 when its date is nonsense).

    ``trailers`` are the ``Key: value`` lines that end the message; the last one of a key counts.
    """

    oid: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    when_ms: int
    message: str
    trailers: dict[str, str]


class History:
    """The history of one repository's commits, also where it is shallow."""

    def __init__(self, repo: GitRepository) -> None:
        self._repo = repo
        self._latest: Commit | None = None
        self._entries: dict[tuple[str, str], raw.Entry | None] = {}

    def log(self, start: str, *, path: str | None = None, limit: int | None = None) -> Iterator[Commit]:
        """The commits reachable from ``start``, newest first, at most ``limit``.

        With ``path``, those that left something else there than their first parent had. A commit at the edge of a
        shallow clone counts as one without parents. Raises Corrupt or ObjectNotFound for objects that cannot be read.
        """
        wanted = 0
        edge = self._edge()
        memo: dict[str, str | None] = {}
        for commit in self._walk(raw.check_oid(start), edge):
            if limit is not None and wanted >= limit:
                return
            if path is not None and not self._touches(commit, path, memo, edge):
                continue
            wanted += 1
            yield commit

    def line(self, start: str, *, path: str | None = None) -> Iterator[tuple[Commit, int]]:
        """The commits that ``start`` stood at one after the other, newest first: it, and the first parents.

        Each comes with the date of its committer, in ms: when the branch came to it, as far as clocks were right. With
        ``path``, those that left something else there than the one before. Ends where a shallow clone does.
        """
        edge = self._edge()
        memo: dict[str, str | None] = {}
        following: str | None = raw.check_oid(start)
        while following is not None:
            commit = self.read(following)
            following = commit.parents[0] if commit.parents and commit.oid not in edge else None
            if path is None or self._touches(commit, path, memo, edge):
                yield commit, self._links(commit.oid, edge)[0] * 1000

    def is_whole(self) -> bool:
        """Whether no commits were left out when the repository was cloned."""
        return not self._edge()

    def read(self, oid: str) -> Commit:
        """The commit ``oid``. Raises Corrupt when it cannot be read, ObjectNotFound when a shallow clone lacks it."""
        latest = self._latest
        if latest is not None and latest.oid == oid:
            return latest
        parts = raw.parse_commit(self._repo.objects.read(oid, "commit"))
        remember_root(oid, parts.tree)
        self._latest = _commit(oid, parts)
        return self._latest

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether ``older`` is ``newer`` or one of the commits it stands on."""
        return any(oid == older for oid, _ in self._reachable(newer, self._edge()))

    def ahead(self, tip: str, known: str) -> Iterator[str]:
        """The ids of the commits that ``tip`` stands on and ``known`` does not, newest first.

        Nothing when they cannot be told apart, as where a shallow clone ends between them.
        """
        try:
            found = self._ahead(tip, known, self._edge())
        except GitModelsError:
            return
        yield from found

    def _ahead(self, tip: str, known: str, edge: set[str]) -> list[str]:
        """Step by step down both lines at once: they mostly meet soon, whatever lies below."""
        ours: dict[str, None] = {}
        theirs: set[str] = set()
        here: str | None = tip
        there: str | None = known
        while here is not None or there is not None:
            if here is not None:
                ours[here] = None
            if there is not None:
                theirs.add(there)
            for oid in (here, there):
                if oid in ours and oid in theirs:
                    line = list(ours)
                    return line[: line.index(oid)]
            steps = [self._links(oid, edge)[1] if oid is not None else () for oid in (here, there)]
            if max(map(len, steps)) > 1:
                return self._ahead_of_merges(tip, known, edge)
            here, there = ((parents or (None,))[0] for parents in steps)
        return [] if edge else list(ours)

    def _ahead_of_merges(self, tip: str, known: str, edge: set[str]) -> list[str]:
        behind = {oid for oid, _ in self._reachable(known, edge)}
        order = list(self._sorted(tip, edge))
        return [] if edge and not behind.intersection(order) else [oid for oid in order if oid not in behind]

    def _walk(self, start: str, edge: set[str]) -> Iterator[Commit]:
        commit = self.read(start)
        # A line of single parents has one order only, and its first commits are known without reading the last.
        while len(commit.parents) == 1:
            yield commit
            if commit.oid in edge:
                return
            commit = self.read(commit.parents[0])
        for oid in self._sorted(commit.oid, edge) if commit.parents and commit.oid not in edge else [commit.oid]:
            yield self.read(oid)

    def _sorted(self, start: str, edge: set[str]) -> Iterator[str]:
        """Every commit before its parents; of those that may come next, the one whose committer's clock is latest."""
        known = dict(self._reachable(start, edge))
        waiting = Counter(parent for _, parents in known.values() for parent in parents)
        ready = [(-known[start][0], start)]
        while ready:
            _, oid = heapq.heappop(ready)
            yield oid
            for parent in known[oid][1]:
                waiting[parent] -= 1
                if not waiting[parent]:
                    heapq.heappush(ready, (-known[parent][0], parent))

    def _reachable(self, start: str, edge: set[str]) -> Iterator[tuple[str, tuple[int, tuple[str, ...]]]]:
        """Every commit that can be reached from ``start``, each once, with its date and its parents."""
        seen, following = {start}, [start]
        while following:
            oid = following.pop()
            date, parents = self._links(oid, edge)
            yield oid, (date, parents)
            following += (parent for parent in parents if parent not in seen)
            seen.update(parents)

    def _links(self, oid: str, edge: set[str]) -> tuple[int, tuple[str, ...]]:
        """The date of a commit by its committer's clock, and its parents, each once."""
        data = self._repo.objects.read(oid, "commit")
        found = _DATE.search(data)
        parents = () if oid in edge else tuple(dict.fromkeys(raw.parse_commit(data).parents))
        return int(found[1]) if found else 0, parents

    def _edge(self) -> set[str]:
        """The commits whose parents a shallow clone left out."""
        try:
            with open(self._repo.common_dir / "shallow", encoding="ascii") as stream:
                return set(stream.read().split())
        except FileNotFoundError:
            return set()

    def _touches(self, commit: Commit, path: str, memo: dict[str, str | None], edge: set[str]) -> bool:
        here = memo[commit.oid] if commit.oid in memo else self._at(commit.oid, path)
        parent = commit.parents[0] if commit.parents else None
        before = self._at(parent, path) if parent is not None and commit.oid not in edge else None
        # On a line of commits the next one asked for is this parent.
        memo.clear()
        if parent is not None:
            memo[parent] = before
        return here != before

    def _at(self, commit: str, path: str) -> str | None:
        """The id of what ``commit`` has at ``path``; folders are searched as bytes, for a walk reads each once."""
        self.read(commit)
        oid, mode = load_root(self._repo.objects, commit), raw.TREE_MODE
        for name in path.split("/"):
            if not raw.is_tree_mode(mode):
                return None
            entry = self._entry(oid, name)
            if entry is None:
                return None
            mode, oid = entry
        return oid

    def _entry(self, tree: str, name: str) -> raw.Entry | None:
        # From one commit to the next most folders on the way to one path stay as they are.
        known = self._entries
        if (tree, name) not in known:
            if len(known) > _ENTRIES_KEPT:
                known.clear()
            known[tree, name] = raw.find_entry(self._repo.objects.read(tree, "tree"), name, len(tree) // 2)
        return known[tree, name]


def parse(oid: str, data: bytes) -> Commit:
    r"""The commit whose object is ``data``; whatever its people and dates say, it can be shown.

    >>> data = raw.serialize_commit("0" * 40, [], "A <a@b> 5 +0000", "A <a@b> 5 +0000", "Do it\n\nKey: value")
    >>> commit = parse("1" * 40, data)
    >>> commit.author_name, commit.when_ms, commit.trailers
    ('A', 5000, {'Key': 'value'})
    """
    return _commit(oid, raw.parse_commit(data))


def _commit(oid: str, parts: raw.RawCommit) -> Commit:
    person = _PERSON.fullmatch(parts.author)
    when = int(person["when"]) if person else 0
    message = parts.message[:_MAX_MESSAGE].decode("utf-8", "replace")
    return Commit(
        oid,
        parts.parents,
        person["name"].decode("utf-8", "replace") if person else "unknown",
        person["email"].decode("utf-8", "replace") if person else "unknown",
        when * 1000 if 0 <= when <= _LATEST_S else 0,
        message,
        parse_trailers(message),
    )


def parse_trailers(message: str) -> dict[str, str]:
    r"""The trailers of a commit message: its last paragraph, when every line of that is ``Key: value``.

    A line that begins with a space goes on with the value before it. The subject is never taken for a trailer.

    >>> parse_trailers("Register\n\nGitmodels-Op: 7\nGitmodels-Args: {a:\n  1}\n")
    {'Gitmodels-Op': '7', 'Gitmodels-Args': '{a:\n1}'}
    """
    head, separator, last = message.rstrip().rpartition("\n\n")
    found: dict[str, str] = {}
    key = ""
    if not separator or not head.strip():
        return found
    for line in last.split("\n"):
        if line[:1] in (" ", "\t") and key:
            found[key] += "\n" + line.strip()
            continue
        match = _TRAILER.fullmatch(line)
        if match is None:
            return {}
        key = match["key"]
        found[key] = match["value"].strip()
    return found
