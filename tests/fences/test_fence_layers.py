"""Imports go down only; the contracts stand in setup.cfg."""

import configparser
import subprocess
import sys
from pathlib import Path


def test_the_import_contracts_are_kept(root: Path) -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[done.stdout.find("Contracts") :]


def test_every_room_stands_in_the_layers(root: Path) -> None:
    config = configparser.ConfigParser()
    config.read(root / "setup.cfg")
    layers = config["importlinter:contract:layers"]["layers"]
    placed = {word.strip("()").removeprefix("gitmodels.") for word in layers.split() if "gitmodels." in word}
    rooms = {
        entry.stem
        for entry in (root / "gitmodels").iterdir()
        if (entry.suffix == ".py" or (entry / "__init__.py").is_file()) and not entry.name.startswith("__")
    }
    assert rooms - placed == set()
