"""Writes docs/guides/from-mlflow.md from the table docs/surface.yaml and from the code.

python docs/scripts/mlflow_guide.py            write it
python docs/scripts/mlflow_guide.py --check    only say whether it is stale; exit code 1 then
"""

import difflib
import json
import re
import sys
from importlib import import_module
from typing import Any

import yaml
from pages import ROOT, settle
from reference import arguments

import gitmodels
from gitmodels import errors
from gitmodels.api.modules import MODULES
from gitmodels.api.unsupported import FLAVORS

PAGE = "docs/guides/from-mlflow.md"
SCRIPT = ROOT / "docs" / "demo" / "from_mlflow.py"
COMMANDS = """```bash
python -m gitmodels.as_mlflow train.py --max-depth 4
python -m gitmodels.as_mlflow -m package.train
```"""
# What differs in the concept, not in one name.
DIFFERENCES = {
    "No server": "The registry is a branch of the git repository around you; `http:`, `sqlite:` and `databricks` URIs "
    "warn once and change nothing. `MLFLOW_TRACKING_URI` is ignored, said once.",
    "What MLflow has already": "`git models import mlflow:sqlite:///mlflow.db` brings a registry here, "
    "`export` hands it back ([guide](importing.md)).",
    "A model's id is its content": "Equal models have equal ids wherever they were logged. What exists never changes: "
    "a change makes another model.",
    "Registering takes the bytes": "A version keeps its own bytes, stored once; MLflow keeps a pointer.",
    "Code asks for trust": "Loading a model that runs code (pickles, models from code) that was not made in this "
    "clone raises `Untrusted`; `git models trust` or `trust=True` allows it.",
    "Deleting marks": "History stays, and the number of a deleted version is not used again.",
    "scikit-learn models": "Kept as skops by default, forests included: loading one runs no code.",
    "`version` is an int": "As in MLflow's own store; over MLflow's REST it is text. Calls take either.",
}


def main() -> int:
    sections = yaml.safe_load((ROOT / "docs" / "surface.yaml").read_text(encoding="utf-8"))["sections"]
    return settle({PAGE: page(sections)}, "mlflow_guide.py")


def page(sections: list[dict[str, Any]]) -> str:
    facts = json.loads((ROOT / "tests" / "formats" / "mlflow" / "surface.json").read_text(encoding="utf-8"))
    blocks = [
        "<!-- Written by docs/scripts/mlflow_guide.py from docs/surface.yaml and the code. -->",
        "# Coming from MLflow",
        f"{count(sections)} of MLflow's names are here. Calls take MLflow's arguments in MLflow's order with MLflow's "
        f"defaults: a test holds them to the signatures of MLflow {facts['mlflow']['version']}.",
        "## Unchanged",
        "`python -m gitmodels.as_mlflow` runs a script as it stands: `import mlflow`, and everything below it, is "
        "answered by gitmodels. MLflow need not be installed.",
        COMMANDS,
        "In a notebook, `import gitmodels.as_mlflow` does the same from there on; it refuses when the real MLflow is "
        "imported already. Processes that a script spawns (not forks) start without it.",
        "## With other import lines",
        "Only lines that import change. Attribute access alone would not do: `from mlflow.models import …` finds the "
        "real MLflow when it is installed.",
        side_by_side(SCRIPT.read_text(encoding="utf-8")),
        "## What changes",
        *(f"- **{what}.** {text}" for what, text in DIFFERENCES.items()),
        "Name by name:",
        table(["name", "here"], [(f"`{name}`", row["note"]) for name, row in noted(sections)]),
        "## What stays",
    ]
    for section in sections:
        if shared(section):
            rows = [(f"`{name}{called(name)}`", row["verdict"]) for name, row in shared(section)]
            blocks += [f"### {section['title']}", table(["name", "verdict"], rows)]
    blocks += [
        "M is a contract, S is there because it cost little.",
        "## Errors",
        "`mlflow.MlflowException` is the base of every error here, so `except MlflowException` catches what it did. "
        "Codes and messages that scripts match on are MLflow's.",
        table(["error", "error_code", "HTTP"], [error_row(kind) for kind in kinds()]),
        "## What is not there",
        f"These names exist and raise `NotSupported` (an `MlflowException`, `NOT_IMPLEMENTED`) with one text: {way()}.",
        *absent(sections),
        "A flavor that is not shipped raises an `ImportError`; wrap its model in a `gitmodels.pyfunc.PythonModel`: "
        + words(name for name in FLAVORS if f"gitmodels.{name}" not in MODULES)
        + ".",
    ]
    return "\n\n".join(joined(blocks)) + "\n"


def joined(blocks: list[str]) -> list[str]:
    """Items of one list stand on lines of their own, without a gap."""
    together: list[str] = []
    for block in blocks:
        if block.startswith("- ") and together and together[-1].startswith("- "):
            together[-1] += f"\n{block}"
        else:
            together.append(block)
    return together


def count(sections: list[dict[str, Any]]) -> int:
    return sum(len(shared(section)) for section in sections)


def shared(section: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The rows of a section that MLflow and gitmodels have in common."""
    return [(name, row) for name, row in section["rows"].items() if row["verdict"] != "X" and not row.get("pending")]


def noted(sections: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, row) for section in sections for name, row in shared(section) if "note" in row]


def absent(sections: list[dict[str, Any]]) -> list[str]:
    """One item for each place whose names only MLflow has."""
    places: dict[str, list[str]] = {}
    for section in sections:
        for name, row in section["rows"].items():
            if row["verdict"] == "X" and name not in FLAVORS:
                parent, _, last = name.rpartition(".")
                places.setdefault(parent or "mlflow", []).append(last)
    return [f"- {place}: {words(names)}." for place, names in places.items()]


def words(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def way() -> str:
    return errors.ONLY_IN_MLFLOW


def side_by_side(script: str) -> str:
    """The lines of a script of MLflow's that change, as a difference."""
    body = script.partition('"""\n\n')[2]
    ours = re.sub(r"(?m)^import mlflow$", "import gitmodels as mlflow", body)
    ours = re.sub(r"(?m)^import mlflow(\.\w+)+$", lambda found: found[0].replace("mlflow", "gitmodels"), ours)
    ours = re.sub(r"(?m)^from mlflow\b", "from gitmodels", ours)
    lines = list(difflib.unified_diff(body.splitlines(), ours.splitlines(), lineterm="", n=99))[3:]
    return "\n".join(["```diff", *lines, "```"])


def called(name: str) -> str:
    """The arguments of a call, as they are written; nothing for a module, a class or a value."""
    found: Any = gitmodels
    public = "gitmodels"
    for part in name.split("."):
        public = f"{public}.{part}"
        found = import_module(public) if public in MODULES or part == "as_mlflow" else getattr(found, part)
    if isinstance(found, type) or not callable(found):
        return ""
    return re.sub(r"\((self|cls)(, )?", "(", arguments(found))


def kinds() -> list[type[errors.GitModelsError]]:
    known = [errors.GitModelsError, *errors.GitModelsError.__subclasses__()]
    own = [errors.AliasNotFound, errors.AlreadyExists, errors.NotSupported]
    return [kind for kind in known if kind.__module__ == errors.__name__] + own


def error_row(kind: type[errors.GitModelsError]) -> tuple[str, str, str]:
    return (
        f"`{kind.__name__}`",
        f"`{kind.default_error_code}`",
        str(errors.HTTP_STATUS.get(kind.default_error_code, 500)),
    )


def table(head: list[str], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
