"""Cases 19, 24, 46, 47, 51, 58 and 59: what is told of wrong bytes, and files made to confuse who reads them."""

import io
import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gitmodels
from gitmodels import digest
from gitmodels.api import context
from gitmodels.errors import Corrupt, GitModelsError, ObjectNotFound
from gitmodels.objects import sources

REFS = ("fraud/1", "fraud/2", "spam/1")


def weights(ref: str) -> bytes:
    name, number = ref.split("/")
    return f"weights of {name} {number}".encode() * 200


def pack_of(bench: Any, ref: str) -> Path:
    """The pack that holds the weights of a version: each was registered by itself."""
    id_ = bytes.fromhex(digest.of_bytes(weights(ref)))
    (found,) = [path for path in bench.packs() if id_ in path.read_bytes()]
    return Path(found)


def hurt(path: Path, how: str) -> None:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    if how == "flipped":
        data[-3] ^= 16
    elif how == "truncated":
        del data[-9:]
    path.write_bytes(b"" if how == "empty" else bytes(data))


def assert_named(text: str, ref: str) -> None:
    """The error says the file's path and id, and every version that holds it."""
    assert "weights.bin" in text
    assert digest.of_bytes(weights(ref)) in text
    assert f"part of {ref}" in text
    assert not any(other in text for other in REFS if other != ref)


@pytest.mark.parametrize("how", ["flipped", "truncated", "empty"])
@pytest.mark.parametrize("ref", REFS)
def test_case_46_an_error_names_the_file_its_id_and_its_versions(
    bench: Any, how: str, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurt(pack_of(bench, ref), how)
    done = bench.run("cat", f"{ref}:weights.bin")
    assert done.code in (3, 6)
    assert len(done.lines) <= 2
    assert_named(done.lines[0], ref)
    done = bench.run("checkout", ref, "../out")
    assert done.code in (3, 6)
    assert_named(done.lines[0], ref)
    monkeypatch.setattr(context, "_opened", {})
    with pytest.raises(GitModelsError) as caught:
        gitmodels.artifacts.download_artifacts(f"models:/{ref}")
    assert isinstance(caught.value, Corrupt | ObjectNotFound)
    assert_named(caught.value.message, ref)
    assert caught.value.fields["owners"] == [ref]
    told = bench.run("fsck", "--full")
    assert told.code == 6
    assert ref in told.out
    for other in REFS:
        assert other == ref or bench.works("cat", f"{other}:weights.bin").encode() == weights(other)


def test_case_46_a_pack_under_another_name_is_told_and_its_bytes_are_right(bench: Any) -> None:
    victim = pack_of(bench, "fraud/2")
    victim.rename(victim.with_name("ab" * 32 + ".pack"))
    assert bench.works("cat", "fraud/2:weights.bin").encode() == weights("fraud/2")
    done = bench.run("fsck")
    assert done.code == 6
    assert "ab" * 8 in done.out


def test_case_47_what_is_missing_is_named_with_all_who_hold_it(bench: Any) -> None:
    source = bench.files("same", {"weights.bin": weights("fraud/1")})
    for name in ("one", "two", "three"):
        bench.works("register", source, name)
    pack_of(bench, "fraud/1").unlink()
    done = bench.refuses(3, "cat", "two/1:weights.bin")
    assert digest.of_bytes(weights("fraud/1")) in done.lines[0]
    holders = [f"{name}/1" for name in ("fraud", "one", "two", "three")]
    assert sum(name in done.lines[0] for name in holders) == 3
    assert "and others" in done.lines[0]
    for name in holders:
        assert name in bench.run("fsck").out


def safetensors(*values: int) -> bytes:
    """A file of several tensors of 5 MiB, so that it is cut."""
    size = 5 << 20
    spans = {
        f"t{number}": {"dtype": "U8", "shape": [size], "data_offsets": [number * size, (number + 1) * size]}
        for number in range(len(values))
    }
    header = json.dumps(spans).encode()
    return struct.pack("<Q", len(header)) + header + b"".join(bytes([value]) * size for value in values)


def manifest_path(bench: Any, model: str) -> str:
    listed = bench.git("ls-tree", "-r", "--name-only", "gitmodels").split()
    return str(next(name for name in listed if name.endswith(f"{model}/versions/1/manifest.yaml")))


def test_case_51_the_chunks_of_another_file_are_found_out_by_the_files_id(bench: Any) -> None:
    for name, values in (("one", (1, 2)), ("two", (2, 1))):
        bench.works("register", bench.files(name, {"model.safetensors": safetensors(*values)}), name)
    texts = {name: bench.read(manifest_path(bench, name)).decode() for name in ("one", "two")}
    lists = {name: text.split("chunks: ")[1].split()[0] for name, text in texts.items()}
    assert lists["one"] != lists["two"]
    bench.put({manifest_path(bench, "one"): texts["one"].replace(lists["one"], lists["two"]).encode()})
    done = bench.refuses(6, "checkout", "one/1", "../out")
    assert digest.of_bytes(safetensors(1, 2)) in done.lines[0]
    assert "part of one/1" in done.lines[0]


def test_case_51_a_missing_chunk_names_its_file(bench: Any) -> None:
    bench.works("register", bench.files("one", {"model.safetensors": safetensors(1, 2)}), "one")
    (pack,) = (path for path in bench.packs() if digest.of_bytes(safetensors(1, 2)) not in path.name and newest(path))
    hurt(pack, "truncated")
    done = bench.run("checkout", "one/1", "../out")
    assert done.code in (3, 6)
    assert "model.safetensors" in done.lines[0]
    assert "part of one/1" in done.lines[0]
    assert not os.path.exists("../out")


def newest(path: Path) -> bool:
    return path.stat().st_mtime_ns == max(each.stat().st_mtime_ns for each in path.parent.iterdir())


def test_case_58_a_linked_checkout_that_was_edited_spoils_nothing(bench: Any) -> None:
    out = bench.path.parent / "out"
    bench.works("checkout", "--link", "fraud/1", str(out))
    file = out / "weights.bin"
    file.chmod(0o644)
    with open(file, "r+b") as stream:
        stream.write(b"WEIGHTS")
    assert bench.works("cat", "fraud/1:weights.bin").encode() == weights("fraud/1")
    again = bench.path.parent / "again"
    bench.works("checkout", "fraud/1", str(again))
    assert (again / "weights.bin").read_bytes() == weights("fraud/1")
    loaded = Path(gitmodels.artifacts.download_artifacts("models:/fraud/1"))
    assert (loaded / "weights.bin").read_bytes() == weights("fraud/1")
    told = bench.run("fsck", "--full")
    # Told while nobody used it: whoever does has it made anew.
    assert told.code in (0, 6)
    assert told.code == 0 or "nothing is lost" in told.err


def npz(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def hostile() -> dict[str, bytes]:
    array = io.BytesIO()
    np.save(array, np.arange(10))
    good = npz(**{"a.npy": array.getvalue()})
    end = good.rindex(b"PK\5\6")
    many = good[: end + 10] + b"\xff\xff" + good[end + 12 :]
    huge = struct.pack("<Q", 1 << 62)
    overlap = json.dumps({n: {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]} for n in "ab"}).encode()
    return {
        "slip.npz": npz(**{"../../../escaped": b"x", "/absolute": b"x"}),
        "bomb.npz": npz(**{"zeros": bytes(20 << 20)}),
        "many.npz": many,
        "crc.npz": good.replace(b"PK\1\2", b"PK\1\3"),
        "cut.npz": good[:-30],
        "huge.safetensors": huge + b"{}",
        "overlap.safetensors": struct.pack("<Q", len(overlap)) + overlap + bytes(8),
        "nested.safetensors": struct.pack("<Q", 200_000) + b"[" * 200_000,
        "shape.npy": b"\x93NUMPY\1\0" + struct.pack("<H", 60) + b"{'descr': 'f8', 'shape': (1<<60,)}".ljust(60),
        "code.npy": b"\x93NUMPY\1\0" + struct.pack("<H", 60) + b"__import__('os').system('touch escaped')".ljust(60),
        "counts.gguf": b"GGUF" + struct.pack("<IQQ", 3, 1 << 63, 1 << 63),
        "deep.onnx": b"\x3a\xff\xff\xff\xff\x7f" * 500,
        "torch.pt": npz(**{"archive/data.pkl": b"cos\nsystem\n(S'touch escaped'\ntR.", "archive/data/0": b"x" * 64}),
    }


@pytest.mark.parametrize("name", list(hostile()))
def test_case_59_a_hostile_file_is_bytes_and_comes_back_as_it_was(bench: Any, name: str) -> None:
    data = hostile()[name]
    # Large enough that its format is looked at, whatever it says inside.
    for padding in (b"", bytes(9 << 20)):
        before = {path for path in bench.path.parent.rglob("*") if "escaped" in path.name}
        bench.works("register", bench.files("hostile", {name: data + padding}), "hostile")
        number = len(bench.works("ls", "hostile").splitlines())
        target = bench.path.parent / f"out{number}-{len(padding)}"
        bench.works("checkout", "hostile/latest", str(target))
        assert (target / name).read_bytes() == data + padding
        assert {path for path in bench.path.parent.rglob("*") if "escaped" in path.name} == before
    assert not Path("/absolute").exists()
    bench.works("fsck", "--full")


def test_case_19_a_sparse_file_takes_next_to_no_space(bench: Any) -> None:
    folder = bench.path.parent / "sparse"
    folder.mkdir()
    with open(folder / "holes.bin", "wb") as stream:
        stream.truncate(160 << 20)
        stream.seek(100 << 20)
        stream.write(b"x")
    before = sum(path.stat().st_size for path in bench.packs())
    bench.works("register", str(folder), "sparse")
    assert sum(path.stat().st_size for path in bench.packs()) - before < 1 << 20
    bench.works("checkout", "sparse/1", str(bench.path.parent / "out"))
    assert digest.of_file(bench.path.parent / "out/holes.bin") == digest.of_file(folder / "holes.bin")


def test_case_24_a_file_that_vanishes_after_it_was_listed(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(bench.files("vanishing", {"a.bin": b"a", "b.bin": b"b"}))
    opened = sources.open_file

    def late(inner: int | None, name: str | os.PathLike[str]) -> Any:
        (folder / "b.bin").unlink(missing_ok=True)
        return opened(inner, name)

    monkeypatch.setattr(sources, "open_file", late)
    done = bench.refuses(3, "register", str(folder), "vanishing")
    assert "b.bin" in done.lines[0]
