"""A command stopped at one of its system calls: killed before it, or told by the kernel that the disk failed.

strace counts the calls of an undisturbed run; ``stopped`` then gives the same command again, in a fresh copy of what it
works on, and lets the n-th call of a name be its last, or fail. So the interpreter, libgit2 and every library are
covered as well as our code, and each point is met again exactly.
"""

import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

CHANGES = (
    "openat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,rename,renameat,renameat2,unlink,"
    "unlinkat,mkdir,mkdirat,link,linkat,ftruncate,rmdir,fchmod,fchmodat,chmod,symlink,ioctl,copy_file_range"
)
# What a full or failing disk refuses. `unlink` needs no space, and may fail all the same.
REFUSED = re.compile(r"openat|p?writev?|pwrite64|fsync|fdatasync|rename|link|unlink|mkdir|ftruncate|chmod|fchmod")
_LINE = re.compile(r"(?P<process>\d+) +(?P<call>\w+)\((?P<rest>.*)$")
# Reads, calls that found nothing to change, copies that the file system does not offer.
_NO_CHANGE = re.compile(r"O_RDONLY|= -1 E(NOENT|EXIST|NOTSUP|OPNOTSUPP|NOTTY|XDEV|INVAL)|O_PATH")
_TERMINAL = re.compile(r"[12]<|0x|TCGETS|TIOCGWINSZ|FIO")
KILL = "signal=SIGKILL"


class Point(NamedTuple):
    """A call that changes the disk: its name, which of its process's calls of that name it is, and on what."""

    call: str
    number: int
    what: str


class Ended(NamedTuple):
    """How a command ended, and the calls of the name that was disturbed."""

    code: int
    out: str
    err: str
    calls: str


@functools.cache
def may_trace() -> bool:
    """Whether strace is here and may inject: another kernel or a container can forbid it."""
    if shutil.which("strace") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        made = ["mkdir", f"{folder}/never"]
        traced = ["strace", "-f", "-qq", "-o", f"{folder}/trace", "-e", "inject=mkdir:error=EIO", *made]
        refused = subprocess.run(traced, capture_output=True, check=False).stderr
    return b"Input/output error" in refused


needs_strace = pytest.mark.skipif("not system_calls.may_trace()", reason="strace is not installed, or may not inject")


def points(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> list[Point]:
    """The calls of an undisturbed run of ``command`` in ``folder`` that change the disk, in order."""
    ended = _run(["-e", f"trace={CHANGES}"], command, folder, environ)
    assert ended.code == 0, ended.err
    counts: Counter[tuple[str, str]] = Counter()
    found: dict[Point, None] = {}
    for line in ended.calls.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        counts[match["process"], match["call"]] += 1
        name, number = match["call"], counts[match["process"], match["call"]]
        if _NO_CHANGE.search(match["rest"]) or (name in ("write", "ioctl") and _TERMINAL.match(match["rest"])):
            continue
        # The same call of two threads is one point: strace counts for each of them and stops whoever comes first.
        found[Point(name, number, match["rest"][:200])] = None
    return list(found)


def stopped(command: Sequence[str], folder: Path, environ: Mapping[str, str], point: Point, how: str) -> Ended:
    """Run ``command`` in ``folder`` and let it be killed (``KILL``) or refused (``error=EIO``) at ``point``."""
    inject = ["-e", f"trace={point.call}", "-e", f"inject={point.call}:{how}:when={point.number}"]
    return _run(inject, command, folder, environ)


def _run(options: list[str], command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Ended:
    with tempfile.NamedTemporaryFile(prefix="trace-") as trace:
        # -y: what an open file is. The hash seed: equal runs make equal calls.
        traced = ["strace", "-f", "-y", "-qq", "-o", trace.name, *options, *command]
        done = subprocess.run(
            traced,
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", **environ},
            capture_output=True,
            text=True,
            check=False,
        )
        calls = Path(trace.name).read_text(errors="replace")
    return Ended(done.returncode, done.stdout, done.stderr, calls)
