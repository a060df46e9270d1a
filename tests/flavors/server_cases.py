"""Models of the flavors whose frameworks work in a Java server of their own, which the cases start and stop."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from gitmodels.testing import Case

_LIGHT = runpy.run_path(str(Path(__file__).with_name("light_cases.py")))
_SERVERS = runpy.run_path(str(Path(__file__).with_name("java_servers.py")))
narrow, numbers, near = _LIGHT["narrow"], _LIGHT["numbers"], _LIGHT["near"]
# H2O leaves the files that it gives its server to the garbage collector, and advises another way to read frames.
H2O = (
    pytest.mark.heavy,
    *map(pytest.mark.filterwarnings, ("ignore::ResourceWarning", "ignore:Converting H2O frame")),
)
# Spark says of every frame that pandas 3 is new to it, and asks pandas for copies in the old way.
SPARK = (
    pytest.mark.heavy,
    *map(
        pytest.mark.filterwarnings,
        ("ignore:PySpark does not yet", "ignore:The copy keyword", "ignore::ResourceWarning"),
    ),
)


def _h2o_trees() -> Any:
    h2o = _SERVERS["h2o"]()
    from h2o.estimators import H2OGradientBoostingEstimator

    model = H2OGradientBoostingEstimator(ntrees=3, max_depth=2, min_rows=2, seed=1)
    model.train(x=list(narrow()), y="y", training_frame=h2o.H2OFrame(narrow().assign(y=numbers())))
    return model


def _h2o_answer(model: Any, data: Any) -> Any:
    import h2o

    return model.predict(h2o.H2OFrame(data)).as_data_frame()


def _spark_pipeline() -> Any:
    session = _SERVERS["spark"]()
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import DecisionTreeRegressor

    gathered = VectorAssembler(inputCols=list(narrow()), outputCol="features")
    stages = [gathered, DecisionTreeRegressor(labelCol="y", maxDepth=2, seed=1)]
    return Pipeline(stages=stages).fit(session.createDataFrame(narrow().assign(y=numbers())))


def _spark_answer(model: Any, data: Any) -> Any:
    found = model.transform(_SERVERS["spark"]().createDataFrame(data))
    return [row.prediction for row in found.select("prediction").collect()]


SERVERS = [
    Case(
        "h2o",
        _h2o_trees,
        narrow,
        answer=_h2o_answer,
        same=near,
        needs=("h2o",),
        programs=("java",),
        marks=H2O,
        events=("socket.connect",),
        stop=_SERVERS["stop_h2o"],
    ),
    Case(
        "spark",
        _spark_pipeline,
        narrow,
        answer=_spark_answer,
        same=near,
        needs=("pyspark",),
        programs=("java",),
        marks=SPARK,
        events=("socket.connect",),
        stop=_SERVERS["stop_spark"],
    ),
]
