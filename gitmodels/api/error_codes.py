"""The public module ``gitmodels.protos.databricks_pb2``: MLflow's error codes under their names, as text.

Published code compares ``error.error_code`` with ``ErrorCode.Name(RESOURCE_DOES_NOT_EXIST)``; here a code is its name.
"""

from gitmodels.api.exceptions import (
    BAD_REQUEST,
    INTERNAL_ERROR,
    INVALID_PARAMETER_VALUE,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    PERMISSION_DENIED,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_CONFLICT,
    RESOURCE_DOES_NOT_EXIST,
)
from gitmodels.errors import Invalid

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
    "ErrorCode",
]


class ErrorCode:
    """The two questions MLflow's enumeration answers; a code and its name are the same text here."""

    @staticmethod
    def Name(number: str) -> str:
        """The name of a code. Raises Invalid for one that is unknown.

        >>> ErrorCode.Name(NOT_FOUND)
        'NOT_FOUND'
        """
        if number not in __all__[:-1]:
            raise Invalid(f"no error code: {str(number)[:80]!r}")
        return number

    @staticmethod
    def Value(name: str) -> str:
        """The code of a name. Raises Invalid for one that is unknown."""
        return ErrorCode.Name(name)
