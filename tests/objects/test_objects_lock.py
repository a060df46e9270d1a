import os
import threading
import time

import pytest

from gitmodels.errors import Locked
from gitmodels.objects.lock import held


def test_writers_share(tmp_path):
    with held(tmp_path / "lock"), held(tmp_path / "lock", timeout_s=0):
        pass


def elsewhere(path, exclusive):
    """Whether another thread gets the lock at once."""
    got = []

    def ask():
        try:
            with held(path, exclusive=exclusive, timeout_s=0.05):
                got.append(True)
        except Locked:
            got.append(False)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return got[0]


@pytest.mark.parametrize(("first", "second"), [(False, True), (True, False), (True, True)])
def test_who_deletes_is_alone(tmp_path, first, second):
    path = tmp_path / "lock"
    with held(path, exclusive=first):
        assert not elsewhere(path, second)
    assert elsewhere(path, second)


def test_one_operation_may_be_part_of_another(tmp_path):
    path = tmp_path / "lock"
    with held(path, exclusive=True):
        with held(path), held(path, exclusive=True):
            assert not elsewhere(path, False)
        assert not elsewhere(path, False)
    with held(path):
        with held(path):
            pass
        assert not elsewhere(path, True)
    assert elsewhere(path, True)


def test_who_shares_cannot_be_alone_without_letting_go(tmp_path):
    path = tmp_path / "lock"
    with held(path):
        with pytest.raises(Locked), held(path, exclusive=True, timeout_s=0.05):
            pass
        assert not elsewhere(path, True)


def test_a_stream_of_writers_does_not_keep_out_who_wants_to_delete(tmp_path):
    path = tmp_path / "lock"
    alone, entered = threading.Event(), threading.Event()

    def write():
        while not alone.is_set():
            with held(path):
                entered.set()
                time.sleep(0.05)

    # Three at a time, so that there is no moment without one.
    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    entered.wait()
    with held(path, exclusive=True, timeout_s=20):
        alone.set()
    for writer in writers:
        writer.join()


def test_a_forked_child_does_not_keep_its_parents_lock(tmp_path):
    path = tmp_path / "lock"
    with held(path):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(write)
            os.read(read, 1)
            os._exit(0)
        os.close(read)
    try:
        with held(path, exclusive=True, timeout_s=0):
            pass
    finally:
        os.close(write)
        os.waitpid(child, 0)


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"), held(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()
