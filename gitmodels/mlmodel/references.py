"""The paths an MLmodel file names: every one of them stays inside the model, or the file is refused.

This room knows under which keys MLflow and its flavors write paths; it opens none of them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gitmodels.errors import InvalidModel
from gitmodels.flavors.model_files import check_relative

_KEYS = ("model_path", "data", "code", "python_model", "pickled_model", "model_data", "model_binary")


def check(flavors: Mapping[str, Mapping[str, Any]], example: Mapping[str, Any] | None) -> None:
    """Nothing when all paths of the flavors and of the input example stay inside. Raises InvalidModel."""
    for name, config in flavors.items():
        for key, path in _of_flavor(config):
            check_relative(path, f"flavors.{name}.{key}")
    for key in ("artifact_path", "serving_input_path"):
        if (path := (example or {}).get(key)) is not None:
            check_relative(path, f"saved_input_example_info.{key}")


def _of_flavor(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in _KEYS:
        if config.get(key) is not None:
            yield key, config[key]
    env = config.get("env")
    for kind, path in env.items() if isinstance(env, dict) else [("conda", env)]:
        if path is not None:
            yield f"env.{kind}", path
    artifacts = config.get("artifacts") or {}
    if not isinstance(artifacts, dict) or not all(isinstance(entry, dict) for entry in artifacts.values()):
        raise InvalidModel("MLmodel: artifacts is not a mapping of names to files")
    for name, entry in artifacts.items():
        yield f"artifacts.{name}", entry.get("path")
    extra_files = config.get("extra_files") or []
    if not isinstance(extra_files, list) or not all(isinstance(entry, dict) for entry in extra_files):
        raise InvalidModel("MLmodel: extra_files is not a list of files")
    for entry in extra_files:
        yield "extra_files", entry.get("path")
    code = config.get("model_code_path")
    if isinstance(code, str) and ".." in code.replace("\\", "/").split("/"):
        # MLflow writes the absolute path at home, of which only the name counts; going up is never meant.
        yield "model_code_path", code
