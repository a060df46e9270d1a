"""One table of ratios: gitmodels and its peers, measured side by side.

    python benchmarks/run.py                    every benchmark file of this folder
    python benchmarks/run.py storage startup    those whose names begin so
    python benchmarks/run.py --only fine_tunes  the measurements whose names hold a word
    python benchmarks/run.py --list             their names
    python benchmarks/run.py --save             keep the rows in results.json and write the pages that show them

Makes environments beside the checkout, once: ``.venv-ours``, where this checkout is installed as users have it (a
wheel, not an editable link), ``.venv-mlflow``, and ``.venv-peers`` with DVC and others. git and git-lfs are those of
the system. A peer that is missing is named and left out. A new benchmark is a new file here; see ``measure``.

The rows of a run are also written to build/bench.json. Works in benchmarks/data/ (8 GiB at most, removed after; the
real weights stay), so that all sides use the disk that the checkout is on.
"""

import argparse
import importlib.util
import inspect
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import environments
from measure import Row, Sides, skipped, table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results.json"


def main() -> int:
    arguments = _arguments()
    found = _benchmarks(arguments.files, arguments.only)
    if arguments.list:
        print("\n".join(f"{each.__module__}.{each.__name__}: {_first_line(each)}" for each in found))
        return 0
    sides = environments.sides(arguments.ours, arguments.mlflow)
    rows: list[Row] = []
    for function in found:
        name = f"{function.__module__}.{function.__name__}"
        print(f"measuring {name}", file=sys.stderr, flush=True)
        start = time.perf_counter()
        try:
            rows += function(sides)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            if arguments.strict:
                raise
            skipped(name, error)
        print(f"  {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    document = {"date": time.strftime("%Y-%m-%d"), "machine": _machine(sides), "rows": [row.to_json() for row in rows]}
    _keep(ROOT / "build" / "bench.json", document)
    if arguments.save:
        _save(document, whole=not arguments.files and not arguments.only)
    print(json.dumps(document, indent=2) if arguments.json else f"{table(rows)}\n\n{_summary(rows, sides)}")
    return 0 if all(row.met for row in rows) or not arguments.strict else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="beginnings of the names of benchmark files; all when none is given")
    parser.add_argument("--only", metavar="WORD", default="", help="only measurements whose names hold WORD")
    parser.add_argument("--list", action="store_true", help="name the measurements and end")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--save", action="store_true", help="keep the rows, and write the pages that show them")
    parser.add_argument("--strict", action="store_true", help="fail when a target is missed or something fails")
    parser.add_argument("--ours", type=_path, metavar="PYTHON", help="a Python that has gitmodels")
    parser.add_argument("--mlflow", type=_path, metavar="PYTHON", help="a Python that has MLflow")
    return parser.parse_args()


def _path(text: str) -> Path:
    return Path(text).absolute()


def _benchmarks(names: list[str], word: str) -> list[Callable[[Sides], list[Row]]]:
    found = []
    for file in sorted(HERE.glob("*.py")):
        if "\ndef bench_" not in file.read_text(encoding="utf-8") or not file.stem.startswith(tuple(names) or ""):
            continue
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[file.stem] = module
        spec.loader.exec_module(module)
        functions = [value for name, value in vars(module).items() if name.startswith("bench_") and word in name]
        found += sorted(functions, key=lambda function: inspect.getsourcelines(function)[1])
    return found


def _first_line(function: Callable[[Sides], list[Row]]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def _keep(file: Path, document: dict[str, object]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _save(document: dict[str, object], *, whole: bool) -> None:
    """Keep the rows and write the pages that show them. Those of a chosen part go among the rows kept already."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() and not whole else {"rows": []}
    rows = {row["what"]: row for row in kept["rows"]}
    for row in document["rows"]:  # type: ignore[attr-defined]
        rows[row["what"]] = row
    # Since when: of rows that were taken in parts, the day of the eldest.
    since = kept.get("since", kept.get("date", document["date"]))
    _keep(RESULTS, {"since": since, **document, "rows": list(rows.values())})
    subprocess.run([sys.executable, str(ROOT / "docs" / "scripts" / "figures.py")], check=True)


def _summary(rows: list[Row], sides: Sides) -> str:
    missed = sum(not row.met for row in rows)
    return f"{len(rows) - missed} of {len(rows)} targets met; {_machine(sides)}; medians, all sides in turn"


def _machine(sides: Sides) -> str:
    """What the figures were taken on, and with which versions."""
    mlflow = "import importlib.metadata as m; print('MLflow', m.version('mlflow'))"
    peers = "import importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in ('dvc', 'hf-xet')))"
    commands = [[str(sides.mlflow), "-c", mlflow], ["git", "--version"], ["git", "lfs", "version"]]
    commands += [[str(sides.peers), "-c", peers]] if sides.peers else []
    versions = [f"Python {platform.python_version()}"]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        versions += [done.stdout.partition(" (")[0].strip()] if done.returncode == 0 else []
    return f"{os.cpu_count()} CPUs ({_processor()}), load {os.getloadavg()[0]:.1f}, {', '.join(versions)}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
