"""Zip archives: by the members that the central directory names, when none of it contradicts itself."""

import io
import random
import struct
import zipfile

import numpy as np
import pytest

from gitmodels.objects import spans
from gitmodels.objects.spans import archive, storages

NOISE = random.Random(5).randbytes(3000)


def zipped(members, compression=zipfile.ZIP_STORED, comment=b"", **options):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as made:
        for name, data in members.items():
            with made.open(zipfile.ZipInfo(name), "w", **options) as member:
                member.write(data)
        made.comment = comment
    return stream.getvalue()


def parts(data):
    def read(offset, length):
        assert 0 < length <= len(data) - offset
        return data[offset : offset + length]

    found = spans.parts(read, len(data))
    assert found is None or sum(part.length for part in found) == len(data)
    return found


def contents(data):
    """The bytes of every named part."""
    position, named = 0, {}
    for part in parts(data):
        if part.name is not None:
            named[part.name] = data[position : position + part.length]
        position += part.length
    return named


def test_stored_members_are_parts_and_the_directory_is_the_last():
    data = zipped({"a": b"123", "folder/b": NOISE, "empty": b""})
    named = contents(data)
    assert named.pop("").startswith(b"PK\x01\x02")
    assert named == {"a": b"123", "folder/b": NOISE, "empty": b""}


@pytest.mark.parametrize("options", [{}, {"force_zip64": True}])
def test_what_numpy_saves_is_arrays_and_their_headers(options):
    array = np.arange(700, dtype="<f4")
    stream = io.BytesIO()
    np.savez(stream, weight=array, names=np.array(["a", "b"]))
    named = contents(stream.getvalue())
    assert named["weight.npy"] == array.tobytes()
    assert (2800, 4, "weight.npy") in parts(stream.getvalue())
    again = zipped({"weight.npy": b"\x93NUMPY but not really"}, **options)
    assert contents(again)["weight.npy"] == b"\x93NUMPY but not really"


def test_deflated_members_are_parts_without_a_width():
    stream = io.BytesIO()
    np.savez_compressed(stream, weight=np.arange(700, dtype="<f4"))
    found = parts(stream.getvalue())
    assert [part.width for part in found] == [0, 0, 0]
    assert found[1].name == "weight.npy"


def test_an_archive_written_to_a_pipe_is_read():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as made:
        made.writestr("a", NOISE)
        made.writestr("b", b"12")
    assert contents(pipe.data)["a"] == NOISE


def test_a_comment_that_looks_like_an_end_does_not_mislead():
    data = zipped({"a": NOISE}, comment=b"PK\x05\x06" + bytes(18) + b"some words")
    assert contents(data)["a"] == NOISE


def wide(members):
    """The same archive with the figures of its end in 64 bits only, as for sizes past 4 GiB."""
    data = zipped(members)
    end = len(data) - 22
    count, _, length, start = struct.unpack("<2H2I", data[end + 8 : end + 20])
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    last = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:end] + record + locator + last


def extra(data, numbers):
    """The first member's sizes and place moved to its extra field in the directory."""
    at = data.index(b"PK\x01\x02")
    name = struct.unpack_from("<H", data, at + 28)[0]
    field = struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers)
    entry = bytearray(data[at : at + 46 + name])
    entry[20:28] = b"\xff" * 8
    entry[30:32] = struct.pack("<H", len(field))
    grown = data[:at] + entry + field + data[at + 46 + name :]
    length = struct.unpack_from("<I", grown, len(grown) - 10)[0] + len(field)
    return grown[:-10] + struct.pack("<I", length) + grown[-6:]


def test_sizes_past_32_bits_are_read_where_they_stand():
    assert contents(wide({"a": NOISE}))["a"] == NOISE
    data = zipped({"a": NOISE})
    assert contents(extra(data, [3000, 3000]))["a"] == NOISE
    assert parts(extra(data, [3000])) is None
    assert parts(extra(data, [1 << 63, 1 << 63])) is None
    assert parts(extra(data, [3000, 2999])) is None


def patched(data, signature, offset, raw):
    at = data.rindex(signature) + offset
    return data[:at] + raw + data[at + len(raw) :]


PLAIN = zipped({"a": NOISE, "b": NOISE[:1500]})
WIDE = wide({"a": NOISE, "b": NOISE[:1500]})


@pytest.mark.parametrize(
    "data",
    [
        PLAIN[:-1],
        PLAIN + b"x",
        PLAIN[:4] + bytes(100),
        b"PK\x03\x04 and nothing of a zip".ljust(200),
        patched(PLAIN, b"PK\x05\x06", 4, b"\x01"),  # on another disk
        patched(PLAIN, b"PK\x05\x06", 8, b"\x05"),  # members here and in all differ
        patched(PLAIN, b"PK\x05\x06", 8, b"\x09\0\x09"),  # more than the directory holds
        patched(PLAIN, b"PK\x05\x06", 8, b"\x01\0\x01"),  # fewer
        patched(PLAIN, b"PK\x05\x06", 16, b"\xff\xff\xff\x7f"),  # a directory past the end
        patched(PLAIN, b"PK\x01\x02", 0, b"PKzz"),
        patched(PLAIN, b"PK\x01\x02", 20, b"\xff\xff\xff\x0f" * 2),  # a member as long as a disk
        patched(PLAIN, b"PK\x01\x02", 24, b"\0"),  # stored, and of two lengths
        patched(PLAIN, b"PK\x01\x02", 28, b"\xff\xff"),  # a name past the directory
        patched(PLAIN, b"PK\x01\x02", 34, b"\x01"),
        patched(PLAIN, b"PK\x01\x02", 42, bytes(4)),  # two members in one place
        patched(PLAIN, b"PK\x01\x02", 42, b"\x05\x01\0\0"),  # a place where no member is
        patched(PLAIN, b"PK\x03\x04", 8, b"\x08"),  # the methods differ
        patched(PLAIN, b"PK\x03\x04", 26, b"\xff\xff"),  # a name that pushes the bytes past the directory
        patched(WIDE, b"PK\x06\x07", 8, b"\x01"),
        patched(WIDE, b"PK\x06\x07", 8, b"\xff" * 8),
        patched(WIDE, b"PK\x06\x06", 4, b"\xff" * 8),
        patched(WIDE, b"PK\x06\x06", 24, b"\xff" * 16),
        patched(WIDE, b"PK\x06\x06", 0, b"PK"[::-1]),
    ],
    ids=range(23),
)
def test_case59_an_archive_that_contradicts_itself_is_opaque(data):
    assert parts(data) is None


def test_case59_an_encrypted_member_is_bytes_like_others():
    data = patched(zipped({"a.npy": NOISE}), b"PK\x01\x02", 8, b"\x01")
    assert (3000, 0, "a.npy") in parts(data)


def test_case59_a_member_named_twice_is_two_parts():
    data = zipped({"a": b"1" * 2000, "b": b"2" * 2000})
    end = data.rindex(b"PK\x05\x06")
    data = data[: end - 1] + b"a" + data[end:]
    assert [part.length for part in parts(data) if part.name == "a"] == [2000, 2000]


def test_case59_a_directory_longer_than_any_is_not_read(monkeypatch):
    monkeypatch.setattr(archive, "MAX_DIRECTORY", 50)
    assert parts(PLAIN) is None


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def storage(kind, key, put=b""):
    """What torch writes before it asks for a tensor's bytes: the persistent id of its storage."""
    return b"(" + text("storage") + kind + put + text(key) + text("cpu") + b"K\x05tQ"


FLOAT, HALF = b"ctorch\nFloatStorage\n", b"ctorch\nHalfStorage\n"


def torch(pickle, members, byteorder=b"little", prefix="model"):
    named = {"data.pkl": b"\x80\x02" + pickle + b".", "byteorder": byteorder, "version": b"3\n", **members}
    return zipped({f"{prefix}/{name}": data for name, data in named.items()})


def test_a_torch_archive_tells_which_tensors_are_floats():
    pickle = storage(FLOAT, "0", b"q\x07") + storage(b"h\x07", "1") + storage(HALF, "2", b"\x94")
    pickle += storage(b"ctorch\nLongStorage\n", "3") + storage(b"\x8c\x05torch\x8c\x0dDoubleStorage\x93", "4")
    members = {f"data/{key}": NOISE[:2000] for key in range(6)}
    found = {part.name: part.width for part in parts(torch(pickle, members)) if part.name}
    assert [found[f"data/{key}"] for key in range(6)] == [4, 4, 2, 0, 8, 0]


def test_the_name_of_a_torch_file_is_no_part_of_its_tensors_names():
    pickle, members = storage(FLOAT, "0"), {"data/0": NOISE[:2000]}
    first, second = (parts(torch(pickle, members, prefix=prefix)) for prefix in ("v1", "another"))
    assert (2000, 4, "data/0") in first
    assert (2000, 4, "data/0") in second


def test_a_tensor_of_half_an_element_or_of_other_byte_order_has_no_width():
    pickle = storage(FLOAT, "0")
    assert (2001, 0, "data/0") in parts(torch(pickle, {"data/0": NOISE[:2001]}))
    assert (2000, 0, "data/0") in parts(torch(pickle, {"data/0": NOISE[:2000]}, byteorder=b"big"))


@pytest.mark.parametrize(
    "pickle",
    [
        b"",
        b"\xff",
        b"X\xff\xff\xff\xff",
        b"\x8e" + b"\xff" * 8 + b"more",
        b"ctorch\nwithout end",
        b"\x93" * 50 + b"Q" * 50,
        b"h\xffQ" + b"j\0\0\0\xffQ",
        b"\x8b\xff\xff\xff\x7f",
        b"X\x02\0\0\0\xff\xfeQ",
        b"cos\nsystem\n" + text("touch /tmp/pwned") + b"\x85R",
    ],
    ids=range(10),
)
def test_case40_a_hostile_pickle_is_walked_and_never_run(pickle):
    found = parts(torch(pickle, {"data/0": NOISE[:2000]}))
    assert (2000, 0, "data/0") in found


def test_a_long_pickle_is_not_walked(monkeypatch):
    monkeypatch.setattr(storages, "MAX_PICKLE", 10)
    assert (2000, 0, "data/0") in parts(torch(storage(FLOAT, "0"), {"data/0": NOISE[:2000]}))
