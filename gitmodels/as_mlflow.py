"""``python -m gitmodels.as_mlflow SCRIPT [ARGS]``: run a published MLflow script, unchanged, against gitmodels.

``import gitmodels.as_mlflow`` does the same for the rest of a process: from then on ``import mlflow`` and everything
below it is gitmodels. This file reads the command's words; ``gitmodels.api.as_mlflow`` does the rest.
"""

import sys

from gitmodels.api import as_mlflow
from gitmodels.errors import GitModelsError

USAGE = """usage: python -m gitmodels.as_mlflow SCRIPT [ARGS]
       python -m gitmodels.as_mlflow -m MODULE [ARGS]

Run a script written for MLflow, unchanged: import mlflow is answered by gitmodels.
"""


def main(words: list[str]) -> int:
    """Run what ``words`` name; the exit code: 2 for wrong usage, 1 where MLflow itself is in the way."""
    if words[:1] in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return 0
    is_module = words[:1] == ["-m"]
    words = words[is_module:]
    if not words or (words[0].startswith("-") and not is_module):
        sys.stderr.write(USAGE)
        return 2
    try:
        prepared = as_mlflow.module_program if is_module else as_mlflow.script_program
        program = prepared(words[0], words[1:])
    except GitModelsError as error:
        sys.stderr.write(f"gitmodels.as_mlflow: {error.message}\n")
        return 2
    program()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

as_mlflow.install()
