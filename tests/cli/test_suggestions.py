"""Whoever misspells something is told what was meant: names, options, commands, settings, attributes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gitmodels
import gitmodels.models
import gitmodels.pyfunc

Git = Callable[..., str]
Models = Any


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("shwo fraud/1", 2, "did you mean show?"),
        ("ls --jsno", 2, "--json"),
        ("--gitdir x ls", 2, "--git-dir"),
        ("alias sett fraud champion 1", 2, "set"),
        ("register runs:/00000000000000000000000000000000/model x", 3, "git models runs lists them"),
        ("completion bsh", 2, "bash"),
        ("help shwo", 2, "did you mean show?"),
        ("tag ls frad/1", 3, "did you mean fraud/1?"),
        ("stage frad/1 None", 3, "did you mean fraud/1?"),
        ("rollback fraud champoin", 3, "champion"),
        ("cp fraud@champoin other", 3, "did you mean fraud@champion?"),
        ("describe frad text", 3, "did you mean fraud?"),
        ("checkout fraud/7 out", 3, "fraud has v1, v2"),
        ("register models:/frad@champion other", 3, "did you mean"),
    ],
)
def test_at_the_prompt(line: str, code: int, words: str, fraud: Path, models: Models) -> None:
    done = models(*line.split(), code=code)
    assert words in done.err
    assert len(done.err.splitlines()) <= 2


def test_a_model_that_a_run_did_not_log(trained: Path, models: Models) -> None:
    (run,) = models("runs", "--json", "--filter", "attributes.run_name = 'first'").json
    assert "it logged model" in models("register", f"runs:/{run['run_id']}/modle", "x", code=3).err


def test_a_setting_that_nobody_reads_is_a_note_of_doctor(fraud: Path, models: Models, git: Git) -> None:
    git("config", "gitmodels.durabilty", "batch", cwd=fraud)
    git("config", "gitmodels.durability", "bacth", cwd=fraud)
    found = {one["where"]: one for one in models("doctor", "--json").json}
    assert "did you mean gitmodels.durability?" in found["gitmodels.durabilty"]["detail"]
    assert "takes full or batch" in found["gitmodels.durability"]["detail"]
    assert all(one["note"] for one in found.values())


@pytest.mark.parametrize(
    ("module", "name", "meant"),
    [
        (gitmodels, "log_modle", "log_model"),
        (gitmodels, "start_rnu", "start_run"),
        (gitmodels, "pyfnc", "pyfunc"),
        (gitmodels.models, "infer_signatrue", "infer_signature"),
        (gitmodels.pyfunc, "load_modle", "load_model"),
        (gitmodels.MlflowClient(), "set_registered_model_alais", "set_registered_model_alias"),
    ],
)
def test_in_python(module: Any, name: str, meant: str) -> None:
    with pytest.raises(AttributeError, match=rf"has no attribute '{name}'; did you mean '{meant}'\?"):
        getattr(module, name)


def test_what_resembles_nothing_gets_no_guess() -> None:
    for name in ("zzz", "_log_modle"):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'$"):
            getattr(gitmodels, name)
    assert not hasattr(gitmodels, "log_modle")


def test_guessing_loads_nothing_more() -> None:
    program = (
        "import sys, gitmodels\ntry: gitmodels.log_modle\nexcept AttributeError as error: print(error)\n"
        "print('gitmodels.api.fluent' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "False False"


@pytest.mark.parametrize(
    ("words", "usage"), [("show", "show [OPTIONS] REF"), ("alias set", "alias set [OPTIONS] NAME")]
)
def test_help_tells_what_the_option_tells(words: str, usage: str, models: Models, tmp_path: Path) -> None:
    done = models("-C", str(tmp_path), "help", *words.split())
    assert done.out.startswith(f"Usage: git models {usage}")
    assert done.out == models(*words.split(), "-h").out


def test_help_about_nothing_is_the_overview(models: Models) -> None:
    assert models("help").out == models("-h").out
    assert "show has no commands of its own" in models("help", "show", "me", code=2).err
    assert "no such command: add1" in models("help", "add1", code=2).err
