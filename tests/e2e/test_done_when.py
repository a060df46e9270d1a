"""What the main job promises, from end to end: rebuilt bit for bit, one root everywhere, stored once, flat costs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.cli import main as boundary
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.registry.registry import Registry

Git = Callable[..., str]
LOGGING = """
import sys, warnings
warnings.simplefilter("ignore")
import gitmodels, gitmodels.sklearn
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
X, y = load_iris(return_X_y=True, as_frame=True)
model = RandomForestClassifier(n_estimators=20, random_state=0).fit(X, y)
for _ in range(int(sys.argv[1])):
    with gitmodels.start_run():
        info = gitmodels.sklearn.log_model(model, name="model", input_example=X[:3], registered_model_name="forest")
    print(info.model_id, info.registered_model_version)
"""


def logged(path: Path, times: int) -> list[list[str]]:
    command = [sys.executable, "-c", LOGGING, str(times)]
    done = subprocess.run(command, cwd=path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def run(path: Path, *arguments: str) -> None:
    assert boundary.run(["-C", str(path), *arguments]) == 0


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_refs_index_and_cache_are_rebuilt_bit_for_bit(git_repo: Path, git: Git, monkeypatch: Any) -> None:
    monkeypatch.chdir(git_repo)
    logged(git_repo, 1)
    (git_repo / "plain.bin").write_bytes(b"plain" * 1000)
    for name in ("forest", "Plain", "other"):
        run(git_repo, "register", "plain.bin", name)
        run(git_repo, "alias", "set", name, "champion", "1")
    run(git_repo, "alias", "set", "forest", "challenger", "2")
    own = git_repo / ".git/gitmodels"
    run(git_repo, "rebuild")
    load = "import gitmodels; gitmodels.pyfunc.load_model('models:/forest@champion')"
    subprocess.run([sys.executable, "-c", load], cwd=git_repo, check=True)
    refs = git("for-each-ref", "refs/gitmodels/aliases", cwd=git_repo)
    index, cache = contents(own / "index"), {name for name in contents(own / "cache") if len(name) > 64}
    assert refs.count("\n") == 4
    assert index
    shutil.rmtree(git_repo / ".git/refs/gitmodels/aliases")
    shutil.rmtree(own / "index")
    shutil.rmtree(own / "cache")
    run(git_repo, "rebuild")
    run(git_repo, "fsck")
    assert git("for-each-ref", "refs/gitmodels/aliases", cwd=git_repo) == refs
    assert contents(own / "index") == index
    subprocess.run([sys.executable, "-c", load], cwd=git_repo, check=True)
    assert {name for name in contents(own / "cache") if len(name) > 64} >= {name for name in cache if "/" not in name}
    run(git_repo, "fsck", "--full")


def test_two_clones_of_an_empty_repository_begin_with_the_same_root(tmp_path: Path, git: Git) -> None:
    git("init", "--quiet", "--bare", "origin.git", cwd=tmp_path)
    tips = []
    for name, address in (("ana", "ana@example.org"), ("ben", "ben@example.org")):
        git("clone", "--quiet", "origin.git", name, cwd=tmp_path)
        git("config", "user.name", name, cwd=tmp_path / name)
        git("config", "user.email", address, cwd=tmp_path / name)
        run(tmp_path / name, "init")
        tips.append(git("rev-parse", "gitmodels", cwd=tmp_path / name))
        (tmp_path / name / "w.bin").write_bytes(name.encode())
        run(tmp_path / name, "register", "w.bin", name)
    assert tips[0] == tips[1]
    git("push", "--quiet", "origin", "gitmodels", cwd=tmp_path / "ana")
    git("fetch", "--quiet", "origin", cwd=tmp_path / "ben")
    # One history: what was registered apart merges without --allow-unrelated-histories.
    base = git("merge-base", "gitmodels", "origin/gitmodels", cwd=tmp_path / "ben")
    assert base == tips[0]


def test_one_model_logged_twice_is_stored_once_under_one_id(git_repo: Path) -> None:
    packs = git_repo / ".git/gitmodels/packs"
    first = logged(git_repo, 1)
    size = sum(file.stat().st_size for file in packs.iterdir())
    again = logged(git_repo, 2)  # another process, other times
    assert {model for model, _ in first + again} == {first[0][0]}
    assert [number for _, number in first + again] == ["1", "2", "3"]
    assert sum(file.stat().st_size for file in packs.iterdir()) == size


ADDING = """
import re, sys
from gitmodels.cli import main
code = main.run(["register", sys.argv[1], "big"])
# Not ru_maxrss: that one remembers the process which started this one.
print(int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]) >> 10)
sys.exit(code)
"""


def peak_of_adding(repo: Path, file: Path) -> int:
    """Megabytes that a process took at most while it registered ``file``."""
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc here to tell the peak of memory")
    done = subprocess.run(
        [sys.executable, "-c", ADDING, str(file)], cwd=repo, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


@pytest.mark.parametrize("kind", ["random", "sparse"])
def test_adding_300_mib_takes_less_than_200(git_repo: Path, kind: str) -> None:
    file = git_repo.parent / "big.bin"
    write(file, 300, random=kind == "random")
    assert peak_of_adding(git_repo, file) < 200


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["random", "sparse"])
def test_adding_2_gib_takes_less_than_200_mib(git_repo: Path, kind: str) -> None:
    file = git_repo.parent / "big.bin"
    write(file, 2048, random=kind == "random")
    assert peak_of_adding(git_repo, file) < 200


def write(file: Path, megabytes: int, *, random: bool) -> None:
    with open(file, "wb") as stream:
        for _ in range(megabytes if random else 0):
            stream.write(os.urandom(1 << 20))
        stream.truncate(megabytes << 20)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory, git: Git) -> dict[int, Path]:
    """Registries of 10 and of 10,000 models, written with one commit each."""
    found = {}
    for count in (10, 10_000):
        path = tmp_path_factory.mktemp("crowded") / str(count)
        path.mkdir()
        git("init", "--quiet", cwd=path)
        (path / "w.bin").write_bytes(b"w")
        run(path, "register", "w.bin", "first")
        registry = Registry(GitRepository.open(path), Identity("Ana", "ana@example.org"))
        tree = registry.state().tree
        inside = [
            f"{folder}/{name}"
            for folder in ("", "/versions/1", "/meta")
            for name in tree.names(layout.model_folder("first") + folder)
            if name.endswith(".yaml")
        ]
        edits = {}
        for number in range(count):
            name = f"model-{number}"
            for file in inside:
                data = tree.read(layout.model_folder("first") + file)
                assert data is not None
                edits[layout.model_folder(name) + file] = data.replace(b"name: first", f"name: {name}".encode())
        branch = registry.branch
        branch.commit(edits, "Many", expected=branch.tip(), author=registry.author, when_ms=0)
        run(path, "rebuild")  # mirror once what did not come through an operation
        found[count] = path
    return found


COUNTING = """
import os, sys
from gitmodels.cli import main
written, calls = 0, 0
real = {name: getattr(os, name) for name in ("write", "pwrite", "writev", "open", "fsync")}
def counting(name):
    def call(*arguments, **more):
        global written, calls
        calls += 1
        answer = real[name](*arguments, **more)
        if "write" in name: written += answer
        return answer
    return call
for name in real: setattr(os, name, counting(name))
from gitmodels.git.objects import ObjectReader
reads = 0
plain = ObjectReader.read
def read(self, *arguments, **more):
    global reads
    reads += 1
    return plain(self, *arguments, **more)
ObjectReader.read = read
code = main.run(sys.argv[1:])
print(written, calls, reads)
sys.exit(code)
"""


@pytest.mark.parametrize("command", [("register", "w.bin", "model-7"), ("alias", "set", "model-7", "prod", "1")])
def test_a_change_costs_the_same_among_10_and_10000_models(crowded: dict[int, Path], command: tuple[str, ...]) -> None:
    costs = {}
    for count, path in crowded.items():
        done = subprocess.run(
            [sys.executable, "-c", COUNTING, *command], cwd=path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        costs[count] = tuple(int(word) for word in done.stdout.split()[-3:])
    (written, calls, reads), (many_written, many_calls, many_reads) = costs[10], costs[10_000]
    # A shard's own tree has forty entries then, the folder of shards 256 instead of ten.
    assert many_written < written + 24_000, costs
    assert many_calls <= calls + 4, costs
    assert many_reads <= reads + 4, costs
