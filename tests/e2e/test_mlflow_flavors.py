"""Each flavor both ways: saved here → loaded, predicted and saved again by MLflow → loaded here, with equal answers.

MLflow stays in its own environment; what it lacks of a framework it takes from ours, behind its own packages.
"""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gitmodels.mlmodel import package
from gitmodels.mlmodel.package import PackageOptions
from gitmodels.mlmodel.predictor import load_predictor
from gitmodels.mlmodel.trust import Trust
from gitmodels.testing import Case

MLFLOW = Path(__file__).parents[2] / ".venv-mlflow" / "bin" / "python"
pytestmark = pytest.mark.skipif(not MLFLOW.exists(), reason="MLflow's environment .venv-mlflow is not made: make test")
HEAVY = [
    pytest.mark.heavy,
    *map(pytest.mark.filterwarnings, ("ignore::DeprecationWarning", "ignore::FutureWarning")),
]
FLAVORS = Path(__file__).parents[1] / "flavors"
CASES = runpy.run_path(str(FLAVORS / "flavor_cases.py"))
WORK = """
import json, sys, warnings
warnings.simplefilter("ignore")
sys.path += json.load(open("frameworks.json"))
import importlib, pathlib, runpy, mlflow, numpy as np, pandas as pd
assert importlib.util.find_spec("gitmodels") is None, "MLflow must do without gitmodels"
class Around(mlflow.pyfunc.PythonModel):
    # MLflow saves none but its own Python models: one that asks the model saved here.
    def __init__(self, inner):
        self.inner = inner
    def predict(self, context, model_input, params=None):
        return self.inner.predict(model_input)
servers, stops = runpy.run_path("java_servers.py"), []
for name, (flavor, options) in json.load(open("cases.json")).items():
    if flavor == "h2o":
        servers["h2o"](pathlib.Path(".h2oconfig"))
        stops.append(servers["stop_h2o"])
    if flavor == "spark":
        servers["spark"]()
        stops.append(servers["stop_spark"])
    data = pd.read_parquet(f"{name}/data.parquet")
    if "input_example" in options:
        options["input_example"] = np.asarray(options["input_example"], np.float32)
    ours = mlflow.pyfunc.load_model(f"{name}/ours")
    # Requirements given: MLflow would load every model once more, in a process of its own, to infer them.
    options["pip_requirements"] = ["mlflow"]
    if flavor == "python_function":
        mlflow.pyfunc.save_model(f"{name}/theirs", python_model=Around(ours.unwrap_python_model()), **options)
    else:
        if flavor == "sklearn":
            options["skops_trusted_types"] = ours.metadata.flavors["sklearn"].get("skops_trusted_types")
        module = importlib.import_module(f"mlflow.{flavor}")
        module.save_model(module.load_model(f"{name}/ours"), f"{name}/theirs", **options)
    answer = ours.predict(data)
    if not isinstance(answer, pd.DataFrame):
        answer = pd.DataFrame({"answer": list(np.asarray(answer))})
    answer.columns = [str(column) for column in answer.columns]
    answer.to_parquet(f"{name}/answer.parquet")
for stop in stops:
    stop()
"""


def _together() -> list[Any]:
    """The cases that go through one process of MLflow: all light ones, and each heavy flavor's."""
    light = [case for case in CASES["INTEROP"] if not case.marks]
    heavy = {case.flavor: case.marks for case in CASES["INTEROP"] if case.marks}
    return [
        pytest.param(light, id="light"),
        *(
            pytest.param([case for case in CASES["INTEROP"] if case.flavor == name], id=name, marks=[*HEAVY, *marks])
            for name, marks in heavy.items()
        ),
    ]


@pytest.mark.parametrize("cases", _together())
def test_mlflow_and_gitmodels_load_what_the_other_saved(cases: list[Case], tmp_path: Path) -> None:
    there = {f"case{number}": case for number, case in enumerate(cases) if not case.missing()}
    made = {name: (case.make(), case.data()) for name, case in there.items()}
    if not made:
        pytest.skip(f"not installed: {', '.join(sorted({name for case in cases for name in case.missing()}))}")
    for name, (model, data) in made.items():
        package.save(model, tmp_path / name / "ours", there[name].flavor, PackageOptions(), there[name].options)
        data.to_parquet(tmp_path / name / "data.parquet")
    shutil.copy(FLAVORS / "java_servers.py", tmp_path)
    _in_mlflow(there, tmp_path)
    for name, (model, data) in made.items():
        case = there[name]
        expected = case.answer(model, data)
        assert case.same(_answer(tmp_path / name), expected), f"{case.id}: MLflow predicts something else with ours"
        theirs = load_predictor(tmp_path / name / "theirs", trust=Trust.all())
        assert case.same(theirs.predict(data), expected), f"{case.id}: what MLflow saved predicts something else here"
        if case.stop is not None:
            case.stop()
    if absent := sorted({name for case in cases for name in case.missing()}):
        pytest.skip(f"not installed: {', '.join(absent)}; {len(there)} of {len(cases)} cases pass")


def _in_mlflow(cases: dict[str, Case], folder: Path) -> None:
    """One process of MLflow loads what was saved, predicts and saves it again."""
    told = {name: (case.flavor, dict(_theirs(case))) for name, case in cases.items()}
    (folder / "cases.json").write_text(json.dumps(told))
    frameworks = [path for path in sys.path if path.endswith("site-packages")]
    (folder / "frameworks.json").write_text(json.dumps(frameworks))
    quiet = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HF_HUB_OFFLINE": "1"}
    # A file, not -c: there pyspark takes its modules for doctests, and ends the process.
    (folder / "work.py").write_text(WORK)
    done = subprocess.run([str(MLFLOW), "work.py"], cwd=folder, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def _answer(folder: Path) -> Any:
    import numpy as np
    import pandas as pd

    answer = pd.read_parquet(folder / "answer.parquet")
    return np.asarray(answer["answer"].tolist()) if list(answer.columns) == ["answer"] else answer


def _theirs(case: Case) -> list[tuple[str, Any]]:
    """The options that MLflow's save_model knows too, as JSON holds them."""
    known = [(key, value) for key, value in case.options.items() if key != "model_kwargs"]
    return [(key, value.tolist() if hasattr(value, "tolist") else value) for key, value in known]
