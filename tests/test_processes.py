import os
import subprocess
import sys
import time

from gitmodels import processes


def test_whose_file_it_is() -> None:
    name = processes.new_name("ref")
    assert processes.is_ours(name)
    assert not processes.is_abandoned(name, 0.0)
    kind, pid, start, host, rest = name.split("-")
    assert processes.is_abandoned(f"{kind}-{pid}-{int(start) + 1}-{host}-{rest}", 0.0)  # the pid was used again
    elsewhere = f"{kind}-{pid}-{start}-{'0' * 12}-{rest}"
    assert processes.is_abandoned(elsewhere, 0.0)
    assert not processes.is_abandoned(elsewhere, 1e12)
    assert not processes.is_ours("index.lock")
    assert not processes.is_abandoned("index.lock", 0.0)


def test_a_slow_file_of_a_stranger_is_left_alone_for_a_week() -> None:
    kind, pid, start, _, rest = processes.new_name("object", slow=True).split("-")
    elsewhere = f"{kind}-{pid}-{start}-{'0' * 12}-{rest}"
    assert processes.is_ours(elsewhere)
    assert not processes.is_abandoned(elsewhere, time.time() - 6 * 86_400)
    assert processes.is_abandoned(elsewhere, time.time() - 8 * 86_400)


def test_who_has_ended_does_not_live_even_before_it_was_waited_for() -> None:
    assert processes.lives(os.getpid())
    assert not processes.lives(1 << 40)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert processes.lives(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not processes.lives(process.pid)
    process.communicate()
    assert not processes.lives(process.pid)
