"""The tools that people keep models with today: each stores files in a fresh folder, as its users would do it.

A ``Keeper`` has a folder with a repository in it. ``add`` is the whole operation of its command line for one file or
folder, measured as a process; ``stored`` tells the bytes of disk it takes beside the file itself.
"""

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

from measure import Sides, Spent, asked, disk_bytes, process, skipped

SCRIPTS = Path(__file__).resolve().parent / "sides"

_IDENTITY = {f"GIT_{who}_{what}": "b@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Keeper(ABC):
    """One tool at work in ``folder``, which is made here."""

    name: str

    def __init__(self, folder: Path, sides: Sides) -> None:
        self.folder = folder
        self.sides = sides
        folder.mkdir(parents=True)
        home = {"HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        self.environment = os.environ | _IDENTITY | home | {"DVC_NO_ANALYTICS": "1", "HF_XET_TELEMETRY_ENABLED": "0"}
        self.start()
        self._before = self._used()

    def start(self) -> None:
        """What is done once for a repository."""
        self.quiet("git", "init", "-q", ".")

    @abstractmethod
    def add(self, path: Path) -> Spent:
        """Store a file or folder of the repository, in a process of its own."""

    def share(self, place: Path) -> None:
        """Let what is stored be sent to folders in ``place``, which is made here; before anything is."""
        place.mkdir()
        self.quiet("git", "init", "-q", "--bare", str(place / "hub.git"))
        self.quiet("git", "remote", "add", "origin", f"file://{place}/hub.git")

    def send(self) -> Spent:
        """Send what was stored to where ``share`` said, in a process of its own."""
        raise RuntimeError(f"{self.name} sends nothing")

    def take(self, source: Path, name: str) -> Path:
        """Let ``source`` appear as a file or folder of the repository under ``name``, in place of what was there."""
        place = self.folder / name
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, copy_function=os.link)
        else:
            os.link(source, place)
        return place

    def stored(self) -> int:
        """The bytes of disk taken since the repository was made."""
        return self._used() - self._before

    def kept_in(self) -> list[Path]:
        """The folders that the tool keeps things in."""
        return [self.folder / ".git"]

    def remove(self) -> None:
        """Remove the whole folder."""
        shutil.rmtree(self.folder)

    def quiet(self, *command: str) -> None:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")

    def process(self, *command: str) -> Spent:
        return process(list(command), cwd=self.folder, env=self.environment)

    def asked(self, python: Path | None, script: str, *arguments: object) -> Spent:
        figures = asked(python, SCRIPTS / script, *arguments, cwd=self.folder, environment=self.environment)
        return Spent(figures["wall"], figures["cpu"])

    def _used(self) -> int:
        return disk_bytes(*(path for path in self.kept_in() if path.exists()))


class Ours(Keeper):
    name = "ours"

    def start(self) -> None:
        super().start()
        self.quiet(self.sides.script("ours", "git-models"), "init")

    def add(self, path: Path) -> Spent:
        return self.process(self.sides.script("ours", "git-models"), "register", path.name, "model")

    def share(self, place: Path) -> None:
        super().share(place)
        (place / "files").mkdir()
        self.quiet(self.sides.script("ours", "git-models"), "remote", "add", "files", str(place / "files"))

    def send(self) -> Spent:
        return self.process(self.sides.script("ours", "git-models"), "push")


class Git(Keeper):
    name = "git"

    def add(self, path: Path) -> Spent:
        return self.process("git", "add", "--", path.name)


class Lfs(Keeper):
    name = "git-lfs"

    def start(self) -> None:
        super().start()
        self.quiet("git", "lfs", "install", "--local")
        self.quiet("git", "lfs", "track", "model", "model/**")

    def add(self, path: Path) -> Spent:
        return self.process("git", "add", "--", path.name)

    def send(self) -> Spent:
        self.quiet("git", "commit", "-q", "-m", "x")
        return self.process("git", "push", "-q", "origin", "HEAD")


class Dvc(Keeper):
    name = "dvc"

    def start(self) -> None:
        super().start()
        if self.sides.peers is None:
            raise RuntimeError("DVC is not installed")
        self.quiet(self.sides.script("peers", "dvc"), "init", "-q")

    def add(self, path: Path) -> Spent:
        return self.process(self.sides.script("peers", "dvc"), "add", "-q", path.name)

    def share(self, place: Path) -> None:
        super().share(place)
        self.quiet(self.sides.script("peers", "dvc"), "remote", "add", "-q", "-d", "files", str(place / "files"))

    def send(self) -> Spent:
        return self.process(self.sides.script("peers", "dvc"), "push", "-q")

    def kept_in(self) -> list[Path]:
        return [self.folder / ".git", self.folder / ".dvc"]


class Mlflow(Keeper):
    """``log_artifact`` in a run, with the default store; its import is not counted."""

    name = "mlflow"

    def add(self, path: Path) -> Spent:
        return self.asked(self.sides.mlflow, "mlflow_artifact.py", path)

    def kept_in(self) -> list[Path]:
        return [self.folder / "mlruns"]


class Xet(Keeper):
    """hf-xet with its own local store in place of the Hub; a process a file, its start not counted."""

    name = "xet"

    def start(self) -> None:
        if self.sides.peers is None:
            raise RuntimeError("hf-xet is not installed")

    def add(self, path: Path) -> Spent:
        return self.asked(self.sides.peers, "xet.py", "store", path.name)

    def kept_in(self) -> list[Path]:
        return [self.folder / "store" / "xet" / "xorbs"]


def opened(kind: type[Keeper], folder: Path, sides: Sides) -> Keeper | None:
    """The tool in a fresh folder; None, said loudly, when it is missing."""
    try:
        return kind(folder, sides)
    except (RuntimeError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        skipped(kind.name, error)
        return None
