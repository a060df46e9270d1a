"""The zip around a canonical skops file: written byte for byte the same everywhere, read as hostile.

It knows names and bytes, and nothing of schemas, arrays or models. Members are stored, not deflated: the object store
compresses, and bytes that move less deduplicate better. Nested archives (``.npz``) go through the same two functions.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping

from gitmodels.errors import InvalidModel

MEMBER_LIMIT = 500_000
RATIO_LIMIT = 200
INFLATED_LIMIT = 4 << 30
STAMP = (1980, 1, 1, 0, 0, 0)
END = b"PK\x05\x06"
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


def pack(members: Mapping[str, bytes]) -> bytes:
    """The members as a zip of stored entries in the given order, with fixed times, system and attributes.

    >>> unpack(pack({"schema.json": b"{}"}))["schema.json"].tobytes()
    b'{}'
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, STAMP)
            info.create_system = 3
            info.external_attr = 0o600 << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def unpack(data: bytes | memoryview) -> dict[str, memoryview]:
    """Every member of the zip, checksums verified. Raises InvalidModel for anything but one plain, whole, bounded zip.

    The zip must begin at the first byte and end at the last one, so that no other format can hide before or behind it.
    """
    if bytes(data[:4]) not in (b"PK\x03\x04", END) or len(data) < 22 or bytes(data[-22:-18]) != END:
        raise InvalidModel("not a skops file: the bytes are not exactly one zip archive")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_bounds(infos, len(data))
            return {info.filename: _member(archive, info, memoryview(data)) for info in infos}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        if isinstance(error, InvalidModel):
            raise
        raise InvalidModel("damaged zip archive in a skops file") from error


def _check_bounds(infos: list[zipfile.ZipInfo], size: int) -> None:
    if len(infos) > MEMBER_LIMIT:
        raise InvalidModel(f"{len(infos)} members in a skops file, at most {MEMBER_LIMIT} are read")
    if len({info.filename for info in infos}) != len(infos):
        raise InvalidModel("a member name stands twice in a skops file")
    if sum(info.compress_size for info in infos) > size:
        raise InvalidModel("members overlap in a skops file")
    if sum(info.file_size for info in infos if info.compress_type) > INFLATED_LIMIT:
        raise InvalidModel("a skops file inflates to more than 4 GiB")
    for info in infos:
        _check_member(info)


def _check_member(info: zipfile.ZipInfo) -> None:
    if not NAME.fullmatch(info.filename) or info.flag_bits & 0x1:
        raise InvalidModel("a member of a skops file has a path in its name or is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidModel("a member of a skops file is compressed with a method that is not read")
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        raise InvalidModel("a stored member of a skops file lies about its size")
    if info.file_size > RATIO_LIMIT * max(info.compress_size, 64):
        raise InvalidModel(f"a member of a skops file inflates more than {RATIO_LIMIT} times")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, data: memoryview) -> memoryview:
    if info.compress_type != zipfile.ZIP_STORED:
        return memoryview(archive.read(info))
    # A stored member is a slice of what we hold already; zipfile would copy it in pieces.
    header = LOCAL_HEADER.unpack(data[info.header_offset : info.header_offset + LOCAL_HEADER.size])
    start = info.header_offset + LOCAL_HEADER.size
    name = bytes(data[start : start + header[9]])
    start += header[9] + header[10]
    member = data[start : start + info.file_size]
    if header[0] != b"PK\x03\x04" or name != info.filename.encode() or len(member) != info.file_size:
        raise InvalidModel("a member of a skops file is not where the directory says")
    if zlib.crc32(member) != info.CRC:
        raise InvalidModel("a member of a skops file fails its checksum")
    return member
