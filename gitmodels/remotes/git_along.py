"""Packs that travel to a git remote together with a branch: in one push, of which all or nothing happens there.

Two pushes cost twice what one costs, and for a small model that is most of publishing it. So its packs are only made
ready here, as refs that are to be and a folder with the objects they name; who moves the branch pushes both. What is
large goes on its own first: as long as it took, others would move the branch. This room knows packs and refs.
"""

from pathlib import Path

from gitmodels.git.repository import GitRepository
from gitmodels.remotes import git_layout as layout
from gitmodels.remotes.backend import Progress
from gitmodels.remotes.git import GitPacks

# More bytes than these do not go along.
MOST = 4 << 20
# So many bytes that are known to have been there are sent again rather than asked for: asking costs as much.
MOST_AGAIN = 64 << 10
# Packs that nobody gathered yet are looked for after one push of so many: an id begins with any byte alike.
_ONE_OF = 16


class PacksAlong(GitPacks):
    """The packs of ``remote``, and what is ``put`` is made ready in ``folder``, which the caller removes.

    ``updates`` are the refs to be created: the commit, the ref, and None for what it is now.
    """

    def __init__(self, repo: GitRepository, remote: str, folder: Path) -> None:
        super().__init__(repo, remote)
        self.folder = folder
        self.updates: list[tuple[str, str, None]] = []

    def put(self, pack: bytes, source: Path, index: bytes, progress: Progress | None = None) -> bool:
        """The pack as a commit that is to get a ref of its own. Raises OSError."""
        with self._lock:
            held = layout.write_pack(self.folder / "pack", self._repo.object_format, pack, source, index)
        self.updates.append((held.commit, layout.ref_of(pack), None))
        if progress is not None:
            progress(source.stat().st_size)
        return True

    def arrived(self) -> None:
        """Everything made ready is there: now and then its refs, and those of others, are gathered."""
        updates, self.updates = self.updates, []
        if any(int(ref.removeprefix(layout.PREFIX)[:2], 16) % _ONE_OF == 0 for _, ref, _ in updates):
            self.gather()
