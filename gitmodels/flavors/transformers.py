"""The transformers flavor: a pipeline as its model and components, in safetensors; nothing is fetched.

It knows transformers and MLflow's keys for it; nothing of signatures, stores or trust.
"""

from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid, InvalidModel, NotSupported
from gitmodels.flavors import hub_files
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, only, reading
from gitmodels.flavors.model_files import inside

NAME = "transformers"
PACKAGES = ("transformers", "torch")
FORMATS = {"safetensors": "none", "code of others": "python-code"}
COMPONENTS = ("tokenizer", "feature_extractor", "image_processor")
# Pipelines that predict through python_function here; others load, and predict as pipelines.
TASKS = ("fill-mask", "text-classification")


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write a pipeline, or a dictionary of model and components with a ``task``, as ``model`` and ``components``."""
    library = framework("transformers", "transformers")
    only(options, ["task", "save_pretrained", "model_config"], NAME)
    if options.get("save_pretrained") is False:
        raise Invalid("a transformers model is kept with its weights", hint="leave save_pretrained out")
    if isinstance(model, dict):
        if not options.get("task"):
            raise Invalid("components of a transformers model need a task", hint="task='text-classification'")
        model = library.pipeline(options["task"], **model)
    if not hasattr(model, "task"):
        raise Invalid(
            f"the transformers flavor keeps a pipeline, not a {type(model).__name__}", hint="pipeline(task, …)"
        )
    model.model.save_pretrained(directory / "model")
    kept = [name for name in COMPONENTS if getattr(model, name, None) is not None]
    config = {"task": model.task, "instance_type": type(model).__name__, "model_binary": "model", "components": kept}
    source = str(model.model.name_or_path)
    config |= {"pipeline_model_type": type(model.model).__name__}
    config |= {"source_model_name": "" if Path(source).exists() else source}
    for name in kept:
        getattr(model, name).save_pretrained(directory / "components" / name)
        config[f"{name}_type"] = type(getattr(model, name)).__name__
    pyfunc = {"loader_module": "mlflow.transformers"} if model.task in TASKS else {}
    if pyfunc and options.get("model_config"):
        pyfunc["config"] = options["model_config"]
    return Saved(config, pyfunc, code_execution(directory, config))


def load(directory: Path, config: Config) -> Any:
    """The pipeline back, from its folders alone."""
    if not config.get("model_binary"):
        raise NotSupported("the model only names where its weights are, and nothing is fetched", hint="save it whole")
    path = inside(directory, config["model_binary"], "model_binary")
    library = framework("transformers", "transformers")
    parts = {"model": _part(library, config.get("pipeline_model_type"), path)}
    for name in config.get("components") or []:
        if name not in COMPONENTS:
            raise InvalidModel(f"MLmodel: no component of a pipeline: {str(name)[:40]!r}")
        place = inside(directory, f"components/{name}", "components")
        parts[name] = _part(library, config.get(f"{name}_type"), place)
    with reading("the transformers pipeline"):
        return library.pipeline(config.get("task"), **parts)


def predict(model: Any, data: Any, params: Config) -> Any:
    """Labels with scores as a DataFrame, or the best word for each mask, for the texts of the first column."""
    if model.task not in TASKS:
        raise NotSupported(f"a {model.task} pipeline does not predict as python_function", hint="load it natively")
    texts = data.iloc[:, 0].tolist() if hasattr(data, "columns") else data
    found = model(texts, **params)
    if model.task == "fill-mask":
        return [(each[0] if isinstance(each, list) else each)["token_str"] for each in found]
    return framework("pandas", "pandas").DataFrame(found)


def code_execution(directory: Path, config: Config) -> str:
    """``none`` for folders of words, numbers and tensors; a model that only names its source is remote code."""
    if not config.get("model_binary"):
        return "remote-code"
    folders = [inside(directory, config["model_binary"], "model_binary")]
    folders += [inside(directory, f"components/{name}", "components") for name in config.get("components") or []]
    return "none" if all(hub_files.is_plain(folder) for folder in folders) else "python-code"


def _part(library: Any, name: object, path: Path) -> Any:
    """A class of transformers itself, read from ``path``. Raises InvalidModel for any other name."""
    kind = getattr(library, name, None) if isinstance(name, str) and name.isidentifier() else None
    if not isinstance(kind, type) or not hasattr(kind, "from_pretrained"):
        raise InvalidModel(f"MLmodel: not a class of transformers: {str(name)[:80]!r}")
    with reading(f"the {name} in {path.name}"):
        return kind.from_pretrained(path, local_files_only=True, trust_remote_code=False)
