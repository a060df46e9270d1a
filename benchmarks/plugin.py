"""MLflow's own client on a registry in git, through the plugin, and on MLflow's SQLite store: one process a side."""

import subprocess

from measure import Row, Sides, answer

# Both sides run in MLflow's environment; ours sees the packages of gitmodels behind MLflow's.
TIMES = """
import itertools, json, logging, os, subprocess, sys, tempfile, time, warnings
warnings.simplefilter("ignore"); logging.disable(logging.WARNING)
os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "true"
if sys.argv[2]:
    import site
    site.addsitedir(sys.argv[2])
import mlflow
import numpy as np
from mlflow.entities.model_registry import ModelVersionTag
from sklearn.linear_model import LinearRegression
folder = tempfile.mkdtemp(); os.chdir(folder)
models = int(sys.argv[1])
mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
mlflow.sklearn.save_model(LinearRegression().fit(np.eye(3), [1, 2, 3]), "model", pip_requirements=["scikit-learn"],
                          serialization_format="cloudpickle")
def median(action, times=41):
    action(); taken = []
    for _ in range(times):
        start = time.perf_counter(); action(); taken.append(time.perf_counter() - start)
    return sorted(taken)[times // 2]
def measure():
    client = mlflow.MlflowClient()
    turn = itertools.cycle(["1", "2"])
    source = folder + "/model"
    client.create_registered_model("m")
    for _ in range(3):
        client.create_model_version("m", source)
    taken = {
        "register": median(lambda: client.create_model_version("m", source)),
        "alias": median(lambda: client.set_registered_model_alias("m", "champion", next(turn))),
        "resolve": median(lambda: client.get_model_version_by_alias("m", "champion"), 201),
        "search": median(lambda: client.search_model_versions("tag.team = 'risk'", max_results=100), 11),
        "models": median(lambda: client.search_registered_models("name LIKE 'model-%'", max_results=100), 11),
        "load": median(lambda: mlflow.sklearn.load_model("models:/m@champion"), 21),
    }
    print(json.dumps(taken))
"""

THEIRS = """
mlflow.MlflowClient().search_registered_models()
import sqlite3
with sqlite3.connect(f"{folder}/mlflow.db") as db:
    names = [f"model-{number}" for number in range(models)]
    db.executemany("insert into registered_models (name, creation_time, last_updated_time) values (?, 1, 1)",
                   [(name,) for name in names])
    rows = [(name, version) for name in names for version in range(1, 11)]
    db.executemany("insert into model_versions (name, version, creation_time, last_updated_time, current_stage, source,"
                   " status) values (?, ?, 1, 1, 'None', 'x', 'READY')", rows)
    db.executemany("insert into model_version_tags (name, version, key, value) values (?, ?, 'team', ?)",
                   [(*row, "risk" if row[1] == 1 else "ads") for row in rows])
measure()
"""

OURS = """
from gitmodels.git.raw import Identity
from gitmodels.registry import layout
from gitmodels.registry.changes import models as changes
from gitmodels.registry.changes.change import At
from gitmodels.registry.records import MetaRecord
from gitmodels.repo import Repo
subprocess.run(["git", "init", "-q", "--bare", "registry.git"], check=True)
mlflow.set_registry_uri(f"gitmodels://{folder}/registry.git")
client = mlflow.MlflowClient()
client.create_registered_model("source")
client.create_model_version("source", folder + "/model")
registry = Repo.open(folder + "/registry.git").registry
state, at, edits = registry.state(), At("0" * 32, 0, "a", "a@x.org"), {}
first = layout.version_folder("source", 1)
files = [(name, state.tree.read(f"{first}/{name}")) for name in state.tree.names(first)]
metas = {team: MetaRecord(tags={"team": team}).to_yaml() for team in ("risk", "ads")}
for name in [f"model-{number}" for number in range(models)]:
    edits.update(changes.create(state, name, at).edits)
    for version in range(1, 11):
        edits.update({f"{layout.version_folder(name, version)}/{file}": data for file, data in files})
        edits[layout.meta_file(name, version)] = metas["risk" if version == 1 else "ads"]
registry.branch.commit(edits, "Many versions", expected=state.commit, author=Identity("a", "a@x.org"), when_ms=0)
measure()
"""

WORDS = {
    "register": "register a version, bytes present",
    "alias": "set an alias",
    "resolve": "resolve an alias",
    "search": "search versions by tag, 100 of them",
    "models": "search models by name, 100 of them",
    "load": "load a small scikit-learn model by alias",
}


def bench_plugin(sides: Sides) -> list[Row]:
    """MLflow's client through the plugin and on SQLite, with 10 and with 1,000 models of 10 versions each."""
    command = [str(sides.ours), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    rows = []
    for models in (10, 1000):
        theirs = answer(sides.mlflow, TIMES + THEIRS, str(models), "")
        ours = answer(sides.mlflow, TIMES + OURS, str(models), packages)
        for key, words in WORDS.items():
            what = f"MLflow's client: {words}, {models:,} models × 10 versions"
            rows.append(Row(what, theirs[key], ours[key], "s", theirs[key], peer_name="mlflow sqlite"))
    return rows
