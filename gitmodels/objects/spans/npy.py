"""NumPy's .npy: a header in the spelling of a Python dictionary, then one array. Nothing is evaluated."""

from gitmodels.objects.spans.window import OddError, Part, Window, elements
from gitmodels.patterns import pattern

MAGIC = b"\x93NUMPY"
# The header of one array without fields; numpy itself refuses to read headers past 10,000.
MAX_HEADER = 4096
# The spelling that numpy writes; another one, or a structured type, is no array of numbers.
_HEADER = pattern(
    rb"\{'descr': '([<>|=])([biufc])([0-9]{1,2})', 'fortran_order': (?:True|False), "
    rb"'shape': \(((?:[0-9]{1,19}(?:, [0-9]{1,19})*,?)?)\), ?\} *\n"
)


def parts(window: Window) -> list[Part]:
    """The header and the array. Raises OddError."""
    return array(window, 0, window.size, "array")


def array(window: Window, start: int, length: int, name: str) -> list[Part]:
    """The header and the array of the ``length`` bytes from ``start``. Raises OddError."""
    fixed = window.bytes(start, min(12, length))
    if len(fixed) < 12 or not fixed.startswith(MAGIC) or fixed[7] != 0 or fixed[6] not in (1, 2, 3):
        raise OddError("no array of a known version")
    before = 10 if fixed[6] == 1 else 12
    header = int.from_bytes(fixed[8:before], "little")
    if header > min(MAX_HEADER, length - before):
        raise OddError("a header that is too long")
    match = _HEADER.fullmatch(window.bytes(start + before, header))
    if match is None:
        raise OddError("no array of numbers")
    order, kind, size, shape = match[1], match[2], int(match[3]), match[4]
    data = length - before - header
    if elements([int(number) for number in shape.split(b",") if number.strip()]) * size != data:
        raise OddError("an array whose shape needs other room than it has")
    floats = {b"f": size, b"c": size // 2}.get(kind, 0)
    width = floats if floats in (2, 4, 8) and order == b"<" else 0
    return [Part(before + header, 0, None), Part(data, width, name)]
