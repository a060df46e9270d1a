"""The python_function flavor: a class, a plain function, a code file, or a loader module with data.

Saved so that MLflow's ``mlflow.pyfunc.load_model`` reads the directory, with nothing in it that changes from one
logging to the next. This room knows Python objects and the files it writes; nothing of signatures, stores or trust.
"""

import bz2
import gzip
import importlib
import inspect
import lzma
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid, InvalidModel, MissingDependency, NotSupported, Untrusted
from gitmodels.flavors import code_model, mlflow_names, pickling
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.model_files import check_relative, copy_into, inside
from gitmodels.flavors.python_model import FunctionModel, PythonModel, PythonModelContext
from gitmodels.flavors.type_hints import to_hint

NAME = "python_function"
PACKAGES = ("cloudpickle",)
FORMATS = {"cloudpickle": "pickle", "code file": "python-code", "loader module": "python-code"}
PICKLE = "python_model.pkl"
PICKLE_LOADER = "mlflow.pyfunc.model"
CODE_LOADER = "mlflow.pyfunc.loaders.code_model"
_OPEN: dict[str | None, Callable[..., Any]] = {None: open, "gzip": gzip.open, "bzip2": bz2.open, "lzma": lzma.open}


class LoadedModel:
    """A PythonModel with the context it was loaded in; what its methods take is looked up once."""

    def __init__(self, python_model: Any, context: PythonModelContext) -> None:
        self.python_model = python_model
        self.context = context
        self._input_hint = getattr(getattr(python_model, "predict_type_hints", None), "input", None)
        self._takes: dict[str, tuple[Any, bool, bool]] = {}

    def call(self, method: str, data: Any, params: Config) -> Any:
        """``method`` of the model with the arguments it asks for."""
        function, context_first, with_params = self._takes.get(method) or self._look_up(method)
        if self._input_hint is not None:
            data = to_hint(data, self._input_hint)
        given = {"params": dict(params) or None} if with_params else {}
        return function(self.context, data, **given) if context_first else function(data, **given)

    def _look_up(self, method: str) -> tuple[Any, bool, bool]:
        # A function is called itself: its wrapper would look at its parameters again on every call.
        wraps = isinstance(self.python_model, FunctionModel) and method == "predict"
        function = self.python_model.func if wraps else getattr(self.python_model, method, None)
        if method.startswith("_") or not callable(function):
            raise Invalid(f"Model implementation is missing required {method} method.")
        names = _parameters(function)
        self._takes[method] = function, takes_context(names), "params" in names
        return self._takes[method]


def takes_context(names: tuple[str, ...]) -> bool:
    """Whether a ``predict`` with these parameters (``self`` left out) wants the context first.

    >>> takes_context(("context", "model_input", "params")), takes_context(("model_input", "params"))
    (True, False)
    """
    return "context" in names or len([name for name in names if name != "params"]) == 2


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write ``model`` into ``directory``.

    ``model`` is a PythonModel instance, a function, the path of a code file, or None with ``loader_module`` in the
    options. Options: ``artifacts`` (name → local path), ``model_config``, ``loader_module``, ``data_path``,
    ``streamable``. Raises Invalid for anything else.
    """
    pyfunc: dict[str, Any] = {}
    if config := code_model.read_config(options.get("model_config")):
        pyfunc["config"] = config
    if options.get("loader_module") is not None:
        return _save_loader(model, directory, options, pyfunc)
    if options.get("data_path") is not None:
        raise Invalid("data_path goes with loader_module, not with a Python model", hint="use artifacts= for its files")
    if artifacts := options.get("artifacts"):
        pyfunc["artifacts"] = _save_artifacts(artifacts, directory)
    if isinstance(model, str | Path):
        return _save_code(Path(model), directory, options, pyfunc)
    model = as_python_model(model)
    with open(directory / PICKLE, "wb") as stream:
        pickling.dump(model, stream)
    pyfunc |= {
        "loader_module": PICKLE_LOADER,
        "python_model": PICKLE,
        "cloudpickle_version": importlib.import_module("cloudpickle").__version__,
        "streamable": _streamable(model, options),
    }
    return Saved({}, pyfunc, "pickle")


def load(directory: Path, config: Config) -> Any:
    """The model back: RUNS its pickle, code file or loader module. Its ``load_context`` has been called."""
    model_config = dict(config.get("config") or {}) or None
    loader = config.get("loader_module")
    if loader not in (PICKLE_LOADER, CODE_LOADER):
        return _load_with_module(directory, config, model_config)
    if "model_code_path" in config:
        model = _run_code(directory / code_file(config), model_config)
    else:
        model = _unpickle(directory, config)
    artifacts = {
        name: str(inside(directory, entry.get("path"), f"artifact {name}"))
        for name, entry in (config.get("artifacts") or {}).items()
    }
    model = as_python_model(model)
    context = PythonModelContext(artifacts, model_config)
    model.load_context(context)
    return LoadedModel(model, context)


def predict(model: Any, data: Any, params: Config) -> Any:
    """The model's answer; ``model`` is what ``load`` gave."""
    if isinstance(model, LoadedModel):
        return model.call("predict", data, params)
    names = _parameters(model.predict)
    return model.predict(data, params=dict(params) or None) if "params" in names else model.predict(data)


def predict_stream(model: Any, data: Any, params: Config) -> Any:
    """The model's answer piece by piece; ``model`` is what ``load`` gave."""
    if isinstance(model, LoadedModel):
        return model.call("predict_stream", data, params)
    names = _parameters(model.predict_stream)
    return model.predict_stream(data, params=dict(params) or None) if "params" in names else model.predict_stream(data)


def code_execution(directory: Path, config: Config) -> str:
    """``python-code`` for a code file, a loader module or a ``code`` folder; ``pickle`` else. Reads no file."""
    if config.get("loader_module") == PICKLE_LOADER and "model_code_path" not in config and not config.get("code"):
        return "pickle"
    return "python-code"


def as_python_model(model: Any) -> Any:
    """``model`` as a PythonModel: itself when it has the methods, wrapped when it is a function."""
    if isinstance(model, type):
        raise Invalid(f"python_model is the class {model.__name__}, not an instance", hint=f"pass {model.__name__}()")
    if isinstance(model, PythonModel) or (hasattr(model, "load_context") and hasattr(model, "predict")):
        return model
    if not callable(model):
        raise Invalid(
            f"python_model is a PythonModel, a function or the path of a code file, not {type(model).__name__}",
            hint="derive the class from gitmodels.pyfunc.PythonModel",
        )
    names = _parameters(model)
    if not names or [name for name in names[1:] if name != "params"]:
        raise Invalid("a function used as a model takes model_input, and params if it wants them")
    return FunctionModel(model)


def code_file(config: Config) -> str:
    """The name of the code file inside the directory. MLflow writes where it lay at home: only the name counts."""
    path = config.get("model_code_path")
    if not isinstance(path, str) or not path:
        raise InvalidModel("MLmodel: model_code_path is not a path")
    return check_relative(path.replace("\\", "/").rsplit("/", 1)[-1], "model_code_path")


def _parameters(function: Any) -> tuple[str, ...]:
    return tuple(name for name in inspect.signature(function).parameters if name != "self")


def _streamable(model: Any, options: Config) -> bool:
    if options.get("streamable") is not None:
        return bool(options["streamable"])
    own = getattr(type(model), "predict_stream", None)
    return own is not None and own is not PythonModel.predict_stream


def _save_code(source: Path, directory: Path, options: Config, pyfunc: dict[str, Any]) -> Saved:
    if source.suffix != ".py" or not source.is_file():
        raise Invalid(f"python_model names no Python file: {source}", hint="give the path of a .py file that exists")
    copy_into(source, directory / source.name)
    streamable = options.get("streamable")
    pyfunc |= {
        "loader_module": CODE_LOADER,
        "model_code_path": source.name,
        "streamable": code_model.defines(source, "predict_stream") if streamable is None else bool(streamable),
    }
    return Saved({}, pyfunc, "python-code")


def _save_loader(model: Any, directory: Path, options: Config, pyfunc: dict[str, Any]) -> Saved:
    if model is not None or options.get("artifacts"):
        raise Invalid(
            "loader_module and data_path go without python_model and artifacts",
            hint="give either loader_module=, data_path= or python_model=, artifacts=",
        )
    check_loader(options["loader_module"])
    pyfunc |= {"loader_module": options["loader_module"], "streamable": bool(options.get("streamable") or False)}
    if options.get("data_path") is not None:
        source = Path(options["data_path"])
        copy_into(source, directory / "data" / source.name)
        pyfunc["data"] = f"data/{source.name}"
    return Saved({}, pyfunc, "python-code")


def _save_artifacts(artifacts: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    """Copy each artifact to ``artifacts/<file name>``, as MLflow does; under its own name when two file names meet."""
    sources = {name: Path(str(given)) for name, given in sorted(artifacts.items())}
    taken = [source.name.casefold() for source in sources.values()]
    entries: dict[str, Any] = {}
    for number, (name, source) in enumerate(sources.items()):
        folder = "artifacts" if taken.count(source.name.casefold()) == 1 else f"artifacts/_{number}"
        path = check_relative(f"{folder}/{source.name}", f"artifact {name}")
        copy_into(source, directory / path)
        # MLflow notes where the file lay; here that would be the path of a machine, so the note is the copy's.
        entries[name] = {"path": path, "uri": path}
    return entries


def _unpickle(directory: Path, config: Config) -> Any:
    path = inside(directory, config.get("python_model"), "python_model")
    compression = config.get("python_model_compression")
    if compression not in _OPEN:
        raise InvalidModel(f"MLmodel: python_model_compression is unknown: {str(compression)[:40]!r}")
    try:
        with _OPEN[compression](path, "rb") as stream:
            return pickling.load(stream)
    except (gzip.BadGzipFile, lzma.LZMAError) as error:
        raise InvalidModel(f"the model's pickle cannot be read: {path.name} is damaged") from error


def _run_code(path: Path, model_config: Mapping[str, Any] | None) -> Any:
    inside(path.parent, path.name, "model_code_path")
    around = nullcontext if pickling.mlflow_answered() else mlflow_names.standing_in
    return code_model.run(path, model_config, around)


def check_loader(name: object) -> str:
    """``name`` when it may be imported as a loader module once trust is given: never Python's own, never ours."""
    parts = name.split(".") if isinstance(name, str) else []
    if not parts or not all(part.isidentifier() for part in parts):
        raise InvalidModel(f"loader_module is not the name of a module: {str(name)[:80]!r}")
    if parts[0] in sys.stdlib_module_names or parts[0] in sys.builtin_module_names or parts[0] == "gitmodels":
        raise Untrusted(f"loader_module {name} is no loader of models and is never imported")
    if parts[0] == "mlflow":
        raise NotSupported(
            f"the flavor behind {name} is not in this gitmodels", hint="load the directory with mlflow itself"
        )
    return str(name)


def _load_with_module(directory: Path, config: Config, model_config: Mapping[str, Any] | None) -> Any:
    name = check_loader(config.get("loader_module"))
    data = inside(directory, config["data"], "data") if config.get("data") else directory
    try:
        loader = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f"the model's loader module {name} cannot be imported: no module named {error.name}",
            hint="install it, or log the model with code_paths=[…] that hold it",
        ) from error
    if not hasattr(loader, "_load_pyfunc"):
        raise InvalidModel(f"the loader module {name} has no function _load_pyfunc")
    return loader._load_pyfunc(str(data), dict(model_config)) if model_config else loader._load_pyfunc(str(data))
