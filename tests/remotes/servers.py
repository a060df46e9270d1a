"""Real servers for the tests of remotes, each on a free port of the loopback, stopped by whoever started it."""

import base64
import email.utils
import hashlib
import hmac
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
OPENSSL = shutil.which("openssl")
RCLONE = shutil.which("rclone", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
AZURITE = shutil.which("azurite-blob")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(arguments):
    """The port of the process that ``arguments(port)`` starts, once it listens there."""
    for _ in range(5):
        port = free_port()
        process = subprocess.Popen(arguments(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if _listens(process, port):
                yield port
                return
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    raise AssertionError(f"{arguments(0)} does not listen")


def _listens(process, port) -> bool:
    """False when it ended instead, as it does when somebody else took the port in between."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process.poll() is None
    return False


@contextmanager
def moto():
    """An S3 server of moto with the bucket ``models``; the address of its endpoint."""
    with started(lambda port: [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]) as port:
        endpoint = f"http://127.0.0.1:{port}"
        make = urllib.request.Request(f"{endpoint}/models", method="PUT")
        urllib.request.urlopen(make, timeout=60).close()
        yield endpoint


@contextmanager
def rclone(root: Path):
    """rclone's S3 server with the bucket ``models``: the one that keeps no condition and answers no range."""
    (root / "models").mkdir(parents=True)
    asked = ["serve", "s3", "--auth-key", "someone,something", "--dir-cache-time", "0", "--addr"]
    with started(lambda port: [RCLONE, *asked, f"127.0.0.1:{port}", str(root)]) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def azurite(root: Path):
    """Azure's blob server of npm with the container ``models``."""
    asked = ["--location", str(root), "--skipApiVersionCheck", "--silent", "--blobHost", "127.0.0.1", "--blobPort"]
    with started(lambda port: [AZURITE, *asked, str(port)]) as port:
        endpoint = f"http://127.0.0.1:{port}"
        _make_container(endpoint, "models")
        yield endpoint


def _make_container(endpoint: str, name: str) -> None:
    # The account and key that every such server has.
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": "2021-12-02"}
    signed = "".join(f"{field}:{value}\n" for field, value in headers.items())
    empty = "\n" * 12
    text = f"PUT{empty}{signed}/devstoreaccount1/devstoreaccount1/{name}\nrestype:container"
    signature = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()
    headers["Authorization"] = f"SharedKey devstoreaccount1:{signature}"
    address = f"{endpoint}/devstoreaccount1/{name}?restype=container"
    make = urllib.request.Request(address, method="PUT", headers=headers)
    urllib.request.urlopen(make, timeout=60).close()


@contextmanager
def nginx(root: Path, work: Path):
    """nginx over the folder ``root``, with TLS; its address and the certificate that it shows."""
    work.mkdir(parents=True)
    key, certificate = work / "key.pem", work / "cert.pem"
    asked = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [OPENSSL, *asked.split(), "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )

    def configured(port):
        (work / "nginx.conf").write_text(
            f"""
            daemon off; pid {work}/pid; error_log {work}/error.log; worker_processes 1; {user_line()}
            events {{ }}
            http {{
                access_log off; client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
                uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
                server {{
                    listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
                    location /models/ {{ alias {root}/; }}
                }}
            }}
            """
        )
        return [NGINX, "-e", f"{work}/error.log", "-c", f"{work}/nginx.conf"]

    with started(configured) as port:
        yield f"https://127.0.0.1:{port}/models", certificate


def user_line() -> str:
    # As root nginx would let its workers be somebody who may not read the folders of the tests.
    return "user root;" if os.geteuid() == 0 else ""


@contextmanager
def answering(answer):
    """An HTTP server whose every request is answered by ``answer(handler)``; its address, and the paths asked for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            server.asked.append(self.path)
            try:
                answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler, status, body=b"", **headers):
    """One plain answer; underscores in names of headers stand for dashes."""
    handler.send_response(status)
    fields = {"Content_Length": str(len(body)), **headers}
    for name, value in fields.items():
        if value is not None:
            handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)
