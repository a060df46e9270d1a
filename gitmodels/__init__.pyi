# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels import artifacts as artifacts
from gitmodels import catboost as catboost
from gitmodels import client as client
from gitmodels import config as config
from gitmodels import data as data
from gitmodels import entities as entities
from gitmodels import exceptions as exceptions
from gitmodels import h2o as h2o
from gitmodels import keras as keras
from gitmodels import lightgbm as lightgbm
from gitmodels import models as models
from gitmodels import onnx as onnx
from gitmodels import pmdarima as pmdarima
from gitmodels import prophet as prophet
from gitmodels import protos as protos
from gitmodels import pyfunc as pyfunc
from gitmodels import pytorch as pytorch
from gitmodels import sentence_transformers as sentence_transformers
from gitmodels import sklearn as sklearn
from gitmodels import spacy as spacy
from gitmodels import spark as spark
from gitmodels import statsmodels as statsmodels
from gitmodels import store as store
from gitmodels import tensorflow as tensorflow
from gitmodels import tracking as tracking
from gitmodels import transformers as transformers
from gitmodels import types as types
from gitmodels import xgboost as xgboost
from gitmodels.api.autologging import autolog as autolog
from gitmodels.api.client import Client as Client
from gitmodels.api.client import MlflowClient as MlflowClient
from gitmodels.api.config import disable_system_metrics_logging as disable_system_metrics_logging
from gitmodels.api.config import doctor as doctor
from gitmodels.api.config import enable_system_metrics_logging as enable_system_metrics_logging
from gitmodels.api.config import flush_artifact_async_logging as flush_artifact_async_logging
from gitmodels.api.config import flush_async_logging as flush_async_logging
from gitmodels.api.config import set_system_metrics_node_id as set_system_metrics_node_id
from gitmodels.api.config import set_system_metrics_samples_before_logging as set_system_metrics_samples_before_logging
from gitmodels.api.config import set_system_metrics_sampling_interval as set_system_metrics_sampling_interval
from gitmodels.api.evaluation import evaluate as evaluate
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
from gitmodels.api.fluent_artifacts import get_artifact_uri as get_artifact_uri
from gitmodels.api.fluent_artifacts import load_table as load_table
from gitmodels.api.fluent_artifacts import log_artifact as log_artifact
from gitmodels.api.fluent_artifacts import log_artifacts as log_artifacts
from gitmodels.api.fluent_artifacts import log_dict as log_dict
from gitmodels.api.fluent_artifacts import log_figure as log_figure
from gitmodels.api.fluent_artifacts import log_image as log_image
from gitmodels.api.fluent_artifacts import log_stream as log_stream
from gitmodels.api.fluent_artifacts import log_table as log_table
from gitmodels.api.fluent_artifacts import log_text as log_text
from gitmodels.api.fluent_experiments import create_experiment as create_experiment
from gitmodels.api.fluent_experiments import delete_experiment as delete_experiment
from gitmodels.api.fluent_experiments import delete_experiment_tag as delete_experiment_tag
from gitmodels.api.fluent_experiments import get_experiment as get_experiment
from gitmodels.api.fluent_experiments import get_experiment_by_name as get_experiment_by_name
from gitmodels.api.fluent_experiments import restore_experiment as restore_experiment
from gitmodels.api.fluent_experiments import search_experiments as search_experiments
from gitmodels.api.fluent_experiments import search_runs as search_runs
from gitmodels.api.fluent_experiments import set_experiment_tag as set_experiment_tag
from gitmodels.api.fluent_experiments import set_experiment_tags as set_experiment_tags
from gitmodels.api.fluent_logging import delete_tag as delete_tag
from gitmodels.api.fluent_logging import log_input as log_input
from gitmodels.api.fluent_logging import log_inputs as log_inputs
from gitmodels.api.fluent_logging import log_metric as log_metric
from gitmodels.api.fluent_logging import log_metrics as log_metrics
from gitmodels.api.fluent_logging import log_outputs as log_outputs
from gitmodels.api.fluent_logging import log_param as log_param
from gitmodels.api.fluent_logging import log_params as log_params
from gitmodels.api.fluent_logging import set_tag as set_tag
from gitmodels.api.fluent_logging import set_tags as set_tags
from gitmodels.api.fluent_models import delete_logged_model_tag as delete_logged_model_tag
from gitmodels.api.fluent_models import get_active_model_id as get_active_model_id
from gitmodels.api.fluent_models import get_logged_model as get_logged_model
from gitmodels.api.fluent_models import last_logged_model as last_logged_model
from gitmodels.api.fluent_models import log_model_params as log_model_params
from gitmodels.api.fluent_models import search_logged_models as search_logged_models
from gitmodels.api.fluent_models import set_logged_model_tags as set_logged_model_tags
from gitmodels.api.fluent_registry import search_model_versions as search_model_versions
from gitmodels.api.fluent_registry import search_registered_models as search_registered_models
from gitmodels.api.fluent_registry import set_model_version_tag as set_model_version_tag
from gitmodels.api.fluent_runs import ActiveRun as ActiveRun
from gitmodels.api.fluent_runs import active_run as active_run
from gitmodels.api.fluent_runs import delete_run as delete_run
from gitmodels.api.fluent_runs import end_run as end_run
from gitmodels.api.fluent_runs import get_parent_run as get_parent_run
from gitmodels.api.fluent_runs import get_run as get_run
from gitmodels.api.fluent_runs import last_active_run as last_active_run
from gitmodels.api.fluent_runs import restore_run as restore_run
from gitmodels.api.fluent_runs import set_experiment as set_experiment
from gitmodels.api.fluent_runs import start_run as start_run
from gitmodels.api.looking_back import at as at
from gitmodels.api.tensor_reading import list_tensors as list_tensors
from gitmodels.api.tensor_reading import load_tensor as load_tensor

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
    "at",
    "autolog",
    "catboost",
    "client",
    "config",
    "create_experiment",
    "data",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_logged_model_tag",
    "delete_run",
    "delete_tag",
    "disable_system_metrics_logging",
    "doctor",
    "enable_system_metrics_logging",
    "end_run",
    "entities",
    "evaluate",
    "exceptions",
    "flush_artifact_async_logging",
    "flush_async_logging",
    "get_active_model_id",
    "get_artifact_uri",
    "get_experiment",
    "get_experiment_by_name",
    "get_logged_model",
    "get_parent_run",
    "get_registry_uri",
    "get_run",
    "get_tracking_uri",
    "h2o",
    "init",
    "is_tracking_uri_set",
    "keras",
    "last_active_run",
    "last_logged_model",
    "lightgbm",
    "list_tensors",
    "load_table",
    "load_tensor",
    "log_artifact",
    "log_artifacts",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_inputs",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_model_params",
    "log_outputs",
    "log_param",
    "log_params",
    "log_stream",
    "log_table",
    "log_text",
    "models",
    "onnx",
    "pmdarima",
    "promote",
    "prophet",
    "protos",
    "pyfunc",
    "pytorch",
    "register_model",
    "restore_experiment",
    "restore_run",
    "rollback",
    "search_experiments",
    "search_logged_models",
    "search_model_versions",
    "search_registered_models",
    "search_runs",
    "sentence_transformers",
    "set_experiment",
    "set_experiment_tag",
    "set_experiment_tags",
    "set_logged_model_tags",
    "set_model_version_tag",
    "set_registry_uri",
    "set_system_metrics_node_id",
    "set_system_metrics_samples_before_logging",
    "set_system_metrics_sampling_interval",
    "set_tag",
    "set_tags",
    "set_tracking_uri",
    "sklearn",
    "spacy",
    "spark",
    "start_run",
    "statsmodels",
    "store",
    "tensorflow",
    "tracking",
    "transformers",
    "types",
    "xgboost",
]
