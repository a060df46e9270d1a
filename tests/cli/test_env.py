"""``git models env`` and ``predict --env``, as a person uses them; the environments are real."""

import json
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.api import context

Models = Any
CODE = """import gitmodels
class M(gitmodels.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        import tiny_tool
        print("printed by the model")
        return tiny_tool.doubled(model_input)
gitmodels.models.set_model(M())
"""


@pytest.fixture
def tiny(here: Path, offline_index: Path, make_wheel: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the model ``tiny``, whose package is in the index and not here."""
    monkeypatch.setattr(context, "_opened", {})
    make_wheel(
        offline_index, "tiny_tool", "1.0", {"tiny_tool.py": "def doubled(values): return [2 * v for v in values]"}
    )
    (here / "model.py").write_text(CODE)
    gitmodels.pyfunc.log_model(
        name="m",
        python_model="model.py",
        input_example=[1, 2],
        signature=False,
        pip_requirements=["tiny_tool==1.0"],
        registered_model_name="tiny",
    )
    return here


def test_what_a_model_needs_is_shown(tiny: Path, models: Models) -> None:
    done = models("env", "tiny/1")
    lines = done.out.splitlines()
    assert lines[0] == "tiny v1"
    assert lines[2].split() == ["needs", "tiny_tool==1.0"]
    assert lines[-1].split() == ["tiny_tool", "tiny_tool==1.0", "–"]
    assert models("env", "tiny/1", "--json").json["mismatches"][0]["package"] == "tiny_tool"


def test_an_environment_is_built_verified_and_predicts(tiny: Path, models: Models) -> None:
    done = models("env", "tiny/1", "--create", "e", "--verify")
    assert "built in" in done.err
    assert "tiny/1 loads and predicts its input example, in a clean environment of" in done.err
    (tiny / "data.json").write_text(json.dumps({"inputs": [3, 4]}))
    done = models("predict", "tiny/1", "data.json", "--env", "e")
    assert done.json == {"predictions": [6, 8]}
    assert "printed by the model" in done.err
    as_json = models("env", "tiny/1", "--create", "e", "--json").json
    assert "tiny-tool==1.0" in as_json["created"]["packages"]


def test_without_its_environment_the_table_says_what_is_missing(tiny: Path, models: Models) -> None:
    (tiny / "data.json").write_text(json.dumps({"inputs": [3, 4]}))
    done = models("predict", "tiny/1", "data.json", code=None)
    assert done.code != 0
    assert "  tiny_tool  1.0        –" in done.err.splitlines()


def test_a_stranger_is_refused_with_the_way_out(tiny: Path, models: Models) -> None:
    (tiny / "m").mkdir()
    (tiny / "m" / "requirements.txt").write_text("tiny_tool==1.0\n")
    models("register", "m", "stranger")
    refused = models("env", "stranger", "--create", "e", code=11).err.splitlines()
    assert refused[0] == "error: stranger/1 is not trusted: building its environment installs the packages it names"
    command = refused[1].partition("git models ")[2].partition(",")[0].split()
    assert not (tiny / "e").exists()
    models(*command)
    models("env", "stranger", "--create", "e")
    assert (tiny / "e" / "gitmodels-env.json").is_file()
