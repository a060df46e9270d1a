"""Cases 46–58, 106, 107 and 113: a store with missing, flipped and swapped bytes, and folders others can write to."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

WEIGHTS = "fraud/1:weights.bin"


def damage(path: Path, how: str) -> None:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    if how == "flipped":
        data[len(data) // 2] ^= 4
    elif how == "truncated":
        del data[-7:]
    elif how == "empty":
        data.clear()
    elif how == "extended":
        data += b"more"
    elif how == "zeroed":
        data[:] = bytes(len(data))
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("how", ["flipped", "truncated", "empty", "zeroed"])
def test_case_46_damage_is_named_by_every_reader_and_healed_by_adding_again(bench: Any, how: str) -> None:
    victim = bench.packs()[0]
    damage(victim, how)
    codes = [bench.run("cat", f"{ref}:weights.bin").code for ref in ("fraud/1", "fraud/2", "spam/1")]
    assert sorted(set(codes)) in ([0, 3], [0, 6]), codes
    hurt = ("fraud/1", "fraud/2", "spam/1")[[code != 0 for code in codes].index(True)]
    bench.refuses(max(codes), "checkout", hurt, "../out")
    assert not os.path.exists("../out") or os.listdir("../out") == []
    told = bench.run("fsck", "--full")
    assert told.code == 6
    name, number = hurt.split("/")
    source = bench.files("again", {"weights.bin": f"weights of {name} {number}".encode() * 200})
    bench.works("register", source, "again")
    bench.works("cat", f"{hurt}:weights.bin")
    bench.works("checkout", hurt, "../out")


def test_case_46_bytes_behind_the_end_are_seen(bench: Any) -> None:
    damage(bench.packs()[0], "extended")
    assert bench.run("fsck").code == 6
    done = bench.run("cat", WEIGHTS)
    assert done.code in (0, 6)


def test_case_47_a_missing_object_is_named_with_who_needs_it(bench: Any) -> None:
    for pack in bench.packs():
        pack.unlink()
    done = bench.refuses(3, "cat", WEIGHTS)
    assert "weights.bin" in done.err
    bench.refuses(3, "checkout", "fraud/1", "../out")
    bench.refuses(3, "predict", "fraud/1", stdin=b'{"inputs": [1]}')
    assert "fraud/2" in bench.run("fsck").out
    assert "fraud" in bench.works("ls")
    assert bench.works("show", "fraud/1")
    source = bench.files("again", {"weights.bin": b"weights of fraud 1" * 200})
    bench.works("register", source, "again")
    bench.works("cat", WEIGHTS)


def test_case_49_two_swapped_packs_are_seen(bench: Any) -> None:
    one, two = bench.packs()[:2]
    first, second = one.read_bytes(), two.read_bytes()
    for path, data in ((one, second), (two, first)):
        path.chmod(0o644)
        path.write_bytes(data)
    assert bench.run("fsck").code == 6
    for ref in ("fraud/1", "fraud/2", "spam/1"):
        done = bench.run("cat", f"{ref}:weights.bin")
        name, number = ref.split("/")
        assert done.code in (3, 6) or done.out == f"weights of {name} {number}" * 200


@pytest.mark.parametrize(
    "digest", ["0" * 63, "0" * 65, "G" * 64, "sha256:" + "0" * 64, "md5:" + "0" * 32, "AB" * 32, ""]
)
def test_case_50_a_digest_of_another_form_is_refused(bench: Any, digest: str) -> None:
    listed = bench.git("ls-tree", "-r", "--name-only", "gitmodels").split()
    path = next(name for name in listed if name.endswith("fraud/versions/1/manifest.yaml"))
    text = bench.read(path).decode()
    old = text.split("blake3: ")[1].split()[0]
    bench.put({path: text.replace(old, f"'{digest}'").encode()})
    assert bench.run("cat", WEIGHTS).code == 4
    assert bench.run("checkout", "fraud/1", "../out").code == 4


def test_case_49_a_manifest_edited_to_other_bytes_is_refused(bench: Any) -> None:
    listed = bench.git("ls-tree", "-r", "--name-only", "gitmodels").split()
    one, two = (next(n for n in listed if n.endswith(f"fraud/versions/{k}/manifest.yaml")) for k in (1, 2))
    bench.put({one: bench.read(two)})
    done = bench.run("cat", WEIGHTS)
    assert done.code in (4, 6), done
    assert bench.run("doctor").code == 7


def test_case_53_a_damaged_copy_is_not_taken_for_a_good_one(bench: Any) -> None:
    for pack in bench.packs():
        damage(pack, "flipped")
    source = bench.files("again", {"weights.bin": b"weights of spam 1" * 200})
    bench.works("register", source, "spam")
    assert bench.works("cat", "spam/2:weights.bin") == "weights of spam 1" * 200


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere: a read-only file system is mounted instead")
def test_case_54_a_store_that_may_not_be_written_is_read(bench: Any) -> None:
    store = bench.git_dir / "gitmodels"
    for folder, _, _ in os.walk(store):
        os.chmod(folder, 0o555)
    bench.works("cat", WEIGHTS)
    assert bench.run("register", "code.py", "fraud").code == 1


def test_case_57_a_store_on_another_file_system(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == bench.path.stat().st_dev or not os.access(shm, os.W_OK):
        pytest.skip("no second file system here")
    elsewhere = shm / f"gitmodels-test-{os.getpid()}"
    try:
        monkeypatch.setenv("GITMODELS_STORE", str(elsewhere))
        bench.works("register", "code.py", "far")
        assert bench.works("cat", "far/1:code.py") == "print('hello')\n"
        bench.works("checkout", "far/1", str(bench.path.parent / "out"))
        assert len(bench.packs()) == 3
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)


@pytest.mark.parametrize("key", ["gitmodels.store", "gitmodels.cache"])
def test_case_57_a_relative_place_is_one_place_from_every_folder(bench: Any, key: str) -> None:
    bench.git("config", key, "../elsewhere")
    (bench.path / "sub").mkdir()
    bench.works("register", "code.py", "far")
    bench.works("-C", "sub", "cat", "far/1:code.py")
    bench.works("-C", "sub", "register", "../code.py", "far")
    assert not (bench.path / "sub/elsewhere").exists()
    assert not (bench.path.parent / "elsewhere").exists()
    if key == "gitmodels.store":
        assert (bench.path / "elsewhere/packs").is_dir()


def test_case_58_a_checkout_is_a_copy_of_ones_own(bench: Any) -> None:
    target = bench.path.parent / "out"
    bench.works("checkout", "fraud/1", str(target))
    with open(target / "weights.bin", "r+b") as stream:
        stream.write(b"changed")
    assert bench.works("cat", WEIGHTS).startswith("weights of fraud 1")
    bench.works("fsck", "--full")
    bench.works("checkout", "fraud/1", str(bench.path.parent / "again"))
    assert (bench.path.parent / "again" / "weights.bin").read_bytes().startswith(b"weights")


@pytest.mark.parametrize("mode", [0o000, 0o777])
def test_case_106_the_umask_opens_nothing(bench: Any, mode: int) -> None:
    before = os.umask(mode & 0o077)
    try:
        bench.works("register", "code.py", "masked")
        bench.works("cat", "masked/1:code.py")
    finally:
        os.umask(before)
    cache = bench.git_dir / "gitmodels/cache"
    assert not cache.exists() or cache.stat().st_mode & 0o022 == 0


def test_case_106_a_temporary_folder_made_by_somebody_else_is_not_used(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = bench.path.parent / "elsewhere"
    elsewhere.mkdir(mode=0o777)
    link = bench.path.parent / "tmp-link"
    link.symlink_to(elsewhere)
    monkeypatch.setenv("TMPDIR", str(link))
    bench.works("register", "code.py", "linked")
    assert list(elsewhere.iterdir()) == []


def test_case_113_fsck_names_versions_and_says_what_to_do(bench: Any) -> None:
    damage(bench.packs()[0], "flipped")
    done = bench.run("fsck", "--full")
    assert done.code == 6
    assert any(ref in done.out for ref in ("fraud/1", "fraud/2", "spam/1"))
    assert "hint: " in done.err


def test_case_113_rot_in_git_itself_is_told(bench: Any) -> None:
    for pack in (bench.git_dir / "objects/pack").glob("*.pack"):
        damage(pack, "flipped")
    for command in (("ls",), ("show", "fraud/1"), ("register", "code.py", "fraud"), ("doctor",), ("rebuild",)):
        done = bench.run(*command)
        assert done.code in (0, 3, 6, 7), (command, done)
        assert "Traceback" not in done.err
        assert "internal error" not in done.err
