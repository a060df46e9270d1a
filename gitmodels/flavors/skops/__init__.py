"""scikit-learn models as canonical skops files: equal models give equal bytes, and reading runs no code of the file.

The format is skops' own, so ``skops.io.load`` and MLflow read what is written here. This package knows numpy, scipy
and scikit-learn, and nothing of MLmodel files, directories or stores. ``docs/design/0003-canonical-skops.md`` says why.
"""

from typing import Any

from gitmodels.errors import InvalidModel, NotSupported
from gitmodels.flavors.skops.audit import SCHEMA, audit
from gitmodels.flavors.skops.container import pack, unpack
from gitmodels.flavors.skops.reader import Reader
from gitmodels.flavors.skops.writer import Writer

__all__ = ["dumps", "loads", "type_names", "types_to_trust"]


def dumps(model: Any, *, zero_times: bool = False) -> bytes:
    """``model`` as a canonical skops file, proven to load: it was read back and gave the same schema and members.

    ``zero_times`` writes the wall-clock times of a hyper-parameter search as zero, without which two searches never
    are equal. Raises NotSupported, naming the type, for what the format or the allow-list cannot hold.

    >>> loads(dumps({"a": [1, 2.5, None]}))
    {'a': [1, 2.5, None]}
    """
    members = _written(model, zero_times)
    data = pack(members)
    try:
        again = _written(loads(data), zero_times)
    except InvalidModel as error:
        raise NotSupported(f"skops cannot hold this {type(model).__name__}: {error.message}") from error
    if again != members:
        raise NotSupported(f"skops cannot hold this {type(model).__name__}: it does not come back as it was")
    return data


def loads(data: bytes | memoryview) -> Any:
    """The model in a skops file, canonical or not; no code of the file runs. Raises Untrusted or InvalidModel."""
    members = unpack(data)
    audited = audit(members)
    return Reader(audited, members).read(audited.root)


def type_names(data: bytes | memoryview) -> frozenset[str]:
    """The dotted names a skops file uses, all on the allow-list; nothing is imported or made. Raises as ``loads``.

    >>> sorted(type_names(dumps([1, (2,)])))
    ['builtins.list', 'builtins.tuple']
    """
    return frozenset(name for _, name in audit(unpack(data)).uses)


def types_to_trust(data: bytes | memoryview) -> list[str]:
    """The names that stock skops wants to be told to trust, sorted; more than it asks for does no harm.

    >>> types_to_trust(dumps([1, (2,)]))
    []
    """
    uses = audit(unpack(data)).uses
    return sorted({name for loader, name in uses if name != "numpy.ndarray" and not _is_trusted(loader, name)})


def _is_trusted(loader: str, name: str) -> bool:
    """Whether stock skops trusts the name without being told: plain containers, and some of them as types."""
    if not name.startswith("builtins."):
        return False
    if loader == "TypeNode":
        return name.removeprefix("builtins.") in ("bool", "float", "int", "list", "set", "str", "tuple")
    return loader != "ConstructorFromReduceNode"


def _written(model: Any, zero_times: bool) -> dict[str, bytes]:
    writer = Writer(zero_times=zero_times)
    try:
        schema = writer.schema(model)
    except RecursionError as error:
        raise NotSupported("the model is nested too deeply for skops") from error
    return {SCHEMA: schema, **writer.members}
