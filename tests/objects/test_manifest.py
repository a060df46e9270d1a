import subprocess
from shutil import which

import pytest

from gitmodels import digest, yaml
from gitmodels.errors import FileMissing, FormatTooNew, Invalid, InvalidName, InvalidRecord, InvalidYaml
from gitmodels.objects import manifest as room
from gitmodels.objects.manifest import Entry, Manifest

EMPTY = digest.of_bytes(b"")


def of(*paths):
    return Manifest(tuple(Entry(path, 0, EMPTY) for path in paths))


def spelled(**changes):
    item = {"path": "a", "size": 0, "blake3": EMPTY} | changes
    return yaml.dump({"format": 1, "files": [{k: v for k, v in item.items() if v is not ...}]})


def test_digest_is_that_of_what_b3sum_prints():
    manifest = Manifest((Entry("b/c.bin", 1, digest.of_bytes(b"x")), Entry("a", 0, EMPTY)))
    printed = f"{EMPTY}  a\n{digest.of_bytes(b'x')}  b/c.bin\n"
    assert manifest.digest == digest.of_bytes(printed.encode())
    assert manifest.model_id == "m-" + manifest.digest[:32]
    assert manifest.size == 1


@pytest.mark.skipif(which("b3sum") is None, reason="b3sum is not installed")
def test_stock_b3sum_agrees(tmp_path, store, model):
    manifest = store.add_directory(model)
    printed = subprocess.run(["b3sum", *(e.path for e in manifest.entries)], cwd=model, capture_output=True, check=True)
    assert digest.of_bytes(printed.stdout) == manifest.digest


def test_chunking_does_not_change_the_digest():
    cut = Manifest((Entry("a", 0, EMPTY, digest.of_bytes(b"list")),))
    assert cut.digest == of("a").digest
    assert cut != of("a")


def test_entries_are_sorted_by_the_bytes_of_their_paths():
    assert [e.path for e in of("é", "z", "a/b", "a.b", "a-b").entries] == ["a-b", "a.b", "a/b", "z", "é"]


def test_entry_finds_a_path_and_names_one_it_lacks():
    assert of("a", "b").entry("b").path == "b"
    with pytest.raises(FileMissing, match="'c'"):
        of("a").entry("c")


def test_yaml_round_trip_and_spelling():
    manifest = Manifest((Entry("1.bin", 3, digest.of_bytes(b"abc"), digest.of_bytes(b"z")), Entry("a b", 0, EMPTY)))
    data = manifest.to_yaml()
    assert Manifest.from_yaml(data) == manifest
    assert yaml.load(data) == {
        "format": 1,
        "files": [
            {"path": "1.bin", "size": 3, "blake3": digest.of_bytes(b"abc"), "chunks": digest.of_bytes(b"z")},
            {"path": "a b", "size": 0, "blake3": EMPTY},
        ],
    }


def test_another_spelling_of_the_same_fields_is_read():
    data = f"# by hand\nfiles:\n- {{size: 0, blake3: '{EMPTY}', path: 'a'}}\nformat: 1\n".encode()
    assert Manifest.from_yaml(data) == of("a")


def test_case23_a_manifest_past_the_limits_of_general_yaml_is_read(monkeypatch):
    entries = tuple(Entry(f"data/{n:06}.bin", n, digest.of_bytes(str(n).encode())) for n in range(30_000))
    manifest = Manifest(entries)
    monkeypatch.setattr(room.yaml, "load", None)  # the canonical spelling never needs it
    assert Manifest.from_yaml(manifest.to_yaml()) == manifest


def test_case23_more_than_100k_files_are_refused(monkeypatch):
    monkeypatch.setattr(room, "MAX_FILES", 3)
    with pytest.raises(InvalidRecord, match="at most 3"):
        of("a", "b", "c", "d")
    monkeypatch.setattr(room, "MAX_FILES", 4)
    data = of("a", "b", "c", "d").to_yaml()
    monkeypatch.setattr(room, "MAX_FILES", 2)
    with pytest.raises(InvalidRecord, match="at most 2"):
        Manifest.from_yaml(data)


def test_no_file_is_refused():
    with pytest.raises(InvalidRecord, match="at least one"):
        Manifest(())
    with pytest.raises(InvalidRecord):
        Manifest.from_yaml(b"format: 1\nfiles: []\n")
    with pytest.raises(InvalidRecord):
        Manifest.from_yaml(b"format: 1\nfiles:\n")


@pytest.mark.parametrize(
    "path",
    [
        "/a",
        "../a",
        "a/../b",
        "a//b",
        "a/",
        "a\\b",
        "C:x",
        "a ",
        "a.",
        ".git/hooks/x",
        ".GIT/x",
        "git~1",
        ".gitattributes",
        ".gitmodules",
        ".github/x",
        "",
        "a\nb",
        "a\0",
        "con",
        "nul.yaml",
        "a\u202eb",
        "x" * 300,
        "/".join("a" * 40),
    ],
)
def test_case10_paths_that_some_system_cannot_hold_are_refused(path):
    with pytest.raises(InvalidName):
        Entry(path, 0, EMPTY)
    with pytest.raises(Invalid):
        Manifest.from_yaml(spelled(path=path))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Model.bin", "model.BIN"),
        ("\u00e9", "e\u0301"),
        ("A/x", "a/y"),
        ("stra\u00dfe", "STRASSE"),
        ("d/\u00e9/x", "d/e\u0301/y"),
    ],
)
def test_case11_names_that_differ_only_in_case_or_normalisation_are_refused(one, two):
    with pytest.raises(InvalidName, match="one name"):
        of(one, two)


@pytest.mark.parametrize(("one", "two"), [("a", "a/b"), ("a", "A/b"), ("x/y", "x/y/z/w")])
def test_case14_a_path_that_is_file_and_folder_is_refused(one, two):
    with pytest.raises(InvalidName, match="folder"):
        of(one, two)


def test_the_same_path_twice_is_refused():
    with pytest.raises(InvalidRecord, match="twice"):
        of("a", "a")


@pytest.mark.parametrize("size", [-1, True, 1.0, "1", None, 2**53 + 1])
def test_sizes_out_of_range_are_refused(size):
    with pytest.raises(InvalidRecord):
        Entry("a", size, EMPTY)
    with pytest.raises(Invalid):
        Manifest.from_yaml(spelled(size=size))


@pytest.mark.parametrize("bad", ["", "AB" * 32, "a" * 63, "a" * 65, "blake3:" + "a" * 64, "g" * 64, 5, "é" * 64])
def test_case50_ids_of_another_form_are_refused(bad):
    with pytest.raises(Invalid):
        Entry("a", 0, bad)
    with pytest.raises(Invalid):
        Manifest.from_yaml(spelled(blake3=bad))
    with pytest.raises(Invalid):
        Manifest.from_yaml(spelled(chunks=bad))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"format: 1",
        b"files: []",
        b"format: 1\nfiles: {}\n",
        b"format: '1'\nfiles: []\n",
        b"format: 0\nfiles: []\n",
        b"format: true\nfiles: []\n",
        b"format: 1\nfiles:\n- 5\n",
        b"format: 1\nfiles:\n- path: a\n",
        b"\xff\xfe",
        b"a: &x 1\nb: *x\n",
        spelled(extra=1),
        spelled(blake3=...),
        spelled(chunks=None),
        spelled(path=5),
        spelled() + b"more: 1\n",
        b"- " * 100_000,
    ],
)
def test_what_is_no_manifest_is_refused(data):
    with pytest.raises(Invalid):
        Manifest.from_yaml(data)


def test_unquoted_digits_are_no_digest_in_either_reader():
    data = f"format: 1\nfiles:\n- path: a\n  size: 0\n  blake3: {'1' * 64}\n".encode()
    with pytest.raises(InvalidYaml):
        Manifest.from_yaml(data)


def test_case33_a_later_format_is_named():
    with pytest.raises(FormatTooNew, match="format 2"):
        Manifest.from_yaml(b"format: 2\nfiles: []\nnew: 1\n")


@pytest.mark.parametrize("paths", [["x", "x", "a\nb"], ["x", "X", "a\nb"], ["a/b", "a"], ["x", "y", "x"]])
def test_paths_that_are_asked_of_together_hide_no_pair(paths):
    with pytest.raises((InvalidRecord, InvalidName)):
        room.check_together(paths)


def test_a_hundred_thousand_files_are_the_most():
    room.check_together(str(each) for each in range(room.MAX_FILES))
    with pytest.raises(InvalidRecord):
        room.check_together(str(each) for each in range(room.MAX_FILES + 1))
