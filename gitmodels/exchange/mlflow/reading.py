"""Models of an MLflow registry brought into this one, with their numbers, times and authors.

What is missing is brought, bytes first, in one commit for each model or, where that has many bytes, for a part of its
versions. So it can be stopped anywhere, and the same call goes on.
"""

import itertools
from collections.abc import Iterator, Sequence

from gitmodels import digest
from gitmodels.api import registering
from gitmodels.errors import Invalid, ModelNotFound
from gitmodels.exchange.mlflow import listing
from gitmodels.exchange.mlflow.comparing import Todo, compare, meta_of
from gitmodels.exchange.mlflow.files import Files
from gitmodels.exchange.mlflow.listing import Listed, Model
from gitmodels.exchange.mlflow.place import opened
from gitmodels.exchange.mlflow.taking import Taken, Taking
from gitmodels.exchange.plan import Choice, Step
from gitmodels.fields import present
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.registry.changes import imports
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.changes.imports import Brought, Import
from gitmodels.registry.records import DELETED, MetaRecord, VersionRecord
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.uris import without_credentials
from gitmodels.values import replace

TOOL = "mlflow"
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
        todos = [(model, compare(state, model, choice)) for model in found]
        for _, todo in todos:
            yield from todo.left
        # Whatever has no files to be read goes first.
        todos.sort(key=lambda pair: bool(pair[1].versions))
        if choice.dry_run:
            for model, todo in todos:
                yield from planned(model, todo)
        else:
            yield from _brought(repo, todos, choice, Files(place, choice.places))


def _brought(repo: Repo, todos: Sequence[tuple[Model, Todo]], choice: Choice, files: Files) -> Iterator[Step]:
    versions = [version for _, todo in todos for version in todo.versions]
    files.look_up(versions)
    bringing = {model.name: _Bringing(repo, model, todo, choice) for model, todo in todos}
    for model, todo in todos:
        if not todo.versions and not todo.is_empty:
            yield from bringing[model.name].part([])
    for part in Taking(repo, files).parts(versions):
        for name, group in itertools.groupby(part, key=lambda taken: taken.version.name):
            yield from bringing[name].part([*group])


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


class _Bringing:
    """Brings one model, of which ``todo`` is left."""

    def __init__(self, repo: Repo, model: Model, todo: Todo, choice: Choice) -> None:
        self._repo = repo
        self._model = model
        self._todo = todo
        self._choice = choice

    def part(self, part: Sequence[Taken]) -> Iterator[Step]:
        """Commit the versions of ``part``, and all else that is to be done when no others are left."""
        read = tuple(taken.version for taken in part)
        left = tuple(version for version in self._todo.versions if version not in read)
        try:
            self._repo.registry.apply(lambda state, at: self._change(state, at, part, last=not left))
        except Invalid as error:
            # Texts that no record can hold: longer than any is, or not text at all.
            raise Invalid(f"{self._model.name}: {error.message}", hint=error.hint or "shorten it in MLflow") from error
        now = Todo(self._todo.new, self._todo.record) if left else self._todo
        self._todo = replace(self._todo, new=False, record=None, versions=left)
        yield from planned(self._model, replace(now, versions=read), done=True)

    def _change(self, state: State, at: At, part: Sequence[Taken], last: bool) -> Change[tuple[int, ...]]:
        # Asked again of the newest state: somebody may have changed the model meanwhile.
        todo = compare(state, self._model, self._choice)
        wanted = {version.number for version in todo.versions}
        brought = [self._record(taken) for taken in part if taken.version.number in wanted]
        there = set(state.all_numbers(self._model.name)) | {one.number for one in brought}
        if not last:
            return imports.bring(state, Import(self._model.name, TOOL, todo.record, tuple(brought)), at)
        brought += [self._gone(number) for number in todo.gone]
        aliases = {alias: number for alias, number in todo.aliases.items() if number in there}
        whole = Import(self._model.name, TOOL, todo.record, tuple(brought), todo.metas, aliases)
        return imports.bring(state, whole, at)

    def _record(self, taken: Taken) -> Brought:
        version, lineage = taken.version, taken.lineage
        run = {"id": version.run_id} if version.run_id else {}
        if version.run_id is not None and lineage.run.get("id") == version.run_id:
            run = dict(lineage.run)
        beside = present({"user": version.user, "status_message": version.status_message})
        record = replace(
            registering.record_of(taken.content),
            created=version.created,
            author=version.user or lineage.user or "",
            op=version.op,
            run=run,
            run_link=version.run_link,
            code=dict(lineage.code),
            imported={"from": TOOL} | beside,
        )
        manifest = taken.content.manifest.to_yaml()
        return Brought(version.number, record, manifest, meta_of(version, self._model), taken.content.readable)

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
