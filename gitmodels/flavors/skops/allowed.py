"""Which type or function may stand in which kind of node, and how a permitted name becomes the object.

Reading a name here is a dictionary lookup; nothing is imported before its exact name was found in a table.
"""

import functools
import importlib
import types
from typing import Any

from gitmodels.errors import InvalidModel
from gitmodels.flavors.skops import allow_list

_SCALARS = (
    "bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 longlong ulonglong intc uintc float16 float32 "
    "float64 longdouble complex64 complex128 clongdouble str_ bytes_ datetime64 timedelta64"
)
_BUILTIN_TYPES = "bool bytes complex dict float frozenset int list set str tuple"
_BIT_GENERATORS = "MT19937 PCG64 PCG64DXSM Philox SFC64"
_SPARSE = ("csr", "csc", "bsr", "coo", "dia")
# Where stock skops finds ufuncs: by whatever module was imported first, and under older numpy's names.
_UFUNC_MODULES = {
    "numpy": ("numpy._core._multiarray_umath", "numpy._core.umath", "numpy.core._multiarray_umath", "numpy.core.umath"),
    "scipy.special": ("scipy.special._ufuncs",),
}


def _parse(table: str) -> frozenset[str]:
    """``module: name name`` lines as dotted names."""
    found: list[str] = []
    module = ""
    for line in table.splitlines():
        head, colon, rest = line.partition(": ")
        module = head if colon else module
        found.extend(f"{module}.{name}" for name in (rest if colon else line).split())
    return frozenset(found)


@functools.cache
def _tables() -> dict[str, frozenset[str]]:
    functions = _parse(allow_list.FUNCTIONS)
    aliases = {
        f"{other}.{name.rpartition('.')[2]}"
        for name in functions
        for other in _UFUNC_MODULES.get(name.rpartition(".")[0], ())
    }
    scalars = {f"numpy.{name}" for name in _SCALARS.split()}
    plain = {"builtins.dict", "collections.OrderedDict"}
    return {
        "ObjectNode": _parse(allow_list.OBJECTS) | _parse(allow_list.BOOSTED),
        "LossNode": _parse(allow_list.LOSSES),
        "FunctionNode": functions | aliases,
        # LightGBM keeps scores in a defaultdict of OrderedDict.
        "TypeNode": frozenset(
            {f"builtins.{name}" for name in _BUILTIN_TYPES.split()}
            | scalars
            | {"numpy.object_", "collections.OrderedDict"}
        ),
        "NdArrayNode": frozenset(scalars | {"numpy.ndarray"}),
        "DictNode": frozenset(plain | {"collections.Counter", "sklearn.utils._bunch.Bunch"}),
        "TupleNode": frozenset({"builtins.tuple", "sklearn.impute._iterative._ImputerTriplet"}),
        "ConstructorFromReduceNode": frozenset(
            plain
            | {"builtins.complex", "builtins.frozenset", "builtins.range", "collections.defaultdict", "decimal.Decimal"}
            | {"datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta", "datetime.timezone"}
        ),
        "SparseMatrixNode": frozenset(
            f"scipy.sparse._{kind}.{kind}_{form}" for kind in _SPARSE for form in ("matrix", "array")
        ),
        "BitGenerator": frozenset(f"numpy.random.{name}" for name in _BIT_GENERATORS.split()),
        "RandomStateNode": frozenset({"numpy.random.mtrand.RandomState"}),
        "RandomGeneratorNode": frozenset({"numpy.random._generator.Generator"}),
        "TreeNode": frozenset({"sklearn.tree._tree.Tree"}),
        "MaskedArrayNode": frozenset({"numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"}),
        "DTypeNode": frozenset({"numpy.dtype"}),
        "PartialNode": frozenset({"functools.partial"}),
        # methodcaller calls what a file names on the caller's data, attrgetter runs properties: neither is data.
        "OperatorFuncNode": frozenset({"operator.itemgetter"}),
        "DefaultDictNode": frozenset({"collections.defaultdict"}),
        "ListNode": frozenset({"builtins.list"}),
        "SetNode": frozenset({"builtins.set"}),
        "SliceNode": frozenset({"builtins.slice"}),
        "BytesNode": frozenset({"builtins.bytes"}),
        "BytearrayNode": frozenset({"builtins.bytearray"}),
        "JsonNode": frozenset({"builtins.str"}),
    }


def names(loader: str) -> frozenset[str]:
    """The dotted names permitted in nodes of ``loader``; empty for a loader that is not read, as MethodNode.

    >>> "sklearn.linear_model._logistic.LogisticRegression" in names("ObjectNode"), names("MethodNode")
    (True, frozenset())
    """
    return _tables().get(loader, frozenset())


@functools.cache
def resolve(module: str, name: str) -> Any:
    """The object behind a name that the caller found in a table. Raises InvalidModel when it is not installed here."""
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidModel(
            f"the model uses {module}.{name}, which the installed packages do not have",
            hint="install the versions in the model's requirements.txt",
        ) from error


@functools.cache
def is_holdable(loader: str, kind: type) -> bool:
    """Whether ``kind`` is permitted under its name and the name leads back to it, not to a namesake."""
    name = f"{kind.__module__}.{kind.__name__}"
    return name in names(loader) and resolve(kind.__module__, kind.__name__) is kind


def place_of(function: Any) -> tuple[str, str] | None:
    """Module and name under which a permitted function is written; None for any other function."""
    name = getattr(function, "__name__", "")
    own = getattr(function, "__module__", None)
    for module in (own, "numpy", "scipy.special"):
        if module and f"{module}.{name}" in names("FunctionNode") and resolve(module, name) is function:
            return module, name
    return None


@functools.cache
def function_types() -> tuple[type, ...]:
    """The types of functions: Python's, C's, numpy's."""
    import numpy as np

    return (types.FunctionType, types.BuiltinFunctionType, np.ufunc, type(np.mean))
