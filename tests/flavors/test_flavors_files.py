"""Files of flavors, judged and read: ONNX with data beside it, configurations of Keras and of Hugging Face folders."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gitmodels.errors import FileMissing, Invalid, InvalidModel, InvalidYaml, MissingDependency, NotSupported
from gitmodels.flavors import hub_files, keras_files, pickle_files, pickling
from gitmodels.flavors.frameworks import starting_java
from gitmodels.mlmodel.execution import code_execution
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.loaders import load_native
from gitmodels.mlmodel.trust import Trust


def _onnx() -> Any:
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper, numpy_helper

    float_, names = TensorProto.FLOAT, ("a", "b")
    inputs = [helper.make_tensor_value_info(name, float_, ["rows"]) for name in names]
    weight = numpy_helper.from_array(np.full((600,), 2, np.float32)[:1], "w")
    nodes = [helper.make_node("Add", ["a", "b"], ["s"]), helper.make_node("Mul", ["s", "w"], ["y"])]
    output = helper.make_tensor_value_info("y", float_, ["rows"])
    graph = helper.make_graph(nodes, "two", inputs, [output], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def test_a_model_of_several_inputs_takes_columns_or_a_dictionary(caplog: pytest.LogCaptureFixture) -> None:
    model = _onnx()
    from gitmodels.flavors import onnx

    answer = onnx.predict(model, pd.DataFrame({"b": [1.0], "a": [2.0]}), {})
    assert answer.to_dict(orient="list") == {"y": [6.0]}
    named = onnx.predict(model, {"a": np.ones(2, np.float32), "b": np.ones(2)}, {})
    assert named["y"].tolist() == [4.0, 4.0]
    for refused in ([1, 2], np.ones(2)):
        with pytest.raises(Invalid, match="takes a DataFrame"):
            onnx.predict(model, refused, {})


def test_tensors_beside_the_file_stay_inside_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _onnx()
    from onnx import numpy_helper, save_model

    from gitmodels.flavors import onnx

    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.full((600,), 2, np.float32), "w"))
    monkeypatch.setattr(onnx, "INLINE", 1000)
    saved = onnx.save(model, tmp_path, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "model.onnx.data"]
    back = onnx.load(tmp_path, saved.config)
    assert numpy_helper.to_array(back.graph.initializer[0]).sum() == 1200
    assert numpy_helper.to_array(model.graph.initializer[0]).sum() == 1200, "the caller's model was changed"
    (tmp_path / "outside").mkdir()
    save_model(model, tmp_path / "outside" / "model.onnx", save_as_external_data=True, location="d", size_threshold=1)
    bare = (tmp_path / "outside" / "model.onnx").read_bytes()
    (tmp_path / "model.onnx").write_bytes(bare.replace(b"\x08location\x12\x01d", b"\x08location\x12\x01/"))
    with pytest.raises((InvalidModel, FileMissing)):
        onnx.load(tmp_path, saved.config)
    (tmp_path / "model.onnx.data").unlink()
    (tmp_path / "model.onnx").write_bytes(bare)
    with pytest.raises(FileMissing, match="external data"):
        onnx.load(tmp_path, saved.config)
    del model.graph.initializer[:]
    assert onnx.save(model, tmp_path / "outside", {"save_as_external_data": False}).code_execution == "none"


def test_providers_with_options_of_their_own_ask_for_trust(tmp_path: Path) -> None:
    config = {
        "data": "model.onnx",
        "providers": [["TensorrtExecutionProvider", {"trt_extra_plugin_lib_paths": "x.so"}]],
    }
    (tmp_path / "MLmodel").write_bytes(ModelFile(flavors={"onnx": config}).to_bytes())
    assert code_execution(tmp_path) == "python-code"
    config = {"data": "model.onnx", "onnx_session_options": {"extra_session_config": {"a": "b"}}}
    (tmp_path / "MLmodel").write_bytes(ModelFile(flavors={"onnx": config}).to_bytes())
    assert code_execution(tmp_path) == "python-code"


DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}, "registered_name": None}
KERAS = [
    (DENSE, "none"),
    (
        {"module": "keras", "class_name": "Sequential", "config": {"layers": [DENSE]}, "registered_name": "Sequential"},
        "none",
    ),
    ({**DENSE, "class_name": "Lambda"}, "python-code"),
    ({**DENSE, "class_name": "TFSMLayer"}, "python-code"),
    ({**DENSE, "class_name": "StringLookup"}, "python-code"),
    ({**DENSE, "registered_name": "mine>Dense"}, "python-code"),
    ({**DENSE, "module": "os", "class_name": "system"}, "python-code"),
    ({**DENSE, "module": "keras.utils", "class_name": "get_file"}, "python-code"),
    ({"class_name": "__lambda__", "config": {"value": "x"}}, "python-code"),
    (
        {**DENSE, "config": {"activation": {"module": "builtins", "class_name": "function", "config": "f"}}},
        "python-code",
    ),
    ({**DENSE, "config": [[{"module": "keras.layers"}]]}, "python-code"),
    ({**DENSE, "class_name": ["Dense"]}, "python-code"),
    ({**DENSE, "module": ["keras.layers"]}, "python-code"),
]


@pytest.mark.parametrize(("config", "expected"), KERAS)
def test_a_keras_file_is_judged_by_all_that_it_names(config: Any, expected: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"")
    assert keras_files.execution_of(tmp_path / "m.keras") == expected


def test_a_keras_file_that_is_none_or_holds_more_is_not_harmless(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(b"no zip")
    assert keras_files.execution_of(path) == "python-code"
    for name, data in (("metadata.json", "{}"), ("config.json", "["), ("config.json", "[" * 100_000)):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, data)
        assert keras_files.execution_of(path) == "python-code"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(DENSE))
        archive.writestr("assets/vocabulary.txt", "x")
    assert keras_files.execution_of(path) == "python-code"


PLAIN = {"config.json": json.dumps({"hidden": 8, "auto_map": None}), "model.safetensors": "x", "vocab.txt": "a"}


@pytest.mark.parametrize(
    ("more", "plain"),
    [
        ({}, True),
        ({"sub/config.json": json.dumps([{"a": {"auto_map": {"AutoModel": "m.M"}}}])}, False),
        ({"config.json": '{"\\u0061uto_map": {"AutoModel": "m.M"}}'}, False),
        ({"config.json": '{"_attn_implementation": "someone/kernel"}'}, False),
        ({"pytorch_model.bin": "x"}, False),
        ({"modeling.py": "x"}, False),
        ({"config.json": "{"}, False),
        ({"config.json": "[" * 100_000}, False),
    ],
)
def test_a_folder_of_the_hub_is_plain_only_without_names_of_code(
    more: dict[str, str], plain: bool, tmp_path: Path
) -> None:
    for name, text in {**PLAIN, **more}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert hub_files.is_plain(tmp_path) is plain
    assert not hub_files.is_plain(tmp_path / "absent")


def test_a_model_that_only_names_its_source_is_remote_code_and_never_fetched(tmp_path: Path) -> None:
    config = {"task": "fill-mask", "source_model_name": "someone/model", "source_model_revision": "abc"}
    (tmp_path / "MLmodel").write_bytes(ModelFile(flavors={"transformers": config}).to_bytes())
    assert code_execution(tmp_path) == "remote-code"
    with pytest.raises(Exception, match="nothing is fetched"):
        load_native(tmp_path, "transformers", trust=Trust.all())


def test_statsmodels_leaves_out_the_data_on_request_and_not_the_callers(tmp_path: Path) -> None:
    sm = pytest.importorskip("statsmodels.api")
    from gitmodels.flavors import statsmodels

    rows = np.random.default_rng(0).normal(size=(500, 2))
    fitted = sm.OLS(rows.sum(axis=1), rows).fit()
    (tmp_path / "whole").mkdir()
    (tmp_path / "less").mkdir()
    statsmodels.save(fitted, tmp_path / "whole", {})
    saved = statsmodels.save(fitted, tmp_path / "less", {"remove_data": True})
    sizes = [(tmp_path / name / "model.statsmodels").stat().st_size for name in ("less", "whole")]
    assert sizes[0] < sizes[1] / 2
    assert fitted.resid is not None
    assert np.allclose(statsmodels.load(tmp_path / "less", saved.config).predict(rows), fitted.predict(rows))
    with pytest.raises(Invalid, match="keeps fitted results"):
        statsmodels.save(sm.OLS(rows.sum(axis=1), rows), tmp_path, {})
    series = sm.tsa.AutoReg(rows[:, 0], lags=1).fit()
    with pytest.raises(Invalid, match="one row with the columns start and end"):
        statsmodels.predict(series, pd.DataFrame({"start": [1]}), {})


def test_a_pickle_is_told_from_other_bytes_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    monkeypatch.setattr(pickling, "loads", read.append)
    for odd in (b"", b"\x80", b"\x80\x06N.", b"\x80\x01N.", b"PK\x03\x04", b"cos\nsystem\n."):
        assert not pickle_files.is_pickle(odd)
        with pytest.raises(InvalidModel, match="not of the format"):
            pickle_files.loads(odd)
    assert read == []
    pickle_files.loads(b"\x80\x05N.")
    assert read == [b"\x80\x05N."]


@pytest.mark.parametrize(
    "told", ["[]", "init: [1]", "model_file: ../outside", "model_file: /etc/hostname", "{}", "a: [b"]
)
def test_what_stands_beside_an_h2o_model_names_no_other_file(told: str, tmp_path: Path) -> None:
    pytest.importorskip("h2o")
    (tmp_path / "model.h2o").mkdir()
    (tmp_path / "outside").write_bytes(b"x")
    (tmp_path / "model.h2o" / "h2o.yaml").write_text(told)
    (tmp_path / "MLmodel").write_bytes(ModelFile(flavors={"h2o": {"data": "model.h2o"}}).to_bytes())
    assert code_execution(tmp_path) == "pickle"
    with pytest.raises((InvalidModel, InvalidYaml)):
        load_native(tmp_path, "h2o", trust=Trust.all())


def test_an_h2o_model_says_how_large_its_server_is_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = pytest.importorskip("h2o")
    (tmp_path / "model.h2o").mkdir()
    (tmp_path / "model.h2o" / "model").write_bytes(b"x")
    asked = (
        "{max_mem_size: 2G, nthreads: 1, url: 'http://192.0.2.1', jvm_custom_args: [-agentlib:x], extra_classpath: [x]}"
    )
    (tmp_path / "model.h2o" / "h2o.yaml").write_text(f"model_file: model\nfull_file: /elsewhere/model\ninit: {asked}\n")
    (tmp_path / "MLmodel").write_bytes(ModelFile(flavors={"h2o": {"data": "model.h2o"}}).to_bytes())
    started: list[dict[str, Any]] = []
    monkeypatch.setattr(server, "connection", lambda: None)
    monkeypatch.setattr(server, "init", lambda **given: started.append(given))
    monkeypatch.setattr(server, "upload_model", lambda path: path)
    assert load_native(tmp_path, "h2o", trust=Trust.all()) == str(tmp_path / "model.h2o" / "model")
    assert started == [{"max_mem_size": "2G", "nthreads": 1, "verbose": False}]


def test_a_model_of_spark_connect_and_one_without_fit_are_told(tmp_path: Path) -> None:
    ml = pytest.importorskip("pyspark.ml")
    from gitmodels.flavors import spark

    (tmp_path / "sparkml").mkdir()
    with pytest.raises(NotSupported, match=r"pyspark\.ml\.connect"):
        spark.load(tmp_path, {"model_data": "sparkml", "model_class": "pyspark.ml.connect.pipeline.PipelineModel"})
    with pytest.raises(Invalid, match="keeps fitted models, not a Pipeline"):
        spark.save(ml.Pipeline(stages=[]), tmp_path, {})


def test_a_java_server_that_does_not_start_is_told_with_the_way_out() -> None:
    with (
        pytest.raises(MissingDependency, match="H2O could not start its Java server") as raised,
        starting_java("H2O"),
    ):
        raise OSError("cannot find java; is it installed?")
    assert "default-jre-headless" in raised.value.hint


def test_a_tensorflow_model_is_judged_by_its_file_and_by_what_lies_beside(tmp_path: Path) -> None:
    from gitmodels.flavors import tensorflow

    config = {"model_type": "keras", "data": "data"}
    (tmp_path / "data").mkdir()
    with zipfile.ZipFile(tmp_path / "data" / "model.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(DENSE))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"")
    assert tensorflow.code_execution(tmp_path, config) == "none"
    (tmp_path / "data" / "custom_objects.cloudpickle").write_bytes(b"\x80\x05N.")
    assert tensorflow.code_execution(tmp_path, config) == "pickle"
    (tmp_path / "tf2model").mkdir()
    module = {"model_type": "tf2-module", "saved_model_dir": "tf2model"}
    assert tensorflow.code_execution(tmp_path, module) == "python-code"
    with pytest.raises(NotSupported, match="modules of TensorFlow 2"):
        tensorflow.load(tmp_path, {"model_type": "tf1-estimator", "saved_model_dir": "tf2model"})
