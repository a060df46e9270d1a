"""Real MLflow, in an environment without gitmodels, reads what we save; and we load what it saves."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import gitmodels

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
pytest.importorskip("sklearn")

MLFLOW = Path(__file__).parents[2] / ".venv-mlflow" / "bin" / "python"
pytestmark = pytest.mark.skipif(not MLFLOW.exists(), reason="MLflow's environment .venv-mlflow is not made: make test")

LOADS = """
import importlib.util, json, sys, warnings
warnings.simplefilter("ignore")
assert importlib.util.find_spec("gitmodels") is None, "this environment must not have gitmodels"
import mlflow, numpy as np, pandas as pd
data = pd.read_csv("data.csv")
answers = {}
for name in json.load(open("names.json")):
    answers[name] = np.asarray(mlflow.pyfunc.load_model(name).predict(data)).tolist()
    if name.startswith("sklearn"):
        answers[f"{name} native"] = mlflow.sklearn.load_model(name).predict(data).tolist()
print(json.dumps(answers))
"""

SAVES = """
import json, warnings
warnings.simplefilter("ignore")
import mlflow, numpy as np, pandas as pd
from sklearn.linear_model import LinearRegression
data = pd.read_csv("data.csv")
model = LinearRegression().fit(data, data.sum(axis=1))
class Total(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input.sum(axis=1).to_numpy()
answers = {}
for format in ("skops", "cloudpickle"):
    name = f"sklearn-{format}"
    mlflow.sklearn.save_model(model, name, serialization_format=format, input_example=data.head(2))
    answers[name] = model.predict(data).tolist()
mlflow.pyfunc.save_model("pyfunc", python_model=Total(), input_example=data.head(2))
answers["pyfunc"] = data.sum(axis=1).tolist()
print(json.dumps(answers))
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=["a", "b", "c"])
    frame.to_csv("data.csv", index=False)
    return pd.read_csv("data.csv")


def mlflow(program: str) -> Any:
    done = subprocess.run([str(MLFLOW), "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def scaled() -> Any:
    """A Python model with an artifact. Made here, so that it is kept by value: no module of the tests is elsewhere."""

    class Scaled(gitmodels.pyfunc.PythonModel):
        """A Python model with an artifact."""

        def load_context(self, context: Any) -> None:
            with open(context.artifacts["factor"]) as stream:
                self.factor = float(stream.read())

        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            return (model_input.sum(axis=1) * self.factor).to_numpy()

    return Scaled()


def test_mlflow_loads_and_predicts_what_is_saved_here(data: Any, tmp_path: Path) -> None:
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    target = data.sum(axis=1)
    expected: dict[str, Any] = {}
    estimators = {
        "sklearn-forest": RandomForestRegressor(5, random_state=0),
        "sklearn-pipeline": make_pipeline(StandardScaler(), GradientBoostingRegressor(n_estimators=5)),
    }
    for name, estimator in estimators.items():
        estimator.fit(data, target)
        gitmodels.sklearn.save_model(estimator, name, input_example=data.head(2))
        expected[name] = expected[f"{name} native"] = estimator.predict(data).tolist()

    lambdas = make_pipeline(FunctionTransformer(lambda frame: frame * 2), RandomForestRegressor(3, random_state=0))
    lambdas.fit(data, target)
    with pytest.warns(UserWarning, match="cloudpickle"):
        gitmodels.sklearn.save_model(lambdas, "sklearn-lambda")
    expected["sklearn-lambda"] = expected["sklearn-lambda native"] = lambdas.predict(data).tolist()

    Path("factor.txt").write_text("2.5")
    gitmodels.pyfunc.save_model("pyfunc-class", python_model=scaled(), artifacts={"factor": "factor.txt"})
    expected["pyfunc-class"] = (target * 2.5).tolist()
    gitmodels.pyfunc.save_model("pyfunc-function", python_model=lambda model_input: model_input["a"].to_numpy())
    expected["pyfunc-function"] = data["a"].tolist()

    Path("names.json").write_text(json.dumps([name for name in expected if not name.endswith("native")]))
    assert mlflow(LOADS) == expected


def test_what_mlflow_saves_registers_loads_and_predicts_here(
    data: Any, git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = mlflow(SAVES)
    folder = Path.cwd()
    monkeypatch.chdir(git_repo)
    for name, answers in expected.items():
        version = gitmodels.register_model(str(folder / name), name)
        loaded = gitmodels.pyfunc.load_model(f"models:/{name}/{version.version}", trust=True)
        assert loaded.predict(data).tolist() == pytest.approx(answers)
    native = gitmodels.sklearn.load_model("models:/sklearn-skops/1")
    assert native.predict(data).tolist() == pytest.approx(expected["sklearn-skops"])
    with pytest.raises(gitmodels.exceptions.MlflowException) as refused:
        gitmodels.pyfunc.load_model("models:/pyfunc/1")
    assert refused.value.error_code == "PERMISSION_DENIED"
