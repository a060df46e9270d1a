"""MLflow's user interface in a real browser: the story that is shown there, and what anybody sees of it.

For the test that reads the pages, and for the pictures in the documentation (``docs/scripts/screenshots.py``).
"""

import json
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.mlflow_plugin.inside.browser import Browser
from tests.mlflow_plugin.inside.serving import Server, sign_in

# By the name of its picture: where each page is, and what is to be read there.
PAGES = {
    "models": ("#/models", ("fraud", "Version 3", "challenger", "team: risk", "churn", "Version 1", "champion")),
    "model": (
        "#/models/fraud",
        (
            *("fraud", "Whether a payment is fraud", "risk", "Version 1", "Version 2", "Version 3"),
            *("champion", "challenger", "With merchants", "ana", "bo"),
        ),
    ),
    "version": (
        "#/models/fraud/versions/2",
        ("fraud", "Version 2", "champion", "With merchants", "validated", "ana", "Inputs (2)", "Outputs (1)"),
    ),
}
_COLUMNS = [
    {"type": "double", "name": "amount", "required": True},
    {"type": "string", "name": "merchant", "required": True},
]
_MODEL = f"""flavors:
  sklearn: {{pickled_model: model.pkl, serialization_format: cloudpickle, sklearn_version: 1.9.1}}
signature:
  inputs: '{json.dumps(_COLUMNS)}'
  outputs: '[{{"type": "double", "required": true}}]'
"""


def tell(server: Server, folder: Path) -> None:
    """Register, promote and describe two models, as their people would."""
    client = server.client()
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "MLmodel").write_text(_MODEL)
    (folder / "model" / "model.pkl").write_bytes(b"weights")
    with pytest.MonkeyPatch.context() as patch:
        sign_in(patch, "ana")
        client.create_registered_model("fraud", {"team": "risk"}, "Whether a payment is fraud")
        _register(client, folder, "fraud", 0.91, "The first that beat the rules")
        _register(client, folder, "fraud", 0.94, "With merchants")
        client.set_registered_model_alias("fraud", "champion", "2")
        client.set_model_version_tag("fraud", "2", "validated", "yes")
        sign_in(patch, "bo")
        _register(client, folder, "fraud", 0.95, "More trees; not yet reviewed")
        client.set_registered_model_alias("fraud", "challenger", "3")
        client.create_registered_model("churn", {"team": "growth"}, "Who is about to leave")
        _register(client, folder, "churn", 0.88, "")
        client.set_registered_model_alias("churn", "champion", "1")


def _register(client: MlflowClient, folder: Path, name: str, auc: float, story: str) -> None:
    run = client.create_run("0").info
    client.log_metric(run.run_id, "auc", auc)
    client.log_artifacts(run.run_id, str(folder / "model"), "model")
    source = f"{run.artifact_uri}/model"
    client.create_model_version(name, source, run.run_id, {"auc": str(auc)}, description=story)


def read(browser: Browser, server: Server, page: str) -> str:
    """Go to ``page`` and wait until all of it is there; its text. What greets newcomers is closed."""
    where, words = PAGES[page]
    browser.open(f"{server.url}/{where}")
    browser.wait_for(*words[:1])
    for label in ("Try it now", "Close"):
        browser.click(label)
    return browser.wait_for(*words)
