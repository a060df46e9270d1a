"""Commits that anybody can derive again, bit for bit, from what the branch holds.

This room knows how such a commit is written; which trees deserve one is not its business. Nothing in it depends on
the clock, the machine or the person who runs it.
"""

import os
import zlib
from collections.abc import Sequence

from gitmodels.git import durable, processes, raw
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository

# Fixed: another zone would be another commit.
_ZONE = "+0000"


def write_derived_commit(  # noqa: PLR0913 - the parts of a commit, no more and no less
    repo: GitRepository,
    *,
    tree: str,
    parents: Sequence[str],
    author: tuple[str, str],
    committer: tuple[str, str],
    when_s: int,
    message: str,
) -> str:
    """Write the commit of these parts unless it is there, and return its id; equal parts give the equal id.

    ``author`` and ``committer`` are (name, email), ``when_s`` seconds since the epoch for both, in UTC. The object's
    bytes are synced (an empty object under a ref would stop ``git gc``), its folder is not: what is lost is derived
    again.
    """
    data = raw.serialize_commit(
        raw.check_oid(tree),
        [raw.check_oid(parent) for parent in parents],
        Identity.clean(*author).stamp(when_s, _ZONE),
        Identity.clean(*committer).stamp(when_s, _ZONE),
        message,
    )
    oid = repo.object_format.id_of("commit", data)
    folder = repo.common_dir / "objects" / oid[:2]
    path = folder / oid[2:]
    if repo.objects.has(oid) and _is_whole(str(path)):
        return oid
    with durable.storage_errors(f"write commit {oid[:10]}"):
        durable.make_folders(folder)
        temp = str(folder / processes.new_name("tmp_obj"))
        durable.write_new(temp, zlib.compress(b"commit %d\0" % len(data) + data, 1), 0o444)
        try:
            os.rename(temp, path)
        except BaseException:
            durable.unlink_quietly(temp)
            raise
    return oid


def _is_whole(path: str) -> bool:
    # A power cut can leave an object file that is empty; a file that is not there means the object is in a pack.
    try:
        return os.stat(path).st_size > 0
    except FileNotFoundError:
        return True
