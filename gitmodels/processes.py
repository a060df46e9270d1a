"""Whose is this file: names that tell which process wrote a temporary file, and whether it still lives.

A name made here is ``<kind>-<pid>-<start>-<host>-<random>``. ``start`` tells a process from a later one with the
same pid; ``host`` tells machines, boots and pid namespaces apart, because a pid means nothing outside its own. A kind
that begins with ``slow_`` says that whoever writes the file may leave it untouched for days. This room knows names and
processes, not what the files are for.
"""

import functools
import os
import time

from blake3 import blake3

from gitmodels.patterns import pattern

_NAME = pattern(r"(?P<kind>[a-z_]+)-(?P<pid>\d{1,10})-(?P<start>\d{1,20})-(?P<host>[0-9a-f]{12})-[0-9a-f]{12}")
# A file of another host or boot says nothing we can ask about: it is judged by its age. A commit takes no ten minutes;
# a pack that is full waits for the rest of a large model, which takes no week.
_STRANGER_AGE_S = 600.0
_SLOW_STRANGER_AGE_S = 7 * 86_400.0
_SLOW = "slow_"


def new_name(kind: str, *, slow: bool = False) -> str:
    """A fresh name that tells this process; ``kind`` is lower-case letters and underscores.

    ``slow`` when the file may lie there for days before this process goes on with it.
    """
    pid = os.getpid()
    return f"{_SLOW if slow else ''}{kind}-{pid}-{_start_of(pid)}-{_host()}-{os.urandom(6).hex()}"


def is_ours(name: str) -> bool:
    """Whether ``name`` was made by ``new_name``, in whatever process."""
    return _NAME.fullmatch(name) is not None


def is_abandoned(name: str, modified_s: float) -> bool:
    """Whether the process that made the file ``name`` is gone, so that nobody will finish it.

    ``modified_s`` is the file's mtime in seconds. Where the process cannot be asked (another machine, container or
    boot) the file counts as abandoned after ten minutes, a slow one after a week.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return False
    if match["host"] != _host():
        return time.time() - modified_s > (_SLOW_STRANGER_AGE_S if match["kind"].startswith(_SLOW) else _STRANGER_AGE_S)
    pid = int(match["pid"])
    return not lives(pid) or _start_of(pid) != int(match["start"])


def lives(pid: int) -> bool:
    """Whether a process of this number runs here; one that has ended and was not waited for does not.

    >>> lives(os.getpid())
    True
    """
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return _state_of(pid) not in ("Z", "X")


def _stat_fields(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stream:
            # The command, in parentheses, may hold anything; the fields of interest follow its last parenthesis.
            return stream.read().rpartition(")")[2].split()
    except OSError:
        return []


def _state_of(pid: int) -> str:
    fields = _stat_fields(pid)
    return fields[0] if fields else ""


def _start_of(pid: int) -> int:
    # Field 22 of /proc/<pid>/stat: ticks since boot. Systems without /proc tell processes apart by pid alone.
    if pid == os.getpid():
        return _own_start(pid)
    fields = _stat_fields(pid)
    return int(fields[19]) if len(fields) > 19 else 0


@functools.lru_cache(maxsize=2)
def _own_start(pid: int) -> int:
    fields = _stat_fields(pid)
    return int(fields[19]) if len(fields) > 19 else 0


@functools.cache
def _host() -> str:
    parts = [os.uname().nodename]
    for path in ("/proc/sys/kernel/random/boot_id", "/etc/machine-id"):
        try:
            with open(path, encoding="ascii") as stream:
                parts.append(stream.read().strip())
        except (OSError, UnicodeDecodeError):
            parts.append("")
    try:
        parts.append(os.readlink("/proc/self/ns/pid"))
    except OSError:
        parts.append("")
    return blake3("\n".join(parts).encode()).hexdigest()[:12]
