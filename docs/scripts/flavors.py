"""Writes docs/flavors.md from the flavors, their cases and the example of docs/examples/flavor.

python docs/scripts/flavors.py            write it
python docs/scripts/flavors.py --check    only say whether it is stale; exit code 1 then
"""

import runpy
import sys

from pages import ROOT, settle

from gitmodels import flavors
from gitmodels.flavors.base import Flavor

PAGE = "docs/flavors.md"
EXAMPLE = ROOT / "docs" / "examples" / "flavor"
KNOWN = runpy.run_path(str(ROOT / "tests" / "flavors" / "flavor_cases.py"))


def main() -> int:
    return settle({PAGE: page()}, "flavors.py")


def page() -> str:
    blocks = [
        "<!-- Written by docs/scripts/flavors.py from the code. -->",
        "# Flavors",
        "A flavor saves, loads and predicts with the models of one framework. `gitmodels.log_model(model)` finds it by "
        "the model's class; `gitmodels.<flavor>.log_model`, `save_model` and `load_model` take MLflow's arguments. "
        "Every format on this page passes the conformance suite below with the real framework.",
        table(
            ["flavor", "packages", "read without running code", "asks for trust", "both ways with MLflow"],
            [row(name, flavors.get(name)) for name in flavors.names()],
        ),
        "The keys in `MLmodel` are MLflow's. The last column names the models that a test saves here, loads, predicts "
        "with and saves again in MLflow, and loads here, with equal answers. Reading without code means: no pickle, "
        "no import that the model names, no expression of a file is evaluated. The framework's own parser still "
        "reads the file, as it does anywhere else.",
        "A framework that is not installed is named with the `pip install` that helps, and so is one of another minor "
        "version than the model was saved with. Anything else, a file or a directory, can be registered too; only "
        "loading it as a model takes a flavor.",
        "## A flavor of your own",
        "A module with four functions, and an entry point in the group `gitmodels.flavors`. It imports its framework "
        "late, calls nothing of gitmodels but these small rooms, and never weakens how a file is read.",
        code("python", "polynomial_flavor.py"),
        "`ROOTS` are the packages whose classes it keeps; `VERSION` is where it notes the framework's version. "
        "`code_execution` is one of `none`, `pickle`, `python-code` and `remote-code`, told from bytes and "
        "configuration alone; whatever is not `none` is loaded only by those who trust the model. With `_load_pyfunc` "
        "MLflow loads the model too.",
        code("ini", "setup.cfg"),
        "## The conformance suite",
        "It checks any flavor from outside: the same predictions after loading, by the flavor and as python_function; "
        "the same bytes for the same model; a plain `MLmodel`; pinned requirements; nothing run before trust, and "
        "nothing at all by a format that says so; paths that leave the model and damaged files refused in one line. "
        "Your package says what to test it with, in the entry-point group `gitmodels.testing`:",
        code("python", "polynomial_cases.py"),
        "```bash\npytest --pyargs gitmodels.testing\n```",
        "In a test module of your own, derive a class from `gitmodels.testing.FlavorConformance` and set its `cases`.",
    ]
    return "\n\n".join(blocks) + "\n"


def row(name: str, flavor: Flavor) -> list[str]:
    tested = [case.id for case in KNOWN["CASES"] if case.flavor == name]
    assert tested, f"no case for {name}: what is not tested is not listed"
    formats = flavor.FORMATS.items()
    harmless = ", ".join(kept for kept, runs in formats if runs == "none")
    running = ", ".join(f"{kept} ({runs})" for kept, runs in formats if runs != "none")
    both = [case.name or "default" for case in KNOWN["INTEROP"] if case.flavor == name]
    both = ["yes"] if both == ["default"] else both
    return [f"`{name}`", ", ".join(flavor.PACKAGES), harmless or "–", running or "–", ", ".join(both) or "–"]


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def code(language: str, file: str) -> str:
    return f"```{language}\n{(EXAMPLE / file).read_text(encoding='utf-8').rstrip()}\n```"


if __name__ == "__main__":
    sys.exit(main())
