"""A model's signature: the schemas of its input, its output and its parameters.

This room knows how the three stand in an MLmodel file; it knows no data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.mlmodel.params import ParamSchema
from gitmodels.mlmodel.schema import Schema


class ModelSignature:
    """What a model takes and gives. At least one of the three is there; Invalid (a ValueError) otherwise.

    ``inputs`` and ``outputs`` may also be a dataclass, or an instance of one, that declares the columns.

    >>> from gitmodels.mlmodel.schema import ColSpec
    >>> signature = ModelSignature(inputs=Schema([ColSpec("double", "a")]))
    >>> signature.to_dict()["inputs"]
    '[{"type": "double", "name": "a", "required": true}]'
    >>> ModelSignature.from_dict(signature.to_dict()) == signature
    True
    """

    def __init__(
        self, inputs: Schema | Any = None, outputs: Schema | Any = None, params: ParamSchema | None = None
    ) -> None:
        inputs, outputs = _declared(inputs), _declared(outputs)
        for name, given, kind in (
            ("inputs", inputs, Schema),
            ("outputs", outputs, Schema),
            ("params", params, ParamSchema),
        ):
            if given is not None and not isinstance(given, kind):
                raise Invalid(f"{name} must be either None or {kind.__name__}, got '{type(given).__name__}'")
        if inputs is None and outputs is None and params is None:
            raise Invalid("At least one of inputs, outputs or params must be provided")
        self.inputs: Schema | None = inputs
        self.outputs: Schema | None = outputs
        self.params = params

    def to_dict(self) -> dict[str, Any]:
        """The three as MLmodel holds them: JSON text or None each."""
        return {
            "inputs": self.inputs.to_json() if self.inputs else None,
            "outputs": self.outputs.to_json() if self.outputs else None,
            "params": self.params.to_json() if self.params else None,
        }

    @classmethod
    def from_dict(cls, signature_dict: Mapping[str, Any]) -> ModelSignature:
        """The signature that ``to_dict`` (ours or MLflow's) spelled; missing keys are None. Raises Invalid."""
        if not isinstance(signature_dict, Mapping):
            raise Invalid(f"a signature is a mapping, not {type(signature_dict).__name__}")
        inputs, outputs, params = (signature_dict.get(key) for key in ("inputs", "outputs", "params"))
        return cls(
            inputs=Schema.from_json(inputs) if inputs else None,
            outputs=Schema.from_json(outputs) if outputs else None,
            params=ParamSchema.from_json(params) if params else None,
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ModelSignature)
            and self.inputs == other.inputs
            and self.outputs == other.outputs
            and self.params == other.params
        )

    def __hash__(self) -> int:
        return hash((self.inputs, self.outputs, self.params))

    def __repr__(self) -> str:
        return f"inputs: \n  {self.inputs!r}\noutputs: \n  {self.outputs!r}\nparams: \n  {self.params!r}\n"


def _declared(given: Any) -> Any:
    """The schema that a dataclass declares; anything else itself."""
    if not hasattr(given, "__dataclass_fields__"):
        return given
    from gitmodels.mlmodel.records import infer_record

    return infer_record(given if isinstance(given, type) else type(given))
