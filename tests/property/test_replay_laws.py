"""Laws of replay: two sides worked apart, and it ends as if one had waited, or in a conflict that changes nothing.

Everything happens in real repositories. The oracle asks the same operations, with the numbers they got there, of the
other side's registry; a replay must show the same registry.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from gitmodels import digest, yaml
from gitmodels.errors import Conflict, GitModelsError
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.registry.catching_up import catch_up
from gitmodels.registry.changes import aliases, cards, evaluations, models, versions
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.doctor import examine
from gitmodels.registry.evaluations import Evaluation, of_version
from gitmodels.registry.records import VersionRecord
from gitmodels.registry.registry import Registry
from gitmodels.registry.state import State
from gitmodels.uris import STAGES

REAL = settings(
    max_examples=max(20, settings.default.max_examples // 3) if settings.default else 20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

NAMED = st.sampled_from(["fraud", "Fraud"])
NUMBERS = st.integers(1, 4)
ALIASES = st.sampled_from(["prod", "Prod"])
REGISTERING = st.tuples(st.just("register"), NAMED, st.integers(0, 3))
OPERATIONS = st.one_of(
    REGISTERING,
    REGISTERING,
    st.tuples(st.just("create"), NAMED, st.sampled_from([None, "Who pays back?"])),
    st.tuples(st.just("alias"), NAMED, ALIASES, NUMBERS),
    st.tuples(st.just("clear"), NAMED, ALIASES),
    st.tuples(st.just("rollback"), NAMED, ALIASES),
    st.tuples(st.just("tag"), NAMED, NUMBERS, st.sampled_from(["team", "ok"]), st.sampled_from(["x", "y"])),
    st.tuples(st.just("untag"), NAMED, NUMBERS, st.sampled_from(["team", "ok"])),
    st.tuples(st.just("team"), NAMED, st.sampled_from(["x", "y"])),
    st.tuples(st.just("describe"), NAMED, NUMBERS, st.sampled_from(["one", "two"])),
    st.tuples(st.just("tell"), NAMED, st.sampled_from(["one", "two"])),
    st.tuples(st.just("stage"), NAMED, NUMBERS, st.sampled_from(STAGES[1:3])),
    st.tuples(st.just("drop"), NAMED, NUMBERS),
    st.tuples(st.just("copy"), NAMED, NUMBERS, NAMED),
    st.tuples(st.just("evaluate"), NAMED, NUMBERS, st.sampled_from([0.5, 0.9])),
    st.tuples(st.just("card"), NAMED, st.sampled_from(["", "# One\n", "# Two\n"])),
    st.tuples(st.just("delete"), NAMED),
    st.tuples(st.just("rename"), NAMED, st.sampled_from(["fraud", "Fraud", "theft"])),
)
# Sides that mostly do what does not clash, or nothing would ever be replayed to the end.
SIDE = st.lists(OPERATIONS, min_size=1, max_size=6)


def new_version(content: int, who: str) -> NewVersion:
    manifest = digest.of_bytes(b"%d %s" % (content, who.encode()))
    record = VersionRecord(digest.model_id(manifest), manifest, 0, "", "", "", size=content)
    return NewVersion(record, yaml.dump({"format": 1, "files": [], "n": content}))


def evaluate(state: State, name: str, number: int, value: float, at: At) -> Change[str]:
    return evaluations.add(
        state, name, number, Evaluation(state.version(name, number).record.manifest, {"auc": value}), at
    )


class Side:
    """One person's registry, with the numbers that the versions of ``mine`` got in it."""

    def __init__(self, path: Path, who: str, start: int) -> None:
        ticks = iter(range(start, start + 10**9, 1234))
        self.registry = Registry(GitRepository.open(path), Identity(who, f"{who}@x.org"), clock=lambda: next(ticks))
        self.path = path
        self.who = who

    def ask(self, operation: tuple[Any, ...], who: str) -> Any:
        """Do ``operation``; its result, or the error."""
        kind, name, *rest = operation
        changes = {
            "register": lambda s, at: versions.register(s, name, new_version(rest[0], who), at),
            "create": lambda s, at: models.create(s, name, at, description=rest[0]),
            "alias": lambda s, at: aliases.set_alias(s, name, rest[0], rest[1], at),
            "clear": lambda s, at: aliases.delete_alias(s, name, rest[0], at),
            "rollback": lambda s, at: aliases.rollback(s, name, rest[0], at),
            "tag": lambda s, at: versions.set_tag(s, name, *rest),
            "untag": lambda s, at: versions.delete_tag(s, name, *rest),
            "team": lambda s, at: models.set_tag(s, name, "team", rest[0]),
            "describe": lambda s, at: versions.update(s, name, rest[0], at, rest[1]),
            "tell": lambda s, at: models.update(s, name, at, rest[0]),
            "stage": lambda s, at: versions.stage(s, name, rest[0], rest[1], at, archive=True),
            "drop": lambda s, at: versions.delete(s, name, rest[0], at),
            "delete": lambda s, at: models.delete(s, name, at),
            "rename": lambda s, at: models.rename(s, name, rest[0], at),
            "evaluate": lambda s, at: evaluate(s, name, rest[0], rest[1], at),
            "card": lambda s, at: cards.write(s, name, rest[0]),
            "copy": lambda s, at: versions.copy(s, s.version(name, rest[0]), rest[1], at),
        }
        try:
            return self.registry.apply(changes[kind])
        except GitModelsError as error:
            return error

    def tip(self) -> str:
        return str(self.registry.branch.tip())

    def refs(self) -> dict[str, str]:
        return self.registry.branch.refs.list(layout.ALIAS_REFS)


def numbered(operation: tuple[Any, ...], numbers: dict[tuple[str, int], int]) -> tuple[Any, ...]:
    """The operation with the numbers that its versions have on the other side."""
    kind, name, *rest = operation
    place = {"tag": 0, "untag": 0, "describe": 0, "stage": 0, "drop": 0, "copy": 0, "evaluate": 0, "alias": 1}.get(kind)
    if place is not None:
        rest[place] = numbers.get((name, rest[place]), rest[place])
    return kind, name, *rest


def shown(registry: Registry) -> dict[str, Any]:
    """What a reader sees, but for times and ids."""
    state = registry.state()
    found = {}
    for name in state.model_names():
        known = {}
        for one in state.versions(name):
            measured = sorted(e.metrics["auc"] for e in of_version(state, name, one.number, one.record.manifest))
            known[one.number] = (one.record.manifest, one.meta.tags, one.meta.stage, one.meta.description, measured)
        record = state.model(name)
        held = {alias: state.aliased(name, alias) for alias in state.aliases(name)}
        found[name] = known, held, state.card(name), record.tags, record.description
    return found


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    """A repository to copy from: making one with git costs more than copying."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)
        shutil.rmtree(Path(folder, "hooks"), ignore_errors=True)
        yield Path(folder)


def git(folder: Path, *arguments: str) -> str:
    """What git prints there, as somebody."""
    who = ("-c", "user.name=x", "-c", "user.email=x@x.org")
    return subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def apart(
    empty: Path, folder: str, seeds: list[Any], mine: list[Any], theirs: list[Any]
) -> tuple[Side, Side, Side, list[Any]]:
    """Both sides, the oracle (theirs before anything of mine), and what of ``mine`` was done with its results."""
    root = Path(tempfile.mkdtemp(dir=folder))
    shutil.copytree(empty, root / "base")
    base = Side(root / "base", "Base", 1_770_000_000_000)
    base.registry.init()
    for operation in seeds:
        base.ask(operation, "Base")
    for name in ("mine", "theirs"):
        shutil.copytree(root / "base", root / name)
    other = Side(root / "theirs", "Bo", 1_772_000_000_000)
    for operation in theirs:
        other.ask(operation, "Bo")
    shutil.copytree(root / "theirs", root / "oracle")
    for name, source in (("mine", "theirs"), ("theirs", "mine")):
        (root / name / "objects" / "info").mkdir(exist_ok=True)
        (root / name / "objects" / "info" / "alternates").write_text(f"{root / source / 'objects'}\n")
    own = Side(root / "mine", "Ana", 1_771_000_000_000)
    done = []
    for operation in mine:
        before = own.tip()
        result = own.ask(operation, "Ana")
        if own.tip() != before:
            done.append((operation, result))
    return own, Side(root / "theirs", "Bo", 1_773_000_000_000), Side(root / "oracle", "Ana", 1_774_000_000_000), done


def ask_again(oracle: Side, done: list[Any]) -> None:
    """Ask everything that was done on one side of the other one, one after the other."""
    numbers: dict[tuple[str, int], int] = {}
    for operation, result in done:
        kind, name, *rest = operation
        if kind == "rollback":
            # It was decided where to: asked elsewhere it goes to the same version.
            operation = ("alias", name, rest[0], result[1].version)
        if kind == "create" and oracle.registry.state().find_model(name) is not None:
            if rest[0] is not None:
                oracle.ask(("tell", name, rest[0]), "Ana")
            continue
        found = oracle.ask(numbered(operation, numbers), "Ana")
        if kind in ("register", "copy"):
            numbers[rest[1] if kind == "copy" else name, result] = found
        if kind == "rename":
            numbers |= {(rest[0], old): new for (one, old), new in numbers.items() if one == name}


@REAL
@given(st.lists(OPERATIONS, min_size=2, max_size=8), SIDE, SIDE)
def test_a_replay_conflicts_or_shows_what_asking_in_that_order_shows(
    empty: Path, seeds: list[Any], mine: list[Any], theirs: list[Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        own, other, oracle, done = apart(empty, folder, [("register", "fraud", 0), *seeds], mine, theirs)
        before = own.tip(), own.refs()
        conflict = None
        try:
            brought = catch_up(own.registry, other.tip())
        except Conflict as error:
            conflict = error
        if conflict is not None:
            event("conflict")
            assert conflict.hint, conflict.message
            assert (own.tip(), own.refs()) == before
            return
        event("replayed" if brought.replayed else "nothing to replay")
        ask_again(oracle, done)
        assert shown(own.registry) == shown(oracle.registry)
        state = own.registry.state()
        for encoded in state.encoded_names():
            record = state.find_encoded(encoded)
            assert record is not None
            assert state.all_numbers(record.name) == list(range(1, len(state.all_numbers(record.name)) + 1))
        assert [problem for problem in examine(own.registry) if not problem.is_note] == []
        # Twice is once, and every clone derives the same refs.
        assert catch_up(own.registry, other.tip()).after == own.tip()
        catch_up(other.registry, own.tip())
        assert other.tip() == own.tip()
        assert other.refs() == own.refs()


@REAL
@given(st.lists(REGISTERING, min_size=1, max_size=5), st.lists(REGISTERING, min_size=1, max_size=5))
def test_registrations_never_conflict_and_none_is_lost(empty: Path, mine: list[Any], theirs: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        own, other, _, done = apart(empty, folder, [("register", "fraud", 0)], mine, theirs)
        brought = catch_up(own.registry, other.tip())
        assert brought.replayed is not None
        assert len(brought.replayed.done) == len(done)
        state = own.registry.state()
        assert sum(len(state.numbers(name)) for name in state.model_names()) == 1 + len(mine) + len(theirs)


@REAL
@given(SIDE, st.data())
def test_what_landed_in_another_shape_is_done_nothing_twice(empty: Path, mine: list[Any], data: st.DataObject) -> None:
    """A host squashed some of the commits into one of its own; their messages stand in its message."""
    with tempfile.TemporaryDirectory() as folder:
        own, other, _, done = apart(empty, folder, [("register", "fraud", 0)], mine, [])
        if not done:
            return
        cut = data.draw(st.integers(1, len(done)), label="landed")
        line = git(own.path, "rev-list", "--reverse", "--first-parent", f"{other.tip()}..gitmodels").split()
        last = line[cut - 1]
        text = git(own.path, "log", "--format=%B", f"{other.tip()}..{last}")
        squashed = git(own.path, "commit-tree", f"{last}^{{tree}}", "-p", other.tip(), "-m", f"Models (#7)\n\n{text}")
        before = shown(own.registry)
        brought = catch_up(own.registry, squashed.strip())
        assert shown(own.registry) == before
        assert brought.replayed is not None
        assert len(brought.replayed.there) >= cut
        assert brought.replayed.renumbered == ()
