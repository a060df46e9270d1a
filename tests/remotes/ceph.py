"""A real S3 server for the heavy tests: Ceph's gateway over one monitor and one store in memory. No cluster is touched.

``apt-get install ceph-mon ceph-osd radosgw ceph-common`` brings what it needs; it is up within twenty seconds.
"""

import json
import shutil
import subprocess
import tempfile
import time
import uuid
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.remotes.servers import started

_PROGRAMS = ("monmaptool", "ceph-mon", "ceph-osd", "ceph", "radosgw", "radosgw-admin")
_CONFIGURATION = """
[global]
fsid = {cluster}
mon_host = v1:127.0.0.1:{port}
public_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
keyring = /dev/null
mon_data = {root}/mon
osd_data = {root}/osd
run_dir = {root}
admin_socket = {root}/$name.asok
log_file = {root}/$name.log
rgw_data = {root}/rgw
pid_file =
osd_objectstore = memstore
memstore_device_bytes = 1073741824
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_data_avail_crit = 0
mon_data_avail_warn = 0
[client]
admin_socket =
"""


def is_here() -> bool:
    """Whether all of its programs are installed."""
    return all(map(shutil.which, _PROGRAMS))


@contextmanager
def gateway():
    """The address of its endpoint, with the bucket ``models`` for the user ``someone``."""
    # The paths of sockets are short, those of tests are not.
    with tempfile.TemporaryDirectory(prefix="ceph-") as folder, ExitStack() as running:
        root = Path(folder)
        configuration = ["-c", str(root / "ceph.conf")]

        def run(program, *arguments):
            command = [program, *configuration, *arguments]
            subprocess.run(command, check=True, capture_output=True, timeout=120)

        running.enter_context(started(lambda port: _monitor(root, port, run)))
        disk = str(uuid.uuid4())
        run("ceph", "osd", "new", disk)
        (root / "osd").mkdir()
        run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        running.enter_context(_store(configuration))
        served = ["radosgw", *configuration, "-f", "-n", "client.admin"]
        port = running.enter_context(
            started(lambda port: [*served, f"--rgw-frontends=beast endpoint=127.0.0.1:{port}"])
        )
        keys = ["--access-key", "someone", "--secret-key", "something"]
        run("radosgw-admin", "user", "create", "--uid", "someone", "--display-name", "someone", *keys)
        endpoint = f"http://127.0.0.1:{port}"
        _make_bucket(endpoint)
        yield endpoint


def _monitor(root, port, run):
    cluster = str(uuid.uuid4())
    shutil.rmtree(root / "mon", ignore_errors=True)
    (root / "mon").mkdir()
    (root / "ceph.conf").write_text(_CONFIGURATION.format(cluster=cluster, port=port, root=root))
    place = f"v1:127.0.0.1:{port}"
    made = ["--create", "--clobber", "--fsid", cluster, "--addv", "a", f"[{place}]", str(root / "monmap")]
    subprocess.run(["monmaptool", *made], check=True, capture_output=True, timeout=120)
    run("ceph-mon", "-i", "a", "--mkfs", "--monmap", str(root / "monmap"))
    return ["ceph-mon", "-c", str(root / "ceph.conf"), "-i", "a", "-f", "--public-addr", place]


@contextmanager
def _store(configuration):
    """The store, once the monitor says that it is up.

    One that asks the monitor before it has learned which cluster that is of ends at once: it is started again.
    """
    asking = ["ceph", *configuration, "osd", "stat", "-f", "json"]
    for _ in range(5):
        store = subprocess.Popen(
            ["ceph-osd", *configuration, "-i", "0", "-f"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            deadline = time.monotonic() + 60
            while store.poll() is None and time.monotonic() < deadline:
                told = subprocess.run(asking, check=True, capture_output=True, timeout=120)
                if json.loads(told.stdout)["num_up_osds"]:
                    yield
                    return
                time.sleep(0.2)
        finally:
            store.kill()
            store.wait()
    raise AssertionError("ceph-osd does not come up")


def _make_bucket(endpoint: str) -> None:
    import boto3  # moto brings it

    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="someone",
        aws_secret_access_key="something",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="models")
    client.close()
