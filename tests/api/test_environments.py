"""Environments of models, built for real: by uv, from wheels that the tests make, without network."""

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels import processes
from gitmodels.api import context, environments
from gitmodels.errors import AlreadyExists, CheckFailed, FileMissing, Invalid, Locked, MissingDependency, Untrusted
from gitmodels.mlmodel import environment, own_installation, uv
from gitmodels.uris import parse_ref

TINY = "def doubled(values):\n    return [2 * value for value in values]\n"


# Written as code, so that nothing of this file is needed where they run.
_MODEL = """import gitmodels
class M(gitmodels.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):"""
_SET = "gitmodels.models.set_model(M())\n"
DOUBLING = f"""{_MODEL}
        import tiny_tool
        print("what a model prints disturbs nothing")
        return tiny_tool.doubled(model_input)
{_SET}"""
NAMING = f"""{_MODEL}
        import sys
        return [sys.prefix for _ in model_input]
{_SET}"""

VARIABLE = f"""{_MODEL}
        import os
        import tiny_tool
        return [os.environ["SAID"] for _ in model_input]
{_SET}"""


@pytest.fixture
def repo(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A repository that is the current folder."""
    monkeypatch.chdir(git_repo)
    monkeypatch.setattr(context, "_opened", {})
    return context.repository()


@pytest.fixture
def tiny(repo: Any, offline_index: Path, make_wheel: Any) -> Any:
    """The model ``tiny`` version 1, which needs ``tiny_tool`` 1.0 of the index."""
    make_wheel(offline_index, "tiny_tool", "1.0", {"tiny_tool.py": TINY})
    make_wheel(offline_index, "tiny_tool", "2.0", {"tiny_tool.py": "raise SystemExit('the wrong one')\n"})
    _log(DOUBLING, "tiny", pip_requirements=["tiny_tool==1.0"])
    return repo


def _log(code: str, name: str, **options: Any) -> None:
    gitmodels.pyfunc.log_model(name="m", python_model=_file(code), registered_model_name=name, **options)


def _file(code: str) -> str:
    Path("model.py").write_text(code)
    return "model.py"


def _begun_by_a_killed_process(folder: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    name = processes.new_name("env").split("-")
    name[1] = str(gone.pid)
    (folder / environments.NOTE).write_text(json.dumps({"builder": "-".join(name)}))


def _body(*values: int) -> bytes:
    return json.dumps({"inputs": list(values)}).encode()


def test_what_a_model_needs_is_described(tiny: Any) -> None:
    found = environments.describe(tiny, parse_ref("tiny/1"))
    assert (found["name"], found["version"], found["requirements"]) == ("tiny", 1, ["tiny_tool==1.0"])
    assert found["mismatches"] == [{"package": "tiny_tool", "required": "tiny_tool==1.0", "installed": None}]
    assert found["created"] is None
    by_id = environments.describe(tiny, parse_ref(found["model_id"]))
    assert by_id["requirements"] == found["requirements"]


def test_loading_says_once_which_packages_are_others_here(repo: Any, caplog: Any) -> None:
    _log(NAMING, "named", pip_requirements=["no-such-thing-xyz==1.0"])
    caplog.clear()
    gitmodels.pyfunc.load_model("models:/named/1", suppress_warnings=True)
    assert "no-such-thing-xyz" not in caplog.text
    for _ in range(2):
        gitmodels.pyfunc.load_model("models:/named/1")
    told = [record.getMessage() for record in caplog.records if "no-such-thing-xyz" in record.getMessage()]
    assert len(told) == 1
    assert told[0].startswith("models:/named/1 was made with other packages than are installed here")


def test_an_environment_that_mlflow_described_is_read(repo: Any, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "requirements.txt").write_text("mlflow==3.17.2\nno-such-thing-xyz==1.0\n-c constraints.txt\n")
    (folder / "constraints.txt").write_text("numpy<99\n")
    (folder / "python_env.yaml").write_text("python: 2.7.18\nbuild_dependencies: [pip]\ndependencies: [-r r.txt]\n")
    gitmodels.register_model(str(folder), "theirs")
    found = environments.describe(repo, parse_ref("theirs/1"))
    assert (found["requirements"], found["constraints"]) == (["mlflow==3.17.2", "no-such-thing-xyz==1.0"], ["numpy<99"])
    assert [one["package"] for one in found["mismatches"]] == ["python", "no-such-thing-xyz"]


def test_a_model_of_plain_files_says_nothing_of_an_environment(repo: Any, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"x")
    gitmodels.register_model(str(tmp_path / "weights.bin"), "plain")
    with pytest.raises(FileMissing, match="plain/1 holds neither"):
        environments.describe(repo, parse_ref("plain/1"))


def test_an_environment_is_built_used_and_found_again(tiny: Any, tmp_path: Path) -> None:
    folder = tmp_path / "env"
    built = environments.create(tiny, parse_ref("tiny/1"), folder)
    assert "tiny-tool==1.0" in built["packages"]
    assert not any(line.startswith(("pip==", "pytest==", "scikit-learn==")) for line in built["packages"])
    before = (folder / environments.NOTE).stat().st_mtime_ns
    assert environments.predict(tiny, parse_ref("tiny/1"), _body(1, 2), "json", folder) == [2, 4]
    assert environments.create(tiny, parse_ref("tiny/1"), folder) == built
    assert (folder / environments.NOTE).stat().st_mtime_ns == before


def test_the_model_runs_there_and_not_here(repo: Any, offline_index: Path, tmp_path: Path) -> None:
    _log(NAMING, "naming", pip_requirements=["cloudpickle"])
    folder = tmp_path / "env"
    answer = environments.predict(repo, parse_ref("naming/1"), _body(1), "json", folder)
    assert [os.path.realpath(one) for one in answer] == [os.path.realpath(folder)]


def test_the_lock_holds_what_is_pulled_in(repo: Any, offline_index: Path, make_wheel: Any, tmp_path: Path) -> None:
    make_wheel(offline_index, "upper", "1.0", {"upper.py": ""}, needs=["lower>=1"])
    for version in ("1.0", "1.5"):
        make_wheel(offline_index, "lower", version, {"lower.py": ""})
    gitmodels.pyfunc.save_model(
        tmp_path / "m", python_model=_file(NAMING), pip_requirements=["upper==1.0", "cloudpickle"]
    )
    (tmp_path / "m" / environment.LOCK).write_text("upper==1.0\nlower==1.0\n")
    gitmodels.register_model(str(tmp_path / "m"), "locked")
    built = environments.create(repo, parse_ref("locked/1"), tmp_path / "env", trust=True)
    assert {"upper==1.0", "lower==1.0"} <= set(built["packages"])


def test_verifying_predicts_the_example_and_leaves_nothing(tiny: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = environments.verify(tiny, parse_ref("tiny/1"))
    assert found["predicted"] is False
    _log(NAMING, "named", pip_requirements=["cloudpickle"], input_example=[1, 2])
    assert environments.verify(tiny, parse_ref("named/1"))["predicted"] is True
    assert list(tmp_path.glob("gitmodels-*")) == []


def test_what_is_missing_in_a_clean_environment_is_named(tiny: Any) -> None:
    _log(DOUBLING, "wrong", pip_requirements=["cloudpickle"], input_example=[1], signature=False)
    with pytest.raises(CheckFailed, match="there is no module tiny_tool") as told:
        environments.verify(tiny, parse_ref("wrong/1"))
    assert "does not predict its input example in a clean environment" in told.value.message
    assert "extra_pip_requirements" in told.value.hint
    assert "Traceback" in "".join(told.value.__notes__)


def test_what_the_model_refuses_is_refused_in_the_same_words(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="JSON"):
        environments.predict(tiny, parse_ref("tiny/1"), b"{", "json", tmp_path / "env")


def test_a_folder_of_something_else_is_left_alone(tiny: Any, tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "mine.txt").write_text("x")
    with pytest.raises(AlreadyExists, match="is not an empty folder"):
        environments.create(tiny, parse_ref("tiny/1"), tmp_path / "env")
    assert (tmp_path / "env" / "mine.txt").read_text() == "x"
    _log(NAMING, "other", pip_requirements=["cloudpickle"])
    environments.create(tiny, parse_ref("other/1"), tmp_path / "env2")
    with pytest.raises(AlreadyExists, match="was built for another environment"):
        environments.create(tiny, parse_ref("tiny/1"), tmp_path / "env2")


def test_what_a_killed_process_began_is_built_anew_and_a_living_one_is_waited_for(tiny: Any, tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    (folder / environments.NOTE).write_text(json.dumps({"builder": processes.new_name("env")}))
    with pytest.raises(Locked, match="another process is building"):
        environments.create(tiny, parse_ref("tiny/1"), folder)
    _begun_by_a_killed_process(folder)
    (folder / "lib").mkdir()
    (folder / "lib" / "half").write_text("x")
    environments.create(tiny, parse_ref("tiny/1"), folder)
    assert not (folder / "lib" / "half").exists()


def test_files_of_others_in_a_folder_that_was_begun_are_never_removed(tiny: Any, tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    _begun_by_a_killed_process(folder)
    (folder / "thesis.tex").write_text("x")
    with pytest.raises(AlreadyExists, match="not an empty folder"):
        environments.create(tiny, parse_ref("tiny/1"), folder)
    assert (folder / "thesis.tex").read_text() == "x"


def test_what_cannot_be_installed_leaves_nothing_and_is_one_line(
    repo: Any, offline_index: Path, tmp_path: Path
) -> None:
    _log(NAMING, "absent", pip_requirements=["no-such-thing-xyz==1.0"])
    with pytest.raises(Invalid, match="no-such-thing-xyz") as told:
        environments.create(repo, parse_ref("absent/1"), tmp_path / "env")
    assert "\n" not in told.value.message
    assert "UV_INDEX" in told.value.hint
    assert not (tmp_path / "env").exists()


def test_pins_that_contradict_what_gitmodels_needs_are_told(repo: Any, offline_index: Path, tmp_path: Path) -> None:
    _log(NAMING, "early", pip_requirements=["packaging<20"])
    with pytest.raises(Invalid, match="packaging"):
        environments.create(repo, parse_ref("early/1"), tmp_path / "env")


def test_an_installed_gitmodels_builds_environments_with_itself(
    tiny: Any, offline_index: Path, make_wheel: Any, tmp_path: Path
) -> None:
    """What a user has: no checkout, but a package from an index."""
    root = Path(gitmodels.__file__).parent
    files = {f"gitmodels/{path.relative_to(root)}": path.read_bytes() for path in root.rglob("*.py*") if path.is_file()}
    kept = {name: data for name, data in files.items() if "__pycache__" not in name}
    make_wheel(offline_index, "gitmodels", gitmodels.__version__, kept, needs=own_installation.requirements())
    first, second = tmp_path / "first", tmp_path / "second"
    uv.make(first, platform.python_version())
    uv.install(first, ["gitmodels"])
    (tmp_path / "data.json").write_bytes(_body(4))
    command = [str(uv.python_of(first)), "-I", "-m", "gitmodels", "predict", "tiny/1", str(tmp_path / "data.json")]
    path = f"{Path(uv.find()).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*command, "--env", str(second)], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"predictions": [8]}
    assert f"gitmodels=={gitmodels.__version__}" in uv.freeze(second)
    assert not (next(second.glob("lib/python*/site-packages")) / "gitmodels").is_symlink()


def test_nothing_is_built_for_a_stranger(repo: Any, offline_index: Path, make_wheel: Any, tmp_path: Path) -> None:
    """A model that runs no code itself: what it names to be installed is not trusted for that."""
    make_wheel(offline_index, "evil", "1.0", {"evil.pth": f"import os; os.mkdir({str(tmp_path / 'ran')!r})\n"})
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n")
    (folder / "requirements.txt").write_text("evil==1.0\n")
    gitmodels.register_model(str(folder), "stranger")
    for act in (
        lambda: environments.create(repo, parse_ref("stranger/1"), tmp_path / "env"),
        lambda: environments.verify(repo, parse_ref("stranger/1")),
        lambda: environments.predict(repo, parse_ref("stranger/1"), _body(1), "json", tmp_path / "env"),
    ):
        with pytest.raises(Untrusted, match="installs the packages it names"):
            act()
    assert not (tmp_path / "env").exists()
    assert not (tmp_path / "ran").exists()
    assert environments.describe(repo, parse_ref("stranger/1"))["requirements"] == ["evil==1.0"]
    environments.create(repo, parse_ref("stranger/1"), tmp_path / "env", trust=True)
    assert (tmp_path / "env").exists()


def test_without_uv_one_line_says_the_way_out(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "uv", None)
    with pytest.raises(MissingDependency, match="uv is not installed") as told:
        environments.create(tiny, parse_ref("tiny/1"), tmp_path / "env")
    assert told.value.hint.startswith("pip install uv")
    assert not (tmp_path / "env").exists()
    with pytest.raises(MissingDependency):
        uv.find()


def test_a_python_that_is_not_here_is_never_downloaded(repo: Any, offline_index: Path, tmp_path: Path) -> None:
    conda = {"dependencies": ["python=3.99.1", "pip", {"pip": ["cloudpickle"]}]}
    _log(NAMING, "new", conda_env=conda)
    with pytest.raises(MissingDependency, match="is not on this machine") as told:
        environments.create(repo, parse_ref("new/1"), tmp_path / "env")
    assert told.value.hint == "uv python install 3.99"
    assert not (tmp_path / "env").exists()


def test_a_python_older_than_ours_is_refused_with_the_way_out(repo: Any, offline_index: Path, tmp_path: Path) -> None:
    _log(NAMING, "old", conda_env={"dependencies": ["python=3.8.20", {"pip": ["cloudpickle"]}]})
    with pytest.raises(Invalid, match="gitmodels needs") as told:
        environments.create(repo, parse_ref("old/1"), tmp_path / "env")
    assert "git models checkout" in told.value.hint
    assert not (tmp_path / "env").exists()


def test_packages_of_conda_are_told(repo: Any, offline_index: Path, tmp_path: Path, caplog: Any) -> None:
    conda = {"dependencies": [f"python={platform.python_version()}", "cudatoolkit=11.8", {"pip": ["cloudpickle"]}]}
    _log(NAMING, "conda", conda_env=conda)
    environments.create(repo, parse_ref("conda/1"), tmp_path / "env")
    assert "packages of conda are not installed: cudatoolkit=11.8" in caplog.text


def test_predicting_under_mlflows_name_builds_the_environment_for_the_moment(tiny: Any) -> None:
    from gitmodels import models

    assert models.predict("models:/tiny/1", [1, 2], env_manager="uv") == '{"predictions": [2, 4]}'
    _log(VARIABLE, "other", pip_requirements=["tiny_tool==2.0"])
    answer = models.predict(
        "models:/other/1", [1], pip_requirements_override=["tiny-tool==1.0"], extra_envs={"SAID": "hello"}
    )
    assert answer == '{"predictions": ["hello"]}'


@pytest.mark.heavy
def test_a_real_estimator_predicts_the_same_in_its_own_environment(
    repo: Any, offline_index: Path, repack_wheel: Any, tmp_path: Path
) -> None:
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    for name in ("scikit-learn", "scipy", "joblib", "threadpoolctl", "narwhals", "skops", "prettytable", "wcwidth"):
        repack_wheel(offline_index, name)
    data, target = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(data, target)
    gitmodels.sklearn.log_model(model, name="m", input_example=data[:3], registered_model_name="iris")
    body = json.dumps({"inputs": data[::10].tolist()}).encode()
    found = environments.predict(repo, parse_ref("iris/1"), body, "json", tmp_path / "env")
    assert found == model.predict(data[::10]).tolist()
    assert environments.verify(repo, parse_ref("iris/1"), tmp_path / "env")["predicted"] is True
