"""MLflow scripts print here what they print under MLflow, with one word replaced or not changed at all.

What MLflow prints is recorded in ``tests/scripts/expected`` by ``record_scripts.py``, so that only the heavy test needs
MLflow. The scripts run in batches: importing the frameworks costs more than most of them.
"""

import difflib
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")
for framework in ("lightgbm", "statsmodels", "xgboost"):
    pytest.importorskip(framework)

HERE = Path(__file__).parent
SCRIPTS = sorted(file for file in (HERE.parent / "scripts").glob("*.py") if file.stem != "conftest")
EXPECTED = HERE.parent / "scripts" / "expected"
MLFLOW = HERE.parents[1] / ".venv-mlflow" / "bin" / "python"
BATCHES = 2


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("mode", ["replaced", "as_mlflow"])
def test_scripts_print_what_they_print_under_mlflow(mode: str, batch: int, tmp_path: Path) -> None:
    scripts = SCRIPTS[batch::BATCHES]
    runner = [sys.executable, str(HERE / "script_runner.py"), mode, str(tmp_path), *map(str, scripts)]
    done = subprocess.run(runner, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    codes = json.loads(done.stdout.splitlines()[-1])
    wrong = [report for script in scripts if (report := _report(script, codes[script.stem], tmp_path))]
    assert not wrong, "\n\n".join(wrong)


def _report(script: Path, code: int, folder: Path) -> str:
    """Where a script's output leaves the record, and what it died of; nothing when it is as recorded."""
    expected = (EXPECTED / f"{script.stem}.txt").read_text(encoding="utf-8")
    printed = (folder / f"{script.stem}.txt").read_text(encoding="utf-8")
    if code == 0 and printed == expected:
        return ""
    lines = difflib.unified_diff(expected.splitlines(), printed.splitlines(), "mlflow", "gitmodels", lineterm="", n=1)
    errors = (folder / f"{script.stem}.err").read_text(encoding="utf-8").splitlines()[-1:]
    return "\n".join([f"{script.stem} (exit code {code})", *lines, *errors])


def test_every_script_is_mlflows_own_and_has_a_record() -> None:
    assert len(SCRIPTS) >= 30
    assert {file.stem for file in SCRIPTS} == {file.stem for file in EXPECTED.glob("*.txt")}
    for script in SCRIPTS:
        assert "gitmodels" not in script.read_text(encoding="utf-8"), script.stem


def test_one_script_runs_by_the_command_a_user_types(git_repo: Path) -> None:
    script = HERE.parent / "scripts" / "pyfunc_add_n.py"
    command = [sys.executable, "-m", "gitmodels.as_mlflow", str(script)]
    done = subprocess.run(command, cwd=git_repo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (EXPECTED / "pyfunc_add_n.txt").read_text(encoding="utf-8")


@pytest.mark.heavy
@pytest.mark.skipif(not MLFLOW.exists(), reason="MLflow's environment .venv-mlflow is not made: make test")
def test_the_records_are_what_mlflow_prints() -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "record_scripts.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
