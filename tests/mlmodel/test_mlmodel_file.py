"""The MLmodel file: MLflow's are read, ours are canonical, strangers' are refused."""

import io
import os
from pathlib import Path

import pytest

from gitmodels import yaml
from gitmodels.errors import FileMissing, Invalid, InvalidModel, InvalidYaml
from gitmodels.mlmodel.file import MAX_SIZE, VOLATILE, ModelFile
from gitmodels.mlmodel.provenance import Provenance
from gitmodels.mlmodel.signature import ModelSignature

MLFLOW = Path(__file__).parents[1] / "formats" / "mlflow"
GOLDEN = Path(__file__).parents[1] / "formats" / "v1" / "MLmodel"
SIGNATURE = {"inputs": '[{"type": "double", "name": "a", "required": true}]', "outputs": None, "params": None}


def _file(**keys):
    return ModelFile.from_dict({"flavors": {}, **keys})


@pytest.mark.parametrize("folder", sorted(path.name for path in MLFLOW.iterdir() if path.is_dir()))
def test_what_mlflow_wrote_is_read_and_rewritten_without_what_changes(folder):
    read = ModelFile.read(MLFLOW / folder)
    assert read.mlflow_version == "3.17.2"
    assert read.model_uuid
    assert read.utc_time_created
    written = yaml.load(read.to_bytes())
    assert not set(VOLATILE) & set(written)
    assert written["flavors"] == read.flavors
    assert "prompts" in written
    assert read.prompts is None
    assert ModelFile.read(read.to_bytes()).to_bytes() == read.to_bytes()


def test_the_canonical_spelling_is_golden():
    file = ModelFile(
        flavors={
            "sklearn": {"serialization_format": "skops", "pickled_model": "model.skops", "sklearn_version": "1.9.1"},
            "python_function": {
                "loader_module": "mlflow.sklearn",
                "env": {"virtualenv": "python_env.yaml", "conda": "conda.yaml"},
                "model_path": "model.skops",
                "predict_fn": "predict",
                "python_version": "3.11.7",
            },
        },
        signature_record=SIGNATURE,
        metadata={"team": "risk", "no": ["yes", 1.5, None]},
        model_size_bytes=12,
        saved_input_example_info={"artifact_path": "input_example.json", "type": "dataframe", "pandas_orient": "split"},
        provenance=Provenance(run_id="0" * 32, utc_time_created="2026-11-23 03:10:04.123"),
    )
    assert file.to_bytes() == GOLDEN.read_bytes()
    assert ModelFile.read(GOLDEN).to_bytes() == GOLDEN.read_bytes()


def test_keys_that_nobody_here_knows_are_kept():
    file = _file(invented={"by": ["someone"]}, resources={"api": 1})
    assert yaml.load(file.to_bytes())["invented"] == {"by": ["someone"]}
    assert file.invented == {"by": ["someone"]}
    assert file.resources == {"api": 1}
    assert file.auth_policy is None
    with pytest.raises(AttributeError, match="no absent"):
        file.absent  # noqa: B018


def test_provenance_fills_in_what_the_file_does_not_hold():
    file = _file(run_id="a", model_uuid="u").with_provenance(Provenance(model_id="m-1", run_id="b"))
    assert (file.run_id, file.model_id, file.model_uuid) == ("b", "m-1", "u")
    assert file.to_dict()["run_id"] == "b"
    assert b"run_id" not in file.to_bytes()
    assert _file().with_provenance(Provenance(model_id="m-1")).model_uuid == "m-1"


def test_the_signature_is_parsed():
    file = _file(signature=SIGNATURE)
    assert file.get_input_schema().input_names() == ["a"]
    assert file.get_output_schema() is None
    assert file.get_params_schema() is None
    assert file.with_provenance(Provenance(run_id="x")).signature is file.signature


@pytest.mark.parametrize("signature", [None, {}, {"inputs": None, "outputs": None, "params": None}, {"inputs": ""}])
def test_case_45_an_absent_or_empty_signature_is_none(signature):
    file = _file(signature=signature)
    assert file.signature is None
    assert file.get_input_schema() is None


@pytest.mark.parametrize("inputs", ["nonsense", '"[]"', "[1]", '[{"type": "no such"}]', 3])
def test_case_36_a_broken_signature_is_an_error_when_it_is_asked_for(inputs):
    file = _file(signature={"inputs": inputs})
    with pytest.raises(Invalid):
        file.signature  # noqa: B018


@pytest.mark.parametrize("path", ["../../x", "/etc/passwd", "a/../../b", "..\\x", "C:\\x", 3, "a\x1bb", ""])
@pytest.mark.parametrize("key", ["model_path", "data", "code", "python_model", "pickled_model"])
def test_case_44_a_path_that_leaves_the_model_is_refused(key, path):
    with pytest.raises(InvalidModel, match=rf"flavors\.x\.{key}"):
        _file(flavors={"x": {key: path}})


@pytest.mark.parametrize(
    "config",
    [
        {"artifacts": {"a": {"path": "../x"}}},
        {"artifacts": {"a": {}}},
        {"artifacts": {"a": "x"}},
        {"artifacts": ["x"]},
        {"extra_files": [{"path": "/x"}]},
        {"extra_files": ["x"]},
        {"env": "../conda.yaml"},
        {"env": {"conda": "/conda.yaml"}},
        {"model_code_path": "../x.py"},
    ],
)
def test_case_44_paths_in_nested_keys_are_refused_too(config):
    with pytest.raises(InvalidModel):
        _file(flavors={"x": config})


def test_case_44_the_example_lies_inside():
    with pytest.raises(InvalidModel, match="artifact_path"):
        _file(saved_input_example_info={"artifact_path": "../../etc/passwd"})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"x",
        b"flavors: []",
        b"flavors: {x: 1}",
        b"metadata: {}",
        b"flavors: {}\nsignature: x",
        b"flavors: {}\nmetadata: [1]",
        b"flavors: {}\nsaved_input_example_info: x",
    ],
)
def test_what_is_no_mlmodel_file_is_refused(data):
    with pytest.raises(InvalidModel):
        ModelFile.read(data)


@pytest.mark.parametrize(
    "data",
    [b"flavors: !!python/object/apply:os.system [x]", b"a: &x 1\nb: *x", b"flavors: {}\nflavors: {}", b"\xff\xfea"],
)
def test_cases_25_to_31_yaml_outside_the_subset_is_refused(data):
    with pytest.raises(InvalidYaml):
        ModelFile.read(data)


def test_case_32_a_huge_file_is_refused_before_it_is_read(tmp_path):
    with open(tmp_path / "MLmodel", "wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(InvalidModel, match="limit"):
        ModelFile.read(tmp_path)
    with pytest.raises(InvalidYaml, match="limit"):
        ModelFile.read(b"#" * (MAX_SIZE + 1))


def test_a_long_signature_fits():
    column = '{"type": "double", "name": "column NUMBER", "required": true}'
    columns = ", ".join(column.replace("NUMBER", str(number)) for number in range(20_000))
    file = _file(signature={"inputs": f"[{columns}]"})
    assert len(ModelFile.read(file.to_bytes()).signature.inputs.inputs) == 20_000


def test_case_18_a_pipe_in_its_place_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "MLmodel")
    with pytest.raises(InvalidModel, match="regular"):
        ModelFile.read(tmp_path)


def test_a_link_in_its_place_is_refused(tmp_path):
    (tmp_path / "elsewhere").write_text("flavors: {}")
    (tmp_path / "MLmodel").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidModel, match="regular"):
        ModelFile.read(tmp_path)


def test_a_directory_without_one_says_so(tmp_path):
    with pytest.raises(FileMissing, match="no MLmodel file"):
        ModelFile.read(tmp_path)
    with pytest.raises(FileMissing):
        ModelFile.read(tmp_path / "absent")


def test_files_are_equal_by_content():
    assert _file(metadata={"a": 1}) == _file(metadata={"a": 1})
    assert _file(metadata={"a": 1}) != _file(metadata={"a": 2})
    assert _file().to_json() == '{"flavors": {}}'


def test_the_text_for_people_has_the_volatile_keys_that_are_known(tmp_path: Path) -> None:
    file = ModelFile(flavors={"x": {"b": 1}}).with_provenance(Provenance(run_id="r1"))
    stream = io.StringIO()
    assert file.to_yaml(stream) == stream.getvalue() == "flavors:\n  x:\n    b: 1\nrun_id: r1\n"
    file.save(tmp_path / "MLmodel")
    assert ModelFile.read(tmp_path) == file
    assert [path.name for path in tmp_path.iterdir()] == ["MLmodel"]


def test_another_signature_changes_nothing_else() -> None:
    from gitmodels.mlmodel.types import ColSpec, Schema

    file = ModelFile(flavors={"x": {}}, is_signature_from_type_hint=True, extra={"kept": 1})
    signature = ModelSignature(inputs=Schema([ColSpec("long", "a")]))
    changed = file.with_signature(signature)
    assert (changed.signature, changed.extra, changed.is_signature_from_type_hint) == (signature, {"kept": 1}, False)
    assert changed.with_signature(None).signature is None
