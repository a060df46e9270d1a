"""Where each fact of a run stands in the tree under ``refs/gitmodels/runs/<clone id>``. Names only, no reading.

    runs/<xx>/<run id>/run.yaml  metrics.yaml  artifacts.yaml
    runs/<xx>/<logging id>/models/<name>/<model id>/model.yaml  manifest.yaml  MLmodel …
    models/<yy>/<model id>/<logging id>.yaml
    experiments/<experiment id>.yaml

``<xx>`` are the first two digits of the id, ``<yy>`` those behind ``m-``; a model's name is encoded as everywhere.
"""

from gitmodels.errors import Invalid, RunNotFound
from gitmodels.names import encode
from gitmodels.patterns import pattern

# Of every file of this room and of the journals.
FORMAT = 1

REFS = "refs/gitmodels/runs/"
RUNS, MODELS, EXPERIMENTS = "runs", "models", "experiments"
RUN, HISTORY, ARTIFACTS, MODEL, MANIFEST = "run.yaml", "metrics.yaml", "artifacts.yaml", "model.yaml", "manifest.yaml"
OWN_MODEL_FILES = frozenset({MODEL, MANIFEST})

_RUN_ID = pattern(r"[0-9a-f]{32}")
_MODEL_ID = pattern(r"m-[0-9a-f]{32}")
_EXPERIMENT_ID = pattern(r"0|[1-9][0-9]{0,24}")


def check_run_id(run_id: object) -> str:
    """``run_id`` if it has the form of one (32 hex digits); raises RunNotFound otherwise, as MLflow answers."""
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise RunNotFound(f"Run '{str(run_id)[:80]}' not found")
    return run_id


def is_run_id(name: str) -> bool:
    """Whether a name in the tree is a run's or a logging's."""
    return _RUN_ID.fullmatch(name) is not None


def run_folder(run_id: str) -> str:
    """The folder of one run or logging."""
    return f"{RUNS}/{run_id[:2]}/{run_id}"


def run_file(run_id: str, name: str = RUN) -> str:
    """A file of one run."""
    return f"{run_folder(run_id)}/{name}"


def model_names_folder(logging_id: str) -> str:
    """The folder of the names under which a run logged models."""
    return f"{run_folder(logging_id)}/models"


def model_name_folder(logging_id: str, name: str) -> str:
    """The folder of what a run logged as ``name``: one folder for each content."""
    return f"{model_names_folder(logging_id)}/{encode(name)}"


def model_folder(logging_id: str, name: str, model_id: str) -> str:
    """The folder of one logging's record and readable files."""
    return f"{model_name_folder(logging_id, name)}/{check_model_id(model_id)}"


def pointers_folder(model_id: str) -> str:
    """The folder of everything that has to do with one content."""
    return f"{MODELS}/{check_model_id(model_id)[2:4]}/{model_id}"


def pointer_file(model_id: str, logging_id: str) -> str:
    """The pointer from a content to one run or logging."""
    return f"{pointers_folder(model_id)}/{logging_id}.yaml"


def experiment_file(experiment_id: str) -> str:
    """The record of one experiment."""
    if not _EXPERIMENT_ID.fullmatch(experiment_id):
        raise Invalid(f"not an experiment id: {experiment_id[:80]!r}")
    return f"{EXPERIMENTS}/{experiment_id}.yaml"


def is_experiment_id(text: str) -> bool:
    """Whether ``text`` has the form of an experiment's id."""
    return _EXPERIMENT_ID.fullmatch(text) is not None


def check_model_id(model_id: object) -> str:
    """``model_id`` if it has the form ``m-<32 hex digits>``; raises Invalid otherwise."""
    if not isinstance(model_id, str) or not _MODEL_ID.fullmatch(model_id):
        raise Invalid(f"not a model id: {str(model_id)[:80]!r}", hint="m- and 32 hex digits, as log_model gives it")
    return model_id
