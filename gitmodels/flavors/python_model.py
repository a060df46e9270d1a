"""The classes that users subclass for a model of their own: MLflow's ``PythonModel`` and its context.

Everything here is pickled *by value* into the model, so that a process that has MLflow but not gitmodels can load
it. Therefore no method may name anything of gitmodels, and imports stay inside the methods that need them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

# As the hint of a model's input: data comes in the form of the input example (a list, a frame) it was logged with.
TypeFromExample = TypeVar("TypeFromExample")


def _is_list_hint(hint: Any) -> bool:
    """Whether a hint, which may still be text, is ``list[…]``: the only ones that MLflow checks."""
    return str(hint).lower().removeprefix("typing.").startswith("list[")


def _checked_in_mlflow(function: Any) -> Any:
    """``function`` behind MLflow's own check of its input, where MLflow is loaded; here the loaded model checks it."""
    import functools

    @functools.wraps(function)
    def predict(self: Any, *args: Any, **kwargs: Any) -> Any:
        import sys

        check = getattr(sys.modules.get("mlflow.pyfunc.utils.data_validation"), "pyfunc", None)
        return (function if check is None else check(function))(self, *args, **kwargs)

    return predict


class TypeHints:
    """The hints of ``predict``: of its model input and of what it returns; None where there is none."""

    def __init__(self, input: Any = None, output: Any = None) -> None:
        self.input = input
        self.output = output


class PythonModel:
    """A model of your own: subclass it and write ``predict``.

    ``predict(self, context, model_input, params=None)`` and ``predict(self, model_input, params=None)`` both work;
    ``params`` may be left out.

    >>> class Doubled(PythonModel):
    ...     def predict(self, model_input, params=None):
    ...         return [2 * value for value in model_input]
    >>> Doubled().predict([1, 2])
    [2, 4]
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """See to it that MLflow, where it loads the model, gives ``predict`` what its type hint says."""
        super().__init_subclass__(**kwargs)
        predict = cls.__dict__.get("predict")
        if callable(predict) and any(map(_is_list_hint, getattr(predict, "__annotations__", {}).values())):
            cls.predict = _checked_in_mlflow(predict)  # type: ignore[method-assign]

    def load_context(self, context: Any) -> None:
        """Called once after loading: open what ``context.artifacts`` names (paths by artifact name)."""

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """The prediction for ``model_input``; subclasses write this."""
        raise NotImplementedError("a PythonModel defines predict(self, context, model_input, params=None)")

    def predict_stream(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Iterator[Any]:
        """The prediction for one input, piece by piece; only models that stream write this."""
        raise NotImplementedError("this model does not stream")

    @property
    def predict_type_hints(self) -> Any:
        """The type hints of ``predict``, in MLflow's own class where MLflow asks for them."""
        import inspect
        import sys
        import typing

        function = getattr(self, "func", None) or self.predict
        try:
            hints = typing.get_type_hints(function)
            names = [name for name in inspect.signature(function).parameters if name not in ("self", "params")]
        except (TypeError, NameError, ValueError):
            hints, names = {}, []
        values = (hints.get(names[-1]) if names else None, hints.get("return"))
        # MLflow calls this only when it is loaded, so nothing has to be imported to answer in its terms.
        if getattr(values[0], "__name__", "") == "TypeFromExample":
            hint = getattr(sys.modules.get("mlflow.types.type_hints"), "TypeFromExample", values[0])
            values = (hint, values[1])
        theirs = getattr(sys.modules.get("mlflow.models.signature"), "_TypeHints", None)
        return (theirs or TypeHints)(*values)


class FunctionModel(PythonModel):
    """A plain function ``predict(model_input)`` or ``predict(model_input, params)`` as a model."""

    def __init__(self, func: Any, signature: Any = None) -> None:
        self.func = func

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:  # type: ignore[override]
        """What the function answers."""
        import inspect

        if "params" in inspect.signature(self.func).parameters:
            return self.func(model_input, params=params)
        return self.func(model_input)


class PythonModelContext:
    """What a model finds beside itself: ``artifacts`` (absolute paths by name) and ``model_config``."""

    def __init__(self, artifacts: Mapping[str, str] | None, model_config: Mapping[str, Any] | None) -> None:
        self._artifacts = dict(artifacts or {})
        self._model_config = dict(model_config or {})

    @property
    def artifacts(self) -> dict[str, str]:
        """Absolute paths of the model's artifacts by the names they were logged under."""
        return self._artifacts

    @property
    def model_config(self) -> dict[str, Any]:
        """The configuration logged with the model, with what the loader was given put over it."""
        return self._model_config
