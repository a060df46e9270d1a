"""Addresses: one spelling each, hostile ones refused, and no secret in any word that is told."""

import pytest

from gitmodels.errors import Invalid, MissingDependency
from gitmodels.remotes.directory import DirectoryPacks
from gitmodels.remotes.https import HttpsPacks
from gitmodels.remotes.opening import check, open_remote, shown


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ("/srv/models/", "/srv/models"),
        ("file:///srv/my%20models", "/srv/my models"),
        ("s3://models", "s3://models"),
        ("s3://models/team/a/", "s3://models/team/a"),
        ("gs://my.bucket_1/x", "gs://my.bucket_1/x"),
        ("az://container/x", "az://container/x"),
        ("https://example.org:8443/models", "https://example.org:8443/models"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("git:origin", "git:origin"),
        ("git+https://example.org/a/b.git", "git+https://example.org/a/b.git"),
        ("git+ssh://git@example.org/a/b.git", "git+ssh://git@example.org/a/b.git"),
        ("git+file:///srv/a.git", "git+file:///srv/a.git"),
    ],
)
def test_an_address_has_one_spelling(given, spelled):
    assert check(given) == spelled
    assert check(spelled) == spelled


def test_a_home_is_that_of_who_asks(home):
    assert check("~/models") == f"{home}/models"


@pytest.mark.parametrize(
    "hostile",
    [
        "ext::sh -c touch% /tmp/x",
        "ext://x",
        "fd::17",
        "--upload-pack=touch /tmp/x",
        "-oProxyCommand=x",
        "git+ssh://-oProxyCommand=x/y",
        "git+ssh://-x@host/y",
        "git+ext::x",
        "git:--upload-pack",
        "git:../../x",
        "git:a b",
        "file://host/srv",
        "git+file://host/srv",
        "s3://bucket\n/x",
        "/srv/a\x1b[31mb",
        "/srv/\u202egnp",
        "https://example.org/a\x00b",
        "https://example.org/a%0ab",
        "https://example.org/../x",
        "https://example.org/%2e%2e/x",
        "s3://bucket/../other",
        "s3://../x",
        "s3:///x",
        "s3://UPPER/x",
        "s3://b",
        "https://",
        "https:///x",
        "https://ex ample.org/x",
        "https://example.org:99999/x",
        "https://example.org:x/x",
        "ftp://example.org/x",
        "javascript:alert(1)",
        "relative/folder",
        "",
        "x" * 5000,
    ],
)
def test_75_a_hostile_address_is_refused(hostile):
    with pytest.raises(Invalid) as caught:
        check(hostile)
    assert caught.value.message.isprintable()
    with pytest.raises(Invalid):
        open_remote(hostile)


@pytest.mark.parametrize(
    "secret",
    [
        "https://ann:s3cr3t@example.org/x",
        "https://s3cr3t@example.org/x",
        "s3://s3cr3t:x@bucket/x",
        "https://example.org/x?token=s3cr3t",
        "https://example.org/x#s3cr3t",
        "az://container/x?sig=s3cr3t",
        "git+https://ann:s3cr3t@example.org/x",
        "git+ssh://git:s3cr3t@example.org/x",
        "ftp://ann:s3cr3t@example.org/x",
    ],
)
def test_105_a_secret_in_an_address_is_refused_and_never_told(secret):
    with pytest.raises(Invalid) as caught:
        check(secret)
    assert "s3cr3t" not in caught.value.message + caught.value.hint
    assert "s3cr3t" not in shown(secret)


def test_an_address_opens_its_backend(tmp_path):
    assert isinstance(open_remote(str(tmp_path)), DirectoryPacks)
    assert isinstance(open_remote(f"file://{tmp_path}"), DirectoryPacks)
    assert isinstance(open_remote("https://example.org/x"), HttpsPacks)
    with pytest.raises(Invalid, match="needs a git repository"):
        open_remote("git:origin")


def test_object_storage_without_obstore_tells_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(MissingDependency, match="needs obstore") as caught:
        open_remote("s3://models/x")
    assert "gitmodels[remotes]" in caught.value.hint
