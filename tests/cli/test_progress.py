"""How far something is: on terminals only, after a second, and gone at the end."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.cli.output import Output
from gitmodels.cli.progress import Meter, shown
from gitmodels.objects.store import ObjectStore

Terminal = Callable[..., tuple[int, str]]
MB = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def meter(total: int = 0, width: int = 80) -> tuple[Meter, Clock, io.StringIO]:
    clock, stream = Clock(), io.StringIO()
    return Meter(Output(stream, width), "storing", total, clock), clock, stream


def test_nothing_is_drawn_before_a_second_nor_taken_away() -> None:
    drawn, clock, stream = meter(10 * MB)
    clock.now += 0.9
    drawn(MB)
    drawn.clear()
    assert stream.getvalue() == ""


def test_how_far_how_fast_and_how_long_is_drawn_and_taken_away() -> None:
    drawn, clock, stream = meter(10 * MB)
    clock.now += 2
    drawn(4 * MB)
    line = "storing  40 %  4.0 MB of 10 MB  2.0 MB/s  3 s left"
    assert stream.getvalue() == f"\r{line}"
    clock.now += 0.01
    drawn(MB)
    assert stream.getvalue() == f"\r{line}", "not more often than anybody can read"
    drawn.clear()
    assert stream.getvalue() == f"\r{line}\r{' ' * len(line)}\r"


def test_without_a_known_end_there_is_no_share() -> None:
    drawn, clock, stream = meter()
    clock.now += 2
    drawn(4 * MB)
    assert stream.getvalue() == "\rstoring  4.0 MB  2.0 MB/s"


def test_more_than_was_expected_is_no_share_over_a_hundred() -> None:
    drawn, clock, stream = meter(MB)
    clock.now += 2
    drawn(4 * MB)
    assert "%" not in stream.getvalue()


@pytest.mark.parametrize("width", [1, 20, 40])
def test_a_narrow_terminal_is_never_overrun(width: int) -> None:
    drawn, clock, stream = meter(10 * MB, width)
    clock.now += 2
    drawn(4 * MB)
    assert len(stream.getvalue()) - 1 <= max(width - 1, 1)


def test_where_nobody_watches_nobody_is_told() -> None:
    with shown(Output(io.StringIO()), "storing") as progress:
        assert progress is None


def test_the_store_tells_what_it_stores_and_reads(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a.bin").write_bytes(os.urandom(3 * MB))
    (folder / "b.bin").write_bytes(b"b" * 100)
    store, told = ObjectStore(tmp_path / "store"), list[int]()
    store.progress = told.append
    manifest = store.add_directory(folder)
    assert sum(told) >= manifest.size
    told.clear()
    store.checkout(manifest, tmp_path / "out")
    assert sum(told) in (0, manifest.size), "nothing where files are clones of cached ones"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("register files big", "storing"),
        ("checkout fraud/1 out", "checking out"),
        ("fsck --full", "checking"),
        ("repack --thorough", "repacking"),
    ],
)
def test_commands_show_it_on_a_terminal_and_leave_nothing_behind(
    line: str, what: str, fraud: Path, terminal: Terminal
) -> None:
    (fraud / "files" / "weights.bin").write_bytes(b"three")
    program = (
        "import sys\nfrom gitmodels.cli import main, progress\nprogress.PATIENCE = progress.PAUSE = 0\n"
        f"sys.exit(main.run({line.split()!r}))\n"
    )
    code, screen = terminal(program=program, TERM="dumb")
    assert code == 0, screen
    # Whatever was drawn stands between carriage returns, and blanks came over it before anything else.
    assert f"\r{what}  " in screen or what == "checking out", "a clone of a cached file is there at once"
    assert what not in "".join(row.rpartition("\r")[2] for row in screen.split("\n"))
