"""Repairing saves all that is whole, believes no source, and puts nothing in danger; checking goes on where it was."""

import os

import pytest

from gitmodels import digest
from gitmodels.errors import FileMissing
from gitmodels.objects import rounds
from gitmodels.objects.folder_source import FolderSource
from gitmodels.objects.fsck import fsck
from gitmodels.objects.repair import repair
from gitmodels.objects.rounds import Round
from gitmodels.objects.store import ObjectStore


def flip(path, at=-1):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.fixture
def files(store, tmp_path, noise):
    """A folder of five files that is stored in one pack, and its manifest."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(5):
        (folder / str(number)).write_bytes(noise(2000))
    return folder, store.add_directory(folder)


def place_of(store, entry):
    return store.catalog.find(bytes.fromhex(entry.blake3))[0]


@pytest.mark.parametrize("where", ["payload", "header", "end", "name", "head"])
def test_what_is_whole_is_saved_and_the_damaged_pack_is_put_aside(store, files, where):
    folder, manifest = files
    place = place_of(store, manifest.entries[2])
    path = store.catalog.path(place.pack)
    if where == "payload":
        flip(path, place.offset + 500)
    elif where == "header":
        flip(path, place.offset + 20)
    elif where == "end":
        os.truncate(path, path.stat().st_size - 5)
    elif where == "head":
        flip(path, 9)
    else:
        path = path.rename(path.with_name("ab" * 32 + ".pack"))
    store = ObjectStore(store.root)
    damages = fsck(store, full=True)
    done = repair(store, damages)
    assert done.quarantined == (path.name,)
    assert (store.root / "quarantine" / path.name).is_file()
    lost = {"payload": 1, "header": 1, "end": 1, "name": 0, "head": 0}[where]
    whole = [entry for entry in manifest.entries if store.has(entry.blake3)]
    assert len(whole) == 5 - lost
    assert [store.read(entry) for entry in whole] == [(folder / entry.path).read_bytes() for entry in whole]
    assert fsck(store, full=True) == []


def test_lost_bytes_come_back_from_any_source_that_tells_the_truth(store, files):
    folder, manifest = files
    victim = manifest.entries[2]
    place = place_of(store, victim)
    flip(store.catalog.path(place.pack), place.offset + 500)
    damages = fsck(store, full=True)
    asked = []

    def liar(chunk):
        asked.append(chunk.hex())
        return b"not these"

    done = repair(store, damages, sources=[liar, lambda chunk: None, lambda chunk: (folder / "2").read_bytes()])
    assert asked == [victim.blake3]
    assert (done.healed, done.lost) == ((victim.blake3,), ())
    assert store.read(victim) == (folder / "2").read_bytes()
    assert fsck(store, full=True) == []


def test_repairing_again_changes_nothing(store, files):
    _, manifest = files
    place = place_of(store, manifest.entries[2])
    flip(store.catalog.path(place.pack), place.offset + 500)
    repair(store, fsck(store, full=True))
    before = sorted(path for path in store.root.rglob("*") if path.is_file())
    done = repair(store, fsck(store, full=True))
    assert (done.quarantined, done.dropped, done.healed, done.lost) == ((), (), (), ())
    assert sorted(path for path in store.root.rglob("*") if path.is_file()) == before


def test_a_damaged_index_is_made_anew_and_a_damaged_cached_file_dropped(store, files):
    _, manifest = files
    cached = store.cached(manifest.entries[0])
    flip(cached)
    (index,) = store.index_folder.iterdir()
    flip(index, 100)
    store = ObjectStore(store.root)
    damages = fsck(store, full=True)
    assert {each.kind for each in damages} == {"index", "cache"}
    assert repair(store, damages).quarantined == ()
    assert not cached.exists()
    assert fsck(store, full=True) == []
    assert store.missing(manifest) == []


def test_a_folder_gives_the_files_that_are_still_what_they_were(store, files, tmp_path, noise):
    folder, manifest = files
    (folder / "2").write_bytes(noise(2000))
    (folder / "deep").mkdir()
    (folder / "3").rename(folder / "deep" / "renamed")
    (folder / "loop").symlink_to(folder)
    source = FolderSource(store, folder, manifest.entries)
    found = {entry.path: source(bytes.fromhex(entry.blake3)) for entry in manifest.entries}
    assert found["2"] is None
    assert digest.of_bytes(found["3"]) == manifest.entry("3").blake3
    with pytest.raises(FileMissing):
        FolderSource(store, tmp_path / "absent", manifest.entries)


def test_a_cut_file_comes_back_even_without_its_list(store, tmp_path, noise):
    folder = tmp_path / "large"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(noise(1 << 20) * 70)
    (entry,) = store.add_directory(folder).entries
    assert entry.chunks is not None
    for path in store.packs_folder.iterdir():
        path.unlink()
    store = ObjectStore(store.root)
    assert store.has(entry.chunks) is False
    source = FolderSource(store, folder, [entry])
    repair(store, [], [entry.chunks], [source])
    repair(store, [], [digest.Digest(chunk.id.hex()) for chunk in store.chunks(entry)], [source])
    assert digest.of_bytes(store.read(entry)) == entry.blake3


def test_a_limited_check_goes_on_where_the_last_one_stopped(store, noise, monkeypatch):
    for _ in range(6):
        store.add_bytes(noise(300))
    read = []
    from gitmodels.objects import fsck as room

    real = room._check_payloads
    monkeypatch.setattr(room, "_check_payloads", lambda path, *rest: (read.append(path.name), real(path, *rest))[1])
    clock = iter(range(1000))
    monkeypatch.setattr(rounds.time, "monotonic", lambda: next(clock))
    lefts = []
    while not lefts or lefts[-1]:
        limited = Round(ObjectStore(store.root), seconds=3)
        assert fsck(store, full=True, limited=limited) == []
        lefts.append(limited.left)
    assert lefts == [4, 2, 0]
    assert sorted(read) == sorted(path.name for path in store.packs_folder.iterdir())
    assert not (store.root / "checked").exists()


def test_damage_is_found_again_until_it_is_repaired_and_a_spoiled_note_begins_anew(store, noise):
    for _ in range(3):
        store.add_bytes(noise(300))
    victim = sorted(store.packs_folder.iterdir())[1]
    flip(victim)
    for _ in range(2):
        assert [each.kind for each in fsck(store, full=True, limited=Round(store, 1000))] == ["content"]
    limited = Round(store, 0)
    assert fsck(store, full=True, limited=limited) == []
    assert limited.left == 3
    (store.root / "checked").write_bytes(b"x" * 64)
    assert [each.kind for each in fsck(store, full=True, limited=Round(store, 1000))] == ["content"]
