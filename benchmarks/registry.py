"""Registering a version whose bytes are there, moving an alias, resolving it: with few models and with many."""

from measure import Row, Sides, answer

# The clients' calls as users make them; both sides write to a fresh folder on the same disk.
TIMES = """
import itertools, json, logging, os, subprocess, sys, tempfile, time, warnings
warnings.simplefilter("ignore"); logging.disable(logging.WARNING)
folder = tempfile.mkdtemp(); os.chdir(folder)
subprocess.run(["git", "init", "-q", "."], check=True)
def median(action, times=61):
    action(); taken = []
    for _ in range(times):
        start = time.perf_counter(); action(); taken.append(time.perf_counter() - start)
    return sorted(taken)[times // 2]
def measure(client, source):
    turn = itertools.cycle([1, 2])
    client.create_registered_model("m")
    for _ in range(3):
        client.create_model_version("m", source)
    alias = median(lambda: client.set_registered_model_alias("m", "champion", next(turn)))
    resolve = median(lambda: client.get_model_version_by_alias("m", "champion"), 301)
    register = median(lambda: client.create_model_version("m", source))
    print(json.dumps({"register": register, "alias": alias, "resolve": resolve}))
os.mkdir("model"); open("model/weights", "w").write("x" * 1000)
"""

OURS = """
import gitmodels
from gitmodels.git.raw import Identity
from gitmodels.registry.changes.change import At
from gitmodels.registry.changes import models
from gitmodels.repo import Repo
registry = Repo.open(".").registry
registry.init()
state, at, edits = registry.state(), At("0" * 32, 0, "a", "a@x.org"), {}
for number in range(int(sys.argv[1])):
    edits.update(models.create(state, f"model-{number}", at).edits)
registry.branch.commit(edits, "Many models", expected=state.commit, author=Identity("a", "a@x.org"), when_ms=0)
client = gitmodels.MlflowClient()
client.create_registered_model("source")
content = client.create_model_version("source", folder + "/model")
measure(client, "models:/source/1")
"""

THEIRS = """
import mlflow
mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
client = mlflow.MlflowClient()
for number in range(int(sys.argv[1])):
    client.create_registered_model(f"model-{number}")
measure(client, folder + "/model")
"""

# Versions of one model: the folder of a model grows with them.
MANY_VERSIONS = """
import json
from gitmodels.registry import layout
registry.apply(lambda s, at: models.create(s, "m", at))
state = registry.state()
folder_of = layout.version_folder
first = folder_of("source", 1)
files = [(name, state.tree.read(f"{first}/{name}")) for name in state.tree.names(first)]
edits = {f"{folder_of('m', n)}/{name}": data for n in range(1, int(sys.argv[2]) + 1) for name, data in files}
registry.branch.commit(edits, "Many versions", expected=state.commit, author=Identity("a", "a@x.org"), when_ms=0)
turn = itertools.cycle([int(sys.argv[2]), 1])
client.set_registered_model_alias("m", "champion", next(turn))
alias = median(lambda: client.set_registered_model_alias("m", "champion", next(turn)))
register = median(lambda: client.create_model_version("m", "models:/source/1"))
print(json.dumps({"register": register, "alias": alias}))
"""

LIMITS = {"register": 0.006, "alias": 0.0025, "resolve": 0.0002}
WORDS = {"register": "register a version, bytes present", "alias": "set an alias", "resolve": "resolve an alias, warm"}


def bench_registry(sides: Sides) -> list[Row]:
    """The three operations with 10, 1,000 and 10,000 models; MLflow's client on SQLite with 10."""
    peer = answer(sides.mlflow, TIMES + THEIRS, "10")
    rows = []
    for count in (10, 1_000, 10_000):
        ours = answer(sides.ours, TIMES + OURS, str(count))
        for key, words in WORDS.items():
            theirs = peer[key] if count == 10 else None
            rows.append(Row(f"{words}, {count:,} models", theirs, ours[key], "s", LIMITS[key]))
    return rows


def bench_versions(sides: Sides) -> list[Row]:
    """The two writes in a model that has 1,000 versions already."""
    program = TIMES + OURS.replace('measure(client, "models:/source/1")', "") + MANY_VERSIONS
    ours = answer(sides.ours, program, "10", "1000")
    return [Row(f"{WORDS[key]}, 1,000 versions", None, ours[key], "s", LIMITS[key]) for key in ("register", "alias")]
