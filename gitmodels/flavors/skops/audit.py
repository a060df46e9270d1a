"""Judges the schema of a skops file before anything in it is made: every loader, name, member and reference.

It knows node shapes and the allow-list, imports nothing that the file names and builds nothing. What passes is a
tree of permitted nodes of bounded depth whose references point backwards; it is not yet known to be consistent.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from gitmodels.errors import InvalidModel, Untrusted
from gitmodels.flavors.skops import allowed

SCHEMA = "schema.json"
SCHEMA_LIMIT = 512 << 20
DEPTH_LIMIT = 250
Node = dict[str, Any]
Members = Mapping[str, memoryview]


class Audited:
    """A schema that passed: its root, the nodes by id, and what it uses as ``(loader, dotted name)``."""

    __slots__ = ("by_id", "root", "uses")

    def __init__(self, root: Node) -> None:
        self.root = root
        self.by_id: dict[int, Node] = {}
        self.uses: set[tuple[str, str]] = set()


def audit(members: Members) -> Audited:
    """Checks every node. Raises Untrusted for a name that is not on the allow-list, InvalidModel for a broken file."""
    root = _parse(members)
    found = Audited(root)
    stack: list[tuple[Any, int]] = [(root, 0)]
    while stack:
        node, depth = stack.pop()
        if type(node) is not dict or depth > DEPTH_LIMIT:
            raise InvalidModel("a node of a skops file is not an object, or nested too deeply")
        if _is_reference(node, found.by_id):
            continue
        children = _check(node, members, found.uses)
        # Pushed in reverse: skops reads children in this order, and only what it read before can be referred to.
        stack.extend([(child, depth + 1) for child in reversed(children)])
    return found


def _parse(members: Members) -> Node:
    data = members.get(SCHEMA)
    if data is None or len(data) > SCHEMA_LIMIT:
        raise InvalidModel("a skops file has no schema.json, or one that is too large")
    try:
        root = json.loads(bytes(data))
    except (ValueError, RecursionError) as error:
        raise InvalidModel("the schema of a skops file is not JSON") from error
    protocol = root.get("protocol") if isinstance(root, dict) else None
    if type(protocol) is not int or not 1 <= protocol <= 2:
        raise InvalidModel(
            "a skops file of a protocol that is not read here", hint="save the model again with skops 0.13 or later"
        )
    return root  # type: ignore[no-any-return]


def _is_reference(node: Node, by_id: dict[int, Node]) -> bool:
    """Whether the node only points to one that was read before; otherwise its id is entered."""
    number = node.get("__id__")
    loader = node.get("__loader__")
    if number is None:
        return False
    if type(number) is not int:
        raise InvalidModel("an id in a skops file is not a whole number")
    if loader is None or loader == "CachedNode":
        if number not in by_id:
            raise InvalidModel("a reference in a skops file points to nothing before it")
        return True
    by_id.setdefault(number, node)
    return False


def _check(node: Node, members: Members, uses: set[tuple[str, str]]) -> list[Any]:
    """The children of a node whose loader, name and fields are permitted."""
    loader, module, name = node.get("__loader__"), node.get("__module__"), node.get("__class__")
    if not (type(loader) is str and type(module) is str and type(name) is str):
        raise InvalidModel("a node of a skops file does not say what it is")
    children = _CHILDREN.get(loader)
    full = f"{module}.{name}"
    if children is None or full not in allowed.names(loader):
        shown = full if full.isascii() and full.isprintable() and len(full) <= 200 else "an unprintable name"
        raise Untrusted(
            f"the skops file asks for {shown} as a {loader if children else 'node that is never read'}, "
            "which is not on the reviewed allow-list",
            hint="save the model again with serialization_format='cloudpickle' if you trust its code",
        )
    if loader != "JsonNode":
        uses.add((loader, full))
    try:
        return children(node, members)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidModel(f"a {loader} of a skops file lacks what such nodes have") from error


def _leaf(node: Node, members: Members) -> list[Any]:
    return []


def _items(node: Node, members: Members) -> list[Any]:
    return _list(node["content"])


def _content(node: Node, members: Members) -> list[Any]:
    return [node["content"]]


def _object(node: Node, members: Members) -> list[Any]:
    return [] if node.get("content") is None else [node["content"]]


def _dictionary(node: Node, members: Members) -> list[Any]:
    return [node["key_types"], *_dict(node["content"]).values()]


def _group(*keys: str) -> Callable[[Node, Members], list[Any]]:
    return lambda node, members: [_dict(node["content"])[key] for key in keys]


def _reduced(node: Node, members: Members) -> list[Any]:
    return [node["content"], _dict(node["__reduce__"])["args"]]


def _file(suffix: str) -> Callable[[Node, Members], list[Any]]:
    def check(node: Node, members: Members) -> list[Any]:
        name = node["file"]
        if type(name) is not str or not name.endswith(suffix) or name not in members:
            raise InvalidModel("a node of a skops file names a member that is not there")
        return []

    return check


def _array(node: Node, members: Members) -> list[Any]:
    if node["type"] == "numpy":
        return _file(".npy")(node, members)
    if node["type"] != "json" or node["__class__"] != "ndarray":
        raise ValueError
    return [*_list(node["content"]), node["shape"]]


def _slice(node: Node, members: Members) -> list[Any]:
    _dict(node["content"])
    return []


def _json(node: Node, members: Members) -> list[Any]:
    if type(node["content"]) is not str:
        raise TypeError
    return []


def _generator(node: Node, members: Members) -> list[Any]:
    bits = _dict(node["content"])["bit_generator"]
    name = json.loads(bits["content"]["bit_generator"]["content"])
    if f"numpy.random.{name}" not in allowed.names("BitGenerator"):
        raise Untrusted("a skops file asks for a random generator that numpy does not have")
    seeds = _dict(node["content"]).get("seed_seq")
    return [bits] if seeds is None else [bits, seeds]


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError
    return value


def _dict(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise TypeError
    return value


_CHILDREN: dict[str, Callable[[Node, Members], list[Any]]] = {
    "JsonNode": _json,
    "ListNode": _items,
    "SetNode": _items,
    "TupleNode": _items,
    "DictNode": _dictionary,
    "DefaultDictNode": _group("main", "default_factory"),
    "SliceNode": _slice,
    "BytesNode": _file(".bin"),
    "BytearrayNode": _file(".bin"),
    "TypeNode": _leaf,
    "FunctionNode": _leaf,
    "PartialNode": _group("func", "args", "kwds", "namespace"),
    "OperatorFuncNode": lambda node, members: [node["attrs"]],
    "ConstructorFromReduceNode": _content,
    "NdArrayNode": _array,
    "MaskedArrayNode": _group("data", "mask"),
    "DTypeNode": _content,
    "RandomStateNode": _content,
    "RandomGeneratorNode": _generator,
    "SparseMatrixNode": _file(".npz"),
    "ObjectNode": _object,
    "TreeNode": _reduced,
    "LossNode": _reduced,
}
