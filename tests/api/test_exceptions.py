"""MLflow's names for our errors."""

import pickle

import pytest

import gitmodels
from gitmodels import errors
from gitmodels.api import exceptions


def test_mlflow_exception_catches_every_error_of_ours() -> None:
    assert exceptions.MlflowException is errors.GitModelsError is gitmodels.MlflowException
    assert issubclass(exceptions.RestException, exceptions.MlflowException)


def test_a_rest_exception_reads_mlflows_answer() -> None:
    answer = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no run"}
    error = exceptions.RestException(answer)
    assert (error.error_code, error.message) == ("RESOURCE_DOES_NOT_EXIST", "RESOURCE_DOES_NOT_EXIST: no run")
    assert error.get_http_status_code() == 404
    assert pickle.loads(pickle.dumps(error)).json == answer


def test_a_rest_exception_of_an_answer_without_words() -> None:
    assert exceptions.RestException({}).message == "INTERNAL_ERROR: Response: {}"


def test_codes_are_compared_as_published_code_does() -> None:
    from gitmodels.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

    assert errors.NotFound("no").error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST)
    assert ErrorCode.Value("NOT_FOUND") == "NOT_FOUND"
    with pytest.raises(errors.Invalid, match="no error code: 'NONSENSE'"):
        ErrorCode.Name("NONSENSE")


def test_an_error_of_ones_own_has_mlflows_code() -> None:
    error = gitmodels.MlflowException.invalid_parameter_value("k must be positive", k=-1)
    assert (error.error_code, error.message, error.fields) == (
        "INVALID_PARAMETER_VALUE",
        "k must be positive",
        {"k": -1},
    )
    for name in ("ExecutionException", "InvalidUrlException", "MissingConfigException"):
        assert issubclass(getattr(exceptions, name), gitmodels.MlflowException)


def test_error_codes_are_their_own_names() -> None:
    codes = [name for name in exceptions.__all__ if name.isupper()]
    assert {getattr(exceptions, name) for name in codes} == set(codes)
    assert set(errors.HTTP_STATUS) | {"INTERNAL_ERROR"} == set(codes)
