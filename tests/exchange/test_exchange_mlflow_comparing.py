"""What is left to be brought from MLflow, decided on plain values: no MLflow is needed for that."""

import importlib.util
from typing import Any

import pytest

from gitmodels.cli import main
from gitmodels.errors import Conflict, FileMissing, Invalid
from gitmodels.exchange.mlflow.comparing import Todo, compare, meta_of
from gitmodels.exchange.mlflow.listing import Listed, Model
from gitmodels.exchange.mlflow.place import checked, is_nowhere
from gitmodels.exchange.plan import LEFT_OUT, Choice
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.repo import Repo
from gitmodels.values import replace
from tests.registry.conftest import make_version

MODEL = Model("fraud", 10, 90, "About", {"team": "risk"}, {"champion": 2}, (), frozenset({3}))


def listed(number: int, **more: Any) -> Listed:
    return Listed("fraud", number, 10 + number, 20 + number, source=f"s3://b/{number}", **more)


def todo(repo: Repo, *found: Listed, choice: Choice = Choice(), **more: Any) -> Todo:  # noqa: B008  (a value)
    return compare(repo.registry.state(), replace(MODEL, versions=found, **more), choice)


def left(found: Todo) -> list[str]:
    assert {step.kind for step in found.left} <= {LEFT_OUT}
    return [step.text for step in found.left]


def test_everything_of_a_new_model_is_to_be_brought(repo: Repo) -> None:
    found = todo(repo, listed(1), listed(2))
    assert found.new
    assert found.record is not None
    assert (found.record.created, found.record.updated, found.record.description) == (10, 90, "About")
    assert [version.number for version in found.versions] == [1, 2]
    assert (found.gone, dict(found.aliases), found.left, found.is_empty) == ((3,), {"champion": 2}, (), False)


@pytest.mark.parametrize("name", ["a\x07b", "a\u200bb", "a\\b", "cafe\u0301", "x" * 300])
def test_a_name_that_cannot_be_kept_leaves_the_model_out(repo: Repo, name: str) -> None:
    found = todo(repo, listed(1), name=name)
    assert found.is_empty
    assert len(left(found)) == 1


@pytest.mark.parametrize("alias", ["größe", "v1", "champion\n", "LATEST"])
def test_an_alias_that_cannot_be_kept_is_named_and_the_rest_comes(repo: Repo, alias: str) -> None:
    found = todo(repo, listed(1), aliases={"prod": 1, alias: 1})
    assert dict(found.aliases) == {"prod": 1}
    assert left(found)[0].startswith("its alias")


def test_a_tag_that_cannot_be_kept_is_named_and_the_rest_comes(repo: Repo) -> None:
    tags = {"good": "1", "../bad": "1", "long": "x" * 100_001}
    found = todo(repo, listed(1, tags=tags), tags=tags)
    assert found.record is not None
    assert found.record.tags == meta_of(listed(1, tags=tags), MODEL).tags == {"good": "1"}
    assert len(left(found)) == 4


def test_versions_that_are_not_ready_or_not_wanted_are_passed_by(repo: Repo) -> None:
    found = todo(repo, listed(1, status="FAILED_REGISTRATION"), listed(2), choice=Choice(without=("fraud/2",)))
    assert found.versions == ()
    assert dict(found.aliases) == {}
    assert left(found) == ["it is FAILED_REGISTRATION there", "as was asked"]


def test_what_was_changed_here_stays_unless_it_is_to_lose(repo: Repo) -> None:
    registry = repo.registry
    registry.apply(lambda state, at: versions.register(state, "fraud", make_version(), at))
    known = registry.state().version("fraud", 1)
    source = f"models:/{known.record.model_id}"
    there = Listed("fraud", 1, known.record.created, 99, source=source, description="Theirs", stage="Staging")
    registry.apply(lambda state, at: aliases.set_alias(state, "fraud", "champion", 1, at))
    told = {"aliases": {"champion": 2}, "deleted": frozenset[int]()}
    found = todo(repo, there, replace(there, number=2, created=1), **told)
    assert [version.number for version in found.versions] == [2]
    assert len(left(found)) == 3
    forced = todo(repo, there, replace(there, number=2, created=1), choice=Choice(force=True), **told)
    assert (forced.left, dict(forced.aliases)) == ((), {"champion": 2})
    assert (forced.metas[1].description, forced.metas[1].stage) == ("Theirs", "Staging")
    with pytest.raises(Conflict, match="fraud v1 is another version here"):
        todo(repo, replace(there, created=5))
    registry.apply(lambda state, at: models.delete(state, "fraud", at))
    assert left(todo(repo, there)) == ["it was deleted here"]


def test_a_description_that_came_after_a_stage_does_not_change_the_model() -> None:
    assert meta_of(replace(listed(1), stage="Staging", updated=95), MODEL).staged == 90
    assert meta_of(replace(listed(1), stage="Staging", updated=50), MODEL).staged is None
    assert meta_of(replace(listed(1), updated=95), MODEL).staged is None


def test_who_brings_the_same_version_gives_it_the_same_id() -> None:
    one = listed(1)
    assert replace(one, description="later", stage="Production", updated=99).op == one.op
    others = [
        replace(one, **{key: value}) for key, value in {"name": "x", "number": 2, "created": 1, "run_id": "r"}.items()
    ]
    assert len({one.op, *(other.op for other in others)}) == 5


@pytest.mark.parametrize("location", ["", "gitmodels:///x", "gitmodels+https://h/x", "ftp://h/x", "s3://b/x"])
def test_what_is_no_store_of_mlflow_is_refused(location: str) -> None:
    with pytest.raises(Invalid, match="not a store of MLflow's"):
        checked(location)


def test_a_place_where_nothing_is_is_not_made_by_a_look(repo: Repo) -> None:
    database = repo.location / "none.db"
    for location in (f"sqlite:///{database}", str(repo.location / "none")):
        with pytest.raises(FileMissing):
            checked(location)
    assert not database.exists()
    assert is_nowhere(f"sqlite:///{database}")
    assert not is_nowhere("http://127.0.0.1:1")


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is not None, reason="MLflow is installed here")
@pytest.mark.parametrize("verb", ["import", "export"])
def test_without_mlflow_the_way_to_get_it_is_told(
    verb: str, repo: Repo, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo.location)
    repo.registry.init()
    assert main.run([verb, "mlflow:http://127.0.0.1:1"]) == 8
    assert "pip install 'gitmodels[mlflow]'" in capfd.readouterr().err
