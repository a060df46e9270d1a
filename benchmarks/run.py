"""One table of ratios: gitmodels and its peers, measured side by side.

    python benchmarks/run.py                 every benchmark file of this folder
    python benchmarks/run.py startup         one of them
    python benchmarks/run.py --json          the same for programs

Makes two environments beside the checkout, once: ``.venv-ours``, where this checkout is installed as users have it
(a wheel, not an editable link), and ``.venv-mlflow``. A new benchmark is a new file here; see ``measure``.
"""

import argparse
import importlib.util
import inspect
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from measure import Row, Sides, table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
NOT_BENCHMARKS = {"run", "measure"}
MLFLOW = ("mlflow>=3.17,<3.18", "skops", "scikit-learn")


def main() -> int:
    arguments = _arguments()
    sides = Sides(arguments.ours or _ours(), arguments.mlflow or _mlflow())
    rows: list[Row] = []
    for function in _benchmarks(arguments.files):
        print(f"measuring {function.__module__}.{function.__name__}", file=sys.stderr, flush=True)
        rows += function(sides)
    print(json.dumps([row.to_json() for row in rows], indent=2) if arguments.json else _report(rows, sides))
    return 0 if all(row.met for row in rows) or not arguments.strict else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="benchmark files, without .py; all when none is named")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    parser.add_argument("--ours", type=Path, metavar="PYTHON", help="a Python that has gitmodels")
    parser.add_argument("--mlflow", type=Path, metavar="PYTHON", help="a Python that has MLflow")
    return parser.parse_args()


def _benchmarks(names: list[str]) -> list[Callable[[Sides], list[Row]]]:
    found = []
    for file in sorted(HERE.glob("*.py")):
        if file.stem in NOT_BENCHMARKS or (names and file.stem not in names):
            continue
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[file.stem] = module
        spec.loader.exec_module(module)
        functions = [value for name, value in vars(module).items() if name.startswith("bench_")]
        found += sorted(functions, key=lambda function: inspect.getsourcelines(function)[1])
    return found


def _report(rows: list[Row], sides: Sides) -> str:
    missed = sum(not row.met for row in rows)
    said = f"{len(rows) - missed} of {len(rows)} targets met"
    version = subprocess.run(
        [sides.script("mlflow", "mlflow"), "--version"], capture_output=True, text=True, check=True
    )
    head = f"{os.cpu_count()} CPUs, Python {sys.version.split()[0]}, {version.stdout.strip()}"
    return f"{table(rows)}\n\n{said}; {head}; medians, both sides in turn"


def _ours() -> Path:
    python = _environment(ROOT / ".venv-ours", [f"{ROOT}[all]"])
    # The checkout as it is now: dependencies are there, only the package is put in again, without old build products.
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    _pip(python, "--no-deps", "--force-reinstall", str(ROOT))
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    return python


def _mlflow() -> Path:
    return _environment(ROOT / ".venv-mlflow", list(MLFLOW))


def _environment(folder: Path, requirements: list[str]) -> Path:
    python = folder / "bin" / "python"
    stamp = folder / ".installed"
    if not stamp.exists():
        print(f"installing {' '.join(requirements)} into {folder.name}", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True, clear=True)
        _pip(python, *requirements)
        stamp.touch()
    return python


def _pip(python: Path, *arguments: str) -> None:
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([str(python), "-m", "pip", "install", *quiet, *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
