"""The hooks folder holds what `git models hook` runs, and nothing that would break a commit."""

import os
from pathlib import Path

from gitmodels.api import hooks
from gitmodels.git import hook_files


def test_hooks_are_the_ones_the_command_installs(root: Path) -> None:
    files = {file.name: file for file in (root / "hooks").iterdir() if file.name != "README.md"}
    assert set(files) == set(hooks.NAMES)
    for name, file in files.items():
        text = file.read_text(encoding="utf-8")
        assert text == hook_files.text(name)
        assert text.splitlines() == ["#!/bin/sh", f'exec git models hook {name} "$@"']
        assert os.access(file, os.X_OK), f"{name} is not executable"


def test_the_folder_says_what_it_is(root: Path) -> None:
    assert (root / "hooks" / "README.md").is_file()
