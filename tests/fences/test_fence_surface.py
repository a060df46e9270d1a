"""docs/surface.yaml says of each of MLflow's names what is so: it is there and tested, or it refuses with one text."""

import ast
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import gitmodels
from gitmodels.api import modules, unsupported
from gitmodels.errors import ONLY_IN_MLFLOW, GitModelsError

ROOT = Path(__file__).resolve().parents[2]
TABLE = yaml.safe_load((ROOT / "docs" / "surface.yaml").read_text(encoding="utf-8"))["sections"]
ROWS: dict[str, dict[str, Any]] = {name: row for section in TABLE for name, row in section["rows"].items()}
FACTS = json.loads((ROOT / "tests" / "formats" / "mlflow" / "surface.json").read_text(encoding="utf-8"))
SHARED = sorted(name for name, row in ROWS.items() if row["verdict"] != "X" and not row.get("pending"))


def _resolve(name: str) -> Any:
    found: Any = gitmodels
    public = "gitmodels"
    for part in name.split("."):
        public = f"{public}.{part}"
        found = importlib.import_module(public) if public in modules.MODULES else getattr(found, part)
    return found


def test_a_row_has_a_verdict_and_nothing_unknown() -> None:
    for name, row in ROWS.items():
        assert row["verdict"] in ("M", "S", "X"), name
        assert set(row) <= {"verdict", "test", "note", "pending"}, name
        assert not row.get("pending") or row["verdict"] != "M", f"{name} is a contract and not there"
    assert sum(len(section["rows"]) for section in TABLE) == len(ROWS), "a name stands twice"


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_name_is_there(name: str) -> None:
    if name == "as_mlflow":
        # Importing it would answer for MLflow in this very process.
        assert importlib.util.find_spec("gitmodels.as_mlflow") is not None
        return
    found = _resolve(name)
    assert not isinstance(found, unsupported.Absent | unsupported.AbsentModule)


def test_a_pending_name_is_still_not_there() -> None:
    for name in [name for name, row in ROWS.items() if row.get("pending")]:
        with pytest.raises((AttributeError, GitModelsError)):
            _resolve(name)


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_name_is_covered_by_a_test_that_names_it(name: str) -> None:
    row = ROWS[name]
    if row["verdict"] == "S" and "test" not in row:
        return
    file, _, function = row["test"].partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    functions = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert function in functions, f"{row['test']} does not exist"
    # Tests that are held to a record of MLflow's answers have the calls in the script that made the record.
    records = [ROOT / "tests" / "formats" / "mlflow" / f"{each}.py" for each in ("registry_calls", "surface_facts")]
    text += "".join(path.read_text(encoding="utf-8") for path in records if "mlflow" in file)
    assert re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", text), f"{row['test']} does not name {name}"


def _use(name: str) -> Any:
    if name.startswith("MlflowClient."):
        return getattr(gitmodels.MlflowClient(), name.partition(".")[2])()
    if name == "types.Schema.as_spark_schema":
        return gitmodels.types.Schema([gitmodels.types.ColSpec("long", "a")]).as_spark_schema()
    found = _resolve(name)
    return found.anything if isinstance(found, unsupported.AbsentModule) else found()


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row["verdict"] == "X"])
def test_a_name_that_only_mlflow_has_refuses_with_the_one_text(name: str) -> None:
    with pytest.raises(GitModelsError) as raised:
        _use(name)
    assert raised.value.error_code == "NOT_IMPLEMENTED"
    assert raised.value.message.startswith("gitmodels does not have ")
    assert raised.value.message.endswith(ONLY_IN_MLFLOW)


def test_every_name_that_refuses_stands_in_the_table() -> None:
    said = {name for name, row in ROWS.items() if row["verdict"] == "X"}
    coded = {
        f"{module}.{name}".removeprefix("gitmodels.") for module, names in unsupported.NAMES.items() for name in names
    }
    coded |= set(unsupported.MODULES)
    coded |= {name for name in unsupported.FLAVORS if f"gitmodels.{name}" not in modules.MODULES}
    assert coded - said == set()
    assert said - coded == {"models.Model.log", "types.Schema.as_spark_schema"}


@pytest.mark.parametrize("module", sorted(FACTS["public"]))
def test_every_public_name_of_mlflow_stands_in_the_table(module: str) -> None:
    prefix = f"{module}." if module else ""
    missing = {f"{prefix}{name}" for name in FACTS["public"][module]} - set(ROWS)
    # Classes and methods that the table names at their home.
    assert missing - {"ActiveRun", "models.Model", "MlflowClient.tracking_uri"} == set()
