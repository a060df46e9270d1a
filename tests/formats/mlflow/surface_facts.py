"""Writes surface.json of this folder with the real MLflow: run ``python tests/formats/mlflow/surface_facts.py`` there.

For every row of docs/surface.yaml that MLflow and gitmodels share it notes the parameters of the call, in their order
and with their defaults; for the entities how they iterate and print. Needs a Python that has MLflow and PyYAML.
"""

import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any

import mlflow
import yaml
from mlflow import entities, models
from mlflow.entities import model_registry

HERE = Path(__file__).resolve().parent
TABLE = HERE.parents[2] / "docs" / "surface.yaml"


def main() -> int:
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    names = [name for section in table["sections"] for name, row in section["rows"].items() if row["verdict"] != "X"]
    calls = {name: found for name in sorted(names) if (found := parameters(resolve(name))) is not None}
    facts = {
        "calls": calls,
        "entities": {name: shown(each) for name, each in samples()},
        "mlflow": {"version": mlflow.__version__},
        "public": {
            "": sorted({name for name in mlflow.__all__ if name != "test"}),
            "MlflowClient": sorted(name for name in dir(mlflow.MlflowClient) if not name.startswith("_")),
            "models": sorted(models.__all__),
            "pyfunc": sorted(name for name in pyfunc_names() if not name.startswith("_")),
        },
    }
    parts = [f" {json.dumps(name)}: {{\n{lines(part)}\n }}" for name, part in facts.items()]
    (HERE / "surface.json").write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    return 0


def lines(part: dict[str, Any]) -> str:
    """One line for each entry, so that a new release of MLflow shows as a readable difference."""
    return ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in part.items())


def pyfunc_names() -> list[str]:
    """What mlflow.pyfunc defines itself, and the classes that scripts take from it."""
    module = importlib.import_module("mlflow.pyfunc")
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == "mlflow.pyfunc"]
    return [*own, "PythonModel", "PythonModelContext", "ChatModel", "ChatAgent", "ResponsesAgent"]


def resolve(name: str) -> Any:
    """What ``mlflow.<name>`` is; None when it is ours alone."""
    found: Any = mlflow
    for part in name.split("."):
        module = getattr(found, "__name__", "")
        if not hasattr(found, part):
            try:
                importlib.import_module(f"{module}.{part}")
            except ImportError:
                return None
        found = getattr(found, part)
    return found


def parameters(found: Any) -> list[str] | None:
    """``name``, ``name=<JSON>`` or ``*name`` (by keyword only) of each parameter; None for what scripts do not call."""
    if not callable(found) or found.__module__.startswith("mlflow.entities"):
        return None
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return None
    return [spelled(each) for name, each in signature.parameters.items() if name not in ("self", "cls")]


def spelled(each: inspect.Parameter) -> str:
    stars = {each.KEYWORD_ONLY: "*", each.VAR_POSITIONAL: "*args:", each.VAR_KEYWORD: "**"}.get(each.kind, "")
    if each.default is each.empty:
        return f"{stars}{each.name}"
    return f"{stars}{each.name}={json.dumps(each.default, default=lambda value: type(value).__name__)}"


def samples() -> list[tuple[str, Any]]:
    """One entity of each kind, its values spelled out."""
    metric = entities.Metric("auc", 0.5, 1700000000000, 3)
    info = entities.RunInfo("r" * 32, "0", "ana", "FINISHED", 1, 2, "active", "runs:/x", "a-run")
    data = entities.RunData([metric], [entities.Param("k", "v")], [entities.RunTag("t", "v")])
    version = model_registry.ModelVersion(
        "fraud", 2, 1, 2, "words", "ana", "None", "runs:/r/m", "r", tags=[model_registry.ModelVersionTag("a", "b")]
    )
    return [
        ("Metric", metric),
        ("Param", entities.Param("k", "v")),
        ("RunTag", entities.RunTag("t", "v")),
        ("RunInfo", info),
        ("RunData", data),
        ("Run", entities.Run(info, data)),
        ("Experiment", entities.Experiment("0", "Default", "place", "active", creation_time=1, last_update_time=2)),
        ("FileInfo", entities.FileInfo("a/b", False, 3)),
        ("LoggedModelOutput", entities.LoggedModelOutput("m-1", 0)),
        ("LoggedModel", entities.LoggedModel("0", "m-1", "model", "place", 1, 2, tags={"a": "b"}, params={"k": "v"})),
        ("ModelVersion", version),
        ("ModelVersionTag", model_registry.ModelVersionTag("a", "b")),
        ("RegisteredModel", model_registry.RegisteredModel("fraud", 1, 2, "words", [version], aliases=[])),
        ("RegisteredModelTag", model_registry.RegisteredModelTag("a", "b")),
        ("RegisteredModelAlias", model_registry.RegisteredModelAlias("champion", 2)),
    ]


def shown(entity: Any) -> dict[str, Any]:
    """The attributes an entity iterates over, in order, how it prints, and which are int."""
    attributes = [name for name, _ in entity] if hasattr(type(entity), "__iter__") else []
    types = {name: type(getattr(entity, name)).__name__ for name in attributes}
    return {"attributes": attributes, "types": types, "repr": repr(entity)}


if __name__ == "__main__":
    sys.exit(main())
