"""Kill whoever sends or fetches at every call that changes a disk: nothing half is seen, and doing it again ends well.

The child counts its calls of the functions below and dies, as from SIGKILL, before the n-th, or in the middle of it
where it writes; n grows until the operation succeeds. Its threads die with it, wherever they are.
"""

import random
import shutil
import subprocess
import sys

import pytest

from gitmodels.objects import staging
from gitmodels.objects.fsck import fsck
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes import checking
from gitmodels.remotes.directory import DirectoryPacks
from gitmodels.remotes.transfer import download, upload

CHILD = """
import os, sys, threading
from pathlib import Path
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.manifest import Manifest
from gitmodels.remotes.directory import DirectoryPacks
from gitmodels.remotes.transfer import download, upload
from gitmodels.remotes import download as planning

root, shelf, deadly, verb = Path(sys.argv[1]), DirectoryPacks(Path(sys.argv[2])), 0, sys.argv[3]
wanted = [Manifest.from_yaml(Path(path).read_bytes()) for path in sys.argv[4:]]
count = 0
guard = threading.Lock()

def counted(name):
    real = getattr(os, name)
    def call(*args, **more):
        global count
        with guard:
            count += 1
            now = count == deadly
        if now:
            if name == "copy_file_range":
                real(args[0], args[1], args[2] // 2, *args[3:])
            os._exit(9)
        return real(*args, **more)
    setattr(os, name, call)

for name in ("write", "writev", "pwrite", "copy_file_range", "fsync", "rename", "link", "unlink", "mkdir"):
    counted(name)

# One interpreter serves all numbers: each life is a fork of it.
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        deadly = int(line)
        {"upload": upload, "download": download}[verb](ObjectStore(root), wanted, shelf)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@pytest.fixture
def models(tmp_path):
    """Two models in a store: of the first pack all is wanted, of the second a part; and their manifests in files."""
    store = ObjectStore(tmp_path / "origin")
    noise = random.Random(5).randbytes
    manifests = []
    for number in range(2):
        folder = tmp_path / f"model-{number}"
        folder.mkdir()
        for name in "abc":
            (folder / name).write_bytes(noise(1500))
        manifests.append(store.add_directory(folder, remember="nothing"))
    part = tmp_path / "part"
    part.mkdir()
    (part / "c").write_bytes((tmp_path / "model-1" / "c").read_bytes())
    manifests[1] = store.add_directory(part, remember="nothing")
    files = []
    for number, manifest in enumerate(manifests):
        files.append(tmp_path / f"{number}.yaml")
        files[-1].write_bytes(manifest.to_yaml())
    return store, manifests, files


def lives(verb, store, shelf, files, seed, changed):
    """One kill after the other, each with a fresh copy of ``seed`` at ``changed``; how each ended."""
    command = [sys.executable, "-c", CHILD, str(store.root), str(shelf), verb, *map(str, files)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        for number in range(1, 500):
            shutil.rmtree(changed, ignore_errors=True)
            shutil.copytree(seed, changed)
            print(number, file=child.stdin, flush=True)
            ended = int(child.stdout.readline())
            assert ended in (0, 9)
            yield ended
            if ended == 0:
                assert number > 10
                child.stdin.close()
                return
    raise AssertionError("the operation never succeeded")


def test_52_killed_while_sending(tmp_path, models):
    store, manifests, files = models
    seed, shelf = tmp_path / "empty", tmp_path / "shelf"
    seed.mkdir()
    for ended in lives("upload", store, shelf, files, seed, shelf):
        seen = DirectoryPacks(shelf)
        for name in seen.packs():
            index = checking.index_of(seen.index(name), name)
            copy = tmp_path / f"{name.hex()}.pack"
            seen.save(name, copy)
            judged = checking.judge(copy, index.packs[name], lambda chunk: b"")
            assert not judged.bad
            copy.unlink()
        assert ended == 9 or len(seen.packs()) == 2
        upload(ObjectStore(store.root), manifests, seen)
        other = ObjectStore(tmp_path / "other", durability="batch")
        download(other, manifests, seen)
        assert not any(map(other.missing, manifests))
        shutil.rmtree(other.root)
        # What the dead process left is known as such: whoever puts the next pack removes it.
        assert staging.leftovers(shelf / "tmp") == sorted((shelf / "tmp").iterdir())


def test_52_killed_while_fetching(tmp_path, models):
    store, manifests, files = models
    shelf, seed = tmp_path / "shelf", tmp_path / "empty"
    shelf.mkdir()
    seed.mkdir()
    upload(store, manifests, DirectoryPacks(shelf))
    left = ObjectStore(tmp_path / "left")
    for _ in lives("download", left, shelf, files, seed, left.root):
        now = ObjectStore(left.root)
        assert not [each for each in fsck(now, full=True) if each.kind != "index"]
        assert all(path.suffix == ".pack" for path in now.packs_folder.glob("*"))
        download(ObjectStore(left.root), manifests, DirectoryPacks(shelf))
        assert not any(map(ObjectStore(left.root).missing, manifests))
