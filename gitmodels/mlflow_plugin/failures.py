"""Our errors as MLflow's: same message, the way out behind it, MLflow's error code.

This room knows both families of errors and nothing else.
"""

import contextlib
from collections.abc import Iterator

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INTERNAL_ERROR,
    INVALID_PARAMETER_VALUE,
    NOT_IMPLEMENTED,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_DOES_NOT_EXIST,
    ErrorCode,
)

from gitmodels.errors import GitModelsError


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raise what is raised inside, a GitModelsError as MlflowException."""
    try:
        yield
    except GitModelsError as error:
        raise as_mlflow(error) from error


def as_mlflow(error: GitModelsError) -> MlflowException:
    """The MlflowException that tells of ``error``."""
    codes = dict(ErrorCode.items())
    message = f"{error.message} ({error.hint})" if error.hint else error.message
    return MlflowException(message, error_code=codes.get(error.error_code, INTERNAL_ERROR))


def invalid(message: str) -> MlflowException:
    """What is raised for an argument that is refused."""
    return MlflowException(message, error_code=INVALID_PARAMETER_VALUE)


def missing(message: str) -> MlflowException:
    """What is raised for something that does not exist."""
    return MlflowException(message, error_code=RESOURCE_DOES_NOT_EXIST)


def failed(message: str) -> MlflowException:
    """What MLflow raises where it names no code."""
    return MlflowException(message, error_code=INTERNAL_ERROR)


def unsupported(message: str) -> MlflowException:
    """What is raised for what this registry does not have."""
    return MlflowException(message, error_code=NOT_IMPLEMENTED)


def already_exists(name: str, is_prompt: bool, wants_prompt: bool) -> MlflowException:
    """What MLflow tells of a name that is taken: models and prompts share their names."""
    old, new = ("Prompt" if each else "Registered Model" for each in (is_prompt, wants_prompt))
    message = f"{new} (name={name}) already exists."
    if old != new:
        message = (
            f"Tried to create a {new.lower()} with name {name!r}, but the name is already taken by a {old.lower()}. "
            "MLflow does not allow creating a model and a prompt with the same name."
        )
    return MlflowException(message, error_code=RESOURCE_ALREADY_EXISTS)
