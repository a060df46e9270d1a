"""What is left to be brought of one model: what MLflow tells of it, compared with what is here.

This room reads states and writes nothing. A version is the same when it was brought as such, or is what MLflow got
from here. What can be changed on both sides, and was, stays as it is here unless that side is to lose.
"""

from collections.abc import Iterable, Mapping

from gitmodels.errors import Conflict, Invalid
from gitmodels.exchange.mlflow.listing import READY, Listed, Model
from gitmodels.exchange.plan import LEFT_OUT, Choice, Step
from gitmodels.names import check_alias, check_model_name, check_tag_key, check_tag_value
from gitmodels.registry.records import ACTIVE, DELETED, MetaRecord, ModelRecord
from gitmodels.registry.state import State, Version
from gitmodels.uris import STAGES
from gitmodels.values import field, frozen, replace


@frozen
class Todo:
    """What is to be done to one model; ``record`` is None where its own record stays as it is.

    ``gone`` are numbers that were deleted there; ``metas`` what is said of versions that are here, by number.
    """

    new: bool = False
    record: ModelRecord | None = None
    versions: tuple[Listed, ...] = ()
    gone: tuple[int, ...] = ()
    metas: Mapping[int, MetaRecord] = field(default_factory=dict)
    aliases: Mapping[str, int] = field(default_factory=dict)
    left: tuple[Step, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return self.record is None and not (self.versions or self.gone or self.metas or self.aliases)


def compare(state: State, model: Model, choice: Choice) -> Todo:
    """What has to be done for ``state`` to hold the chosen part of ``model``. Raises Conflict for another version."""
    return _Comparison(state, model, choice).todo()


def meta_of(version: Listed, model: Model) -> MetaRecord:
    """What may change about a version, as its record tells it. What no record can hold is not in it."""
    # The model tells when it changed; a description that came later did not change it.
    later = version.stage != STAGES[0] and version.updated > model.updated
    return MetaRecord(
        stage=version.stage if version.stage in STAGES else STAGES[0],
        description=version.description,
        tags=dict(_kept(version.tags)),
        updated=version.updated if version.updated != version.created else None,
        staged=model.updated if later else None,
    )


class _Comparison:
    def __init__(self, state: State, model: Model, choice: Choice) -> None:
        self._state = state
        self._model = model
        self._choice = choice
        self._left: list[Step] = []

    def todo(self) -> Todo:
        name = self._model.name
        refusal = self._refusal()
        if refusal is not None:
            return Todo(left=(Step(LEFT_OUT, name, None, refusal, done=False),))
        before = self._state.model_record(name)
        taken = set(self._state.all_numbers(name))
        versions = tuple(version for version in self._chosen() if version.number not in taken)
        for version in versions:
            self._tags(version.number, version.tags)
        metas = dict(self._changed(version) for version in self._chosen() if version.number in taken)
        there = (taken | {version.number for version in versions}) - self._deleted(taken)
        gone = sorted(n for n in self._model.deleted if n not in taken and self._choice.has(name, n))
        return Todo(
            new=before is None,
            record=self._record(before, bool(versions or gone)),
            versions=versions,
            gone=tuple(gone),
            metas={number: meta for number, meta in metas.items() if meta is not None},
            aliases=self._aliases(there),
            left=tuple(self._left),
        )

    def _refusal(self) -> str | None:
        """Why nothing of this model can be kept here."""
        name = self._model.name
        try:
            if check_model_name(name) != name:
                return "its name is not in Unicode's composed form (NFC): rename it there"
        except Invalid as error:
            return f"{error.message} Rename it there."
        before = self._state.model_record(name)
        return None if before is None or before.status == ACTIVE else f"it was {before.status} here"

    def _chosen(self) -> Iterable[Listed]:
        name = self._model.name
        for version in self._model.versions:
            if not self._choice.has(name, version.number):
                continue
            if f"{name}/{version.number}" in self._choice.without:
                self._leave(version.number, "as was asked")
            elif version.status != READY:
                self._leave(version.number, f"it is {version.status} there")
            else:
                yield version

    def _record(self, before: ModelRecord | None, grows: bool) -> ModelRecord | None:
        model = self._model
        tags = dict(self._tags(None, model.tags))
        wanted = ModelRecord(model.name, model.created, model.updated, description=model.description, tags=tags)
        if before is None:
            return wanted
        differs = [
            what
            for what, here, there in (
                ("description", before.description, model.description),
                ("tags", before.tags, tags),
            )
            if here != there
        ]
        if differs and self._choice.force:
            return replace(before, updated=wanted.updated, description=wanted.description, tags=tags)
        if differs:
            self._leave(None, f"its {' and '.join(differs)} differ here (--force takes those of MLflow)")
        return replace(before, updated=wanted.updated) if grows and wanted.updated > before.updated else None

    def _changed(self, version: Listed) -> tuple[int, MetaRecord | None]:
        known = self._state.any_version(version.name, version.number)
        if not is_same(known, version):
            raise Conflict(
                f"{version.name} v{version.number} is another version here",
                hint=f"git models mv {version.name} NAME makes room, or --without {version.name}/{version.number}",
            )
        wanted, here = meta_of(version, self._model), known.meta
        differs = [what for what in ("stage", "description", "tags") if getattr(wanted, what) != getattr(here, what)]
        if not differs or here.status == DELETED:
            return version.number, None
        if self._choice.force:
            return version.number, replace(wanted, rest=here.rest)
        self._leave(version.number, f"its {' and '.join(differs)} differ here (--force takes those of MLflow)")
        return version.number, None

    def _deleted(self, taken: Iterable[int]) -> set[int]:
        return {number for number in taken if self._state.meta(self._model.name, number).status == DELETED}

    def _aliases(self, there: set[int]) -> dict[str, int]:
        name, found = self._model.name, {}
        for alias, number in self._model.aliases.items():
            if number not in there:
                continue
            try:
                known = self._state.alias(name, check_alias(alias))
            except Invalid as error:
                self._leave(number, f"its alias: {error.message}")
                continue
            if known is None or (known.target.version != number and self._choice.force):
                found[alias] = number
            elif known.target.version != number:
                where = "nowhere" if known.target.version is None else f"at v{known.target.version}"
                self._leave(number, f"alias {alias} points {where} here (--force points it as in MLflow)")
        return found

    def _tags(self, number: int | None, tags: Mapping[str, str]) -> Iterable[tuple[str, str]]:
        kept = dict(_kept(tags))
        for key in tags:
            if key not in kept:
                self._leave(number, f"its tag {key!r} cannot be kept")
        return kept.items()

    def _leave(self, number: int | None, text: str) -> None:
        step = Step(LEFT_OUT, self._model.name, number, text, done=False)
        if step not in self._left:
            self._left.append(step)


def is_same(known: Version, version: Listed) -> bool:
    """Whether a version here is that of MLflow: brought as such, or handed out with its time and origin."""
    record = known.record
    if record.op == version.op:
        return True
    told = (record.created, record.source or f"models:/{record.model_id}", record.run_id)
    return told == (version.created, version.source, version.run_id)


def _kept(tags: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for key, value in tags.items():
        try:
            yield check_tag_key(key), check_tag_value(value)
        except Invalid:
            continue
