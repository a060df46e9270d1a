"""The MLmodel file: read from strangers with care, written in one canonical spelling that MLflow reads.

Key for key MLflow's schema (mlflow/models/model.py, 3.17). Keys that change from one logging to the next (run, uuid,
time, place) are read, shown and never written: they come from the version record, as a Provenance. This room knows
the file alone; it opens no other file of the model and runs nothing.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from gitmodels import yaml
from gitmodels.errors import FileMissing, InvalidModel
from gitmodels.mlmodel import references
from gitmodels.mlmodel.provenance import UNKNOWN, Provenance
from gitmodels.values import replace

if TYPE_CHECKING:
    from gitmodels.mlmodel.signature import ModelSignature
    from gitmodels.mlmodel.types import ParamSchema, Schema

NAME = "MLmodel"
# Signatures of very wide tables are long; anything past this is no MLmodel file.
MAX_SIZE = 4 << 20
VOLATILE = ("artifact_path", "model_id", "model_uuid", "run_id", "utc_time_created")
_HINTS = ("is_signature_from_type_hint", "type_hint_from_example")


@dataclass(eq=False)
class ModelFile:
    """What an MLmodel file says, with MLflow's attribute names.

    ``flavors`` maps a flavor's name to its configuration; ``signature_record`` is the mapping of JSON strings as the
    file holds it; ``extra`` are keys this version does not know, kept on rewriting.

    >>> ModelFile.read(b"flavors: {}").flavors
    {}
    """

    flavors: dict[str, dict[str, Any]] = field(default_factory=dict)
    signature_record: dict[str, Any] | None = None
    is_signature_from_type_hint: bool = False
    type_hint_from_example: bool = False
    saved_input_example_info: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    mlflow_version: str | None = None
    model_size_bytes: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    provenance: Provenance = UNKNOWN

    @classmethod
    def read(cls, source: bytes | str | Path) -> Self:
        """The file from its bytes, its path, or the directory that holds it.

        Raises FileMissing when there is none, InvalidYaml or InvalidModel when it is not an MLmodel file: too large,
        not a mapping, no flavors, a path that leaves the directory. Runs nothing and imports no framework.
        """
        data = source if isinstance(source, bytes) else _bytes_at(Path(source))
        record = yaml.load(data, what=NAME, max_size=MAX_SIZE, max_scalar=MAX_SIZE)
        return cls.from_dict(record)

    @classmethod
    def from_dict(cls, record: Any) -> Self:
        """The file from its mapping; the same errors as ``read``."""
        if not isinstance(record, dict):
            raise InvalidModel("MLmodel: not a mapping")
        record = dict(record)
        flavors = record.pop("flavors", None)
        if not isinstance(flavors, dict) or not all(isinstance(config, dict) for config in flavors.values()):
            raise InvalidModel("MLmodel: flavors is not a mapping of flavor names to their configuration")
        made = cls(
            flavors=flavors,
            signature_record=_mapping(record, "signature"),
            is_signature_from_type_hint=record.pop(_HINTS[0], None) is True,
            type_hint_from_example=record.pop(_HINTS[1], None) is True,
            saved_input_example_info=_mapping(record, "saved_input_example_info"),
            metadata=_mapping(record, "metadata"),
            mlflow_version=_text(record, "mlflow_version"),
            model_size_bytes=_size(record),
            provenance=Provenance(**{key: _text(record, key) for key in VOLATILE}),
        )
        made.extra = record
        references.check(made.flavors, made.saved_input_example_info)
        return made

    def to_dict(self) -> dict[str, Any]:
        """The whole file as MLflow's ``Model.to_dict`` gives it, with the volatile keys that are known."""
        record = self._lasting() | {
            key: getattr(self.provenance, key) for key in VOLATILE if getattr(self.provenance, key) is not None
        }
        return dict(sorted(record.items()))

    def to_json(self) -> str:
        """``to_dict`` as JSON."""
        return json.dumps(self.to_dict())

    def to_bytes(self) -> bytes:
        r"""The canonical bytes of the file: sorted keys, no volatile key. Equal models give equal bytes.

        >>> ModelFile(flavors={"x": {"b": 1, "a": None}}).to_bytes()
        b'flavors:\n  x:\n    a: null\n    b: 1\n'
        """
        return yaml.dump(_sorted(self._lasting()))

    def to_yaml(self, stream: IO[str] | None = None) -> str:
        """``to_dict`` as YAML text, the volatile keys that are known included; written to ``stream`` when one is given.

        For people and for MLflow's callers: what is stored is ``to_bytes``.
        """
        text = yaml.dump(_sorted(self.to_dict())).decode()
        if stream is not None:
            stream.write(text)
        return text

    def save(self, path: str | Path) -> None:
        """Write ``to_yaml`` to the file ``path``, whole or not at all."""
        target = Path(path)
        part = target.parent / f".{target.name}.{os.urandom(8).hex()}.tmp"
        try:
            part.write_text(self.to_yaml(), encoding="utf-8")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def with_signature(self, signature: "ModelSignature | None") -> Self:
        """The same file with another signature, or without one."""
        record = None if signature is None else signature.to_dict()
        return replace(self, signature_record=record, is_signature_from_type_hint=False, type_hint_from_example=False)

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same file with what ``provenance`` knows put over what the file said."""
        known = {key: value for key in VOLATILE if (value := getattr(provenance, key)) is not None}
        made = replace(self, provenance=replace(self.provenance, **known))
        if "signature" in self.__dict__:
            made.__dict__["signature"] = self.__dict__["signature"]
        return made

    @cached_property
    def signature(self) -> "ModelSignature | None":
        """The signature, parsed at first use; None when the model has none. Raises Invalid for a broken one."""
        record = self.signature_record or {}
        if not any(record.get(key) for key in ("inputs", "outputs", "params")):
            return None
        from gitmodels.mlmodel.signature import ModelSignature

        return ModelSignature.from_dict(record)

    def get_input_schema(self) -> "Schema | None":
        """The schema of the input, or None."""
        return None if self.signature is None else self.signature.inputs

    def get_output_schema(self) -> "Schema | None":
        """The schema of the output, or None."""
        return None if self.signature is None else self.signature.outputs

    def get_params_schema(self) -> "ParamSchema | None":
        """The schema of the parameters, or None."""
        return None if self.signature is None else self.signature.params

    def load_input_example(self, path: str | Path) -> Any:
        """The input example saved in the model directory ``path``; None when the model has none."""
        if self.saved_input_example_info is None:
            return None
        from gitmodels.mlmodel.example import load_example

        return load_example(Path(path), self.saved_input_example_info, self.get_input_schema())

    @property
    def run_id(self) -> str | None:
        """The run that logged the model, when the record or the file tells."""
        return self.provenance.run_id

    @property
    def model_id(self) -> str | None:
        """The id of the model, when the record or the file tells."""
        return self.provenance.model_id

    @property
    def model_uuid(self) -> str | None:
        """MLflow's name for the model's id."""
        return self.provenance.model_uuid or self.provenance.model_id

    @property
    def utc_time_created(self) -> str | None:
        """When it was logged, as text in UTC, when the record or the file tells."""
        return self.provenance.utc_time_created

    @property
    def artifact_path(self) -> str | None:
        """The name or place it was logged under, when the record or the file tells."""
        return self.provenance.artifact_path

    def __getattr__(self, name: str) -> Any:
        # MLflow's keys without a meaning here (prompts, resources, env_vars, auth_policy …) read as they stand.
        if name.startswith("_") or "extra" not in self.__dict__:
            raise AttributeError(name)
        if name in self.extra or name in ("prompts", "resources", "env_vars", "auth_policy"):
            return self.extra.get(name)
        raise AttributeError(f"an MLmodel file has no {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelFile) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def _lasting(self) -> dict[str, Any]:
        record: dict[str, Any] = {**self.extra, "flavors": self.flavors}
        for key in ("metadata", "mlflow_version", "model_size_bytes", "saved_input_example_info"):
            if getattr(self, key) is not None:
                record[key] = getattr(self, key)
        if self.signature_record is not None:
            record["signature"] = self.signature_record
            record.update({key: getattr(self, key) for key in _HINTS})
        return record


def _bytes_at(path: Path) -> bytes:
    if path.is_dir():
        path = path / NAME
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        raise FileMissing(f"no {NAME} file at {path}", hint="give the directory of a saved model") from None
    if not stat.S_ISREG(found.st_mode):
        raise InvalidModel(f"{path.name} is not a regular file")
    if found.st_size > MAX_SIZE:
        raise InvalidModel(f"{NAME}: {found.st_size} bytes, the limit is {MAX_SIZE}")
    return path.read_bytes()


def _mapping(record: dict[str, Any], key: str) -> dict[str, Any] | None:
    value = record.pop(key, None)
    if value is not None and not isinstance(value, dict):
        raise InvalidModel(f"MLmodel: {key} is not a mapping")
    return value


def _text(record: dict[str, Any], key: str) -> str | None:
    value = record.pop(key, None)
    return None if value is None else str(value)


def _size(record: dict[str, Any]) -> int | None:
    value = record.pop("model_size_bytes", None)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
