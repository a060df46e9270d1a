"""Files of versions handed to MLflow: each content once, as a logged model that says which manifest it is of.

This room knows MLflow's logged models and experiments, and our store; it knows no registry.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from gitmodels.digest import of_bytes
from gitmodels.exchange.mlflow.place import Place, reaching
from gitmodels.objects.manifest import Manifest
from gitmodels.objects.store import ObjectStore

EXPERIMENT = "gitmodels"
MANIFEST = "gitmodels.manifest"
_READY = "READY"


class Shelf:
    """The logged models in the experiment ``gitmodels`` at ``place``; new files go below ``root``, if one is named."""

    def __init__(self, place: Place, store: ObjectStore, root: str | None = None) -> None:
        self._place = place
        self._store = store
        self._root = root

    def manifest_of(self, model_id: str | None) -> str | None:
        """The digest of the manifest that a logged model was made of, None for one that was not handed out here."""
        return self._known[1].get(model_id or "")

    def put(self, manifest: Manifest, params: Mapping[str, str]) -> str:
        """The id of a logged model with these files, made now where there is none. Raises RemoteError."""
        known = self._known[0].get(manifest.digest)
        if known is not None:
            return known
        client = self._place.client
        with tempfile.TemporaryDirectory(prefix="gitmodels-export-") as folder:
            files = Path(folder, "files")
            self._store.checkout(manifest, files)
            with reaching(f"cannot hand files to {self._place.shown}"):
                tags = {MANIFEST: str(manifest.digest)}
                made = client.create_logged_model(self._experiment, name="model", tags=tags, params=dict(params))
                client.log_model_artifacts(made.model_id, str(files))
                client.finalize_logged_model(made.model_id, _READY)
        self._known[0][manifest.digest] = made.model_id
        self._known[1][made.model_id] = str(manifest.digest)
        return str(made.model_id)

    def given(self, name: str) -> int:
        """The highest number that was handed out under ``name`` and deleted again, where only that notes it; else 0."""
        noted = self._noted.get(_given(name), "")
        return int(noted) if noted.isdecimal() else 0

    def note_given(self, name: str, number: int) -> None:
        """Note that ``number`` was given: MLflow does not tell of deleted ones. Raises RemoteError."""
        with reaching(f"cannot write to {self._place.shown}"):
            self._place.client.set_experiment_tag(self._experiment, _given(name), str(number))
        self._noted[_given(name)] = str(number)

    @cached_property
    def _noted(self) -> dict[str, str]:
        if self._place.client is None:
            return {}
        with reaching(f"cannot ask for the experiment {EXPERIMENT} at {self._place.shown}"):
            found = self._place.client.get_experiment_by_name(EXPERIMENT)
        return dict(found.tags) if found is not None else {}

    @cached_property
    def _known(self) -> tuple[dict[str, str], dict[str, str]]:
        """Model ids by manifest, and manifests by model id; what was not finished is not among them."""
        by_manifest: dict[str, str] = {}
        by_id: dict[str, str] = {}
        with reaching(f"cannot ask for the logged models at {self._place.shown}"):
            found = self._place.client.get_experiment_by_name(EXPERIMENT)
            for model in self._logged(found.experiment_id) if found is not None else ():
                digest = (model.tags or {}).get(MANIFEST)
                if digest and str(getattr(model.status, "value", model.status)).endswith(_READY):
                    by_manifest[digest] = model.model_id
                    by_id[model.model_id] = digest
        return by_manifest, by_id

    def _logged(self, experiment: str) -> Iterator[Any]:
        token = None
        while True:
            page = self._place.client.search_logged_models(experiment_ids=[experiment], page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    @cached_property
    def _experiment(self) -> str:
        client = self._place.client
        found = client.get_experiment_by_name(EXPERIMENT)
        return str(found.experiment_id if found is not None else client.create_experiment(EXPERIMENT, self._location))

    @property
    def _location(self) -> str | None:
        """Where MLflow keeps the files; None lets it decide. Those of a database here lie beside it."""
        if self._root is not None:
            return self._root if urlsplit(self._root).scheme else os.path.abspath(self._root)
        if not self._place.uri.startswith("sqlite:"):
            return None
        database = os.path.abspath(unquote(self._place.uri.partition("///")[2]))
        return os.path.join(os.path.dirname(database), "mlruns", EXPERIMENT)


def _given(name: str) -> str:
    return f"gitmodels.given.{of_bytes(name.encode())[:32]}"
