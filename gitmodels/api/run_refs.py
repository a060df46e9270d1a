"""The runs that travel: this clone's own go to a remote when that is wished, those of other clones come from there.

Runs are private until then. Each clone writes one ref, ``refs/gitmodels/runs/<clone id>``, so nobody races; all are
united when they are read. The files that runs logged are sent before the ref is.
"""

from collections.abc import Iterator

from gitmodels.api.published_objects import keeper
from gitmodels.errors import Conflict
from gitmodels.git.fork import stands_on
from gitmodels.git.pushing import push_refs
from gitmodels.git.ref_files import RefFiles
from gitmodels.git.remote_program import Progress
from gitmodels.git.transport import fetch_refs, remote_refs
from gitmodels.git.tree import TreeView
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.repo import Repo
from gitmodels.runs import files, layout
from gitmodels.runs.clone import clone_id


def push(repo: Repo, remote: str, progress: Progress | None = None) -> bool:
    """Publish this clone's runs with the files they logged; whether there was anything to publish.

    Raises Conflict when the remote has others under this clone's id, as a copied ``.git`` folder makes them, and
    RemoteError.
    """
    own = clone_id(repo.git.own_dir)
    ref = f"{layout.REFS}{own}"
    tip = RefFiles(repo.git.common_dir).read(ref) if own is not None else None
    there = remote_refs(repo.git, remote, [ref]).get(ref) if tip is not None else None
    if tip is None or there == tip:
        return False
    if there is not None and (not repo.git.objects.has(there) or stands_on(repo.git, tip, there) is False):
        raise Conflict(
            f"the runs of the clone {own} on {remote} are not those that are here: two clones have one id",
            hint=f"delete {repo.git.own_dir / 'clone-id'}: this clone gets an id of its own",
        )
    send(repo, remote, there, tip, progress)
    [answer] = push_refs(repo.git, remote, [(tip, ref, there)], atomic=False)
    answer.check()
    return True


def is_runs(ref: str) -> bool:
    """Whether a ref is one of runs."""
    return ref.startswith(layout.REFS)


def send(repo: Repo, remote: str, before: str | None, after: str, progress: Progress | None = None) -> int:
    """Send what the remote lacks of the files that the runs of ``after`` logged; how many bytes that were.

    ``before`` is what was published of them. Raises RemoteError, Corrupt.
    """
    wanted = list(_files(repo, before if before is not None and repo.git.objects.has(before) else None, after))
    if not wanted:
        return 0
    from gitmodels.remotes import transfer

    return transfer.upload(repo.store, wanted, keeper(repo, remote), progress=progress).size


def fetch(repo: Repo, remote: str, progress: Progress | None = None) -> int:
    """Bring the runs of other clones, without the files they logged; how many clones have news. Raises RemoteError."""
    own = f"{layout.REFS}{clone_id(repo.git.own_dir)}"
    here = RefFiles(repo.git.common_dir).list(layout.REFS)
    there = remote_refs(repo.git, remote, [f"{layout.REFS}*"])
    news = sorted(ref for ref, oid in there.items() if ref != own and here.get(ref) != oid)
    # Only its own clone writes a ref; whatever that made of it counts.
    fetch_refs(repo.git, remote, [f"+{ref}:{ref}" for ref in news], progress=progress)
    return len(news)


def _files(repo: Repo, before: str | None, after: str) -> Iterator[Manifest | Entry]:
    """What the runs of ``after`` logged and those of ``before`` did not, as far as its bytes are still here."""
    known = set(TreeView(repo.git.objects, commit=before).walk()) if before is not None else set()
    view = TreeView(repo.git.objects, commit=after)
    for path, oid in view.walk():
        name = path.rpartition("/")[2]
        if (path, oid) in known or name not in (layout.MANIFEST, layout.ARTIFACTS):
            continue
        data = view.read(path) or b""
        if name == layout.MANIFEST:
            manifest = Manifest.from_yaml(data)
            # Models of runs expire: what is gone here is nobody's to send.
            if not repo.store.missing(manifest):
                yield manifest
        else:
            artifacts = files.artifacts_from_yaml(data, path)
            yield from (entry for entry in artifacts if not repo.store.missing(Manifest((entry,))))
