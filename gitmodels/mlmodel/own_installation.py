"""How the running gitmodels gets into another environment: from an index, from where it came, or by its folder.

This room knows the installation of this very package, nothing of models. A checkout needs no building: its package is
linked into the environment, as an editable installation does, and its dependencies are installed.
"""

import configparser
import json
from pathlib import Path

import gitmodels
from gitmodels.errors import Invalid

OLDEST = (3, 11)
_NAME = "gitmodels"


def requirements() -> tuple[str, ...]:
    """The requirement lines that bring this gitmodels, or all it needs where it is a checkout."""
    root = checkout()
    if root is None:
        return (f"{_NAME} @ {origin}",) if (origin := _origin()) else (f"{_NAME}=={gitmodels.__version__}",)
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(root / "setup.cfg", encoding="utf-8")
    return tuple(line for line in parser["options"]["install_requires"].split("\n") if line)


def check_python(version: str) -> None:
    """Raises Invalid when gitmodels does not work with the Python ``version``."""
    parts = version.split(".")[:2]
    if all(part.isdecimal() for part in parts) and tuple(map(int, parts)) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise Invalid(
            f"the model was made with Python {version}, and gitmodels needs {oldest}",
            hint="git models checkout gives its files: build the environment of its requirements.txt by hand",
        )


def checkout() -> Path | None:
    """The folder of the checkout that this gitmodels runs from; None for an installed one."""
    root = Path(gitmodels.__file__).resolve().parents[1]
    return root if (root / "setup.cfg").is_file() and (root / "setup.py").is_file() else None


def link(folder: Path) -> None:
    """Show the package of a checkout to the environment in ``folder``; nothing for an installed gitmodels."""
    if (root := checkout()) is None:
        return
    for packages in _site_packages(folder):
        try:
            (packages / _NAME).symlink_to(root / _NAME, target_is_directory=True)
        except OSError:  # no right to make links, as on some Windows: then the whole folder is on the path
            (packages / f"_{_NAME}_checkout.pth").write_text(f"{root}\n", encoding="utf-8")


def _site_packages(folder: Path) -> list[Path]:
    return [*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages")]


def _origin() -> str:
    """The URL that it was installed from (PEP 610); ``""`` for one from an index."""
    import importlib.metadata

    try:
        told = json.loads(importlib.metadata.distribution(_NAME).read_text("direct_url.json") or "{}")
        url = str(told.get("url") or "")
        vcs = told.get("vcs_info") or {}
        return f"{vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else url
    except (importlib.metadata.PackageNotFoundError, ValueError, KeyError, AttributeError):
        return ""
