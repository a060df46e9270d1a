"""Content ids are BLAKE3, written as b3sum writes them."""

import io
from pathlib import Path

import pytest

from gitmodels import digest
from gitmodels.errors import Invalid

# The official test vectors: input byte i is i % 251 (BLAKE3 team, test_vectors.json, first 32 bytes of "hash").
VECTORS = {
    0: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    1: "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
    1023: "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
    1024: "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
}


@pytest.mark.parametrize(("size", "expected"), VECTORS.items())
def test_official_vectors(size: int, expected: str, tmp_path: Path) -> None:
    data = bytes(index % 251 for index in range(size))
    file = tmp_path / "data"
    file.write_bytes(data)
    assert digest.of_bytes(data) == expected
    assert digest.of_stream(io.BytesIO(data)) == expected
    assert digest.of_file(file) == digest.of_file(str(file)) == expected


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, (4 << 20) + 1])
def test_one_answer_whether_threaded_streamed_or_not(size: int, tmp_path: Path) -> None:
    data = bytes(bytearray(range(256)) * (size // 256 + 1))[:size]
    file = tmp_path / "data"
    file.write_bytes(data)
    assert digest.of_bytes(data) == digest.of_bytes(memoryview(data)) == digest.of_file(file)
    assert digest.of_stream(io.BytesIO(data)) == digest.of_file(file)


def test_a_stream_is_read_from_where_it_stands() -> None:
    stream = io.BytesIO(b"headbody")
    stream.seek(4)
    assert digest.of_stream(stream) == digest.of_bytes(b"body")


def test_a_file_that_is_not_there_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest.of_file(tmp_path / "nowhere")


def test_the_canonical_form_passes() -> None:
    assert digest.parse(VECTORS[0]) == VECTORS[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        VECTORS[0].upper(),
        VECTORS[0][:63],
        VECTORS[0] + "0",
        VECTORS[0] + "\n",
        " " + VECTORS[0],
        "blake3:" + VECTORS[0],
        "g" * 64,
        "\uff10" * 64,
        None,
        7,
        VECTORS[0].encode(),
        "x" * 10_000,
    ],
)
def test_050_every_other_form_is_refused_in_one_short_line(text: object) -> None:
    with pytest.raises(Invalid) as refusal:
        digest.parse(text)
    assert len(refusal.value.message) < 200


def test_a_model_id_is_the_first_half_of_the_manifests_digest() -> None:
    assert digest.model_id(digest.parse(VECTORS[0])) == "m-af1349b9f5f9a1a6a0404dea36dcc949"
