"""Models whose ``predict`` has type hints: saved here and loaded by real MLflow, saved by it and loaded here."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.types.type_hints import TypeFromExample

pydantic = pytest.importorskip("pydantic")
pytest.importorskip("pandas")

MLFLOW = Path(__file__).parents[2] / ".venv-mlflow" / "bin" / "python"
pytestmark = pytest.mark.skipif(not MLFLOW.exists(), reason="MLflow's environment .venv-mlflow is not made: make test")

ROWS = [{"name": "a", "size": 2}, {"name": "b", "size": 3, "note": "x"}]
DATA = {"texts": ["a", "b"], "rows": ROWS, "numbers": [[1, 2], [3]], "like": ["a", "b"], "like rows": ROWS[:1]}
ANSWERS = {"texts": ["A", "B"], "rows": [4, 6], "numbers": [3, 3], "like": ["list", 2], "like rows": ["list", 1]}

# Written once and run on both sides, which differ in PythonModel and TypeFromExample alone.
MODELS = """
import typing, pydantic

class Item(pydantic.BaseModel):
    name: str
    size: int
    note: str | None = None

class Texts(PythonModel):
    def predict(self, model_input: list[str]) -> list[str]:
        return [each.upper() for each in model_input]

class Rows(PythonModel):
    def predict(self, context, model_input: list[Item], params=None) -> list[int]:
        return [each.size * 2 for each in model_input]

class Numbers(PythonModel):
    def predict(self, model_input: list[list[int]], params=None) -> list[int]:
        return [sum(each) for each in model_input]

class Like(PythonModel):
    def predict(self, model_input: TypeFromExample):
        return [type(model_input).__name__, len(model_input)]

MODELS = {"texts": Texts(), "rows": Rows(), "numbers": Numbers(), "like": Like(), "like rows": Like()}
EXAMPLES = {"like": ["x"], "like rows": [{"name": "x", "size": 1}], "numbers": [[1], [2]], "texts": ["x"],
            "rows": [{"name": "x", "size": 1}]}
"""

SAVES = """
import json, warnings
warnings.simplefilter("ignore")
import mlflow
from mlflow.pyfunc import PythonModel
from mlflow.types.type_hints import TypeFromExample
exec(open("models.py").read())
for name, model in MODELS.items():
    mlflow.pyfunc.save_model("theirs " + name, python_model=model, input_example=EXAMPLES[name])
print(json.dumps(None))
"""

LOADS = """
import importlib.util, json, warnings
warnings.simplefilter("ignore")
assert importlib.util.find_spec("gitmodels") is None, "this environment must not have gitmodels"
import mlflow
data = json.load(open("data.json"))
loaded = {name: mlflow.pyfunc.load_model("ours " + name) for name in data}
found = {name: loaded[name].predict(each) for name, each in data.items()}
for name, wrong in {"texts": [1], "rows": [{"name": "x", "size": "1"}], "numbers": [["x"]]}.items():
    try:
        loaded[name].predict(wrong)
    except mlflow.MlflowException:
        found[f"wrong {name}"] = "refused"
print(json.dumps(found))
"""


def mlflow(program: str) -> Any:
    done = subprocess.run([str(MLFLOW), "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    Path("models.py").write_text(MODELS)
    Path("data.json").write_text(json.dumps(DATA))
    space: dict[str, Any] = {
        "__name__": "__main__", "PythonModel": gitmodels.pyfunc.PythonModel, "TypeFromExample": TypeFromExample
    }  # fmt: skip
    exec(MODELS, space)
    return space


def test_mlflow_predicts_with_what_is_saved_here(models: dict[str, Any]) -> None:
    for name, model in models["MODELS"].items():
        gitmodels.pyfunc.save_model(f"ours {name}", python_model=model, input_example=models["EXAMPLES"][name])
        ours = gitmodels.pyfunc.load_model(f"ours {name}", trust=True)
        assert ours.predict(DATA[name]) == ANSWERS[name]
        assert ours.metadata.is_signature_from_type_hint == (not name.startswith("like"))
        assert ours.metadata.type_hint_from_example == name.startswith("like")
    wrong = {f"wrong {name}": "refused" for name in ("texts", "rows", "numbers")}
    assert mlflow(LOADS) == {**ANSWERS, **wrong}


def test_what_mlflow_saves_predicts_here(models: dict[str, Any]) -> None:
    mlflow(SAVES)
    for name in models["MODELS"]:
        theirs = gitmodels.pyfunc.load_model(f"theirs {name}", trust=True)
        assert theirs.metadata.is_signature_from_type_hint == (not name.startswith("like")), name
        assert theirs.metadata.type_hint_from_example == name.startswith("like"), name
        assert theirs.predict(DATA[name]) == ANSWERS[name]
