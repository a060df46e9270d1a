"""Models loaded from where they were published: by a clone, by an address alone, and what then comes over the wire."""

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gitmodels
from gitmodels.api import cloning, content, context, far, loading, registering
from gitmodels.errors import AlreadyExists, Conflict, Invalid, ObjectNotFound, RegistryNotFound, RemoteError
from gitmodels.registry.changes import aliases
from gitmodels.remotes import transfer
from gitmodels.repo import Repo
from gitmodels.uris import parse_ref

Git = Callable[..., str]


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test is a process of its own: nothing was seen lately, nothing is held open."""
    monkeypatch.setattr(far, "_FRESH_S", 0.0)
    far._seen.clear()
    far._open.clear()
    yield
    for descriptor in far._held.values():
        os.close(descriptor)
    far._held.clear()
    context.choose(None)


@pytest.fixture
def author(tmp_path: Path, git: Git) -> Repo:
    """A clone whose models are published: the branch and its bytes."""
    server = tmp_path / "server.git"
    git("init", "-q", "--bare", str(server), cwd=tmp_path)
    git("config", "uploadpack.allowFilter", "true", cwd=server)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=server)
    path = tmp_path / "author"
    git("init", "-q", str(path), cwd=tmp_path)
    git("remote", "add", "origin", str(server), cwd=path)
    repo = Repo.open(path)
    for number in (1, 2):
        model = path / "model"
        model.mkdir(exist_ok=True)
        (model / "weights.bin").write_bytes(b"weights %d" % number * 1000)
        (model / "notes.txt").write_text(f"notes {number}")
        registering.register(repo, str(model), "fraud")
    move(repo, 1)
    publish(repo, git)
    return repo


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"file://{tmp_path / 'server.git'}"


def move(repo: Repo, number: int) -> None:
    repo.registry.apply(lambda state, at: aliases.set_alias(state, "fraud", "champion", number, at))


def publish(repo: Repo, git: Git) -> None:
    state = repo.registry.state()
    for number in state.numbers("fraud"):
        version = content.of_version(repo, state.version("fraud", number), "x")
        transfer.upload(repo.store, [version.manifest], repo.remote())
    git("push", "-q", "origin", "gitmodels", cwd=repo.location)


def weights(folder: Path) -> bytes:
    return (folder / "weights.bin").read_bytes()


def test_a_clone_has_every_record_and_fetches_bytes_when_read(author: Repo, address: str, tmp_path: Path) -> None:
    clone = cloning.clone(address, tmp_path / "clone")
    version = clone.registry.state().resolve(parse_ref("fraud@champion"))
    assert version.number == 1
    manifest = content.of_version(clone, version, "x").manifest
    assert clone.store.missing(manifest)
    opened = loading.open_model("models:/fraud@champion", repo=clone)
    assert weights(opened.directory) == b"weights 1" * 1000
    assert clone.store.missing(manifest) == []
    # The other version did not come along.
    other = content.of_ref(clone, parse_ref("fraud/2"), "x").manifest
    assert clone.store.missing(other)


def test_a_plain_clone_of_git_will_do(author: Repo, address: str, tmp_path: Path, git: Git) -> None:
    git("clone", "-q", address, str(tmp_path / "plain"), cwd=tmp_path)
    opened = loading.open_model("models:/fraud@champion", repo=Repo.open(tmp_path / "plain"))
    assert weights(opened.directory) == b"weights 1" * 1000


def test_what_nobody_pushed_is_told_as_missing(author: Repo, address: str, tmp_path: Path, git: Git) -> None:
    (author.location / "lone.bin").write_bytes(b"lone")
    registering.register(author, str(author.location / "lone.bin"), "lone")
    git("push", "-q", "origin", "gitmodels", cwd=author.location)
    clone = cloning.clone(address, tmp_path / "clone")
    with pytest.raises(ObjectNotFound, match="lone/1"):
        loading.open_model("models:/lone/1", repo=clone)


def test_a_clone_of_nothing_makes_nothing(author: Repo, address: str, tmp_path: Path, git: Git) -> None:
    git("init", "-q", "--bare", "empty.git", cwd=tmp_path)
    with pytest.raises(RegistryNotFound, match="no branch gitmodels"):
        cloning.clone(str(tmp_path / "empty.git"), tmp_path / "clone")
    with pytest.raises(RemoteError):
        cloning.clone(str(tmp_path / "nowhere.git"), tmp_path / "clone")
    with pytest.raises(Invalid):
        cloning.clone("ext::sh -c touch% hacked", tmp_path / "clone")
    assert not (tmp_path / "clone").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(AlreadyExists):
        cloning.clone(address, tmp_path / "full")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".clone")]


def test_an_address_alone_is_enough(
    author: Repo, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Git
) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    monkeypatch.chdir(nowhere)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    uri = f"git+{address}#fraud@champion"
    assert weights(loading.open_model(uri).directory) == b"weights 1" * 1000
    assert list(nowhere.iterdir()) == []
    # The alias moves, and the next load sees it.
    move(author, 2)
    git("push", "-q", "origin", "gitmodels", cwd=author.location)
    assert weights(loading.open_model(uri).directory) == b"weights 2" * 1000
    assert gitmodels.artifacts.load_text(f"git+{address}#fraud/1/notes.txt") == "notes 1"


def test_without_the_server_what_was_seen_is_used_with_a_warning(
    author: Repo, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    uri = f"git+{address}#fraud@champion"
    loading.open_model(uri)
    os.rename(tmp_path / "server.git", tmp_path / "away.git")
    far._open.clear()
    with pytest.warns(UserWarning, match="as they were last seen"):
        opened = loading.open_model(uri)
    assert weights(opened.directory) == b"weights 1" * 1000
    with pytest.warns(UserWarning, match="last seen"), pytest.raises((RemoteError, ObjectNotFound)):
        loading.open_model(f"git+{address}#fraud/2")


def test_case_68_a_registry_far_away_that_was_rewritten_raises_the_alarm(
    author: Repo, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Git
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    uri = f"git+{address}#fraud@champion"
    loading.open_model(uri)
    # It moves on by several commits: all is well.
    for number in (2, 1, 2):
        move(author, number)
    git("push", "-q", "origin", "gitmodels", cwd=author.location)
    assert weights(loading.open_model(uri).directory) == b"weights 2" * 1000
    tip = git("rev-parse", "gitmodels", cwd=author.location).strip()
    git("push", "-q", "--force", "origin", "gitmodels~2:gitmodels", cwd=author.location)
    for _ in range(2):
        with pytest.raises(Conflict, match="was rewritten") as caught:
            loading.open_model(uri)
        assert str(address) in caught.value.message
    (cached,) = (tmp_path / "cache" / "gitmodels" / "registries").glob("*.git")
    assert git("rev-parse", "gitmodels", cwd=cached).strip() == tip
    # Pushed back, all is well again; forgotten, too.
    git("push", "-q", "origin", "gitmodels", cwd=author.location)
    assert weights(loading.open_model(uri).directory) == b"weights 2" * 1000
    git("push", "-q", "--force", "origin", "gitmodels~1:gitmodels", cwd=author.location)
    assert str(cached) in str(caught.value.hint)
    shutil.rmtree(cached)
    assert weights(loading.open_model(uri).directory) == b"weights 1" * 1000
    git("update-ref", "-d", "refs/heads/gitmodels", cwd=tmp_path / "server.git")
    with pytest.raises(Conflict, match="is gone"):
        loading.open_model(uri)


def test_one_load_brings_few_objects_of_git(
    author: Repo, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Git
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    loading.open_model(f"git+{address}#fraud@champion")
    (cached,) = (tmp_path / "cache" / "gitmodels" / "registries").glob("*.git")
    listed = git("cat-file", "--batch-all-objects", "--batch-check", cwd=cached).splitlines()
    assert sum(" commit " in line for line in listed) == 1
    assert len(listed) < 25
    assert "version 2" not in "".join(listed)


def test_a_registry_far_away_answers_every_reading_command(
    author: Repo, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {**os.environ, "GITMODELS_REGISTRY": f"git+{address}", "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def models(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gitmodels", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert "champion" in models("ls").stdout
    assert "fraud v1" in models("show", "fraud@champion").stdout
    assert models("cat", "fraud@champion:notes.txt").stdout == "notes 1"
    assert models("checkout", "fraud/2", "out").returncode == 0
    assert weights(tmp_path / "out") == b"weights 2" * 1000
    refused = models("alias", "set", "fraud", "champion", "2")
    assert refused.returncode == 5
    assert "can only be read from here" in refused.stderr
    assert "git models push" in refused.stderr


def test_nothing_is_written_through_an_address(
    author: Repo, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    gitmodels.set_registry_uri(f"git+{address}")
    assert [version.version for version in gitmodels.Client().search_model_versions("name = 'fraud'")] == [2, 1]
    with pytest.raises(Conflict, match="can only be read"):
        gitmodels.Client().set_registered_model_alias("fraud", "champion", 2)
    with pytest.raises(Conflict, match="can only be read"):
        gitmodels.start_run()


def test_a_version_far_away_is_registered_here_with_its_bytes(
    author: Repo, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git_repo: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    here = Repo.open(git_repo)
    assert registering.register(here, f"git+{address}#fraud@champion", "copied") == 1
    shutil.rmtree(tmp_path / "server.git")
    shutil.rmtree(tmp_path / "cache")
    assert weights(loading.open_model("models:/copied/1", repo=here).directory) == b"weights 1" * 1000


def test_a_base_may_lie_in_another_registry(
    author: Repo, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git_repo: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    here = Repo.open(git_repo)
    (git_repo / "w.bin").write_bytes(b"tuned")
    wish = registering.Wish(base=f"git+{address}#fraud@champion")
    assert registering.register(here, str(git_repo / "w.bin"), "tuned", wish) == 1
    (base,) = here.registry.state().version("tuned", 1).record.base
    assert base == author.registry.state().version("fraud", 1).record.model_id
    with pytest.raises(Invalid, match="of another registry"):
        content.find(here, f"git+{address}#fraud@champion")


def test_a_password_is_not_kept(author: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(Invalid, match="password") as caught:
        loading.open_model("git+https://ann:secret@example.org/m.git#fraud/1")
    assert "secret" not in str(caught.value)
    assert not (tmp_path / "cache").exists()


def test_what_was_not_used_for_longest_goes_when_it_is_too_much(
    author: Repo, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(far, "LIMIT", 0)
    folder = tmp_path / "cache" / "gitmodels" / "registries"
    far.opened(address, context.settings())
    (first,) = folder.glob("*.git")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        far.opened(str(tmp_path / "server.git"), context.settings())
    # Held by this process, so it stays; when it is not, it goes.
    assert first.exists()
    os.close(far._held.pop(first.with_suffix(".lock")))
    far.opened(f"file://{tmp_path}/./server.git", context.settings())
    assert not first.exists()
