"""Laws of the registry: records round trip; operations do what a plain dict would; nothing is ever removed."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitmodels import digest, yaml
from gitmodels.errors import GitModelsError
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, cards, evaluations, models, versions
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.doctor import examine
from gitmodels.registry.evaluations import Evaluation, Measured, of_version
from gitmodels.registry.records import NOWHERE, AliasRecord, MetaRecord, ModelRecord, Target, VersionRecord
from gitmodels.registry.registry import Registry
from gitmodels.registry.state import State, Version
from gitmodels.uris import STAGES
from gitmodels.values import replace

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = st.from_regex(r"[A-Za-z.@%=é -]{1,12}", fullmatch=True)
ALIASES = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
TIMES = st.integers(min_value=0, max_value=253_402_300_799_999)
IDS = st.binary(max_size=4).map(digest.of_bytes)
TAGS = st.dictionaries(TEXT.filter(bool), TEXT, max_size=4)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
REST = st.dictionaries(st.sampled_from(["later", "x-y", "Zeta", "no", "1"]), VALUES, max_size=2)
FILLED = st.none() | TEXT.filter(bool)


@given(
    st.builds(
        ModelRecord,
        name=TEXT,
        created=TIMES,
        updated=TIMES,
        description=FILLED,
        tags=TAGS,
        status=st.sampled_from(["active", "deleted", "moved"]),
        moved=FILLED,
        first=st.integers(1, 2**40),
        rest=REST,
    )
)
def test_a_model_record_round_trips(record: ModelRecord) -> None:
    assert ModelRecord.from_yaml(record.to_yaml(), "f") == record


@given(
    st.builds(
        MetaRecord,
        status=st.sampled_from(["ready", "deleted"]),
        stage=st.sampled_from(STAGES),
        description=FILLED,
        reason=FILLED,
        tags=TAGS,
        updated=st.none() | TIMES,
        rest=REST,
    )
)
def test_a_meta_record_round_trips(record: MetaRecord) -> None:
    assert MetaRecord.from_yaml(record.to_yaml(), "f") == record


@given(
    st.builds(
        VersionRecord,
        model_id=st.just(""),
        manifest=IDS,
        created=TIMES,
        author=TEXT,
        email=TEXT,
        op=TEXT,
        size=st.integers(0, 2**62),
        source=FILLED,
        flavors=st.lists(TEXT, max_size=3).map(tuple),
        code_execution=TEXT,
        dependencies=FILLED,
        code=st.dictionaries(TEXT, VALUES, max_size=2),
        base=st.lists(TEXT, max_size=2).map(tuple),
        run=st.dictionaries(TEXT, VALUES, max_size=3),
        run_link=FILLED,
        rest=REST,
    )
)
def test_a_version_record_round_trips(drawn: VersionRecord) -> None:
    record = replace(drawn, model_id=digest.model_id(drawn.manifest))
    assert VersionRecord.from_yaml(record.to_yaml(), "f") == record


TARGETS = st.just(NOWHERE) | st.builds(Target, st.integers(1, 10**14), IDS)


@given(
    st.builds(
        AliasRecord,
        model=NAMES,
        alias=ALIASES,
        target=TARGETS,
        previous=TARGETS,
        op=TEXT,
        summary=st.dictionaries(TEXT, VALUES, max_size=3),
        reason=FILLED,
        rest=REST,
    )
)
def test_an_alias_record_round_trips(record: AliasRecord) -> None:
    assert AliasRecord.from_yaml(record.to_yaml(), "f") == record


@given(
    st.builds(
        Evaluation,
        manifest=IDS,
        metrics=st.dictionaries(TEXT, st.floats(allow_nan=False), max_size=4),
        created=TIMES,
        author=TEXT,
        email=TEXT,
        op=TEXT,
        dataset=st.none()
        | st.builds(Measured, TEXT, FILLED, st.none() | IDS, st.none() | st.integers(0, 2**40), FILLED),
        description=FILLED,
        run=st.dictionaries(TEXT, VALUES, max_size=2),
        code=st.dictionaries(TEXT, VALUES, max_size=2),
        rest=REST,
    )
)
def test_an_evaluation_round_trips(record: Evaluation) -> None:
    assert Evaluation.from_yaml(record.to_yaml(), "f") == record


@given(st.binary(max_size=200) | TEXT.map(str.encode) | VALUES.map(lambda value: yaml.dump({"name": value})))
def test_any_bytes_are_a_record_or_an_error_of_ours(data: bytes) -> None:
    for kind in (ModelRecord, VersionRecord, MetaRecord, AliasRecord, Evaluation):
        try:
            kind.from_yaml(data, "f")
        except GitModelsError as error:
            refusal = error
        else:
            continue
        assert refusal.message.startswith("f: ")


# Operations on a real repository cost milliseconds: fewer of them, many more in the long runs.
REAL = settings(
    max_examples=max(12, settings.default.max_examples // 4) if settings.default else 12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

# A plain dict of what should be so, beside the real registry.
MODELS = ("fraud", "Fraud", "a..b")
NAMED = st.sampled_from(MODELS)
NUMBERS = st.integers(1, 4)
KEYS = st.sampled_from(["team", "ok"])
OPERATIONS = st.one_of(
    st.tuples(st.just("register"), NAMED, st.integers(0, 3)),
    st.tuples(st.just("alias"), NAMED, st.sampled_from(["prod", "Prod"]), NUMBERS),
    st.tuples(st.just("clear"), NAMED, st.sampled_from(["prod", "Prod"])),
    st.tuples(st.just("rollback"), NAMED, st.sampled_from(["prod", "Prod"])),
    st.tuples(st.just("tag"), NAMED, NUMBERS, KEYS, st.sampled_from(["x", "y"])),
    st.tuples(st.just("untag"), NAMED, NUMBERS, KEYS),
    st.tuples(st.just("stage"), NAMED, NUMBERS, st.sampled_from(STAGES[1:3])),
    st.tuples(st.just("drop"), NAMED, NUMBERS),
    st.tuples(st.just("delete"), NAMED),
    st.tuples(st.just("rename"), NAMED, NAMED),
    st.tuples(st.just("copy"), NAMED, NUMBERS, NAMED),
    st.tuples(st.just("evaluate"), NAMED, NUMBERS, st.sampled_from([0.5, 0.9])),
    st.tuples(st.just("card"), NAMED, st.sampled_from(["", "# One\n", "# Two\n"])),
)


def new_version(content: int) -> NewVersion:
    manifest = digest.of_bytes(b"%d" % content)
    record = VersionRecord(digest.model_id(manifest), manifest, 0, "", "", "", size=content)
    return NewVersion(record, yaml.dump({"format": 1, "files": [], "n": content}))


def evaluate(state: State, name: str, number: int, value: float, at: At) -> Change[str]:
    new = Evaluation(state.version(name, number).record.manifest, {"auc": value})
    return evaluations.add(state, name, number, new, at)


def measured(state: State, version: Version) -> list[float]:
    found = of_version(state, version.name, version.number, version.record.manifest)
    return [one.metrics["auc"] for one in found]


def ask(registry: Registry, operation: tuple[Any, ...]) -> Any:
    """Do ``operation``; the class of the error where it was refused."""
    kind, name, *rest = operation
    changes = {
        "register": lambda s, at: versions.register(s, name, new_version(rest[0]), at),
        "alias": lambda s, at: aliases.set_alias(s, name, rest[0], rest[1], at),
        "clear": lambda s, at: aliases.delete_alias(s, name, rest[0], at),
        "rollback": lambda s, at: aliases.rollback(s, name, rest[0], at),
        "tag": lambda s, at: versions.set_tag(s, name, *rest),
        "untag": lambda s, at: versions.delete_tag(s, name, *rest),
        "stage": lambda s, at: versions.stage(s, name, rest[0], rest[1], at, archive=True),
        "drop": lambda s, at: versions.delete(s, name, rest[0], at),
        "delete": lambda s, at: models.delete(s, name, at),
        "rename": lambda s, at: models.rename(s, name, rest[0], at),
        "evaluate": lambda s, at: evaluate(s, name, rest[0], rest[1], at),
        "card": lambda s, at: cards.write(s, name, rest[0]),
        "copy": lambda s, at: versions.copy(s, s.version(name, rest[0]), rest[1], at),
    }
    try:
        return registry.apply(changes[kind])
    except GitModelsError as error:
        return type(error)


class Expected:
    """What should be registered: per name its living versions, the aliases with what was before, the highest number."""

    def __init__(self) -> None:
        self.models: dict[str, dict[str, Any]] = {}
        self.last: dict[str, int] = {}
        self.used: dict[str, dict[int, Any]] = {}

    def do(self, operation: tuple[Any, ...]) -> None:
        """The same operation on plain values."""
        kind, name, *rest = operation
        model = self.models.get(name)
        if kind == "register":
            self._register(name, {"content": rest[0], "tags": {}})
        elif kind == "copy":
            version = (model or {"versions": {}})["versions"].get(rest[0])
            if version is not None:
                self._register(rest[1], {"content": version["content"], "tags": dict(version["tags"])})
        elif model is not None:
            getattr(self, f"_{kind}")(model, name, *rest)

    def _register(self, name: str, version: dict[str, Any]) -> None:
        number = self.last.get(name, 0) + 1
        self.last[name] = number
        model = self.models.setdefault(name, {"versions": {}, "aliases": {}, "before": {}, "card": ""})
        model["versions"][number] = {**version, "stage": "None", "measured": []}
        self.used.setdefault(name, {})[number] = version["content"], object()

    def _alias(self, model: dict[str, Any], _: str, alias: str, number: int) -> None:
        if number in model["versions"] and model["aliases"].get(alias) != number:
            model["before"][alias] = model["aliases"].get(alias)
            model["aliases"][alias] = number

    def _clear(self, model: dict[str, Any], _: str, alias: str) -> None:
        if model["aliases"].get(alias) is not None:
            model["before"][alias] = model["aliases"].pop(alias)

    def _rollback(self, model: dict[str, Any], _: str, alias: str) -> None:
        to = model["before"].get(alias)
        if to in model["versions"]:
            model["before"][alias] = model["aliases"].get(alias)
            model["aliases"][alias] = to

    def _tag(self, model: dict[str, Any], _: str, number: int, key: str, value: str) -> None:
        if number in model["versions"]:
            model["versions"][number]["tags"][key] = value

    def _untag(self, model: dict[str, Any], _: str, number: int, key: str) -> None:
        if number in model["versions"]:
            model["versions"][number]["tags"].pop(key, None)

    def _stage(self, model: dict[str, Any], _: str, number: int, stage: str) -> None:
        if number in model["versions"]:
            for version in model["versions"].values():
                if version["stage"] == stage:
                    version["stage"] = "Archived"
            model["versions"][number]["stage"] = stage

    def _evaluate(self, model: dict[str, Any], _: str, number: int, value: float) -> None:
        if number in model["versions"]:
            model["versions"][number]["measured"].append(value)

    def _card(self, model: dict[str, Any], _: str, text: str) -> None:
        model["card"] = text

    def _drop(self, model: dict[str, Any], _: str, number: int) -> None:
        if model["versions"].pop(number, None) is not None:
            for alias in [alias for alias, target in model["aliases"].items() if target == number]:
                model["before"][alias] = model["aliases"].pop(alias)

    def _delete(self, _: dict[str, Any], name: str) -> None:
        del self.models[name]

    def _rename(self, model: dict[str, Any], name: str, new: str) -> None:
        theirs, ours = self.used.get(new, {}), self.used.get(name, {})
        if new in self.models or any(ours.get(number) != known for number, known in theirs.items()):
            return
        self.models[new] = self.models.pop(name)
        self.last[new] = self.last[name]
        self.used[new] = dict(ours)

    def shown(self) -> dict[str, Any]:
        """What a reader sees of it."""
        return {
            name: (
                {n: (v["content"], v["tags"], v["stage"], v["measured"]) for n, v in model["versions"].items()},
                {alias: number for alias, number in model["aliases"].items() if number is not None},
                model["card"].encode() or None,
            )
            for name, model in self.models.items()
        }


def shown(registry: Registry) -> dict[str, Any]:
    """What a reader sees of the real one."""
    state = registry.state()
    return {
        name: (
            {v.number: (v.record.size, v.meta.tags, v.meta.stage, measured(state, v)) for v in state.versions(name)},
            {alias: state.aliased(name, alias) for alias in state.aliases(name)},
            state.card(name),
        )
        for name in state.model_names()
    }


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    """A repository to copy from: making one with git costs more than copying."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)
        shutil.rmtree(Path(folder, "hooks"), ignore_errors=True)
        yield Path(folder)


def fresh(empty: Path, folder: str) -> Registry:
    """A new registry in ``folder``."""
    path = Path(tempfile.mkdtemp(dir=folder)) / "r.git"
    shutil.copytree(empty, path)
    ticks = iter(range(1_770_000_000_000, 1_780_000_000_000, 1000))
    registry = Registry(GitRepository.open(path), Identity("Ana", "ana@x.org"), clock=lambda: next(ticks))
    registry.init()
    return registry


@REAL
@given(st.lists(OPERATIONS, min_size=1, max_size=25))
def test_the_registry_does_what_a_dict_would_and_removes_nothing(empty: Path, operations: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        registry, expected = fresh(empty, folder), Expected()
        paths: set[str] = set()
        for operation in operations:
            ask(registry, operation)
            expected.do(operation)
            assert shown(registry) == expected.shown(), operation
            now = {path for path, _ in registry.state().tree.walk()}
            assert paths <= now, operation
            paths = now
        assert [problem for problem in examine(registry) if not problem.is_note] == []


@REAL
@given(st.lists(OPERATIONS.filter(lambda o: o[0] not in ("rename", "copy", "evaluate")), max_size=12), st.randoms())
def test_changes_of_different_models_commute(empty: Path, operations: list[Any], random: Any) -> None:
    """Any two interleavings that keep each model's own order end in the same tree, but for times and ids."""
    queues = {name: [o for o in operations if o[1] == name] for name in MODELS}
    shuffled = [name for name in MODELS for _ in queues[name]]
    random.shuffle(shuffled)
    positions = {name: iter(queue) for name, queue in queues.items()}
    other = [next(positions[name]) for name in shuffled]
    with tempfile.TemporaryDirectory() as folder:
        one, two = fresh(empty, folder), fresh(empty, folder)
        results = [ask(one, o) for o in operations], [ask(two, o) for o in other]
        assert shown(one) == shown(two)
        assert sorted(map(str, results[0])) == sorted(map(str, results[1]))
        assert {path for path, _ in one.state().tree.walk()} == {path for path, _ in two.state().tree.walk()}


@REAL
@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.data())
def test_renaming_copying_and_deleting_keep_the_version_commits(empty: Path, contents: list[int], data: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        registry = fresh(empty, folder)
        for content in contents:
            ask(registry, ("register", "fraud", content))
        known = [_commit(registry, "fraud", number) for number in range(1, len(contents) + 1)]
        number = data.draw(st.integers(1, len(contents)))
        ask(registry, ("drop", "fraud", number))
        assert [_commit(registry, "fraud", n + 1) for n in range(len(contents))] == known
        ask(registry, ("rename", "fraud", "a..b"))
        assert [_commit(registry, "a..b", n + 1) for n in range(len(contents))] == known
        ask(registry, ("register", "a..b", 9))
        assert [_commit(registry, "a..b", n + 1) for n in range(len(contents))] == known
        tree = registry.state().tree
        assert tree.oid(f"{layout.version_folder('a..b', 1)}/manifest.yaml") == tree.oid(
            f"{layout.version_folder('fraud', 1)}/manifest.yaml"
        )


def _commit(registry: Registry, name: str, number: int) -> str:
    return registry.projection.commits.derive(registry.state(), name, number).commit
