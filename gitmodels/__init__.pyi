# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels import artifacts as artifacts
from gitmodels import client as client
from gitmodels import entities as entities
from gitmodels import exceptions as exceptions
from gitmodels import models as models
from gitmodels import pyfunc as pyfunc
from gitmodels import sklearn as sklearn
from gitmodels import tracking as tracking
from gitmodels import types as types
from gitmodels.api.client import Client as Client
from gitmodels.api.client import MlflowClient as MlflowClient
from gitmodels.api.exceptions import GitModelsError as GitModelsError
from gitmodels.api.exceptions import MlflowException as MlflowException
from gitmodels.api.fluent import get_registry_uri as get_registry_uri
from gitmodels.api.fluent import get_tracking_uri as get_tracking_uri
from gitmodels.api.fluent import init as init
from gitmodels.api.fluent import is_tracking_uri_set as is_tracking_uri_set
from gitmodels.api.fluent import log_model as log_model
from gitmodels.api.fluent import promote as promote
from gitmodels.api.fluent import register_model as register_model
from gitmodels.api.fluent import rollback as rollback
from gitmodels.api.fluent import set_registry_uri as set_registry_uri
from gitmodels.api.fluent import set_tracking_uri as set_tracking_uri
from gitmodels.api.fluent_runs import ActiveRun as ActiveRun
from gitmodels.api.fluent_runs import active_run as active_run
from gitmodels.api.fluent_runs import delete_tag as delete_tag
from gitmodels.api.fluent_runs import end_run as end_run
from gitmodels.api.fluent_runs import get_run as get_run
from gitmodels.api.fluent_runs import last_active_run as last_active_run
from gitmodels.api.fluent_runs import log_metric as log_metric
from gitmodels.api.fluent_runs import log_metrics as log_metrics
from gitmodels.api.fluent_runs import log_param as log_param
from gitmodels.api.fluent_runs import log_params as log_params
from gitmodels.api.fluent_runs import set_experiment as set_experiment
from gitmodels.api.fluent_runs import set_tag as set_tag
from gitmodels.api.fluent_runs import set_tags as set_tags
from gitmodels.api.fluent_runs import start_run as start_run

__version__: str

__all__ = [
    "ActiveRun",
    "Client",
    "GitModelsError",
    "MlflowClient",
    "MlflowException",
    "__version__",
    "active_run",
    "artifacts",
    "client",
    "delete_tag",
    "end_run",
    "entities",
    "exceptions",
    "get_registry_uri",
    "get_run",
    "get_tracking_uri",
    "init",
    "is_tracking_uri_set",
    "last_active_run",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_param",
    "log_params",
    "models",
    "promote",
    "pyfunc",
    "register_model",
    "rollback",
    "set_experiment",
    "set_registry_uri",
    "set_tag",
    "set_tags",
    "set_tracking_uri",
    "sklearn",
    "start_run",
    "tracking",
    "types",
]
