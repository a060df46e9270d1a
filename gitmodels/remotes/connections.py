"""Connections of a remote on the web: to a named server, and on request only to a public one.

This room knows sockets and TLS; what is asked over them is its neighbour's business. A redirection must not lead into
the network of whoever reads, so the very address that is connected to is looked at, not a name that could mean another
place a moment later.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

TIMEOUT_S = 30.0


class Server(NamedTuple):
    """Scheme, host and port of a server."""

    scheme: str
    host: str
    port: int


class _Closed:
    """Lets a connection end with the thread that kept it."""

    def __del__(self) -> None:
        self.close()  # type: ignore[attr-defined]


class Plain(_Closed, http.client.HTTPConnection):
    """A connection that, if it must lead to a public place, checks the very address that it goes to."""

    def __init__(self, server: Server, public: bool) -> None:
        super().__init__(server.host, server.port, timeout=TIMEOUT_S)
        self._public = public

    def connect(self) -> None:
        """Connect to the first of the host's addresses that answers."""
        self.sock = _connected(self.host, self.port, self._public)


class Tls(_Closed, http.client.HTTPSConnection):
    """Such a connection over TLS."""

    def __init__(self, server: Server, public: bool, context: ssl.SSLContext) -> None:
        super().__init__(server.host, server.port, timeout=TIMEOUT_S, context=context)
        self._public = public
        self._tls = context

    def connect(self) -> None:
        """Connect and shake hands."""
        self.sock = self._tls.wrap_socket(_connected(self.host, self.port, self._public), server_hostname=self.host)


def _connected(host: str, port: int, public: bool) -> socket.socket:
    trouble: OSError = OSError(f"no address for {host}")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if public and not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
            trouble = OSError(f"it redirects to {host}, which is not a public address")
            continue
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            trouble = error
            continue
        try:
            sock.settimeout(TIMEOUT_S)
            sock.connect(address)
        except OSError as error:
            sock.close()
            trouble = error
        else:
            return sock
    raise trouble


@contextmanager
def hung_up_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """End the connection when the block takes longer: a byte now and then keeps any other timeout from coming."""
    timer = threading.Timer(seconds, _hang_up, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(connection: http.client.HTTPConnection) -> None:
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def server_of(parts: urllib.parse.SplitResult) -> Server:
    """Which server an address names."""
    try:
        port = parts.port
    except ValueError:
        port = 0
    return Server(parts.scheme, parts.hostname or "", port or (443 if parts.scheme == "https" else 80))


def target_of(parts: urllib.parse.SplitResult) -> str:
    """What a server is asked for."""
    return urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))


def shortened(url: str) -> str:
    """A place as it may be told: without credentials and queries."""
    parts = urllib.parse.urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname or ''}"
    return "".join(each if each.isprintable() else "?" for each in shown)[:120]


def told(error: BaseException) -> str:
    """What went wrong, on one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "".join(each if each.isprintable() else "?" for each in str(text))[:200]
