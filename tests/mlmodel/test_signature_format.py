"""The JSON of a signature, as it stands in MLmodel files: a golden file that MLflow 3.17 wrote and reads."""

import json
from pathlib import Path

import numpy as np

from gitmodels.mlmodel.signature import ModelSignature
from gitmodels.mlmodel.types import (
    AnyType,
    Array,
    ColSpec,
    Map,
    Object,
    ParamSchema,
    ParamSpec,
    Property,
    Schema,
    TensorSpec,
)

GOLDEN = Path(__file__).parent.parent / "formats" / "v1" / "signature.json"

TYPES = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]
SIGNATURE = ModelSignature(
    Schema(
        [
            *(ColSpec(kind, kind) for kind in TYPES),
            ColSpec("string", "maybe é", required=False),
            ColSpec(Array(Array("double")), "matrix"),
            ColSpec(Object([Property("z", "long"), Property("a", Map(AnyType()), required=False)]), "object"),
            ColSpec(AnyType(), 3, required=False),
        ]
    ),
    Schema([TensorSpec(np.dtype("float32"), (-1, 2), "p"), TensorSpec(np.dtype("str"), (-1,), "label")]),
    ParamSchema(
        [
            ParamSpec("k", "long", 3),
            ParamSpec("t", "double", 0.1 + 0.2),
            ParamSpec("stop", "string", ["a"], (-1,)),
            ParamSpec("since", "datetime", "2020-01-02"),
            ParamSpec("filter", Object([Property("x", "long")]), {"x": 1}),
            ParamSpec("none", "string", None),
        ]
    ),
)


def test_the_json_is_mlflows_byte_for_byte() -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert SIGNATURE.to_dict() == golden
    assert ModelSignature.from_dict(golden) == SIGNATURE
