"""Run the scripts of ``tests/scripts`` one way, each in a process and a git repository of its own.

``python script_runner.py MODE FOLDER SCRIPT…`` leaves what each printed in ``FOLDER/<name>.out`` and ``.err``, and in
``.txt`` without ids, times and paths; it says ``{name: exit code}`` as JSON. Modes: ``replaced`` (the word mlflow
replaced in import lines), ``as_mlflow`` (unchanged, by ``python -m gitmodels.as_mlflow``) and ``mlflow`` (unchanged,
with the real one, in an environment that has it).
The frameworks are imported once and each script runs in a fork, which is what makes fifty scripts cheap.
This file must run where gitmodels is not installed, and where MLflow is not.
"""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

PLAIN = re.compile(r"^( *)import mlflow$", re.MULTILINE)
DOTTED = re.compile(r"^( *)import mlflow\.([\w.]+)$", re.MULTILINE)
FROM = re.compile(r"^( *)from mlflow(?=[. ])", re.MULTILINE)
FRAMEWORKS = {
    "replaced": ["gitmodels", "pandas", "sklearn.ensemble", "sklearn.pipeline", "cloudpickle", "skops.io"],
    "mlflow": ["mlflow", "mlflow.sklearn", "mlflow.pyfunc"],
}
FRAMEWORKS["as_mlflow"] = FRAMEWORKS["replaced"]


def replaced(source: str) -> str:
    """The script as somebody would change it: the word mlflow replaced in its import lines."""
    source = PLAIN.sub(r"\1import gitmodels as mlflow", source)
    source = DOTTED.sub(r"\1import gitmodels.\2; mlflow = gitmodels", source)
    return FROM.sub(r"\1from gitmodels", source)


def run_replaced(script: Path) -> None:
    """Run a copy of ``script`` with the word replaced."""
    copy = Path.cwd() / script.name
    copy.write_text(replaced(script.read_text(encoding="utf-8")), encoding="utf-8")
    run_as_it_is(copy)


def run_as_mlflow(script: Path) -> None:
    """What ``python -m gitmodels.as_mlflow SCRIPT`` does."""
    sys.argv = ["python -m gitmodels.as_mlflow", str(script)]
    runpy.run_module("gitmodels.as_mlflow", run_name="__main__", alter_sys=True)


def run_as_it_is(script: Path) -> None:
    """What ``python SCRIPT`` does; its classes belong to ``__main__``, so they are pickled by value."""
    sys.argv = [str(script)]
    module = ModuleType("__main__")
    module.__file__ = str(script)
    sys.modules["__main__"] = module
    exec(compile(script.read_text(encoding="utf-8"), str(script), "exec"), module.__dict__)


def masked(text: str, folder: Path) -> str:
    """What was printed, without what differs from run to run: ids, times in ms and the folder."""
    text = re.sub(rf"(file://)?{re.escape(str(folder))}", "<folder>", text)
    text = re.sub(r"\b(m-)?[0-9a-f]{32}\b", r"\1<id>", text)
    text = re.sub(r"\b1[678]\d{11}\b", "<ms>", text)
    return re.sub(r"\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?", "<time>", text)


RUN: dict[str, Callable[[Path], None]] = {
    "replaced": run_replaced,
    "as_mlflow": run_as_mlflow,
    "mlflow": run_as_it_is,
}


def child(mode: str, script: Path, folder: Path) -> int:
    """Run one script with its output in files; the exit code."""
    for number, ending in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / f"{script.stem}.{ending}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    work = folder / script.stem
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    os.chdir(work)
    subprocess.run(["git", "init", "--quiet"], check=True)
    if mode == "mlflow" and (folder / "mlflow.db").exists():
        # A database with MLflow's tables takes seconds to make: every script gets a copy of one.
        shutil.copyfile(folder / "mlflow.db", "mlflow.db")
    try:
        RUN[mode](script)
    except SystemExit as stop:
        return int(stop.code or 0)
    except BaseException:  # noqa: BLE001  # whatever a script dies of is its result
        traceback.print_exc()
        return 1
    return 0


def forked(mode: str, script: Path, folder: Path) -> int:
    """``child`` in a fork of this process."""
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        code = 70
        try:
            code = child(mode, script, folder)
            sys.stdout.flush()
        finally:
            sys.stderr.flush()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    printed = (folder / f"{script.stem}.out").read_text(encoding="utf-8")
    (folder / f"{script.stem}.txt").write_text(masked(printed, folder / script.stem), encoding="utf-8")
    return code


def main() -> None:
    """Run all scripts named on the command line."""
    mode, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    scripts = [Path(name).resolve() for name in sys.argv[3:]]
    for name in FRAMEWORKS[mode]:
        import_module(name)
    if mode == "mlflow":
        # What MLflow's environment lacks of a framework stands behind its own packages.
        sys.path += json.loads(os.environ.get("FRAMEWORKS_BEHIND", "[]"))
        blank = folder / "blank.py"
        blank.write_text("import mlflow\nmlflow.search_experiments()\n")
        forked(mode, blank, folder)
        shutil.move(folder / "blank" / "mlflow.db", folder / "mlflow.db")
        (folder / "blank.txt").unlink()
    print(json.dumps({script.stem: forked(mode, script, folder) for script in scripts}))


if __name__ == "__main__":
    main()
