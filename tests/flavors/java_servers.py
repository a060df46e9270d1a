"""The Java servers that H2O and Spark work in, as tests start them: small, on this machine only, ended by who began.

It knows nothing of gitmodels: MLflow's process in tests/e2e starts them too.
"""

import os
import socket
from pathlib import Path
from typing import Any


def h2o(config: Path | None = None) -> Any:
    """H2O, connected to a server of this process on a port where nobody listens; one thread and 1 GB.

    ``config`` is a ``.h2oconfig`` to write, by which a plain ``h2o.init()`` in its folder finds the same server.
    """
    import h2o

    connection = h2o.connection()
    if connection is None or not connection.connected:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        name = f"gitmodels-{os.getpid()}"
        h2o.init(ip="127.0.0.1", port=port, name=name, nthreads=1, max_mem_size="1G", verbose=False)
        h2o.no_progress()
    if config is not None:
        config.write_text(f"[init]\nurl = {h2o.connection().base_url}\n")
    return h2o


def stop_h2o() -> None:
    """End the server that ``h2o`` began."""
    import h2o

    connection = h2o.connection()
    if connection is not None and connection.connected:
        h2o.cluster().shutdown()


def spark() -> Any:
    """A session of Spark in this process: one core and 1 GB, on this machine only."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "1",
    }
    return SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()


def stop_spark() -> None:
    """End the session and the server that ``spark`` began."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
    gateway, SparkContext._gateway, SparkContext._jvm = SparkContext._gateway, None, None
    if gateway is not None:
        gateway.shutdown()
        # The server ends when what it reads from does.
        gateway.proc.stdin.close()
        gateway.proc.wait(30)
