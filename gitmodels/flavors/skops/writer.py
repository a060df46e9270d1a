"""A model as the schema and members of a skops file: one spelling for equal models.

It knows how values become nodes, and nothing of zips or of how nodes become values. What makes the spelling one:

* ``__id__`` is written only where a value is met again, numbered in that order; never an address.
* values without identity (numbers, text, types, dtypes) are shared by value, everything mutable by identity.
* members are named by first use and shared by content; sets and attributes are sorted; no version of skops is written.

A child is visited in the order in which skops visits it when it reads, so that every reference points backwards.
"""

import json
import types
from collections.abc import Callable, Iterable
from typing import Any

from gitmodels.errors import NotSupported
from gitmodels.flavors.skops import allowed, arrays
from gitmodels.flavors.skops.state import attributes_of

PROTOCOL = 2
DEPTH_LIMIT = 120
PRIMITIVES = (type(None), bool, int, float, str)
# Written in full each time: they have no identity that a model could rely on.
BY_VALUE = frozenset({tuple, frozenset, slice, bytes, complex})
Node = dict[str, Any]


class Writer:
    """Turns one model into ``schema`` text and ``members`` (name → bytes), in the order a file holds them."""

    def __init__(self, *, zero_times: bool = False) -> None:
        self.members: dict[str, bytes] = {}
        self.names: set[str] = set()
        self._zero_times = zero_times
        self._files: dict[tuple[bytes, str], str] = {}
        self._values: dict[Any, Node] = {}
        self._objects: dict[int, tuple[Any, Node | None]] = {}
        self._ids = 0
        self._depth = 0
        self._by_type: dict[type, Callable[[Any], Node]] = _dispatch(self)
        self._by_value = frozenset((self._type, self._function, self._scalar, self._dtype))

    def schema(self, model: Any) -> bytes:
        """The JSON of ``model``. Raises NotSupported, naming the type, for what skops cannot hold."""
        root = self.node(model)
        root["protocol"] = PROTOCOL
        return json.dumps(root, separators=(",", ":")).encode("ascii")

    def node(self, value: Any) -> Node:
        """The node of any value; a reference when it was written before."""
        kind = type(value)
        if kind in PRIMITIVES:
            return self._shared(
                (kind, repr(value)), lambda: self._named("JsonNode", "builtins", "str", content=json.dumps(value))
            )
        write = self._by_type.get(kind) or self._find(value, kind)
        if kind in BY_VALUE or isinstance(value, type) or write in self._by_value:
            return write(value)
        return self._identified(value, write)

    def _identified(self, value: Any, write: Callable[[Any], Node]) -> Node:
        seen = self._objects.get(id(value))
        if seen is not None:
            if seen[1] is None:
                raise NotSupported(f"a {_name(type(value))} refers to itself, which skops cannot hold")
            return self._reference(seen[1])
        if self._depth > DEPTH_LIMIT:
            raise NotSupported(f"the model is nested deeper than {DEPTH_LIMIT} levels")
        self._objects[id(value)] = (value, None)
        self._depth += 1
        node = write(value)
        self._depth -= 1
        self._objects[id(value)] = (value, node)
        return node

    def _shared(self, key: Any, make: Callable[[], Node]) -> Node:
        node = self._values.get(key)
        if node is not None:
            return self._reference(node)
        node = self._values[key] = make()
        return node

    def _reference(self, node: Node) -> Node:
        if "__id__" not in node:
            self._ids += 1
            node["__id__"] = self._ids
        return {"__id__": node["__id__"]}

    def _named(self, loader: str, module: str, name: str, **fields: Any) -> Node:
        if loader != "JsonNode":
            self.names.add(f"{module}.{name}")
        return {"__class__": name, "__module__": module, "__loader__": loader, **fields}

    def _typed(self, loader: str, kind: type, **fields: Any) -> Node:
        if not allowed.is_holdable(loader, kind):
            raise NotSupported(f"skops cannot hold a {_name(kind)}")
        return self._named(loader, kind.__module__, kind.__name__, **fields)

    def _file(self, data: bytes, suffix: str) -> str:
        name = self._files.setdefault((data, suffix), f"{len(self._files) + 1}.{suffix}")
        self.members[name] = data
        return name

    # -- containers ---------------------------------------------------------------------------------------------------

    def _items(self, values: Iterable[Any]) -> list[Node]:
        return [self.node(value) for value in values]

    def _list(self, value: list[Any]) -> Node:
        return self._named("ListNode", "builtins", "list", content=self._items(value))

    def _tuple(self, value: tuple[Any, ...]) -> Node:
        return self._typed("TupleNode", type(value), content=self._items(value))

    def _set(self, value: set[Any]) -> Node:
        return self._named("SetNode", "builtins", "set", content=self._items(sorted(value, key=_order)))

    def _frozenset(self, value: frozenset[Any]) -> Node:
        return self._call(frozenset, (sorted(value, key=_order),))

    def _slice(self, value: slice) -> Node:
        parts = {"start": value.start, "stop": value.stop, "step": value.step}
        if not all(type(part) in (int, type(None)) for part in parts.values()):
            raise NotSupported("skops cannot hold a slice over anything but whole numbers")
        return self._named("SliceNode", "builtins", "slice", content=parts)

    def _bytes(self, value: bytes) -> Node:
        return self._shared(
            (bytes, value), lambda: self._named("BytesNode", "builtins", "bytes", file=self._file(value, "bin"))
        )

    def _bytearray(self, value: bytearray) -> Node:
        return self._named("BytearrayNode", "builtins", "bytearray", file=self._file(bytes(value), "bin"))

    def _dict(self, value: dict[Any, Any]) -> Node:
        kind = type(value)
        keys = [_key(key) for key in value]
        if None in keys or len(set(keys)) != len(keys):
            # The keys of a JSON object are text: what does not come back from text is built from pairs instead.
            return self._call(kind, (list(value.items()),))
        key_types = self._key_types(tuple(map(type, value)))
        content = {key: self.node(item) for key, item in zip(keys, value.values(), strict=True)}
        return self._typed("DictNode", kind, content=content, key_types=key_types)

    def _key_types(self, kinds: tuple[type, ...]) -> Node:
        return self._shared(kinds, lambda: self._named("ListNode", "builtins", "list", content=self._items(kinds)))

    def _defaultdict(self, value: Any) -> Node:
        return self._call(type(value), (value.default_factory, dict(value)))

    def _call(self, kind: type, arguments: tuple[Any, ...]) -> Node:
        return self._typed("ConstructorFromReduceNode", kind, content=self._tuple(arguments))

    # -- types and functions ------------------------------------------------------------------------------------------

    def _type(self, value: type) -> Node:
        return self._shared(value, lambda: self._typed("TypeNode", value))

    def _function(self, value: Any) -> Node:
        place = allowed.place_of(value)
        if place is None:
            raise NotSupported(f"skops cannot hold the function {getattr(value, '__qualname__', type(value).__name__)}")
        return self._shared(("function", place), lambda: self._named("FunctionNode", *place))

    def _partial(self, value: Any) -> Node:
        content = {"func": self.node(value.func), "args": self.node(value.args), "kwds": self.node(value.keywords)}
        content["namespace"] = self.node(value.__dict__ or None)
        return self._named("PartialNode", "functools", "partial", content=content)

    def _itemgetter(self, value: Any) -> Node:
        return self._named("OperatorFuncNode", "operator", "itemgetter", attrs=self._tuple(value.__reduce__()[1]))

    # -- numpy and scipy ----------------------------------------------------------------------------------------------

    def _array(self, value: Any) -> Node:
        if value.dtype != object:
            return self._stored(value, "numpy", "ndarray")
        if not value.ndim or (value.ndim > 1 and any(hasattr(item, "__len__") for item in value.flat)):
            raise NotSupported("skops cannot hold an array whose items are sequences")
        content = self._items(value) if value.ndim == 1 else [self._rows(row) for row in value]
        fields = {"content": content, "type": "json", "shape": self._tuple(value.shape)}
        return self._named("NdArrayNode", "numpy", "ndarray", **fields)

    def _rows(self, value: Any) -> Node:
        items = self._items(value) if value.ndim == 1 else [self._rows(row) for row in value]
        return self._named("ListNode", "builtins", "list", content=items)

    def _stored(self, value: Any, module: str, name: str) -> Node:
        return self._named("NdArrayNode", module, name, type="numpy", file=self._file(arrays.to_npy(value), "npy"))

    def _scalar(self, value: Any) -> Node:
        import numpy as np

        kind: type = type(value)
        array = np.asarray(value)
        if not allowed.is_holdable("NdArrayNode", kind):
            raise NotSupported(f"skops cannot hold a {_name(kind)}")
        key = (kind, array.dtype.str, array.tobytes())
        return self._shared(key, lambda: self._stored(array, kind.__module__, kind.__name__))

    def _masked(self, value: Any) -> Node:
        content = {"data": self.node(value.data), "mask": self.node(value.mask)}
        return self._named("MaskedArrayNode", "numpy.ma", "MaskedArray", content=content)

    def _dtype(self, value: Any) -> Node:
        import numpy as np

        if value.hasobject and value.fields:
            raise NotSupported("skops cannot hold a dtype of records with Python objects")
        return self._shared(
            ("dtype", repr(value.descr), value.itemsize),
            lambda: self._named("DTypeNode", "numpy", "dtype", content=self._array(np.empty(0, value))),
        )

    def _random_state(self, value: Any) -> Node:
        return self._typed("RandomStateNode", type(value), content=self.node(value.get_state(legacy=False)))

    def _generator(self, value: Any) -> Node:
        state = value.bit_generator.state
        if f"numpy.random.{state['bit_generator']}" not in allowed.names("BitGenerator"):
            raise NotSupported(f"skops cannot hold a generator of {type(value.bit_generator).__name__}")
        bits = self._dict(state)
        # skops reads this name before it resolves references, so it is spelled out.
        bits["content"]["bit_generator"] = self._named(
            "JsonNode", "builtins", "str", content=json.dumps(state["bit_generator"])
        )
        content = {"bit_generator": bits, "seed_seq": self.node(value.bit_generator.seed_seq.state)}
        return self._typed("RandomGeneratorNode", type(value), content=content)

    def _sparse(self, value: Any) -> Node:
        return self._typed("SparseMatrixNode", type(value), type="scipy", file=self._file(arrays.to_npz(value), "npz"))

    # -- scikit-learn -------------------------------------------------------------------------------------------------

    def _tree(self, value: Any) -> Node:
        _, arguments, state = value.__reduce__()
        content = self._dict(state)
        return self._typed("TreeNode", type(value), content=content, __reduce__={"args": self._tuple(arguments)})

    def _loss(self, value: Any) -> Node:
        made = value.__reduce__()
        arguments = made[1] if made[0] is type(value) else made[1][2] or ()
        content = self._dict({})
        return self._typed("LossNode", type(value), content=content, __reduce__={"args": self._tuple(tuple(arguments))})

    def _reduced(self, value: Any) -> Node:
        made = value.__reduce__()
        if made[0] is not type(value) or any(part is not None for part in made[2:]):
            raise NotSupported(f"skops cannot hold a {_name(type(value))}")
        return self._call(type(value), made[1])

    def _object(self, value: Any) -> Node:
        kind = type(value)
        state = attributes_of(value, zero_times=self._zero_times)
        if state is None:
            return self._typed("ObjectNode", kind)
        content = self._dict(state) if isinstance(state, dict) else self._tuple(state)
        return self._typed("ObjectNode", kind, content=content)

    def _find(self, value: Any, kind: type) -> Callable[[Any], Node]:
        import numpy as np
        from scipy import sparse

        name = f"{kind.__module__}.{kind.__name__}"
        writers: tuple[tuple[bool, Callable[[Any], Node]], ...] = (
            (isinstance(value, type), self._type),
            (isinstance(value, np.generic), self._scalar),
            (isinstance(value, np.dtype), self._dtype),
            (kind in allowed.function_types(), self._function),
            (sparse.issparse(value), self._sparse),
            (name in allowed.names("DictNode"), self._dict),
            (name in allowed.names("TupleNode"), self._tuple),
            (name in allowed.names("LossNode"), self._loss),
            (name in allowed.names("TreeNode"), self._tree),
            (name in allowed.names("ConstructorFromReduceNode"), self._reduced),
            (name in allowed.names("ObjectNode"), self._object),
        )
        for fits, write in writers:
            if fits:
                self._by_type[kind] = write
                return write
        raise NotSupported(f"skops cannot hold a {_name(kind)}")


def _dispatch(writer: Writer) -> dict[type, Callable[[Any], Node]]:
    import collections
    import functools
    import operator

    import numpy as np

    w = writer
    return {
        list: w._list,
        tuple: w._tuple,
        set: w._set,
        frozenset: w._frozenset,
        dict: w._dict,
        collections.OrderedDict: w._dict,
        collections.defaultdict: w._defaultdict,
        slice: w._slice,
        bytes: w._bytes,
        bytearray: w._bytearray,
        type: w._type,
        complex: lambda value: w._call(complex, (value.real, value.imag)),
        functools.partial: w._partial,
        operator.itemgetter: w._itemgetter,
        types.FunctionType: w._function,
        np.ndarray: w._array,
        np.memmap: w._array,
        np.ma.MaskedArray: w._masked,
        np.random.RandomState: w._random_state,
        np.random.Generator: w._generator,
    }


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _key(key: Any) -> str | None:
    """The text from which ``type(key)(text)`` gives ``key`` again, None when there is none."""
    import numpy as np

    kind = type(key)
    if kind is str or kind is np.str_:
        return str(key)
    if kind is bool or kind is np.bool_:
        return "True" if key else ""
    if kind is int or isinstance(key, np.integer):
        return str(int(key))
    if kind is float or kind is np.float64:
        return repr(float(key))
    return None


def _order(value: Any) -> tuple[str, str]:
    """A sort key for the members of a set that does not depend on hashes or addresses."""
    import numpy as np

    kind = type(value)
    if kind in PRIMITIVES or isinstance(value, np.generic):
        return (_name(kind), repr(value))
    if kind is tuple:
        return (_name(kind), repr([_order(item) for item in value]))
    raise NotSupported(f"skops cannot hold a set of {_name(kind)}")
