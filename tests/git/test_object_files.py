"""Reading objects while others merge the packs that hold them."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gitmodels.git.object_files import Absent, ObjectFiles
from gitmodels.git.raw import ObjectFormat
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]


@pytest.fixture
def packed(git_repo: Path, git: Git) -> tuple[Path, ObjectFormat, list[str]]:
    """A repository with two packs of one object each, and the ids of these."""
    ids = []
    for text in (b"one", b"other"):
        command = ["git", "hash-object", "-w", "--stdin"]
        done = subprocess.run(command, input=text, cwd=git_repo, capture_output=True, check=True)
        ids.append(done.stdout.decode().strip())
        packing = ["git", "pack-objects", "--quiet", ".git/objects/pack/pack"]
        subprocess.run(packing, input=f"{ids[-1]}\n".encode(), cwd=git_repo, capture_output=True, check=True)
    git("prune-packed", cwd=git_repo)
    return git_repo / ".git/objects", GitRepository.open(git_repo).object_format, ids


def test_a_pack_that_goes_while_it_is_listed_takes_no_other_with_it(
    packed: tuple[Path, ObjectFormat, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, fmt, ids = packed
    real = os.scandir

    class Gone:
        name, path = "pack-gone.idx", str(folder / "pack/pack-gone.idx")

        def stat(self) -> Any:
            raise FileNotFoundError(2, "gone")

    @contextmanager
    def listing(path: Any) -> Iterator[Any]:
        with real(path) as entries:
            yield [Gone(), *entries]

    monkeypatch.setattr(os, "scandir", listing)
    assert ObjectFiles(str(folder), fmt).read(ids[0]) == ("blob", b"one")


def test_listings_in_the_middle_of_merges_are_made_again(
    packed: tuple[Path, ObjectFormat, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, fmt, ids = packed
    real, listed = os.scandir, 0

    @contextmanager
    def listing(path: Any) -> Iterator[Any]:
        nonlocal listed
        listed += 1
        with real(path) as entries:
            found = list(entries)
        if listed <= 2:
            # The old names were read, the new one was not; then the old packs went.
            merge = "".join(f"{each}\n" for each in ids).encode()
            command = [
                "git",
                "-c",
                f"pack.compression={listed * 8 - 8}",
                "pack-objects",
                "--no-reuse-object",
                "pack/pack",
            ]
            subprocess.run(command, input=merge, cwd=folder, capture_output=True, check=True)
            for entry in found:
                os.unlink(entry.path)
        yield found

    monkeypatch.setattr(os, "scandir", listing)
    fresh = ObjectFiles(str(folder), fmt)
    assert fresh.read(ids[1]) == ("blob", b"other")
    listed = 5
    assert fresh.missing(ids) == []
    with pytest.raises(Absent):
        fresh.read("12" * fmt.size)
