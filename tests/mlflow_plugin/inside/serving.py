"""``mlflow server`` on a registry in git, as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.mlflow_plugin.inside.conftest import new_database


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sign_in(patch: pytest.MonkeyPatch, user: str) -> None:
    """From now on this process's requests to servers are this user's."""
    patch.setenv("MLFLOW_TRACKING_USERNAME", user)
    patch.setenv("MLFLOW_TRACKING_PASSWORD", "secret")


class Server:
    """One ``mlflow server`` process group on the repository ``registry``; what else it keeps lies in ``folder``."""

    def __init__(self, folder: Path, registry: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = folder / f"server-{self.url[-5:]}.log"
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", self.url[-5:].strip(":"),
                   "--workers", "1", "--backend-store-uri", new_database(folder / "runs.db"),
                   "--registry-store-uri", f"gitmodels://{registry}",
                   "--artifacts-destination", str(folder / "artifacts")]  # fmt: skip
        environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def wait(self) -> "Server":
        until = time.monotonic() + 300
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return self
            except OSError:
                assert self.process.poll() is None, self.log.read_text()[-4000:]
                assert time.monotonic() < until, self.log.read_text()[-4000:]
                time.sleep(0.2)

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def client(self) -> MlflowClient:
        return MlflowClient(tracking_uri=self.url, registry_uri=self.url)
