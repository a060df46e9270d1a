"""``git models remote``: names for places, kept for everybody or here, and what a place can do."""

import pytest

from gitmodels.errors import RemoteNotFound
from gitmodels.remotes.git import GitPacks
from gitmodels.repo import Repo


@pytest.fixture
def shelf(tmp_path):
    path = tmp_path / "shelf"
    path.mkdir()
    return path


def test_a_shared_remote_is_one_commit_of_the_registry(models, here, git, shelf):
    models("init")
    models("remote", "add", "storage", f"{shelf}/")
    kept = f"format: 1\nremotes:\n  storage: {shelf}\nremote: storage\n"
    assert git("show", "gitmodels:gitmodels.yaml", cwd=here) == kept
    told = git("log", "-1", "--format=%B", "gitmodels", cwd=here)
    assert told.startswith("add the remote storage\n")
    assert "Gitmodels-Kind: configure" in told
    before = git("rev-parse", "gitmodels", cwd=here)
    models("remote", "add", "storage", str(shelf))
    assert git("rev-parse", "gitmodels", cwd=here) == before
    named = {"name": "storage", "address": str(shelf), "kept": "shared", "default": True}
    assert models("remote", "ls", "--json").json == [named]
    assert "is " in models("remote", "add", "storage", "s3://models", code=5).err
    models("remote", "rm", "storage")
    assert git("show", "gitmodels:gitmodels.yaml", cwd=here) == "format: 1\n"
    assert "git models remote ls" in models("remote", "rm", "storage", code=3).err


def test_a_personal_remote_stands_in_git_config_and_hides_a_shared_one(models, here, git, shelf):
    models("init")
    models("remote", "add", "storage", "s3://models/team")
    models("remote", "add", "storage", str(shelf), "--personal")
    assert git("config", "gitmodels-remote.storage.url", cwd=here).strip() == str(shelf)
    assert [each["address"] for each in models("remote", "ls", "--json").json] == [str(shelf)]
    assert "in this clone" in models("remote", "rm", "storage").err
    assert [each["address"] for each in models("remote", "ls", "--json").json] == ["s3://models/team"]


def test_which_remote_is_used_when_none_is_named(models, here, git, shelf):
    models("init")
    with pytest.raises(RemoteNotFound, match="no remote keeps the objects"):
        Repo.open(here).remote()
    git("remote", "add", "origin", str(here), cwd=here)
    assert isinstance(Repo.open(here).remote(), GitPacks)
    models("remote", "add", "mine", str(shelf), "--personal")
    assert Repo.open(here).remote().address == str(shelf)
    models("remote", "add", "theirs", "https://example.org/models")
    assert Repo.open(here).remote().address == "https://example.org/models"
    models("remote", "add", "mine", str(shelf), "--personal", "--default")
    assert Repo.open(here).remote().address == str(shelf)
    assert isinstance(Repo.open(here).remote("origin"), GitPacks)
    with pytest.raises(RemoteNotFound, match="no remote is called nobody") as caught:
        Repo.open(here).remote("nobody")
    assert "mine, origin, theirs" in caught.value.hint


def test_a_secret_or_a_command_in_an_address_is_refused_before_anything_is_written(models, here, git):
    models("init")
    before = git("rev-parse", "gitmodels", cwd=here)
    for address in ("https://ann:s3cr3t@example.org/x", "ext::sh -c s3cr3t", "https://example.org/?sig=s3cr3t"):
        for how in ((), ("--personal",)):
            done = models("remote", "add", "x", *how, "--", address, code=4)
            assert "refused" in done.err
    assert "s3cr3t" not in models("remote", "add", "x", "https://ann:s3cr3t@example.org/x", code=4).err
    assert git("rev-parse", "gitmodels", cwd=here) == before
    assert "gitmodels-remote" not in (here / ".git" / "config").read_text()
    assert "not called" in models("remote", "add", "a/b", "s3://models", code=4).err


def test_a_hostile_registry_cannot_name_a_command(models, here, git):
    models("init")
    git("config", "gitmodels-remote.bad.url", "ext::sh -c touch% /tmp/x", cwd=here)
    git("config", "gitmodels-remote.told.url", "https://ann:s3cr3t@example.org/x", cwd=here)
    shown = models("remote", "ls").out
    assert "s3cr3t" not in shown
    assert "refused" in models("remote", "test", "bad", code=4).err
    assert "s3cr3t" not in models("remote", "test", "told", code=4).err


def test_trying_a_remote_tells_each_thing_on_a_line(models, here, shelf):
    models("init")
    models("remote", "add", "storage", str(shelf))
    lines = models("remote", "test").out.splitlines()
    assert str(shelf) in lines[0]
    assert [line.split()[0] for line in lines[1:]] == ["reach", "read", "ranges", "write", "create", "delete"]
    assert all("yes" in line for line in lines[1:])
    tries = models("remote", "test", "storage", "--json").json
    assert tries["address"] == str(shelf)
    assert {each["verdict"] for each in tries["tries"]} == {"yes"}
    shelf.rename(shelf.with_name("elsewhere"))
    done = models("remote", "test", code=9)
    assert "is not there" in done.out
    assert "cannot do all that is needed: reach" in done.err
