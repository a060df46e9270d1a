"""Log one file or folder as an artifact of a run: python mlflow_artifact.py PATH. Run by MLflow's Python."""

import json
import logging
import os
import sys
import time
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

import mlflow  # noqa: E402

path = sys.argv[1]
mlflow.set_tracking_uri("sqlite:///mlflow.db")
with mlflow.start_run():
    log = mlflow.log_artifacts if os.path.isdir(path) else mlflow.log_artifact
    wall, cpu = time.perf_counter(), time.process_time()
    log(path)
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))
