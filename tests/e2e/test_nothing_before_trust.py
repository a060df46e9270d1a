"""Nothing of a model is imported, unpickled or executed before it is trusted, whatever is done with it.

A second interpreter does everything that can be done with a hostile model while the interpreter's own audit events
are watched; each model would leave a file behind if anything of it ran. Trusted, it does leave it, so the watch sees.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.mlmodel.file import ModelFile


class Bomb:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.mark),))


def pickled_sklearn(folder: Path, mark: Path) -> dict[str, Any]:
    (folder / "model.pkl").write_bytes(pickle.dumps(Bomb(mark)))
    return {
        "sklearn": {"pickled_model": "model.pkl", "serialization_format": "cloudpickle", "sklearn_version": "1.0"},
        "python_function": {"loader_module": "mlflow.sklearn", "model_path": "model.pkl"},
    }


def pickled_python_model(folder: Path, mark: Path) -> dict[str, Any]:
    (folder / "python_model.pkl").write_bytes(pickle.dumps(Bomb(mark)))
    return {
        "python_function": {"loader_module": "mlflow.pyfunc.model", "python_model": "python_model.pkl", "artifacts": {}}
    }


def model_from_code(folder: Path, mark: Path) -> dict[str, Any]:
    (folder / "agent.py").write_text(f"import os\nos.mkdir({str(mark)!r})\n")
    return {"python_function": {"loader_module": "mlflow.pyfunc.model", "model_code_path": "agent.py", "artifacts": {}}}


def loader_of_its_own(folder: Path, mark: Path) -> dict[str, Any]:
    (folder / "code").mkdir()
    (folder / "code" / "canary_loader.py").write_text(
        f"import os\nos.mkdir({str(mark)!r})\ndef _load_pyfunc(path):\n    return None\n"
    )
    return {"python_function": {"loader_module": "canary_loader", "code": "code", "data": "code"}}


def hooks_of_python(folder: Path, mark: Path) -> dict[str, Any]:
    (folder / "code").mkdir()
    for name in ("sitecustomize.py", "json.py", "numpy.py", "sklearn.py"):
        (folder / "code" / name).write_text(f"import os\nos.mkdir({str(mark)!r})\n")
    flavors = pickled_sklearn(folder, mark)
    flavors["python_function"]["code"] = flavors["sklearn"]["code"] = "code"
    return flavors


HOSTILE: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    each.__name__: each
    for each in (pickled_sklearn, pickled_python_model, model_from_code, loader_of_its_own, hooks_of_python)
}

WATCHED = """
import os, sys
place, mark, trusted = sys.argv[1], sys.argv[2], sys.argv[3] == "trusted"
import gitmodels
from gitmodels.cli import main
from gitmodels.errors import GitModelsError, Untrusted
armed, seen = [False], []

def watch(event, arguments):
    if not armed[0] or event in ("object.__getattr__", "sys._getframe"):
        return
    if event in ("os.system", "os.exec", "socket.connect", "socket.bind", "ctypes.dlopen"):
        seen.append(event)
    elif event in ("subprocess.Popen", "os.posix_spawn") and os.path.basename(str(arguments[0])) != "git":
        seen.append(f"{event} {arguments[0]}")
    elif event == "pickle.find_class" and arguments[0] in ("posix", "os", "nt"):
        seen.append(f"{event} {arguments}")
    elif event == "os.mkdir" and str(arguments[0]) == mark:
        seen.append(event)
    elif event == "import" and arguments[0] == "canary_loader":
        seen.append(f"{event} {arguments[0]}")
    elif event == "exec" and "agent.py" in repr(arguments) or event == "compile" and "agent.py" in repr(arguments):
        seen.append(event)

sys.addaudithook(watch)

def models(*line):
    return main.run(list(line))

def refused(do):
    try:
        do()
    except Untrusted:
        return
    raise SystemExit("was not refused")

armed[0] = True
assert models("register", place, "hostile") == 0
if not trusted:
    path = list(sys.path)
    for line in ("ls", "ls hostile --metrics", "show hostile/1", "log", "status", "cat hostile/1:MLmodel",
                 "checkout hostile/1 out", "search", "doctor", "fsck --full", "du", "rebuild", "cp hostile/1 other",
                 "alias set hostile champion 1", "tag set hostile/1 a=b", "evaluate hostile/1 --metric auc=1",
                 "card hostile/1", "env hostile/1", "gc --dry-run", "repack"):
        assert models(*line.split()) == 0, line
    with open("rows.csv", "w") as stream:
        stream.write("a,b\\n1,2\\n")
    assert models("predict", "hostile@champion", "rows.csv") == 11
    assert models("evaluate", "hostile@champion", "rows.csv", "--target", "b") == 11
    for uri in ("models:/hostile/1", "models:/hostile@champion", place):
        refused(lambda: gitmodels.pyfunc.load_model(uri))
        refused(lambda: gitmodels.models.predict(uri, "a\\n1\\n", content_type="csv", env_manager="local"))
        refused(lambda: gitmodels.models.validate_serving_input(uri, {"inputs": [1]}))
        gitmodels.models.get_model_info(uri)
        gitmodels.models.Model.load(uri)
        try:
            gitmodels.pyfunc.get_model_dependencies(uri)
        except GitModelsError:
            pass
    refused(lambda: gitmodels.sklearn.load_model("models:/hostile/1") if "sklearn" in sys.argv[4] else
            gitmodels.pyfunc.load_model("models:/hostile/1", trust=False))
    assert sys.path == path
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    assert not [file for file in files if file.startswith((place, os.path.abspath(".git")))]
else:
    try:
        gitmodels.pyfunc.load_model("models:/hostile/1", trust=True)
    except Exception:
        pass
armed[0] = False
print(*(f"seen: {one}" for one in seen), sep="\\n")
"""


@pytest.fixture(params=sorted(HOSTILE))
def hostile(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "hostile"
    folder.mkdir()
    flavors = HOSTILE[request.param](folder, tmp_path / "boom")
    (folder / "MLmodel").write_bytes(ModelFile(flavors=flavors).to_bytes())
    (folder / "requirements.txt").write_text("numpy\n")
    (folder / "kind").write_text(request.param)
    return folder


def _run(hostile: Path, repo: Path, how: str) -> list[str]:
    kind = (hostile / "kind").read_text()
    line = [sys.executable, "-c", WATCHED, str(hostile), str(hostile.parent / "boom"), how, kind]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=repo)
    assert done.returncode == 0, done.stderr[-3000:]
    return [line for line in done.stdout.splitlines() if line.startswith("seen: ")]


def test_nothing_of_it_runs_before_it_is_trusted(hostile: Path, git_repo: Path) -> None:
    assert _run(hostile, git_repo, "untrusted") == []
    assert not (hostile.parent / "boom").exists()


@pytest.mark.filterwarnings("ignore")
def test_the_watch_sees_it_when_it_does(hostile: Path, git_repo: Path) -> None:
    assert _run(hostile, git_repo, "trusted") != []
    assert (hostile.parent / "boom").exists()
