"""Evaluating a registered version: measuring it on a file, or noting what somebody else measured.

This room joins loading, metrics and the registry; an evaluation is one commit, beside the version and never in it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitmodels import digest
from gitmodels.api import content, loading
from gitmodels.errors import FileMissing, GitModelsError, Invalid
from gitmodels.registry.changes import evaluations
from gitmodels.registry.evaluations import Evaluation, Measured
from gitmodels.registry.state import Version
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef
from gitmodels.values import field, frozen


@frozen
class Wish:
    """What is to be noted. ``metrics``: given numbers, with the ``name`` and ``digest`` of the data they are for.

    Without them the model is measured: ``target`` is the column of the truth, ``kind`` what the file is (csv, parquet,
    else by its ending), ``task`` what the model does (else found out), ``trust`` lets code in the model run.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    name: str | None = None
    digest: str | None = None
    target: str | None = None
    kind: str | None = None
    task: str | None = None
    description: str | None = None
    trust: loading.Trusting = None


@frozen
class Evaluated:
    """What was noted, of which version, and the id of the evaluation."""

    name: str
    number: int
    metrics: Mapping[str, float]
    id: str


def evaluate(repo: Repo, ref: ModelRef, path: str | None, wish: Wish) -> Evaluated:
    """Note an evaluation of the version that ``ref`` names: on the file at ``path``, or of given numbers.

    Raises what resolving and loading raise, Invalid where there is nothing to measure or no telling what, FileMissing,
    SchemaMismatch, Untrusted, MissingDependency.
    """
    # Before hours may go by: whatever could not be written is refused at once.
    repo.registry.existing_state().check_format(writing=True)
    version = repo.registry.existing_state().resolve(ref)
    if path is None:
        if not wish.metrics:
            raise Invalid(
                "neither data nor metrics to note", hint="git models evaluate REF data.csv, or --metric auc=0.93"
            )
        return note(repo, version, wish.metrics, _named(wish), wish.description)
    metrics, dataset = _on_file(repo, version, Path(path), wish)
    return note(repo, version, metrics, dataset, wish.description)


def note(
    repo: Repo,
    version: Version,
    metrics: Mapping[str, float],
    dataset: Measured | None = None,
    description: str | None = None,
) -> Evaluated:
    """Note metrics of a version as one commit. Raises what the change raises."""
    new = Evaluation(
        manifest=version.record.manifest,
        metrics=dict(metrics),
        dataset=dataset,
        description=description,
        code=content.code_record(repo),
    )
    made = repo.registry.apply(lambda state, at: evaluations.add(state, version.name, version.number, new, at))
    return Evaluated(version.name, version.number, new.metrics, made)


def _named(wish: Wish) -> Measured | None:
    if wish.name is None and wish.digest is not None:
        raise Invalid("a digest of data without its name", hint="--dataset NAME")
    return None if wish.name is None else Measured(wish.name, wish.digest)


def _on_file(repo: Repo, version: Version, path: Path, wish: Wish) -> tuple[Mapping[str, float], Measured]:
    from gitmodels.api import data_digests, predicting
    from gitmodels.mlmodel import payload

    kind = wish.kind or path.suffix.lower().removeprefix(".")
    if kind not in ("csv", "parquet"):
        raise Invalid(f"not known what {path.name} is", hint="name a .csv or .parquet file, or say --type csv")
    raw = _read(path, predicting.limit(kind))

    def frame(schema: Any = None) -> Any:
        return payload.parse_payload(raw, predicting.CONTENT_TYPES[kind], schema, None, len(raw)).data

    metrics, target = wish.metrics, wish.target
    if not metrics:
        uri = f"models:/{version.name}/{version.number}"
        model = loading.predictor(loading.open_model(uri, repo=repo), trust=wish.trust)
        typed = frame(model.input_schema)
        column = _target(typed, model.input_schema, wish.target)
        metrics, target = measure(model, typed.drop(columns=[column]), typed[column], wish.task), str(column)
    # As whoever reads the file without a signature has it: this is what a run's data set is called by.
    plain = frame()
    fingerprint = wish.digest or data_digests.of_frame(plain)
    measured = Measured(wish.name or path.name, fingerprint, digest.of_bytes(raw), len(plain), target)
    return metrics, measured


def measure(
    model: Any, features: Any, truth: Any, task: str | None = None, *, complete: bool = False
) -> dict[str, float]:
    """The metrics of a loaded model (a PyFuncModel) for rows whose truth is known; ``complete``: all of MLflow's.

    Raises Invalid for rows without truth, and for data that the model cannot predict for; SchemaMismatch.
    """
    from gitmodels.flavors import scoring

    if not len(truth):
        raise Invalid("no rows to evaluate on")
    if (missing := int(truth.isna().sum())) > 0:
        raise Invalid(f"the target column is empty in {missing} of {len(truth)} rows", hint="leave those rows out")
    native = _native(model)
    task = task or scoring.task_of(native, truth)
    try:
        answers = model.predict(features)
        chances = _chances(model, native, features) if task == scoring.CLASSIFIER else None
    except GitModelsError:
        raise
    except Exception as error:
        # Whatever a model raises: its words may hold the data, so only the kind of the error is told.
        raise Invalid(
            f"the model cannot predict for this data: it raised {type(error).__name__}",
            hint="git models show tells what it takes; --debug shows the traceback",
        ) from error
    own = _own_score(native, _typed(model, features), truth) if complete else {}
    if task == scoring.REGRESSOR:
        return own | scoring.of_regressor(truth, answers, complete=complete)
    return own | scoring.of_classifier(truth, answers, getattr(native, "classes_", None), chances, complete=complete)


def _target(frame: Any, schema: Any, wanted: str | None) -> Any:
    """The column of the truth: the one that is named, else the only one that the model does not take."""
    if wanted is not None:
        if wanted not in frame.columns:
            raise Invalid(f"the data has no column {wanted!r}", hint="--target names the column of the truth")
        return wanted
    taken = set(schema.input_names()) if schema is not None and schema.has_input_names() else set()
    rest = [column for column in frame.columns if column not in taken]
    if not taken or len(rest) != 1:
        raise Invalid("not known which column holds the truth", hint="--target COLUMN")
    return rest[0]


def _native(model: Any) -> Any:
    try:
        return model.get_raw_model()
    except GitModelsError:
        return None


def _chances(model: Any, native: Any, features: Any) -> Any:
    """The probability of each class, where the model tells."""
    if not hasattr(native, "predict_proba") or not hasattr(native, "classes_"):
        return None
    return native.predict_proba(_typed(model, features))


def _own_score(native: Any, features: Any, truth: Any) -> dict[str, float]:
    """What an estimator of scikit-learn's kind says of itself; nothing where it does not."""
    if not hasattr(native, "__sklearn_tags__") or not hasattr(native, "score"):
        return {}
    try:
        return {"score": float(native.score(features, truth))}
    except Exception:  # noqa: BLE001 - a number beside the others: whatever an estimator raises, they stand without it
        return {}


def _typed(model: Any, features: Any) -> Any:
    """The data in the types of the model's signature, as the native model sees it."""
    from gitmodels.mlmodel.enforce import enforce_schema

    return features if model.input_schema is None else enforce_schema(features, model.input_schema)


def _read(path: Path, limit: int) -> bytes:
    try:
        with open(path, "rb") as stream:
            if (size := os.fstat(stream.fileno()).st_size) > limit:
                raise Invalid(f"{path.name} has {size} bytes, the limit is {limit}", hint="evaluate on fewer rows")
            return stream.read(limit)
    except FileNotFoundError:
        raise FileMissing(f"no such file: {path}") from None
