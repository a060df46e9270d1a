"""Record what the scripts of ``tests/scripts`` print under real MLflow: the expected output of the same scripts here.

``python tests/e2e/record_scripts.py [SCRIPT…]`` writes ``tests/scripts/expected/*.txt``; with ``--check`` it only says
which differ, and ends with 1 then. Needs ``.venv-mlflow``, which ``make test`` makes.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MLFLOW = ROOT / ".venv-mlflow" / "bin" / "python"
SCRIPTS = ROOT / "tests" / "scripts"


def main() -> int:
    """Run, compare, write; the exit code."""
    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    scripts = sorted(file for file in SCRIPTS.glob("*.py") if file.stem != "conftest")
    scripts = [file for file in scripts if not names or file.stem in names]
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "GIT_"))}
        runner = [MLFLOW, Path(__file__).with_name("script_runner.py"), "mlflow", folder, *scripts]
        environment["FRAMEWORKS_BEHIND"] = json.dumps([path for path in sys.path if path.endswith("site-packages")])
        done = subprocess.run(runner, env=environment | {"HOME": folder}, stdout=subprocess.PIPE, text=True, check=True)
        codes = json.loads(done.stdout.splitlines()[-1])
        stale = 0
        for script in scripts:
            if codes[script.stem]:
                sys.stderr.write(f"{script.stem} fails:\n{(Path(folder) / f'{script.stem}.err').read_text()[-2000:]}\n")
            stale += settle(script.stem, Path(folder, f"{script.stem}.txt").read_text(encoding="utf-8"))
    return int(bool(any(codes.values()) or ("--check" in sys.argv[1:] and stale)))


def settle(name: str, text: str) -> bool:
    """Write or compare the record of one script; whether it differed."""
    file = SCRIPTS / "expected" / f"{name}.txt"
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return False
    sys.stderr.write(f"{name} prints something else than {file.relative_to(ROOT)}\n")
    if "--check" not in sys.argv[1:]:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
