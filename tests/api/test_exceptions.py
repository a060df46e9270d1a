"""MLflow's names for our errors."""

import pickle

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


def test_error_codes_are_their_own_names() -> None:
    codes = [name for name in exceptions.__all__ if name.isupper()]
    assert {getattr(exceptions, name) for name in codes} == set(codes)
    assert set(errors.HTTP_STATUS) | {"INTERNAL_ERROR"} == set(codes)
