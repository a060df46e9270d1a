"""Models of this registry handed to MLflow: under their numbers, with aliases, tags, stages and files.

MLflow numbers versions one after the other, so a number that was deleted here is made and deleted there. Times and
users are written where MLflow's registry is a database; a server takes neither. What is there already is not made
again; what was changed there stays, unless that side is to lose.
"""

from collections.abc import Iterator
from typing import Any

from gitmodels.api import content
from gitmodels.errors import Conflict, Invalid
from gitmodels.exchange.mlflow import listing
from gitmodels.exchange.mlflow.calls import Calls
from gitmodels.exchange.mlflow.listing import PROMPT, Listed, Model
from gitmodels.exchange.mlflow.place import Place, is_nowhere, opened, reaching
from gitmodels.exchange.mlflow.shelf import Shelf
from gitmodels.exchange.mlflow.tables import Tables
from gitmodels.exchange.plan import LEFT_OUT, Choice, Step
from gitmodels.mlflow_plugin import shelf as records
from gitmodels.registry.records import DELETED
from gitmodels.registry.state import State, Version
from gitmodels.repo import Repo
from gitmodels.uris import STAGES
from gitmodels.values import replace

_PROMPT_SOURCE = "dummy-source"
# What a version is said to be made of that is deleted at once: a server takes no name of nothing.
_GAP = "s3://deleted/deleted"
# What MLflow's SQL store calls where a version came from holds so many characters.
_LONGEST = 500
_FORCE = "--force takes those of here"


def write(location: str, repo: Repo, choice: Choice) -> Iterator[Step]:
    """Hand the chosen models to MLflow's registry at ``location``, a step at a time.

    Raises MissingDependency without MLflow, ModelNotFound for a chosen model that is not here, RemoteError for what
    cannot be reached, and Conflict where MLflow has another version of a number.
    """
    state = repo.registry.existing_state()
    names = [state.model(name).name for name in choice.models] or sorted(state.model_names())
    if choice.dry_run and is_nowhere(location):
        # Nothing is made for a plan, and an empty place is asked nothing.
        nowhere = Place(location, None, None, is_far=False)
        for name in names:
            yield from _Writer(repo, nowhere, Shelf(nowhere, repo.store), choice).steps(state, name, None)
        return
    with opened(location, make=True) as place:
        there = {model.name: model for model in listing.models(place, Choice(models=choice.models))}
        shelf = Shelf(place, repo.store, choice.places[0] if choice.places else None)
        for name in names:
            yield from _Writer(repo, place, shelf, choice).steps(state, name, there.get(name))


class _Writer:
    """Hands out one model."""

    def __init__(self, repo: Repo, place: Place, shelf: Shelf, choice: Choice) -> None:
        self._repo = repo
        self._place = place
        self._shelf = shelf
        self._choice = choice
        self._calls = Calls(place)
        # The numbers whose times and users are still to be written.
        self._fresh: set[int] = set()

    def steps(self, state: State, name: str, there: Model | None) -> Iterator[Step]:
        """Do what is lacking there, one call of MLflow's after the other."""
        record = state.model(name)
        own = records.Shelf(record, state.aliases(name), records.Contents(state, record))
        if there is None:
            if not self._choice.dry_run:
                self._calls.create_model(own.record)
            yield self._step("model", name)
        else:
            yield from self._model(own, there)
        yield from self._versions(state, own, there)
        yield from self._aliases(own, there)
        is_new = there is None or there.created != own.record.created
        if not self._choice.dry_run and self._place.tables is not None and (self._fresh or is_new):
            self._put_times(self._place.tables, own)

    def _model(self, own: records.Shelf, there: Model) -> Iterator[Step]:
        record = own.record
        pairs = {
            "description": (record.description or None, there.description),
            "tags": (record.tags, dict(there.tags)),
        }
        differs = [what for what, (here, other) in pairs.items() if here != other]
        if differs and self._choice.force:
            if not self._choice.dry_run:
                self._calls.change_model(record, there)
            yield self._step("change", record.name, None, "its description and tags")
        elif differs:
            yield _left(record.name, None, f"its {' and '.join(differs)} differ there ({_FORCE})")

    def _versions(self, state: State, own: records.Shelf, there: Model | None) -> Iterator[Step]:
        name = own.record.name
        known = {version.number: version for version in there.versions} if there is not None else {}
        gone = set(there.deleted if there is not None else ())
        if self._place.tables is None:
            gone |= set(range(max(known, default=0) + 1, self._shelf.given(name) + 1))
        given = {*known, *gone}
        for number in state.all_numbers(name):
            version = state.any_version(name, number)
            is_gone = version.meta.status == DELETED or number < own.record.first
            if not self._choice.has(name, number):
                continue
            if number in known and is_gone:
                yield self._also_gone(own, number, known[number])
            elif number in known:
                yield from self._known(version, known[number])
            elif number not in gone:
                _check_next(name, number, given)
                given.add(number)
                yield self._new(own, version, is_gone)
            elif not is_gone:
                yield _left(name, number, "it was deleted there")

    def _new(self, own: records.Shelf, version: Version, is_gone: bool) -> Step:
        kind = "deleted version" if is_gone else "version"
        if self._choice.dry_run:
            return self._step(kind, version.name, version.number)
        is_prompt = PROMPT in own.record.tags
        if is_gone and is_prompt:
            # Only the number is wanted, of a version as MLflow makes them.
            version = replace(version, meta=replace(version.meta, tags={PROMPT: "true"}))
        source, model_id = self._source(own, version, is_gone)
        got = self._calls.create_version(version, source, model_id)
        if is_gone or got != version.number:
            self._calls.delete_version(version.name, got, is_prompt=is_prompt)
        if got != version.number:
            raise Conflict(
                f"{version.name} v{version.number} became v{got} there, and was deleted again",
                hint="numbers of that name were given before: hand it out under another one (git models mv)",
            )
        if is_gone and self._place.tables is None:
            self._shelf.note_given(version.name, got)
        if not is_gone:
            self._fresh.add(got)
            if version.meta.stage != STAGES[0]:
                self._calls.stage(version)
        return self._step(kind, version.name, version.number)

    def _source(self, own: records.Shelf, version: Version, is_gone: bool) -> tuple[str, str | None]:
        """What MLflow is told a version is made of: a logged model with its files, but for prompts and gaps."""
        if PROMPT in own.record.tags or PROMPT in version.meta.tags:
            return version.record.source or _PROMPT_SOURCE, None
        if is_gone:
            return _GAP, None
        params = version.record.run.get("params")
        manifest = content.of_version(self._repo, version, "").manifest
        model_id = self._shelf.put(manifest, params if isinstance(params, dict) else {})
        return f"models:/{model_id}", model_id

    def _known(self, version: Version, there: Listed) -> Iterator[Step]:
        name, number, meta = version.name, version.number, version.meta
        if not self._is_same(version, there):
            raise Conflict(f"{name} v{number} is another version there", hint=f"git models mv {name} NAME, and that")
        if version.record.created != there.created:
            self._fresh.add(number)
        stage = there.stage
        if meta.stage != stage and (stage == STAGES[0] or self._choice.force):
            if not self._choice.dry_run:
                self._calls.stage(version)
            yield self._step("change", name, number, f"stage {meta.stage}")
            stage = meta.stage
        pairs = {
            "stage": (meta.stage, stage),
            "description": (meta.description or None, there.description),
            "tags": (meta.tags, dict(there.tags)),
        }
        differs = [what for what, (here, other) in pairs.items() if here != other]
        if differs and self._choice.force:
            if not self._choice.dry_run:
                self._calls.change_version(version, there)
            yield self._step("change", name, number, "its description and tags")
        elif differs:
            yield _left(name, number, f"its {' and '.join(differs)} differ there ({_FORCE})")

    def _also_gone(self, own: records.Shelf, number: int, there: Listed) -> Step:
        name = own.record.name
        if not self._choice.force and there.source != _GAP:
            return _left(name, number, "it was deleted here (--force deletes it there)")
        if not self._choice.dry_run:
            self._calls.delete_version(name, number, is_prompt=PROMPT in own.record.tags)
        return self._step("deleted version", name, number)

    def _is_same(self, version: Version, there: Listed) -> bool:
        """Whether that is what was brought from there, or what was handed out."""
        record = version.record
        if record.op == there.op or self._shelf.manifest_of(there.model_id) == record.manifest:
            return True
        told = (record.created, record.source, record.run_id)
        # Made, but neither its time nor its source written yet.
        is_prompt = PROMPT in there.tags and version.meta.tags == there.tags
        return told == (there.created, there.source, there.run_id) or is_prompt

    def _aliases(self, own: records.Shelf, there: Model | None) -> Iterator[Step]:
        name = own.record.name
        known = there.aliases if there is not None else {}
        for alias, number in own.aliases.items():
            if known.get(alias) == number or not self._choice.has(name, number):
                continue
            if alias in known and not self._choice.force:
                yield _left(name, number, f"alias {alias} points at v{known[alias]} there ({_FORCE})")
                continue
            if not self._choice.dry_run:
                self._calls.set_alias(name, alias, number, is_prompt=PROMPT in own.record.tags)
            yield self._step("alias", name, number, alias)

    def _put_times(self, tables: Tables, own: records.Shelf) -> None:
        record = own.record
        columns = {"creation_time": record.created, "last_updated_time": own.updated}
        rows = [
            (version.number, _columns(version)) for version in own.contents.versions if version.number in self._fresh
        ]
        with reaching(f"cannot write the times of {record.name} at {self._place.shown}"):
            tables.put(record.name, columns, rows)

    def _step(self, kind: str, name: str, version: int | None = None, text: str = "") -> Step:
        return Step(kind, name, version, text, done=not self._choice.dry_run)


def _columns(version: Version) -> dict[str, Any]:
    """What MLflow's client takes no value for. What was brought from MLflow is told as MLflow told it."""
    record, imported = version.record, version.record.imported
    columns: dict[str, Any] = {
        "creation_time": record.created,
        "last_updated_time": version.updated,
        "user_id": (imported.get("user") if imported else record.author) or None,
    }
    if imported and record.source:
        columns |= {"source": record.source[:_LONGEST], "status_message": imported.get("status_message")}
    return columns


def _check_next(name: str, number: int, given: set[int]) -> None:
    expected = max(given, default=0) + 1
    if number != expected:
        raise Invalid(
            f"{name} v{number} cannot be handed out: the next number that MLflow gives is {expected}",
            hint="MLflow numbers versions one after the other: leave --version out",
        )


def _left(name: str, number: int | None, text: str) -> Step:
    return Step(LEFT_OUT, name, number, text, done=False)
