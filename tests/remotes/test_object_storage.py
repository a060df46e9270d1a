"""Object storage in trouble: one line that says what to do, and no secret in it."""

import pytest

from gitmodels.errors import ObjectNotFound, RemoteError
from gitmodels.remotes import object_storage
from gitmodels.remotes.opening import open_remote
from gitmodels.remotes.transfer import upload
from tests.remotes import servers
from tests.remotes.servers import send


@pytest.fixture
def at(monkeypatch):
    """``at(endpoint, "s3://models/x")``: the remote there, asked once only."""
    monkeypatch.setattr(object_storage, "_RETRIES", {"max_retries": 0})

    def opened(endpoint, address="s3://models/x"):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        return open_remote(address, plain_storage=True)

    return opened


def test_a_bucket_that_is_not_there_is_told(s3_endpoint, at, store, added):
    with pytest.raises(RemoteError, match="NoSuchBucket") as caught:
        upload(store, [added("a", 500)], at(s3_endpoint, "s3://nobody/x"))
    assert "make the bucket first" in caught.value.hint
    assert "\n" not in caught.value.message


def test_a_server_that_is_not_there_is_told_on_one_line(at):
    with pytest.raises(RemoteError, match="cannot list the remote s3://models/x") as caught:
        at(f"http://127.0.0.1:{servers.free_port()}").packs()
    assert "\n" not in caught.value.message
    assert "run it again" in caught.value.hint


@pytest.mark.parametrize("status", [401, 403])
def test_73_who_may_not_is_told_which_variables_count(at, status):
    with (
        servers.answering(lambda handler: send(handler, status, b"<Error><Code>AccessDenied</Code></Error>")) as (
            where,
            _,
        ),
        pytest.raises(RemoteError) as caught,
    ):
        at(where).packs()
    assert "AWS_ACCESS_KEY_ID" in caught.value.hint
    assert "s3cr3t" not in caught.value.message


@pytest.mark.parametrize("body", [b"please sign in", b"", b"<ListBucketResult>"])
def test_48_an_answer_that_is_no_listing_is_an_error(at, body):
    with servers.answering(lambda handler: send(handler, 200, body)) as (where, _), pytest.raises(RemoteError):
        at(where).packs()


def test_48_a_page_that_welcomes_everything_has_stored_nothing(at, store, added):
    """To a client of S3 a page of HTML is an empty listing, and a 200 is a success."""
    manifest = added("a", 500)

    def welcome(handler):
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        found = 404 if handler.command == "HEAD" else 200
        send(handler, found, b"<html>please sign in</html>", Last_Modified="Mon, 23 Nov 2026 10:00:00 GMT", ETag='"1"')

    with servers.answering(welcome) as (where, _), pytest.raises(RemoteError):
        upload(store, [manifest], at(where))


@pytest.mark.parametrize("lie", ["short", "other range", "endless", "page"])
def test_48_a_range_that_is_not_what_was_asked_for_is_an_error(at, lie, monkeypatch):
    def answer(handler):
        told = {"Content_Range": "bytes 16-115/5000", "Last_Modified": "Mon, 23 Nov 2026 10:00:00 GMT", "ETag": '"1"'}
        if lie == "short":
            send(handler, 206, bytes(50), **told)
        elif lie == "other range":
            send(handler, 206, bytes(100), **told | {"Content_Range": "bytes 0-99/5000"})
        elif lie == "endless":
            send(handler, 206, bytes(100), **told | {"Content_Length": "5000"})
            handler.close_connection = True
        else:
            send(handler, 200, b"<html>please sign in</html>", **told | {"Content_Range": None})

    with servers.answering(answer) as (where, _), pytest.raises(RemoteError):
        at(where).read(b"\xcd" * 32, 16, 100)


def test_what_is_missing_while_another_replaces_it_is_asked_for_again(s3_endpoint, at, store, added, monkeypatch):
    """Some servers replace an object in two steps, and two may put the same."""
    read, lacking = object_storage.ObjectStorageKeys.get, []

    def once_missing(keys, name, offset, length):
        if name not in lacking:
            lacking.append(name)
            raise ObjectNotFound("not just now")
        return read(keys, name, offset, length)

    remote = at(s3_endpoint, "s3://models/replaced")
    monkeypatch.setattr(object_storage.ObjectStorageKeys, "get", once_missing)
    upload(store, [added("a", 500)], remote)
    assert [name.rpartition(".")[2] for name in lacking] == ["index"]
    keys = remote._keys
    assert keys.put_if_absent("one", b"bytes")
    lacking.clear()
    assert keys.put_if_absent("one", b"bytes"), "what is missing is written again"
    assert lacking == ["one"]
    assert not keys.put_if_absent("one", b"bytes")
