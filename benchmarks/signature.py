"""Signature inference and enforcement beside MLflow's, on the same data made from the same seed.

    python benchmarks/run.py signature
    python benchmarks/signature.py [--mlflow-python PATH]      alone; without the path only our figures

Each side runs in a process of its own; a figure is the best of five rounds, after one that warms up.
"""

import argparse
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measure import Row, Sides, table

Case = tuple[str, Callable[[], Any], int]

# Milliseconds to reach, by case.
LIMITS = {
    "infer 1,000,000 x 10 floats": 15.0,
    "infer 1,000,000 object strings": 60.0,
    "infer 1,000,000 object strings, one null": 60.0,
    "infer 10,000 nested dicts": 100.0,
    "enforce 300 mixed columns, 1 row": 0.1,
    "enforce 300 mixed columns, 10,000 rows": 1.0,
    "enforce 300 columns permuted, 1 row": 1.5,
    "enforce 300 columns widened, 1 row": 8.0,
    "enforce 10 columns, 1 row": 0.04,
    "enforce 10 columns, 10,000 rows": 0.1,
}


def frames() -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(0)
    rows = 10_000
    mixed = {}
    for place in range(75):
        mixed[f"x{place}"] = random.random(rows)
        mixed[f"i{place}"] = random.integers(2, 9, rows)
        mixed[f"s{place}"] = pd.Series(["text"] * rows, dtype=object)
        mixed[f"b{place}"] = random.random(rows) < 0.5
    wide = pd.DataFrame(mixed)
    strings = pd.Series([f"s{place}" for place in range(1_000_000)], dtype=object)
    return {
        "floats": pd.DataFrame(random.random((1_000_000, 10))),
        "strings": pd.DataFrame({"s": strings}),
        "strings_null": pd.DataFrame({"s": strings.where(strings != "s5")}),
        "dicts": pd.DataFrame({"o": [{"a": 1, "b": {"c": [1.0, 2.0], "d": "x"}}] * 10_000}),
        "wide": wide,
        "row": wide.head(1).copy(),
        "ten": pd.DataFrame(random.random((10_000, 10)), columns=list("abcdefghij")),
    }


def cases(infer: Callable[[Any], Any], enforce: Callable[[Any, Any], Any]) -> list[Case]:
    data = frames()
    schema, ten = infer(data["wide"]), infer(data["ten"])
    narrow = {"float64": "float32", "int64": "int32"}
    row, wide = data["row"], data["wide"]
    permuted = row[list(reversed(row.columns))]
    thinner = row.astype({name: narrow[str(kind)] for name, kind in row.dtypes.items() if str(kind) in narrow})
    one = data["ten"].head(1).copy()
    return [
        ("infer 1,000,000 x 10 floats", lambda: infer(data["floats"]), 1),
        ("infer 1,000,000 object strings", lambda: infer(data["strings"]), 1),
        ("infer 1,000,000 object strings, one null", lambda: infer(data["strings_null"]), 1),
        ("infer 10,000 nested dicts", lambda: infer(data["dicts"]), 1),
        ("enforce 300 mixed columns, 1 row", lambda: enforce(row, schema), 20),
        ("enforce 300 mixed columns, 10,000 rows", lambda: enforce(wide, schema), 20),
        ("enforce 300 columns permuted, 1 row", lambda: enforce(permuted, schema), 20),
        ("enforce 300 columns widened, 1 row", lambda: enforce(thinner, schema), 20),
        ("enforce 10 columns, 1 row", lambda: enforce(one, ten), 200),
        ("enforce 10 columns, 10,000 rows", lambda: enforce(data["ten"], ten), 200),
    ]


def best(work: Callable[[], Any], repeat: int) -> float:
    """Milliseconds of the fastest of five rounds of ``repeat``, after one that warms up."""
    work()
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(repeat):
            work()
        rounds.append((time.perf_counter() - start) / repeat)
    return min(rounds) * 1e3


def measure(library: str) -> dict[str, float]:
    warnings.simplefilter("ignore")
    if library == "mlflow":
        from mlflow.models import infer_signature
        from mlflow.models.utils import _enforce_schema as enforce
    else:
        from gitmodels.mlmodel.enforce import enforce_schema as enforce
        from gitmodels.mlmodel.infer import infer_signature
    return {
        name: best(work, repeat) for name, work, repeat in cases(lambda data: infer_signature(data).inputs, enforce)
    }


def bench_signature(sides: Sides) -> list[Row]:
    theirs = figures(sides.mlflow, "mlflow")
    ours = figures(sides.ours, "gitmodels")
    return [Row(name, theirs[name], ours[name], "ms", limit) for name, limit in LIMITS.items()]


def figures(python: Path, library: str) -> dict[str, float]:
    """The figures of one side, measured in its own Python."""
    command = [str(python), __file__, "--only", library]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlflow-python", type=Path, metavar="PATH", help="a Python that has MLflow")
    parser.add_argument("--only", choices=["mlflow", "gitmodels"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        print(json.dumps(measure(given.only)))
        return
    theirs = figures(given.mlflow_python, "mlflow") if given.mlflow_python else {}
    ours = figures(Path(sys.executable), "gitmodels")
    print(table(Row(name, theirs.get(name), ours[name], "ms", limit) for name, limit in LIMITS.items()))


if __name__ == "__main__":
    main()
