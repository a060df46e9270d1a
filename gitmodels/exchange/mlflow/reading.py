"""Models of an MLflow registry brought into this one, with their numbers, times and authors.

What is missing is brought, bytes first, in one commit for each model or, where that has many bytes, for a part of its
versions. So it can be stopped anywhere, and the same call goes on.
"""

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from gitmodels import digest
from gitmodels.api import content, registering
from gitmodels.api.content import Content
from gitmodels.errors import GitModelsError, Invalid, ModelNotFound
from gitmodels.exchange.mlflow import listing
from gitmodels.exchange.mlflow.comparing import Todo, compare, meta_of
from gitmodels.exchange.mlflow.files import Files, told
from gitmodels.exchange.mlflow.listing import PROMPT, PROMPT_TEXT, Listed, Model
from gitmodels.exchange.mlflow.place import opened
from gitmodels.exchange.plan import Choice, Step
from gitmodels.fields import present
from gitmodels.mlflow_plugin.lineage import Lineage
from gitmodels.mlmodel.trust import UNNAMED
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.registry.changes import imports
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.changes.imports import Brought, Import
from gitmodels.registry.records import DELETED, MetaRecord, VersionRecord
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.uris import without_credentials
from gitmodels.values import frozen, replace

TOOL = "mlflow"
# Past so many bytes or versions, what was read so far is committed.
_BYTES, _VERSIONS = 64 << 20, 200
# Only of larger ones it is worth looking for what is like the version before.
_ALIKE = 1 << 20
_GONE = "deleted in MLflow before it was brought here"


def read(location: str, repo: Repo, choice: Choice) -> Iterator[Step]:
    """Bring the chosen models of the MLflow registry at ``location``, a step at a time.

    Raises MissingDependency without MLflow, RemoteError for what cannot be reached, FileMissing for files that are
    gone, Invalid for files where nobody should look, and Conflict where this registry has another version of a number.
    """
    with opened(location) as place:
        found = listing.models(place, choice)
        lacking = sorted(set(choice.models) - {model.name for model in found})
        if lacking:
            raise ModelNotFound(f"MLflow has no model {lacking[0]!r}", name=lacking[0])
        state = repo.registry.state()
        todos = [compare(state, model, choice) for model in found]
        files = Files(place, choice.places)
        if not choice.dry_run:
            files.look_up(version for todo in todos for version in todo.versions)
        for model, todo in zip(found, todos, strict=True):
            yield from todo.left
            reader = _Reader(repo, model, choice, files)
            yield from planned(model, todo) if choice.dry_run else reader.steps(todo)


def planned(model: Model, todo: Todo, *, done: bool = False) -> Iterator[Step]:
    """The steps of ``todo``, in the order in which they are done."""
    name = model.name
    if todo.new and todo.record is not None:
        yield Step("model", name, None, "", done)
    for version in todo.versions:
        yield Step("version", name, version.number, without_credentials(version.source)[:200], done)
    for number in todo.gone:
        yield Step("deleted version", name, number, "keeps its number", done)
    if not todo.new and todo.record is not None and not todo.versions and not todo.gone:
        yield Step("change", name, None, "its description and tags", done)
    for number in todo.metas:
        yield Step("change", name, number, "its stage, description and tags", done)
    for alias, number in todo.aliases.items():
        yield Step("alias", name, number, alias, done)


@contextlib.contextmanager
def _of(version: Listed) -> Iterator[None]:
    """Let an error say which version it is about, and how to pass it by."""
    try:
        yield
    except GitModelsError as error:
        way = f"leave it out: --without {version.name}/{version.number}"
        raise Invalid(f"{told(version)}: {error.message}", hint=error.hint or way) from error


@frozen
class _Read:
    """A version that was read: its files are in the store."""

    version: Listed
    lineage: Lineage
    content: Content


class _Reader:
    """Brings one model."""

    def __init__(self, repo: Repo, model: Model, choice: Choice, files: Files) -> None:
        self._repo = repo
        self._model = model
        self._choice = choice
        self._files = files

    def steps(self, todo: Todo) -> Iterator[Step]:
        """Do what ``todo`` says, a part at a time."""
        rest = todo
        for part in self._parts(todo.versions):
            read = tuple(each.version for each in part)
            left = tuple(version for version in rest.versions if version not in read)
            self._commit(part, last=not left)
            now = Todo(rest.new, rest.record) if left else rest
            yield from planned(self._model, replace(now, versions=read), done=True)
            rest = replace(rest, new=False, record=None, versions=left)
        if not todo.versions and not todo.is_empty:
            self._commit([], last=True)
            yield from planned(self._model, todo, done=True)

    def _commit(self, part: Sequence[_Read], last: bool) -> None:
        self._repo.registry.apply(lambda state, at: self._change(state, at, part, last))

    def _change(self, state: State, at: At, part: Sequence[_Read], last: bool) -> Change[tuple[int, ...]]:
        # Asked again of the newest state: somebody may have changed the model meanwhile.
        todo = compare(state, self._model, self._choice)
        wanted = {version.number for version in todo.versions}
        brought = [self._brought(read) for read in part if read.version.number in wanted]
        there = set(state.all_numbers(self._model.name)) | {one.number for one in brought}
        if not last:
            return imports.bring(state, Import(self._model.name, TOOL, todo.record, tuple(brought)), at)
        brought += [self._gone(number) for number in todo.gone]
        aliases = {alias: number for alias, number in todo.aliases.items() if number in there}
        whole = Import(self._model.name, TOOL, todo.record, tuple(brought), todo.metas, aliases)
        return imports.bring(state, whole, at)

    def _parts(self, versions: Sequence[Listed]) -> Iterator[list[_Read]]:
        """The versions read into the store, some at a time; what fails is raised when all before it was handed on."""
        waiting = list(versions)
        while waiting:
            failure = None
            # Garbage collection waits until they are committed.
            with contextlib.ExitStack() as stack, self._repo.store.recording():
                found: list[tuple[Listed, Lineage, Path | None]] = []
                size = 0
                while waiting and size < _BYTES and len(found) < _VERSIONS:
                    version = waiting[0]
                    try:
                        lineage = self._files.lineage(version)
                        path = (
                            None if PROMPT in version.tags else stack.enter_context(self._files.here(version, lineage))
                        )
                    except GitModelsError as error:
                        failure = error
                        break
                    found.append((version, lineage, path))
                    size += registering.size(str(path)) if path is not None else 0
                    del waiting[0]
                if found:
                    yield self._stored(found, size)
            if failure is not None:
                raise failure

    def _stored(self, found: Sequence[tuple[Listed, Lineage, Path | None]], size: int) -> list[_Read]:
        manifests = self._manifests(found, size)
        reads = []
        for version, lineage, path in found:
            with _of(version):
                reads.append(_Read(version, lineage, self._content(version, path, manifests.get(version.number))))
        return reads

    def _manifests(self, found: Sequence[tuple[Listed, Lineage, Path | None]], size: int) -> dict[int, Manifest]:
        """The folders among what was found, stored in one operation; one that cannot be is told by its version."""
        folders = {version.number: path for version, _, path in found if path is not None and path.is_dir()}
        parent = registering.parent_of(self._repo, self._model.name, None) if size > _ALIKE else None
        add = partial(self._repo.store.add_directories, heal=False, remember="nothing", parent=parent, out=())
        try:
            return dict(zip(folders, add([*folders.values()]), strict=True)) if folders else {}
        except GitModelsError:
            for version, _, _ in found:
                if version.number in folders:
                    with _of(version):
                        add([folders[version.number]])
            raise

    def _content(self, version: Listed, path: Path | None, manifest: Manifest | None) -> Content:
        repo, source = self._repo, without_credentials(version.source)
        if path is None:
            text = version.tags.get(PROMPT_TEXT, "").encode()
            entry = Entry("prompt.txt", len(text), repo.store.add_bytes(text))
            return Content(Manifest((entry,)), {}, "none", source, UNNAMED)
        if manifest is not None:
            return content.of_stored(repo, manifest, content.code_execution_of_folder(path), source, {})
        manifest = repo.store.add_file(path, remember="nothing")
        return content.of_stored(repo, manifest, content.code_execution_of_file(path), source, {})

    def _brought(self, read: _Read) -> Brought:
        version, lineage = read.version, read.lineage
        run = {"id": version.run_id} if version.run_id else {}
        if version.run_id is not None and lineage.run.get("id") == version.run_id:
            run = dict(lineage.run)
        beside = present({"user": version.user, "status_message": version.status_message})
        record = replace(
            registering.record_of(read.content),
            created=version.created,
            author=version.user or lineage.user or "",
            op=version.op,
            run=run,
            run_link=version.run_link,
            code=dict(lineage.code),
            imported={"from": TOOL} | beside,
        )
        manifest = read.content.manifest.to_yaml()
        return Brought(version.number, record, manifest, meta_of(version, self._model), read.content.readable)

    def _gone(self, number: int) -> Brought:
        """A number that was deleted there: given, and never again."""
        text = f"{_GONE}\n".encode()
        manifest = Manifest((Entry("DELETED.txt", len(text), self._repo.store.add_bytes(text)),))
        record = VersionRecord(
            model_id=manifest.model_id,
            manifest=digest.parse(manifest.digest),
            created=self._model.created,
            author="",
            email="",
            op=Listed(self._model.name, number, self._model.created, 0, source=_GONE).op,
            size=manifest.size,
            imported={"from": TOOL},
        )
        return Brought(number, record, manifest.to_yaml(), MetaRecord(status=DELETED, reason=_GONE))
