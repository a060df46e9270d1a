"""The network verbs of git: fetch, list, and bring what a partial clone lacks. Pushing has a room of its own.

This room knows remotes and commands. How git is started safely is remote_program's business, what its refusals mean
that of refusals.py.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gitmodels.errors import Invalid, RemoteError
from gitmodels.git import addresses, refusals, remote_program
from gitmodels.git.raw import check_oid
from gitmodels.git.ref_files import check_ref
from gitmodels.git.remote_program import Progress
from gitmodels.git.repository import GitRepository
from gitmodels.patterns import pattern

_QUIET = ("--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules")
_FILTER = pattern(r"[a-z]+(:[a-z]+=)?:?[0-9a-z]*")
_LISTED = pattern(r"([0-9a-f]{40}|[0-9a-f]{64})\t(refs/[^\s]+)")


def fetch_refs(
    repo: GitRepository,
    remote: str,
    refspecs: Sequence[str],
    *,
    depth: int | None = None,
    filter: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Fetch from ``remote`` what ``refspecs`` say, and nothing else: no tags, no refs that git's config adds.

    A refspec is ``SOURCE:REF`` or ``SOURCE``; a source is a full ref, a prefix that ends in ``*`` or an object's id,
    and a leading ``+`` lets the ref here move back. ``depth`` cuts the history after so many commits. ``filter``
    (``blob:none``, ``tree:0``) leaves objects out, and makes ``repo`` a partial clone of the remote in its config.

    Raises RefChanged when a ref without ``+`` would move back, RemoteError with its ``kind`` for anything else.

    >>> import tempfile, pathlib
    >>> fetch_refs(GitRepository.open("."), "ext::sh -c true", ["refs/heads/main"])
    Traceback (most recent call last):
    ...
    gitmodels.errors.Invalid: not an address to fetch from: 'ext::sh -c true'
    """
    address = addresses.find(repo, remote)
    wanted = [_check_refspec(refspec) for refspec in refspecs]
    if not wanted:
        return
    # An empty refmap: what is configured for the remote is not fetched along.
    arguments = ["fetch", "--progress", *_QUIET, "--refmap=", "--no-prune", "--stdin"]
    if depth is not None:
        arguments.append(f"--depth={max(int(depth), 1)}")
    if filter is not None:
        arguments.append(f"--filter={_check_filter(filter)}")
    stdin = "".join(f"{refspec}\n" for refspec in wanted).encode()
    ended = remote_program.run(repo, [*arguments, "--", address], stdin=stdin, progress=progress)
    if ended.code == 1 and not ended.words.strip():
        return  # what git says of patterns that nothing matches
    if ended.code:
        rejected = refusals.rejected_here(ended.words)
        failure = rejected or refusals.failure(ended.words, remote=address, silent=ended.silent)
        if isinstance(failure, RemoteError) and failure.fields.get("kind") == "no-ref":
            remote_refs(repo, remote, ["refs/heads/*"])  # a web page is no repository without that ref
        raise failure


def remote_refs(repo: GitRepository, remote: str, patterns: Iterable[str] = ()) -> dict[str, str]:
    """The refs of ``remote`` and what they name, of those that ``patterns`` speak of; of all without any.

    A pattern is a full ref, or a prefix that ends in ``*``. Asked for branches only, the server sends no other refs.
    Raises RemoteError with its ``kind``.
    """
    address = addresses.find(repo, remote)
    wanted = [_check_pattern(text) for text in patterns]
    only = ["--heads"] if wanted and all(text.startswith("refs/heads/") for text in wanted) else []
    arguments = ["ls-remote", "--quiet", "--refs", *only, "--", address, *wanted]
    ended = remote_program.run(repo, arguments)
    if ended.code:
        raise refusals.failure(ended.words, remote=address, silent=ended.silent)
    if not ended.output:
        _see_that_it_is_git(repo, address)
    found = {}
    for line in ended.output.splitlines():
        listed = _LISTED.fullmatch(line)
        # git's patterns match the end of a name; ours match all of it.
        if listed is not None and (not wanted or any(_matches(listed[2], text) for text in wanted)):
            found[listed[2]] = listed[1]
    return found


def _see_that_it_is_git(repo: GitRepository, address: str) -> None:
    """Raise RemoteError when what answers for ``address`` does not speak git, as a web page of one line does not.

    git takes the page for the list of refs of a server that only hands out files, and an empty one.
    """
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "packets"
        remote_program.run(repo, ["ls-remote", "--", address], environ={"GIT_TRACE_PACKET": str(trace)})
        if not trace.exists() or not trace.stat().st_size:
            raise refusals.failure("fatal: not a git repository: it gave no refs", remote=address)


def prefetch(repo: GitRepository, oids: Iterable[str]) -> int:
    """Bring those of the objects ``oids`` that a partial clone lacks, all in one fetch; how many were missing.

    Raises RemoteError when the remote that promised them cannot be reached or no longer has them, Invalid in a clone
    that no remote promised anything to.
    """
    missing = repo.objects.missing(check_oid(oid) for oid in oids)
    if not missing:
        return 0
    remote = repo.promisor()
    if remote is None:
        raise Invalid(
            f"{len(missing)} git objects are missing and this is no partial clone",
            hint="run git fsck; fetch from a remote",
        )
    fetch_objects(repo, remote, missing, filter="blob:none")
    left = repo.objects.missing(missing)
    if left:
        raise RemoteError(
            f"the remote {remote!r} did not send {len(left)} of {len(missing)} objects it promised", kind="no-object"
        )
    return len(missing)


def fetch_objects(
    repo: GitRepository,
    remote: str,
    oids: Iterable[str],
    *,
    filter: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Fetch the objects ``oids`` by their ids, without telling the remote what is here, as git does for a promise.

    What an object leads to comes along, less what ``filter`` leaves out. Raises RemoteError with its ``kind``.
    """
    arguments = ["fetch", "--progress", *_QUIET, *([f"--filter={_check_filter(filter)}"] if filter else [])]
    address = addresses.find(repo, remote)
    stdin = "".join(f"{check_oid(oid)}\n" for oid in oids).encode()
    settings = ("fetch.negotiationAlgorithm=noop",)
    ended = remote_program.run(
        repo, [*arguments, "--stdin", "--", address], stdin=stdin, settings=settings, progress=progress
    )
    if ended.code:
        raise refusals.failure(ended.words, remote=address, silent=ended.silent)


def _check_refspec(refspec: str) -> str:
    source, colon, target = refspec.removeprefix("+").partition(":")
    if source.startswith("refs/"):
        _check_pattern(source)
    else:
        check_oid(source)
    if colon:
        _check_pattern(target)
        if source.endswith("*") != target.endswith("*"):
            raise Invalid(f"not a refspec: {refspec[:80]!r}", hint="a star stands on both sides or on none")
    return refspec


def _check_filter(filter: str) -> str:
    if not _FILTER.fullmatch(filter):
        raise Invalid(f"not a filter of objects: {filter[:40]!r}", hint="blob:none, blob:limit=10k or tree:0")
    return filter


def _check_pattern(text: str) -> str:
    check_ref(f"{text[:-1]}x" if text.endswith("*") else text)
    return text


def _matches(ref: str, text: str) -> bool:
    return ref.startswith(text[:-1]) if text.endswith("*") else ref == text
