"""Predicting for a request: bytes in one of MLflow's forms, through a model, to plain values.

This room joins loading and payloads; it knows no HTTP and no files.
"""

from typing import Any

from gitmodels.api import loading
from gitmodels.mlmodel import payload
from gitmodels.mlmodel.jsonable import to_jsonable
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef

CONTENT_TYPES = {"json": payload.JSON, "csv": payload.CSV, "parquet": payload.PARQUET}


def predict(repo: Repo, ref: ModelRef, body: bytes, kind: str, trust: loading.Trusting = None) -> Any:
    """What the model answers for ``body`` (``kind``: json, csv or parquet), as values JSON can hold.

    Raises Invalid for a body of another shape, SchemaMismatch for data the signature refuses, Untrusted.
    """
    model = loading.predictor(loading.open_model(ref.uri, repo=repo), trust=trust)
    limit = payload.MAX_PARQUET_BYTES if kind == "parquet" else payload.MAX_BYTES
    request = payload.parse_payload(body, CONTENT_TYPES[kind], model.input_schema, model.params_schema, limit)
    return plain(model.predict(request.data, request.params))


def plain(answer: Any) -> Any:
    """A prediction as JSON can hold it: a table as its rows, arrays and series as lists."""
    if hasattr(answer, "to_dict") and hasattr(answer, "columns"):
        return [to_jsonable(row) for row in answer.to_dict(orient="records")]
    if hasattr(answer, "to_list"):
        return [to_jsonable(value) for value in answer.to_list()]
    if hasattr(answer, "tolist"):
        return to_jsonable(answer.tolist())
    return to_jsonable(answer)
