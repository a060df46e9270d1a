"""The files of versions in MLflow taken into the object store, many versions in one operation of it.

This room knows stores and folders; it registers nothing.
"""

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from gitmodels.api import content, registering
from gitmodels.api.content import Content
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.exchange.mlflow.files import Files, told
from gitmodels.exchange.mlflow.listing import PROMPT, PROMPT_TEXT, Listed
from gitmodels.mlflow_plugin.lineage import Lineage
from gitmodels.mlmodel.trust import UNNAMED
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.repo import Repo
from gitmodels.uris import without_credentials
from gitmodels.values import frozen

# Past so many bytes or versions, what was taken so far is handed on to be committed; each is an open folder meanwhile.
_BYTES, _VERSIONS = 64 << 20, 200
# Only of larger ones it is worth looking for what is like the version before.
_ALIKE = 1 << 20


@frozen
class Taken:
    """A version whose files are in the store."""

    version: Listed
    lineage: Lineage
    content: Content


@frozen
class _Found:
    """A version whose files are here for a while; a prompt has none."""

    version: Listed
    lineage: Lineage
    path: Path | None

    @property
    def size(self) -> int:
        return registering.size(str(self.path)) if self.path is not None else 0


class Taking:
    """Takes what ``files`` has into the store of ``repo``."""

    def __init__(self, repo: Repo, files: Files) -> None:
        self._repo = repo
        self._files = files

    def parts(self, versions: Sequence[Listed]) -> Iterator[list[Taken]]:
        """The versions in their order, some at a time, to be registered before the next are asked for.

        What cannot be read is raised when all before it was handed on. Raises as ``Files.here``, and Invalid for files
        that cannot be stored.
        """
        waiting = list(reversed(versions))
        while waiting:
            failure = None
            # Garbage collection waits until they are registered.
            with contextlib.ExitStack() as stack, self._repo.store.recording():
                found: list[_Found] = []
                size = 0
                while waiting and size < _BYTES and not _is_enough(found, waiting[-1]):
                    try:
                        found.append(self._found(waiting[-1], stack))
                    except GitModelsError as error:
                        failure = error
                        break
                    size += found[-1].size
                    waiting.pop()
                if found:
                    yield self._taken(found, size)
            if failure is not None:
                raise failure

    def _found(self, version: Listed, stack: contextlib.ExitStack) -> _Found:
        lineage = self._files.lineage(version)
        if PROMPT in version.tags:
            return _Found(version, lineage, None)
        return _Found(version, lineage, stack.enter_context(self._files.here(version, lineage)))

    def _taken(self, found: Sequence[_Found], size: int) -> list[Taken]:
        manifests = self._manifests(found, size)
        taken = []
        for place, one in enumerate(found):
            with _of(one.version):
                taken.append(Taken(one.version, one.lineage, self._content(one, manifests.get(place))))
        return taken

    def _manifests(self, found: Sequence[_Found], size: int) -> dict[int, Manifest]:
        """The folders among what was found, stored in one operation; one that cannot be is told by its version."""
        folders = {place: one.path for place, one in enumerate(found) if one.path is not None and one.path.is_dir()}
        if not folders:
            return {}
        names = {one.version.name for one in found}
        alone = names.pop() if len(names) == 1 and size > _ALIKE else None
        parent = registering.parent_of(self._repo, alone, None) if alone is not None else None
        add = partial(self._repo.store.add_directories, heal=False, remember="nothing", parent=parent, out=())
        try:
            return dict(zip(folders, add([*folders.values()]), strict=True))
        except GitModelsError:
            for place, path in folders.items():
                with _of(found[place].version):
                    add([path])
            raise

    def _content(self, one: _Found, manifest: Manifest | None) -> Content:
        repo, path, source = self._repo, one.path, without_credentials(one.version.source)
        if path is None:
            text = one.version.tags.get(PROMPT_TEXT, "").encode()
            entry = Entry("prompt.txt", len(text), repo.store.add_bytes(text))
            return Content(Manifest((entry,)), {}, "none", source, UNNAMED)
        if manifest is not None:
            return content.of_stored(repo, manifest, content.code_execution_of_folder(path), source, {})
        manifest = repo.store.add_file(path, remember="nothing")
        return content.of_stored(repo, manifest, content.code_execution_of_file(path), source, {})


def _is_enough(found: Sequence[_Found], following: Listed) -> bool:
    """Whether no more are to be taken: a model is only parted where it is a long one."""
    return len(found) >= (2 * _VERSIONS if found and found[-1].version.name == following.name else _VERSIONS)


@contextlib.contextmanager
def _of(version: Listed) -> Iterator[None]:
    """Let an error say which version it is about, and how to pass it by."""
    try:
        yield
    except GitModelsError as error:
        way = f"leave it out: --without {version.name}/{version.number}"
        raise Invalid(f"{told(version)}: {error.message}", hint=error.hint or way) from error
