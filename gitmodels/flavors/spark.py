"""The spark flavor: fitted pipelines of pyspark.ml as the folder that Spark writes, the same bytes for the same model.

It knows pyspark and MLflow's keys for it; nothing of signatures, stores or trust. A model works in a session of Spark:
the active one, or a small one that is started here, on this machine only, and ends with the process.
"""

from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid, NotSupported
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import class_name, framework, only, reading, starting_java
from gitmodels.flavors.model_files import inside
from gitmodels.patterns import pattern

NAME = "spark"
PACKAGES = ("pyspark",)
# Spark makes the Java and Python classes that the files name, and runs the SQL in them.
FORMATS = {"folder": "python-code"}
VERSION = ("pyspark_version", "pyspark")
FOLDER = "sparkml"
_PART = pattern(r"^(part-\d+)-[0-9a-f]{8}-[0-9a-f-]{27}")
_TIMESTAMP = pattern(r'"timestamp":\d+')


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write a fitted pipeline, or another fitted model as a pipeline of one stage, as ``sparkml``.

    ``dfs_tmpdir`` is taken and not needed: the session is a local one. Raises Invalid for what Spark cannot write.
    """
    ml = framework("pyspark.ml", "pyspark")
    only(options, ["dfs_tmpdir"], NAME)
    if not isinstance(model, ml.Transformer) or not hasattr(model, "write"):
        raise Invalid(f"the spark flavor keeps fitted models, not a {type(model).__name__}", hint="call fit() first")
    model = model if isinstance(model, ml.PipelineModel) else ml.PipelineModel([model])
    _session()
    model.save(f"file://{(directory / FOLDER).absolute()}")
    for path in [each for each in (directory / FOLDER).rglob("*") if each.is_file()]:
        if path.parent.name == "metadata" and path.suffix == ".txt":
            path.write_text(_TIMESTAMP.sub('"timestamp":0', path.read_text(encoding="utf-8"), count=1))
        # Sums of these files, and marks that they are there: Spark does without.
        spare = path.name == "_SUCCESS" or path.suffix == ".crc"
        path.unlink() if spare else path.rename(path.with_name(_PART.sub(r"\1", path.name)))
    version = framework("pyspark", "pyspark").__version__
    config = {"pyspark_version": version, "model_data": FOLDER, "model_class": class_name(model)}
    return Saved(config, {"loader_module": "mlflow.spark", "data": FOLDER}, "python-code")


def load(directory: Path, config: Config) -> Any:
    """The pipeline back: it MAKES the classes that the files name."""
    path = inside(directory, config.get("model_data", FOLDER), "model_data")
    if str(config.get("model_class")).startswith("pyspark.ml.connect."):
        raise NotSupported("models of pyspark.ml.connect are not read here", hint="load the directory with mlflow")
    pipelines = framework("pyspark.ml", "pyspark", config.get(VERSION[0])).PipelineModel
    _session()
    with reading(f"the spark model in {path.name}"):
        return pipelines.load(f"file://{path.absolute()}")


def predict(model: Any, data: Any, params: Config) -> Any:
    """What ``transform`` writes into ``prediction``, or as its last output, for each row of a DataFrame; a list."""
    found, last = model.transform(_session().createDataFrame(data)), model.stages[-1]
    column = "prediction" if "prediction" in found.columns or not last.hasParam("outputCol") else last.getOutputCol()
    values = [row[0] for row in found.select(column).collect()]
    return [value.toArray() if hasattr(value, "toArray") else value for value in values]


def code_execution(directory: Path, config: Config) -> str:
    """``python-code``, always."""
    return "python-code"


def _session() -> Any:
    sessions = framework("pyspark.sql", "pyspark").SparkSession
    here = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}
    with starting_java("Spark"):
        session = sessions.getActiveSession() or sessions.builder.master("local[1]").config(map=here).getOrCreate()
    if not session.sparkContext.master.startswith("local"):
        raise NotSupported("spark models are saved and loaded by a local session", hint="builder.master('local[*]')")
    return session
