"""Models of the flavors whose frameworks are heavy to install or slow to import: ``make test-heavy`` runs them."""

import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from gitmodels.testing import Case

_LIGHT = runpy.run_path(str(Path(__file__).with_name("light_cases.py")))
narrow, numbers, near = _LIGHT["narrow"], _LIGHT["numbers"], _LIGHT["near"]
HEAVY = (pytest.mark.heavy,)
# Keras on torch asks numpy for copies in a way that numpy 2 deprecates.
# Prophet calls pandas in ways that pandas 3 deprecates.
PROPHET = (
    *HEAVY,
    *map(pytest.mark.filterwarnings, ("ignore:The inplace keyword", "ignore:The 'convert_dates' keyword")),
)
KERAS = (*HEAVY, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"))
# Keras chooses when it is imported; TensorFlow is not needed for it.
os.environ.setdefault("KERAS_BACKEND", "torch")


def _arima() -> Any:
    import pmdarima

    return pmdarima.ARIMA(order=(1, 0, 0), suppress_warnings=True).fit(numbers())


def _periods() -> Any:
    import pandas as pd

    return pd.DataFrame({"n_periods": [3]})


def _arima_answer(model: Any, data: Any) -> Any:
    import pandas as pd

    return pd.DataFrame({"yhat": model.predict(n_periods=3)})


def _prophet() -> Any:
    import pandas as pd
    from prophet import Prophet

    days = pd.date_range("2024-01-01", periods=40)
    model = Prophet(uncertainty_samples=0, yearly_seasonality=False)
    return model.fit(pd.DataFrame({"ds": days, "y": numbers()}), seed=1)


def _days() -> Any:
    import pandas as pd

    return pd.DataFrame({"ds": pd.date_range("2024-03-01", periods=5)})


def _yhat(one: Any, other: Any) -> bool:
    return near(one["yhat"], other["yhat"])


def _linear() -> Any:
    import torch

    torch.manual_seed(0)
    return torch.nn.Linear(3, 1).eval()


def _network() -> Any:
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1)).eval()


def _torch_answer(model: Any, data: Any) -> Any:
    import pandas as pd
    import torch

    with torch.no_grad():
        return pd.DataFrame(model(torch.from_numpy(data.to_numpy("float32", copy=True))).numpy())


def _torch_example() -> Any:
    import numpy as np

    return np.ones((2, 3), np.float32)


def _keras() -> Any:
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    model.fit(narrow().to_numpy(), numbers(), epochs=1, verbose=0)
    return model


def _keras_answer(model: Any, data: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(model.predict(data.to_numpy(), verbose=0))


def _module() -> Any:
    import tensorflow as tf

    class Scaled(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weights = tf.Variable([[1.0], [2.0], [3.0]])

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def __call__(self, rows: Any) -> Any:
            return rows @ self.weights

    return Scaled()


def _module_answer(model: Any, data: Any) -> Any:
    import tensorflow as tf

    return model(tf.constant(data.to_numpy())).numpy()


def _spacy() -> Any:
    import spacy
    from spacy.training import Example

    spacy.util.fix_random_seed(0)
    pipeline = spacy.blank("en")
    categorizer = pipeline.add_pipe("textcat")
    for label in ("good", "bad"):
        categorizer.add_label(label)
    told = {"fine and good": "good", "poor and bad": "bad"}
    examples = [
        Example.from_dict(pipeline.make_doc(text), {"cats": {label: float(label == cat) for label in ("good", "bad")}})
        for text, cat in told.items()
    ]
    pipeline.initialize(lambda: examples)
    pipeline.update(examples)
    return pipeline


def texts() -> Any:
    """Three short texts."""
    import pandas as pd

    return pd.DataFrame({"text": ["a good day", "a bad day", "a day"]})


def _spacy_answer(model: Any, data: Any) -> Any:
    import pandas as pd

    return pd.DataFrame({"predictions": [model(text).cats for text in data["text"]]})


def _cats(one: Any, other: Any) -> bool:
    return [list(each) for each in one["predictions"]] == [list(each) for each in other["predictions"]] and near(
        [list(each.values()) for each in one["predictions"]], [list(each.values()) for each in other["predictions"]]
    )


def _bert(kind: str) -> tuple[Any, Any]:
    """A tiny model with weights drawn here, and a tokenizer of nine words; nothing is fetched."""
    import tempfile
    from pathlib import Path

    import torch
    import transformers

    torch.manual_seed(0)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "bad", "day"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vocab.txt").write_text("\n".join(words) + "\n")
        tokenizer = transformers.BertTokenizerFast(str(Path(folder) / "vocab.txt"))
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    config = transformers.BertConfig(vocab_size=len(words), max_position_embeddings=16, **sizes)
    return getattr(transformers, kind)(config).eval(), tokenizer


def _pipeline(task: str, kind: str) -> Any:
    import transformers

    model, tokenizer = _bert(kind)
    return transformers.pipeline(task, model=model, tokenizer=tokenizer, device=-1)


def _labels(model: Any, data: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(model(data["text"].tolist()))


def _same_labels(one: Any, other: Any) -> bool:
    return list(one["label"]) == list(other["label"]) and near(one["score"].tolist(), other["score"].tolist())


def masked() -> Any:
    """Two texts with a word left out."""
    import pandas as pd

    return pd.DataFrame({"text": ["a [MASK] day", "a good [MASK]"]})


def _words(model: Any, data: Any) -> Any:
    return [each[0]["token_str"] for each in model(data["text"].tolist())]


def _sentences() -> Any:
    import tempfile

    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    with tempfile.TemporaryDirectory() as folder:
        for part in _bert("BertModel"):
            part.save_pretrained(folder)
        part = Transformer(folder, max_seq_length=16)
        return SentenceTransformer(modules=[part, Pooling(8)], device="cpu")


def _sentences_answer(model: Any, data: Any) -> Any:
    return model.encode(data["text"].tolist())


HEAVIES = [
    Case(
        "pytorch",
        _network,
        narrow,
        "exported",
        {"input_example": _torch_example(), "serialization_format": "pt2"},
        answer=_torch_answer,
        same=near,
        needs=("torch",),
        marks=HEAVY,
    ),
    Case(
        "pytorch",
        _linear,
        narrow,
        "weights",
        {"model_kwargs": {"in_features": 3, "out_features": 1}},
        answer=_torch_answer,
        same=near,
        needs=("torch", "safetensors"),
        marks=HEAVY,
    ),
    Case(
        "pytorch",
        _network,
        narrow,
        "pickle",
        {"serialization_format": "pickle"},
        answer=_torch_answer,
        same=near,
        needs=("torch",),
        marks=HEAVY,
    ),
    Case("keras", _keras, narrow, answer=_keras_answer, same=near, needs=("keras", "torch"), marks=KERAS),
    Case("pmdarima", _arima, _periods, answer=_arima_answer, needs=("pmdarima",), marks=HEAVY),
    Case("prophet", _prophet, _days, same=_yhat, needs=("prophet",), marks=PROPHET),
    Case("spacy", _spacy, texts, answer=_spacy_answer, same=_cats, needs=("spacy",), marks=HEAVY),
    Case(
        "sentence_transformers",
        _sentences,
        texts,
        answer=_sentences_answer,
        same=near,
        needs=("sentence_transformers",),
        marks=HEAVY,
    ),
]
TENSORFLOW = [
    Case(
        "tensorflow",
        _module,
        narrow,
        "module (its functions are numbered anew)",
        answer=_module_answer,
        same=near,
        needs=("tensorflow",),
        stable=False,
        marks=HEAVY,
    ),
    Case(
        "tensorflow",
        _keras,
        narrow,
        "keras",
        answer=_keras_answer,
        same=near,
        needs=("tensorflow",),
        recognised="keras",
        marks=KERAS,
    ),
]
TRANSFORMERS = [
    Case(
        "transformers",
        lambda: _pipeline("text-classification", "BertForSequenceClassification"),
        texts,
        "text-classification",
        answer=_labels,
        same=_same_labels,
        needs=("transformers", "torch"),
        marks=HEAVY,
    ),
    Case(
        "transformers",
        lambda: _pipeline("fill-mask", "BertForMaskedLM"),
        masked,
        "fill-mask",
        answer=_words,
        native=_words,
        needs=("transformers", "torch"),
        marks=HEAVY,
    ),
]
