"""What the index knows of a model and of a version: one row each, and the words and metrics they are found by.

This room turns records into rows. It knows no SQL and no commits. A record that cannot be read has no row, as lists
leave it out.
"""

import functools
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from gitmodels.errors import GitModelsError
from gitmodels.fields import finite
from gitmodels.registry import evaluations, layout
from gitmodels.registry.records import ACTIVE, DELETED, MetaRecord, ModelRecord, VersionRecord
from gitmodels.registry.state import DAMAGE, State, Version

IS_PROMPT = "mlflow.prompt.is_prompt"
# What a version can have several of, each found by kind, key and value; tags and params have a key each.
TAGS, PARAMS, FLAVORS, INPUTS, OUTPUTS = range(1, 6)

# SQLite's whole numbers end here; a record's may be longer.
_LARGEST = 2**63 - 1
_NO_WORDS = "[]"
_NO_TEXTS = "{}"


class ModelRow(NamedTuple):
    """A registered model; ``tags`` and ``aliases`` are JSON objects."""

    encoded: str
    name: str
    created: int
    updated: int
    description: str | None
    tags: str
    aliases: str

    def tag_pairs(self) -> Iterator[tuple[str, str]]:
        """Keys and values of its tags."""
        yield from json.loads(self.tags).items()

    def alias_pairs(self) -> Iterator[tuple[str, int]]:
        """Its aliases, with the numbers they point at."""
        yield from json.loads(self.aliases).items()


class VersionRow(NamedTuple):
    """A version. Lists and mappings are JSON.

    ``measured`` has its metrics by name, as last found; ``metrics`` those of its run: a list for each, of name, value,
    step, and name and digest of the data set.

    ``moved`` is when it last changed together with its model. A deleted version is not found, but it tells that, and
    maybe that this is a prompt.
    """

    name: str
    number: int
    deleted: int
    created: int
    updated: int
    moved: int
    stage: str
    description: str | None
    source: str
    run_id: str | None
    run_name: str | None
    run_link: str | None
    author: str
    size: int
    code_execution: str
    model_id: str
    flavors: str
    inputs: str
    outputs: str
    tags: str
    params: str | None
    metrics: str | None
    measured: str | None

    def words(self) -> Iterator[tuple[int, str, str]]:
        """Kind, key and value of all that it is found by."""
        if self.tags != _NO_TEXTS:
            yield from ((TAGS, key, value) for key, value in _pairs(self.tags))
        if self.params is not None:
            yield from ((PARAMS, key, value) for key, value in _pairs(self.params))
        for kind, text in ((FLAVORS, self.flavors), (INPUTS, self.inputs), (OUTPUTS, self.outputs)):
            if text != _NO_WORDS:
                yield from ((kind, "", word) for word in _words(text))

    def measures(self) -> Iterator[tuple[str, float | None]]:
        """Its metrics by name; None is not a number."""
        if self.measured is not None:
            for key, value in json.loads(self.measured).items():
                yield key, None if value != value else value


MODEL_COLUMNS = ModelRow._fields
VERSION_COLUMNS = VersionRow._fields
# What a search answers of a version; the rest is there to be found by.
SHOWN = (
    *("name", "number", "created", "updated", "description", "author", "stage", "source", "run_id", "run_link"),
    *("model_id", "tags", "params", "metrics"),
)
Shown = tuple[Any, ...]


def model_record(state: State, encoded: str) -> ModelRecord | None:
    """The record of a model that can be listed; None for one that is damaged, deleted or moved away."""
    try:
        record = state.find_encoded(encoded)
    except DAMAGE as error:
        state.skipped[encoded] = error
        return None
    return record if record is not None and record.status == ACTIVE else None


def model_row(state: State, encoded: str, record: ModelRecord) -> ModelRow:
    """The row of a model that can be listed."""
    return ModelRow(
        encoded,
        record.name,
        record.created,
        record.updated,
        record.description,
        _json(record.tags),
        _json(state.aliases(record.name)),
    )


def version_row(state: State, name: str, number: int, evaluated: Collection[str]) -> VersionRow | None:
    """The row of one version of a model that can be listed; None where there is none to be found.

    ``evaluated`` are the numbers of the model's versions that have evaluations, as paths spell them.
    """
    try:
        meta = state.meta(name, number)
        if meta.status == DELETED:
            there = state.tree.oid(layout.version_folder(name, number)) is not None
            return _deleted_row(name, number, meta) if there else None
        record = state.version_record(name, number)
    except DAMAGE as error:
        state.skipped[f"{name}/{number}"] = error
        return None
    if record is None:
        return None
    version = Version(name, number, record, meta)
    return _row(version, measured(state, version) if str(number) in evaluated else _of_run(record))


def run_metrics(record: VersionRecord) -> list[tuple[str, float, int, Any, Any]]:
    """Name, value, step, name and digest of the data set of each metric of a version's run that is a number."""
    found: list[tuple[str, float, int, Any, Any]] = []
    rows = record.run.get("metrics")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("key"), str) and finite(row.get("value")):
            dataset = row["dataset"] if isinstance(row.get("dataset"), dict) else {}
            step = row["step"] if isinstance(row.get("step"), int) else 0
            found.append((row["key"], float(row["value"]), step, dataset.get("name"), dataset.get("digest")))
    return found


def measured(state: State, version: Version) -> dict[str, float]:
    """The metrics of a version by name: those of its run, and above them what was evaluated last."""
    found = evaluations.of_version(state, version.name, version.number, version.record.manifest)
    return _of_run(version.record) | evaluations.latest(found)


def _of_run(record: VersionRecord) -> dict[str, float]:
    return {key: float(value) for key, value in record.metrics.items() if isinstance(value, int | float)}


def _row(version: Version, values: dict[str, float]) -> VersionRow:
    record, meta, run = version.record, version.meta, version.record.run
    params, run_name, metrics = run.get("params"), run.get("name"), run_metrics(record)
    texts = {key: str(value) for key, value in params.items()} if isinstance(params, dict) else {}
    return VersionRow(
        name=version.name,
        number=version.number,
        deleted=0,
        created=record.created,
        updated=version.updated,
        moved=version.model_updated,
        stage=meta.stage,
        description=meta.description,
        source=record.source or f"models:/{record.model_id}",
        run_id=record.run_id,
        run_name=run_name if isinstance(run_name, str) else None,
        run_link=record.run_link,
        author=record.author,
        size=min(record.size, _LARGEST),
        code_execution=record.code_execution,
        model_id=record.model_id,
        flavors=_list(record.flavors),
        inputs=_list(tuple(record.signature.get("inputs", ()))),
        outputs=_list(tuple(record.signature.get("outputs", ()))),
        tags=_texts(meta.tags),
        params=_texts(texts) if texts else None,
        metrics=_json(metrics) if metrics else None,
        measured=_json(values) if values else None,
    )


def _deleted_row(name: str, number: int, meta: MetaRecord) -> VersionRow:
    told = {key: value for key, value in meta.tags.items() if key == IS_PROMPT}
    texts = {key: "" for key in ("source", "author", "code_execution", "model_id")}
    nothing = dict.fromkeys(("description", "run_id", "run_name", "run_link", "params", "metrics", "measured"))
    lists = dict.fromkeys(("flavors", "inputs", "outputs"), _NO_WORDS)
    times = dict.fromkeys(("updated", "moved"), meta.updated or 0)
    values = {"deleted": 1, "created": 0, "size": 0, "stage": meta.stage, "tags": _json(told)}
    values |= {**texts, **nothing, **lists, **times}
    return VersionRow(name=name, number=number, **values)  # type: ignore[arg-type]


def rows_of(state: State, encoded: str) -> tuple[ModelRow, list[VersionRow]] | None:
    """The rows of a model and of all its versions; None where it cannot be listed.

    Raises GitModelsError when objects are missing.
    """
    record = model_record(state, encoded)
    if record is None:
        return None
    numbers = (number for number in state.all_numbers(record.name) if number >= record.first)
    evaluated = evaluations.evaluated(state, record.name)
    found = (version_row(state, record.name, number, evaluated) for number in numbers)
    return model_row(state, encoded, record), [row for row in found if row is not None]


# Versions of a model mostly have the same flavors and columns.
@functools.lru_cache(maxsize=1024)
def _list(words: tuple[str, ...]) -> str:
    return _json(words)


@functools.lru_cache(maxsize=1024)
def _words(text: str) -> tuple[str, ...]:
    return (*dict.fromkeys(json.loads(text)),)


# Nor do they differ much in tags and parameters.
@functools.lru_cache(maxsize=1024)
def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return (*json.loads(text).items(),)


def _texts(texts: Mapping[str, str]) -> str:
    """A mapping of texts as ``_json`` writes it, in a third of the time."""
    return f"{{{','.join([f'{_quoted(key)}:{_quoted(value)}' for key, value in texts.items()])}}}"


_quoted = json.encoder.encode_basestring
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(value: Any) -> str:
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as error:  # pragma: no cover - YAML gives nothing else
        raise GitModelsError(f"a record holds what JSON cannot: {error}") from None
