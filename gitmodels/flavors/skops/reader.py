"""An audited schema as objects. Only names from the allow-list are imported; skops itself is not used.

Objects come back as skops brings them back, with three differences: records of trees and the state of estimators with
compiled prediction code are checked before they are used, attributes may not stand in for methods, and nothing can
refer to itself.
"""

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from gitmodels.errors import InvalidModel
from gitmodels.flavors.skops import allowed, arrays
from gitmodels.flavors.skops.audit import Audited, Node
from gitmodels.flavors.skops.checks import check_state
from gitmodels.flavors.skops.trees import TreeRecords, check_trees, tree_state

_OPEN = object()
_PRIMITIVES = (type(None), bool, int, float, str)


class Reader:
    """Builds the objects of one audited schema."""

    def __init__(self, audited: Audited, members: Mapping[str, memoryview]) -> None:
        self._by_id = audited.by_id
        self._members = members
        self._built: dict[int, Any] = {}
        self._trees: list[TreeRecords] = []
        self._builders: dict[str, Callable[[Node], Any]] = {
            "JsonNode": self._json,
            "ListNode": self._list,
            "SetNode": lambda node: set(self._list(node)),
            "TupleNode": self._tuple,
            "DictNode": self._dict,
            "DefaultDictNode": self._defaultdict,
            "SliceNode": self._slice,
            "BytesNode": lambda node: bytes(self._members[node["file"]]),
            "BytearrayNode": lambda node: bytearray(self._members[node["file"]]),
            "TypeNode": self._named,
            "FunctionNode": self._named,
            "PartialNode": self._partial,
            "OperatorFuncNode": lambda node: self._named(node)(*self._arguments(node["attrs"])),
            "ConstructorFromReduceNode": lambda node: self._named(node)(*self._arguments(node["content"])),
            "NdArrayNode": self._array,
            "MaskedArrayNode": self._masked,
            "DTypeNode": lambda node: self.build(node["content"]).dtype,
            "RandomStateNode": self._random_state,
            "RandomGeneratorNode": self._generator,
            "SparseMatrixNode": self._sparse,
            "ObjectNode": self._object,
            "TreeNode": self._tree,
            "LossNode": lambda node: self._named(node)(*self._arguments(node["__reduce__"]["args"])),
        }

    def read(self, root: Node) -> Any:
        """The object of ``root``. Raises InvalidModel for anything inconsistent in it."""
        try:
            model = self.build(root)
            check_trees(self._trees)
        except (InvalidModel, Warning):
            raise
        # What hostile state makes a constructor raise cannot be listed.
        except Exception as error:
            raise InvalidModel(
                f"a skops file holds state that its types do not accept ({type(error).__name__})"
            ) from error
        return model

    def build(self, node: Node) -> Any:
        """The object of any node; one object for one id."""
        number = node.get("__id__")
        if number is None:
            return self._builders[node["__loader__"]](node)
        if number in self._built:
            value = self._built[number]
            if value is _OPEN:
                raise InvalidModel("an object in a skops file holds itself")
            return value
        self._built[number] = _OPEN
        node = self._by_id[number]
        value = self._built[number] = self._builders[node["__loader__"]](node)
        return value

    def _named(self, node: Node) -> Any:
        return allowed.resolve(node["__module__"], node["__class__"])

    def _json(self, node: Node) -> Any:
        return _primitive(node["content"])

    def _list(self, node: Node) -> list[Any]:
        build = self.build
        return [build(item) for item in node["content"]]

    def _tuple(self, node: Node) -> Any:
        kind = self._named(node)
        return tuple(self._list(node)) if kind is tuple else kind(*self._list(node))

    def _arguments(self, node: Node) -> tuple[Any, ...]:
        made: tuple[Any, ...] = _expect(tuple, self.build(node))
        return made

    def _dict(self, node: Node) -> Any:
        types = _expect(list, self.build(node["key_types"]))
        content = node["content"]
        if len(types) != len(content):
            raise InvalidModel("a dictionary in a skops file has keys without types")
        made = self._named(node)()
        for kind, (key, item) in zip(types, content.items(), strict=True):
            made[key if kind is str else kind(key)] = self.build(item)
        return made

    def _defaultdict(self, node: Node) -> Any:
        factory = self.build(node["content"]["default_factory"])
        return self._named(node)(factory, _expect(dict, self.build(node["content"]["main"])))

    def _slice(self, node: Node) -> slice:
        parts = [node["content"].get(key) for key in ("start", "stop", "step")]
        if not all(type(part) in _PRIMITIVES for part in parts):
            raise InvalidModel("a slice in a skops file is not made of numbers")
        return slice(*parts)

    def _partial(self, node: Node) -> Any:
        content = node["content"]
        function = self.build(content["func"])
        if not (isinstance(function, functools.partial) or allowed.place_of(function)):
            raise InvalidModel("a partial in a skops file is not of a permitted function")
        keywords = _expect(dict, self.build(content["kwds"]))
        made = functools.partial(function, *self._arguments(content["args"]), **keywords)
        made.__dict__.update(self.build(content["namespace"]) or {})
        return made

    def _array(self, node: Node) -> Any:
        if node["type"] == "json":
            return self._object_array(node)
        array = arrays.from_npy(self._members[node["file"]])
        if node["__class__"] == "ndarray":
            return array
        if array.ndim:
            raise InvalidModel("a number in a skops file is an array")
        return self._named(node)(array)

    def _object_array(self, node: Node) -> Any:
        import numpy as np

        shape = _expect(tuple, self.build(node["shape"]))
        if not shape or len(shape) > 32 or not all(type(n) is int and n >= 0 for n in shape):
            raise InvalidModel("an array in a skops file has an impossible shape")
        rows: list[Any] = [self.build(item) for item in node["content"]]
        for length in shape[1:]:
            if not all(type(row) is list and len(row) == length for row in rows):
                raise InvalidModel("an array in a skops file has other items than its shape says")
            rows = [item for row in rows for item in row]
        made = np.empty(len(rows), object)
        for place, item in enumerate(rows):
            made[place] = item
        return made.reshape(shape)

    def _masked(self, node: Node) -> Any:
        import numpy as np

        data, mask = self.build(node["content"]["data"]), self.build(node["content"]["mask"])
        return np.ma.MaskedArray(_expect(np.ndarray, data), mask)

    def _random_state(self, node: Node) -> Any:
        made = self._named(node)()
        made.set_state(_expect(dict, self.build(node["content"])))
        return made

    def _generator(self, node: Node) -> Any:
        state = _expect(dict, self.build(node["content"]["bit_generator"]))
        seeds = node["content"].get("seed_seq")
        arguments = _expect(dict, self.build(seeds)) if seeds is not None else {}
        make = allowed.resolve("numpy.random", _bit_generator(state))
        bits = make(allowed.resolve("numpy.random", "SeedSequence")(**arguments)) if arguments else make()
        bits.state = state
        return self._named(node)(bits)

    def _sparse(self, node: Node) -> Any:
        made = arrays.from_npz(self._members[node["file"]])
        if type(made) is not self._named(node):
            raise InvalidModel("a sparse matrix in a skops file is of another kind than its node says")
        return made

    def _object(self, node: Node) -> Any:
        kind = self._named(node)
        content = node.get("content")
        state = None if content is None else self.build(content)
        check_state(kind, state)
        made = _new(kind)
        if state is None:
            return made
        if hasattr(made, "__setstate__"):
            made.__setstate__(state)
        else:
            made.__dict__.update(state)
        return made

    def _tree(self, node: Node) -> Any:
        arguments = self._arguments(node["__reduce__"]["args"])
        state = _expect(dict, self.build(node["content"]))
        self._trees.append(tree_state(arguments, state))
        made = self._named(node)(*arguments)
        made.__setstate__(state)
        return made


def _new(kind: type) -> Any:
    """An empty ``kind``. Not by its own ``__new__`` where Python allows: deprecated estimators warn there."""
    try:
        return object.__new__(kind)
    except TypeError:
        return cast(Any, kind).__new__(kind)


def _expect(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise InvalidModel(f"a skops file holds a {type(value).__name__} where a {kind.__name__} belongs")
    return value


def _bit_generator(state: Mapping[str, Any]) -> str:
    name = state.get("bit_generator")
    if type(name) is not str or f"numpy.random.{name}" not in allowed.names("BitGenerator"):
        raise InvalidModel("a skops file asks for a random generator that numpy does not have")
    return name


@functools.lru_cache(4096)
def _primitive(text: str) -> Any:
    value = json.loads(text)
    if type(value) not in _PRIMITIVES:
        raise InvalidModel("a value in a skops file is not a number, a text, a truth value or null")
    return value
