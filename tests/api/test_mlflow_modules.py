"""The smaller public modules: what they hold, and that it is MLflow's."""

import logging
from pathlib import Path

import pytest

import gitmodels
from gitmodels import config, sklearn
from gitmodels.errors import Invalid
from gitmodels.mlmodel import distributions
from gitmodels.pyfunc import context as prediction_context


def test_older_homes_hold_the_same_objects() -> None:
    import gitmodels.models.model
    import gitmodels.models.utils
    import gitmodels.pyfunc.model
    import gitmodels.store.entities
    from gitmodels.types.utils import _infer_param_schema, _infer_schema

    assert gitmodels.models.model.Model is gitmodels.models.Model
    assert gitmodels.models.model.ModelInfo is gitmodels.models.ModelInfo
    assert gitmodels.models.utils.validate_schema is gitmodels.models.validate_schema
    assert gitmodels.models.signature.set_signature is gitmodels.models.set_signature
    assert gitmodels.pyfunc.model.PythonModel is gitmodels.pyfunc.PythonModel
    assert gitmodels.store.entities.PagedList([1], "next").token == "next"
    assert _infer_schema([1, 2]) == gitmodels.models.infer_signature([1, 2]).inputs
    assert _infer_param_schema({"k": 1}) == gitmodels.models.infer_signature([1], params={"k": 1}).params


def test_a_prediction_context_counts_inside_its_block() -> None:
    given = prediction_context.Context("r1", is_evaluate=True, later="dropped")
    with prediction_context.set_prediction_context(given):
        assert prediction_context.get_prediction_context() is given
    assert prediction_context.get_prediction_context() is None
    given.update(model_id="m-1", endpoint_name="e")
    assert (given.request_id, given.is_evaluate, given.model_id, given.endpoint_name) == ("r1", True, "m-1", "e")
    with pytest.raises(AttributeError, match="Context has no attribute named 'later'"):
        given.update(later=1)
    with pytest.raises(Invalid, match="to be an instance of Context"), prediction_context.set_prediction_context("x"):  # type: ignore[arg-type]
        pass


def test_switches_without_anything_behind_them(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    config.enable_async_logging()
    for name in ("flush_async_logging", "flush_artifact_async_logging", "disable_system_metrics_logging"):
        assert getattr(gitmodels, name)() is None
    gitmodels.set_system_metrics_sampling_interval(1)
    gitmodels.set_system_metrics_samples_before_logging(1)
    gitmodels.set_system_metrics_node_id("n")
    with pytest.warns(UserWarning, match="system metrics are not measured"):
        gitmodels.enable_system_metrics_logging()
    with caplog.at_level(logging.INFO, "gitmodels"):
        gitmodels.doctor()
    assert "git models doctor examines the repository gitmodels://" in caplog.text


def test_what_an_sklearn_model_needs_at_least() -> None:
    version = distributions.version("scikit-learn")
    assert sklearn.get_default_pip_requirements() == [f"scikit-learn=={version}"]
    lines = sklearn.get_default_pip_requirements(include_cloudpickle=True, include_skops=True)
    assert [line.partition("==")[0] for line in lines] == ["scikit-learn", "cloudpickle", "skops"]
    conda = sklearn.get_default_conda_env()
    assert (conda["name"], conda["channels"]) == ("mlflow-env", ["conda-forge"])
    assert conda["dependencies"][-1] == {"pip": [f"scikit-learn=={version}"]}


def test_the_formats_of_sklearn_models_have_names() -> None:
    assert (
        sklearn.SERIALIZATION_FORMAT_PICKLE,
        sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
        sklearn.SERIALIZATION_FORMAT_SKOPS,
    ) == ("pickle", "cloudpickle", "skops")


def test_fluent_searches_go_over_all_pages(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gitmodels.api import fluent_registry

    for name in ("a", "b", "c"):
        gitmodels.register_model(str(files), name)
    gitmodels.register_model(str(files), "a")
    monkeypatch.setattr(fluent_registry, "MAX_MODELS", 2)
    monkeypatch.setattr(fluent_registry, "MAX_VERSIONS", 3)
    assert [model.name for model in gitmodels.search_registered_models()] == ["a", "b", "c"]
    assert [model.name for model in gitmodels.search_registered_models(1)] == ["a"]
    assert [model.name for model in gitmodels.search_registered_models(filter_string="name = 'b'")] == ["b"]
    assert len(gitmodels.search_model_versions()) == 4
    assert [version.version for version in gitmodels.search_model_versions(filter_string="name = 'a'")] == [2, 1]
    assert gitmodels.search_model_versions(max_results=0) == []
    gitmodels.set_model_version_tag("a", 2, "checked", True)
    assert gitmodels.MlflowClient().get_model_version("a", 2).tags == {"checked": "True"}
