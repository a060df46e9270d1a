"""Errors: what a caller catches, what a script matches on, what survives a process boundary."""

import copy
import json
import pickle

import pytest

from gitmodels import errors


def classes() -> list[type[errors.GitModelsError]]:
    found, waiting = [], [errors.GitModelsError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting.extend(kind.__subclasses__())
    return [kind for kind in found if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_each_error_carries_its_words_its_way_out_and_its_fields(kind: type[errors.GitModelsError]) -> None:
    error = kind("it is broken", hint="mend it", path="a/b")
    assert (error.message, str(error), error.hint, error.path) == ("it is broken", "it is broken", "mend it", "a/b")  # type: ignore[attr-defined]
    assert error.error_code == kind.default_error_code
    assert error.get_http_status_code() == errors.HTTP_STATUS.get(error.error_code, 500)
    assert kind.__doc__


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_each_error_survives_the_way_to_another_process(kind: type[errors.GitModelsError]) -> None:
    error = kind("it is broken", "BAD_REQUEST", hint="mend it", path="a/b")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert vars(twin) == vars(error)
        assert str(twin) == str(error)


def test_families_are_pythons_own_kinds_too() -> None:
    assert issubclass(errors.NotFound, LookupError)
    assert issubclass(errors.Invalid, ValueError)
    assert issubclass(errors.MissingDependency, ImportError)


def test_codes_are_mlflows() -> None:
    assert errors.ModelNotFound("x").error_code == "RESOURCE_DOES_NOT_EXIST"
    assert errors.AliasNotFound("x").error_code == "INVALID_PARAMETER_VALUE"
    assert errors.AlreadyExists("x").error_code == "RESOURCE_ALREADY_EXISTS"
    assert errors.RefChanged("x").error_code == "RESOURCE_CONFLICT"
    assert errors.Untrusted("x").error_code == "PERMISSION_DENIED"
    assert errors.NotSupported("x").error_code == "NOT_IMPLEMENTED"
    assert errors.Corrupt("x").error_code == "INTERNAL_ERROR"


def test_the_json_is_that_of_mlflows_server() -> None:
    error = errors.ModelNotFound("no such model", name="fraud")
    assert json.loads(error.serialize_as_json()) == {
        "error_code": "RESOURCE_DOES_NOT_EXIST",
        "message": "no such model",
        "name": "fraud",
    }
    assert error.get_http_status_code() == 404


def test_a_message_may_be_any_object() -> None:
    assert errors.GitModelsError(ValueError("why")).message == "why"
