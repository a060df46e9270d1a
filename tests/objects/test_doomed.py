import os

import pytest

from gitmodels.errors import Corrupt
from gitmodels.objects import doomed
from gitmodels.objects.doomed import DoomedFile
from gitmodels.objects.staging import Staging

LIST = {(bytes([pack]) * 32, bytes([chunk]) * 32): 1000 + chunk for pack in (9, 3) for chunk in range(5)}


@pytest.fixture
def listed(tmp_path):
    return DoomedFile(tmp_path, Staging(tmp_path))


def test_what_is_written_is_read_whatever_the_order():
    data = doomed.encode(LIST)
    assert doomed.decode(data) == LIST
    assert doomed.encode(dict(reversed(LIST.items()))) == data


def test_a_list_has_the_layout_that_is_documented():
    data = doomed.encode({(b"p" * 32, b"c" * 32): 258})
    assert data[:-32].hex() == (
        "93474d444d0d0a0a"
        + "00000001"
        + "00000001"
        + "0000000000000001"
        + "70" * 32
        + "63" * 32
        + "00000000"
        + "0000000000000102"
    )


def test_every_flipped_bit_and_every_cut_shows():
    data = doomed.encode(LIST)
    for at in range(len(data)):
        with pytest.raises(Corrupt):
            doomed.decode(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(Corrupt):
            doomed.decode(data[:at])


def test_a_damaged_list_says_nothing(listed):
    listed.write(LIST)
    data = bytearray(listed.path.read_bytes())
    data[30] ^= 1
    listed.path.chmod(0o644)
    listed.path.write_bytes(data)
    assert listed.read() == {}


def test_a_list_that_was_replaced_is_read_again(listed, tmp_path):
    other = DoomedFile(tmp_path, Staging(tmp_path))
    assert other.read() == {}
    listed.write(LIST)
    assert other.read() == LIST
    few = dict(list(LIST.items())[:2])
    listed.write(few)
    assert other.read() == few
    listed.write({})
    assert other.read() == {}
    assert os.listdir(tmp_path) == ["tmp"]
