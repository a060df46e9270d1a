"""A loaded model behind one door: ``predict(data, params)``, with its signature enforced.

MLflow's ``PyFuncModel``, attribute for attribute. What can be decided once is decided at loading, so that a
prediction of one row costs little more than the model itself. This room knows loaded models, not where they lay.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gitmodels import html, yaml
from gitmodels.errors import GitModelsError, Invalid, NotSupported
from gitmodels.flavors import PYFUNC
from gitmodels.flavors.base import Flavor
from gitmodels.flavors.python_function import LoadedModel
from gitmodels.mlmodel import loaders
from gitmodels.mlmodel.enforce import enforce_params, enforce_schema
from gitmodels.mlmodel.example_form import in_form
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.loaders import Loaded
from gitmodels.mlmodel.provenance import UNKNOWN, Provenance
from gitmodels.mlmodel.trust import UNNAMED, Subject, Trust

_NOT_LOADED = object()
# Besides predict_…: the MLmodel file of a stranger names the method, and `fit` or a stored callable is no answer.
_ANSWERING = frozenset({"decision_function", "score", "score_samples", "transform"})


class PyFuncModel:
    """A model that predicts; made by ``load_predictor``.

    ``metadata`` is what its MLmodel file and its version record say; ``loader_module`` and ``model_config`` come from
    its python_function entry.
    """

    def __init__(self, loaded: Loaded, directory: Path | None = None) -> None:
        self._model = loaded.model
        self._flavor: Flavor = loaded.flavor
        self._native = loaded.native
        self._directory = directory
        self._config = loaded.model.flavors.get(PYFUNC, {})
        self._input_example: Any = _NOT_LOADED
        self.input_schema = loaded.model.get_input_schema()
        self.params_schema = loaded.model.get_params_schema()
        # A signature made from type hints is enforced by the model itself, from the hints.
        self._enforced = None if loaded.model.is_signature_from_type_hint else self.input_schema
        self._call = self._caller(str(self._config.get("predict_fn") or "predict"))

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """The model's answer for ``data``: a DataFrame, array, list, dict or sparse matrix its signature accepts.

        Raises SchemaMismatch, without the data in its text, when the signature does not accept it.
        """
        if self._enforced is not None:
            data = enforce_schema(data, self._enforced)
            if self._model.type_hint_from_example:
                data = in_form(data, self.input_example)
        if params or self.params_schema is not None:
            params = enforce_params(params, self.params_schema)
        return self._call(data, params or _NO_PARAMS)

    def _repr_html_(self) -> str:
        signature = self._model.signature
        sides = signature.to_dict() if signature is not None else {}
        rows = {
            "model_id": self._model.model_id,
            "run_id": self._model.run_id,
            "flavors": sorted(self._model.flavors),
            "inputs": sides.get("inputs"),
            "outputs": sides.get("outputs"),
        }
        return html.table("PyFuncModel", rows)

    def predict_stream(self, data: Any, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """The model's answer for one input, piece by piece. Raises NotSupported when it does not stream."""
        if not self._config.get("streamable"):
            raise NotSupported("This model does not support predict_stream method.", "INVALID_PARAMETER_VALUE")
        if self._enforced is not None:
            data = enforce_schema(data, self._enforced)
        if isinstance(data, list):
            if len(data) != 1:
                raise Invalid(f"'predict_stream' requires single input, but it got {len(data)}")
            data = data[0]
        params = enforce_params(params, self.params_schema) if params or self.params_schema is not None else None
        stream: Callable[..., Iterator[Any]] = self._flavor.predict_stream  # type: ignore[attr-defined]
        return stream(self._native, data, params or _NO_PARAMS)

    def unwrap_python_model(self) -> Any:
        """The PythonModel that was logged. Raises Invalid when the model is none."""
        model = getattr(self._native, "python_model", None)
        if model is None:
            raise Invalid("Unable to retrieve base model object from pyfunc.")
        return model

    def get_raw_model(self) -> Any:
        """The framework's own object. Raises NotSupported for a Python model: it has none."""
        if self._flavor.NAME != PYFUNC:
            return self._native
        if hasattr(self._native, "get_raw_model"):
            return self._native.get_raw_model()
        raise NotSupported("`get_raw_model` is not implemented by the underlying model")

    @property
    def _model_impl(self) -> Any:
        """MLflow's private name for the loaded object, which published code reaches for."""
        return self._native

    @property
    def metadata(self) -> ModelFile:
        """What the MLmodel file and the version record say."""
        return self._model

    @property
    def model_id(self) -> str | None:
        """The id of the model, when the record tells."""
        return self._model.model_id

    @property
    def loader_module(self) -> str | None:
        """The loader that the MLmodel file names, in MLflow's words."""
        return self._config.get("loader_module")

    @property
    def model_config(self) -> dict[str, Any]:
        """The model configuration in force."""
        return dict(self._config.get("config") or {})

    @property
    def input_example(self) -> Any:
        """The input example logged with the model, read at first use; None when it has none or it is gone."""
        if self._input_example is _NOT_LOADED:
            self._input_example = None
            if self._directory is not None:
                try:
                    self._input_example = self._model.load_input_example(self._directory)
                except GitModelsError:
                    # Examples can be purged from the store: the model itself still predicts.
                    self._input_example = None
        return self._input_example

    @input_example.setter
    def input_example(self, value: Any) -> None:
        self._input_example = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PyFuncModel) and self._model == other._model

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        info = {"artifact_path": self._model.artifact_path, "flavor": self.loader_module, "run_id": self._model.run_id}
        known = {key: value for key, value in info.items() if value is not None}
        return yaml.dump({"mlflow.pyfunc.loaded_model": known}).decode()

    def _caller(self, method: str) -> Callable[[Any, Mapping[str, Any]], Any]:
        """What ``predict`` calls: the flavor, or another method of the model that was named when it was saved."""
        native, predict = self._native, self._flavor.predict
        if method == "predict":
            return lambda data, params: predict(native, data, params)
        if isinstance(native, LoadedModel):
            return lambda data, params: native.call(method, data, params)
        function = getattr(native, method, None)
        answers = self._flavor.NAME == PYFUNC or method.startswith("predict_") or method in _ANSWERING
        if method.startswith("_") or not answers or not callable(function):
            raise Invalid(f"Model implementation is missing required {method} method.")
        return lambda data, params: function(data, **params)


_NO_PARAMS: Mapping[str, Any] = {}


def load_predictor(
    directory: Path,
    model_config: Mapping[str, Any] | None = None,
    *,
    trust: Trust,
    subject: Subject = UNNAMED,
    provenance: Provenance = UNKNOWN,
) -> PyFuncModel:
    """The model in ``directory`` (a plain folder), ready to predict.

    ``model_config`` is put over what was logged; ``trust`` is what the caller allows and ``subject`` which model this
    is; ``provenance`` fills in what the MLmodel file does not hold. Raises Untrusted before anything of the model
    runs, FlavorNotFound when nothing here can load it.
    """
    directory = Path(directory)
    model = loaders.read(directory).with_provenance(provenance)
    name = loaders.pyfunc_flavor(model)
    pyfunc = dict(model.flavors[PYFUNC])
    if (config := loaders.model_config(pyfunc.get("config"), model_config)) is not None:
        pyfunc["config"] = config
    model.flavors = {**model.flavors, PYFUNC: pyfunc}
    loaded = loaders.load(directory, model, name, trust=trust, subject=subject, to_predict=True)
    return PyFuncModel(loaded, directory)
