"""What a reviewer sees of a version in one screen: flavors, signature, metrics, size, dependencies, code execution.

This room derives text from a version's own readable files; it decides nothing. The summary in an alias file is
generated here when the alias moves and again by whoever checks it, so an edit by hand is seen.
"""

import json
from collections.abc import Mapping
from typing import Any

from gitmodels import digest, yaml
from gitmodels.errors import InvalidModel
from gitmodels.fields import present
from gitmodels.registry.records import VersionRecord
from gitmodels.values import field, frozen

MAX_MLMODEL = 4 << 20
# Past this a screen is no help; the MLmodel file beside the summary has them all.
_MAX_LINES = 200
_MAX_LINE = 200
_MAX_NESTING = 33


@frozen
class Description:
    """What the readable files of a model say: nothing of it needs the weights."""

    flavors: tuple[str, ...] = ()
    signature: dict[str, list[str]] = field(default_factory=dict)
    dependencies: str | None = None


def describe(readable: Mapping[str, bytes]) -> Description:
    """The description of a model from its MLmodel and requirements.txt.

    Raises InvalidYaml or InvalidModel when the MLmodel cannot be read or its signature is broken.
    """
    requirements = readable.get("requirements.txt")
    dependencies = f"blake3:{digest.of_bytes(requirements)}" if requirements is not None else None
    if "MLmodel" not in readable:
        return Description(dependencies=dependencies)
    content = yaml.load(readable["MLmodel"], what="MLmodel", max_size=MAX_MLMODEL, max_scalar=MAX_MLMODEL)
    if not isinstance(content, dict) or not isinstance(content.get("flavors", {}), dict):
        raise InvalidModel("MLmodel: a mapping with 'flavors' is expected")
    return Description(
        flavors=tuple(sorted(content.get("flavors", {}))),
        signature=signature_lines(content.get("signature")),
        dependencies=dependencies,
    )


def summarize(record: VersionRecord) -> dict[str, Any]:
    """The ``summary`` of an alias file that points at this version."""
    return present(
        {
            "flavors": list(record.flavors),
            "signature": record.signature,
            "metrics": dict(sorted(record.metrics.items())),
            "size": record.size,
            "dependencies": record.dependencies,
            "code_execution": record.code_execution,
        }
    )


def agrees(summary: Mapping[str, Any], record: VersionRecord) -> bool:
    """Whether ``summary`` says what ``summarize`` says of ``record``; the order of keys is a matter of taste."""
    # As text: a metric that is NaN is equal to itself there.
    return json.dumps(summary, sort_keys=True) == json.dumps(summarize(record), sort_keys=True)


def signature_lines(signature: object) -> dict[str, list[str]]:
    """An MLmodel's ``signature`` (JSON strings) as one readable line per column: a diff shows the one that changed.

    >>> signature_lines({"inputs": '[{"type": "long", "name": "age", "required": false}]', "outputs": None})
    {'inputs': ['age long?']}
    """
    if signature is None:
        return {}
    if not isinstance(signature, dict):
        raise InvalidModel("MLmodel: 'signature' is not a mapping")
    lines = {}
    for side in ("inputs", "outputs", "params"):
        columns = _columns(side, signature.get(side))
        if columns:
            shown = [_column(column)[:_MAX_LINE] for column in columns[:_MAX_LINES]]
            rest = len(columns) - len(shown)
            lines[side] = [*shown, f"and {rest} more"] if rest else shown
    return lines


def _columns(side: str, text: object) -> list[dict[str, Any]]:
    if text is None:
        return []
    try:
        columns = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        columns = None
    if not isinstance(columns, list) or not all(isinstance(column, dict) for column in columns):
        raise InvalidModel(f"MLmodel: the signature's {side} are not a JSON list of columns")
    return columns


def _column(column: dict[str, Any]) -> str:
    optional = "" if column.get("required", True) else "?"
    default = f" = {json.dumps(column['default'])}" if "default" in column else ""
    name = column.get("name")
    kind = spell_type(column) + optional + default
    return kind if name is None else f"{name} {kind}"


def spell_type(spec: object, depth: int = 0) -> str:
    """A type of a signature, in its JSON form, as one word or line. Raises InvalidModel when it is malformed.

    >>> spell_type({"type": "array", "items": {"type": "long"}})
    'list<long>'
    """
    if not isinstance(spec, dict) or depth > _MAX_NESTING:
        raise InvalidModel("MLmodel: a type in the signature is malformed")
    kind = spec.get("type")
    if kind == "tensor":
        tensor = spec.get("tensor-spec")
        if not isinstance(tensor, dict) or not isinstance(tensor.get("shape"), list):
            raise InvalidModel("MLmodel: a tensor in the signature lacks its shape")
        return f"{tensor.get('dtype')}[{','.join(str(size) for size in tensor['shape'])}]"
    if kind == "array":
        return f"list<{spell_type(spec.get('items'), depth + 1)}>"
    if kind == "map":
        return f"map<{spell_type(spec.get('values'), depth + 1)}>"
    if kind == "object":
        properties = spec.get("properties")
        if not isinstance(properties, dict):
            raise InvalidModel("MLmodel: an object in the signature lacks its properties")
        inner = (f"{key} {spell_type(value, depth + 1)}" for key, value in sorted(properties.items()))
        return f"{{{', '.join(inner)}}}"
    if not isinstance(kind, str):
        raise InvalidModel("MLmodel: a column in the signature lacks its type")
    return kind
