"""Saving a model as a directory, and loading one: the flavor's files with everything MLflow puts beside them.

The order is the flavor's files, the code, the environment, the example, the signature, and last the MLmodel file. The
directory appears when it is complete. This room knows plain folders; stores and registries are above it.
"""

import copy
import logging
import os
import platform
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gitmodels import flavors
from gitmodels.errors import AlreadyExists, GitModelsError, Invalid, SchemaMismatch
from gitmodels.flavors import PYFUNC
from gitmodels.flavors.base import Flavor, Saved
from gitmodels.flavors.model_files import copy_into
from gitmodels.mlmodel import environment, inferred_code, requirements
from gitmodels.mlmodel.code_path import importing_from
from gitmodels.mlmodel.example_form import has_form, in_form, says_example
from gitmodels.mlmodel.execution import code_execution
from gitmodels.mlmodel.file import NAME, ModelFile
from gitmodels.mlmodel.loaders import load_native
from gitmodels.mlmodel.requirements import Overrides
from gitmodels.objects.staging import explained
from gitmodels.values import frozen, replace

if TYPE_CHECKING:
    from gitmodels.mlmodel.signature import ModelSignature

__all__ = ["PackageOptions", "code_execution", "load_native", "save"]

CODE = "code"
EXTRA_FILES = "extra_files"
_NO_OVERRIDES = Overrides()
_logger = logging.getLogger("gitmodels")


@frozen
class PackageOptions:
    """What goes into a model's directory beside the flavor's own files.

    ``signature``: None infers it from the example and the model's prediction, False leaves it out. ``code_paths`` and
    ``extra_files`` are local files or folders. ``overrides`` are requirements the caller gives; ``cache_dir`` keeps
    the list of installed packages between calls. ``infer_code_paths`` takes the files below the current folder that
    the model imports, in the place of ``code_paths``.
    """

    signature: "ModelSignature | Literal[False] | None" = None
    input_example: Any = None
    code_paths: Sequence[str | os.PathLike[str]] = ()
    extra_files: Sequence[str | os.PathLike[str]] = ()
    metadata: Mapping[str, Any] | None = None
    overrides: Overrides = _NO_OVERRIDES
    cache_dir: Path | None = None
    infer_code_paths: bool = False


_DEFAULTS = PackageOptions()


def save(
    model: Any,
    directory: Path,
    flavor_name: str,
    options: PackageOptions = _DEFAULTS,
    flavor_options: Mapping[str, Any] | None = None,
) -> ModelFile:
    """Write ``model`` as a model directory; the same model and options give the same bytes.

    ``directory`` is new or empty; it appears complete or not at all. ``flavor_options`` are the flavor's own
    keywords. Gives the MLmodel file as a reader sees it. Raises AlreadyExists for a directory with content, and what
    the flavor and the parts raise.
    """
    directory = Path(directory)
    flavor = flavors.get(flavor_name)
    if options.input_example is not None and (shown := getattr(flavor, "example", None)) is not None:
        options = replace(options, input_example=shown(options.input_example))
    with explained("cannot save the model", disk_only=True), _staged(directory) as staging:
        saved = flavor.save(model, staging, flavor_options or {})
        _copy_all(options.code_paths, staging / CODE, code=True)
        extra = _copy_all(options.extra_files, staging / EXTRA_FILES, code=False)
        needed = _requirements(model, flavor, saved, options)
        environment.write(staging, needed)
        _take_local(needed.local_modules, staging / CODE, options)
        file = ModelFile(flavors=_entries(flavor, saved, (staging / CODE).is_dir(), extra))
        file.metadata = None if options.metadata is None else dict(options.metadata)
        _describe(file, model, flavor, staging, options)
        file.model_size_bytes = sum(path.stat().st_size for path in staging.rglob("*") if path.is_file())
        (staging / NAME).write_bytes(file.to_bytes())
        return ModelFile.read(staging)


@contextmanager
def _staged(directory: Path) -> Iterator[Path]:
    """A folder beside ``directory`` that takes its place when the block ends well, and vanishes when it does not.

    Not synced: what must outlast a crash is copied into the object store, which syncs it.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise AlreadyExists(f"Path '{directory}' already exists and is not empty", hint="choose another path")
    directory.parent.mkdir(parents=True, exist_ok=True)
    staging = directory.parent / f".{directory.name[:80]}.{secrets.token_hex(8)}.tmp"
    staging.mkdir()
    try:
        yield staging
        if directory.exists():
            directory.rmdir()
        staging.rename(directory)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _copy_all(sources: Sequence[str | os.PathLike[str]], target: Path, *, code: bool) -> list[str]:
    """The names copied into ``target``, in their order. Raises Invalid when two sources have one name."""
    if isinstance(sources, str | os.PathLike):
        raise Invalid(f"{target.name}: give a list of paths, not one path")
    copied: list[str] = []
    for source in sources:
        path = Path(source).absolute()
        name = path.resolve().name if path.name in ("", "..") else path.name
        if name.casefold() in (taken.casefold() for taken in copied):
            raise Invalid(f"two of the paths for {target.name} are called {name!r}; rename one")
        copy_into(path, target / name, code=code)
        copied.append(name)
    return copied


def _requirements(model: Any, flavor: Flavor, saved: Saved, options: PackageOptions) -> requirements.Requirements:
    sources = [Path(path) for path in options.code_paths]
    if isinstance(model, str | os.PathLike):
        sources.append(Path(model))
        model = None
    packages = (*flavor.PACKAGES, *(("cloudpickle",) if saved.code_execution == "pickle" else ()))
    return requirements.capture(
        model, packages=packages, sources=sources, overrides=options.overrides, cache_dir=options.cache_dir
    )


def _take_local(modules: Sequence[str], code: Path, options: PackageOptions) -> None:
    """Copy the local modules below the current folder where that was asked for, and tell of those that stay behind."""
    if options.infer_code_paths:
        if options.code_paths:
            raise Invalid("If 'infer_code_path' is set to True, 'code_paths' param cannot be set.")
        taken = inferred_code.copy(modules, Path.cwd(), code)
        modules = [module for module in modules if module not in taken]
    if modules:
        _logger.warning(
            "the model needs modules of no package: %s; give code_paths=[…] that hold them, or it loads only here",
            ", ".join(modules),
        )


def _entries(flavor: Flavor, saved: Saved, has_code: bool, extra: list[str]) -> dict[str, dict[str, Any]]:
    """The flavors of the MLmodel file: the native one, and python_function when the model predicts."""
    shared: dict[str, Any] = {"code": CODE} if has_code else {}
    own = dict(shared)
    if extra:
        own[EXTRA_FILES] = [{"path": f"{EXTRA_FILES}/{name}"} for name in extra]
    entries: dict[str, dict[str, Any]] = {}
    if flavor.NAME != PYFUNC:
        entries[flavor.NAME] = {**saved.config, **own}
    if saved.pyfunc:
        place = own if flavor.NAME == PYFUNC else shared
        about = {"env": dict(environment.ENV_ENTRY), "python_version": platform.python_version()}
        entries[PYFUNC] = {**saved.pyfunc, **about, **place}
    return entries


def _describe(file: ModelFile, model: Any, flavor: Flavor, staging: Path, options: PackageOptions) -> None:
    """Write the input example, and put it and the signature into ``file``. Raises Invalid when they do not fit."""
    data, params = None, None
    if options.input_example is not None:
        from gitmodels.mlmodel.example import save_example, split_params

        data, params = split_params(options.input_example)
        file.saved_input_example_info = save_example(options.input_example, staging)
    signature = _signature(file, _Case(model, flavor, staging, data, params), options.signature)
    if signature is not None:
        file.signature_record = signature.to_dict()


@frozen
class _Case:
    """A model that is being saved, with its input example and the parameters of that."""

    model: Any
    flavor: Flavor
    staging: Path
    data: Any
    params: Mapping[str, Any] | None


def _signature(
    file: ModelFile, case: _Case, given: "ModelSignature | Literal[False] | None"
) -> "ModelSignature | None":
    """What the type hints say, else what was ``given``, else what the example shows; noted in ``file`` which."""
    hints = None if given is False else _hints(case.model, case.flavor)
    if hints is not None and says_example(hints.input):
        file.type_hint_from_example = has_form(case.data)
        if not file.type_hint_from_example:
            _logger.warning("the hint TypeFromExample needs an input example that is a list, a DataFrame or a Series")
    elif hints is not None and (hinted := _hinted(hints, case.data, case.params)) is not None:
        if given and given != hinted:
            _logger.warning("the given signature is not used: the type hints of predict say another")
        file.is_signature_from_type_hint = True
        return hinted
    if given:
        if case.data is not None:
            _refuse_mismatch(given, case.data, case.params)
        return given
    return _inferred(file, case) if given is None and case.data is not None else None


def _hints(model: Any, flavor: Flavor) -> Any:
    """The type hints of a Python model's input and output; None when it has none for its input, or is another model."""
    if flavor.NAME != PYFUNC or model is None or isinstance(model, str | os.PathLike):
        return None
    from gitmodels.flavors.python_function import as_python_model

    hints = getattr(as_python_model(model), "predict_type_hints", None)
    return None if hints is None or hints.input is None else hints


def _hinted(hints: Any, data: Any, params: Mapping[str, Any] | None) -> "ModelSignature | None":
    """The signature that type hints say, or None. Raises SchemaMismatch when they refuse the example ``data``."""
    from gitmodels.flavors.type_hints import to_hint
    from gitmodels.mlmodel.hints import signature_from_hints

    signature = signature_from_hints(hints, params)
    if signature is not None and data is not None:
        with _of_the_example("the type hint of predict does not accept the input example"):
            to_hint(copy.deepcopy(data), hints.input)
    return signature


def _inferred(file: ModelFile, case: _Case) -> "ModelSignature | None":
    """The signature of the example and of what the model predicts for it; None, with a warning, when that fails."""
    from gitmodels.mlmodel.enforce import enforce_schema
    from gitmodels.mlmodel.first_rows import first_rows
    from gitmodels.mlmodel.infer import as_known, infer_schema, infer_signature
    from gitmodels.mlmodel.params import infer_params
    from gitmodels.mlmodel.signature import ModelSignature

    params = case.params
    try:
        schema = infer_schema(case.data)
        # The model sees the example as it will see it when its signature is enforced; a copy, as it may change it.
        # The types come from all of it, the prediction from the rows that are kept as the example.
        sample = enforce_schema(copy.deepcopy(first_rows(as_known(case.data), quiet=True)), schema)
        if file.type_hint_from_example:
            sample = in_form(sample, case.data)
        prediction = case.flavor.predict(_ready_to_predict(file, case), sample, params or {})
        answer = prediction if schema.is_tensor_spec() else _as_rows(prediction)
        outputs = None if answer is None else infer_signature(None, answer).outputs
        return ModelSignature(schema, outputs, infer_params(params) if params else None)
    except Exception as error:
        # A model that cannot predict its example is still a model. Only the kind of error is told: its text may
        # quote the example.
        kind = error.message if isinstance(error, GitModelsError) else type(error).__name__
        _logger.warning("no signature: the model could not predict its input example (%s)", kind)
        _logger.debug("why there is no signature", exc_info=True)
        return None


def _ready_to_predict(file: ModelFile, case: _Case) -> Any:
    """The model to predict with: a Python model as it will be loaded, with its context; any other as it is.

    Loading the copy leaves the caller's object alone, and proves that what was saved loads.
    """
    if case.flavor.NAME != PYFUNC:
        return case.model
    code = case.staging / CODE
    with importing_from(code if code.is_dir() else None, lasting=False):
        return case.flavor.load(case.staging, file.flavors[PYFUNC])


def _as_rows(prediction: Any) -> Any:
    """A flat array as a column: predictions for rows of a table are rows, as in MLflow."""
    if type(prediction).__name__ != "ndarray" or prediction.ndim != 1:
        return prediction
    try:
        import pandas
    except ModuleNotFoundError:
        return prediction.tolist()
    return pandas.Series(prediction)


def _refuse_mismatch(signature: "ModelSignature", data: Any, params: Mapping[str, Any] | None) -> None:
    """Raises Invalid when the given signature does not accept the example: one of the two is a mistake."""
    from gitmodels.mlmodel.enforce import enforce_params, enforce_schema

    with _of_the_example("the signature does not accept the input example"):
        enforce_schema(data, signature.inputs)
        if params and signature.params is not None:
            enforce_params(params, signature.params)


@contextmanager
def _of_the_example(problem: str) -> Iterator[None]:
    try:
        yield
    except SchemaMismatch as error:
        hint = error.hint or "correct one of the two, or leave the signature out: it is inferred from the example"
        raise SchemaMismatch(f"{problem}: {error.message}", hint=hint, **error.fields) from None
    except Invalid as error:
        raise Invalid(f"{problem}: {error.message}", hint=error.hint) from None
