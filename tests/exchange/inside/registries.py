"""A registry in a database of MLflow's with everything that one can hold, and all its tables say, as plain data."""

import shutil
import sqlite3
import uuid
import warnings
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

# Names that a file, a ref or a filter could stumble over.
NAMES = ("fraud", "Credit Risk", "größe@2", "it's", "x.lock")
VERSIONS = 3
TABLES = {
    "registered_models": ("name", "creation_time", "last_updated_time", "description"),
    "registered_model_tags": ("name", "key", "value"),
    "registered_model_aliases": ("name", "alias", "version"),
    "model_versions": (
        "name",
        "version",
        "creation_time",
        "last_updated_time",
        "description",
        "user_id",
        "current_stage",
        "source",
        "run_id",
        "status",
        "status_message",
        "run_link",
    ),
    "model_version_tags": ("name", "version", "key", "value"),
}
_OF_VERSIONS = ("model_versions", "model_version_tags")


class Registry:
    """MLflow's registry in ``folder``, and its client."""

    def __init__(self, folder: Path, empty: Path | None = None) -> None:
        folder.mkdir()
        self.folder = folder
        self.database = folder / "mlflow.db"
        self.uri = f"sqlite:///{self.database}"
        if empty is not None:
            # Making the tables takes MLflow seconds.
            shutil.copy(empty, self.database)
        mlflow.set_tracking_uri(self.uri)
        self.client = MlflowClient(self.uri, self.uri)
        self.experiment = self.client.create_experiment(str(folder), artifact_location=str(folder / "files"))

    def run(self, number: int) -> Any:
        """A run with params, metrics and tags."""
        run = self.client.create_run(self.experiment, run_name=f"run {number}", tags={"mlflow.user": "Bo"})
        metrics = [Metric("auc", 0.5 + number / 100, 1, 0), Metric("loss", float("nan"), 1, 0)]
        tags = [RunTag("team", "risk"), RunTag("mlflow.source.git.commit", f"{number:040x}")]
        self.client.log_batch(run.info.run_id, metrics, [Param("depth", str(number))], tags)
        return run

    def model(self, run: Any, text: str) -> Path:
        """The folder of a model among the artifacts of ``run``."""
        path = Path(run.info.artifact_uri) / "model"
        path.mkdir(parents=True)
        (path / "MLmodel").write_text("flavors: {}\n")
        (path / "requirements.txt").write_text("scikit-learn==1.5\n")
        (path / "weights.bin").write_text(text)
        return path

    def logged(self, run: Any, text: str) -> str:
        """The id of a logged model of ``run``."""
        source = self.folder / uuid.uuid4().hex
        source.mkdir()
        (source / "MLmodel").write_text("flavors: {}\n")
        (source / "weights.bin").write_text(text)
        options = {"source_run_id": run.info.run_id, "params": {"epochs": "3"}}
        made = self.client.create_logged_model(self.experiment, "logged", **options)
        self.client.log_model_artifacts(made.model_id, str(source))
        self.client.finalize_logged_model(made.model_id, "READY")
        return str(made.model_id)

    def fill(self) -> None:
        """Models under odd names, with deleted numbers, stages, aliases, tags, copies, a logged model and a prompt."""
        client = self.client
        for place, name in enumerate(NAMES):
            client.create_registered_model(
                name, {"team": "risk", "odd /key": "ü\n: '"}, f"About {name}" if place else None
            )
            for number in range(1, VERSIONS + 1):
                run = self.run(10 * place + number)
                source, model_id = str(self.model(run, f"weights {number % 2}")), None
                if (place, number) == (0, 2):
                    model_id = self.logged(run, "logged")
                    source = f"models:/{model_id}"
                client.create_model_version(
                    name,
                    source,
                    run.info.run_id,
                    {"n": str(number), "empty": ""},
                    f"https://example.org/{number}" if number == 1 else None,
                    f"The {number}. of {name}" if number != 2 else None,
                    model_id=model_id,
                )
            client.set_registered_model_alias(name, "champion", str(VERSIONS))
            client.set_registered_model_alias(name, "A-b_C", "1")
        client.delete_model_version(NAMES[1], "2")
        client.delete_model_version(NAMES[2], "1")
        client.delete_model_version(NAMES[2], str(VERSIONS))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            client.transition_model_version_stage(NAMES[0], "1", "Production")
            client.transition_model_version_stage(NAMES[0], "2", "Archived")
            client.transition_model_version_stage(NAMES[1], "1", "Staging")
        client.update_model_version(NAMES[0], "1", "Described after it was staged")
        client.copy_model_version(f"models:/{NAMES[0]}/2", "copied")
        client.create_registered_model("none yet")
        client.register_prompt("greeting", "Hello {{name}}", tags={"tone": "warm"})
        # What MLflow's client cannot say, other releases and other people's tools may have.
        with sqlite3.connect(self.database) as database:
            database.execute("UPDATE model_versions SET user_id = 'ana' WHERE name = 'fraud' AND version = 3")

    def multiply(self, model: str, count: int, contents: int) -> None:
        """As many more models that are like ``model`` row for row, under names and runs of their own.

        Their files are of as many different ``contents`` for each number.
        """
        for group in range(contents):
            copy = shutil.copytree(self.folder / "files", self.folder / f"files-{group}")
            for weights in Path(copy).rglob("weights.bin"):
                weights.write_text(f"{weights.read_text()} of group {group}")
        with sqlite3.connect(self.database) as database:
            for number in range(count):
                self._copy(database, model, f"{model} {number:04d}", f"{number:08x}", number % contents)

    def _copy(self, database: sqlite3.Connection, model: str, name: str, prefix: str, group: int) -> None:
        runs = "SELECT run_id FROM model_versions WHERE name = ?"
        for table in ("runs", "params", "latest_metrics", "tags"):
            changed = {"run_uuid": f"'{prefix}' || substr(run_uuid, 9)"} | _moved("artifact_uri", group)
            _duplicate(database, table, changed, f"run_uuid IN ({runs})", model)
        for table in TABLES:
            changed = {"name": f"'{name}'", "run_id": f"'{prefix}' || substr(run_id, 9)"}
            changed |= _moved("source", group) | _moved("storage_location", group)
            _duplicate(database, table, changed, "name = ?", model)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every field of every row of the registry's tables; of deleted versions that their numbers were given."""
        with sqlite3.connect(self.database) as database:
            asked = "SELECT name, version FROM model_versions WHERE current_stage = 'Deleted_Internal'"
            gone = set(database.execute(asked))
            found = {}
            for table, columns in TABLES.items():
                rows = database.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
                alive = [row for row in rows if table not in _OF_VERSIONS or row[:2] not in gone]
                found[table] = sorted(alive, key=repr)
        return found | {"deleted": sorted(gone)}


def _moved(column: str, group: int) -> dict[str, str]:
    return {column: f"replace({column}, '/files/', '/files-{group}/')"}


def _duplicate(database: sqlite3.Connection, table: str, changed: dict[str, str], where: str, model: str) -> None:
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    picked = ", ".join(changed.get(name, f'"{name}"') for name in names)
    database.execute(f"INSERT INTO {table} SELECT {picked} FROM {table} WHERE {where}", (model,))
