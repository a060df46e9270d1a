"""Kill the process at every single call that changes the disk, and look at what is left.

The child counts its calls of the functions below and dies, as from SIGKILL, before or in the middle of the n-th;
n grows until the operation succeeds. After every death the store must be sound and the same operation must succeed.
"""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gitmodels.objects.fsck import fsck
from gitmodels.objects.store import ObjectStore

CHILD = """
import os, sys
from pathlib import Path
from gitmodels.objects import writer
from gitmodels.objects.store import ObjectStore

writer.TARGET, writer._GATHER, writer._SMALL = 4000, 1500, %(small)s
root, source, deadly, stdin = Path(sys.argv[1]), Path(sys.argv[2]), 0, sys.stdin.readline
store = ObjectStore(root, cache=root / "cache")
count = 0

def counted(name):
    real = getattr(os, name)
    def call(*args, **more):
        global count
        count += 1
        if count == deadly:
            if name == "writev":
                data = b"".join(args[1])
                real(args[0], [data[: len(data) // 2]])
            os._exit(9)
        return real(*args, **more)
    setattr(os, name, call)

for name in ("write", "writev", "fsync", "rename", "unlink", "mkdir"):
    counted(name)

# One interpreter serves all numbers: each life is a fork of it.
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        deadly = int(line)
        %(operation)s
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@pytest.fixture
def source(tmp_path):
    noise = random.Random(3).randbytes
    folder = tmp_path / "source"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.bin").write_bytes(noise(1800))
    (folder / "text").write_text("a line\n" * 500)
    return folder


def lives(tmp_path, source, operation, seed, small=1 << 20):
    """One kill after the other, each on a fresh copy of ``seed``; the roots that were left behind."""
    code = CHILD % {"operation": operation, "small": small}
    root = tmp_path / "store"
    command = [sys.executable, "-c", code, str(root), str(source)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        for number in range(1, 500):
            shutil.rmtree(root, ignore_errors=True)
            if seed.exists():
                shutil.copytree(seed, root)
            print(number, file=child.stdin, flush=True)
            ended = int(child.stdout.readline())
            assert ended in (0, 9)
            yield ObjectStore(root), ended
            if ended == 0:
                assert number > 5
                child.stdin.close()
                return
    raise AssertionError("the operation never succeeded")


def assert_sound(store, source, earlier):
    damage = [each for each in fsck(store, full=True) if each.kind != "index"]
    assert damage == []
    for digest in earlier:
        store.read_bytes(digest)
    for path in store.packs_folder.glob("*") if store.packs_folder.exists() else ():
        assert path.suffix == ".pack"
    manifest = store.add_directory(source)
    assert store.missing(manifest) == []
    for entry in manifest.entries:
        assert store.read(entry) == (Path(source) / entry.path).read_bytes()
    assert [each for each in fsck(store, full=True) if each.kind != "index"] == []


@pytest.mark.parametrize("small", [1 << 20, 0], ids=["one-thread", "lanes"])
@pytest.mark.parametrize("full", [False, True], ids=["new", "grown"])
def test_case111_killed_while_adding(tmp_path, source, full, small):
    seed = tmp_path / "seed"
    earlier = []
    if full:
        store = ObjectStore(seed)
        earlier = [store.add_bytes(b"%d" % number * 100) for number in range(4)]
    killed = 0
    for store, ended in lives(tmp_path, source, "store.add_directory(source)", seed, small):
        killed += ended == 9
        stale = store.leftovers()
        temporary = sorted((store.root / "tmp").glob("*")) if (store.root / "tmp").exists() else []
        assert stale == temporary
        assert ended == 9 or not temporary
        assert_sound(store, source, earlier)
    assert killed >= 10


def test_killed_while_rebuilding_the_index(tmp_path, source):
    seed = tmp_path / "seed"
    store = ObjectStore(seed)
    earlier = [store.add_bytes(b"%d" % number * 100) for number in range(6)]
    for left, _ in lives(tmp_path, source, "store.rebuild_index(); store.rebuild_index()", seed):
        assert_sound(left, source, earlier)


def test_killed_while_filling_the_cache(tmp_path, source):
    seed = tmp_path / "seed"
    entry = ObjectStore(seed).add_directory(source).entry("1.bin")
    made = f"Entry('1.bin', {entry.size}, {entry.blake3!r})"
    operation = f"from gitmodels.objects.manifest import Entry; store.cached({made})"
    for store, _ in lives(tmp_path, source, operation, seed):
        found = store.cache.find(entry.blake3, entry.size)
        assert found is None or found.read_bytes() == (source / "1.bin").read_bytes()
        assert store.cached(entry).read_bytes() == (source / "1.bin").read_bytes()


def test_killed_while_checking_out(tmp_path, source):
    seed = tmp_path / "seed"
    manifest = ObjectStore(seed).add_directory(source)
    out = tmp_path / "out"
    operation = f"store.checkout(store.add_directory(source), {str(out)!r})"
    for store, ended in lives(tmp_path, source, operation, seed):
        if out.exists():
            assert sorted(os.listdir(out)) == sorted(entry.path for entry in manifest.entries)
            shutil.rmtree(out)
        else:
            assert ended == 9
        for beside in tmp_path.glob(".out.gitmodels-*"):
            shutil.rmtree(beside)
        store.checkout(manifest, out)
        shutil.rmtree(out)
