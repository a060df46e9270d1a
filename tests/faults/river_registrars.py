"""Registers versions into one model from many processes at once, some of them killed every second.

``river_registrars.py REPOSITORY PROCESSES VERSIONS VICTIM`` prints ``<process> <number> <model id>`` for every version
that a process was told it has. With VICTIM 1, one more process registers all the time and is killed every second. Not
a test: a program of its own, so that forking meets no threads.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import gitmodels
from gitmodels.api import context
from gitmodels.client import MlflowClient

NAME = "crowd"


def register(told: int, process: str, versions: int) -> None:
    """Register files that nobody else has, through the fluent verb and the client in turn."""
    client = MlflowClient()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "weights.bin")
        for count in range(versions):
            file.write_bytes(f"{process} {count}".encode())
            if count % 2:
                found = client.create_model_version(NAME, str(file))
            else:
                found = gitmodels.register_model(str(file), NAME)
            digest = context.repository().registry.state().version(NAME, int(found.version)).record.model_id
            os.write(told, f"{process} {found.version} {digest}\n".encode())


def start(told: int, process: str, versions: int) -> int:
    """A child that registers; it ends with 0 when it was told all of it."""
    number = os.fork()
    if number == 0:
        code = 3
        try:
            register(told, process, versions)
            code = 0
        except BaseException as error:  # noqa: BLE001 - told, then the process ends
            os.write(2, f"{process}: {type(error).__name__}: {error}\n".encode())
        os._exit(code)
    return number


def main() -> None:
    os.chdir(sys.argv[1])
    processes, versions, victims = map(int, sys.argv[2:5])
    gitmodels.init()
    MlflowClient().create_registered_model(NAME)
    context._opened.clear()
    out = os.dup(1)
    children = {start(out, f"p{number}", versions) for number in range(processes)}
    victim, killed = (start(out, "victim0", 1 << 30), 0) if victims else (0, 0)
    next_kill = time.monotonic() + 1.0
    while children:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended in children:
            children.remove(ended)
            if status:
                sys.exit(f"a process ended with {status}")
        elif victim and time.monotonic() >= next_kill:
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            killed += 1
            victim, next_kill = start(out, f"victim{killed}", 1 << 30), time.monotonic() + 1.0
        else:
            time.sleep(0.005)
    if victim:
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)


if __name__ == "__main__":
    main()
