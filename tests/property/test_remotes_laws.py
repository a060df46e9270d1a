"""Whatever is in a store can be sent to an empty remote and fetched into an empty store, to be read there the same."""

import random
import tempfile
from pathlib import Path

import numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from gitmodels.objects.fsck import fsck
from gitmodels.objects.repack import repack
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes.directory import DirectoryPacks
from gitmodels.remotes.transfer import download, upload

# A file: which noise it is, its length, and how often its floats were moved a little (0: no floats).
_FILE = st.tuples(st.integers(0, 3), st.sampled_from([0, 1, 700, 5000, 70_000, 300_000]), st.integers(0, 2))
_MODELS = st.lists(st.dictionaries(st.sampled_from("abcd"), _FILE, min_size=1), min_size=1, max_size=5)


def content(seed, length, moved):
    data = random.Random(seed).randbytes(length)
    if not moved:
        return data
    values = numpy.random.default_rng(seed).normal(size=length // 4 + 4).astype("<f4")
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }" % len(values)
    return (
        b"\x93NUMPY\x01\x00"
        + (len(header) + 1).to_bytes(2, "little")
        + header
        + b"\n"
        + (values + numpy.float32(1e-6 * moved)).tobytes()
    )


@settings(max_examples=25)
@given(_MODELS, st.booleans(), st.data())
def test_what_was_stored_is_read_from_an_empty_remote_in_an_empty_store(models, repacked, data):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "shelf").mkdir()
        store = ObjectStore(root / "here", durability="batch")
        parent, manifests = None, []
        for number, files in enumerate(models):
            model = root / str(number)
            model.mkdir()
            for name, file in files.items():
                (model / name).write_bytes(content(*file))
            parent = store.add_directory(model, parent=parent, remember="nothing")
            manifests.append(parent)
        if repacked:
            repack(store)
        shelf = DirectoryPacks(root / "shelf")
        first = data.draw(st.lists(st.sampled_from(manifests), max_size=2))
        upload(store, first, shelf)
        upload(store, manifests, shelf)
        assert upload(store, manifests, shelf).size == 0
        other = ObjectStore(root / "there", durability="batch")
        some = data.draw(st.lists(st.sampled_from(manifests), max_size=2))
        download(other, some, shelf)
        assert not any(map(other.missing, some))
        download(other, manifests, shelf)
        for manifest in manifests:
            for entry in manifest.entries:
                assert other.read(entry) == store.read(entry)
        assert not fsck(other, full=True)
        assert download(other, manifests, shelf).size == 0
