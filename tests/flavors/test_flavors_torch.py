"""The pytorch flavor's formats: which is chosen, what each refuses, and the public module with MLflow's arguments."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gitmodels
from gitmodels.errors import Invalid, InvalidModel, Untrusted
from gitmodels.flavors import pytorch
from gitmodels.mlmodel.trust import Trust

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.heavy
ROWS = np.ones((4, 3), np.float32)


@pytest.fixture
def linear() -> Any:
    torch.manual_seed(0)
    return torch.nn.Linear(3, 1)


@pytest.mark.parametrize("example", [ROWS, torch.ones(4, 3), pd.DataFrame(ROWS), [torch.ones(4, 3)]], ids=type)
def test_an_example_makes_an_exported_program_of_any_number_of_rows(example: Any, linear: Any, tmp_path: Path) -> None:
    gitmodels.pytorch.save_model(linear, tmp_path / "m", input_example=example)
    assert (tmp_path / "m" / "data" / "model.pt2").is_file()
    loaded = gitmodels.pyfunc.load_model(str(tmp_path / "m"), trust=True)
    for count in (1, 7):
        rows = np.full((count, 3), 2, np.float32)
        data = pd.DataFrame(rows) if isinstance(example, pd.DataFrame) else rows
        assert np.allclose(loaded.predict(data), linear(torch.from_numpy(rows)).detach().numpy())


def test_without_an_example_the_weights_are_kept_where_the_class_can_be_made(linear: Any, tmp_path: Path) -> None:
    saved = pytorch.save(linear, tmp_path, {"model_kwargs": {"in_features": 3, "out_features": 1}})
    assert saved.config["model_class"] == "torch.nn.modules.linear.Linear"
    weights = tmp_path / "data" / "model.safetensors"
    weights.write_bytes(weights.read_bytes().replace(b'"bias"', b'"biaz"'))
    with pytest.raises(InvalidModel, match="are not those of a Linear"):
        pytorch.load(tmp_path, saved.config)
    with pytest.raises(InvalidModel, match="not a class of such models"):
        pytorch.load(tmp_path, {**saved.config, "model_class": "torch.Tensor"})
    with pytest.raises(Untrusted):
        pytorch.load(tmp_path, {**saved.config, "model_class": "subprocess.Popen"})


def test_a_class_that_cannot_be_made_is_pickled_with_a_warning(linear: Any, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="cannot be made from model_kwargs"):
        saved = pytorch.save(linear, tmp_path, {})
    assert saved.code_execution == "pickle"
    assert (tmp_path / "data" / "pickle_module_info.txt").read_text() == "mlflow.pytorch.pickle_module"
    other = {"in_features": 4, "out_features": 1}
    (tmp_path / "two").mkdir()
    with pytest.raises(Invalid, match="has other weights"):
        pytorch.save(linear, tmp_path / "two", {"serialization_format": "safetensors", "model_kwargs": other})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"serialization_format": "onnx"}, "does not write 'onnx'"),
        ({"serialization_format": "pt2"}, "needs an input_example"),
        ({"export_model": True, "input_example": "text"}, "needs an input_example"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(options: Any, words: str, linear: Any, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=words):
        pytorch.save(linear, tmp_path, options)
    with pytest.raises(Invalid, match=r"keeps a torch\.nn\.Module"):
        pytorch.save(object(), tmp_path, {})


def test_several_inputs_load_natively_only(tmp_path: Path) -> None:
    class Both(torch.nn.Module):  # type: ignore[misc]
        def forward(self, one: Any, other: Any) -> Any:
            return one + other

    saved = pytorch.save(Both(), tmp_path, {"input_example": [ROWS, ROWS]})
    assert saved.pyfunc == {}
    assert pytorch.load(tmp_path, saved.config)(torch.ones(2, 3), torch.ones(2, 3)).sum() == 12
    assert pytorch.example([ROWS, ROWS]) is None


def test_predicting_takes_tables_and_arrays_and_no_device(linear: Any) -> None:
    frame = pd.DataFrame(ROWS, index=list("wxyz"))
    assert list(pytorch.predict(linear, frame, {}).index) == list("wxyz")
    with pytest.raises(Invalid, match="when the model is loaded"):
        pytorch.predict(linear, ROWS, {"device": "cpu"})
    with pytest.raises(Invalid, match="a DataFrame or an array"):
        pytorch.predict(linear, [[1.0, 2.0, 3.0]], {})
    with pytest.raises(InvalidModel, match="answers with a tuple"):
        pytorch.predict(torch.nn.LSTM(3, 1), ROWS, {})


def test_the_device_of_the_configuration_is_used(linear: Any, tmp_path: Path) -> None:
    saved = pytorch.save(linear, tmp_path, {"model_kwargs": {"in_features": 3, "out_features": 1}})
    moved = pytorch.load_to_predict(tmp_path, {**saved.config, "config": {"device": "meta"}})
    assert next(moved.parameters()).device.type == "meta"


def test_mlflows_pickles_name_mlflow_and_are_read_without_it(linear: Any, tmp_path: Path) -> None:
    gitmodels.pytorch.save_model(linear, tmp_path / "m", serialization_format="pickle")
    with pytest.raises(Untrusted):
        gitmodels.pyfunc.load_model(str(tmp_path / "m"), trust=Trust.nothing())
    assert gitmodels.pytorch.load_model(str(tmp_path / "m"), trust=True)(torch.ones(1, 3)).shape == (1, 1)
