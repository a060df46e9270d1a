"""Cases 10–24: files that no model may hold, and files that play tricks while they are read."""

import os
import re
import resource
import socket
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from gitmodels.cli import main as boundary

REFUSED_PATHS = [
    ".git/hooks/post-checkout",
    ".GIT/config",
    "git~1/config",
    ".gitattributes",
    "sub/.gitmodules",
    ".github/workflows/x.yml",
    "a\\b",
    "C:x",
    "end.",
    "end ",
    "con",
    "sub/aux.bin",
    "x" * 201,
    "/".join(["d"] * 40),
]
ROOT = os.geteuid() == 0


@pytest.mark.parametrize("path", REFUSED_PATHS, ids=lambda path: path[:30])
def test_case_10_paths_no_model_may_hold(bench: Any, path: str) -> None:
    source = bench.files("bad", {"ok.bin": b"x", path: b"y"})
    bench.refuses(4, "register", source, "fraud")
    bench.refuses(4, "cat", f"fraud/1:{path}")


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a//b", "a/../b", "./a"])
def test_case_10_paths_outside_the_model_are_no_paths_of_it(bench: Any, path: str) -> None:
    bench.refuses(4, "cat", f"fraud/1:{path}")


@pytest.mark.parametrize("twins", [("Model.bin", "model.bin"), (unicodedata.normalize("NFD", "\u00e9"), "\u00e9")])
def test_case_11_twins_on_other_systems(bench: Any, twins: tuple[str, str]) -> None:
    source = bench.files("twins", {twins[0]: b"x", twins[1]: b"y"})
    if len(os.listdir(source)) < 2:
        pytest.skip("this file system takes the two names for one")
    bench.refuses(4, "register", source, "fraud")


def test_case_12_a_name_that_is_not_utf8_is_shown_in_hex(bench: Any) -> None:
    source = bench.files("bytes", {"ok.bin": b"x"})
    try:
        Path(os.fsdecode(os.fsencode(source) + b"/\xff\xfe.bin")).write_bytes(b"y")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    assert "fffe" in bench.refuses(4, "register", source, "fraud").err.lower().replace("\\x", "")


def test_case_13_a_leading_dash_is_data(bench: Any) -> None:
    names = ("-rf", "--output=x", "--upload-pack=touch x", "-")
    source = bench.files("dashes", dict.fromkeys(names, b"x"))
    assert bench.works("register", source, "dashes").strip() == "dashes/1"
    for name in names:
        assert bench.works("cat", f"dashes/1:{name}") == "x"
    target = bench.path.parent / "-out"
    bench.works("checkout", "dashes/1", str(target))
    assert sorted(os.listdir(target)) == sorted(names)
    (bench.path / "-model").write_bytes(b"1")
    assert bench.works("register", "--", "-model", "dashes").strip() == "dashes/2"


def test_case_15_a_target_too_long_leaves_nothing(bench: Any) -> None:
    source = bench.files("deep", {"/".join(["d" * 100] * 9) + "/x.bin": b"x"})
    bench.works("register", source, "deep")
    target = bench.path.parent / "t"
    bench.works("checkout", "deep/1", str(target))
    far = bench.path.parent
    while len(str(far)) < 3600:
        far = far / ("f" * 200)
        os.mkdir(far)
    done = bench.run("checkout", "deep/1", str(far / "target"))
    assert done.code in (1, 4), done
    assert len(done.lines) <= 2
    assert os.listdir(far) == []


def link_to(where: str, source: Path) -> None:
    outside = source.parent / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "secret").write_text("private key")
    targets = {
        "outside": (outside / "secret", source / "link.bin"),
        "passwd": (Path("/etc/passwd"), source / "link.bin"),
        "loop": (source / "link.bin", source / "link.bin"),
        "dangling": (source / "nothing", source / "link.bin"),
        "folder": (outside, source / "folder"),
        "inside": (source / "ok.bin", source / "link.bin"),
    }
    os.symlink(*targets[where])


@pytest.mark.parametrize("where", ["outside", "passwd", "loop", "dangling", "folder", "inside"])
def test_case_16_links_are_refused_and_not_followed(bench: Any, where: str) -> None:
    source = bench.files("links", {"ok.bin": b"x"})
    link_to(where, Path(source))
    bench.refuses(4, "register", source, "fraud", secret="private key")


def test_case_16_a_checkout_follows_no_link(bench: Any) -> None:
    target, elsewhere = bench.path.parent / "target", bench.path.parent / "elsewhere"
    elsewhere.mkdir()
    os.symlink(elsewhere, target)
    done = bench.run("checkout", "fraud/1", str(target))
    assert done.code in (0, 4, 5), done  # an empty folder reached by a link is the caller's own choice
    os.symlink(elsewhere / "hole", bench.path.parent / "weights")
    (bench.path.parent / "full").mkdir()
    os.symlink(elsewhere / "hole", bench.path.parent / "full" / "weights.bin")
    bench.refuses(5, "checkout", "fraud/1", str(bench.path.parent / "full"))
    assert not (elsewhere / "hole").exists()


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_case_18_pipes_sockets_and_devices_are_refused_without_waiting(bench: Any, kind: str) -> None:
    source = Path(bench.files("odd", {"ok.bin": b"x"}))
    here = os.getcwd()
    if kind == "pipe":
        os.mkfifo(source / "x")
    elif kind == "socket":
        os.chdir(source)  # the path of a socket is short
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind("x")
        os.chdir(here)
    elif not ROOT:
        pytest.skip("devices are made by root only: /dev/null is tried below")
    else:
        os.mknod(source / "x", 0o600 | 0o020000, os.makedev(1, 5))
    bench.refuses(4, "register", str(source), "fraud")
    bench.refuses(4, "register", str(source / "x"), "fraud")


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "/dev/stdin"])
def test_case_18_a_device_named_alone(bench: Any, device: str) -> None:
    if device == "/dev/stdin" and sys.stdin.isatty():
        pytest.skip("standard input is a terminal")
    done = bench.run("register", device, "fraud")
    assert done.code == 4, done


def test_case_19_nothing_is_no_model_and_an_empty_file_is_one(bench: Any) -> None:
    empty = bench.path.parent / "empty"
    (empty / "sub").mkdir(parents=True)
    bench.refuses(4, "register", str(empty), "fraud")
    assert bench.works("register", bench.files("zero", {"zero.bin": b""}), "zero").strip() == "zero/1"
    bench.works("fsck", "--full")


def test_case_19_a_sparse_file_is_streamed(bench: Any) -> None:
    source = Path(bench.files("sparse", {"x.bin": b""})) / "x.bin"
    os.truncate(source, 300 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bench.works("register", str(source), "sparse")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10
    assert sum(pack.stat().st_size for pack in bench.packs()) < 5 << 20
    bench.works("fsck", "--full")


def test_case_20_case_21_a_file_that_never_stands_still(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(bench.files("moving", {"x.bin": b"0" * 100_000}))
    real, turns = os.read, []

    def growing(fd: int, size: int) -> bytes:
        if os.fstat(fd).st_ino == os.stat(source / "x.bin").st_ino:
            turns.append(1)
            with open(source / "x.bin", "ab") as stream:
                stream.write(b"more")
        return real(fd, size)

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", growing)
        done = bench.run("register", str(source), "fraud")
    if not turns:
        pytest.skip("files are not read by os.read: the unit tests change them at the right moment")
    assert done.code in (4, 5), done
    assert '"latest": 3' not in bench.works("ls", "--json")


def test_case_22_modes_do_not_travel(bench: Any) -> None:
    source = Path(bench.files("modes", {"x.bin": b"x"}))
    os.chmod(source / "x.bin", 0o6777)
    bench.works("register", str(source), "modes")
    target = bench.path.parent / "out"
    bench.works("checkout", "modes/1", str(target))
    assert (target / "x.bin").stat().st_mode & 0o7022 == 0


@pytest.mark.skipif(ROOT, reason="root reads everything: the unit test lets the read fail instead")
def test_case_24_an_unreadable_file(bench: Any) -> None:
    source = Path(bench.files("closed", {"ok.bin": b"x", "x.bin": b"y"}))
    (source / "x.bin").chmod(0)
    bench.refuses(4, "register", str(source), "fraud")


def test_case_24_a_read_that_fails_in_the_middle(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(bench.files("bad", {"a.bin": b"a" * 1000, "b.bin": b"b" * 1000}))
    real = os.open

    def failing(path: Any, *arguments: Any, **more: Any) -> int:
        if os.fsdecode(path).endswith("b.bin"):
            raise OSError(5, "Input/output error")
        return real(path, *arguments, **more)

    tip = bench.tip()
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", failing)
        code = boundary.run(["register", str(source), "fraud"])
    assert code in (1, 4, 6)
    assert bench.tip() == tip
    assert re.search(r"fraud.*2", bench.works("ls"))
