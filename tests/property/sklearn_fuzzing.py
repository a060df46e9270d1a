"""Damages skops files and asks the models that still load; run as a script, because a crash ends the process.

``python sklearn_fuzzing.py SEED CASES`` prints how many files were refused and how many loaded. Whatever a file holds,
reading it gives a model or InvalidModel or Untrusted, and asking a model that loaded gives an answer or an exception.
"""

import contextlib
import json
import random
import resource
import runpy
import sys
import warnings
from pathlib import Path

from gitmodels.errors import InvalidModel, Untrusted
from gitmodels.flavors import skops
from gitmodels.flavors.skops.container import pack

ZOO = runpy.run_path(str(Path(__file__).parent.parent / "flavors" / "sklearn_zoo.py"))
NUMBERS = ["0", "1", "-1", "2", "7", "1000", "1000000", "99999999999", "null", "true", "1e300", "NaN"]
WORDS = ['"a"', '""', '"brute"', '"kd_tree"', '"precomputed"', '"linear"', '"zero"', '"skops"']
KINDS = ("__class__", "__module__", "__loader__")
MEMORY = 4 << 30
# What they print or wait for is no crash.
QUIET = ("verbose", "n_jobs")


def nodes_of(value):
    """Every node of a schema, in order."""
    found, waiting = [], [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found += [item] if "__loader__" in item else []
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return found


def damage_member(members, chance):
    """A few bytes of an array changed, mostly behind its header."""
    name = chance.choice([name for name in members if name != "schema.json"] or ["schema.json"])
    data = bytearray(members[name])
    start = 128 if name.endswith(".npy") and len(data) > 128 and chance.random() < 0.9 else 0
    for _ in range(chance.choice((1, 1, 2, 5))):
        data[chance.randrange(start, len(data))] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    return {**members, name: bytes(data)}


def damage_schema(members, chance):
    """Nodes changed, exchanged, dropped, renamed or made references."""
    schema = json.loads(members["schema.json"])
    for _ in range(chance.choice((1, 1, 2, 3))):
        nodes = nodes_of(schema)
        if not nodes:
            break
        node, other = chance.choice(nodes), chance.choice(nodes)
        chance.choice((_value, _exchange, _drop, _rename, _refer, _file))(node, other, nodes, chance)
    return {**members, "schema.json": json.dumps(schema).encode()}


def _value(node, other, nodes, chance):
    leaves = [leaf for leaf in nodes if leaf.get("__loader__") == "JsonNode"]
    if leaves:
        chance.choice(leaves)["content"] = chance.choice(NUMBERS + WORDS)


def _exchange(node, other, nodes, chance):
    copy = json.loads(json.dumps(other))
    node.clear()
    node.update(copy)


def _drop(node, other, nodes, chance):
    content = node.get("content")
    if isinstance(content, dict) and content:
        content.pop(chance.choice(list(content)))
    elif isinstance(content, list) and content:
        content.pop(chance.randrange(len(content)))


def _rename(node, other, nodes, chance):
    node.update({key: other[key] for key in KINDS if key in other})


def _refer(node, other, nodes, chance):
    node.clear()
    node["__id__"] = chance.randrange(1, 30)


def _file(node, other, nodes, chance):
    files = [item for item in nodes if "file" in item]
    if files:
        chance.choice(files)["file"] = chance.choice(files)["file"]


def damage_raw(members, chance):
    """The zip itself changed."""
    data = bytearray(pack(members))
    for _ in range(3):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def case(members, chance):
    """One damaged file."""
    kind = chance.choice((damage_member, damage_member, damage_schema, damage_schema, damage_raw))
    damaged = kind(members, chance)
    return damaged if isinstance(damaged, bytes) else pack(damaged)


def main(seed, cases):
    chance = random.Random(seed)
    catalogue = ZOO["catalogue"]()
    names = [name for name in catalogue if name not in ZOO["NOT_HELD"]]
    chosen = chance.sample(names, min(len(names), 12 + cases // 40))
    files = {name: skops._written(ZOO["fitted"](catalogue[name]), True) for name in chosen}
    counts = {"loaded": 0, "refused": 0}
    for _ in range(cases):
        name = chance.choice(chosen)
        try:
            model = skops.loads(case(files[name], chance))
        except (InvalidModel, Untrusted):
            counts["refused"] += 1
            continue
        counts["loaded"] += 1
        if all(repr(getattr(model, key, None)) in ("None", "0", "False") for key in QUIET):
            ZOO["answers"](model, catalogue[name][2])
    print(json.dumps(counts))


if __name__ == "__main__":
    # A file may ask for any amount of memory by its parameters; here that ends in a MemoryError, an answer too.
    with contextlib.suppress(ValueError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    main(int(sys.argv[1]), int(sys.argv[2]))
