"""A store under a random sequence of adds, names that come and go, collections and reads, against a plain model."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from gitmodels import digest
from gitmodels.errors import ObjectNotFound
from gitmodels.objects.fsck import fsck
from gitmodels.objects.gc import When, collect
from gitmodels.objects.marks import Named, Wanted
from gitmodels.objects.store import ObjectStore

CONTENTS = [bytes([number]) * (number * 400) + b"%d" % number for number in range(10)]
GRACE_MS = 100


class Collecting(RuleBasedStateMachine):
    """What is named can always be read; what is not named stays at least its grace and goes at the latest after it."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = ObjectStore(Path(self.folder.name) / "store", durability="batch")
        self.names = {}
        # Since when a collector found each content to be needed by nothing.
        self.doomed = {}
        self.now = 1_000_000

    named = Bundle("named")

    @rule(target=named, picked=st.lists(st.integers(0, 9), min_size=1, max_size=5))
    def add_and_name(self, picked):
        contents = [CONTENTS[number] for number in picked]
        source = Path(self.folder.name) / f"source{len(self.names)}"
        source.mkdir()
        for number, data in enumerate(contents):
            (source / str(number)).write_bytes(data)
        manifest = self.store.add_directory(source)
        name = len(self.names)
        self.names[name] = (manifest, contents)
        for data in contents:
            self.doomed.pop(data, None)
        return name

    @rule(number=st.integers(0, 9))
    def add_and_forget(self, number):
        data = CONTENTS[number]
        self.store.add_bytes(data)
        self.doomed.pop(data, None)

    @rule(name=named)
    def drop_a_name(self, name):
        self.names[name] = None

    @rule(milliseconds=st.integers(1, 2 * GRACE_MS))
    def wait(self, milliseconds):
        self.now += milliseconds

    @rule()
    def come_back(self):
        self.store = ObjectStore(self.store.root, durability="batch")

    @rule(grace=st.sampled_from([GRACE_MS, GRACE_MS, 0, None]))
    def collect(self, grace):
        def wanted():
            named = Named(frozenset(bytes.fromhex(digest.of_bytes(data)) for data in self.needed()))
            return Wanted(named, named)

        told = collect(self.store, wanted, When(self.now, grace), dry_run=True)
        assert collect(self.store, wanted, When(self.now, grace)) == told
        stored = self.stored()
        for data in CONTENTS:
            if data in self.needed():
                self.doomed.pop(data, None)
            elif data in stored or data in self.doomed:
                since = self.doomed.setdefault(data, self.now)
                passed = grace is not None and self.now - since >= grace
                assert data in stored or passed
                if data not in stored:
                    del self.doomed[data]

    @rule()
    def collect_all_of_nothing(self):
        """Without names and grace everything goes."""
        if not self.needed():
            collect(self.store, lambda: Wanted(Named()), When(self.now, 0))
            assert self.stored() == set()
            assert list(self.store.packs_folder.iterdir() if self.store.packs_folder.exists() else []) == []
            self.doomed.clear()

    @invariant()
    def what_is_named_can_be_read(self):
        for kept in self.names.values():
            if kept is not None:
                manifest, contents = kept
                assert [self.store.read(entry) for entry in manifest.entries] == contents

    @invariant()
    def the_store_is_whole(self):
        assert fsck(self.store, full=True) == []

    def needed(self):
        return {data for kept in self.names.values() if kept is not None for data in kept[1]}

    def stored(self):
        found = set()
        for data in CONTENTS:
            try:
                assert self.store.read_bytes(digest.of_bytes(data)) == data
            except ObjectNotFound:
                continue
            found.add(data)
        return found

    def teardown(self):
        self.folder.cleanup()


Collecting.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestCollecting = Collecting.TestCase
