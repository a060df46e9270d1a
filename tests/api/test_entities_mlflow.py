"""Entities iterate and print as MLflow's do: held to a record of what MLflow 3.17 shows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gitmodels import entities
from gitmodels.artifacts import FileInfo
from gitmodels.entities import model_registry

FACTS = json.loads((Path(__file__).parents[1] / "formats" / "mlflow" / "surface.json").read_text())["entities"]
# Attributes of servers, of jobs there, and of traces: nothing here could fill them.
ABSENT = {
    *("deployment_job_id", "deployment_job_state", "workspace", "trace_location"),
    "effective_trace_archival_retention",
}


def _samples() -> dict[str, Any]:
    metric = entities.Metric("auc", 0.5, 1700000000000, 3)
    info = entities.RunInfo(
        run_id="r" * 32,
        run_name="a-run",
        experiment_id="0",
        user_id="ana",
        status="FINISHED",
        start_time=1,
        end_time=2,
        lifecycle_stage="active",
        artifact_uri="runs:/x",
    )
    data = entities.RunData({"auc": 0.5}, {"k": "v"}, {"t": "v"})
    version = model_registry.ModelVersion("fraud", 2, 1, 2, "words", "ana", "None", "runs:/r/m", "r", tags={"a": "b"})
    return {
        "Metric": metric,
        "Param": entities.Param("k", "v"),
        "RunTag": entities.RunTag("t", "v"),
        "RunInfo": info,
        "RunData": data,
        "Run": entities.Run(info, data, None, None),  # type: ignore[arg-type]
        "Experiment": entities.Experiment("0", "Default", "place", "active", creation_time=1, last_update_time=2),
        "FileInfo": FileInfo("a/b", False, 3),
        "LoggedModelOutput": entities.LoggedModelOutput("m-1", 0),
        "LoggedModel": entities.LoggedModel("m-1", "model", "0", "place", 1, 2, tags={"a": "b"}, params={"k": "v"}),
        "ModelVersion": version,
        "ModelVersionTag": model_registry.ModelVersionTag("a", "b"),
        "RegisteredModel": model_registry.RegisteredModel("fraud", 1, 2, "words", [version]),
        "RegisteredModelTag": model_registry.RegisteredModelTag("a", "b"),
        "RegisteredModelAlias": model_registry.RegisteredModelAlias("champion", 2),
    }


@pytest.mark.parametrize("name", sorted(FACTS))
def test_an_entity_iterates_over_mlflows_attributes_in_mlflows_order(name: str) -> None:
    wanted = [attribute for attribute in FACTS[name]["attributes"] if attribute not in ABSENT]
    entity = _samples()[name]
    assert [attribute for attribute, _ in entity] == wanted
    assert dict(entity) == {attribute: getattr(entity, attribute) for attribute in wanted}


@pytest.mark.parametrize("name", sorted(FACTS))
def test_the_attributes_are_of_mlflows_types(name: str) -> None:
    entity = _samples()[name]
    different = {
        attribute: (type(getattr(entity, attribute)).__name__, wanted)
        for attribute, wanted in FACTS[name]["types"].items()
        if attribute not in ABSENT and type(getattr(entity, attribute)).__name__ != wanted
    }
    assert different == DIFFERENT_TYPES.get(name, {})


# What we know and MLflow leaves open, and the state of a logged model as text, as everywhere else.
DIFFERENT_TYPES = {"LoggedModel": {"status": ("str", "LoggedModelStatus"), "metrics": ("list", "NoneType")}}


@pytest.mark.parametrize("name", sorted(FACTS))
def test_an_entity_prints_as_mlflows(name: str) -> None:
    wanted = FACTS[name]["repr"]
    for attribute in ABSENT:
        wanted = re.sub(rf",? ?\b{attribute}=(None|'[^']*')", "", wanted)
    # MLflow prints a LoggedModel in a form of its own and leaves its tags out; here it prints as every entity.
    assert repr(_samples()[name]) == wanted or (name == "LoggedModel" and wanted.startswith("LoggedModel("))
