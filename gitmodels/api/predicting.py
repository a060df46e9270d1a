"""Predicting for a request: bytes in one of MLflow's forms, through a model, to plain values.

This room joins loading and payloads; it knows no HTTP and no files.
"""

from typing import Any

from gitmodels.api import loading
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.mlmodel import payload
from gitmodels.mlmodel.jsonable import to_jsonable
from gitmodels.mlmodel.predictor import PyFuncModel
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef

CONTENT_TYPES = {"json": payload.JSON, "csv": payload.CSV, "parquet": payload.PARQUET}


def predict(repo: Repo, ref: ModelRef, body: bytes, kind: str, trust: loading.Trusting = None) -> Any:
    """What the model answers for ``body`` (``kind``: json, csv or parquet), as values JSON can hold.

    Raises Invalid for a body of another shape, SchemaMismatch for data the signature refuses, Untrusted.
    """
    model = loading.predictor(loading.open_model(ref.uri, repo=repo), trust=trust)
    return answer(model, str(ref), body, kind)


def answer(model: PyFuncModel, reference: str, body: bytes, kind: str) -> Any:
    """The same for a model that is loaded; ``reference`` is what it is called when it cannot predict."""
    request = payload.parse_payload(body, CONTENT_TYPES[kind], model.input_schema, model.params_schema, limit(kind))
    try:
        found = model.predict(request.data, request.params)
    except GitModelsError:
        raise
    except Exception as error:
        # Whatever a model raises: its words may hold the data, so only the kind of the error is told.
        raise Invalid(
            f"{reference} cannot predict for this data: the model raised {type(error).__name__}",
            hint="a model with a signature says what it takes: git models show; --debug shows the traceback",
        ) from error
    return plain(found)


def limit(kind: str) -> int:
    """How many bytes a body of this kind may have."""
    return payload.MAX_PARQUET_BYTES if kind == "parquet" else payload.MAX_BYTES


def plain(found: Any) -> Any:
    """A prediction as JSON can hold it: a table as its rows, arrays and series as lists."""
    if hasattr(found, "to_dict") and hasattr(found, "columns"):
        return [to_jsonable(row) for row in found.to_dict(orient="records")]
    if hasattr(found, "to_list"):
        return [to_jsonable(value) for value in found.to_list()]
    if hasattr(found, "tolist"):
        return to_jsonable(found.tolist())
    return to_jsonable(found)
