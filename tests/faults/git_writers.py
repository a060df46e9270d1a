"""Starts two writers at a time in a repository and kills both at a random moment, again and again.

``git_writers.py REPOSITORY ROUNDS SEED`` prints one line for every commit that a writer was told is durable:
its name, its number and the commit's id. Not a test: a program of its own, so that forking meets no threads.
"""

import os
import random
import select
import signal
import sys
import time

from gitmodels.errors import RefChanged
from gitmodels.git.branch import Branch
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository

REF = "refs/heads/gitmodels"
ANN = Identity("Ann", "ann@example.org")


def write_forever(path: str, name: str, told: int) -> None:
    branch = Branch(GitRepository.open(path), REF)
    count = 0
    while True:
        tip = branch.tip()
        edits = {f"w/{name}/{count}": f"{name} {count}".encode()}
        try:
            oid = branch.commit(edits, name, expected=tip, author=ANN, when_ms=time.time_ns() // 1_000_000)
        except RefChanged:
            continue
        os.write(told, f"{name} {count} {oid}\n".encode())
        count += 1


def run_round(path: str, number: int, chance: random.Random) -> None:
    read, told = os.pipe()
    children = []
    for writer in ("a", "b"):
        child = os.fork()
        if child == 0:
            os.close(read)
            try:
                write_forever(path, f"{number}{writer}", told)
            finally:
                os._exit(3)
        children.append(child)
    os.close(told)
    heard = b""
    for child in children:
        heard += listen(read, chance.randint(1, 6))
        # Any moment of the next commit, or of the merge that follows one.
        time.sleep(chance.uniform(0, 0.008))
        os.kill(child, signal.SIGKILL)
    for child in children:
        if os.WEXITSTATUS(os.waitpid(child, 0)[1]) == 3:
            sys.exit("a writer failed by itself")
    with os.fdopen(read, "rb") as stream:
        heard += stream.read()
    # A line cut short by the kill was never told.
    sys.stdout.write(heard[: heard.rfind(b"\n") + 1].decode())


def listen(read: int, lines: int) -> bytes:
    """What the writers say until they said ``lines`` lines: on a slow disk, too, each round gets somewhere."""
    heard = b""
    while heard.count(b"\n") < lines:
        if not select.select([read], [], [], 30.0)[0]:
            sys.exit("the writers are stuck")
        said = os.read(read, 65536)
        if not said:
            sys.exit("everybody ended by themselves")
        heard += said
    return heard


def main() -> None:
    path, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    for number in range(rounds):
        run_round(path, number, chance)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
