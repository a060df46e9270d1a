"""The calls of MLflow's client that an export makes.

Each says in one line what could not be done. This room knows MLflow's arguments, and our records as values.
"""

import contextlib
import warnings

from gitmodels.exchange.mlflow.listing import PROMPT, PROMPT_TEXT, Listed, Model
from gitmodels.exchange.mlflow.place import Place, reaching
from gitmodels.registry.records import ModelRecord
from gitmodels.registry.state import Version


class Calls:
    """Changes at ``place``. Every method raises RemoteError."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._client = place.client

    def create_model(self, record: ModelRecord) -> None:
        """Register the name."""
        tags = {key: value for key, value in record.tags.items() if key != PROMPT}
        # MLflow keeps prompts among its models, but wants them made by other calls.
        create = self._client.create_prompt if PROMPT in record.tags else self._client.create_registered_model
        with self._doing(f"cannot create {record.name}"):
            create(record.name, tags=tags, description=record.description or None)

    def change_model(self, record: ModelRecord, there: Model) -> None:
        """Let description and tags be those of ``record``."""
        with self._doing(f"cannot change {record.name}"):
            self._client.update_registered_model(record.name, record.description or "")
            for key in set(there.tags) - set(record.tags):
                self._client.delete_registered_model_tag(record.name, key)
            for key, value in record.tags.items():
                self._client.set_registered_model_tag(record.name, key, value)

    def create_version(self, version: Version, source: str, model_id: str | None) -> int:
        """Register the next version; the number that it got."""
        record, meta = version.record, version.meta
        if PROMPT in meta.tags:
            return self._create_prompt_version(version)
        with self._doing(f"cannot register {version.name} v{version.number}"):
            made = self._client.create_model_version(
                version.name,
                source,
                record.run_id,
                tags=dict(meta.tags),
                run_link=record.run_link,
                description=meta.description or None,
                await_creation_for=None,
                model_id=model_id,
            )
            return int(made.version)

    def _create_prompt_version(self, version: Version) -> int:
        meta = version.meta
        with self._doing(f"cannot register {version.name} v{version.number}"):
            text = meta.tags.get(PROMPT_TEXT) or " "
            made = self._client.create_prompt_version(
                version.name, text, description=meta.description or None, tags=dict(meta.tags)
            )
            return int(made.version)

    def delete_version(self, name: str, number: int, *, is_prompt: bool = False) -> None:
        """Delete the version; its number is not given again."""
        delete = self._client.delete_prompt_version if is_prompt else self._client.delete_model_version
        with self._doing(f"cannot delete {name} v{number}"):
            delete(name, str(number))

    def change_version(self, version: Version, there: Listed) -> None:
        """Let description and tags be those of ``version``."""
        name, number, tags = version.name, str(version.number), version.meta.tags
        with self._doing(f"cannot change {name} v{number}"):
            self._client.update_model_version(name, number, version.meta.description or "")
            for key in set(there.tags) - set(tags):
                self._client.delete_model_version_tag(name, number, key)
            for key, value in tags.items():
                self._client.set_model_version_tag(name, number, key, value)

    def stage(self, version: Version) -> None:
        """Let the version stand in its stage."""
        name, number = version.name, str(version.number)
        with self._doing(f"cannot stage {name} v{number}"), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            self._client.transition_model_version_stage(name, number, version.meta.stage)

    def set_alias(self, name: str, alias: str, number: int, *, is_prompt: bool = False) -> None:
        """Point the alias at the version."""
        point = self._client.set_prompt_alias if is_prompt else self._client.set_registered_model_alias
        with self._doing(f"cannot set {name}@{alias}"):
            point(name, alias, number if is_prompt else str(number))

    def _doing(self, what: str) -> contextlib.AbstractContextManager[None]:
        return reaching(f"{what} at {self._place.shown}")
