"""Log one file or folder as an artifact of a run: python mlflow_artifact.py PATH. Run by MLflow's Python."""

import logging
import os
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

import mlflow  # noqa: E402

mlflow.set_tracking_uri("sqlite:///mlflow.db")
with mlflow.start_run():
    log = mlflow.log_artifacts if os.path.isdir(sys.argv[1]) else mlflow.log_artifact
    log(sys.argv[1])
