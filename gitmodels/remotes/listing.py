"""The listing: one small text that says which packs a remote has, for readers that cannot ask a server to list.

This room spells and reads it (docs/format/remotes.md); it opens nothing. A first and a last line tell it from a login
page and from one that was cut off.
"""

from collections.abc import Mapping

from gitmodels.errors import Corrupt
from gitmodels.patterns import pattern

NAME = "listing"
# A line is at most 93 bytes: more packs than 64 MiB of lines name hold 40 TB.
MAX_SIZE = 64 << 20
_FIRST = "gitmodels packs 1"
_LAST = "end"
_LINE = pattern(r"([0-9a-f]{64}) (0|[1-9][0-9]{0,12}) (0|[1-9][0-9]{0,12})")


def spell(packs: Mapping[bytes, tuple[int, int]]) -> bytes:
    r"""The listing of these packs, with the sizes in bytes of each and of its index file.

    >>> spell({})
    b'gitmodels packs 1\nend\n'
    """
    lines = [f"{pack.hex()} {size} {index}" for pack, (size, index) in sorted(packs.items())]
    return "".join(f"{line}\n" for line in (_FIRST, *lines, _LAST)).encode()


def read(data: bytes) -> dict[bytes, tuple[int, int]]:
    """The packs that a listing names. Raises Corrupt for anything else.

    >>> read(spell({bytes(32): (16, 80)}))[bytes(32)]
    (16, 80)
    """
    lines = data.decode("ascii", "replace").split("\n")
    if len(lines) < 3 or lines[0] != _FIRST or lines[-2:] != [_LAST, ""]:
        raise Corrupt("not a listing of packs")
    found = {}
    for line in lines[1:-2]:
        match = _LINE.fullmatch(line)
        if match is None:
            raise Corrupt("a damaged listing of packs")
        found[bytes.fromhex(match[1])] = (int(match[2]), int(match[3]))
    return found
