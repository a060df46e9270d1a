"""Saving a model as a complete directory: parts, order, equal bytes, nothing half-written."""

import logging
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gitmodels import yaml
from gitmodels.errors import AlreadyExists, FileMissing, FlavorNotFound, Invalid, InvalidYaml, SchemaMismatch
from gitmodels.flavors.python_model import PythonModel, TypeFromExample
from gitmodels.mlmodel import package
from gitmodels.mlmodel.infer import infer_signature
from gitmodels.mlmodel.package import PackageOptions
from gitmodels.mlmodel.predictor import load_predictor
from gitmodels.mlmodel.requirements import Overrides
from gitmodels.mlmodel.trust import Trust

FRAME = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
QUICK = Overrides(pip_requirements=["pandas"])


class _First(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["a"].to_numpy()


class _Fails(PythonModel):
    def predict(self, model_input):
        raise ZeroDivisionError("secret 4711")


def _save(tmp_path, model=None, name="m", flavor_options=None, **options):
    options = {"overrides": QUICK, **options}
    return package.save(
        model or _First(), tmp_path / name, "python_function", PackageOptions(**options), flavor_options
    )


def _listing(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_the_parts_of_a_model(tmp_path):
    file = _save(tmp_path, input_example=FRAME, metadata={"team": "risk"})
    names = _listing(tmp_path / "m")
    assert {"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "python_model.pkl"} < set(names)
    assert {"input_example.json", "serving_input_example.json"} < set(names)
    assert file.saved_input_example_info["type"] == "dataframe"
    assert file.metadata == {"team": "risk"}
    pyfunc = file.flavors["python_function"]
    assert pyfunc["env"] == {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
    assert pyfunc["python_version"].count(".") == 2
    sizes = sum((tmp_path / "m" / name).stat().st_size for name in names if name != "MLmodel")
    assert file.model_size_bytes == sizes


def test_the_signature_comes_from_the_example_and_the_prediction(tmp_path):
    signature = _save(tmp_path, input_example=FRAME).signature
    assert signature.inputs.input_names() == ["a", "b"]
    assert str(signature.outputs) == "[double (required)]"


def test_an_array_stays_an_array(tmp_path):
    signature = _save(tmp_path, lambda model_input: model_input * 2, input_example=np.ones((2, 3))).signature
    assert signature.inputs.is_tensor_spec()
    assert signature.outputs.is_tensor_spec()


def test_parameters_of_the_example_are_in_the_signature(tmp_path):
    signature = _save(tmp_path, input_example=(FRAME, {"more": 1})).signature
    assert [spec.name for spec in signature.params.params] == ["more"]


def test_a_given_signature_counts_and_false_means_none(tmp_path):
    given = infer_signature(FRAME[["a"]], [1.0])
    assert _save(tmp_path, name="one", signature=given, input_example=FRAME).signature == given
    assert _save(tmp_path, name="two", signature=False, input_example=FRAME).signature is None
    assert _save(tmp_path, name="three").signature is None


def test_case_45_a_signature_that_refuses_its_example_stops_the_logging(tmp_path):
    with pytest.raises(SchemaMismatch, match=r"does not accept the input example: .*missing inputs") as refusal:
        _save(tmp_path, signature=infer_signature(pd.DataFrame({"c": [1.0]})), input_example=FRAME)
    assert "leave the signature out" in refusal.value.hint
    assert "3.0" not in refusal.value.message
    with pytest.raises(Invalid, match=r"does not accept the input example: .*'more'"):
        _save(tmp_path, signature=infer_signature(FRAME, params={"more": 1}), input_example=(FRAME, {"more": "x"}))
    assert list(tmp_path.iterdir()) == []


def test_a_type_hint_that_refuses_the_example_stops_the_logging(tmp_path):
    def upper(model_input: list[str]) -> list[str]:
        return [text.upper() for text in model_input]

    assert _save(tmp_path, upper, name="fits", input_example=["a"]).is_signature_from_type_hint
    with pytest.raises(SchemaMismatch, match="type hint of predict does not accept the input example: item 1 is int"):
        _save(tmp_path, upper, name="not", input_example=["a", 4711])
    assert [path.name for path in tmp_path.iterdir()] == ["fits"]


def test_type_hints_say_more_than_a_given_signature(tmp_path, caplog):
    def upper(model_input: list[str]) -> list[str]:
        return [text.upper() for text in model_input]

    given = infer_signature([1])
    with caplog.at_level(logging.WARNING, "gitmodels"):
        file = _save(tmp_path, upper, name="both", signature=given, input_example=["a"])
    assert str(file.signature.inputs) == "[string (required)]"
    assert "type hints of predict say another" in caplog.text
    assert _save(tmp_path, upper, name="none", signature=False).signature is None


@pytest.mark.parametrize(
    ("example", "data"),
    [
        (["a"], ["b", "c"]),
        ([{"a": 1, "b": "x"}], [{"a": 2, "b": "y"}, {"a": 3, "b": "z"}]),
        (FRAME, FRAME),
    ],
)
def test_a_model_can_ask_for_the_form_of_its_example(example, data, tmp_path):
    def echo(model_input: TypeFromExample):
        return model_input

    file = _save(tmp_path, echo, input_example=example)
    assert file.type_hint_from_example
    assert not file.is_signature_from_type_hint
    found = load_predictor(tmp_path / "m", trust=Trust.all()).predict(data)
    assert type(found) is type(data)
    assert found.equals(data) if isinstance(data, pd.DataFrame) else found == data


def test_the_form_of_an_example_needs_one_that_has_rows(tmp_path, caplog):
    def echo(model_input: TypeFromExample):
        return model_input

    with caplog.at_level(logging.WARNING, "gitmodels"):
        assert not _save(tmp_path, echo, name="none").type_hint_from_example
        assert not _save(tmp_path, echo, name="dict", input_example={"a": 1}).type_hint_from_example
    assert [message for message in caplog.messages if "TypeFromExample" in message] == [caplog.messages[0]] * 2


def test_a_huge_example_is_cut_and_the_signature_still_knows_all_of_it(tmp_path, caplog):
    frame = pd.DataFrame({"a": np.arange(20_000.0), "b": 1.5})
    frame.loc[19_999, "a"] = None
    with caplog.at_level(logging.WARNING, "gitmodels"):
        file = _save(tmp_path, input_example=frame)
    assert caplog.messages == ["the input example has 20000 rows, the first 10000 are kept"]
    assert str(file.signature.inputs) == "['a': double (optional), 'b': double (required)]"
    assert len(file.load_input_example(tmp_path / "m")) == 10_000


def test_a_model_that_cannot_predict_its_example_is_saved_and_its_data_is_not_told(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "gitmodels"):
        file = _save(tmp_path, _Fails(), input_example=FRAME)
    assert file.signature is None
    assert "ZeroDivisionError" in caplog.text
    assert "4711" not in caplog.text


def test_the_callers_example_is_not_changed(tmp_path):
    def spoils(model_input):
        model_input["a"] = 0.0
        return [1.0] * len(model_input)

    example = FRAME.copy()
    _save(tmp_path, spoils, input_example=example)
    assert example.equals(FRAME)
    assert load_predictor(tmp_path / "m", trust=Trust.all()).input_example.equals(FRAME)


def test_code_travels_without_caches_and_is_found_at_loading(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "src")])
    source = tmp_path / "src" / "gm_travels"
    (source / "__pycache__").mkdir(parents=True)
    (source / "__pycache__/x.pyc").write_bytes(b"x")
    (source / ".gitignore").write_text("*")
    (source / "__init__.py").write_text(
        "from gitmodels.flavors.python_model import PythonModel\n"
        "class Answers(PythonModel):\n    def predict(self, model_input):\n        return 'travelled'\n"
    )
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import gm_travels

    file = _save(tmp_path, gm_travels.Answers(), code_paths=[source], input_example=FRAME)
    assert [name for name in _listing(tmp_path / "m") if name.startswith("code/")] == ["code/gm_travels/__init__.py"]
    assert file.flavors["python_function"]["code"] == "code"
    assert package.code_execution(tmp_path / "m") == "python-code"
    for name in ("gm_travels",):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(tmp_path / "src")])
    assert load_predictor(tmp_path / "m", trust=Trust.all()).predict(FRAME) == "travelled"
    assert not list((tmp_path / "m").rglob("__pycache__"))


def test_two_code_paths_of_one_name_are_refused(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.py").write_text("")
    with pytest.raises(Invalid, match=r"same\.py"):
        _save(tmp_path, code_paths=[tmp_path / "one/same.py", tmp_path / "two/same.py"])
    with pytest.raises(Invalid, match="list of paths"):
        _save(tmp_path, code_paths=str(tmp_path))


def test_a_model_is_not_copied_into_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Invalid, match="saved inside it"):
        _save(tmp_path, code_paths=["."])
    assert list(tmp_path.iterdir()) == []


def test_extra_files_are_listed(tmp_path):
    (tmp_path / "card.md").write_text("# card")
    file = _save(tmp_path, extra_files=[tmp_path / "card.md"])
    assert file.flavors["python_function"]["extra_files"] == [{"path": "extra_files/card.md"}]
    assert (tmp_path / "m/extra_files/card.md").read_text() == "# card"


def test_a_used_directory_is_refused_and_an_empty_one_taken(tmp_path):
    (tmp_path / "m").mkdir()
    _save(tmp_path)
    with pytest.raises(AlreadyExists):
        _save(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(AlreadyExists):
        _save(tmp_path, name="file")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"model": 3}, Invalid),
        ({"code_paths": ["/no/such/place"]}, FileMissing),
        ({"metadata": {"when": object()}}, InvalidYaml),
        ({"metadata": {"big": 2**70}}, InvalidYaml),
        ({"flavor_options": {"artifacts": {"a": "/no/such/place"}}}, FileMissing),
    ],
)
def test_what_fails_leaves_nothing_behind(options, error, tmp_path):
    (tmp_path / "m").mkdir()
    with pytest.raises(error):
        _save(tmp_path, **options)
    assert _listing(tmp_path) == []
    assert os.listdir(tmp_path) == ["m"]


def test_an_unknown_flavor_writes_nothing(tmp_path):
    with pytest.raises(FlavorNotFound):
        package.save(_First(), tmp_path / "m", "paddle")
    assert list(tmp_path.iterdir()) == []


def test_the_umask_decides_who_may_read(tmp_path):
    before = os.umask(0o022)
    try:
        _save(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "m").stat().st_mode & 0o777 == 0o755


def test_requirements_are_captured_by_default(tmp_path):
    package.save(_First(), tmp_path / "m", "python_function")
    assert any(line.startswith("cloudpickle==") for line in (tmp_path / "m/requirements.txt").read_text().splitlines())


def test_local_modules_that_do_not_travel_are_told(tmp_path, monkeypatch, caplog):
    (tmp_path / "gm_local_only.py").write_text("def answer():\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import gm_local_only

    with caplog.at_level(logging.WARNING, "gitmodels"):
        package.save(lambda model_input: gm_local_only.answer(), tmp_path / "m", "python_function")
    assert "gm_local_only" in caplog.text
    assert "code_paths" in caplog.text


def test_an_estimator_is_saved_for_both_doors(tmp_path):
    from sklearn.linear_model import LogisticRegression

    (tmp_path / "card.md").write_text("# card")
    model = LogisticRegression().fit(FRAME, [0, 1])
    options = PackageOptions(input_example=FRAME, overrides=QUICK, extra_files=[tmp_path / "card.md"])
    file = package.save(model, tmp_path / "m", "sklearn", options)
    assert set(file.flavors) == {"python_function", "sklearn"}
    assert file.flavors["python_function"]["loader_module"] == "mlflow.sklearn"
    assert file.flavors["sklearn"]["extra_files"] == [{"path": "extra_files/card.md"}]
    assert "extra_files" not in file.flavors["python_function"]
    assert str(file.signature.outputs) == "[long (required)]"
    assert package.code_execution(tmp_path / "m") == "none"
    assert load_predictor(tmp_path / "m", trust=Trust.nothing()).predict(FRAME).tolist() == [0, 1]


def test_no_file_holds_a_time_an_id_or_a_place(tmp_path):
    _save(tmp_path, input_example=FRAME)
    keys = yaml.load((tmp_path / "m/MLmodel").read_bytes())
    assert not {"utc_time_created", "model_uuid", "run_id", "model_id", "artifact_path"} & set(keys)
    for name in _listing(tmp_path / "m"):
        data = (tmp_path / "m" / name).read_bytes()
        assert str(tmp_path).encode() not in data
        assert os.fsencode(Path(__file__).parent) not in data
