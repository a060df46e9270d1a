"""A file that is one pickle: told from other bytes without reading it, and read only when it is one.

This room knows how a pickle begins; what is in it, and who may read it, is decided elsewhere.
"""

from typing import Any

from gitmodels.errors import InvalidModel


def is_pickle(data: bytes) -> bool:
    r"""Whether ``data`` begins as a pickle of protocol 2 to 5 does.

    >>> is_pickle(b"\x80\x05N."), is_pickle(b"PK\x03\x04")
    (True, False)
    """
    return data[:1] == b"\x80" and b"\x02" <= data[1:2] <= b"\x05"


def loads(data: bytes) -> Any:
    """The value of the pickle in ``data``. RUNS what it says: decide trust before.

    Raises InvalidModel for what is no pickle, or no whole one.
    """
    if not is_pickle(data):
        raise InvalidModel("the model's file is not of the format that its MLmodel declares")
    from gitmodels.flavors import pickling

    return pickling.loads(data)
