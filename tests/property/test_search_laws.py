"""Laws of searching: whatever happened, the index answers what a look at every record of the branch answers."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitmodels import digest, yaml
from gitmodels.api import converting
from gitmodels.errors import GitModelsError
from gitmodels.filters import ATTRIBUTE, ordered
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry import evaluations, layout, search
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.changes import evaluations as measuring
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.evaluations import Evaluation
from gitmodels.registry.records import VersionRecord
from gitmodels.registry.registry import Registry
from gitmodels.registry.search_index.rows import IS_PROMPT, MODEL_COLUMNS, VERSION_COLUMNS
from gitmodels.registry.search_index.tables import Tables
from gitmodels.registry.state import State, Version
from gitmodels.uris import STAGES

REAL = settings(
    max_examples=max(12, settings.default.max_examples // 4) if settings.default else 12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
NAMES = st.sampled_from(["fraud", "Fraud", "a..b", "é %"])
NUMBERS = st.integers(1, 4)
KEYS = st.sampled_from(["team", "a b", IS_PROMPT])
VALUES = st.sampled_from(["x", "X", "true", "it's", "50%", "", "a\0b", "é"])
FLOATS = st.sampled_from([0.5, 0.9, float("nan"), float("inf"), 2**60, True, "text"])
OPERATIONS = st.one_of(
    st.tuples(st.just("register"), NAMES, st.integers(0, 3), FLOATS, VALUES),
    st.tuples(st.just("register"), NAMES, st.integers(0, 3), FLOATS, VALUES),
    st.tuples(st.just("alias"), NAMES, st.sampled_from(["prod", "next"]), NUMBERS),
    st.tuples(st.just("clear"), NAMES, st.just("prod")),
    st.tuples(st.just("tag"), NAMES, NUMBERS, KEYS, VALUES),
    st.tuples(st.just("tag model"), NAMES, KEYS, VALUES),
    st.tuples(st.just("stage"), NAMES, NUMBERS, st.sampled_from(STAGES[1:3])),
    st.tuples(st.just("describe"), NAMES, NUMBERS, VALUES),
    st.tuples(st.just("drop"), NAMES, NUMBERS),
    st.tuples(st.just("delete"), NAMES),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("copy"), NAMES, NUMBERS, NAMES),
    st.tuples(st.just("evaluate"), NAMES, NUMBERS, st.sampled_from([0.1, 0.7])),
    st.tuples(st.just("damage"), NAMES, NUMBERS, st.sampled_from(["model", "meta", "version", "alias"])),
    st.tuples(st.just("back"), st.integers(1, 3)),
)
VERSION_FILTERS = [
    "",
    "name = 'fraud'",
    "name != 'fraud' AND version_number > 1",
    "name ILIKE 'FR%'",
    "name LIKE '%.%'",
    "name IN ('fraud', 'é %')",
    "name NOT IN ('fraud')",
    "run_id = 'r1'",
    "run_id != 'r1'",
    "source_path LIKE 'models:/%'",
    "tags.team = 'x'",
    "tags.team != 'x'",
    "tags.team ILIKE 'x'",
    "tags.team LIKE '%\0%'",
    "tags.`a b` LIKE '%'",
    'tags.team = "it\'s"',
    f"tags.`{IS_PROMPT}` = 'true'",
    f"tags.`{IS_PROMPT}` != 'true'",
    f"tags.`{IS_PROMPT}` != 'false'",
    f"tags.`{IS_PROMPT}` LIKE 'tr%'",
    "metrics.auc > 0.5",
    "metrics.auc != 0.5",
    "metrics.auc <= 1e300",
    "params.depth = '4'",
    "alias = 'prod'",
    "alias LIKE 'n%' AND stage = 'None'",
    "flavor IN ('sklearn', 'onnx')",
    "inputs LIKE '%age%'",
    "stage = 'Staging'",
    "size > 1",
    "version_number < 99999999999999999999",
    "last_updated_timestamp > 1770000003000",
]
MODEL_FILTERS = [
    "",
    "name LIKE '%r%'",
    "tags.team = 'x'",
    "tags.team != 'x'",
    f"tags.`{IS_PROMPT}` = 'true'",
    f"tags.`{IS_PROMPT}` != 'true'",
    "creation_timestamp >= 1770000003000",
    "last_updated_timestamp < 1770000009000",
]
ORDERS: list[list[str]] = [
    [],
    ["name DESC"],
    ["version_number ASC"],
    ["last_updated_timestamp DESC"],
    ["metrics.auc DESC"],
    ["metrics.auc ASC", "creation_timestamp DESC"],
    ["tags.team ASC"],
    ["params.depth DESC"],
    ["run_id ASC"],
]


def new_version(content: int, value: Any, text: str) -> NewVersion:
    manifest = digest.of_bytes(b"%d" % content)
    record = VersionRecord(
        digest.model_id(manifest),
        manifest,
        0,
        "",
        "",
        "",
        size=content,
        flavors=("sklearn", "python_function")[:content],
        signature={"inputs": ["age: long", "sum: double"]} if content else {},
        run={"id": f"r{content}", "params": {"depth": 4, "text": text}, "metrics": [{"key": "auc", "value": value}]}
        if content
        else {},
    )
    return NewVersion(record, yaml.dump({"format": 1, "files": [], "n": content}))


def do(registry: Registry, operation: tuple[Any, ...]) -> None:
    kind, *rest = operation
    if kind in ("damage", "back"):
        by_hand(registry, kind, rest)
        return
    name, *rest = rest
    changes = {
        "register": lambda s, at: versions.register(s, name, new_version(*rest), at),
        "alias": lambda s, at: aliases.set_alias(s, name, rest[0], rest[1], at),
        "clear": lambda s, at: aliases.delete_alias(s, name, rest[0], at),
        "tag": lambda s, at: versions.set_tag(s, name, *rest),
        "tag model": lambda s, at: models.set_tag(s, name, *rest),
        "stage": lambda s, at: versions.stage(s, name, rest[0], rest[1], at, archive=True),
        "describe": lambda s, at: versions.update(s, name, rest[0], at, rest[1]),
        "drop": lambda s, at: versions.delete(s, name, rest[0], at),
        "delete": lambda s, at: models.delete(s, name, at),
        "rename": lambda s, at: models.rename(s, name, rest[0], at),
        "copy": lambda s, at: versions.copy(s, s.version(name, rest[0]), rest[1], at),
        "evaluate": lambda s, at: measuring.add(
            s, name, rest[0], Evaluation(s.version(name, rest[0]).record.manifest, {"auc": rest[1]}), at
        ),
    }
    try:
        registry.apply(changes[kind])
    except GitModelsError:
        return


def by_hand(registry: Registry, kind: str, rest: list[Any]) -> None:
    """What people do with git: write nonsense into a file, or throw commits away."""
    tip = registry.branch.tip()
    if kind == "back":
        line = subprocess.run(
            ["git", "rev-list", "gitmodels"], cwd=registry.git.common_dir, capture_output=True, text=True, check=True
        ).stdout.split()
        subprocess.run(
            ["git", "update-ref", "refs/heads/gitmodels", line[min(rest[0], len(line) - 1)]],
            cwd=registry.git.common_dir,
            check=True,
        )
        return
    name, number, what = rest
    path = {
        "model": layout.model_file(name),
        "meta": layout.meta_file(name, number),
        "version": layout.version_file(name, number),
        "alias": layout.alias_file(name, "prod"),
    }[what]
    if registry.state().tree.read(path) is not None:
        registry.branch.commit(
            {path: b"name: x\nname: y\n"}, "Damage\n", expected=tip, author=Identity("A", "a@x.org"), when_ms=0
        )


def looked_up(state: State, text: str, orders: list[str]) -> list[tuple[str, int]]:
    """The versions that a look at every record finds: slow, and plain to see."""
    what = search.asked(text, orders, search.VERSIONS)
    first = next((one for one in what.wanted if (one.kind, one.key) == ("tags", IS_PROMPT)), None)
    prompts = first is not None and (first.operator, first.value) in (("=", "true"), ("!=", "false"))
    rows = []
    for name in state.model_names():
        every = [
            state.meta(name, n)
            for n in state.all_numbers(name)
            if n >= state.model(name).first and whole(state, name, n)
        ]
        if not prompts and any(meta.tags.get(IS_PROMPT) == "true" for meta in every):
            continue
        rows += [facts(state, version) for version in state.versions(name)]
    wanted = [one for one in what.wanted if prompts or (one.kind, one.key) != ("tags", IS_PROMPT)]
    kept = [row for row in rows if all(holds(row, one) for one in wanted)]
    kept.sort(key=lambda row: (row[ATTRIBUTE, "name"], -row[ATTRIBUTE, "version_number"]))
    for kind, key, descending in reversed(what.orders):
        kept = ordered(kept, lambda row, k=(kind, key): row.get(k), descending=descending)
    return [(row[ATTRIBUTE, "name"], row[ATTRIBUTE, "version_number"]) for row in kept]


def whole(state: State, name: str, number: int) -> bool:
    try:
        return state.any_version(name, number) is not None
    except GitModelsError:
        return False


def holds(row: Mapping[tuple[str, str], Any], one: Any) -> bool:
    found = row.get((one.kind, one.key))
    return any(map(one.accepts, found)) if isinstance(found, tuple) else one.accepts(found)


def facts(state: State, version: Version) -> dict[tuple[str, str], Any]:
    record, name = version.record, version.name
    pointing = tuple(alias for alias, number in state.aliases(name).items() if number == version.number)
    metrics = {key: float(value) for key, value in record.metrics.items() if not isinstance(value, str)}
    metrics |= evaluations.latest(evaluations.of_version(state, name, version.number, record.manifest))
    named = {
        "name": name,
        "version_number": version.number,
        "run_id": record.run_id,
        "source_path": f"models:/{record.model_id}",
        "creation_timestamp": record.created,
        "last_updated_timestamp": version.updated,
        "alias": pointing,
        "flavor": record.flavors,
        "inputs": tuple(record.signature.get("inputs", ())),
        "stage": version.meta.stage,
        "size": record.size,
    }
    return (
        {(ATTRIBUTE, key): value for key, value in named.items()}
        | {("tags", key): value for key, value in version.meta.tags.items()}
        | {("metrics", key): value for key, value in metrics.items()}
        | {("params", key): str(value) for key, value in record.run.get("params", {}).items()}
    )


def looked_up_models(state: State, text: str) -> list[str]:
    what = search.asked(text, None, search.MODELS)
    prompts = any(one.key == IS_PROMPT and one.operator == "=" for one in what.wanted)
    found = []
    for name in state.model_names():
        record, shown = state.model(name), converting.registered_model(state, name)
        row = {
            (ATTRIBUTE, "name"): name,
            (ATTRIBUTE, "creation_timestamp"): record.created,
            (ATTRIBUTE, "last_updated_timestamp"): shown.last_updated_timestamp,
        } | {("tags", key): value for key, value in record.tags.items()}
        if not prompts and record.tags.get(IS_PROMPT) == "true":
            continue
        if all(holds(row, one) for one in what.wanted if prompts or one.key != IS_PROMPT):
            found.append(name)
    return sorted(found)


def compare(registry: Registry, every: bool) -> None:
    """The index and the records answer alike, whatever is asked; entities too."""
    state = registry.state()
    for text in VERSION_FILTERS if every else VERSION_FILTERS[:1]:
        for orders in ORDERS if text == "" and every else ORDERS[:1]:
            found = search.find_versions(registry, state, search.asked(text, orders, search.VERSIONS))
            assert found.keys == looked_up(state, text, orders), (text, orders)
            pages = [
                search.find_versions(registry, state, search.asked(text, orders, search.VERSIONS), limit=2, offset=n)
                for n in range(0, len(found.rows) + 1, 2)
            ]
            assert [row for page in pages for row in page.rows] == list(found.rows)
            expected = [
                converting.model_version(state, state.version(name, number), state.aliases(name))
                for name, number in found.keys
            ]
            assert converting.found_versions(found.rows, found.aliases) == expected
    for text in MODEL_FILTERS if every else MODEL_FILTERS[:1]:
        shown = search.find_models(registry, state, search.asked(text, None, search.MODELS))
        assert [row.name for row in shown.rows] == looked_up_models(state, text), text
        entities = [converting.found_model(shown, row) for row in shown.rows]
        assert entities == [converting.registered_model(state, row.name) for row in shown.rows]


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    """A repository to copy from: making one with git costs more than copying."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)
        shutil.rmtree(Path(folder, "hooks"), ignore_errors=True)
        yield Path(folder)


@REAL
@given(st.lists(OPERATIONS, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_the_index_answers_what_a_look_at_every_record_answers(empty: Path, operations: list[Any], random: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "r.git")
        shutil.copytree(empty, path)
        ticks = iter(range(1_770_000_000_000, 1_780_000_000_000, 1000))

        def opened() -> Registry:
            return Registry(GitRepository.open(path), Identity("Ana", "ana@x.org"), clock=lambda: next(ticks))

        registry = opened()
        registry.init()
        for operation in operations:
            do(registry, operation)
            if random.random() < 0.5:
                compare(registry, every=False)
            if random.random() < 0.2:
                registry = opened()
        compare(registry, every=True)
        # Another process starts from what was kept.
        again = opened()
        compare(again, every=True)
        kept = again.search_index.ask(again.state(), contents)
        assert kept == contents(again.search_index.rebuild(again.state()))


def contents(tables: Tables) -> list[set[Any]]:
    """Everything in the tables, without the numbers that they give to rows."""
    versions = ", ".join(VERSION_COLUMNS)
    return [
        set(tables.database.execute(text))
        for text in (
            f"SELECT {', '.join(MODEL_COLUMNS)} FROM models",
            f"SELECT {versions} FROM versions",
            "SELECT alias, name, number FROM aliases",
            "SELECT key, value, encoded FROM model_tags LEFT JOIN models ON id = model",
            "SELECT kind, key, value, name, number FROM words LEFT JOIN versions ON id = version",
            "SELECT key, value, name, number FROM measures LEFT JOIN versions ON id = version",
        )
    ]
