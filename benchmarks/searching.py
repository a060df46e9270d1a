"""Searching 1,000 models × 10 versions, warm; and deriving an index of 100,000 versions, and following one commit."""

from measure import Row, Sides, answer

# Both sides measure themselves, in CPU seconds: what else the machine does counts less.
TIMES = """
import json, logging, os, subprocess, sys, tempfile, time, warnings
warnings.simplefilter("ignore"); logging.disable(logging.WARNING)
folder = tempfile.mkdtemp(); os.chdir(folder)
MODELS, VERSIONS = int(sys.argv[1]), int(sys.argv[2])
def median(action, times):
    action(); taken = []
    for _ in range(times):
        start = time.process_time(); action(); taken.append(time.process_time() - start)
    return sorted(taken)[times // 2]
def measure(client):
    found = client.search_model_versions("tags.bucket = '7'")
    assert len(found) == MODELS * VERSIONS // 100, len(found)
    every = client.search_model_versions(max_results=200_000)
    assert len(every) == MODELS * VERSIONS
    return {
        "tag": median(lambda: client.search_model_versions("tags.bucket = '7'"), 31),
        "all": median(lambda: client.search_model_versions(max_results=200_000), 9),
        "models": median(lambda: client.search_registered_models("tags.team = 't3'"), 9),
    }
"""

# Written in one commit: what is measured is reading. Versions have params, metrics and a signature as well.
OURS = """
import gitmodels
from gitmodels import digest
from gitmodels.git.raw import Identity
from gitmodels.registry import layout
from gitmodels.registry.changes import models, versions
from gitmodels.registry.changes.change import At
from gitmodels.registry.records import MetaRecord, VersionRecord
from gitmodels.repo import Repo
subprocess.run(["git", "init", "-q", "."], check=True)
registry = Repo.open(".").registry
registry.init()
state, number, edits = registry.state(), 0, {}
run = {"params": {"max_depth": 4, "lr": "0.1"}} if "full" in sys.argv else {}
for model in range(MODELS):
    name, at = f"model-{model}", At("0" * 32, 1_770_000_000_000 + model, "Ana", "ana@example.org")
    edits.update(models.create(state, name, at, tags={"team": f"t{model % 10}"}).edits)
    for version in range(1, VERSIONS + 1):
        number += 1
        content = digest.of_bytes(b"%d" % number)
        metrics = {"metrics": [{"key": "auc", "value": number / 1e6}]} if run else {}
        record = VersionRecord(
            digest.model_id(content), content, 1_770_000_000_000 + number, "Ana", "ana@example.org", f"{number:032x}",
            source=f"runs:/{number:032x}/model", flavors=("python_function", "sklearn"),
            signature={"inputs": ["age: long", "income: double"]} if run else {},
            run={"id": f"{number:032x}", **run, **metrics})
        edits[layout.version_file(name, version)] = record.to_yaml()
        edits[layout.meta_file(name, version)] = MetaRecord(tags={"bucket": str(number % 100)}).to_yaml()
registry.branch.commit(edits, "Many", expected=state.commit, author=Identity("a", "a@x.org"), when_ms=0)
del edits
"""
SEARCHED = """
print(json.dumps(measure(gitmodels.MlflowClient())))
"""
INDEXED = """
start = time.process_time()
registry.search_index.at(registry.state())
made = time.process_time() - start
taken = []
for turn in range(31):
    registry.apply(lambda s, at: versions.set_tag(s, f"model-{turn}", 1, "turn", str(turn)))
    state = registry.state()
    start = time.process_time(); registry.search_index.at(state); taken.append(time.process_time() - start)
print(json.dumps({"made": made, "followed": sorted(taken)[15]}))
"""

THEIRS = """
import mlflow
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
from mlflow.store.model_registry.dbmodels import models as tables
uri = f"sqlite:///{folder}/mlflow.db"
mlflow.set_tracking_uri(uri); mlflow.set_registry_uri(uri)
client = mlflow.MlflowClient()
client.create_registered_model("model-0", {"team": "t0"})
client.create_model_version("model-0", "x", run_id="0" * 32, tags={"bucket": "1"})
store = SqlAlchemyStore(uri)
# The rows as its own calls write them, in one transaction: its calls take minutes for so many.
with store.ManagedSessionMaker() as session:
    number = 0
    for model in range(MODELS):
        name = f"model-{model}"
        if model:
            session.add(tables.SqlRegisteredModel(name=name, creation_time=model, last_updated_time=model))
            session.add(tables.SqlRegisteredModelTag(name=name, key="team", value=f"t{model % 10}"))
        for version in range(1, VERSIONS + 1):
            number += 1
            if number > 1:
                session.add(tables.SqlModelVersion(
                    name=name, version=version, creation_time=number, last_updated_time=number, current_stage="None",
                    source=f"runs:/{number:032x}/model", run_id=f"{number:032x}", status="READY"))
                bucket = str(number % 100)
                session.add(tables.SqlModelVersionTag(name=name, version=version, key="bucket", value=bucket))
print(json.dumps(measure(client)))
"""

LIMITS = {"tag": 0.004, "all": 0.060, "models": 0.010}
WORDS = {
    "tag": "search 10,000 versions by tag (100 found), warm, CPU",
    "all": "list all of 10,000 versions, warm, CPU",
    "models": "search 1,000 models by tag (100 found), warm, CPU",
}


def bench_searching(sides: Sides) -> list[Row]:
    """Searches of 1,000 models × 10 versions through the client, warm; MLflow's client on SQLite."""
    theirs = answer(sides.mlflow, TIMES + THEIRS, "1000", "10")
    ours = answer(sides.ours, TIMES + OURS + SEARCHED, "1000", "10")
    return [Row(words, theirs[key], ours[key], "s", LIMITS[key]) for key, words in WORDS.items()]


def bench_search_index(sides: Sides) -> list[Row]:
    """Deriving the index of 1,000 models × 100 versions from nothing, and following one commit, in CPU time."""
    ours = answer(sides.ours, TIMES + OURS + INDEXED, "1000", "100", "full")
    return [
        Row("derive the search index of 100,000 versions, CPU", None, ours["made"], "s", 20),
        Row("follow one commit, 100,000 versions, CPU", None, ours["followed"], "s", 0.010),
    ]
