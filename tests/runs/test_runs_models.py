from collections.abc import Callable

import pytest

from gitmodels.errors import Invalid, InvalidName, ModelNotFound, RunNotFound
from gitmodels.git.repository import GitRepository
from gitmodels.objects.manifest import Manifest
from gitmodels.runs import layout
from gitmodels.runs.clone import clone_id
from gitmodels.runs.log import RunLog
from gitmodels.runs.logged_models import ModelDetails
from gitmodels.runs.records import Metric

Make = Callable[..., Manifest]
READABLE = {"MLmodel": b"flavors: {}\n", "requirements.txt": b"numpy==1\n", "odd.bin": b"\xff\x00"}


def test_a_model_is_found_before_and_after_its_run_ends(log: RunLog, manifest: Make) -> None:
    run = log.start()
    logged = log.models.log(
        run.id, "model", manifest(), READABLE, ModelDetails(step=3, model_type="clf", params={"a": 1}, tags={"t": "x"})
    )
    assert logged.model_id == manifest().model_id
    for _ in range(2):
        assert log.logged_model(run.id, "model") == logged
        assert log.find_model(logged.model_id) == [logged]
        assert log.models.file(logged) == manifest().to_yaml()
        assert log.models.file(logged, "odd.bin") == b"\xff\x00"
        assert log.models.file(logged, "absent") is None
        assert log.models.files(logged) == {**READABLE, "manifest.yaml": manifest().to_yaml()}
        assert [link.model_id for link in log.get(run.id).models] == [logged.model_id]
        assert list(log.models.all()) == [logged]
        log.end(run.id)
    with pytest.raises(ModelNotFound):
        log.logged_model(run.id, "other")


def test_stock_git_shows_a_runs_model(
    log: RunLog, manifest: Make, repo: GitRepository, git: Callable[..., str]
) -> None:
    run = log.start()
    logged = log.models.log(run.id, "My model", manifest(), READABLE)
    log.end(run.id)
    path = f"runs/{run.id[:2]}/{run.id}/models/=my%20model/{logged.model_id}/MLmodel"
    assert git("show", f"{layout.REFS}{clone_id(repo.own_dir)}:{path}", cwd=repo.common_dir) == "flavors: {}\n"


def test_one_content_of_several_runs(log: RunLog, manifest: Make) -> None:
    first, second = log.start(), log.start()
    one = log.models.log(first.id, "model", manifest(), READABLE)
    two = log.models.log(second.id, "model", manifest(), READABLE)
    also = log.models.log(second.id, "again", manifest(), READABLE)
    alone = log.models.log(None, "model", manifest(), READABLE, ModelDetails(experiment="churn"))
    for _ in range(2):
        assert log.find_model(one.model_id) == [one, two, also, alone]
        assert log.logged_model(first.id, "model") == one
        assert log.logged_model(second.id, "again") == also
        log.end(first.id)
        log.end(second.id)
    assert alone.run_id is None
    assert log.logged_model(alone.logging_id, "model") == alone
    assert {run.id for run in log.list()} == {first.id, second.id}


def test_a_name_logged_twice_means_the_latest_and_forgets_none(log: RunLog, manifest: Make) -> None:
    run = log.start()
    old = log.models.log(run.id, "model", manifest("old"), {"README.md": b"old"})
    new = log.models.log(run.id, "model", manifest("new"), {})
    log.end(run.id)
    assert log.logged_model(run.id, "model") == new
    assert log.find_model(old.model_id) == [old]
    assert log.models.file(new, "README.md") is None


def test_models_can_be_logged_to_an_ended_run(log: RunLog, manifest: Make) -> None:
    run = log.end(log.start().id)
    logged = log.models.log(run.id, "model", manifest(), READABLE)
    assert log.logged_model(run.id, "model") == logged
    assert [link.name for link in log.get(run.id).models] == ["model"]
    with pytest.raises(RunNotFound):
        log.models.log("0" * 32, "model", manifest(), {})


def test_metrics_of_a_model_come_from_every_run(log: RunLog, manifest: Make) -> None:
    run, other = log.start(), log.start()
    logged = log.models.log(run.id, "model", manifest(), {})
    log.log_metrics(run.id, [Metric("auc", 0.5, 0, 1, model_id=logged.model_id), Metric("auc", 0.1)])
    log.log_metrics(other.id, [Metric("auc", 0.7, 0, 2, "holdout", "abc", logged.model_id)])
    for _ in range(2):
        found = dict(log.models.metrics(logged.model_id))
        assert {found[run.id].value, found[other.id].value} == {0.5, 0.7}
        log.end(run.id)
        log.end(other.id)
    assert [one.logging_id for one in log.find_model(logged.model_id)] == [run.id]


def test_tags_of_a_logged_model(log: RunLog, manifest: Make) -> None:
    run = log.start()
    logged = log.models.log(run.id, "model", manifest(), READABLE, ModelDetails(tags={"a": "1", "b": "2"}))
    log.models.set_tags(logged.model_id, {"c": 3}, delete=["a"])
    assert log.logged_model(run.id, "model").tags == {"b": "2", "c": "3"}
    log.end(run.id)
    assert log.logged_model(run.id, "model").tags == {"b": "2", "c": "3"}
    log.models.set_tags(logged.model_id, {"d": 4}, delete=["b"])
    assert log.find_model(logged.model_id)[-1].tags == {"c": "3", "d": "4"}
    assert log.models.files(logged) == {**READABLE, "manifest.yaml": manifest().to_yaml()}
    log.resume(run.id)
    log.models.set_tags(logged.model_id, {}, delete=["c"])
    log.end(run.id)
    assert log.logged_model(run.id, "model").tags == {"d": "4"}
    with pytest.raises(ModelNotFound):
        log.models.set_tags("m-" + "0" * 32, {"a": "b"})


def test_bad_models_are_refused(log: RunLog, manifest: Make) -> None:
    run = log.start()
    for name in ("", "a/b", "a.b", 'a"b', None):
        with pytest.raises(Invalid, match="Invalid model name"):
            log.models.log(run.id, name, manifest(), {})  # type: ignore[arg-type]
    for path in ("model.yaml", "manifest.yaml"):
        with pytest.raises(Invalid, match="our own"):
            log.models.log(run.id, "model", manifest(), {path: b""})
    with pytest.raises(InvalidName):
        log.models.log(run.id, "model", manifest(), {"../x": b""})
    with pytest.raises(Invalid):
        log.find_model("m-1")
    assert log.end(run.id).models == ()
