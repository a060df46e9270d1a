"""What is written by hand is a repository to git, and nobody else may enter it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.git import raw, skeleton
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]


@pytest.mark.parametrize("fmt", [raw.SHA1, raw.SHA256])
def test_git_takes_it_for_an_empty_bare_repository(tmp_path: Path, git: Git, fmt: raw.ObjectFormat) -> None:
    skeleton.write(tmp_path / "made", fmt, ["[gitmodels]", 'what = "x y"'])
    assert git("rev-parse", "--is-bare-repository", "--show-object-format", cwd=tmp_path / "made").split() == [
        "true",
        fmt.name,
    ]
    assert git("config", "gitmodels.what", cwd=tmp_path / "made") == "x y\n"
    git("fsck", "--strict", cwd=tmp_path / "made")
    assert GitRepository.open(git_dir=tmp_path / "made").object_format is fmt
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o700
    with pytest.raises(FileExistsError):
        skeleton.write(tmp_path / "made", fmt)
