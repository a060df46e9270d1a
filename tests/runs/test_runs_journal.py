import errno
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gitmodels.errors import Conflict
from gitmodels.runs import journal
from gitmodels.runs.journal import adopt, begin, found_in, held, join

RUN = "a" * 32


def facts(one: journal.Journal) -> list[list[object]]:
    return list(one.new_facts())


def test_facts_come_back_in_order_and_once(tmp_path: Path) -> None:
    mine = begin(tmp_path, RUN, ["run", 1, {}])
    mine.append(["p", {"ä": "\n"}])
    assert facts(mine) == [["run", 1, {}], ["p", {"ä": "\n"}]]
    assert facts(mine) == []
    mine.append(["t", {}], sync=True)
    assert facts(mine) == [["t", {}]]
    assert (tmp_path / f"{RUN}.jsonl").read_bytes().count(b"\n") == 3


def test_a_run_has_one_journal(tmp_path: Path) -> None:
    mine = begin(tmp_path, RUN, ["run"])
    with pytest.raises(Conflict):
        begin(tmp_path, RUN, ["run"])
    assert held(str(tmp_path), RUN) is mine
    assert [path.name for path in tmp_path.iterdir()] == [f"{RUN}.jsonl"]


def test_a_living_journal_cannot_be_adopted(tmp_path: Path) -> None:
    mine = begin(tmp_path, RUN, ["run"])
    assert adopt(mine.path) is None
    mine.close()
    taken = adopt(mine.path)
    assert taken is not None
    assert facts(taken) == [["run"]]
    assert adopt(tmp_path / f"{'b' * 32}.jsonl") is None


def test_others_may_append_and_see_when_it_is_gone(tmp_path: Path) -> None:
    mine = begin(tmp_path, RUN, ["run"])
    other = join(mine.path)
    assert other is not None
    other.append(["t", {"a": "b"}])
    assert facts(mine) == [["run"], ["t", {"a": "b"}]]
    assert not other.retired()
    mine.retire()
    assert other.retired()
    assert join(tmp_path / f"{RUN}.jsonl") is None
    assert [path.suffix for path in found_in(tmp_path)] == [".ending"]
    other.append(["t", {"late": "x"}])
    assert facts(mine) == [["t", {"late": "x"}]]
    mine.close(remove=True)
    assert other.retired()
    other.close()
    assert found_in(tmp_path) == []


def test_a_torn_line_costs_only_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mine = begin(tmp_path, RUN, ["run"])
    mine.append(["p", {"a": "1"}])
    mine.close()
    with open(mine.path, "ab") as stream:
        stream.write(b'["m",[["loss",0.')
    taken = adopt(mine.path)
    assert taken is not None
    taken.append(["end", "FAILED", 1])
    with caplog.at_level(logging.WARNING):
        assert facts(taken) == [["run"], ["p", {"a": "1"}], ["end", "FAILED", 1]]
    assert "torn" in caplog.text


def test_an_unfinished_line_of_a_living_run_waits(tmp_path: Path) -> None:
    mine = begin(tmp_path, RUN, ["run"])
    os.write(mine._fd, b'["t"')
    assert facts(mine) == [["run"]]
    os.write(mine._fd, b",{}]\n")
    assert facts(mine) == [["t", {}]]


@pytest.mark.parametrize("line", [b"{}", b"[]", b"[1]", b"nonsense", b"\xff\xfe", b"[" * 200_000])
def test_lines_that_are_no_facts_are_left_out(tmp_path: Path, line: bytes) -> None:
    mine = begin(tmp_path, RUN, ["run"])
    os.write(mine._fd, line + b"\n")
    mine.append(["t", {}])
    assert facts(mine) == [["run"], ["t", {}]]


def test_only_journals_are_found(tmp_path: Path) -> None:
    assert found_in(tmp_path / "absent") == []
    begin(tmp_path, RUN, ["run"])
    for name in ("x.jsonl", f".{RUN}.1.2", f"{RUN}.damaged", f"{'A' * 32}.jsonl"):
        (tmp_path / name).write_text("")
    assert [path.name for path in found_in(tmp_path)] == [f"{RUN}.jsonl"]


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = begin(tmp_path, RUN, ["run"])

    def full(fd: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal.durable, "write_all", full)
    with pytest.raises(Conflict, match="No space left"):
        mine.append(["t", {}])


def test_a_forked_child_does_not_keep_the_run_alive(tmp_path: Path) -> None:
    code = f"""
import os, sys, time
from pathlib import Path
from gitmodels.runs.journal import begin, held
folder = Path({str(tmp_path)!r})
begin(folder, {RUN!r}, ["run"])
if os.fork() == 0:
    assert held(str(folder), {RUN!r}) is None
    print("child", flush=True)
    sys.stdin.read()
    os._exit(0)
os._exit(0)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "child\n"
    assert child.wait() == 0
    taken = adopt(tmp_path / f"{RUN}.jsonl")
    assert taken is not None
    child.communicate()


def test_a_sync_that_failed_is_never_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = begin(tmp_path, RUN, ["b"])
    asked = []

    def refused(fd: int) -> None:
        asked.append(fd)
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(journal.durable, "sync", refused)
        with pytest.raises(Conflict, match="Input/output"):
            mine.append(["model"], sync=True)
    assert not mine.can_sync
    with pytest.raises(Conflict, match="before"):
        mine.append(["another model"], sync=True)
    mine.append(["metric"])
    assert facts(mine) == [["b"], ["model"], ["metric"]]
    assert len(asked) == 1
    mine.close()
