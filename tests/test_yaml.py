"""The strict YAML we read and the one spelling we write."""

import math
import time
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml

from gitmodels import yaml
from gitmodels.errors import InvalidYaml


def refused(data: bytes, **limits: Any) -> str:
    with pytest.raises(InvalidYaml) as refusal:
        yaml.load(data, what="x.yaml", **limits)
    message = refusal.value.message
    assert message.startswith("x.yaml: ")
    assert message.isprintable()
    return message


BOMBS = {
    "billion laughs": b"a: &a [x]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (c, c, c - 1, c - 1) for c in range(98, 120)),
    "merge keys": b"a: &a {x: 1}\nb: {<<: *a}\n",
    "a merge key alone": b"<<: {a: 1}\n",
    "recursive alias": b"&a [*a]\n",
    "anchor without alias": b"a: &a 1\n",
    "alias without anchor": b"a: *a\n",
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_025_anchors_and_aliases_are_refused(data: bytes) -> None:
    refused(data)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"{a: " * 100_000,
        b"- " * 100_000,
        b"? " * 1000,
        b"[" * 1000 + b"]" * 1000,
        b"{" * 65 + b"}" * 65,
    ],
    ids=["flow list", "flow mapping", "block list", "complex keys", "closed list", "mapping as key"],
)
def test_026_deep_nesting_is_refused_without_a_crash(data: bytes) -> None:
    refused(data)


def test_026_nesting_up_to_the_limit_is_read() -> None:
    value: Any = yaml.load(b"[" * yaml.MAX_DEPTH + b"]" * yaml.MAX_DEPTH)
    for _ in range(yaml.MAX_DEPTH - 1):
        (value,) = value
    assert value == []


@pytest.mark.parametrize(
    "data",
    [
        b"a: 1\na: 2\n",
        b"a: 1\n'a': 2\n",
        b"{a: 1, a: 1}",
        b'"\\u0061": 1\na: 2\n',
        b"x:\n  a: 1\n  a: 2\n",
        b"- a: 1\n  a: 2\n",
        b'1: a\n"1": b\n',
        b"1: a\n",
        b"1.5: a\n",
        b"true: a\n",
        b"null: a\n",
        b"~: a\n",
        b"[a]: b\n",
        b"{a: 1}: b\n",
        b"? [a, b]\n: c\n",
    ],
)
def test_027_keys_are_strings_and_stand_once(data: bytes) -> None:
    assert "key" in refused(data)


@pytest.mark.parametrize(
    "data",
    [
        b"!!python/object/apply:os.system ['true']\n",
        b"a: !!python/name:os.system\n",
        b"a: !custom x\n",
        b"a: !!binary aGk=\n",
        b"a: !!set {x}\n",
        b"a: !!str 1\n",
        b"a: !!int '1'\n",
        b"a: ! x\n",
        b"%TAG ! tag:example.org,2000:\n---\na: !x 1\n",
        b"!!map {a: 1}\n",
    ],
)
def test_028_tags_are_refused(data: bytes) -> None:
    refused(data)


SCALARS: dict[str, Any] = {
    "no": "no",
    "No": "No",
    "yes": "yes",
    "on": "on",
    "off": "off",
    "y": "y",
    "n": "n",
    "true": True,
    "True": True,
    "TRUE": True,
    "tRue": "tRue",
    "false": False,
    "null": None,
    "Null": None,
    "~": None,
    "": None,
    "nULL": "nULL",
    "0": 0,
    "-0": 0,
    "+7": 7,
    "017": "017",
    "0o17": "0o17",
    "0x1f": "0x1f",
    "0b1": "0b1",
    "1_000": "1_000",
    "1:30": "1:30",
    "190:20:30": "190:20:30",
    "2026-11-23": "2026-11-23",
    "2026-11-23T03:10:04.123Z": "2026-11-23T03:10:04.123Z",
    "1e3": "1e3",
    "1.0e+3": 1000.0,
    "1.0e3": 1000.0,
    "1.5": 1.5,
    ".5": 0.5,
    "1.": 1.0,
    "-1.5": -1.5,
    ".inf": math.inf,
    "-.inf": -math.inf,
    "+.INF": math.inf,
    "inf": "inf",
    "nan": "nan",
    "NaN": "NaN",
    "Infinity": "Infinity",
    ".": ".",
    "-": "-",
    "1.2.3": "1.2.3",
    "=": "=",
    "٣": "٣",
    "18446744073709551615": 2**64 - 1,
    "-9223372036854775808": -(2**63),
}


@pytest.mark.parametrize(("text", "value"), SCALARS.items(), ids=[ascii(text) for text in SCALARS])
def test_029_plain_scalars_are_what_they_look_like_and_no_more(text: str, value: Any) -> None:
    if text != "-":
        read = yaml.load(f"a: {text}\n".encode())["a"]
        assert (type(read), read) == (type(value), value)
    read = yaml.load(f"a: '{text}'\n".encode())["a"]
    assert (type(read), read) == (str, text)


def test_029_not_a_number_is_read_as_one() -> None:
    assert math.isnan(yaml.load(b"a: .nan\n")["a"])


@pytest.mark.parametrize(
    "text",
    [
        "1" * 100_000,
        "-" + "1" * 21,
        "18446744073709551616",
        "-9223372036854775809",
        "1.0e400",
        "-1.0e+400",
        "9" * 400 + ".0",
    ],
    ids=["100k digits", "21 digits", "2**64", "-2**63-1", "1e400", "-1e400", "400 digits and a dot"],
)
def test_030_numbers_that_no_reader_holds_alike_are_refused(text: str) -> None:
    assert "number" in refused(f"a: {text}\n".encode())


def test_030_minus_zero_keeps_its_sign() -> None:
    assert math.copysign(1, yaml.load(b"a: -0.0\n")["a"]) == -1
    assert yaml.dump({"a": -0.0}) == b"a: -0.0\n"


@pytest.mark.parametrize(
    "data",
    [
        "a: 1\n".encode("utf-16"),
        "a: 1\n".encode("utf-16-le"),
        "a: 1\n".encode("utf-16-be"),
        "a: 1\n".encode("utf-32"),
        b"\xef\xbb\xbfa: 1\n",
        "a: é\n".encode("latin-1"),
        b"a: \xed\xa0\x80\n",
        b"a: \xc0\x80\n",
        b"a: \x00\n",
        b"a: \x1b[31m\n",
        b"a: \x7f\n",
        b"\ta: 1\n",
        b"a:\n\t- 1\n",
        b"a: 1\n---\nb: 2\n",
        b"a: 1\n...\nb: 2\n",
        b"a: 1\n--- \n",
        b'a: "\\ud800"\n',
        b"a: [1\n",
        b"a: 'x\n",
        b"a: b: c\n",
        b"@a\n",
        b"`a`\n",
        b": a\n",
    ],
    ids=ascii,
)
def test_031_what_is_not_one_plain_document_is_refused(data: bytes) -> None:
    refused(data)


def test_031_crlf_is_read_as_lf() -> None:
    assert yaml.load(b"a: |-\r\n  x\r\n  y\r\nb: 1\r\n") == {"a": "x\ny", "b": 1}


def test_031_an_empty_document_is_nothing() -> None:
    for data in (b"", b"\n", b"# only a comment\n", b"---\n", b"--- null\n"):
        assert yaml.load(data) is None


def test_032_size_is_refused_before_anything_is_parsed() -> None:
    start = time.process_time()
    assert "the limit is" in refused(b"\xff" * (yaml.MAX_SIZE + 1))
    assert time.process_time() - start < 5  # no figure, only: it did not try
    assert "the limit is 3" in refused(b"a: 1\n", max_size=3)


def test_032_a_scalar_a_key_and_a_count_of_nodes_have_limits() -> None:
    assert "characters" in refused(b"a: " + b"x" * (yaml.MAX_SCALAR + 1) + b"\n")
    assert "characters" in refused(b"a: " + b"x" * 11 + b"\n", max_scalar=10)
    refused(b"x" * 2000 + b": 1\n", max_scalar=1000)
    assert "nodes" in refused(b"[" + b"1," * yaml.MAX_NODES + b"]")


def test_032_a_block_scalar_counts_too() -> None:
    refused(b"a: |\n" + b"  xxxxxxxxx\n" * 100, max_scalar=100)


def test_034_comments_order_and_style_may_be_a_persons_own() -> None:
    data = b"# note\nb: {x: [1, 2]}   # here\n\na:\n- 'p'\n-   q\nc: >\n  folded\n  text\n"
    assert yaml.load(data) == {"b": {"x": [1, 2]}, "a": ["p", "q"], "c": "folded text\n"}


@pytest.mark.parametrize("mark", [b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> other\n"])
def test_035_conflict_markers_are_named_with_their_line(mark: bytes) -> None:
    assert refused(b"a: 1\nb: 2\n" + mark + b"c: 3\n") == "x.yaml: unresolved merge conflict at line 3"


def test_refusals_name_the_line() -> None:
    assert refused(b"a: 1\nb: 2\na: 3\n").endswith("at line 3")
    assert refused(b"a: 1\nb: &x 2\n").endswith("at line 2")


DUMPED: dict[bytes, Any] = {
    b"{}\n": {},
    b"[]\n": [],
    b"null\n": None,
    b"a: 1\nb: -2\n": {"a": 1, "b": -2},
    b"b: 1\na: 2\n": {"b": 1, "a": 2},
    b"a: {}\nb: []\nc: null\nd: true\n": {"a": {}, "b": [], "c": None, "d": True},
    b"files:\n- path: MLmodel\n  size: 3\n- path: a/b.bin\n  size: 4\n": {
        "files": [{"path": "MLmodel", "size": 3}, {"path": "a/b.bin", "size": 4}]
    },
    b"a:\n- - 1\n  - 2\n- []\n": {"a": [[1, 2], []]},
    b"target: fraud@prod -> 8\n": {"target": "fraud@prod -> 8"},
    b'a: "no"\nb: "1"\nc: ""\nd: " x"\ne: "x: y"\nf: "x #y"\n': {
        "a": "no",
        "b": "1",
        "c": "",
        "d": " x",
        "e": "x: y",
        "f": "x #y",
    },
    b"a: |-\n  first\n\n  second: x\n": {"a": "first\n\nsecond: x"},
    b'a: "x\\n"\n': {"a": "x\n"},
    b"a: 1.0\nb: 1.0e+20\nc: 1.0e-07\nd: .inf\n": {"a": 1.0, "b": 1e20, "c": 1e-7, "d": math.inf},
    'a: "Größe"\nb: "\\u001b[31m\\u202e"\n'.encode(): {"a": "Größe", "b": "\x1b[31m\u202e"},
}


@pytest.mark.parametrize(("spelling", "value"), DUMPED.items(), ids=[ascii(spelling)[:40] for spelling in DUMPED])
def test_the_canonical_spelling(spelling: bytes, value: Any) -> None:
    assert yaml.dump(value) == spelling
    assert yaml.load(spelling) == value
    assert pyyaml.safe_load(spelling) == value


@pytest.mark.parametrize(
    "value", [{1: 2}, {None: 1}, {"a": {2}}, {"a": b"x"}, object(), {"a": [complex(1)]}, Path("x")]
)
def test_only_what_load_gives_can_be_dumped(value: Any) -> None:
    with pytest.raises(InvalidYaml):
        yaml.dump(value)


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**400])
def test_a_number_that_load_refuses_is_not_dumped(value: int) -> None:
    with pytest.raises(InvalidYaml, match="64 bits"):
        yaml.dump({"a": value})


def test_a_depth_that_load_refuses_is_not_dumped() -> None:
    value: Any = []
    for _ in range(yaml.MAX_DEPTH - 1):
        value = [value]
    assert yaml.load(yaml.dump(value)) == value
    with pytest.raises(InvalidYaml, match="nested"):
        yaml.dump([value])
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidYaml, match="nested"):
        yaml.dump(endless)


def test_what_would_make_a_diff_read_otherwise_is_escaped() -> None:
    for hidden in "\u202e\u2066\u200b\u200f\u2028":
        for text in (f"a{hidden}b", f"a\nb{hidden}c"):
            data = yaml.dump({"reason": text})
            assert hidden not in data.decode()
            assert yaml.load(data) == {"reason": text}


def test_the_c_parser_is_used_where_there_is_one() -> None:
    assert isinstance(yaml._parser("a: 1"), pyyaml.cyaml.CSafeLoader) == pyyaml.__with_libyaml__


def test_the_python_parser_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyyaml, "__with_libyaml__", False)
    assert yaml.load(b"a: [1, 'x', {b: no}]\n") == {"a": [1, "x", {"b": "no"}]}
    for data in (b"a: \x00\n", b'a: "\\ud800"\n', b"[" * 1000, b"a: &x 1\n", b"a: 1\na: 2\n"):
        refused(data)


def test_a_lone_surrogate_is_not_dumped() -> None:
    with pytest.raises(InvalidYaml, match="surrogate"):
        yaml.dump({"a": "\ud800"})
