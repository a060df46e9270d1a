"""ONNX: by the bytes of its tensors, when the walk through the protobuf ends where the file does."""

import random

import pytest

from gitmodels.objects import spans
from gitmodels.objects.spans import onnx

NOISE = random.Random(5).randbytes(5000)


def varint(value):
    raw = b""
    while value > 0x7F:
        raw += bytes([value & 0x7F | 0x80])
        value >>= 7
    return raw + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, kind=1, raw=None, **others):
    data = field(1, 2) + field(1, 3) + field(2, kind)
    if "floats" in others:
        data += field(4, others["floats"])
    if "doubles" in others:
        data += field(10, others["doubles"])
    data += field(8, name.encode())
    return data if raw is None else data + field(9, raw)


def node(*attributes):
    return field(1, b"input") + field(4, b"Constant") + b"".join(field(5, each) for each in attributes)


BEFORE, AFTER = field(1, 8) + field(2, b"by hand"), field(8, field(2, 17))


def model(*graph, before=BEFORE, after=AFTER):
    return before + field(7, field(2, b"graph") + b"".join(graph)) + after


def initializer(*arguments, **others):
    return field(5, tensor(*arguments, **others))


def parts(data):
    def read(offset, length):
        assert 0 < length <= len(data) - offset
        return data[offset : offset + length]

    found = spans.parts(read, len(data))
    assert found is None or sum(part.length for part in found) == len(data)
    return found


def tensors(data):
    """Name, width and bytes of every tensor."""
    position, named = 0, []
    for part in parts(data):
        if part.name is not None:
            named.append((part.name, part.width, data[position : position + part.length]))
        position += part.length
    return named


@pytest.mark.parametrize(("kind", "width"), [(1, 4), (10, 2), (11, 8), (16, 2), (14, 4), (15, 8), (7, 0), (99, 0)])
def test_raw_data_of_every_type_is_a_part(kind, width):
    data = model(initializer("w", kind, NOISE[:4000]), initializer("small", 1, NOISE[:100]))
    assert tensors(data) == [("w", width, NOISE[:4000])]


def test_packed_floats_are_a_part_whatever_the_type_says():
    data = model(initializer("f", floats=NOISE[:4000]), initializer("d", 11, doubles=NOISE[:1600]))
    assert tensors(data) == [("f", 4, NOISE[:4000]), ("d", 8, NOISE[:1600])]


def test_half_an_element_has_no_width():
    assert tensors(model(initializer("w", 1, NOISE[:4001]))) == [("w", 0, NOISE[:4001])]


def test_constants_and_the_graphs_of_if_are_searched():
    inner = field(2, b"then") + initializer("deep", 1, NOISE[:2000])
    data = model(
        field(1, node(field(1, b"value") + field(5, tensor("constant", 10, NOISE[:1500])))),
        field(1, node(field(1, b"then_branch") + field(6, inner))),
        initializer("w", 1, NOISE[:3000]),
    )
    assert tensors(data) == [("constant", 2, NOISE[:1500]), ("deep", 4, NOISE[:2000]), ("w", 4, NOISE[:3000])]


def test_fields_of_later_versions_inside_the_graph_are_passed_over():
    odd = varint(77 << 3 | 1) + bytes(8) + varint(78 << 3 | 5) + bytes(4) + field(79, b"what is this")
    data = model(odd, field(5, odd + tensor("w", 1, NOISE[:2000])))
    assert tensors(data) == [("w", 4, NOISE[:2000])]


def nested(depth):
    inner = initializer("w", 1, NOISE[:2000])
    for _ in range(depth):
        inner = field(1, node(field(1, b"body") + field(6, inner)))
    return model(inner)


GOOD = model(initializer("w", 1, NOISE[:2000]))


@pytest.mark.parametrize(
    "data",
    [
        GOOD[:-1],
        GOOD + b"\0",
        GOOD + b"\x0a",
        GOOD + field(7, b"") + field(8, b""),
        model(initializer("small", 1, NOISE[:100])),
        model(field(5, tensor("w", 1, NOISE[:2000]) + field(9, NOISE[:1500]))),
        model(field(5, tensor("w", 1, NOISE[:2000]))[:-1]),
        model(initializer("w", 1, NOISE[:2000]), after=field(99, b"no field of a model")),
        model(initializer("w", 1, NOISE[:2000]), after=field(1, b"a version that is a text")),
        model(b"\x0b", initializer("w", 1, NOISE[:2000])),
        model(b"\x08" + b"\xff" * 30, initializer("w", 1, NOISE[:2000])),
        model(initializer("w", 1, NOISE[:2000]), varint(5 << 3 | 2) + varint((1 << 64) - 1)),
        field(1, 8) + field(2, NOISE),
        nested(9),
        b"\x08" * 1001,
    ],
    ids=range(15),
)
def test_case40_a_model_that_is_none_is_opaque(data):
    assert parts(data) is None


def test_graphs_may_be_nested_as_deep_as_people_do():
    assert tensors(nested(8)) == [("w", 4, NOISE[:2000])]


def test_a_walk_has_an_end(monkeypatch):
    monkeypatch.setattr(onnx, "MAX_FIELDS", 10)
    assert parts(GOOD) is None


def test_a_file_past_what_protobuf_can_hold_is_not_walked():
    assert spans.parts(lambda _, length: GOOD[:length], 1 << 31) is None


def test_the_fields_that_a_model_may_have_are_taken():
    more = b"".join(field(number, b"x") for number in (3, 4, 6, 8, 14, 20, 25, 26)) + field(5, 1)
    assert tensors(model(initializer("w", 1, NOISE[:2000]), after=more))
