"""Unchanged files are not read again, and whatever could have changed is."""

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels import digest
from gitmodels.errors import Corrupt, FileMissing, InvalidModel
from gitmodels.objects import sources, statcache
from gitmodels.objects.sources import State
from gitmodels.objects.statcache import UNKNOWN, Known, Row, is_settled
from gitmodels.objects.store import ObjectStore

SECOND = 1_000_000_000


@pytest.fixture
def opened(monkeypatch):
    """The names of the files that were opened to be read."""
    names: list[str] = []
    real = sources.open_file

    def spy(folder, name):
        names.append(os.path.basename(os.fspath(name)))
        return real(folder, name)

    monkeypatch.setattr(sources, "open_file", spy)
    return names


@pytest.fixture
def added(store, model, opened):
    """The manifest of a model that is remembered: its files and packs lie safely in the past."""
    settle()
    manifest = store.add_directory(model)
    settle()
    store.add_directory(model, heal=True)
    opened.clear()
    return manifest


def settle():
    time.sleep(0.03)


def test_an_unchanged_file_is_not_read_again(store, model, added, opened):
    assert store.add_directory(model) == added
    assert ObjectStore(store.root).add_directory(model) == added
    assert opened == []


def test_heal_reads_everything(store, model, added, opened):
    assert store.add_directory(model, heal=True) == added
    assert len(opened) == 4


def test_a_cut_file_keeps_its_chunk_list(store, tmp_path, noise, opened):
    path = tmp_path / "large"
    path.write_bytes(noise(1 << 20) * 65)
    settle()
    first = store.add_file(path)
    settle()
    opened.clear()
    store.add_file(path)  # a pack was too young to be believed untouched
    opened.clear()
    assert store.add_file(path) == first
    assert first.entries[0].chunks is not None
    assert opened == []


def test_only_what_changed_is_read(store, model, added, opened):
    (model / "MLmodel").write_text("flavors: []\n" * 40)
    changed = store.add_directory(model)
    assert opened == ["MLmodel"]
    assert changed.entry("MLmodel").blake3 == digest.of_file(model / "MLmodel")


def test_a_touched_file_is_read(store, model, added, opened):
    os.utime(model / "weights.bin")
    assert store.add_directory(model) == added
    assert opened == ["weights.bin"]


def test_other_bytes_under_the_old_time_are_seen(store, model, added, opened):
    path = model / "weights.bin"
    before = path.stat()
    path.write_bytes(bytes(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert store.add_directory(model).entry("weights.bin").blake3 == digest.of_bytes(bytes(before.st_size))


def test_a_file_put_in_its_place_by_rename_is_seen(store, model, added, opened, tmp_path):
    path = model / "weights.bin"
    before = path.stat()
    other = tmp_path / "other"
    other.write_bytes(bytes(before.st_size))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.rename(other, path)
    assert store.add_directory(model).entry("weights.bin").blake3 == digest.of_bytes(bytes(before.st_size))


def test_two_files_that_changed_places_are_seen(store, model, added):
    first, second = model / "a", model / "b"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    settle()
    store.add_directory(model)
    os.rename(first, model / "c")
    os.rename(second, first)
    os.rename(model / "c", second)
    assert store.read(store.add_directory(model).entry("a")) == b"2"


def test_an_edit_through_another_hard_link_is_seen(store, model, added, tmp_path):
    os.link(model / "MLmodel", tmp_path / "other name")
    (tmp_path / "other name").write_text("flavors: []\n" * 40)
    assert store.add_directory(model).entry("MLmodel").blake3 == digest.of_file(model / "MLmodel")


def test_case17_a_file_that_became_a_link_is_refused_though_it_is_known(store, model, added, tmp_path):
    os.rename(model / "MLmodel", tmp_path / "moved")
    (model / "MLmodel").symlink_to(tmp_path / "moved")
    with pytest.raises(InvalidModel, match="symbolic link"):
        store.add_directory(model)


def test_racy_a_file_changed_within_the_tick_it_was_read_in_is_read_again(store, model, opened):
    # All of it happens within one tick of many clocks: what was read then is never believed.
    (model / "MLmodel").write_text("1")
    store.add_directory(model)
    (model / "MLmodel").write_text("2")
    assert store.read(store.add_directory(model).entry("MLmodel")) == b"2"


def test_racy_a_young_file_gets_no_row(store, model, monkeypatch):
    monkeypatch.setattr(statcache, "_TICK_NS", 3600 * SECOND)  # everything here is younger than a tick
    store.add_directory(model)
    assert not store.stats.load(model).rows
    assert not store.survey(model).against(store.add_directory(model))


@pytest.mark.parametrize(
    ("modified", "changed", "settled"),
    [
        (1 * SECOND + 5, 1 * SECOND + 5, True),
        (1 * SECOND + 5, 9 * SECOND + 5, True),  # copied with its old time
        (9 * SECOND + 950_000_000, 9 * SECOND + 990_000_000, False),
        (10 * SECOND + 5, 10 * SECOND + 5, False),
        (9 * SECOND, 9 * SECOND, False),  # whole seconds: two of them may be one tick
        (7 * SECOND, 7 * SECOND, True),
        (12 * SECOND + 5, 12 * SECOND + 5, False),  # the clock was set back
        (5 * SECOND + 5, 4 * SECOND + 5, False),  # ctime is no time of change
        (5 * SECOND + 5, 0, False),
        (0, 5 * SECOND + 5, False),
        (-5, 5 * SECOND + 5, False),
    ],
)
def test_case61_only_times_that_cannot_come_again_are_believed(modified, changed, settled):
    assert is_settled(State(1, 2, 3, modified, changed), 10 * SECOND) is settled


def test_a_time_in_the_future_is_never_believed(store, model, added, opened):
    ahead = time.time_ns() + 3600 * SECOND
    os.utime(model / "MLmodel", ns=(ahead, ahead))
    store.add_directory(model)
    opened.clear()
    store.add_directory(model)
    assert opened == ["MLmodel"]


def test_what_the_store_lost_is_stored_again(store, model, added):
    for path in store.packs_folder.iterdir():
        path.unlink()
    assert ObjectStore(store.root).add_directory(model) == added
    assert store.missing(added) == []
    assert all(store.read(entry) == (model / entry.path).read_bytes() for entry in added.entries)


def test_case53_a_pack_somebody_wrote_to_is_not_relied_on(store, model, added):
    (path,) = store.packs_folder.iterdir()
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    store.add_directory(model)
    assert all(store.read(entry) == (model / entry.path).read_bytes() for entry in added.entries)


def test_case53_rot_that_a_read_has_met_heals_when_the_files_are_added_again(store, model, added):
    (path,) = store.packs_folder.iterdir()
    times = path.stat()
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    damaged = 0
    for entry in added.entries:
        try:
            store.read(entry)
        except Corrupt:
            damaged += 1
    assert damaged
    store.add_directory(model)
    assert all(store.read(entry) == (model / entry.path).read_bytes() for entry in added.entries)


def test_a_damaged_stat_file_is_ignored_and_made_anew(store, model, added, opened):
    path = store.stats.path(model)
    whole = path.read_bytes()
    for damage in (b"", whole[:-1], whole[:40], bytes([whole[0] ^ 1]) + whole[1:], whole[:-30] + b"x" + whole[-29:]):
        path.chmod(0o644)
        path.write_bytes(damage)
        assert store.add_directory(model) == added
        assert store.stats.load(model).rows
        assert opened
        opened.clear()


def test_a_stat_folder_that_cannot_be_written_hinders_nothing(store, model):
    store.root.mkdir()
    (store.root / "stat").write_text("in the way")
    settle()
    manifest = store.add_directory(model)
    assert store.add_directory(model) == manifest
    assert not store.changes(model, manifest)


def test_stat_files_are_bounded_in_number_and_the_last_used_stay(store, tmp_path, monkeypatch):
    monkeypatch.setattr(statcache, "MAX_FOLDERS", 8)
    for number in range(20):
        store.stats.save(tmp_path / str(number), Known({}, manifest=digest.of_bytes(b"x")))
        os.utime(store.stats.path(tmp_path / str(number)), ns=(number, number))
        store.stats.load(tmp_path / "0")
    assert len(os.listdir(store.stats.folder)) <= 8
    assert store.stats.load(tmp_path / "0").manifest is not None
    assert store.stats.load(tmp_path / "1") == UNKNOWN


def test_a_store_on_another_device_knows_the_folder_as_well(model, opened):
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == model.stat().st_dev or not os.access(shm, os.W_OK):
        pytest.skip("no second file system here")
    root = shm / f"gitmodels-test-{os.getpid()}"
    try:
        store = ObjectStore(root)
        settle()
        store.add_directory(model)
        settle()
        store.add_directory(model, heal=True)
        opened.clear()
        store.add_directory(model)
        assert opened == []
    finally:
        shutil.rmtree(root, ignore_errors=True)


def test_a_folder_is_known_by_every_name_of_it(store, model, added, tmp_path):
    (tmp_path / "link").symlink_to(model)
    assert store.stats.path(tmp_path / "link") == store.stats.path(model)


rows = st.builds(
    Row,
    *[st.integers(0, 2**64 - 1)] * 3,
    *[st.integers(-(2**63), 2**63 - 1)] * 2,
    *[st.binary(min_size=32, max_size=32)] * 2,
    st.integers(0, 1),
)
names = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=8)
knowns = st.builds(
    Known,
    st.dictionaries(names, rows, max_size=4),
    st.frozensets(st.binary(min_size=32, max_size=32), max_size=3),
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.binary(max_size=9).map(digest.of_bytes),
)


@given(knowns)
def test_what_is_written_is_read_back(known):
    assert statcache.decode(statcache.encode(known)) == known


@given(knowns, st.data())
def test_every_changed_byte_is_noticed(known, data):
    encoded = bytearray(statcache.encode(known))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match=r"short|version|damaged|differ"):
        statcache.decode(bytes(encoded))


def test_a_folder_that_is_gone_is_named(store, tmp_path):
    with pytest.raises(FileMissing):
        store.survey(tmp_path / "gone")
