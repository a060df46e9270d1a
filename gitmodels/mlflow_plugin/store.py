"""MLflow's store of registered models, kept in git: every method of its abstract store, one commit for each change.

Arguments, answers, errors and their order are those of MLflow's SQL store (mlflow/store/model_registry, 3.17). This
room knows MLflow's calls and whom to ask; it keeps nothing but what it read.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from mlflow.entities.model_registry.model_version_stages import (
    ALL_STAGES,
    DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS,
    get_canonical_stage,
)
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry.abstract_store import AbstractStore

from gitmodels.errors import AliasNotFound, AlreadyExists
from gitmodels.mlflow_plugin import ingesting, rules, searching
from gitmodels.mlflow_plugin.entities import model_version, registered_model
from gitmodels.mlflow_plugin.failures import already_exists, failed, invalid, missing, translated, unsupported
from gitmodels.mlflow_plugin.opened import opened_at
from gitmodels.mlflow_plugin.shelf import Shelf, Shelves
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.registry import Ask
from gitmodels.registry.search_index.rows import IS_PROMPT
from gitmodels.registry.state import State, Version

MAX_WEBHOOKS = 1000


class GitModelsStore(AbstractStore):  # type: ignore[misc]
    """The registry at ``store_uri``; ``tracking_uri`` is where runs and logged models are asked for."""

    def __init__(self, store_uri: str | None = None, tracking_uri: str | None = None) -> None:
        super().__init__(store_uri=store_uri, tracking_uri=tracking_uri)
        self._uri = str(store_uri)
        self._tracking_uri = tracking_uri
        self._read = Shelves()
        with translated():
            self._opened = opened_at(self._uri)

    def __getstate__(self) -> dict[str, Any]:
        return {"uri": self._uri, "tracking_uri": self._tracking_uri}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["uri"], state["tracking_uri"])  # type: ignore[misc]

    # Registered models.

    def create_registered_model(
        self,
        name: str,
        tags: Iterable[rules.Tag] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,
    ) -> Any:
        """Register a name."""
        with translated():
            name, marks = rules.model_name(name), rules.model_tags(tags)
            try:
                self._opened.apply(
                    lambda state, at: models.create(state, name, at, tags=marks, description=description)
                )
            except AlreadyExists:
                raise already_exists(name, IS_PROMPT in self._shelf(name).record.tags, IS_PROMPT in marks) from None
            return registered_model(self._shelf(name))

    def update_registered_model(self, name: str, description: str | None, deployment_job_id: str | None = None) -> Any:
        """Describe a model anew; None takes the description away."""
        with translated():
            name = rules.model_name(name)
            self._opened.apply(lambda state, at: models.update(state, name, at, description))
            return registered_model(self._shelf(name))

    def rename_registered_model(self, name: str, new_name: str) -> Any:
        """Give a model another name; its versions, aliases and tags come along."""
        with translated():
            wanted, name = rules.new_name(new_name), rules.model_name(name)
            if wanted != name:
                self._opened.apply(lambda state, at: models.rename(state, name, wanted, at))
            return registered_model(self._shelf(wanted))

    def delete_registered_model(self, name: str) -> None:
        """Mark a model and all its versions as deleted."""
        with translated():
            name = rules.model_name(name)
            self._opened.apply(lambda state, at: models.delete(state, name, at))

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = 100,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> Any:
        """Models by name or tag, a page at a time."""
        return searching.models(self._opened, filter_string, max_results, order_by, page_token)

    def get_registered_model(self, name: str) -> Any:
        """One model."""
        with translated():
            return registered_model(self._shelf(rules.model_name(name)))

    def get_latest_versions(self, name: str, stages: Sequence[str] | None = None) -> list[Any]:
        """The newest version of each of ``stages``, or of every stage."""
        with translated():
            shelf = self._shelf(rules.model_name(name))
        wanted = {get_canonical_stage(stage) for stage in stages or ALL_STAGES}
        found = [version for version in shelf.contents.latest if version.meta.stage in wanted]
        return [model_version(version, shelf.aliases_of(version.number)) for version in found]

    def set_registered_model_tag(self, name: str, tag: rules.Tag) -> None:
        """Set one tag of a model."""
        with translated():
            name, marks = rules.model_name(name), rules.model_tags([tag])
            self._opened.apply(lambda state, at: models.retag(state, name, marks))

    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Remove one tag of a model; nothing happens when it is absent."""
        with translated():
            name, key = rules.model_name(name), rules.tag_key(key)
            self._opened.apply(lambda state, at: models.delete_tag(state, name, key))

    # Versions.

    def create_model_version(  # noqa: PLR0913  (MLflow's own arguments)
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Iterable[rules.Tag] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        local_model_path: str | None = None,
        model_id: str | None = None,
    ) -> Any:
        """Register what ``source`` names as the next version; its bytes are copied now."""
        with translated():
            name, marks = rules.model_name(name), rules.version_tags(tags)
            asked = ingesting.Asked(source, run_id, model_id, local_model_path, run_link, description, marks)
            number = ingesting.register(self._opened, name, asked, self._tracking_uri)
            return self._one(name, number)

    def copy_model_version(self, src_mv: Any, dst_name: str) -> Any:
        """Register a version again under another name; the model is created when it is missing."""
        with translated():
            name, number = rules.model_name(src_mv.name), rules.version(src_mv.version)
            wanted = rules.model_name(dst_name)
            return self._one(wanted, ingesting.copy(self._opened, name, number, wanted))

    def update_model_version(self, name: str, version: int | str, description: str | None = None) -> Any:
        """Describe a version anew; None takes the description away."""
        return self._changed(name, version, lambda name, number: _describe(name, number, description))

    def transition_model_version_stage(
        self, name: str, version: int | str, stage: str, archive_existing_versions: bool
    ) -> Any:
        """Move a version to a stage; on request those that were there go to Archived."""
        canonical = get_canonical_stage(stage)
        if archive_existing_versions and canonical not in DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS:
            raise failed(
                "Model version transition cannot archive existing model versions because "
                f"'{stage}' is not an Active stage. Valid stages are {DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS}"
            )
        return self._changed(
            name, version, lambda name, number: _stage(name, number, canonical, bool(archive_existing_versions))
        )

    def delete_model_version(self, name: str, version: int | str) -> None:
        """Mark a version as deleted; aliases that point at it are cleared, its number is not used again."""
        with translated():
            number, name = rules.version(version), rules.model_name(name)
            self._opened.apply(lambda state, at: versions.delete(state, name, number, at))

    def get_model_version(self, name: str, version: int | str) -> Any:
        """One version."""
        with translated():
            return self._one(rules.model_name(name), rules.version(version))

    def get_model_version_download_uri(self, name: str, version: int | str) -> str:
        """Where the version's files are: in this registry."""
        with translated():
            name, number = rules.model_name(name), rules.version(version)
            with self._opened.reading() as repo:
                repo.registry.state().version(name, number)
            return self._opened.place.version_uri(name, number)

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = 10_000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> Any:
        """Versions by name, number, run, source or tag, a page at a time."""
        return searching.versions(self._opened, filter_string, max_results, order_by, page_token)

    def set_model_version_tag(self, name: str, version: int | str, tag: rules.Tag) -> None:
        """Set one tag of a version."""
        with translated():
            name, number, marks = rules.model_name(name), rules.version(version), rules.version_tags([tag])
            self._opened.apply(lambda state, at: versions.retag(state, name, number, marks))

    def delete_model_version_tag(self, name: str, version: int | str, key: str) -> None:
        """Remove one tag of a version; nothing happens when it is absent."""
        with translated():
            name, number, key = rules.model_name(name), rules.version(version), rules.tag_key(key)
            self._opened.apply(lambda state, at: versions.delete_tag(state, name, number, key))

    # Aliases.

    def set_registered_model_alias(self, name: str, alias: str, version: int | str) -> None:
        """Point an alias at a version, wherever it pointed before."""
        with translated():
            name, alias, number = rules.model_name(name), rules.new_alias(alias), rules.version(version)
            self._opened.apply(lambda state, at: _point(state, name, alias, number, at))

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Clear an alias; nothing happens when it is not set."""
        with translated():
            name, alias = rules.model_name(name), rules.alias(alias)
            if alias.lower() == "latest" or not rules.may_be_set(alias):
                self._shelf(name)
                return
            self._opened.apply(lambda state, at: aliases.delete_alias(state, name, alias, at))

    def get_model_version_by_alias(self, name: str, alias: str) -> Any:
        """The version an alias points at; ``latest`` is the highest number."""
        with translated():
            name, alias = rules.model_name(name), rules.alias(alias)
            shelf = self._shelf(name)
            if alias.lower() == "latest":
                if not shelf.contents.versions:
                    raise missing(f"Latest version not found for model {name}.")
                newest = shelf.contents.versions[-1]
                return model_version(newest, shelf.aliases_of(newest.number))
            with self._opened.reading() as repo:
                state = repo.registry.state()
                if not rules.may_be_set(alias):
                    raise AliasNotFound(f"Registered model alias {alias} not found.")
                return self._shown(state, name, state.aliased(name, alias))

    # Webhooks and waiting.

    def list_webhooks(self, max_results: int | None = None, page_token: str | None = None) -> Any:
        """None: this registry is watched through git."""
        return _no_webhooks(max_results)

    def list_webhooks_by_event(self, event: Any, max_results: int | None = None, page_token: str | None = None) -> Any:
        """None: this registry is watched through git."""
        return _no_webhooks(max_results)

    def create_webhook(self, *args: Any, **options: Any) -> Any:
        """Raise MlflowException: git's hosts have webhooks."""
        raise unsupported("webhooks are not kept in a registry of gitmodels: use those of the git host")

    def get_webhook(self, webhook_id: str) -> Any:
        """Raise MlflowException: there is none."""
        raise missing(f"Webhook with ID {webhook_id} not found.")

    def update_webhook(self, webhook_id: str, *args: Any, **options: Any) -> Any:
        """Raise MlflowException: there is none."""
        return self.get_webhook(webhook_id)

    def delete_webhook(self, webhook_id: str) -> None:
        """Raise MlflowException: there is none."""
        self.get_webhook(webhook_id)

    def test_webhook(self, webhook_id: str, event: Any = None) -> Any:
        """Raise MlflowException: there is none."""
        return self.get_webhook(webhook_id)

    def _await_model_version_creation(self, mv: Any, await_creation_for: int | None) -> None:
        """Nothing to wait for: a version is there or it is not."""

    # Reading.

    def _shelf(self, name: str) -> Shelf:
        with self._opened.reading() as repo:
            return self._read.one(repo.registry.state(), name)

    def _one(self, name: str, number: int) -> Any:
        with self._opened.reading() as repo:
            return self._shown(repo.registry.state(), name, number)

    def _shown(self, state: State, name: str, number: int) -> Any:
        version = state.version(name, number)
        pointing = [alias for alias, target in state.aliases(name).items() if target == number]
        return model_version(version, pointing)

    def _changed(self, name: Any, version: Any, ask: Any) -> Any:
        with translated():
            name, number = rules.model_name(name), rules.version(version)
            self._opened.apply(ask(name, number))
            return self._one(name, number)


def _describe(name: str, number: int, description: str | None) -> Ask[None]:
    return lambda state, at: versions.update(state, name, number, at, description)


def _stage(name: str, number: int, stage: str, archive: bool) -> Ask[str]:
    def ask(state: State, at: Any) -> Any:
        state.version(name, number)
        return versions.stage(state, name, number, stage, at, archive=archive)

    return ask


def _point(state: State, name: str, alias: str, number: int, at: Any) -> Any:
    found: Version = state.version(name, number)
    return aliases.set_alias(state, name, alias, found.number, at)


def _no_webhooks(max_results: int | None) -> Any:
    if not 1 <= (max_results or 100) <= MAX_WEBHOOKS:
        raise invalid("max_results must be between 1 and 1000.")
    return PagedList([], None)
