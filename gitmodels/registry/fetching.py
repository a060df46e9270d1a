"""The tree of one commit in a partial clone: what is missing is fetched when it is asked for, with what is alike.

One fetch costs a round trip whatever it brings. So who asks for one model's record gets those of all models, and who
asks for a version gets every record of its model: listing takes one fetch, not one for each file. This room knows
where records stand and nothing of what they say.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from gitmodels.errors import ObjectNotFound
from gitmodels.git import raw
from gitmodels.git.objects import ObjectReader
from gitmodels.git.repository import GitRepository
from gitmodels.git.transport import prefetch
from gitmodels.git.tree import TreeView
from gitmodels.registry import layout

Value = TypeVar("Value")

# A clone without trees lacks each folder on the way to a file.
_TRIES = 12
_MODEL_PARTS = 3


class FetchingTree(TreeView):
    """A TreeView of ``git`` that fetches. Its methods raise RemoteError when the remote does not keep its promise."""

    def __init__(self, git: GitRepository, commit: str | None, objects: ObjectReader | None = None) -> None:
        super().__init__(objects or git.objects, commit=commit)
        self._git = git

    def read(self, path: str) -> bytes | None:
        """The bytes of the file at ``path``; None when there is none."""
        return self._fetching(path, super().read)

    def entries(self, path: str = "") -> Mapping[str, raw.Entry]:
        """Mode and id of everything in the folder ``path``, by name; empty when there is no such folder."""
        return self._fetching(path, super().entries)

    def oid(self, path: str) -> str | None:
        """The object id of what stands at ``path``, or None."""
        return self._fetching(path, super().oid)

    def is_tree(self, path: str) -> bool:
        """Whether ``path`` is a folder."""
        return self._fetching(path, super().is_tree)

    def _fetching(self, path: str, ask: Callable[[str], Value]) -> Value:
        for _ in range(_TRIES):
            try:
                return ask(path)
            except ObjectNotFound as error:
                oid = str(error.fields["oid"])
            alike = (found for found in self._alike(path.split("/")) if found is not None)
            prefetch(self._git, [oid, *alike])
        return ask(path)

    def _alike(self, parts: list[str]) -> Iterator[str | None]:
        """The ids of the files that are read next by whoever reads ``parts``, as far as their folders are here."""
        try:
            if parts[0] != layout.MODELS or len(parts) <= _MODEL_PARTS:
                return
            if parts[_MODEL_PARTS] == "model.yaml":
                yield from self._model_records()
            else:
                yield from self._records_below("/".join(parts[:_MODEL_PARTS]))
        except ObjectNotFound:
            return

    def _model_records(self) -> Iterator[str | None]:
        for shard in super().entries(layout.MODELS):
            for model in super().entries(f"{layout.MODELS}/{shard}"):
                yield super().oid(f"{layout.MODELS}/{shard}/{model}/model.yaml")

    def _records_below(self, folder: str) -> Iterator[str | None]:
        for kind in ("meta", "aliases"):
            for _, oid in super().entries(f"{folder}/{kind}").values():
                yield oid
        for number in super().entries(f"{folder}/versions"):
            yield super().oid(f"{folder}/versions/{number}/version.yaml")
