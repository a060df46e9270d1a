"""Several processes add to one store and read what the others added, all at once: nothing is lost or damaged."""

import subprocess
import sys

from gitmodels.objects.fsck import fsck
from gitmodels.objects.store import ObjectStore

WORKER = """
import random, sys
from pathlib import Path
from gitmodels.objects.store import ObjectStore
store, mine = ObjectStore(Path(sys.argv[1]), durability="batch"), random.Random(int(sys.argv[2]))
shared = random.Random(99)
for number in range(40):
    print(store.add_bytes(mine.randbytes(mine.randrange(3000))))
    print(store.add_bytes(shared.randbytes(500)))
    if number == 20:
        store.rebuild_index()
    for place in list(store.catalog.places())[::7]:
        store.read_bytes(place.chunk.hex())
"""


def test_case96_processes_add_and_read_together(tmp_path):
    root = tmp_path / "store"
    command = [sys.executable, "-W", "error", "-c", WORKER, str(root)]
    workers = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    ended = [worker.communicate() for worker in workers]
    assert [errors for _, errors in ended] == [""] * 4
    ids = {line for output, _ in ended for line in output.split()}
    assert len(ids) == 4 * 40 + 40
    store = ObjectStore(root)
    for each in ids:
        store.read_bytes(each)
    assert fsck(store, full=True) == []
    assert store.leftovers() == []
    assert {place.chunk.hex() for place in store.catalog.places()} == ids
    store.rebuild_index()
    first = {path.name for path in store.index_folder.iterdir()}
    ObjectStore(root).rebuild_index()
    assert {path.name for path in store.index_folder.iterdir()} == first
    assert fsck(store, full=True) == []
