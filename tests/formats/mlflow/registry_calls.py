"""What MLflow's client answers to registry calls, one after the other on one registry, written to registry.json.

Run with the real MLflow: ``python tests/formats/mlflow/registry_calls.py``. ``$SOURCE`` stands for a file to register;
what is different in every run, or is not asked of us, is left out.
"""

import json
import os
import tempfile
import warnings
from pathlib import Path

CALLS = [
    ("create", "create_registered_model", ("fraud",), {"tags": {"team": "risk"}, "description": "cards"}),
    ("create again", "create_registered_model", ("fraud",), {}),
    ("create empty", "create_registered_model", ("",), {}),
    ("create none", "create_registered_model", (None,), {}),
    ("create slash", "create_registered_model", ("a/b",), {}),
    ("create colon", "create_registered_model", ("a:b",), {}),
    ("create dots", "create_registered_model", ("..",), {}),
    ("create Fraud", "create_registered_model", ("Fraud",), {}),
    ("get", "get_registered_model", ("fraud",), {}),
    ("get unknown", "get_registered_model", ("nope",), {}),
    ("get empty", "get_registered_model", ("",), {}),
    ("update", "update_registered_model", ("fraud",), {"description": "new"}),
    ("update empty text", "update_registered_model", ("fraud",), {"description": ""}),
    ("update None", "update_registered_model", ("fraud",), {}),
    ("update unknown", "update_registered_model", ("nope",), {"description": "x"}),
    ("tag", "set_registered_model_tag", ("fraud", "n", 7), {}),
    ("tag unknown", "set_registered_model_tag", ("nope", "n", "7"), {}),
    ("tag bad key", "set_registered_model_tag", ("fraud", "a$b", "7"), {}),
    ("tag None key", "set_registered_model_tag", ("fraud", None, "7"), {}),
    ("tag empty key", "set_registered_model_tag", ("fraud", "", "7"), {}),
    ("tag path key", "set_registered_model_tag", ("fraud", "../x", "7"), {}),
    ("tag long key", "set_registered_model_tag", ("fraud", "k" * 251, "7"), {}),
    ("tag None value", "set_registered_model_tag", ("fraud", "none", None), {}),
    ("untag", "delete_registered_model_tag", ("fraud", "n"), {}),
    ("untag absent", "delete_registered_model_tag", ("fraud", "absent"), {}),
    ("untag unknown", "delete_registered_model_tag", ("nope", "n"), {}),
    ("version", "create_model_version", ("fraud", "$SOURCE"), {"tags": {"a": "b"}, "description": "first"}),
    ("version 2", "create_model_version", ("fraud", "$SOURCE"), {"run_link": "http://x"}),
    ("version 3", "create_model_version", ("fraud", "$SOURCE"), {}),
    ("version of unknown", "create_model_version", ("nope", "$SOURCE"), {}),
    ("version of empty", "create_model_version", ("", "$SOURCE"), {}),
    ("version bad tag", "create_model_version", ("fraud", "$SOURCE"), {"tags": {"a$": "b"}}),
    ("get version", "get_model_version", ("fraud", 1), {}),
    ("get version str", "get_model_version", ("fraud", "1"), {}),
    ("get version unknown", "get_model_version", ("fraud", 9), {}),
    ("get version zero", "get_model_version", ("fraud", 0), {}),
    ("get version word", "get_model_version", ("fraud", "x"), {}),
    ("get version None", "get_model_version", ("fraud", None), {}),
    ("get version of unknown", "get_model_version", ("nope", 1), {}),
    ("update version", "update_model_version", ("fraud", 1), {"description": "again"}),
    ("update version None", "update_model_version", ("fraud", 1), {}),
    ("update version unknown", "update_model_version", ("fraud", 9), {"description": "x"}),
    ("tag version", "set_model_version_tag", ("fraud", "1", "k", 3), {}),
    ("tag version neither", "set_model_version_tag", ("fraud",), {"key": "k", "value": "v"}),
    ("tag version both", "set_model_version_tag", ("fraud", "1", "k", "v"), {"stage": "None"}),
    ("tag version stage", "set_model_version_tag", ("fraud",), {"key": "s", "value": "v", "stage": "None"}),
    (
        "tag version stage none there",
        "set_model_version_tag",
        ("fraud",),
        {"key": "s", "value": "v", "stage": "Production"},
    ),
    ("tag version unknown", "set_model_version_tag", ("fraud", "9", "k", "v"), {}),
    ("tag version bad key", "set_model_version_tag", ("fraud", "1", "k$", "v"), {}),
    ("tag version None key", "set_model_version_tag", ("fraud", "1", None, "v"), {}),
    ("untag version", "delete_model_version_tag", ("fraud", "1", "k"), {}),
    ("untag version absent", "delete_model_version_tag", ("fraud", "1", "absent"), {}),
    ("untag version unknown", "delete_model_version_tag", ("fraud", "9", "k"), {}),
    ("alias", "set_registered_model_alias", ("fraud", "champion", 1), {}),
    ("alias str", "set_registered_model_alias", ("fraud", "challenger", "2"), {}),
    ("alias unknown version", "set_registered_model_alias", ("fraud", "champion", 9), {}),
    ("alias unknown model", "set_registered_model_alias", ("nope", "champion", 1), {}),
    ("alias latest", "set_registered_model_alias", ("fraud", "latest", 1), {}),
    ("alias v1", "set_registered_model_alias", ("fraud", "v1", 1), {}),
    ("alias bad", "set_registered_model_alias", ("fraud", "a b", 1), {}),
    ("alias empty", "set_registered_model_alias", ("fraud", "", 1), {}),
    ("alias None", "set_registered_model_alias", ("fraud", None, 1), {}),
    ("alias long", "set_registered_model_alias", ("fraud", "a" * 256, 1), {}),
    ("by alias", "get_model_version_by_alias", ("fraud", "champion"), {}),
    ("by alias unknown", "get_model_version_by_alias", ("fraud", "nope"), {}),
    ("by alias latest", "get_model_version_by_alias", ("fraud", "latest"), {}),
    ("by alias unknown model", "get_model_version_by_alias", ("nope", "champion"), {}),
    ("by alias empty", "get_model_version_by_alias", ("fraud", ""), {}),
    ("by alias bad", "get_model_version_by_alias", ("fraud", "a b"), {}),
    ("unalias", "delete_registered_model_alias", ("fraud", "challenger"), {}),
    ("unalias absent", "delete_registered_model_alias", ("fraud", "challenger"), {}),
    ("unalias unknown", "delete_registered_model_alias", ("nope", "challenger"), {}),
    ("model with aliases", "get_registered_model", ("fraud",), {}),
    ("stage", "transition_model_version_stage", ("fraud", 1, "Production"), {}),
    ("stage lower", "transition_model_version_stage", ("fraud", 2, "production"), {"archive_existing_versions": True}),
    ("stage bad", "transition_model_version_stage", ("fraud", 1, "Nope"), {}),
    (
        "stage archive bad",
        "transition_model_version_stage",
        ("fraud", 1, "Archived"),
        {"archive_existing_versions": True},
    ),
    ("stage unknown", "transition_model_version_stage", ("fraud", 9, "Staging"), {}),
    ("stage unknown model", "transition_model_version_stage", ("nope", 1, "Staging"), {}),
    ("stages", "get_model_version_stages", ("fraud", 1), {}),
    ("latest", "get_latest_versions", ("fraud",), {}),
    ("latest of stage", "get_latest_versions", ("fraud",), {"stages": ["Production"]}),
    ("latest of lower", "get_latest_versions", ("fraud",), {"stages": ["production"]}),
    ("latest of bad", "get_latest_versions", ("fraud",), {"stages": ["Nope"]}),
    ("latest unknown", "get_latest_versions", ("nope",), {}),
    ("download uri unknown", "get_model_version_download_uri", ("fraud", 9), {}),
    ("copy", "copy_model_version", ("models:/fraud/1", "other"), {}),
    ("copy alias", "copy_model_version", ("models:/fraud@champion", "other"), {}),
    ("copy unknown", "copy_model_version", ("models:/fraud/9", "other"), {}),
    ("copy runs", "copy_model_version", ("runs:/" + "0" * 32 + "/model", "other"), {}),
    ("search", "search_registered_models", (), {}),
    ("search name", "search_registered_models", ("name = 'fraud'",), {}),
    ("search like", "search_registered_models", ("name LIKE 'fr%'",), {}),
    ("search ilike", "search_registered_models", ("name ILIKE 'FR%'",), {}),
    ("search tag", "search_registered_models", ("tags.team = 'risk'",), {}),
    ("search desc", "search_registered_models", (), {"order_by": ["name DESC"]}),
    ("search one", "search_registered_models", (), {"max_results": 1}),
    ("search zero", "search_registered_models", (), {"max_results": 0}),
    ("search too many", "search_registered_models", (), {"max_results": 1001}),
    ("search bad key", "search_registered_models", ("nope = 'x'",), {}),
    ("search bad", "search_registered_models", ("name = ",), {}),
    ("search or", "search_registered_models", ("name = 'a' OR name = 'b'",), {}),
    ("search bad order", "search_registered_models", (), {"order_by": ["nope"]}),
    ("versions", "search_model_versions", (), {}),
    ("versions of", "search_model_versions", ("name='fraud'",), {}),
    ("versions absent", "search_model_versions", ("name='nope'",), {}),
    ("versions tag", "search_model_versions", ("name='fraud' and tags.a = 'b'",), {}),
    ("versions number", "search_model_versions", ("version_number > 1",), {"order_by": ["version_number ASC"]}),
    ("versions run", "search_model_versions", ("run_id = 'x'",), {}),
    ("versions in", "search_model_versions", ("run_id IN ('x')",), {}),
    ("versions bad key", "search_model_versions", ("nope = 'x'",), {}),
    ("versions bad order", "search_model_versions", (), {"order_by": ["nope DESC"]}),
    ("versions too many", "search_model_versions", (), {"max_results": 200001}),
    ("delete version", "delete_model_version", ("fraud", "1"), {}),
    ("delete version again", "delete_model_version", ("fraud", "1"), {}),
    ("get deleted", "get_model_version", ("fraud", "1"), {}),
    ("by alias of deleted", "get_model_version_by_alias", ("fraud", "champion"), {}),
    ("update deleted", "update_model_version", ("fraud", "1"), {"description": "x"}),
    ("rename", "rename_registered_model", ("fraud", "scam"), {}),
    ("rename taken", "rename_registered_model", ("scam", "Fraud"), {}),
    ("rename same", "rename_registered_model", ("scam", "scam"), {}),
    ("rename unknown", "rename_registered_model", ("nope", "x"), {}),
    ("rename empty", "rename_registered_model", ("scam", ""), {}),
    ("rename bad", "rename_registered_model", ("scam", "a/b"), {}),
    ("renamed", "get_registered_model", ("scam",), {}),
    ("old name", "get_registered_model", ("fraud",), {}),
    ("delete", "delete_registered_model", ("scam",), {}),
    ("delete again", "delete_registered_model", ("scam",), {}),
    ("deleted", "get_registered_model", ("scam",), {}),
]

KEPT = ("name", "version", "aliases", "current_stage", "description", "run_link", "status", "tags", "latest_versions")


def plain(value):
    """Entities as dicts of what is compared."""
    if type(value).__name__ in ("ModelVersion", "RegisteredModel"):
        return {key: plain(item) for key, item in dict(value).items() if key in KEPT}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in sorted(value.items())}
    return value


def main():
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    warnings.simplefilter("ignore")
    told = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        source = Path(folder, "model.bin")
        source.write_text("x")
        client = MlflowClient(f"sqlite:///{folder}/registry.db", f"sqlite:///{folder}/registry.db")
        for label, method, args, kwargs in CALLS:
            call = {"label": label, "method": method, "args": args, "kwargs": kwargs}
            try:
                answer = getattr(client, method)(*(str(source) if arg == "$SOURCE" else arg for arg in args), **kwargs)
                told.append({**call, "answer": plain(answer)})
            except MlflowException as error:
                told.append({**call, "code": error.error_code, "message": error.message.splitlines()[0]})
    HERE.joinpath("registry.json").write_text(json.dumps(told, indent=1) + "\n")


HERE = Path(__file__).parent.resolve()

if __name__ == "__main__":
    main()
