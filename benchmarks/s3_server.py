"""An S3 server on this machine: moto's, which keeps what it gets in memory or temporary files.

It is slower than those that people run, and as slow for obstore alone as for us, so that only the ratio tells. Ceph's,
which the tests use where it is installed, brings a cluster with it; rclone's answers no ranges.
"""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from measure import Sides

_SECRETS = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "something", "AWS_REGION": "us-east-1"}


@contextmanager
def served(sides: Sides, folder: Path) -> Iterator[dict[str, str]]:
    """The environment that names the server, which has the bucket ``models`` and its temporary files in ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    (folder / "server").mkdir()
    command = [str(sides.peers), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"TMPDIR": f"{folder}/server"}
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and server.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        made = urllib.request.Request(f"{address}/models", method="PUT")
        urllib.request.urlopen(made, timeout=60).close()
        yield os.environ | _SECRETS | {"AWS_ENDPOINT_URL": address}
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder / "server", ignore_errors=True)


def emptied(environment: dict[str, str], prefix: str, python: Path) -> None:
    """Delete what stands below ``prefix``."""
    program = (
        "import sys, obstore; from obstore.store import from_url;"
        "s = from_url(sys.argv[1], client_options={'allow_http': True});"
        "[obstore.delete(s, [each['path'] for each in batch]) for batch in list(obstore.list(s))]"
    )
    subprocess.run([str(python), "-c", program, f"s3://models/{prefix}"], env=environment, check=True)
