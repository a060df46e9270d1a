"""The public module ``gitmodels.data``: data sets as runs and metrics name them, by a name and a digest.

A data set wraps data that stays where it is: nothing of it is stored, only its name and digest are. The digest is
MLflow's (mlflow/data/digest_utils.py, 3.17), so that the same data has the same one there and here.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from gitmodels.api import data_digests
from gitmodels.api.run_entities import Dataset as DatasetEntity
from gitmodels.errors import Invalid
from gitmodels.mlmodel.infer import infer_schema, tensor_spec
from gitmodels.mlmodel.redaction import redact_urls
from gitmodels.mlmodel.types import Schema

__all__ = ["Dataset", "DatasetSource", "NumpyDataset", "PandasDataset", "from_numpy", "from_pandas"]

_SCHEMES = {"http": "http", "https": "http", "s3": "s3", "gs": "gs", "dbfs": "dbfs"}


class DatasetSource:
    """Where a data set says it comes from: a path or URL, or the code that made it. Nobody reads it from there."""

    def __init__(self, uri: str | None = None) -> None:
        self.uri = redact_urls(str(uri)) if uri is not None else None

    @property
    def kind(self) -> str:
        """``local``, ``http``, ``s3`` …, or ``code`` when nothing was said."""
        if self.uri is None:
            return "code"
        return _SCHEMES.get(self.uri.partition("://")[0], "local")

    def to_dict(self) -> dict[str, Any]:
        """A plain dict."""
        if self.uri is None:
            return {"tags": {}}
        return {"url" if self.kind == "http" else "uri": self.uri}

    def to_json(self) -> str:
        """The dict as JSON."""
        return json.dumps(self.to_dict())


class Dataset:
    """Data with a name and a digest; of it, runs and metrics keep these two."""

    def __init__(self, name: str | None, digest: str | None, source: DatasetSource, computed: Any) -> None:
        self._digest = digest
        self._computed = computed
        self._name = name
        self.source = source

    @property
    def name(self) -> str:
        """The name; ``dataset`` when none was given."""
        return self._name or "dataset"

    @cached_property
    def digest(self) -> str:
        """The fingerprint: eight hex digits unless another one was given."""
        return self._digest or str(self._computed())

    @property
    def schema(self) -> Any:
        """The types of the data; None when there is no telling."""
        return None

    @property
    def profile(self) -> dict[str, Any]:
        """The size of the data."""
        return {}

    def to_dict(self) -> dict[str, str]:
        """Name, digest, source, schema and profile, the latter three as JSON."""
        return {
            "name": self.name,
            "digest": self.digest,
            "source": self.source.to_json(),
            "source_type": self.source.kind,
            "schema": json.dumps(self._schema_dict()),
            "profile": json.dumps(self.profile),
        }

    def to_json(self) -> str:
        """The dict as JSON."""
        return json.dumps(self.to_dict())

    def to_entity(self) -> DatasetEntity:
        """The data set as the entity that ``entities.DatasetInput`` takes."""
        return DatasetEntity(**self.to_dict())

    def _schema_dict(self) -> Any:
        return None


class PandasDataset(Dataset):
    """A DataFrame; ``targets`` and ``predictions`` name columns of it."""

    def __init__(
        self, df: Any, source: DatasetSource, given: Mapping[str, str | None], name: str | None, digest: str | None
    ) -> None:
        for what, column in given.items():
            if column is not None and column not in df.columns:
                raise Invalid(
                    f"The specified pandas DataFrame does not contain the specified {what} column '{column}'."
                )
        super().__init__(name, digest, source, lambda: data_digests.of_frame(df))
        self.df = df
        self.targets = given.get("targets")
        self.predictions = given.get("predictions")

    @cached_property
    def schema(self) -> Schema | None:
        """One column each; None when a column has no type."""
        try:
            return infer_schema(self.df)
        except Invalid:
            return None

    @property
    def profile(self) -> dict[str, Any]:
        """``num_rows`` and ``num_elements``."""
        return {"num_rows": len(self.df), "num_elements": int(self.df.size)}

    def _schema_dict(self) -> Any:
        return None if self.schema is None else {"mlflow_colspec": self.schema.to_dict()}


class NumpyDataset(Dataset):
    """Arrays: ``features``, one or several by name, and perhaps ``targets``."""

    def __init__(
        self, features: Any, source: DatasetSource, targets: Any, name: str | None, digest: str | None
    ) -> None:
        super().__init__(name, digest, source, lambda: data_digests.of_arrays(features, targets))
        self.features = features
        self.targets = targets

    @cached_property
    def schema(self) -> dict[str, Schema | None]:
        """The tensors of ``features`` and ``targets``."""
        return {"features": _tensors(self.features), "targets": _tensors(self.targets)}

    @property
    def profile(self) -> dict[str, Any]:
        """Shape, number of elements and of bytes."""
        found: dict[str, Any] = {}
        for side, data in (("features", self.features), ("targets", self.targets)):
            if data is not None:
                found[f"{side}_shape"] = _each(data, lambda array: list(array.shape))
                found[f"{side}_size"] = _each(data, lambda array: int(array.size))
                found[f"{side}_nbytes"] = _each(data, lambda array: int(array.nbytes))
        return found

    def _schema_dict(self) -> Any:
        sides = {side: None if schema is None else schema.to_json() for side, schema in self.schema.items()}
        return {"mlflow_tensorspec": sides}


def from_pandas(
    df: Any,
    source: Any = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PandasDataset:
    """A data set of a DataFrame. Raises Invalid for a column that is not there.

    >>> import pandas
    >>> from_pandas(pandas.DataFrame({"a": [1, 2]}), name="small").profile
    {'num_rows': 2, 'num_elements': 2}
    """
    return PandasDataset(df, _source(source), {"targets": targets, "predictions": predictions}, name, digest)


def from_numpy(
    features: Any, source: Any = None, targets: Any = None, name: str | None = None, digest: str | None = None
) -> NumpyDataset:
    """A data set of an array, or of arrays by name."""
    return NumpyDataset(features, _source(source), targets, name, digest)


def _source(given: Any) -> DatasetSource:
    return given if isinstance(given, DatasetSource) else DatasetSource(given)


def _tensors(data: Any) -> Schema | None:
    if data is None:
        return None
    if isinstance(data, Mapping):
        return Schema([tensor_spec(array, name) for name, array in data.items()])
    return Schema([tensor_spec(data)])


def _each(data: Any, measure: Any) -> Any:
    return {name: measure(array) for name, array in data.items()} if isinstance(data, Mapping) else measure(data)
