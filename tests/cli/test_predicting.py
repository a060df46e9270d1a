"""``git models predict``: every form of input, the same answer; a wrong one refused in one line."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.api import context

Models = Any


@pytest.fixture(scope="module")
def table() -> Any:
    import pandas as pd

    return pd.DataFrame({"amount": [1.0, 2.5, 40.0, 60.0], "age": [20.0, 30.0, 40.0, 50.0]})


@pytest.fixture
def repo(here: Path, table: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model ``fraud`` with a signature, and ``bare`` without one."""
    from sklearn.linear_model import LinearRegression

    monkeypatch.setattr(context, "_opened", {})
    model = LinearRegression().fit(table, [0.0, 1.0, 2.0, 3.0])
    gitmodels.sklearn.log_model(model, name="m", input_example=table.head(1), registered_model_name="fraud")
    gitmodels.sklearn.log_model(model, name="b", registered_model_name="bare")
    return here


def _bodies(table: Any) -> dict[str, str]:
    split = table.to_dict(orient="split")
    return {
        "dataframe_split": json.dumps({"dataframe_split": {"columns": split["columns"], "data": split["data"]}}),
        "dataframe_records": json.dumps({"dataframe_records": table.to_dict(orient="records")}),
        "instances": json.dumps({"instances": table.to_dict(orient="records")}),
        "inputs": json.dumps({"inputs": table.to_dict(orient="list")}),
    }


def test_every_form_of_input_gives_one_answer(repo: Path, table: Any, models: Models) -> None:
    expected = gitmodels.pyfunc.load_model("models:/fraud/1").predict(table).tolist()
    for form, body in _bodies(table).items():
        (repo / "data.json").write_text(body)
        assert models("predict", "fraud/1", "data.json").json == {"predictions": pytest.approx(expected)}, form
    table.to_csv(repo / "data.csv", index=False)
    assert models("predict", "fraud/1", "data.csv").json["predictions"] == pytest.approx(expected)
    (repo / "data.csv").rename(repo / "data.txt")
    assert models("predict", "fraud/1", "data.txt", "--type", "csv").json["predictions"] == pytest.approx(expected)
    table.to_parquet(repo / "data.parquet")
    assert models("predict", "fraud/1", "data.parquet").json["predictions"] == pytest.approx(expected)


def test_standard_input_is_read(repo: Path, table: Any, program: Any) -> None:
    done = program("predict", "fraud/1", stdin=_bodies(table)["inputs"])
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["predictions"]) == len(table)


def test_no_input_at_all_says_how_data_is_given(repo: Path, program: Any) -> None:
    done = program("predict", "fraud/1", stdin="")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.splitlines()[0] == "error: no data: standard input is empty"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"dataframe_records": [{"amount": "4000-1234", "age": 1.0}]}, "amount"),
        ({"dataframe_records": [{"amount": 1.0}]}, "age"),
        ({"inputs": {"amount": ["4000-1234"], "age": [1.0]}}, "amount"),
        ({"instances": [1, 2]}, ""),
        ({"dataframe_split": {"columns": ["amount"], "data": [[1.0, 2.0]]}}, ""),
        ({"dataframe_split": 7}, ""),
        ({"nonsense": []}, ""),
        ({"inputs": {"amount": [1.0], "age": [1.0]}, "params": {"nope": 1}}, ""),
    ],
)
def test_a_wrong_input_is_one_line_without_its_data(body: Any, words: str, repo: Path, models: Models) -> None:
    (repo / "data.json").write_text(json.dumps(body))
    done = models("predict", "fraud/1", "data.json", code=None)
    if body.get("params"):  # a model without params ignores them with a warning, as in MLflow
        assert done.code in (0, 4)
        return
    assert done.code == 4, done
    assert words in done.err
    assert "4000-1234" not in done.err
    assert len(done.err.splitlines()) <= 2
    assert done.out == ""


def test_what_the_model_itself_raises_is_one_line_without_the_data(repo: Path, models: Models) -> None:
    (repo / "data.json").write_text(json.dumps({"dataframe_records": [{"amount": "4000-1234", "age": 1.0}]}))
    done = models("predict", "bare/1", "data.json", code=4)
    assert done.err.startswith("error: bare/1 cannot predict for this data: the model raised ValueError\n")
    assert "4000-1234" not in done.err
    assert "Traceback" in models("--debug", "predict", "bare/1", "data.json", code=4).err


def test_broken_files_are_refused(repo: Path, models: Models) -> None:
    for name, data in (("x.parquet", b"PAR1junk"), ("x.csv", b"\xff\xfe\x00"), ("x.json", b"[" * 100_000)):
        (repo / name).write_bytes(data)
        done = models("predict", "fraud/1", name, code=4)
        assert len(done.err.splitlines()) <= 2, name
    assert models("predict", "fraud/1", ".", code=1).err.startswith("error: ")


def test_a_model_that_nothing_loads_says_so(repo: Path, models: Models) -> None:
    (repo / "w.bin").write_bytes(b"x")
    models("register", "w.bin", "plain")
    (repo / "data.json").write_text(json.dumps({"inputs": [1]}))
    assert "no flavor can load this" in models("predict", "plain/1", "data.json", code=3).err


@pytest.mark.filterwarnings("ignore:.*pickle.*")
def test_a_pickle_from_elsewhere_is_refused_with_the_command_and_runs_when_trusted(
    repo: Path, table: Any, models: Models, tmp_path: Path
) -> None:
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(table, [0.0, 1.0, 2.0, 3.0])
    gitmodels.sklearn.save_model(model, tmp_path / "m", serialization_format="cloudpickle")
    with (tmp_path / "m" / "MLmodel").open("a") as stream:
        stream.write("metadata:\n  from: afar\n")
    models("register", str(tmp_path / "m"), "afar")
    (repo / "data.json").write_text(_bodies(table)["dataframe_split"])
    refused = models("predict", "afar/1", "data.json", code=11).err.splitlines()
    assert "afar/1 is not trusted" in refused[0]
    assert ", or --trust, or GITMODELS_TRUST=all" in refused[1]
    command = refused[1].partition("git models ")[2].partition(",")[0].split()
    assert models("predict", "afar/1", "data.json", "--trust").json["predictions"]
    models("predict", "afar/1", "data.json", code=11)
    models(*command)
    assert models("predict", "afar/1", "data.json").json["predictions"]
    assert os.environ.get("GITMODELS_TRUST") is None
