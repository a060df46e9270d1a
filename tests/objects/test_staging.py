import errno
import os
import subprocess
import sys
import time

import pytest

from gitmodels.errors import GitModelsError
from gitmodels.objects.staging import Staging, explained, leftovers, remove_leftover, write_all


def dead_pid():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_file_appears_whole_and_read_only_for_the_group(tmp_path):
    target = tmp_path / "x"
    Staging(tmp_path).write(target, b"abc", sync=True)
    assert target.read_bytes() == b"abc"
    assert target.stat().st_mode & 0o222 == 0
    assert os.listdir(tmp_path / "tmp") == []


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def fail(source, target):
        raise OSError(errno.EIO, "bad")

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="bad"):
        Staging(tmp_path).write(tmp_path / "x", b"abc", sync=False)
    assert os.listdir(tmp_path / "tmp") == []
    assert not (tmp_path / "x").exists()


def test_partial_writes_are_continued(tmp_path, monkeypatch):
    real_writev, real_write = os.writev, os.write
    monkeypatch.setattr(os, "writev", lambda fd, buffers: real_writev(fd, [b"".join(buffers)[:7]]))
    monkeypatch.setattr(os, "write", lambda fd, data: real_write(fd, data[:2]))
    path = tmp_path / "x"
    buffers = [b"0123", b"", b"456789", b"ab", bytearray(b"cdef")]
    with open(path, "wb") as stream:
        write_all(stream.fileno(), buffers)
    assert path.read_bytes() == b"0123456789abcdef"


def test_more_buffers_than_one_call_takes(tmp_path):
    with open(tmp_path / "x", "wb") as stream:
        write_all(stream.fileno(), [b"%04d" % n for n in range(3000)])
    assert (tmp_path / "x").stat().st_size == 12_000


def test_leftovers_are_those_of_dead_processes(tmp_path):
    folder = tmp_path / "tmp"
    descriptor, alive = Staging(tmp_path).open()
    os.close(descriptor)
    dead = folder / alive.name.replace(f"-{os.getpid()}-", f"-{dead_pid()}-")
    host = alive.name.split("-")[3]
    foreign, old = (folder / dead.name.replace(host, digit * 12) for digit in "01")
    earlier, older = folder / f"{dead_pid()}-ffffffff-00", folder / f"{os.getpid()}-eeeeeeee-00"
    for path in (dead, foreign, old, earlier, older, folder / "notes.txt", folder / "99999999999999-x-y"):
        path.touch()
    past = time.time() - 7 * 86_400 - 10
    os.utime(old, (past, past))
    os.utime(older, (past, past))
    assert leftovers(folder) == sorted([dead, old, older])
    assert leftovers(tmp_path / "absent") == []


def test_batch_durability_syncs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", None)
    quick = Staging(tmp_path / "a" / "b", durable=False)
    quick.make_folder(tmp_path / "a" / "b" / "c")
    quick.write(tmp_path / "a" / "x", b"abc", sync=True)
    quick.sync_folder(tmp_path)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE])
def test_case55_an_os_error_becomes_one_line_with_a_way_out(number):
    with pytest.raises(GitModelsError) as caught, explained("cannot store the files"):
        raise OSError(number, os.strerror(number), "/some/where")
    assert caught.value.message == f"cannot store the files: {os.strerror(number)} (/some/where)"
    assert "nothing was changed" in caught.value.hint
    assert caught.value.errno == number


def test_where_a_callers_code_runs_only_the_disk_is_explained():
    with pytest.raises(FileNotFoundError), explained("cannot save", disk_only=True):
        raise FileNotFoundError(errno.ENOENT, "gone", "/a/file/of/theirs")
    with pytest.raises(GitModelsError, match="cannot save: full"), explained("cannot save", disk_only=True):
        raise OSError(errno.ENOSPC, "full")


def test_other_errors_pass():
    with pytest.raises(KeyError), explained("x"):
        raise KeyError(1)


def test_a_work_folder_is_private_and_goes(tmp_path):
    with Staging(tmp_path).work_folder() as folder:
        assert folder.parent == tmp_path / "tmp"
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "inner").mkdir()
        (folder / "inner" / "file").touch(0o444)
        assert leftovers(tmp_path / "tmp") == []
    assert os.listdir(tmp_path / "tmp") == []


def test_a_work_folder_of_a_killed_process_is_a_leftover_and_can_be_removed(tmp_path):
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom gitmodels.objects.staging import Staging\n"
        "with Staging(Path(sys.argv[1])).work_folder() as folder:\n"
        "    (folder / 'half').write_text('x')\n    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    (left,) = leftovers(tmp_path / "tmp")
    assert (left / "half").exists()
    remove_leftover(left)
    assert os.listdir(tmp_path / "tmp") == []
