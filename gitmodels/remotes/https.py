"""A remote on a web server, to read only: a folder of packs with its listing, behind HTTP.

This room knows HTTP, and that servers lie: a login page with 200, another range than asked for, a compressed or an
endless body, a way out to another place. What does not fit the question to the byte is a RemoteError; whether the bytes
are the right ones others check. It asks for one range at a time over connections that are kept, one for each thread.

Redirections are followed on the same server, and to public addresses over https; never to a file, to plain http from
https, or into the network of whoever reads.
"""

import http.client
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from gitmodels.errors import Corrupt, ObjectNotFound, RemoteError
from gitmodels.patterns import pattern
from gitmodels.remotes import connections, listing
from gitmodels.remotes.backend import MAX_PACK, Listed, Progress, read_only
from gitmodels.remotes.connections import Server
from gitmodels.remotes.keyed import KeyedPacks, index_name, pack_name

_PAUSES_S = (0.3, 1.0, 3.0)
# A body that comes slower than this, in bytes a second, after the first minute is given up.
_SLOWEST = 1024
_PATIENCE_S = 60.0
# All of what comes before a body has to be there in this time.
_HEAD_S = 60.0
_PIECE = 1 << 20
_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE = pattern(r"bytes ([0-9]{1,19})-([0-9]{1,19})/(?:[0-9]{1,19}|\*)")


_LOGIN = "is it a login page? open it in a browser"
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "gitmodels"}

Result = TypeVar("Result")


class _TryAgain(Exception):
    """The server, or the way to it, failed in a manner that may pass."""


class HttpsPacks(KeyedPacks):
    """The packs that the listing at ``url`` names; a ``PackRemote`` that cannot be written to.

    ``context`` is how TLS is checked, by default against the system's authorities.
    """

    def __init__(self, url: str, *, context: ssl.SSLContext | None = None) -> None:
        super().__init__(HttpsKeys(url, context=context))


class HttpsKeys:
    """Names under ``url`` and the bytes they hold."""

    writable = False

    def __init__(self, url: str, *, context: ssl.SSLContext | None = None) -> None:
        self.address = url.rstrip("/")
        self._context = context
        self._kept = threading.local()

    def get(self, name: str, offset: int, length: int) -> bytes:
        """Exactly these bytes of what stands at the address of ``name``."""
        if not length:
            return b""
        asked = {"Range": f"bytes={offset}-{offset + length - 1}"}

        def take(answer: http.client.HTTPResponse) -> bytes:
            skipped = self._check_range(answer, name, offset, length)
            found = bytearray()
            for piece in self._exactly(answer, name, skipped + length):
                found += piece
            return bytes(found[skipped:])

        return self._asked(name, asked, take)

    def save(self, name: str, target: Path, limit: int, progress: Progress | None = None) -> None:
        """All that stands there, as the new file ``target``."""
        with open(target, "xb") as stream:

            def take(answer: http.client.HTTPResponse) -> None:
                if answer.status != 200:
                    raise self._wrong(name, f"answers {answer.status}")
                stream.seek(0)
                stream.truncate()
                for piece in self._all(answer, name, limit):
                    stream.write(piece)
                    if progress is not None:
                        progress(len(piece))

            self._asked(name, {}, take)

    def size(self, name: str) -> int | None:
        """How many bytes stand there."""
        try:
            return self._asked(name, {}, lambda answer: self._length(answer, name), method="HEAD")
        except ObjectNotFound:
            return None

    def put_if_absent(self, name: str, source: Path | bytes, progress: Progress | None = None) -> bool:
        """Never possible."""
        raise read_only(self.address)

    def list(self, prefix: str) -> Iterator[Listed]:
        """The names of the packs that the listing names."""

        def take(answer: http.client.HTTPResponse) -> bytes:
            if answer.status != 200:
                raise self._wrong(listing.NAME, f"answers {answer.status}")
            return b"".join(self._all(answer, listing.NAME, listing.MAX_SIZE))

        try:
            found = listing.read(self._asked(listing.NAME, {}, take))
        except ObjectNotFound:
            raise RemoteError(
                f"{self.address} has no {listing.NAME}: it is no remote",
                hint="the address is that of the folder that holds packs/; a push to that folder writes the listing",
                remote=self.address,
            ) from None
        except Corrupt as error:
            raise self._wrong(listing.NAME, f"gives {error.message}", _LOGIN) from None
        for pack, (size, index) in found.items():
            yield Listed(pack_name(pack), size)
            yield Listed(index_name(pack), index)

    def delete(self, name: str) -> None:
        """Never possible."""
        raise read_only(self.address)

    def creates_once(self) -> bool:
        """Never possible."""
        raise read_only(self.address)

    def _asked(
        self,
        name: str,
        headers: Mapping[str, str],
        take: Callable[[http.client.HTTPResponse], Result],
        *,
        method: str = "GET",
    ) -> Result:
        """What ``take`` makes of the answer; asked again where that may help."""
        trouble = ""
        for pause in (0.0, *_PAUSES_S):
            time.sleep(pause)
            try:
                with self._answer(name, headers, method) as answer:
                    return take(answer)
            except _TryAgain as error:
                trouble = str(error)
        raise RemoteError(
            f"cannot reach the remote {self.address}: {trouble}",
            hint="check the address and the network, then run it again: it goes on where it stopped",
            remote=self.address,
        )

    @contextmanager
    def _answer(self, name: str, headers: Mapping[str, str], method: str) -> Iterator[http.client.HTTPResponse]:
        """The server's answer, its status looked at; the connection is kept when the answer was read to its end."""
        url = f"{self.address}/{name}"
        own = connections.server_of(urllib.parse.urlsplit(url))
        for _ in range(_REDIRECTS + 1):
            parts = urllib.parse.urlsplit(url)
            server = connections.server_of(parts)
            connection = self._connection(server, server == own)
            answer = None
            read = False
            try:
                answer = self._request(connection, method, connections.target_of(parts), headers)
                if answer.status not in _MOVED:
                    self._judge(answer, name)
                    yield answer
                    read = answer.isclosed() or answer.length == 0
                    return
                url = self._followed(url, answer.headers.get("Location"), own)
            finally:
                if answer is not None:
                    answer.close()
                if not read:
                    connection.close()
        raise self._wrong(name, "redirects in a circle")

    def _request(
        self, connection: http.client.HTTPConnection, method: str, target: str, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        try:
            with connections.hung_up_after(connection, _HEAD_S):
                connection.request(method, target, headers={**_HEADERS, **headers})
                return connection.getresponse()
        except ssl.SSLCertVerificationError as error:
            raise RemoteError(
                f"the certificate of the remote {self.address} is not valid: {error.verify_message}",
                hint="check the address; SSL_CERT_FILE names a file of further authorities",
                remote=self.address,
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise _TryAgain(connections.told(error)) from None

    def _connection(self, server: Server, own: bool) -> http.client.HTTPConnection:
        """The kept connection to the remote's own server; a new one to another, which must be a public one."""
        if not own:
            return self._new(server, public=True)
        kept: http.client.HTTPConnection | None = getattr(self._kept, "connection", None)
        if kept is None:
            kept = self._kept.connection = self._new(server, public=False)
        return kept

    def _new(self, server: Server, *, public: bool) -> http.client.HTTPConnection:
        if server.scheme == "http":
            return connections.Plain(server, public)
        if self._context is None:
            self._context = ssl.create_default_context()
        return connections.Tls(server, public, self._context)

    def _followed(self, url: str, location: str | None, own: Server) -> str:
        """Where a redirection leads, if we go there."""
        new = urllib.parse.urljoin(url, location or "")
        parts = urllib.parse.urlsplit(new)
        allowed = parts.scheme == "https" or (parts.scheme == "http" == own.scheme)
        if not allowed or not parts.hostname or "@" in parts.netloc or new == url:
            raise self._wrong("", f"redirects to {connections.shortened(new)}, where we do not go")
        return new

    def _judge(self, answer: http.client.HTTPResponse, name: str) -> None:
        status = answer.status
        if status in (404, 410):
            raise ObjectNotFound(f"the remote {self.address} has no {name}", remote=self.address)
        if status in (401, 403, 407):
            raise RemoteError(
                f"the remote {self.address} refuses {name} ({status})",
                hint="a remote over https is read without signing in; use s3://, gs://, az:// or git for a private one",
                remote=self.address,
            )
        if status in _AGAIN:
            raise _TryAgain(f"it answers {status}")
        if status not in (200, 206):
            raise self._wrong(name, f"answers {status}")
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise self._wrong(name, "compresses what it gives")

    def _check_range(self, answer: http.client.HTTPResponse, name: str, offset: int, length: int) -> int:
        """How many bytes come before those that were asked for: none, or those before ``offset`` of a whole body."""
        size = self._length(answer, name)
        if answer.status == 200:
            # A server without ranges, or a login page.
            if size is None or size < offset + length:
                raise self._wrong(name, "gives another body than asked for", _LOGIN)
            return offset
        match = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if match is None or (int(match[1]), int(match[2])) != (offset, offset + length - 1):
            raise self._wrong(name, "gives another range than asked for")
        if size not in (None, length):
            raise self._wrong(name, "gives another number of bytes than it says")
        return 0

    def _length(self, answer: http.client.HTTPResponse, name: str) -> int | None:
        told = answer.headers.get("Content-Length")
        if told is None:
            return None
        if not told.isascii() or not told.isdecimal() or int(told) > MAX_PACK:
            raise self._wrong(name, "gives more than any pack has")
        return int(told)

    def _exactly(self, answer: http.client.HTTPResponse, name: str, length: int) -> Iterator[bytes]:
        """The first ``length`` bytes of the body, which must be all of it unless it said that it is longer."""
        left = length
        for piece in self._pieces(answer, name):
            if len(piece) > left and answer.status == 206:
                raise self._wrong(name, "gives more than it was asked for")
            yield piece[:left]
            left -= min(len(piece), left)
            if not left and answer.status == 200:
                return
        if left:
            raise _TryAgain("it ends early")

    def _all(self, answer: http.client.HTTPResponse, name: str, limit: int) -> Iterator[bytes]:
        told = self._length(answer, name)
        found = 0
        for piece in self._pieces(answer, name):
            found += len(piece)
            if found > limit:
                raise self._wrong(name, "does not end")
            yield piece
        if told is not None and found < told:
            raise _TryAgain("it ends early")

    def _pieces(self, answer: http.client.HTTPResponse, name: str) -> Iterator[bytes]:
        began, found = time.monotonic(), 0
        while True:
            try:
                piece = answer.read1(_PIECE)
            except (OSError, http.client.HTTPException) as error:
                raise _TryAgain(connections.told(error)) from None
            if not piece:
                return
            found += len(piece)
            took = time.monotonic() - began
            if took > _PATIENCE_S and found < took * _SLOWEST:
                raise self._wrong(name, "is too slow")
            yield piece

    def _wrong(self, name: str, what: str, hint: str = "") -> RemoteError:
        about = f" for {name}" if name else ""
        return RemoteError(
            f"the remote {self.address} {what}{about}",
            hint=hint or "the server, or something before it, does not serve plain files; nothing of it was stored",
            remote=self.address,
        )
