"""Every registered-model and model-version method answers what MLflow's client answers, errors included."""

import json
import warnings
from pathlib import Path
from typing import Any

import gitmodels
from gitmodels.exceptions import MlflowException

RECORDED = Path(__file__).parents[1] / "formats" / "mlflow" / "registry.json"

# Where we answer otherwise, and why.
OTHERWISE = {
    "update empty text": "an empty description is no description",
    "get version None": "MLflow passes on what int() says",
    "search zero": "an empty page would never end a loop over pages",
    "search bad key": "our words, and no set in the order of the day",
    "search bad": "our words name the place",
    "search or": "our words name the place",
    "search bad order": "our words, and no set in the order of the day",
    "versions bad key": "our words, and no set in the order of the day",
    "versions bad order": "our words, and no set in the order of the day",
    "rename taken": "MLflow passes on what its database says",
}


def _plain(value: Any) -> Any:
    if isinstance(value, gitmodels.entities.ModelVersion | gitmodels.entities.RegisteredModel):
        return {key: _plain(item) for key, item in value}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _compared(answer: Any) -> Any:
    """Without what MLflow leaves open: the order of latest versions, and the aliases of a version that was searched."""
    if isinstance(answer, list):
        return [_compared(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    kept = {key: value for key, value in answer.items() if key != "aliases" or isinstance(value, dict)}
    if "latest_versions" in kept:
        kept["latest_versions"] = sorted(_compared(kept["latest_versions"]), key=lambda version: version["version"])
    return kept


def _within(theirs: Any, ours: Any) -> Any:
    """The part of ``ours`` that MLflow's record tells of."""
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        return [_within(one, other) for one, other in zip(theirs, ours, strict=True)]
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {key: _within(value, ours[key]) for key, value in theirs.items() if key in ours}
    return ours


def test_every_call_answers_as_mlflow_does(here: Path) -> None:
    source = here / "model.bin"
    source.write_text("x")
    client = gitmodels.MlflowClient()
    wrong = []
    for call in json.loads(RECORDED.read_text()):
        arguments = [str(source) if given == "$SOURCE" else given for given in call["args"]]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                told = {"answer": _plain(getattr(client, call["method"])(*arguments, **call["kwargs"]))}
        except MlflowException as error:
            told = {"code": error.error_code, "message": error.message}
        theirs = {key: _compared(call[key]) for key in ("answer", "code", "message") if key in call}
        ours = {key: _within(value, _compared(told[key])) for key, value in theirs.items() if key in told}
        if (ours == theirs) == (call["label"] in OTHERWISE):
            wrong.append((call["label"], theirs, ours))
        if call["label"] in OTHERWISE and call["label"] not in ("update empty text", "get version None", "search zero"):
            assert told.get("code") == call["code"], call["label"]
    assert wrong == []


def test_a_method_of_the_client_stands_in_the_record_or_is_tested_here() -> None:
    calls = {call["method"] for call in json.loads(RECORDED.read_text())}
    from gitmodels.api.registry_client import RegistryClient

    methods = {name for name, value in vars(RegistryClient).items() if callable(value) and not name.startswith("_")}
    assert methods - calls == set()
