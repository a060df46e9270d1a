"""Signatures are MLflow's: inferred, enforced and written as real MLflow does it, or the difference is written down.

``signature_corpus.py`` runs here and in MLflow's own environment. What differs must stand in the table of
``docs/design/0002-signature-differences.md``, and every line of that table must be found.
"""

import json
import logging
import re
import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gitmodels.mlmodel.enforce import enforce_params, enforce_schema
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.hints import signature_from_hints
from gitmodels.mlmodel.infer import infer_signature
from gitmodels.mlmodel.params import ParamSchema, infer_params
from gitmodels.mlmodel.schema import Schema
from gitmodels.mlmodel.signature import ModelSignature

for needed in ("pandas", "pyarrow", "scipy", "pydantic"):
    pytest.importorskip(needed)

ROOT = Path(__file__).parents[2]
MLFLOW = ROOT / ".venv-mlflow" / "bin" / "python"
CORPUS = Path(__file__).with_name("signature_corpus.py")
TABLE = ROOT / "docs" / "design" / "0002-signature-differences.md"
pytestmark = pytest.mark.skipif(not MLFLOW.exists(), reason="MLflow's environment .venv-mlflow is not made: make test")

THEIR_SIDE = """
import importlib.util, json, logging, runpy, sys, warnings
warnings.simplefilter("ignore")
assert importlib.util.find_spec("gitmodels") is None, "this environment must not have gitmodels"
from types import SimpleNamespace
import yaml
from mlflow.models import Model, ModelSignature, infer_signature
from mlflow.models.utils import _enforce_params_schema, _enforce_schema
from mlflow.types.schema import ParamSchema, Schema
from mlflow.types.type_hints import _infer_schema_from_list_type_hint
from mlflow.types.utils import _infer_param_schema
logging.disable(logging.CRITICAL)
corpus, ours, answer = sys.argv[1:]
side = SimpleNamespace(
    infer=lambda data: infer_signature(data).inputs.to_json(),
    infer_params=lambda params: _infer_param_schema(params).to_json(),
    hint=lambda hint: _infer_schema_from_list_type_hint(hint).to_json(),
    enforce=lambda data, schema: _enforce_schema(data, Schema.from_json(schema)),
    enforce_params=lambda params, schema: _enforce_params_schema(params, ParamSchema.from_json(schema)),
    again=lambda schema: Schema.from_json(schema).to_json(),
)
given = json.load(open(ours))
found = {
    "outcomes": runpy.run_path(corpus)["outcomes"](side),
    "read": [Model.from_dict(yaml.safe_load(text)).signature.to_dict() for text in given["files"]],
    "files": [Model(signature=ModelSignature.from_dict(each)).to_yaml() for each in given["signatures"]],
}
json.dump(found, open(answer, "w"))
"""


def hinted(hint: Any) -> str:
    signature = signature_from_hints(SimpleNamespace(input=hint, output=None))
    assert signature is not None
    assert signature.inputs is not None
    return signature.inputs.to_json()


OUR_SIDE = SimpleNamespace(
    infer=lambda data: infer_signature(data).inputs.to_json(),
    infer_params=lambda params: infer_params(params).to_json(),
    hint=hinted,
    enforce=lambda data, schema: enforce_schema(data, Schema.from_json(schema)),
    enforce_params=lambda params, schema: enforce_params(params, ParamSchema.from_json(schema)),
    again=lambda schema: Schema.from_json(schema).to_json(),
)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What both sides made of the corpus, and of each other's MLmodel files."""
    folder = tmp_path_factory.mktemp("compared")
    logging.disable(logging.CRITICAL)
    try:
        ours = runpy.run_path(str(CORPUS))["outcomes"](OUR_SIDE)
    finally:
        logging.disable(logging.NOTSET)
    texts = [text for name, text in ours.items() if name.startswith(("infer ", "hint ")) and isinstance(text, str)]
    params = [text for name, text in ours.items() if name.startswith("infer parameters") and isinstance(text, str)]
    inputs = sorted(set(texts) - set(params))
    signatures: list[dict[str, Any]] = [{"inputs": each, "outputs": inputs[0], "params": None} for each in inputs]
    signatures += [{"inputs": None, "outputs": inputs[-1], "params": each} for each in sorted(set(params))]
    written = [ModelFile(flavors={}).with_signature(ModelSignature.from_dict(each)) for each in signatures]
    given = {"signatures": signatures, "files": [each.to_bytes().decode() for each in written]}
    (folder / "ours.json").write_text(json.dumps(given))
    command = [str(MLFLOW), "-c", THEIR_SIDE, str(CORPUS), str(folder / "ours.json"), str(folder / "theirs.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    theirs = json.loads((folder / "theirs.json").read_text())
    return SimpleNamespace(ours=json.loads(json.dumps(ours)), theirs=theirs, signatures=signatures)


def documented() -> dict[str, re.Pattern[str]]:
    """The cases of the table in the documentation: as written there, and as a pattern; ``*`` stands for anything."""
    _, _, cases = TABLE.read_text().partition("## The cases that differ")
    lines = [line for line in cases.splitlines() if line.startswith("| `")]
    names = [name for line in lines for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])]
    assert len(names) == len(set(names)) > 50
    return {name: re.compile(re.escape(name).replace(r"\*", ".*"), re.DOTALL) for name in names}


def differing(compared: SimpleNamespace) -> list[str]:
    theirs = compared.theirs["outcomes"]
    assert compared.ours.keys() == theirs.keys()
    return [name for name, outcome in compared.ours.items() if outcome != theirs[name]]


def test_every_difference_from_mlflow_is_written_down(compared: SimpleNamespace) -> None:
    patterns = documented().values()
    told = {
        name: (compared.theirs["outcomes"][name], compared.ours[name])
        for name in differing(compared)
        if not any(each.fullmatch(name) for each in patterns)
    }
    assert told == {}


def test_every_difference_that_is_written_down_is_there(compared: SimpleNamespace) -> None:
    names = differing(compared)
    assert [text for text, each in documented().items() if not any(map(each.fullmatch, names))] == []


def test_most_of_the_corpus_is_the_same(compared: SimpleNamespace) -> None:
    assert len(compared.ours) > 2500
    assert len(differing(compared)) < len(compared.ours) / 8


def test_data_passes_the_signature_that_was_inferred_from_it(compared: SimpleNamespace) -> None:
    refused = [name for name, outcome in compared.ours.items() if outcome == ["refused"]]
    assert [name for name in refused if name.startswith(("accept ", "infer column", "infer data", "infer frame"))] == []
    theirs = [name for name, outcome in compared.theirs["outcomes"].items() if outcome == ["refused"]]
    assert len([name for name in theirs if name.startswith("accept ")]) > 50


def test_signatures_in_mlmodel_files_are_the_same_to_both(compared: SimpleNamespace) -> None:
    assert len(compared.signatures) > 100
    assert compared.theirs["read"] == compared.signatures
    files = [ModelFile.read(text.encode()) for text in compared.theirs["files"]]
    assert [each.signature.to_dict() for each in files if each.signature is not None] == compared.signatures
