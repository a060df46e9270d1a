"""What object storage costs: python object_storage.py VERB FOLDER PREFIX prints figures as JSON. Run by our Python.

The environment names the server. FOLDER/store holds the packs of FOLDER/source; obstore alone moves the same files by
as many threads, to files that are synced.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import obstore
from obstore.store import from_url

from gitmodels.objects.store import ObjectStore
from gitmodels.remotes.crew import THREADS
from gitmodels.remotes.opening import open_remote
from gitmodels.remotes.transfer import download, upload

Figures = dict[str, float]
BUCKET = "s3://models"
_PART = 8 << 20
_PIECE = 1 << 20


def verb_add(folder: Path, prefix: str) -> Figures:
    """Store FOLDER/source, which the other verbs do not count."""
    return {"size": ObjectStore(folder / "store").add_file(folder / "source").size}


def verb_put(folder: Path, prefix: str) -> Figures:
    """Put the packs with obstore alone."""
    store: Any = from_url(f"{BUCKET}/{prefix}", client_options={"allow_http": True})
    packs = list(ObjectStore(folder / "store").packs_folder.glob("*.pack"))

    def put(pack: Path) -> None:
        obstore.put(store, pack.name, pack, use_multipart=True, chunk_size=_PART, max_concurrency=2)

    return spent(lambda: in_threads(put, packs))


def verb_get(folder: Path, prefix: str) -> Figures:
    """Get them with obstore alone."""
    store: Any = from_url(f"{BUCKET}/{prefix}", client_options={"allow_http": True})
    target = folder / "got"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()

    def get(name: str) -> None:
        with open(target / name, "wb") as stream:
            for piece in obstore.get(store, name).stream(min_chunk_size=_PIECE):
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())

    names = [each["path"] for batch in obstore.list(store) for each in batch]
    figures = spent(lambda: in_threads(get, names))
    shutil.rmtree(target)
    return figures


def verb_push(folder: Path, prefix: str) -> Figures:
    """Send them as ``git models push`` does."""
    store = ObjectStore(folder / "store")
    manifest = store.add_file(folder / "source")
    return spent(lambda: upload(store, [manifest], open_remote(f"{BUCKET}/{prefix}", plain_storage=True)))


def verb_pull(folder: Path, prefix: str) -> Figures:
    """Fetch them into a fresh store, verified and synced."""
    manifest = ObjectStore(folder / "store").add_file(folder / "source")
    target = folder / "work"
    shutil.rmtree(target, ignore_errors=True)
    remote = open_remote(f"{BUCKET}/{prefix}", plain_storage=True)
    figures = spent(lambda: download(ObjectStore(target), [manifest], remote))
    shutil.rmtree(target)
    return figures


def in_threads(work: Callable[[Any], None], items: list[Any]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, items))


def spent(work: Callable[[], object]) -> Figures:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


if __name__ == "__main__":
    print(json.dumps(globals()[f"verb_{sys.argv[1]}"](Path(sys.argv[2]), sys.argv[3])))
