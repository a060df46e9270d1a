"""Log, save, load: through scikit-learn and through pyfunc, with a run and without one."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gitmodels
from gitmodels.api import context
from gitmodels.errors import AlreadyExists, FlavorNotFound, Invalid, RepositoryNotFound, RunNotFound, Untrusted

Git = Callable[..., str]


def doubled(model_input: Any) -> Any:
    """A model that is a function; it travels as a pickle."""
    return [value * 2 for value in model_input]


def test_a_model_of_a_run_comes_back_under_every_uri(here: Path, classifier: Any, iris: tuple[Any, Any]) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_params({"c": 1.0})
        gitmodels.log_metric("auc", 0.9)
        info = gitmodels.sklearn.log_model(
            classifier, name="clf", input_example=iris[0].head(2), registered_model_name="iris"
        )
        inside = gitmodels.pyfunc.load_model(f"runs:/{run.info.run_id}/clf")
    gitmodels.MlflowClient().set_registered_model_alias("iris", "champion", 1)
    expected = classifier.predict(iris[0])
    uris = [f"runs:/{run.info.run_id}/clf", info.model_uri, "models:/iris/1", "models:/iris/latest"]
    for uri in [*uris, "models:/iris@champion"]:
        assert np.array_equal(gitmodels.pyfunc.load_model(uri).predict(iris[0]), expected), uri
        assert np.array_equal(gitmodels.sklearn.load_model(uri).predict(iris[0]), expected), uri
    assert np.array_equal(inside.predict(iris[0]), expected)
    for load in (gitmodels.pyfunc.load_model, gitmodels.sklearn.load_model):
        with pytest.raises(Invalid, match="Not a proper models:/ URI: models:/iris"):
            load("models:/iris")
    assert info.registered_model_version == 1
    assert info.model_uri == f"models:/{info.model_id}"
    assert (info.run_id, info.name, info.artifact_path) == (run.info.run_id, "clf", "clf")
    assert info.signature is not None
    metadata = gitmodels.pyfunc.load_model("models:/iris/1").metadata
    assert (metadata.run_id, metadata.model_id) == (run.info.run_id, info.model_id)
    version = gitmodels.MlflowClient().get_model_version("iris", 1)
    assert version.params == {"c": "1.0"}
    assert [(metric.key, metric.value) for metric in version.metrics or ()] == [("auc", 0.9)]


def test_a_load_right_after_logging_decodes_nothing(
    here: Path, classifier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = gitmodels.sklearn.log_model(classifier, "model")
    store = context.repository().store
    assert os.listdir(here / ".git/gitmodels/tmp") == []
    read: list[Any] = []
    real = store.pieces
    monkeypatch.setattr(store, "pieces", lambda entry: (read.append(entry), real(entry))[1])
    gitmodels.sklearn.load_model(info.model_uri)
    assert read == []


def test_logging_the_same_model_twice_keeps_one_id_and_one_copy(here: Path, classifier: Any) -> None:
    first = gitmodels.sklearn.log_model(classifier, "model")
    before = {path: path.stat().st_size for path in (here / ".git/gitmodels/packs").iterdir()}
    second = gitmodels.sklearn.log_model(classifier, "model")
    assert first.model_id == second.model_id
    assert {path: path.stat().st_size for path in (here / ".git/gitmodels/packs").iterdir()} == before


def test_logging_without_a_run_starts_none(here: Path, classifier: Any) -> None:
    info = gitmodels.sklearn.log_model(classifier, "model", registered_model_name="iris")
    assert info.run_id is None
    assert gitmodels.active_run() is None
    assert gitmodels.MlflowClient().get_model_version("iris", "1").run_id is None
    assert gitmodels.models.get_model_info(info.model_uri).run_id is None


def test_the_first_write_starts_the_registry_and_says_so(
    here: Path, files: Path, git: Git, caplog: pytest.LogCaptureFixture
) -> None:
    head = git("status", "--porcelain=v2", "--branch", cwd=here)
    with caplog.at_level("INFO", logger="gitmodels"):
        assert gitmodels.register_model("files", "plain").version == 1
    assert any("registry" in message for message in caplog.messages)
    assert git("rev-parse", "--verify", "refs/heads/gitmodels", cwd=here)
    assert git("status", "--porcelain=v2", "--branch", cwd=here) == head


def test_a_write_that_is_refused_starts_no_registry(here: Path, git: Git) -> None:
    client = gitmodels.MlflowClient()
    with pytest.raises(gitmodels.MlflowException):
        client.set_registered_model_alias("nope", "champion", 1)
    with pytest.raises(gitmodels.MlflowException):
        client.create_registered_model("a/b")
    assert git("branch", "--list", "gitmodels", cwd=here) == ""


def test_no_identity_of_git_is_no_failure(tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "--quiet", cwd=tmp_path)
    monkeypatch.chdir(tmp_path)
    made = gitmodels.MlflowClient().create_registered_model("fraud")
    assert made.name == "fraud"
    assert "@" in git("log", "-1", "--format=%ae", "gitmodels", cwd=tmp_path)


def test_outside_a_repository_there_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RepositoryNotFound, match=r"^no git repository around ") as caught:
        gitmodels.register_model("x", "fraud")
    assert "\n" not in caught.value.message
    assert "git init" in caught.value.hint
    with pytest.raises(RepositoryNotFound):
        gitmodels.start_run()
    with pytest.raises(RepositoryNotFound):
        gitmodels.set_registry_uri(tmp_path)
    assert context.chosen() is None


@pytest.mark.parametrize("name", ["a/b", "a:b", "", "a'b", 'a"b', "a%b", "a.b"])
def test_a_name_that_mlflow_refuses_is_refused_before_anything_is_written(
    name: str, here: Path, classifier: Any
) -> None:
    if name:
        with pytest.raises(Invalid, match="Invalid model name"):
            gitmodels.sklearn.log_model(classifier, name=name)
        assert not (here / ".git/gitmodels/packs").exists()


def test_a_registered_name_is_checked_before_anything_is_written(here: Path, classifier: Any) -> None:
    with pytest.raises(Invalid, match="Invalid model name"):
        gitmodels.sklearn.log_model(classifier, name="m", registered_model_name="a/b")
    assert not (here / ".git/gitmodels").exists()


def test_an_unknown_keyword_is_told(here: Path, classifier: Any) -> None:
    with pytest.raises(Invalid, match="unexpected keyword argument 'nonsense'"):
        gitmodels.sklearn.log_model(classifier, "m", nonsense=1)


def test_log_model_finds_the_flavor_itself(here: Path, classifier: Any) -> None:
    assert "sklearn" in gitmodels.log_model(classifier, name="m").flavors
    with pytest.raises(FlavorNotFound):
        gitmodels.log_model(object(), name="m")


def test_save_and_load_a_directory(here: Path, classifier: Any, iris: tuple[Any, Any], tmp_path: Path) -> None:
    target = tmp_path / "saved"
    gitmodels.sklearn.save_model(classifier, target)
    with pytest.raises(AlreadyExists):
        gitmodels.sklearn.save_model(classifier, target)
    assert np.array_equal(gitmodels.sklearn.load_model(target).predict(iris[0]), classifier.predict(iris[0]))
    copy = tmp_path / "copy"
    loaded = gitmodels.pyfunc.load_model(str(target), dst_path=str(copy))
    assert (copy / "MLmodel").is_file()
    assert np.array_equal(loaded.predict(iris[0]), classifier.predict(iris[0]))
    with pytest.raises(AlreadyExists):
        gitmodels.pyfunc.load_model(str(target), dst_path=str(copy))


def test_dst_path_keeps_a_copy_that_may_be_changed(here: Path, classifier: Any, tmp_path: Path) -> None:
    info = gitmodels.sklearn.log_model(classifier, "m")
    target = tmp_path / "kept"
    gitmodels.sklearn.load_model(info.model_uri, dst_path=target)
    (target / "MLmodel").write_text("changed")
    gitmodels.sklearn.load_model(info.model_uri)


def test_a_function_is_a_model(here: Path) -> None:
    info = gitmodels.pyfunc.log_model(name="double", python_model=doubled, registered_model_name="double")
    assert gitmodels.pyfunc.load_model(info.model_uri).predict([1, 2]) == [2, 4]
    assert gitmodels.pyfunc.load_model("models:/double/1").predict([3]) == [6]


def test_artifacts_may_be_other_models(here: Path, classifier: Any, iris: tuple[Any, Any]) -> None:
    class Wraps(gitmodels.pyfunc.PythonModel):
        def load_context(self, context: Any) -> None:
            self.inner = gitmodels.sklearn.load_model(context.artifacts["inner"])

        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            return self.inner.predict(model_input)

    with gitmodels.start_run() as run:
        gitmodels.sklearn.log_model(classifier, name="inner")
        outer = gitmodels.pyfunc.log_model(
            name="outer",
            python_model=Wraps(),
            artifacts={"inner": f"runs:/{run.info.run_id}/inner"},
            pip_requirements=["scikit-learn"],
        )
    loaded = gitmodels.pyfunc.load_model(outer.model_uri)
    assert np.array_equal(loaded.predict(iris[0]), classifier.predict(iris[0]))


def test_a_run_keeps_its_repository_wherever_the_folder_goes(
    here: Path, classifier: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with gitmodels.start_run() as run:
        monkeypatch.chdir(elsewhere)
        gitmodels.log_metric("auc", 1.0)
        info = gitmodels.sklearn.log_model(classifier, name="m", registered_model_name="iris")
        with pytest.raises(RepositoryNotFound):
            context.repository()
    monkeypatch.chdir(here)
    assert gitmodels.get_run(run.info.run_id).data.metrics == {"auc": 1.0}
    assert gitmodels.MlflowClient().get_model_version("iris", 1).model_id == info.model_id


def test_a_repository_made_anew_in_the_same_place_is_seen(here: Path, git: Git) -> None:
    import shutil

    gitmodels.init()
    gitmodels.MlflowClient().create_registered_model("fraud")
    shutil.rmtree(here / ".git")
    git("init", "--quiet", cwd=here)
    assert list(gitmodels.MlflowClient().search_registered_models()) == []


def test_a_chosen_path_stays_when_the_folder_changes(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here.parent)
    gitmodels.set_registry_uri(here.name)
    monkeypatch.chdir("/")
    gitmodels.MlflowClient().create_registered_model("fraud")
    assert gitmodels.get_registry_uri() == gitmodels.get_tracking_uri() == f"gitmodels://{here.resolve()}"
    assert gitmodels.is_tracking_uri_set()
    gitmodels.set_registry_uri(None)
    assert not gitmodels.is_tracking_uri_set()


def test_a_servers_uri_warns_once_and_is_refused_when_asked(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import warnings

    with pytest.warns(UserWarning, match=r"no server is used \(h:5000\)"):
        gitmodels.set_tracking_uri("http://user:secret@h:5000")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gitmodels.set_tracking_uri("http://user:secret@h:5000")
    monkeypatch.setenv("GITMODELS_STRICT_URI", "1")
    with pytest.raises(Invalid, match="no server is used"):
        gitmodels.set_tracking_uri("sqlite:///x.db")


def test_a_variable_of_mlflow_is_ignored_and_said_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://h")
    client = gitmodels.MlflowClient()
    with pytest.warns(UserWarning, match="MLFLOW_TRACKING_URI is ignored"):
        client.create_registered_model("fraud")
    client.create_registered_model("churn")


def test_a_forked_child_ends_nothing_of_its_parents(here: Path) -> None:
    with gitmodels.start_run() as run:
        program = textwrap.dedent(
            """
            import os, sys, gitmodels
            run = gitmodels.start_run()
            child = os.fork()
            if child == 0:
                sys.exit(0)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            gitmodels.log_metric("after", 1.0)
            print(run.info.run_id)
            """
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=here)
    other = gitmodels.get_run(done.stdout.strip())
    assert (other.info.status, other.data.metrics) == ("FINISHED", {"after": 1.0})
    assert gitmodels.get_run(run.info.run_id).info.status == "FINISHED"


def test_a_forked_child_loads_for_itself(here: Path, classifier: Any, iris: tuple[Any, Any]) -> None:
    info = gitmodels.sklearn.log_model(classifier, "m")
    gitmodels.sklearn.load_model(info.model_uri)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            gitmodels.sklearn.load_model(info.model_uri)
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert np.array_equal(gitmodels.sklearn.load_model(info.model_uri).predict(iris[0]), classifier.predict(iris[0]))


def test_an_unknown_run_or_model_is_not_found(here: Path) -> None:
    with pytest.raises(RunNotFound):
        gitmodels.get_run("0" * 32)
    for uri in ("runs:/" + "0" * 32 + "/m", "models:/m-" + "0" * 32, "models:/nope/1", "models:/nope@champion"):
        with pytest.raises(gitmodels.MlflowException) as caught:
            gitmodels.pyfunc.load_model(uri)
        assert caught.value.exit_code == 3, uri
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "uri", ["models:/a/b/c", "models:fraud", "runs:/xyz/m", "s3://b/m", "", "models:/a@b@", "git+ext::sh#m/1"]
)
def test_a_uri_that_is_none_is_invalid(uri: str, here: Path) -> None:
    with pytest.raises(Invalid):
        gitmodels.pyfunc.load_model(uri)


class Foreign:
    """The one who is not trusted: saved by somebody else, registered here."""

    def __call__(self, model_input: Any) -> Any:
        return model_input


@pytest.fixture
def foreign(here: Path, classifier: Any, tmp_path: Path) -> Path:
    """A pickle that another user saved."""
    target = tmp_path / "foreign"
    gitmodels.sklearn.save_model(classifier, target, serialization_format="cloudpickle")
    # Another user's file: nothing of ours noted it.
    with (target / "MLmodel").open("a") as stream:
        stream.write("metadata:\n  from: afar\n")
    return target


@pytest.mark.filterwarnings("ignore:.*pickle.*")
def test_a_foreign_pickle_is_refused_with_the_command_that_allows_it(
    foreign: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = gitmodels.register_model(str(foreign), "afar")
    with pytest.raises(Untrusted) as caught:
        gitmodels.sklearn.load_model("models:/afar/1")
    assert caught.value.error_code == "PERMISSION_DENIED"
    assert f"git models trust {version.model_id}" in caught.value.hint
    with pytest.raises(Untrusted):
        gitmodels.pyfunc.load_model("models:/afar/1", trust=False)
    gitmodels.sklearn.load_model("models:/afar/1", trust=True)
    monkeypatch.setenv("GITMODELS_TRUST", "all")
    gitmodels.sklearn.load_model("models:/afar/1")
    monkeypatch.setenv("GITMODELS_TRUST", "nonsense")
    with pytest.raises(Invalid, match="not a word of trust"):
        gitmodels.sklearn.load_model("models:/afar/1")
    monkeypatch.delenv("GITMODELS_TRUST")
    done = subprocess.run(
        [sys.executable, "-m", "gitmodels", "trust", str(version.model_id)], cwd=here, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    gitmodels.sklearn.load_model("models:/afar/1")


@pytest.mark.filterwarnings("ignore:.*pickle.*")
def test_a_foreign_directory_is_refused_and_ones_own_is_not(foreign: Path, classifier: Any, tmp_path: Path) -> None:
    with pytest.raises(Untrusted, match="is not trusted") as caught:
        gitmodels.sklearn.load_model(foreign)
    assert caught.value.hint == "if you trust it: trust=True, or GITMODELS_TRUST=all"
    gitmodels.sklearn.save_model(classifier, tmp_path / "own", serialization_format="cloudpickle")
    gitmodels.sklearn.load_model(tmp_path / "own")


@pytest.mark.filterwarnings("ignore:.*pickle.*")
def test_what_was_logged_here_loads_also_in_the_next_process(here: Path, classifier: Any) -> None:
    info = gitmodels.sklearn.log_model(classifier, "m", serialization_format="cloudpickle")
    program = f"import gitmodels.sklearn; gitmodels.sklearn.load_model({info.model_uri!r})"
    subprocess.run([sys.executable, "-c", program], cwd=here, check=True)
