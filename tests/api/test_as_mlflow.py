"""Scripts written for MLflow, unchanged: what they see, and what is refused."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def _run(*words: str, cwd: Path, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *before, "-m", "gitmodels.as_mlflow", *words],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


def _plain(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


def _python(program: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return _plain("-c", program, cwd=cwd)


SAME = """
import importlib, mlflow, gitmodels
from gitmodels.api.modules import MODULES
assert mlflow is gitmodels
for name in MODULES:
    theirs = importlib.import_module(name.replace("gitmodels", "mlflow", 1))
    assert theirs is importlib.import_module(name), name
from mlflow import MlflowClient, sklearn
from mlflow.models import infer_signature, signature
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import ColSpec, Schema
from mlflow.exceptions import MlflowException
import mlflow.pyfunc as pyfunc
assert mlflow.pyfunc is gitmodels.pyfunc is pyfunc and sklearn is gitmodels.sklearn
assert MlflowException is gitmodels.GitModelsError
print("same")
"""


@pytest.mark.parametrize("way", ["import", "script"])
def test_every_public_module_is_the_very_same_object(way: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SAME)
    if way == "import":
        done = _python(f"import gitmodels.as_mlflow\n{SAME}", tmp_path)
    else:
        done = _run("script.py", cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("same\n", "", 0)


@pytest.mark.parametrize("name", ["nonsense", "errors", "api", "git.repository", "sklearn.utils", "paddle", "utils"])
def test_what_is_not_there_is_an_import_error_that_helps(name: str, tmp_path: Path) -> None:
    program = (
        f"import gitmodels.as_mlflow\ntry:\n    import mlflow.{name}\nexcept ImportError as error:\n    print(error)"
    )
    done = _python(program, tmp_path)
    assert done.stderr == ""
    assert done.stdout.startswith("gitmodels does not have the ")
    assert name.partition(".")[0] in done.stdout
    assert "`mlflow.set_registry_uri('gitmodels:///path')`" in done.stdout


def test_the_real_mlflow_in_the_way_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "mlflow.py").write_text("")
    done = _python("import mlflow\nimport gitmodels.as_mlflow", tmp_path)
    last = done.stderr.splitlines()[-1]
    assert "the real mlflow is already imported" in last
    assert "import gitmodels.as_mlflow first" in last
    # Beside it, not yet imported: never found again.
    done = _python("import gitmodels.as_mlflow, mlflow\nprint(mlflow.__name__)", tmp_path)
    assert done.stdout == "gitmodels\n"


def test_the_command_says_so_too(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys, types; sys.modules['mlflow'] = types.ModuleType('mlflow')")
    (tmp_path / "script.py").write_text("print('never')")
    environment = {**ENVIRONMENT, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", "gitmodels.as_mlflow", "script.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert done.stderr.startswith("gitmodels.as_mlflow: the real mlflow is already imported")


PROBE = """
import sys, __main__
print(sys.argv, sys.path[0], __name__, __file__, __package__, __main__.__dict__ is globals())
class Here: pass
import pickle; pickle.loads(pickle.dumps(Here()))
import atexit; atexit.register(lambda: print("end", sys.modules["__main__"].Here is Here))
"""


def test_a_script_sees_what_python_itself_would_show_it(tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "script.py").write_text(PROBE)
    ours = _run("inner/script.py", "-x", "--", "y", cwd=tmp_path)
    plain = _plain("inner/script.py", "-x", "--", "y", cwd=tmp_path)
    assert (ours.stdout, ours.stderr, ours.returncode) == (plain.stdout, plain.stderr, 0)


@pytest.mark.parametrize("name", ["single", "package", "package.inner"])
def test_a_module_sees_what_python_itself_would_show_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "single.py").write_text(PROBE)
    (tmp_path / "package").mkdir()
    for file in ("__init__", "__main__", "inner"):
        (tmp_path / "package" / f"{file}.py").write_text("" if file == "__init__" else PROBE)
    ours = _run("-m", name, "-m", "y", cwd=tmp_path)
    plain = _plain("-m", name, "-m", "y", cwd=tmp_path)
    assert (ours.stdout, ours.stderr, ours.returncode) == (plain.stdout, plain.stderr, 0)


BROKEN = {
    "raise": "def inner():\n    raise KeyError('x')\n\n\ninner()\n",
    "syntax": "x = (\n",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('y') from error\n",
    "exit": "import sys\nsys.exit('bye')\n",
    "code": "raise SystemExit(7)\n",
    "import": "import nothing_of_that_name\n",
    "hook": "import sys\nsys.excepthook = lambda *_: print('mine')\n1 / 0\n",
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_script_that_fails_fails_as_under_python_itself(name: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(BROKEN[name])
    ours, plain = _run("script.py", cwd=tmp_path), _plain("script.py", cwd=tmp_path)
    assert (ours.stdout, ours.stderr, ours.returncode) == (plain.stdout, plain.stderr, plain.returncode)
    assert "as_mlflow" not in ours.stderr


def test_an_interrupt_ends_a_script_as_under_python_itself(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = _run("script.py", cwd=tmp_path)
    assert done.returncode == -signal.SIGINT
    assert "as_mlflow" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["absent.py"], "gitmodels.as_mlflow: can't open file 'absent.py': No such file or directory\n"),
        (["."], "gitmodels.as_mlflow: can't open file '.': Is a directory\n"),
        (["-m", "absent"], "gitmodels.as_mlflow: No module named absent"),
        (["-m", "absent.inner"], "gitmodels.as_mlflow: No module named absent"),
        (["-m", "json"], "gitmodels.as_mlflow: No module named json"),
        (["-m", "sys"], "gitmodels.as_mlflow: sys has no code that could be run\n"),
        (["-m"], "usage: python -m gitmodels.as_mlflow SCRIPT [ARGS]\n"),
        ([], "usage: python -m gitmodels.as_mlflow SCRIPT [ARGS]\n"),
        (["--wrong"], "usage: python -m gitmodels.as_mlflow SCRIPT [ARGS]\n"),
    ],
)
def test_wrong_usage_is_two_and_one_line(words: list[str], said: str, tmp_path: Path) -> None:
    done = _run(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)


def test_help(tmp_path: Path) -> None:
    done = _run("--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "-m MODULE" in done.stdout


def test_a_safe_path_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import sys; print(sys.path[0])")
    done = _run("script.py", cwd=tmp_path, before=("-P",))
    assert done.stdout.strip() == str(ROOT)


def test_a_script_logs_registers_and_loads(git_repo: Path) -> None:
    (git_repo / "script.py").write_text(
        """
import mlflow
import mlflow.pyfunc
from mlflow.models import infer_signature

class Doubled(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2

with mlflow.start_run():
    mlflow.pyfunc.log_model("model", python_model=Doubled(), registered_model_name="doubled")
print(mlflow.pyfunc.load_model("models:/doubled/1").predict(4))
print(mlflow.MlflowClient().get_model_version("doubled", 1).version)
"""
    )
    done = _run("script.py", cwd=git_repo)
    assert (done.stdout, done.returncode) == ("8\n1\n", 0), done.stderr


def test_running_a_script_loads_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import sys, mlflow\nprint(sorted({'numpy', 'pandas', 'yaml', 'pygit2', 'sklearn'} & set(sys.modules)))"
    )
    done = _run("script.py", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_importing_it_here_did_not_happen() -> None:
    """The tests of one process share it: who answers for MLflow there changes what the others see."""
    assert "gitmodels.as_mlflow" not in sys.modules
