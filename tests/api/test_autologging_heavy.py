"""``autolog`` of large frameworks: Keras, PyTorch Lightning and the Trainer of transformers, with the real ones."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest

import gitmodels
from gitmodels import entities
from gitmodels.api import autolog_session

os.environ.setdefault("KERAS_BACKEND", "torch")
pytestmark = [
    pytest.mark.heavy,
    # The frameworks' own, among themselves.
    *map(pytest.mark.filterwarnings, ("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")),
]
RANDOM = numpy.random.default_rng(0)
X = RANDOM.normal(size=(32, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")


@pytest.fixture(autouse=True)
def switched_off(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(git_repo)
    autolog_session._told.clear()
    yield
    gitmodels.autolog(disable=True)
    while gitmodels.active_run():
        gitmodels.end_run()


def _run() -> entities.Run:
    found: list[entities.Run] = gitmodels.search_runs(output_format="list", search_all_experiments=True)
    (run,) = found
    assert autolog_session._told == set(), "nothing was left out"
    return run


def _steps(run: entities.Run, key: str) -> list[int]:
    return [point.step for point in gitmodels.MlflowClient().get_metric_history(run.info.run_id, key)]


def test_a_fit_of_keras_is_told_as_mlflow_tells_it() -> None:
    keras = pytest.importorskip("keras")
    gitmodels.keras.autolog()
    model = keras.Sequential([keras.Input([4]), keras.layers.Dense(2, activation="softmax")])
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    mine = keras.callbacks.Callback()
    callbacks = [mine]
    model.fit(X, Y, 8, epochs=3, validation_data=(X[:8], Y[:8]), callbacks=callbacks, verbose=0)
    assert callbacks == [mine]
    run = _run()
    assert run.data.tags["mlflow.autologging"] == "keras"
    params = run.data.params
    assert (params["epochs"], params["batch_size"]) == ("3", "8")
    # Keras numbers the optimizers of one process.
    assert params["optimizer_name"].startswith("adam")
    assert "x" not in params
    assert _steps(run, "val_accuracy") == [0, 1, 2]
    assert len(_steps(run, "validation_loss")) == 3
    assert {each.tags[0].value for each in run.inputs.dataset_inputs} == {"train", "eval"}
    assert "dense" in gitmodels.artifacts.load_text(f"runs:/{run.info.run_id}/model_summary.txt")
    loaded = gitmodels.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    spec = loaded.metadata.signature.inputs.to_dict()[0]["tensor-spec"]
    assert (spec["dtype"], list(spec["shape"])) == ("float32", [-1, 4])
    assert numpy.allclose(loaded.predict(X), model.predict(X, verbose=0), atol=1e-6)


def test_keras_tells_every_some_steps_when_asked() -> None:
    keras = pytest.importorskip("keras")
    gitmodels.keras.autolog(log_every_epoch=False, log_every_n_steps=2, log_models=False)
    model = keras.Sequential([keras.Input([4]), keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(x=X, y=X[:, 0], batch_size=8, verbose=0)
    assert _steps(_run(), "loss") == [2, 4]
    with pytest.raises(gitmodels.MlflowException, match="log_every_n_steps"):
        gitmodels.keras.autolog(log_every_n_steps=2)


@pytest.mark.parametrize("package", ["lightning.pytorch", "pytorch_lightning"])
def test_a_fit_of_lightning_is_told_as_mlflow_tells_it(package: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    lightning: Any = pytest.importorskip(package)
    gitmodels.autolog(exclude_flavors=["transformers"])

    class Line(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def forward(self, rows: Any) -> Any:
            return self.layer(rows)

        def training_step(self, batch: Any, number: int) -> Any:
            rows, wanted = batch
            loss = torch.nn.functional.mse_loss(self(rows)[:, 0], wanted)
            self.log("train_loss", loss, on_epoch=True, on_step=False)
            return loss

        def test_step(self, batch: Any, number: int) -> None:
            self.log("test_loss", torch.nn.functional.mse_loss(self(batch[0])[:, 0], batch[1]))

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.5)

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(X[:, 0])), 8)
    stops = lightning.callbacks.EarlyStopping("train_loss", patience=1, min_delta=10.0, check_on_train_epoch_end=True)
    trainer = lightning.Trainer(
        max_epochs=5,
        accelerator="cpu",
        callbacks=[stops],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    module = Line()
    trainer.fit(module, loader)
    run = _run()
    assert run.data.tags["mlflow.autologging"] == "pytorch"
    assert run.data.tags["Mode"] == "training"
    params = run.data.params
    told = {"epochs": "5", "optimizer_name": "SGD", "lr": "0.5", "monitor": "train_loss"}
    assert told.items() <= params.items()
    assert _steps(run, "train_loss") == [0, 1]
    assert (run.data.metrics["stopped_epoch"], run.data.metrics["restored_epoch"]) == (1, 0)
    assert "Linear" in gitmodels.artifacts.load_text(f"runs:/{run.info.run_id}/model_summary.txt")
    assert not module._forward_hooks
    loaded = gitmodels.pyfunc.load_model(f"runs:/{run.info.run_id}/model", trust=True)
    assert list(loaded.metadata.signature.inputs.to_dict()[0]["tensor-spec"]["shape"]) == [-1, 4]
    assert numpy.allclose(loaded.predict(X), module(torch.tensor(X)).detach().numpy())
    trainer.test(module, loader, verbose=False)
    tested = gitmodels.get_run(run.info.run_id).data
    assert tested.tags["Mode"] == "testing"
    assert "test_loss" in tested.metrics


def test_a_training_of_transformers_is_told_as_its_own_callback_tells_it(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    torch = pytest.importorskip("torch")
    gitmodels.transformers.autolog(log_models=True, log_model_signatures=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "film"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    tokenizer = transformers.BertTokenizer(str(tmp_path / "vocab.txt"))
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    texts = ["good film", "bad film"] * 4
    rows = [{**tokenizer(text), "labels": number % 2} for number, text in enumerate(texts)]
    trainer = transformers.Trainer(
        transformers.BertForSequenceClassification(config),
        transformers.TrainingArguments(
            str(tmp_path / "out"),
            max_steps=2,
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
        ),
        train_dataset=rows,
        processing_class=tokenizer,
    )
    trainer.train()
    run = _run()
    assert run.data.tags["mlflow.autologging"] == "transformers"
    assert (run.data.params["max_steps"], run.data.params["hidden_size"]) == ("2", "8")
    assert _steps(run, "loss") == [1, 2]
    assert "train_runtime" in run.data.metrics
    loaded = gitmodels.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.metadata.signature.inputs is not None
    assert set(loaded.predict(["good film"]).columns) == {"label", "score"}
    assert torch.is_grad_enabled()
