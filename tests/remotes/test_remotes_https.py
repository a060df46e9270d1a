"""A web server that lies, is slow to be right, or leads elsewhere: an error of the remote, and nothing is believed."""

import http.client
import time

import pytest

from gitmodels.errors import ObjectNotFound, RemoteError
from gitmodels.remotes import https, listing
from gitmodels.remotes.https import HttpsPacks
from gitmodels.remotes.transfer import download, upload
from tests.remotes import servers
from tests.remotes.servers import send

PACK = b"\xcd" * 32
BODY = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(https, "_PAUSES_S", (0.0, 0.0))


def reading(answer, offset=100, length=50):
    with servers.answering(answer) as (address, asked):
        try:
            return HttpsPacks(address).read(PACK, offset, length), asked
        except http.client.HTTPException as error:
            raise AssertionError("this must not come out") from error


def ranged(handler, body=BODY, shift=0, **headers):
    start, end = map(int, handler.headers["Range"].removeprefix("bytes=").split("-"))
    start, end = start + shift, end + shift
    told = f"bytes {start}-{end}/{len(body)}"
    send(handler, 206, body[start : end + 1], **{"Content_Range": told, **headers})


def test_a_range_is_what_was_asked_for():
    data, asked = reading(ranged)
    assert data == BODY[100:150]
    assert asked == [f"/packs/cd/{PACK.hex()}.pack"]


def test_a_server_without_ranges_is_read_all_the_same():
    data, _ = reading(lambda handler: send(handler, 200, BODY))
    assert data == BODY[100:150]


LIES = {
    "48-login-page": lambda handler: send(handler, 200, b"<html>sign in</html>"),
    "48-wrong-range": lambda handler: ranged(handler, shift=7),
    "48-no-range-told": lambda handler: ranged(handler, Content_Range=None),
    "48-two-ranges": lambda handler: ranged(handler, Content_Range="bytes 100-149/200, 3-4/200"),
    "48-too-short": lambda handler: send(handler, 206, BODY[:10], Content_Range="bytes 100-149/9999"),
    "48-too-long": lambda handler: send(handler, 206, BODY[:60], Content_Range="bytes 100-149/9999"),
    "48-gzip": lambda handler: ranged(handler, Content_Encoding="gzip"),
    "48-bad-length": lambda handler: ranged(handler, Content_Length="minus one"),
    "48-huge-length": lambda handler: send(handler, 200, BODY, Content_Length=str(1 << 60)),
    "48-no-content": lambda handler: send(handler, 204),
    "48-teapot": lambda handler: send(handler, 418),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_does_not_fit_the_question_is_refused(lie):
    with pytest.raises(RemoteError, match=r"http://127\.0\.0\.1:\d+ ") as caught:
        reading(LIES[lie])
    assert "\n" not in caught.value.message
    assert caught.value.hint


def endless(handler):
    handler.send_response(handler.status)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.send_header("Content-Range", "bytes 100-149/9999")
    handler.end_headers()
    while True:
        handler.wfile.write(b"100\r\n" + b"x" * 256 + b"\r\n")


@pytest.mark.parametrize("status", [200, 206])
def test_48_a_body_that_does_not_end_is_given_up(status, tmp_path, monkeypatch):
    def answer(handler):
        handler.status = status
        endless(handler)

    with pytest.raises(RemoteError):
        reading(answer)
    monkeypatch.setattr(https, "MAX_PACK", 1 << 20)
    with servers.answering(answer) as (address, _):
        keys = https.HttpsKeys(address)
        with pytest.raises(RemoteError):
            keys.save("packs/x", tmp_path / "saved", 1 << 20)
        with pytest.raises(RemoteError):
            HttpsPacks(address).packs()


def test_a_body_that_trickles_is_given_up(monkeypatch):
    monkeypatch.setattr(https, "_PATIENCE_S", 0.2)

    def answer(handler):
        handler.send_response(206)
        handler.send_header("Content-Range", "bytes 100-149/9999")
        handler.send_header("Content-Length", "50")
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    with pytest.raises(RemoteError, match="too slow"):
        reading(answer)


def test_a_head_that_trickles_is_given_up(monkeypatch):
    monkeypatch.setattr(https, "_HEAD_S", 0.2)

    def answer(handler):
        handler.wfile.write(b"HTTP/1.1 206 OK\r\n")
        for number in range(100):
            handler.wfile.write(b"X-%d: y\r\n" % number)
            handler.wfile.flush()
            time.sleep(0.05)

    with pytest.raises(RemoteError):
        reading(answer)


ELSEWHERE = [
    "file:///etc/passwd",
    "ftp://example.org/x",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/x",
    "https://192.168.1.1/x",
    "http://[::1]:1/x",
    "http://127.0.0.1:1/x",
    "https://user:secret@example.org/x",
    "//localhost:1/x",
    "",
]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_48_a_redirection_into_the_network_of_who_reads_is_not_followed(where):
    with pytest.raises(RemoteError) as caught:
        reading(lambda handler: send(handler, 302, Location=where))
    assert "secret" not in caught.value.message
    assert "etc/passwd" not in caught.value.message


def test_a_redirection_on_the_same_server_is_followed_a_few_times():
    def answer(handler):
        if handler.path.startswith("/moved"):
            ranged(handler)
        else:
            send(handler, 307, Location=f"/moved{handler.path}")

    assert reading(answer)[0] == BODY[100:150]
    with pytest.raises(RemoteError, match="circle"):
        reading(lambda handler: send(handler, 302, Location=f"{handler.path}x"))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(status):
    left = [2]

    def answer(handler):
        left[0] -= 1
        if left[0] >= 0:
            send(handler, status)
        else:
            ranged(handler)

    assert reading(answer)[0] == BODY[100:150]
    with pytest.raises(RemoteError, match=f"it answers {status}") as caught:
        reading(lambda handler: send(handler, status))
    assert "run it again" in caught.value.hint


def test_a_connection_that_breaks_is_tried_again():
    left = [1]

    def answer(handler):
        left[0] -= 1
        if left[0] >= 0:
            handler.send_response(206)
            handler.send_header("Content-Range", "bytes 100-149/9999")
            handler.send_header("Content-Length", "50")
            handler.end_headers()
            handler.wfile.write(b"half")
            handler.close_connection = True
        else:
            ranged(handler)

    assert reading(answer)[0] == BODY[100:150]


@pytest.mark.parametrize("status", [401, 403])
def test_who_may_not_read_is_told_so_at_once(status):
    with servers.answering(lambda handler: send(handler, status)) as (address, asked):
        with pytest.raises(RemoteError, match=f"refuses listing \\({status}\\)"):
            HttpsPacks(address).packs()
        assert len(asked) == 1


def test_a_server_that_is_not_there_is_told_with_its_address():
    port = servers.free_port()
    with pytest.raises(RemoteError, match=f"cannot reach the remote http://127.0.0.1:{port}: Connection refused"):
        HttpsPacks(f"http://127.0.0.1:{port}").packs()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>",
        b"gitmodels packs 1\n",
        b"gitmodels packs 2\nend\n",
        b"gitmodels packs 1\nx 1 1\nend\n",
        b"gitmodels packs 1\n" + b"a" * 64 + b" 1 1\n",
        b"gitmodels packs 1\n" + b"A" * 64 + b" 1 1\nend\n",
        b"gitmodels packs 1\n" + b"a" * 64 + b" -1 1\nend\n",
    ],
)
def test_48_a_listing_that_is_none_is_refused(text):
    answering = servers.answering(lambda handler: send(handler, 200, text))
    with answering as (address, _), pytest.raises(RemoteError, match="listing"):
        HttpsPacks(address).packs()


def test_a_server_without_a_listing_is_no_remote():
    with servers.answering(lambda handler: send(handler, 404)) as (address, _):
        with pytest.raises(RemoteError, match="has no listing") as caught:
            HttpsPacks(address).packs()
        assert "packs/" in caught.value.hint
        with pytest.raises(ObjectNotFound):
            HttpsPacks(address).read(PACK, 0, 1)


def test_nothing_can_be_written(store, shelf, web, added):
    shelf.renew_listing()
    with pytest.raises(RemoteError, match="can only be read"):
        upload(store, [added("a", 10)], web)
    with pytest.raises(RemoteError, match="can only be read"):
        web.delete(PACK)


def test_a_certificate_that_nobody_signed_is_refused_at_once(web):
    with pytest.raises(RemoteError, match=r"certificate of the remote .* is not valid") as caught:
        HttpsPacks(web.address).packs()
    assert "SSL_CERT_FILE" in caught.value.hint


def test_a_connection_is_kept(store, other, shelf, folder, added):
    manifests = [added("a", 3000) for _ in range(3)]
    upload(store, manifests, shelf)
    connections = set()

    def answer(handler):
        connections.add(handler.client_address)
        data = (folder / handler.path.lstrip("/")).read_bytes()
        if "Range" in handler.headers:
            ranged(handler, data)
        else:
            send(handler, 200, data)

    with servers.answering(answer) as (address, asked):
        remote = HttpsPacks(address)
        for pack in remote.packs():
            remote.index(pack)
        assert len(connections) == 1
        assert len(asked) == 4
        download(other, manifests, remote)
    assert not any(map(other.missing, manifests))
    assert listing.read((folder / "listing").read_bytes()).keys() == remote.packs.__self__._sizes.keys()
