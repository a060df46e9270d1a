"""What reaches the screen: aligned, cut to fit, harmless, in whatever encoding."""

import io
import json
import os
import pty
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gitmodels.cli import output
from gitmodels.cli.output import Output, Painted, cells, clean, cut, fit, wrap


def written(encoding: str = "utf-8", **options: Any) -> tuple[Output, io.BytesIO]:
    raw = io.BytesIO()
    return Output(io.TextIOWrapper(raw, encoding=encoding, write_through=True), **options), raw


def test_a_table_is_aligned_and_has_no_trailing_blanks() -> None:
    out, raw = written()
    out.table(["MODEL", "LATEST"], [["fraud", "v8"], ["churn-eu", "v3"]])
    assert raw.getvalue().decode() == "MODEL     LATEST\nfraud     v8\nchurn-eu  v3\n"


def test_a_table_without_rows_shows_nothing() -> None:
    out, raw = written()
    out.table(["MODEL"], [])
    assert raw.getvalue() == b""


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_table_fits_the_terminal(width: int) -> None:
    out, raw = written(width=width)
    out.table(["MODEL", "NOTE"], [["fraud", "n" * 200], ["churn-eu-" + "x" * 60, "short"]])
    lines = raw.getvalue().decode().splitlines()
    assert max(cells(line) for line in lines) <= width
    assert any("…" in line for line in lines)


def test_a_table_in_a_pipe_is_never_cut() -> None:
    out, raw = written()
    out.table(["NOTE"], [["n" * 500]])
    assert "n" * 500 in raw.getvalue().decode()


def test_wide_and_combining_characters_take_their_columns() -> None:
    out, raw = written()
    out.table(["A", "B"], [["欺诈", "x"], ["e\u0301te", "y"]])
    assert [cells(line) for line in raw.getvalue().decode().splitlines()] == [7, 7, 6 + 1]


@pytest.mark.parametrize("width", range(1, 12))
def test_cut_never_takes_more_columns_than_there_are(width: int) -> None:
    assert cells(cut("欺诈 detection", width)) <= width


def test_fit_takes_from_the_widest_and_stops_at_what_can_still_be_read() -> None:
    assert fit([10, 40, 5], None) == [10, 40, 5]
    assert fit([10, 40, 5], 59) == [10, 40, 5]
    assert fit([10, 40, 5], 30) == [10, 11, 5]
    assert fit([10, 40, 5], 3) == [6, 6, 5]


def test_101_strings_of_models_cannot_command_the_terminal() -> None:
    hostile = "a\x1b]8;;http://evil\x07b\x1b[31m\r\n\u202eevil\u200b\x00\x9b"
    out, raw = written(color=True)
    out.line(hostile)
    out.table(["\x1bH"], [[hostile], [Painted(hostile, "name")]])
    out.paragraph("first\n\x1b[2Jsecond", "  ")
    text = raw.getvalue().decode()
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    assert not set("\r\x00\x07\x9b\u202e\u200b") & set(text)
    assert text.endswith("  first\n  \\x1b[2Jsecond\n")


def test_clean_leaves_ordinary_text_alone() -> None:
    assert clean("Größe → 8 · 欺诈 é") == "Größe → 8 · 欺诈 é"


def test_colour_only_where_it_is_on() -> None:
    plain, raw = written()
    plain.line(Painted("BREAK", "bad"), " input")
    colored, raw_colored = written(color=True)
    colored.line(Painted("BREAK", "bad"), " input")
    assert raw.getvalue() == b"BREAK input\n"
    assert raw_colored.getvalue() == b"\x1b[31mBREAK\x1b[0m input\n"


def test_json_is_valid_whatever_is_in_it_and_shows_nothing_hidden() -> None:
    value = {"name": "ü\u202e\x7f\x9b\u2028\U000e0001\ud800", "auc": float("nan"), "bounds": (float("-inf"), 1.5, None)}
    for encoding in ("utf-8", "ascii", "latin-1"):
        out, raw = written(encoding)
        out.json(value)
        text = raw.getvalue().decode(encoding)
        assert json.loads(text) == {"name": value["name"], "auc": "NaN", "bounds": ["-Infinity", 1.5, None]}
        assert not set("\u202e\x7f\x9b\u2028\U000e0001") & set(text)


def test_110_a_stream_without_unicode_gets_the_nearest_signs() -> None:
    out, raw = written("ascii")
    out.line("champion→7 ● 2 × ü …")
    assert raw.getvalue() == b"champion->7 * 2 x \\xfc ...\n"


def test_raw_bytes_keep_their_place_between_lines() -> None:
    out, raw = written()
    out.line("before")
    out.raw(b"\x00\xff")
    assert raw.getvalue() == b"before\n\x00\xff"


@pytest.mark.parametrize(
    ("environment", "color"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_a_terminal_has_a_width_and_colour_unless_refused(environment: dict[str, str], color: bool) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w", encoding="utf-8") as stream, os.fdopen(master, "rb"):
        out = Output.of(stream, {**environment, "COLUMNS": "33"})
        assert (out.width, out.color) == (33, color)
        assert Output.of(stream, {"COLUMNS": "wide"}).width == 80


def test_a_file_has_neither_width_nor_colour() -> None:
    out = Output.of(io.StringIO(), {"COLUMNS": "33", "FORCE": "1"})
    assert (out.width, out.color) == (None, False)


def test_fields_go_on_below_themselves_at_spaces() -> None:
    out, raw = written(width=20)
    out.fields([("inputs", "age long · sex double"), ("id", "m-" + "0" * 32)])
    assert raw.getvalue().decode().splitlines() == [
        "inputs  age long ·",
        "        sex double",
        "id      m-" + "0" * 32,
    ]


def test_fields_in_a_pipe_stay_on_one_line() -> None:
    out, raw = written()
    out.fields([("inputs", "word " * 100)])
    assert len(raw.getvalue().decode().splitlines()) == 1


@pytest.mark.parametrize("width", range(1, 30))
def test_wrapping_loses_no_word(width: int) -> None:
    text = "欺诈 double · age long · a-long-name-of-a-column string"
    lines = wrap(text, width)
    assert " ".join(lines) == text
    assert all(cells(line) <= width or " " not in line for line in lines)


def test_columns_are_aligned_by_what_is_seen_and_cut_to_fit() -> None:
    out, raw = written(width=24)
    out.listing([], [["欺诈", "x", "why " * 20], ["fraud", "y", ""]])
    first, second = raw.getvalue().decode().splitlines()
    assert cells(first) <= 24
    assert first.endswith("…")
    assert second == "fraud  y"
    assert first.startswith("欺诈   x")


def test_a_listing_shows_the_first_rows_before_the_last_are_known() -> None:
    out, raw = written()
    seen: list[bytes] = []

    def rows() -> Iterator[list[str]]:
        for number in range(250):
            if number == 150:
                out.stream.flush()
                seen.append(raw.getvalue())
            yield [f"n{number}", "x" * (30 if number == 120 else 1), "end"]

    out.listing(["NAME", "X", "END"], rows())
    assert len(seen[0].splitlines()) == 101
    lines = raw.getvalue().decode().splitlines()
    assert len(lines) == 251
    # Wider from where it must be, and never narrower again.
    assert [len(lines[place]) for place in (0, 1, 100, 130, 250)] == [12, 12, 12, 41, 41]


def test_slow_rows_are_shown_as_they_come_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(output, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    for width, shown in ((80, [0, 1, 2]), (None, [0, 0, 0])):
        out, raw = written(width=width)
        seen: list[int] = []

        def rows(seen: list[int] = seen, raw: io.BytesIO = raw) -> Iterator[list[str]]:
            for number in range(3):
                seen.append(len(raw.getvalue().splitlines()))
                yield [f"n{number}"]

        out.listing([], rows())
        assert seen == shown
        assert raw.getvalue() == b"n0\nn1\nn2\n"


@pytest.mark.parametrize(
    "items", [[], [{}], [{"a": "x\ny\u202e", "b": [1.5, float("nan")]}, [], "z"], list(range(250))]
)
def test_a_list_written_item_by_item_is_the_document_written_at_once(items: list[Any]) -> None:
    for encoding in ("utf-8", "ascii"):
        whole, pieces = written(encoding), written(encoding)
        whole[0].json(items)
        pieces[0].json_list(iter(items))
        assert pieces[1].getvalue() == whole[1].getvalue()


def test_what_is_known_is_shown_while_the_rest_is_looked_up() -> None:
    raw = io.BytesIO()
    out = Output(io.TextIOWrapper(raw, encoding="utf-8"))
    seen: list[int] = []

    def rows() -> Iterator[list[str]]:
        for number in range(1000):
            seen.append(len(raw.getvalue()))
            yield [f"row {number}"]

    out.listing(["ROW"], rows())
    assert seen[0] == seen[99] == 0 < seen[100] < seen[-1]
    seen.clear()
    start = len(raw.getvalue())
    out.json_list(rows())
    assert seen[0] == start < seen[1]
