"""The environments that the sides run in: made beside the checkout, once, each with what its users install."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from measure import Sides, skipped

ROOT = Path(__file__).resolve().parent.parent
MLFLOW = ("mlflow>=3.17,<3.18", "skops", "scikit-learn")
# moto is no peer: its S3 server is the other side of what is sent to object storage.
PEERS = ("dvc", "hf-xet", "blosc2", "moto[server]>=5.1")


def sides(ours: Path | None = None, mlflow: Path | None = None) -> Sides:
    """All sides; ``ours`` and ``mlflow`` are Pythons to be taken as they are. Without the other peers it goes on."""
    return Sides(ours or _ours(), mlflow or _environment(ROOT / ".venv-mlflow", MLFLOW), _peers())


def _ours() -> Path:
    python = _environment(ROOT / ".venv-ours", (f"{ROOT}[all]",))
    # The checkout as it is now: dependencies are there, only the package is put in again, without old build products.
    for products in (ROOT / "build" / "lib", *(ROOT / "build").glob("bdist.*")):
        shutil.rmtree(products, ignore_errors=True)
    _pip(python, "--no-deps", "--force-reinstall", str(ROOT))
    return python


def _peers() -> Path | None:
    try:
        return _environment(ROOT / ".venv-peers", PEERS)
    except subprocess.CalledProcessError as error:
        skipped("DVC, hf-xet, blosc2, moto", f"they cannot be installed: {error}")
        return None


def _environment(folder: Path, requirements: tuple[str, ...]) -> Path:
    python = folder / "bin" / "python"
    stamp = folder / ".installed"
    wanted = "\n".join(requirements)
    # make keeps an empty stamp of its own in the environment with MLflow.
    if not stamp.exists() or stamp.read_text() not in ("", wanted):
        print(f"installing {' '.join(requirements)} into {folder.name}", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True, clear=True)
        _pip(python, *requirements)
        stamp.write_text(wanted)
    return python


def _pip(python: Path, *arguments: str) -> None:
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([str(python), "-m", "pip", "install", *quiet, *arguments], check=True)
