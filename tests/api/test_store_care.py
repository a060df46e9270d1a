"""What `fsck` says of damage and absence, with the versions and files it hurts, and what it can put right."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.api import care, context, object_remotes, registering, store_care
from gitmodels.api.store_care import Wish
from gitmodels.objects.manifest import Manifest
from gitmodels.remotes.transfer import upload
from gitmodels.repo import Repo

Git = Callable[..., str]


@pytest.fixture
def repo(here: Path) -> Repo:
    return context.repository()


@pytest.fixture
def source(here: Path, repo: Repo) -> Path:
    """A folder that was registered as ``fraud`` twice, its weights of two chunks and another label each time."""
    folder = here / "source"
    folder.mkdir()
    with (folder / "weights.bin").open("wb") as stream:
        stream.truncate((64 << 20) + 5)
    for label in ("one", "two"):
        (folder / "label").write_text(label * 100)
        registering.register(repo, str(folder), "fraud")
    return folder


def spoil(repo: Repo, path: str, number: int = 1) -> Path:
    """Flip a byte of one file's first stored object."""
    entry = Manifest.from_yaml(repo.registry.state().manifest("fraud", number)).entry(path)
    chunk = repo.store.chunks(entry)[0].id
    place = repo.store.catalog.find(chunk)[0]
    file = repo.store.catalog.path(place.pack)
    data = bytearray(file.read_bytes())
    data[place.offset + 110] ^= 1
    file.chmod(0o644)
    file.write_bytes(data)
    return file


def test_damage_names_versions_and_files_also_of_a_cut_file(repo: Repo, source: Path) -> None:
    spoil(repo, "weights.bin")
    (found,) = store_care.check(Repo.open(repo.location), Wish(full=True)).findings
    assert (found.kind, found.models) == ("content", ["fraud/1", "fraud/2"])
    assert found.files == ["fraud/1:weights.bin", "fraud/2:weights.bin"]
    assert found.is_open


def test_repair_takes_the_lost_bytes_from_files_the_user_still_has(repo: Repo, source: Path) -> None:
    victim = spoil(repo, "weights.bin")
    spoil(repo, "label", 2)
    fresh = Repo.open(repo.location)
    done = store_care.check(fresh, Wish(full=True, repair=True, folder=source))
    assert [each for each in done.findings if each.is_open] == []
    assert (repo.store_root / "quarantine" / victim.name).exists()
    again = Repo.open(repo.location)
    assert store_care.check(again, Wish(full=True)).findings == []
    state = again.registry.state()
    for number, label in ((1, "one"), (2, "two")):
        manifest = Manifest.from_yaml(state.manifest("fraud", number))
        assert again.store.missing(manifest) == []
        assert again.store.read(manifest.entry("label")) == label.encode() * 100


def test_what_cannot_be_repaired_stays_told(repo: Repo, source: Path, here: Path) -> None:
    spoil(repo, "label", 1)
    (here / "empty").mkdir()
    done = store_care.check(Repo.open(here), Wish(full=True, repair=True, folder=here / "empty"))
    assert [each.repaired for each in done.findings] == [False]
    (left,) = store_care.check(Repo.open(here), Wish(full=True)).findings
    assert (left.kind, left.files) == ("missing", ["fraud/1:label"])
    # The other version, whose label was in another pack, and the weights are whole.
    assert left.models == ["fraud/1"]


def test_all_packs_lost_come_back_from_a_folder(repo: Repo, source: Path, here: Path) -> None:
    for path in repo.store.packs_folder.iterdir():
        path.unlink()
    (source / "label").write_text("one" * 100)
    done = store_care.check(Repo.open(here), Wish(repair=True, folder=source))
    # The label of the second version is nowhere any more.
    assert [each.files for each in done.findings if each.is_open] == [["fraud/2:label"]]
    fresh = Repo.open(here)
    assert fresh.store.missing(Manifest.from_yaml(fresh.registry.state().manifest("fraud", 1))) == []


def test_what_a_clone_never_fetched_is_no_damage(repo: Repo, source: Path, git: Git, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--no-checkout", str(repo.location), str(clone), cwd=tmp_path)
    there = Repo.open(clone)
    findings = store_care.check(there).findings
    assert {each.kind for each in findings} == {"absent"}
    assert not any(each.is_open for each in findings)
    registering.register(there, str(source), "mine")
    for path in there.store.packs_folder.iterdir():
        path.unlink()
    kinds = {each.kind for each in store_care.check(Repo.open(clone)).findings if "mine/1" in each.models}
    assert kinds == {"missing"}


def sent(repo: Repo, shelf: Path) -> None:
    """Have all versions on a remote in the folder ``shelf``."""
    shelf.mkdir()
    object_remotes.add(repo, "shelf", str(shelf), personal=True)
    upload(repo.store, [manifest for _, manifest in care.manifests(repo)], repo.remote())


def test_what_is_damaged_here_comes_back_from_a_remote(repo: Repo, source: Path, here: Path, tmp_path: Path) -> None:
    sent(repo, tmp_path / "shelf")
    spoil(repo, "weights.bin")
    spoil(repo, "label", 2)
    done = store_care.check(Repo.open(here), Wish(full=True, repair=True))
    assert [each for each in done.findings if each.is_open] == []
    assert done.trouble == ""
    assert store_care.check(Repo.open(here), Wish(full=True)).findings == []


def test_a_remote_that_is_not_there_keeps_nothing_from_being_saved(
    repo: Repo, source: Path, here: Path, tmp_path: Path
) -> None:
    sent(repo, tmp_path / "shelf")
    victim = spoil(repo, "label", 1)
    (tmp_path / "shelf").rename(tmp_path / "gone")
    done = store_care.check(Repo.open(here), Wish(full=True, repair=True))
    assert "is not there" in done.trouble
    assert (repo.store_root / "quarantine" / victim.name).exists()
    assert [each.files for each in done.findings if each.is_open] == [["fraud/1:label"]]


def test_a_clone_is_not_filled_by_repairing_it(repo: Repo, source: Path, git: Git, tmp_path: Path) -> None:
    sent(repo, tmp_path / "shelf")
    git("clone", "--quiet", "--no-checkout", str(repo.location), "clone", cwd=tmp_path)
    there = Repo.open(tmp_path / "clone")
    object_remotes.add(there, "shelf", str(tmp_path / "shelf"), personal=True)
    done = store_care.check(there, Wish(full=True, repair=True))
    assert {each.kind for each in done.findings} == {"absent"}
    assert not there.store.catalog.packs()
