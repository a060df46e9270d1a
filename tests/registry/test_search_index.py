"""The search index in its files: derived, shared, and never the reason for a wrong answer or an error."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels import digest
from gitmodels.errors import Corrupt
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout, search
from gitmodels.registry.changes import models, versions
from gitmodels.registry.registry import Registry
from gitmodels.registry.search_index import index as index_module
from gitmodels.registry.search_index.index import SearchIndex


@pytest.fixture
def full(registry: Registry, new_version: Callable[..., Any]) -> Registry:
    """Three models of two versions each, indexed."""
    for name in ("fraud", "churn", "risk"):
        for content in (b"1", b"2"):
            new = new_version(name.encode() + content)
            registry.apply(lambda s, at, n=name, v=new: versions.register(s, n, v, at))
    assert len(found(registry)) == 6
    return registry


def again(registry: Registry) -> Registry:
    """The same registry as another process opens it."""
    return Registry(GitRepository.open(registry.git.common_dir), registry.author, clock=registry.clock)


def found(registry: Registry, text: str = "") -> list[str]:
    what = search.asked(text, None, search.VERSIONS)
    return [f"{name}/{number}" for name, number in search.find_versions(registry, registry.state(), what).keys]


def folder_of(registry: Registry) -> Path:
    return registry.git.own_dir / "search"


def snapshot_of(registry: Registry) -> Path:
    told = json.loads((folder_of(registry) / "current").read_bytes().partition(b"\n")[2])
    return folder_of(registry) / f"{told['snapshot']}.snapshot"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commits for which an index was made from nothing."""
    commits: list[str] = []
    original = SearchIndex.rebuild

    def rebuild(self: SearchIndex, state: Any) -> Any:
        commits.append(state.commit)
        return original(self, state)

    monkeypatch.setattr(SearchIndex, "rebuild", rebuild)
    return commits


def test_another_process_takes_what_was_kept_and_follows_from_there(full: Registry, made: list[str]) -> None:
    full.apply(lambda s, at: versions.set_tag(s, "fraud", 2, "team", "x"))
    other = again(full)
    assert found(other, "tags.team = 'x'") == ["fraud/2"]
    full.apply(lambda s, at: versions.delete(s, "fraud", 2, at))
    assert found(other) == found(again(full)) == ["churn/2", "churn/1", "fraud/1", "risk/2", "risk/1"]
    assert made == []


def test_many_changes_make_another_snapshot_and_the_old_one_goes(
    full: Registry, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_MANY", 3)
    first = snapshot_of(full)
    long_ago = time.time() - 3600
    os.utime(first, (long_ago, long_ago))
    for number in range(5):
        full.apply(lambda s, at, n=number: versions.set_tag(s, "fraud", 1 + n % 2, f"k{n}", "x"))
        assert found(again(full), f"tags.k{number} = 'x'") == [f"fraud/{1 + number % 2}"]
    for name in ("a", "b", "c", "d"):
        full.apply(lambda s, at, n=name: models.create(s, n, at))
    assert found(again(full), "tags.k4 = 'x'") == ["fraud/1"]
    assert not first.exists()
    assert made == []


@pytest.mark.parametrize("name", ["current", "snapshot"])
def test_a_byte_that_flipped_anywhere_is_seen_and_the_index_made_anew(
    name: str, full: Registry, made: list[str]
) -> None:
    full.apply(lambda s, at: versions.set_tag(s, "fraud", 2, "team", "x"))
    expected = found(full, "tags.team = 'x'")
    size = (folder_of(full) / "current" if name == "current" else snapshot_of(full)).stat().st_size
    places = [*range(0, size, max(1, size // 25)), size - 1]
    for place in places:
        path = folder_of(full) / "current" if name == "current" else snapshot_of(full)
        data = bytearray(path.read_bytes())
        data[place % len(data)] ^= 0x41
        path.write_bytes(data)
        assert found(again(full), "tags.team = 'x'") == expected
    # Made anew each time, and kept whole: the last of them is read as it is.
    assert len(made) == len(places)
    assert found(again(full), "tags.team = 'x'") == expected
    assert len(made) == len(places)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: [path.write_bytes(b"") for path in folder.iterdir()],
        lambda folder: [path.write_bytes(path.read_bytes()[:-7]) for path in folder.iterdir()],
        lambda folder: [path.unlink() for path in folder.glob("*.snapshot")],
        lambda folder: (folder / "current").unlink(),
        lambda folder: [(path.unlink(), path.mkdir()) for path in list(folder.iterdir())],
    ],
    ids=["empty", "cut", "no snapshot", "no current", "folders"],
)
def test_files_that_are_no_index_are_gone_round(damage: Any, full: Registry) -> None:
    expected = found(full)
    damage(folder_of(full))
    assert found(again(full)) == expected
    assert found(full) == expected


def _told(registry: Registry, **changes: Any) -> None:
    """``current``, proven, with other content."""
    path = folder_of(registry) / "current"
    text = json.dumps(json.loads(path.read_bytes().partition(b"\n")[2]) | changes).encode()
    path.write_bytes(f"{digest.of_bytes(text)}\n".encode() + text)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 1},
        {"format": None},
        {"commit": "0" * 40},
        {"commit": "1" * 40},
        {"commit": 5},
        {"snapshot": "../../../config"},
        {"versions": [["fraud", 1, ["too", "few"]]]},
        {"models": 7},
        {"versions": [["fraud", 1]]},
    ],
)
def test_another_format_and_a_foreign_commit_are_gone_round(
    changes: dict[str, Any], full: Registry, made: list[str]
) -> None:
    expected = found(full)
    _told(full, **changes)
    full.apply(lambda s, at: versions.set_tag(s, "fraud", 2, "team", "x"))
    assert found(again(full)) == expected
    assert len(made) == 1
    assert found(again(full), "tags.team = 'x'") == ["fraud/2"]
    assert len(made) == 1


def test_a_snapshot_that_is_another_database_is_gone_round(full: Registry) -> None:
    import sqlite3

    expected = found(full)
    other = sqlite3.connect(":memory:")
    other.execute("CREATE TABLE versions(x)")
    image = other.serialize()
    name = str(digest.of_bytes(image))
    (folder_of(full) / f"{name}.snapshot").write_bytes(image)
    _told(full, snapshot=name)
    assert found(again(full)) == expected


def test_an_index_that_cannot_be_written_is_read_all_the_same(full: Registry, made: list[str]) -> None:
    folder = folder_of(full)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    full.apply(lambda s, at: versions.set_tag(s, "fraud", 2, "team", "x"))
    # As on a disk that is full: a file can be made, and not a byte goes into it.
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "import gitmodels; gitmodels.set_registry_uri(sys.argv[1])\n"
        "found = gitmodels.MlflowClient().search_model_versions(\"tags.team = 'x'\")\n"
        "sys.exit(0 if [f'{v.name}/{v.version}' for v in found] == ['fraud/2'] else 'wrong')"
    )
    place = str(full.git.common_dir.parent)
    done = subprocess.run([sys.executable, "-c", program, place], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert made == []


def test_a_place_that_can_be_no_folder_is_gone_round(full: Registry) -> None:
    expected = found(full)
    shutil.rmtree(folder_of(full))
    folder_of(full).write_text("not a folder")
    assert found(again(full)) == found(full) == expected


def test_a_process_that_is_killed_at_any_point_leaves_an_index_that_answers(full: Registry) -> None:
    expected = found(full, "version_number = 1")
    program = (
        "import os, sys\n"
        "from gitmodels.registry.search_index import files\n"
        "left = int(sys.argv[2])\n"
        "def watched(name, original):\n"
        "    def call(*args, **kwargs):\n"
        "        global left\n"
        "        left -= 1\n"
        "        if left < 0: os.kill(os.getpid(), 9)\n"
        "        return original(*args, **kwargs)\n"
        "    return call\n"
        "files.os.replace = watched('replace', os.replace)\n"
        "files.write_new = watched('write', files.write_new)\n"
        "import gitmodels; gitmodels.set_registry_uri(sys.argv[1])\n"
        "c = gitmodels.MlflowClient(); c.search_model_versions()\n"
        "c.set_model_version_tag('fraud', 1, 'k' + sys.argv[2], 'x'); c.search_model_versions()\n"
    )
    killed = 0
    for steps in range(8):
        if steps % 2:
            (folder_of(full) / "current").unlink(missing_ok=True)
        place = str(full.git.common_dir.parent)
        killed += subprocess.run([sys.executable, "-c", program, place, str(steps)], check=False).returncode == -9
        assert found(again(full), "version_number = 1") == expected
    assert killed >= 3
    assert {path.suffix for path in folder_of(full).iterdir()} <= {"", ".snapshot"}


def test_threads_and_processes_share_it(full: Registry) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(number: int) -> list[str]:
        full.apply(lambda s, at: versions.set_tag(s, "fraud", 1 + number % 2, "n", str(number)))
        return found(full if number % 3 else again(full), "name = 'fraud'")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(one, range(16)))
    assert answers == [["fraud/2", "fraud/1"]] * 16
    assert found(again(full), "tags.n LIKE '%'") == ["fraud/2", "fraud/1"]


def test_a_registry_without_commits_has_no_index(git_repo: Path) -> None:
    registry = Registry(GitRepository.open(git_repo), None)  # type: ignore[arg-type]
    assert found(registry) == []
    assert not folder_of(registry).exists()


def test_rebuild_makes_it_anew_and_what_is_damaged_is_left_out(
    full: Registry, made: list[str], put: Callable[[dict[str, bytes | None]], None]
) -> None:
    whole = full.state().tree.read(layout.version_file("fraud", 2))
    put({layout.version_file("fraud", 2): b"name: x\nname: y\n", layout.model_file("risk"): b"[]\n"})
    assert found(full) == ["churn/2", "churn/1", "fraud/1"]
    full.rebuild()
    assert len(made) == 1
    assert found(again(full)) == ["churn/2", "churn/1", "fraud/1"]
    put({layout.version_file("fraud", 2): whole})
    assert found(full) == ["churn/2", "churn/1", "fraud/2", "fraud/1"]


def test_a_large_registry_is_read_in_bulk_and_answers_alike(full: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = full.search_index.ask(full.state(), lambda tables: tables.image())
    monkeypatch.setattr(index_module, "_LARGE", 1)
    assert again(full).search_index.rebuild(full.state()).image() == expected
    full.git.objects.in_bulk().read(str(full.state().commit), "commit")
    with pytest.raises(Corrupt, match="missing"):
        full.git.objects.in_bulk().read("1" * len(str(full.state().commit)), "commit")
