"""The public module ``gitmodels.pyfunc.context``: what one prediction is told about the request it answers.

The value travels with the thread or task that predicts; nothing here acts on it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from gitmodels.errors import Invalid

__all__ = ["Context", "get_prediction_context", "set_prediction_context"]

_current: ContextVar["Context | None"] = ContextVar("gitmodels_prediction_context", default=None)


class Context:
    """A request: its id, whether an evaluation asks, the model's id and the endpoint's name. Others are dropped."""

    def __init__(
        self,
        request_id: str | None = None,
        is_evaluate: bool = False,
        dependencies_schemas: dict[str, Any] | None = None,
        model_id: str | None = None,
        endpoint_name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.request_id = request_id
        self.is_evaluate = is_evaluate
        self.dependencies_schemas = dependencies_schemas
        self.model_id = model_id
        self.endpoint_name = endpoint_name

    def update(self, **kwargs: Any) -> None:
        """Change attributes by name. Raises AttributeError for one that a context has not."""
        for name, value in kwargs.items():
            if not hasattr(self, name):
                raise AttributeError(f"Context has no attribute named '{name}'")
            setattr(self, name, value)


@contextmanager
def set_prediction_context(context: Context | None) -> Iterator[None]:
    """Inside the block ``get_prediction_context`` gives ``context``. Raises Invalid for another kind of object.

    >>> with set_prediction_context(Context(request_id="r1")):
    ...     get_prediction_context().request_id
    'r1'
    """
    if context is not None and not isinstance(context, Context):
        raise Invalid(f"Expected context to be an instance of Context, but got: {type(context).__name__}")
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def get_prediction_context() -> Context | None:
    """The context of the prediction that is going on, or None."""
    return _current.get()
