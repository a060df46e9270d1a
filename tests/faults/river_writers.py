"""Starts processes that log, register and alias models in a repository, and kills them at random, again and again.

With OTHERS 1 one more loads models all the time, and one collects garbage without any grace.
``river_writers.py REPOSITORY ROUNDS SEED OTHERS`` prints one line for everything that a writer was told is done:
``version <name> <number> <model id> <slope>``, ``alias <name> <number>`` or ``logged <model id>``. After every round it
looks whether all of it is still there. Not a test: a program of its own, so that forking meets no threads.
"""

import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression

import gitmodels
import gitmodels.sklearn
from gitmodels.api import collecting, context, store_care
from gitmodels.api.store_care import Wish
from gitmodels.client import MlflowClient
from gitmodels.objects.manifest import Manifest

MODELS = ("river", "brook")
LONGEST_WAIT_S = 60.0
# How many versions of each model were found whole.
examined = dict.fromkeys(MODELS, 0)


def line(slope: float) -> Any:
    """A model that answers ``slope`` times its input: what it was can be told from what it says."""
    model = LinearRegression()
    model.coef_, model.intercept_ = np.array([slope]), 0.0
    model.n_features_in_ = 1
    return model


def write_forever(told: int, chance: random.Random) -> None:
    client = MlflowClient()
    while True:
        slope, name = chance.random(), chance.choice(MODELS)
        with gitmodels.start_run():
            gitmodels.log_metric("slope", slope)
            info = gitmodels.sklearn.log_model(line(slope), name="model", registered_model_name=name)
            number = info.registered_model_version
            os.write(told, f"version {name} {number} {info.model_id} {slope!r}\n".encode())
            os.write(told, f"logged {info.model_id}\n".encode())
        client.set_registered_model_alias(name, "prod", number)
        os.write(told, f"alias {name} {number}\n".encode())
        client.set_model_version_tag(name, number, "slope", repr(slope))


def read_forever(told: int, chance: random.Random) -> None:
    os.close(told)
    client = MlflowClient()
    while True:
        for name in MODELS:
            if client.search_model_versions(f"name='{name}'") and "prod" in client.get_registered_model(name).aliases:
                model = gitmodels.pyfunc.load_model(f"models:/{name}@prod")
                model.predict(np.array([[1.0]]))
        time.sleep(chance.uniform(0, 0.02))


def collect_forever(told: int, chance: random.Random) -> None:
    os.close(told)
    while True:
        collecting.collect(context.repository(), grace="now")
        time.sleep(chance.uniform(0, 0.05))


def warm_up() -> None:
    """Import all that the children will use, once: a child would be killed in the middle of its imports, most times."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        for name in ("user.name", "user.email"):
            subprocess.run(["git", "-C", folder, "config", name, "warm@example.org"], check=True)
        before = os.getcwd()
        os.chdir(folder)
        try:
            gitmodels.init()
            with gitmodels.start_run():
                gitmodels.log_metric("slope", 1.0)
                gitmodels.sklearn.log_model(line(1.0), name="model", registered_model_name=MODELS[0])
            client = MlflowClient()
            client.set_registered_model_alias(MODELS[0], "prod", "1")
            client.set_model_version_tag(MODELS[0], "1", "slope", "1.0")
            client.search_model_versions(f"name='{MODELS[0]}'")
            gitmodels.pyfunc.load_model(f"models:/{MODELS[0]}@prod").predict(np.array([[1.0]]))
            collecting.collect(context.repository(), grace="now")
        finally:
            os.chdir(before)
    context._opened.clear()
    assert threading.active_count() == 1, "what is forked must be one thread"


def child(work: Any, told: int, seed: int) -> int:
    number = os.fork()
    if number == 0:
        try:
            work(told, random.Random(seed))
        except BaseException as error:  # noqa: BLE001 - told, then the process ends
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(3)
    return number


def run_round(chance: random.Random, others: int) -> str:
    read, told = os.pipe()
    writers = [child(write_forever, told, chance.getrandbits(64)) for _ in range(2)]
    works = (read_forever, collect_forever) * others
    beside = [child(work, told, chance.getrandbits(64)) for work in works]
    os.close(told)
    heard = b""
    alive = [*writers, *beside]
    try:
        for process in [*writers, *beside]:
            if process in writers:
                heard += listen(read, chance.randint(1, 4))
            # Any moment of packaging, storing, logging, registering or setting an alias.
            time.sleep(chance.uniform(0, 0.05))
            os.kill(process, signal.SIGKILL)
            alive.remove(process)
    finally:
        # Whoever waits for what we say would wait for those who are left, too.
        for process in alive:
            os.kill(process, signal.SIGKILL)
    for process in [*writers, *beside]:
        if os.WEXITSTATUS(os.waitpid(process, 0)[1]) == 3:
            sys.exit("a process failed by itself")
    with os.fdopen(read, "rb") as stream:
        heard += stream.read()
    # A line cut short by the kill was never told.
    return heard[: heard.rfind(b"\n") + 1].decode()


def listen(read: int, lines: int) -> bytes:
    """What is said until there were ``lines`` lines: on a slow disk, too, each round gets somewhere."""
    heard = b""
    while heard.count(b"\n") < lines:
        if not select.select([read], [], [], LONGEST_WAIT_S)[0]:
            sys.exit("everybody is stuck")
        said = os.read(read, 65536)
        if not said:
            sys.exit("everybody ended by themselves")
        heard += said
    return heard


def examine(acknowledged: list[list[str]], whole: bool) -> None:
    """Everything that was told is there with its bytes, and the numbers have no gap."""
    context._opened.clear()
    repo = context.repository()
    state = repo.registry.state()
    for name in MODELS:
        numbers = state.all_numbers(name) if state.find_model(name) else []
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), f"{name} has gaps: {numbers}"
        # Each is looked at when it is new, and all of them now and then: what was whole is not made again by looking.
        for number in numbers if whole else numbers[examined[name] :]:
            manifest = Manifest.from_yaml(state.manifest(name, number))
            assert repo.store.missing(manifest) == [], f"{name}/{number} lacks bytes"
        examined[name] = len(numbers)
    told: dict[tuple[str, str], str] = {}
    for kind, *words in acknowledged:
        if kind == "version":
            name, number, model_id, _ = words
            assert told.setdefault((name, number), model_id) == model_id, f"{name}/{number} was given twice"
            assert state.version(name, int(number)).record.model_id == model_id, f"{name}/{number} is another"
        elif kind == "logged":
            assert repo.runs.models.find(words[0]), f"{words[0]} was logged and is gone"
        elif kind == "alias":
            assert (state.pointed(words[0], "prod") or 0) > 0, f"{words[0]}@prod is gone"
    if whole:
        assert store_care.check(repo, Wish(full=True)).findings == []


def main() -> None:
    path, rounds, seed, others = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    os.chdir(path)
    warnings.simplefilter("ignore")
    warm_up()
    gitmodels.init()
    chance = random.Random(seed)
    acknowledged: list[list[str]] = []
    for number in range(rounds):
        heard = run_round(chance, others)
        sys.stdout.write(heard)
        sys.stdout.flush()
        new = [text.split() for text in heard.splitlines()]
        acknowledged += new
        # All of it now and then; always what is new.
        examine(acknowledged if number % 20 == 19 else new, whole=number % 20 == 19)
    examine(acknowledged, whole=True)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
