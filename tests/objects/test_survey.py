"""What changed in a folder since it was a model."""

import os

import pytest

from gitmodels.errors import InvalidModel, InvalidName
from gitmodels.objects.store import ObjectStore


def test_an_unchanged_folder_has_no_changes_and_is_known(store, model):
    manifest = store.add_directory(model)
    survey = store.survey(model)
    assert survey.known_as == survey.digest == manifest.digest
    assert not survey.against(manifest)


def test_what_was_added_modified_and_removed_is_told_in_order(store, model):
    manifest = store.add_directory(model)
    (model / "weights.bin").write_bytes(b"other")
    (model / "MLmodel").unlink()
    (model / "ä").touch()
    (model / "data" / "new").touch()
    changes = store.changes(model, manifest)
    assert changes == (("data/new", "ä"), ("weights.bin",), ("MLmodel",))
    assert changes
    survey = store.survey(model)
    assert survey.known_as == manifest.digest
    assert survey.digest == store.add_directory(model).digest


def test_what_could_not_be_added_is_a_change_like_any_other(store, model):
    manifest = store.add_directory(model)
    (model / "link").symlink_to("/etc/passwd")
    os.mkfifo(model / "pipe")
    (model / "con").touch()
    (model / "MLmodel").unlink()
    (model / "MLmodel").symlink_to("weights.bin")
    assert store.changes(model, manifest) == (("con", "link", "pipe"), ("MLmodel",), ())
    assert store.survey(model).digest is None


def test_nothing_is_stored_by_looking(store, model):
    survey = store.survey(model)
    assert survey.known_as is None
    assert not store.packs_folder.exists()
    assert survey.digest == store.add_directory(model).digest


def test_what_was_only_looked_at_is_still_stored_when_it_is_added(store, model):
    ObjectStore(store.root).survey(model)
    manifest = store.add_directory(model)
    assert store.missing(manifest) == []
    assert store.read(manifest.entry("weights.bin")) == (model / "weights.bin").read_bytes()


def test_artifacts_do_not_change_which_model_a_folder_is(store, model):
    manifest = store.add_directory(model)
    (model / "MLmodel").write_text("other")
    store.add_directory(model, remember="files")
    assert store.survey(model).known_as == manifest.digest
    store.add_directory(model, remember="nothing")
    assert store.survey(model).known_as == manifest.digest


def test_a_folder_that_goes_away_is_not_remembered(store, model):
    store.add_directory(model, remember="nothing")
    assert not store.stats.folder.exists()


def test_an_empty_folder_is_no_manifest(store, tmp_path):
    (tmp_path / "empty").mkdir()
    assert store.survey(tmp_path / "empty").digest is None


def test_case12_a_name_that_is_not_utf8_is_refused(store, model):
    with open(os.fsencode(model) + b"/\xff", "wb"):
        pass
    with pytest.raises(InvalidName, match="hex ff"):
        store.survey(model)


def test_folders_without_end_are_refused(store, tmp_path):
    deep = tmp_path / "deep"
    (deep / "/".join(["d"] * 40)).mkdir(parents=True)
    with pytest.raises(InvalidModel, match="nested deeper"):
        store.survey(deep)
