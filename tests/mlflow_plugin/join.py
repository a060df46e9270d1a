"""Let one environment see the packages of others: ``python join.py ENVIRONMENT OURS MLFLOW…``.

``ENVIRONMENT`` gets a path file that names this checkout and the folders of the others' packages, MLflow's first, so
that its numpy and its frameworks are used throughout. Nothing is installed twice.
"""

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def packages(environment: Path) -> Path:
    """The folder in which ``environment`` has its packages."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(environment), "platbase": str(environment)}))


def main(environment: str, ours: str, *others: str) -> None:
    """Write the path file."""
    found = [packages(Path(other).resolve()) for other in (*others, ours)]
    # Their own path files count, too.
    lines = "".join(f"import site; site.addsitedir({str(folder)!r})\n" for folder in found)
    lines = f"{ROOT}\n{lines}"
    (packages(Path(environment).resolve()) / "joined.pth").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
