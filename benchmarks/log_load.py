"""Logging a model with defaults, loading it by alias fresh and warm, and a forest of 100 trees saved and loaded."""

from measure import Row, Sides, answer, cpu_in_turn

SETUP = """
import json, os, subprocess, tempfile, time, warnings, logging
warnings.simplefilter("ignore"); logging.disable(logging.WARNING)
folder = tempfile.mkdtemp(); os.chdir(folder)
subprocess.run(["git", "init", "-q", "."], check=True)
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
import numpy as np, pandas as pd
X, y = make_classification(1000, 20, random_state=0)
X = pd.DataFrame(X, columns=[f"c{i}" for i in range(20)])
small = LogisticRegression().fit(X, y)
def median(action, times):
    action(); taken = []
    for _ in range(times):
        start = time.perf_counter(); action(); taken.append(time.perf_counter() - start)
    return sorted(taken)[times // 2]
"""
OURS = "import gitmodels as flow, gitmodels.sklearn as sk, gitmodels.pyfunc as pyfunc\n"
THEIRS = """
import mlflow as flow, mlflow.sklearn as sk, mlflow.pyfunc as pyfunc
flow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
"""

LOG = """
def log():
    with flow.start_run():
        sk.log_model(small, name="model", input_example=X.head())
print(json.dumps(median(log, {times})))
"""

WARM = """
with flow.start_run():
    sk.log_model(small, name="model", registered_model_name="m", **{extra})
flow.MlflowClient().set_registered_model_alias("m", "champion", 1)
print(json.dumps(median(lambda: pyfunc.load_model("models:/m@champion"), 15)))
"""

FOREST = """
forest = RandomForestClassifier(100, random_state=0).fit(X, y)
names = iter(range(1000))
def save():
    sk.save_model(forest, f"{{folder}}/forest{{next(names)}}", **{extra})
saved = median(save, 7)
loaded = median(lambda: sk.load_model(f"{{folder}}/forest0"), 7)
print(json.dumps([saved, loaded]))
"""

FRESH = """
import os
os.chdir({folder!r})
import sklearn.linear_model, pandas, numpy
{load}
"""
PLACE = """
with flow.start_run():
    sk.log_model(small, name="model", registered_model_name="m", **{extra})
flow.MlflowClient().set_registered_model_alias("m", "champion", 1)
print(json.dumps(folder))
"""
OURS_LOADS = "import gitmodels.pyfunc\ngitmodels.pyfunc.load_model('models:/m@champion')"
THEIRS_LOADS = """
import mlflow.pyfunc
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.pyfunc.load_model("models:/m@champion")
"""
# Without this MLflow starts a second process to find the requirements; what is measured here is not logging.
PINNED = '{"pip_requirements": ["scikit-learn"]}'
# MLflow 3.17 refuses to save a forest in its default format unless the types are trusted by name.
TRUSTED = '{"pip_requirements": ["scikit-learn"], "skops_trusted_types": ["sklearn.tree._tree.Tree"]}'


def bench_log(sides: Sides) -> list[Row]:
    """Log a small scikit-learn model with an input example, everything else by default."""
    peer = answer(sides.mlflow, SETUP + THEIRS + LOG.format(times=3))
    ours = answer(sides.ours, SETUP + OURS + LOG.format(times=15))
    return [Row("log a small model with example, defaults", peer, ours, "s", 0.1)]


def bench_load_warm(sides: Sides) -> list[Row]:
    """Load by alias in a process that has loaded before; unpickling included on both sides."""
    peer = answer(sides.mlflow, SETUP + THEIRS + WARM.format(extra=PINNED))
    ours = answer(sides.ours, SETUP + OURS + WARM.format(extra="{}"))
    return [Row("load by alias, warm", peer * 1000, ours * 1000, "ms", 3)]


def bench_load_fresh(sides: Sides) -> list[Row]:
    """Load by alias in a fresh process, above what importing the framework costs it."""
    peer_folder = answer(sides.mlflow, SETUP + THEIRS + PLACE.format(extra=PINNED))
    ours_folder = answer(sides.ours, SETUP + OURS + PLACE.format(extra="{}"))
    peer, ours = cpu_in_turn(
        [str(sides.mlflow), "-c", FRESH.format(folder=peer_folder, load=THEIRS_LOADS)],
        [str(sides.ours), "-c", FRESH.format(folder=ours_folder, load=OURS_LOADS)],
    )
    peer_base, ours_base = cpu_in_turn(
        [str(sides.mlflow), "-c", FRESH.format(folder=peer_folder, load="")],
        [str(sides.ours), "-c", FRESH.format(folder=ours_folder, load="")],
    )
    return [Row("load by alias, fresh process, CPU above the imports", peer - peer_base, ours - ours_base, "s", 0.25)]


def bench_forest(sides: Sides) -> list[Row]:
    """Save and load a RandomForest of 100 trees in the default format."""
    peer = answer(sides.mlflow, SETUP + THEIRS + FOREST.format(extra=TRUSTED))
    ours = answer(sides.ours, SETUP + OURS + FOREST.format(extra="{}"))
    assert isinstance(peer, list)
    assert isinstance(ours, list)
    return [
        Row("save a forest of 100 trees", peer[0] * 1000, ours[0] * 1000, "ms", 60),
        Row("load a forest of 100 trees", peer[1] * 1000, ours[1] * 1000, "ms", 45),
    ]
