"""Trying a model before it serves: the request of its example, and what it answers. MLflow's names.

Everything runs in this process unless an environment is asked for. What a request is, is known below.
"""

import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gitmodels import flavors
from gitmodels.api import loading
from gitmodels.api.predicting import CONTENT_TYPES, plain
from gitmodels.errors import Invalid
from gitmodels.mlmodel import payload, requirements
from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.example import serving_input
from gitmodels.mlmodel.jsonable import to_jsonable
from gitmodels.mlmodel.predictor import PyFuncModel
from gitmodels.mlmodel.requirements import Overrides
from gitmodels.mlmodel.types import Schema

__all__ = [
    "convert_input_example_to_serving_input",
    "infer_pip_requirements",
    "predict",
    "validate_schema",
    "validate_serving_input",
]

_ELSEWHERE = ("virtualenv", "conda", "uv")


def convert_input_example_to_serving_input(input_example: Any) -> str | None:
    """The JSON text that a scoring server takes for ``input_example``; None without one.

    >>> json.loads(convert_input_example_to_serving_input({"a": [1]}))
    {'inputs': {'a': [1]}}
    """
    return serving_input(input_example)


def validate_serving_input(model_uri: str | os.PathLike[str], serving_input: str | dict[str, Any]) -> Any:
    """What the model answers for a request, given as JSON text or as a dict. Raises what a server would refuse."""
    body = serving_input if isinstance(serving_input, str) else json.dumps(to_jsonable(serving_input))
    return _answer(loading.load_pyfunc(model_uri), body.encode(), "json")


def validate_schema(data: Any, expected_schema: Schema) -> None:
    """Nothing when ``data`` fits ``expected_schema``; SchemaMismatch, without the data in its text, when not."""
    enforce_schema(data, expected_schema)


def infer_pip_requirements(
    model_uri: str | os.PathLike[str],
    flavor: str,
    fallback: Sequence[str] | None = None,
    timeout: int | None = None,
    extra_env_vars: dict[str, str] | None = None,
    uv_project_dir: Any = None,
    uv_groups: Any = None,
    uv_extras: Any = None,
) -> list[str]:
    """The pinned packages that a model needs, from what it imports once loaded in this process.

    ``fallback`` answers where the model cannot be loaded; without it the error is raised. ``uv_project_dir`` is a
    folder whose ``uv.lock`` answers instead.
    """
    if uv_project_dir is not None:
        given = Overrides(uv_project=uv_project_dir, uv_groups=uv_groups or (), uv_extras=uv_extras or ())
        return list(requirements.capture(None, overrides=given).pip)
    name = flavors.behind(f"mlflow.{flavor}") or flavor
    try:
        model = loading.load_native(model_uri, name)
    except Exception:
        if fallback is None:
            raise
        return list(fallback)
    return list(requirements.capture(model, packages=flavors.get(name).PACKAGES).pip)


def predict(
    model_uri: str | os.PathLike[str],
    input_data: Any = None,
    input_path: str | os.PathLike[str] | None = None,
    content_type: str = "json",
    output_path: str | os.PathLike[str] | None = None,
    env_manager: str = "virtualenv",
    install_mlflow: bool = False,
    pip_requirements_override: Sequence[str] | None = None,
    extra_envs: dict[str, str] | None = None,
) -> str | None:
    """Predict for ``input_data`` or the file ``input_path`` (``content_type``: json or csv).

    The answer is MLflow's JSON (``{"predictions": …}``): written to ``output_path``, or given back. ``env_manager``
    ``uv``, or ``pip_requirements_override``, builds the model's environment with uv for the moment, where
    ``extra_envs`` are variables; ``local`` predicts in this process, and so do the other two, with a warning. Raises
    Invalid, Untrusted and what the model raises.
    """
    if content_type not in ("json", "csv"):
        raise Invalid(f"Content type must be one of ['json', 'csv'], got {content_type!r}")
    if (input_data is None) == (input_path is None):
        raise Invalid("Exactly one of input_data or input_path must be provided")
    if env_manager not in ("local", *_ELSEWHERE):
        raise Invalid(f"Invalid value for `env_manager`: {env_manager}. It is one of local, virtualenv, uv, conda")
    if pip_requirements_override and env_manager == "local":
        raise Invalid("pip_requirements_override needs an environment of its own", hint="env_manager='uv' builds one")
    body = Path(input_path).read_bytes() if input_path is not None else _body(input_data, content_type)
    if env_manager == "uv" or pip_requirements_override:
        from gitmodels.api import environments

        opened, extra = loading.open_model(model_uri), pip_requirements_override or ()
        found = environments.predict_opened(opened, body, content_type, extra, extra_envs)
    else:
        if env_manager != "local":
            warnings.warn(
                f"env_manager={env_manager!r} is not used: the model predicts in this process; 'uv' builds its own",
                UserWarning,
                stacklevel=2,
            )
        found = plain(_answer(loading.load_pyfunc(model_uri), body, content_type))
    answer = json.dumps({"predictions": found})
    if output_path is None:
        return answer
    Path(output_path).write_text(answer, encoding="utf-8")
    return None


def _answer(model: PyFuncModel, body: bytes, kind: str) -> Any:
    request = payload.parse_payload(body, CONTENT_TYPES[kind], model.input_schema, model.params_schema)
    return model.predict(request.data, request.params)


def _body(data: Any, content_type: str) -> bytes:
    """The request for data given in memory: text stands as it is, a table becomes CSV, the rest MLflow's JSON."""
    if isinstance(data, str):
        return data.encode()
    if content_type == "csv":
        if not hasattr(data, "to_csv"):
            raise Invalid(f"content_type csv takes CSV text or a DataFrame, not {type(data).__name__}")
        return str(data.to_csv(index=False)).encode()
    if isinstance(data, dict) and (set(payload.FORMATS) & data.keys() or payload.LLM_KEYS & data.keys()):
        return json.dumps(to_jsonable(data)).encode()
    return (serving_input(data) or "").encode()
