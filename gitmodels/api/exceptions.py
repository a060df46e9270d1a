"""``gitmodels.exceptions``: MLflow's names for our errors, so that ``except MlflowException`` catches all of them.

This room knows names only; what each error means stands in ``gitmodels.errors``.
"""

from gitmodels.errors import (
    AlreadyExists,
    CheckFailed,
    Conflict,
    Corrupt,
    GitModelsError,
    Invalid,
    MissingDependency,
    NotEvaluated,
    NotFound,
    NotSupported,
    RemoteError,
    Untrusted,
)

__all__ = [
    "BAD_REQUEST",
    "INTERNAL_ERROR",
    "INVALID_PARAMETER_VALUE",
    "NOT_FOUND",
    "NOT_IMPLEMENTED",
    "PERMISSION_DENIED",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_CONFLICT",
    "RESOURCE_DOES_NOT_EXIST",
    "AlreadyExists",
    "CheckFailed",
    "Conflict",
    "Corrupt",
    "ExecutionException",
    "GitModelsError",
    "Invalid",
    "InvalidUrlException",
    "MissingConfigException",
    "MissingDependency",
    "MlflowException",
    "NotEvaluated",
    "NotFound",
    "NotSupported",
    "RemoteError",
    "RestException",
    "Untrusted",
]

BAD_REQUEST = "BAD_REQUEST"
INTERNAL_ERROR = "INTERNAL_ERROR"
INVALID_PARAMETER_VALUE = "INVALID_PARAMETER_VALUE"
NOT_FOUND = "NOT_FOUND"
NOT_IMPLEMENTED = "NOT_IMPLEMENTED"
PERMISSION_DENIED = "PERMISSION_DENIED"
RESOURCE_ALREADY_EXISTS = "RESOURCE_ALREADY_EXISTS"
RESOURCE_CONFLICT = "RESOURCE_CONFLICT"
RESOURCE_DOES_NOT_EXIST = "RESOURCE_DOES_NOT_EXIST"

MlflowException = GitModelsError


class RestException(GitModelsError):
    """What a server of MLflow's answers with: kept so that ``except RestException`` still means something.

    ``json`` holds ``error_code`` and ``message``, as in MLflow.

    >>> RestException({"error_code": "NOT_FOUND", "message": "no such run"}).message
    'NOT_FOUND: no such run'
    """

    def __init__(self, json: dict[str, str]) -> None:
        code = json.get("error_code") or INTERNAL_ERROR
        super().__init__(f"{code}: {json.get('message', f'Response: {json}')}", code)
        self.json = json

    def __reduce__(self) -> tuple[type["RestException"], tuple[dict[str, str]]]:
        return RestException, (self.json,)


class ExecutionException(GitModelsError):
    """What a project of MLflow's raises: never raised here, kept for code that catches it."""


class MissingConfigException(GitModelsError):
    """MLflow's error for a setting that is missing: never raised here, kept for code that catches it."""


class InvalidUrlException(GitModelsError):
    """MLflow's error for a server's address: never raised here, kept for code that catches it."""
