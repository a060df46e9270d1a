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
    serve: Callable[..., Any], s3: str, git: Git, tmp_path: Path
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
    assert loaded(served.address, tmp_path / "service") == b"bo" * 50_000

    # What is lost in one clone comes back from the store.
    for pack in (bo / ".git" / "gitmodels" / "packs").iterdir():
        pack.unlink()
    models(bo, "fsck", "--full", "--repair")
    models(bo, "checkout", "fraud@champion", "out")
    assert (bo / "out" / "weights.bin").read_bytes() == b"bo" * 50_000

    # The store's disk is wiped of every pack. It is told which models that hurts, and clones put back what they have.
    assert len(wipe(s3)) >= 2
    told = models(bo, "fsck", "--remote", "store", code=6)
    assert "hurts fraud/1:weights.bin" in told
    assert "hurts fraud/2:weights.bin" in told
    assert not loaded(served.address, tmp_path / "without")
    models(bo, "fsck", "--repair", "--remote", "store", code=6)  # Ana's model never was here
    assert loaded(served.address, tmp_path / "again") == b"bo" * 50_000
    models(ana, "fsck", "--repair", "--remote", "store")
    assert "is whole" in models(bo, "fsck", "--full", "--remote", "store")


def test_a_git_host_that_lost_a_pack_is_healed_from_another_clone(
    serve: Callable[..., Any], git: Git, tmp_path: Path
) -> None:
    served = serve("http")
    ana, bo = (person(name, tmp_path / name, served.address, git) for name in ("ana", "bo"))
    models(ana, "register", "--push", "model", "fraud")
    models(ana, "alias", "set", "fraud", "champion", "1")
    models(ana, "push")
    models(bo, "pull", "--objects")
    models(bo, "register", "--push", "model", "fraud")

    # The server's disk is wiped of what one ref of a pack leads to. From then on it takes no push of anybody.
    first, second = git("for-each-ref", "--format=%(refname)", "refs/gitmodels/packs", cwd=served.path).split()
    for line in git("rev-list", "--objects", first, "--not", second, cwd=served.path).splitlines():
        (served.path / "objects" / line[:2] / line[2:40]).unlink()
    models(bo, "tag", "set", "fraud", "team=risk")
    assert "fsck --repair --remote" in models(bo, "push", code=9)
    assert "cannot be had" in models(bo, "fsck", "--remote", "origin", code=6)

    # Bo has both models, Ana has one of them.
    models(bo, "fsck", "--repair", "--remote", "origin")
    assert "is whole" in models(ana, "fsck", "--full", "--remote", "origin")
    models(bo, "push")
    assert loaded(served.address, tmp_path / "service") == b"ana" * 50_000
    assert "error" not in git("fsck", "--strict", cwd=served.path)


def loaded(address: str, folder: Path) -> bytes:
    """The champion's weights, as a service with nothing but an address gets them; nothing where it gets none."""
    folder.mkdir()
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder.with_suffix(".cache"))}
    code = f"import gitmodels; print(gitmodels.artifacts.download_artifacts('git+{address}#fraud@champion'))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert os.listdir(folder) == []
    if done.returncode:
        assert "ObjectNotFound" in done.stderr, done.stderr
        return b""
    return Path(done.stdout.strip(), "weights.bin").read_bytes()


def wipe(address: str) -> list[str]:
    """Remove every pack, but not what tells of it, from a folder in a bucket; their names."""
    import obstore
    from obstore.store import from_url

    store = from_url(address, client_options={"allow_http": True})
    names = [each["path"] for batch in obstore.list(store) for each in batch if each["path"].endswith(".pack")]
    for name in names:
        obstore.delete(store, name)
    return names
