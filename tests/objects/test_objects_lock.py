import pytest

from gitmodels.errors import Locked
from gitmodels.objects.lock import held


def test_writers_share(tmp_path):
    with held(tmp_path / "lock"), held(tmp_path / "lock", timeout_s=0):
        pass


@pytest.mark.parametrize(("first", "second"), [(False, True), (True, False), (True, True)])
def test_who_deletes_is_alone(tmp_path, first, second):
    path = tmp_path / "lock"
    with held(path, exclusive=first), pytest.raises(Locked), held(path, exclusive=second, timeout_s=0.05):
        pass
    with held(path, exclusive=second, timeout_s=0):
        pass


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"), held(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()
