"""Registers, reads and collects without grace in many processes at once, and kills them at random when asked to.

Arguments: the repository, rounds, a seed, whether to kill. Prints ``name number manifest`` of each version that was
acknowledged. Contents come from a small pool, so that writers rely on what others stored, or left as garbage.
"""

import os
import random
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

from gitmodels.api import collecting, registering
from gitmodels.errors import ObjectNotFound
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo

POOL = 12
LONGEST_WAIT_S = 120


def content(number: int) -> bytes:
    return random.Random(number).randbytes(300 + 150 * (number % POOL))


def add(path: Path, told: int, chance: random.Random) -> None:
    repo = Repo.open(path)
    source = path / f"source-{os.getpid()}"
    source.mkdir()
    while True:
        for number in range(3):
            (source / str(number)).write_bytes(content(chance.randrange(POOL)))
        if chance.random() < 0.5:
            repo.store.add_directory(source)  # garbage: nobody names it
            continue
        name = f"m{chance.randrange(3)}"
        number = registering.register(repo, str(source), name)
        manifest = Manifest.from_yaml(repo.registry.state().manifest(name, number))
        os.write(told, f"{name} {number} {manifest.digest}\n".encode())


def collect(path: Path, told: int, chance: random.Random) -> None:
    while True:
        collecting.collect(Repo.open(path), grace="now")
        time.sleep(chance.uniform(0, 0.03))


def load(path: Path, told: int, chance: random.Random) -> None:
    repo = Repo.open(path)
    while True:
        state = repo.registry.state()
        for name in state.model_names() if state.commit else ():
            number = chance.choice(state.all_numbers(name))
            for entry in Manifest.from_yaml(state.manifest(name, number)).entries:
                repo.store.read(entry)


def child(work: Any, path: Path, told: int, seed: int) -> int:
    number = os.fork()
    if number == 0:
        try:
            work(path, told, random.Random(seed))
        except BaseException as error:  # noqa: BLE001 - told, then the process ends
            os.write(2, f"{work.__name__}: {type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(3)
    return number


def main() -> None:
    path, rounds, seed, killing = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    chance = random.Random(seed)
    repo = Repo.open(path)
    repo.registry.init()
    for _ in range(rounds):
        read, told = os.pipe()
        works = [add, add, collect, collect if killing else load, load]
        alive = [child(work, path, told, chance.getrandbits(64)) for work in works]
        os.close(told)
        heard = b""
        wanted = chance.randint(2, 6) if killing else 40
        while heard.count(b"\n") < wanted:
            if not select.select([read], [], [], LONGEST_WAIT_S)[0]:
                sys.exit("everybody is stuck")
            said = os.read(read, 65536)
            if not said:
                sys.exit("everybody ended by themselves")
            heard += said
        chance.shuffle(alive)
        for process in alive:
            time.sleep(chance.uniform(0, 0.02) if killing else 0)
            os.kill(process, signal.SIGKILL)
        for process in alive:
            if os.WEXITSTATUS(os.waitpid(process, 0)[1]) == 3:
                sys.exit("a process failed by itself")
        with os.fdopen(read, "rb") as stream:
            heard += stream.read()
        sys.stdout.write(heard[: heard.rfind(b"\n") + 1].decode())
        examine(path)
    sys.stdout.flush()


def examine(path: Path) -> None:
    """After every round: all that is registered can be read."""
    repo = Repo.open(path)
    state = repo.registry.state()
    for name in state.model_names():
        for number in state.all_numbers(name):
            for entry in Manifest.from_yaml(state.manifest(name, number)).entries:
                try:
                    repo.store.read(entry)
                except ObjectNotFound as error:
                    sys.exit(f"{name}/{number}: {error}")


if __name__ == "__main__":
    main()
