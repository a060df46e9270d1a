"""Two people and a service share one registry: a git server over HTTP with passwords, and the files in an S3 store."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.remotes import servers

Git = Callable[..., str]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a folder in the bucket of an S3 server."""
    with servers.moto() as endpoint:
        for name, value in {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": "something",
            "AWS_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        yield f"s3://models/{random.getrandbits(60):x}"


def models(cwd: Path, *arguments: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "gitmodels", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == code, (arguments, done.stdout, done.stderr)
    return done.stdout + done.stderr


def person(name: str, folder: Path, address: str, git: Git) -> Path:
    folder.mkdir()
    git("init", "-q", cwd=folder)
    git("config", "user.name", name, cwd=folder)
    git("config", "user.email", f"{name}@example.org", cwd=folder)
    git("remote", "add", "origin", address, cwd=folder)
    (folder / "model").mkdir()
    (folder / "model" / "weights.bin").write_bytes(name.encode() * 50_000)
    return folder


def test_two_people_and_a_service_share_one_registry(
    serve: Callable[..., Any], s3: str, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve("http")
    ana, bo = (person(name, tmp_path / name, served.address, git) for name in ("ana", "bo"))

    # Ana starts it, and says where the files of everybody lie.
    models(ana, "init")
    models(ana, "remote", "add", "store", s3)
    models(ana, "push")
    models(bo, "pull")
    assert s3 in models(bo, "remote", "ls")

    # Both register at once and push: two numbers, one history.
    both = [threading.Thread(target=models, args=(who, "register", "--push", "model", "fraud")) for who in (ana, bo)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    for who in (ana, bo):
        models(who, "pull")
    assert git("rev-parse", "gitmodels", cwd=ana) == git("rev-parse", "gitmodels", cwd=bo)
    assert git("rev-parse", "gitmodels", cwd=ana) == git("rev-parse", "gitmodels", cwd=served.path)
    assert models(ana, "log") == models(bo, "log")
    shown = models(ana, "ls", "fraud")
    assert "v1" in shown
    assert "v2" in shown

    # Bo's becomes the champion. Each has the other's bytes when they are asked for.
    (number,) = [each for each in ("1", "2") if "bo" in models(ana, "show", f"fraud/{each}").split("by ")[1]]
    models(bo, "alias", "set", "fraud", "champion", number)
    models(bo, "push")
    models(ana, "pull")
    models(ana, "checkout", "fraud@champion", "out")
    assert (ana / "out" / "weights.bin").read_bytes() == b"bo" * 50_000

    # A service knows an address and nothing else.
    service = tmp_path / "service"
    service.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    code = f"import gitmodels; print(gitmodels.artifacts.download_artifacts('git+{served.address}#fraud@champion'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=service, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip(), "weights.bin").read_bytes() == b"bo" * 50_000
    assert os.listdir(service) == []

    # What is lost in one clone comes back from the store.
    for pack in (bo / ".git" / "gitmodels" / "packs").iterdir():
        pack.unlink()
    models(bo, "fsck", "--full", "--repair")
    models(bo, "checkout", "fraud@champion", "out")
    assert (bo / "out" / "weights.bin").read_bytes() == b"bo" * 50_000
