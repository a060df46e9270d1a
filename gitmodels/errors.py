"""Every error gitmodels raises on purpose, with the exit code and the MLflow error code of each.

This room knows words and numbers only: it imports nothing of ours and prints nothing.
Families are what a caller catches; leaves carry the fields as attributes.

    GitModelsError                     1    INTERNAL_ERROR
    ├─ NotFound (LookupError)          3    RESOURCE_DOES_NOT_EXIST
    │  ├─ RepositoryNotFound ├─ RegistryNotFound ├─ ModelNotFound ├─ VersionNotFound ├─ AliasNotFound
    │  └─ RunNotFound ├─ ObjectNotFound ├─ FlavorNotFound ├─ FileMissing ├─ RemoteNotFound
    ├─ Invalid (ValueError)            4    INVALID_PARAMETER_VALUE
    │  └─ InvalidName ├─ InvalidYaml ├─ InvalidRecord ├─ InvalidModel ├─ SchemaMismatch ├─ FormatTooNew ├─ NotSupported
    ├─ Conflict                        5    RESOURCE_CONFLICT
    │  └─ AlreadyExists ├─ RefChanged ├─ Locked
    ├─ Corrupt                         6    INTERNAL_ERROR
    │  └─ DigestMismatch
    ├─ CheckFailed                     7
    ├─ MissingDependency (ImportError) 8
    ├─ RemoteError                     9
    ├─ NotEvaluated                   10
    └─ Untrusted                      11    PERMISSION_DENIED

2 stays click's usage error, 70 an internal error, 130 an interrupt. MLflow's facade gives ``GitModelsError`` the
name ``MlflowException`` (error codes: mlflow/protos/databricks.proto, ``ErrorCode``).
"""

import json
from typing import Any, ClassVar

ONLY_IN_MLFLOW = (
    "use MLflow itself with `pip install gitmodels[mlflow]` and `mlflow.set_registry_uri('gitmodels:///path')`"
)
HTTP_STATUS = {
    "INVALID_PARAMETER_VALUE": 400,
    "BAD_REQUEST": 400,
    "RESOURCE_ALREADY_EXISTS": 400,
    "PERMISSION_DENIED": 403,
    "RESOURCE_DOES_NOT_EXIST": 404,
    "NOT_FOUND": 404,
    "RESOURCE_CONFLICT": 409,
    "NOT_IMPLEMENTED": 501,
}


class GitModelsError(Exception):
    """The base of everything raised here; the MLflow facade calls it ``MlflowException``.

    ``message`` is one line that says what is wrong; ``hint`` the way out, shown by the command line behind it.

    >>> GitModelsError("broken").error_code
    'INTERNAL_ERROR'
    """

    exit_code: ClassVar[int] = 1
    default_error_code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: object, error_code: str | None = None, *, hint: str = "", **fields: Any) -> None:
        self.message = str(message)
        self.error_code = error_code or self.default_error_code
        self.hint = hint
        self.fields = fields
        # First, because ImportError's own constructor clears `name` and `path`.
        super().__init__(self.message)
        for name, value in fields.items():
            setattr(self, name, value)

    @classmethod
    def invalid_parameter_value(cls, message: object, **fields: Any) -> "GitModelsError":
        """An error of this class with MLflow's code for a wrong argument.

        >>> GitModelsError.invalid_parameter_value("k must be positive").get_http_status_code()
        400
        """
        return cls(message, "INVALID_PARAMETER_VALUE", **fields)

    def get_http_status_code(self) -> int:
        """The HTTP status MLflow's REST server would answer with."""
        return HTTP_STATUS.get(self.error_code, 500)

    def serialize_as_json(self) -> str:
        """The error as MLflow's REST server writes it: ``{"error_code": …, "message": …}``."""
        return json.dumps({"error_code": self.error_code, "message": self.message, **self.fields}, default=str)


class NotFound(GitModelsError, LookupError):
    """Something named does not exist."""

    exit_code = 3
    default_error_code = "RESOURCE_DOES_NOT_EXIST"


class RepositoryNotFound(NotFound):
    """No git repository around the given folder."""


class RegistryNotFound(NotFound):
    """The repository has no registry branch."""


class ModelNotFound(NotFound):
    """No registered model of that name."""


class VersionNotFound(NotFound):
    """The model has no such version."""


class AliasNotFound(NotFound):
    """The model has no such alias. MLflow's code for it is INVALID_PARAMETER_VALUE (its SQL store, 3.17)."""

    default_error_code = "INVALID_PARAMETER_VALUE"


class RunNotFound(NotFound):
    """No run of that id."""


class ObjectNotFound(NotFound):
    """The object store lacks bytes that a manifest names."""


class FlavorNotFound(NotFound):
    """No flavor can save or load this model."""


class FileMissing(NotFound):
    """A path given by the caller, or a file a model should hold, does not exist."""


class RemoteNotFound(NotFound):
    """No remote of that name."""


class Invalid(GitModelsError, ValueError):
    """What the caller gave cannot be accepted."""

    exit_code = 4
    default_error_code = "INVALID_PARAMETER_VALUE"


class InvalidName(Invalid):
    """A model, alias, tag or path name that is refused."""


class InvalidYaml(Invalid):
    """YAML outside our strict, bounded subset."""


class InvalidRecord(Invalid):
    """A registry file that parses but does not say what its schema asks."""


class InvalidModel(Invalid):
    """A directory that is not a model, or an MLmodel file that breaks the schema."""


class SchemaMismatch(Invalid):
    """Data that a model's signature does not accept."""


class FormatTooNew(Invalid):
    """Written by a newer gitmodels: readable at best, never writable from here."""


class NotSupported(Invalid):
    """MLflow has it, gitmodels does not."""

    default_error_code = "NOT_IMPLEMENTED"

    @classmethod
    def only_in_mlflow(cls, name: str) -> "NotSupported":
        """The one text for everything that only MLflow has.

        >>> NotSupported.only_in_mlflow("evaluate").message[:36]
        'gitmodels does not have evaluate; us'
        """
        return cls(f"gitmodels does not have {name}; {ONLY_IN_MLFLOW}")


class Conflict(GitModelsError):
    """Someone else changed what this operation stood on."""

    exit_code = 5
    default_error_code = "RESOURCE_CONFLICT"


class AlreadyExists(Conflict):
    """The name is taken."""

    default_error_code = "RESOURCE_ALREADY_EXISTS"


class RefChanged(Conflict):
    """A compare-and-swap found another value than the one expected."""


class Locked(Conflict):
    """A lock of somebody else's was not released in time."""


class Corrupt(GitModelsError):
    """Bytes are not what their digest says, or a structure on disk is damaged."""

    exit_code = 6


class DigestMismatch(Corrupt):
    """Bytes were read whose BLAKE3 is not the id they were asked for."""


class CheckFailed(GitModelsError):
    """A check or a policy says no; ``told`` are its reasons, one line each."""

    exit_code = 7
    told: tuple[str, ...] = ()


class MissingDependency(GitModelsError, ImportError):
    """A framework that the model needs is not installed."""

    exit_code = 8


class RemoteError(GitModelsError):
    """A remote cannot be reached or refuses.

    ``kind`` says in one word why, where that is known (git/refusals.py lists them); ``outcome_unknown`` that what was
    asked for may have happened all the same, so that one has to look before one does it again.
    """

    exit_code = 9
    kind: str = ""
    outcome_unknown: bool = False


class NotEvaluated(GitModelsError):
    """A check that could not run. Never a success; ``told`` are the reasons, one line each."""

    exit_code = 10
    told: tuple[str, ...] = ()


class Untrusted(GitModelsError):
    """Loading would run code from a model that nobody allowed to run."""

    exit_code = 11
    default_error_code = "PERMISSION_DENIED"
