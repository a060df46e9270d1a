"""The registry half of MLflow's client: every registered-model and model-version method, with its names and errors.

Each method asks the registry for one change or reads one state, and answers with entities. This room knows MLflow's
arguments; what a change does is known by ``gitmodels.registry``.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from gitmodels import filters
from gitmodels.api import context, converting, pinned, registering
from gitmodels.api.bound import Bound
from gitmodels.api.paging import PagedList
from gitmodels.api.registry_entities import ModelVersion, RegisteredModel
from gitmodels.errors import Invalid, InvalidName, NotFound, VersionNotFound
from gitmodels.names import check_alias, check_model_name, check_version
from gitmodels.registry import search
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.registry import Registry
from gitmodels.registry.search_index.uncollected import uncollected
from gitmodels.registry.state import State
from gitmodels.uris import STAGES, ModelRef, parse_uri

Item = TypeVar("Item")

# MLflow's code where it names none of its own.
_INTERNAL = "INTERNAL_ERROR"
MAX_MODELS = 1000
MAX_VERSIONS = 200_000


class RegistryClient(Bound):
    """Registered models and their versions in one repository: that of ``registry_uri``, or the one in force."""

    @property
    def _registry(self) -> Registry:
        return (self._bound or context.registry_repository()).registry

    @property
    def _state(self) -> State:
        return self._registry.state()

    # Registered models.

    def create_registered_model(
        self,
        name: str,
        tags: dict[str, Any] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,
    ) -> RegisteredModel:
        """Register a name. Raises AlreadyExists, InvalidName."""
        made = self._registry.apply(
            lambda state, at: models.create(state, name, at, tags=tags, description=description)
        )
        return converting.registered_model(self._state, made)

    def rename_registered_model(self, name: str, new_name: str) -> None:
        """Give a model another name; its versions, aliases and tags come along."""
        if new_name is None or not str(new_name).strip():
            raise InvalidName("The name must not be an empty string.", _INTERNAL)
        if new_name == name:
            self._state.model(check_model_name(name))
            return
        self._registry.apply(lambda state, at: models.rename(state, name, new_name, at))

    def update_registered_model(
        self, name: str, description: str | None = None, deployment_job_id: str | None = None
    ) -> RegisteredModel:
        """Describe a model anew; without a description, take the old one away."""
        self._registry.apply(lambda state, at: models.update(state, name, at, description))
        return converting.registered_model(self._state, name)

    def delete_registered_model(self, name: str) -> None:
        """Mark a model and all its versions as deleted. Its history stays; its numbers are not used again."""
        self._registry.apply(lambda state, at: models.delete(state, name, at))

    def get_registered_model(self, name: str) -> RegisteredModel:
        """One model. Raises ModelNotFound."""
        return converting.registered_model(self._state, check_model_name(name))

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int | None = 100,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        """Models by name or tag; ``.token`` of the answer asks for the next page, None at the end."""
        what = search.asked(filter_string, order_by, search.MODELS)
        filters.check_size(max_results, MAX_MODELS)
        start, limit = filters.offset(page_token), None if max_results is None else max_results + 1
        found = search.find_models(self._registry, self._state, what, limit=limit, offset=start)
        return _paged([converting.found_model(found, row) for row in found.rows[:max_results]], found.rows, start)

    def set_registered_model_tag(self, name: str, key: str, value: Any) -> None:
        """Set one tag of a model; any value is kept as its text."""
        self._registry.apply(lambda state, at: models.set_tag(state, name, key, str(value)))

    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Remove one tag of a model; nothing happens when it is absent."""
        self._registry.apply(lambda state, at: models.delete_tag(state, name, key))

    # Versions.

    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: dict[str, Any] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        await_creation_for: int | None = 300,
        model_id: str | None = None,
    ) -> ModelVersion:
        """Register what ``source`` names as the next version of an existing model; its bytes are taken now."""
        self._state.model(check_model_name(name))
        number = registering.register(
            self._repo,
            source,
            name,
            registering.Wish(tags=tags, description=description, run_id=run_id, run_link=run_link, create=False),
        )
        return self.get_model_version(name, str(number))

    def copy_model_version(self, src_model_uri: str, dst_name: str) -> ModelVersion:
        """Register a version again under another name; the model is created when it is missing."""
        ref = parse_uri(src_model_uri)
        if not isinstance(ref, ModelRef):
            raise Invalid(
                f"Unsupported source model URI: '{src_model_uri}'. The `copy_model_version` API only copies models "
                "stored in the 'models:/' scheme.",
                _INTERNAL,
            )
        try:
            source = self._state.resolve(pinned.here(ref, context.settings().work_tree))
        except NotFound as error:
            raise type(error)(
                f"Failed to fetch model version from source model URI: '{src_model_uri}'. Error: {error.message}",
                _INTERNAL,
                hint=error.hint,
            ) from None
        number = self._registry.apply(lambda state, at: versions.copy(state, source, dst_name, at))
        return self.get_model_version(dst_name, number)

    def update_model_version(self, name: str, version: int | str, description: str | None = None) -> ModelVersion:
        """Describe a version anew."""
        if description is None:
            raise Invalid("Attempting to update model version with no new field values.", _INTERNAL)
        number = _number(name, version)
        self._registry.apply(lambda state, at: versions.update(state, name, number, at, description))
        return self.get_model_version(name, number)

    def transition_model_version_stage(
        self, name: str, version: int | str, stage: str, archive_existing_versions: bool = False
    ) -> ModelVersion:
        """Move a version to a stage; stages are MLflow's older way, aliases the newer one."""
        number = _number(name, version)
        self._registry.apply(
            lambda state, at: versions.stage(state, name, number, stage, at, archive=archive_existing_versions)
        )
        return self.get_model_version(name, number)

    def delete_model_version(self, name: str, version: int | str) -> None:
        """Mark a version as deleted; aliases that point at it are cleared, its number is not used again."""
        number = _number(name, version)
        self._registry.apply(lambda state, at: versions.delete(state, name, number, at))

    def get_model_version(self, name: str, version: int | str) -> ModelVersion:
        """One version. Raises VersionNotFound."""
        state = self._state
        return converting.model_version(state, state.version(check_model_name(name), _number(name, version)))

    def get_model_version_download_uri(self, name: str, version: int | str) -> str:
        """Where the version's bytes are: its content id."""
        record = self._state.version(check_model_name(name), _number(name, version)).record
        return f"models:/{record.model_id}"

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int | None = 10_000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        """Versions by name, number, run, source or tag, by metrics and more of ours; the last changed first."""
        what = search.asked(filter_string, order_by, search.VERSIONS)
        what = what if what.orders else search.Asked(what.wanted, search.NEWEST_FIRST)
        filters.check_size(max_results, MAX_VERSIONS)
        start, limit = filters.offset(page_token), None if max_results is None else max_results + 1
        with uncollected():
            found = search.find_versions(self._registry, self._state, what, limit=limit, offset=start)
            return _paged(converting.found_versions(found.rows[:max_results], found.aliases), found.rows, start)

    def get_latest_versions(self, name: str, stages: Sequence[str] | None = None) -> list[ModelVersion]:
        """The newest version in each of ``stages``, or in every stage."""
        known = {stage.lower(): stage for stage in STAGES}
        wrong = [stage for stage in stages or () if stage.lower() not in known]
        if wrong:
            raise Invalid(f"Invalid Model Version stage: {wrong[0]}. Value must be one of {', '.join(STAGES)}.")
        wanted = {known[stage.lower()] for stage in stages} if stages else set(STAGES)
        return [v for v in self.get_registered_model(name).latest_versions if v.current_stage in wanted]

    def get_model_version_stages(self, name: str, version: int | str) -> list[str]:
        """The stages there are."""
        return list(STAGES)

    def set_model_version_tag(
        self,
        name: str,
        version: int | str | None = None,
        key: str | None = None,
        value: Any = None,
        stage: str | None = None,
    ) -> None:
        """Set one tag of a version, named by its number or as the newest in ``stage``; its value is kept as text."""
        number = self._numbered(name, version, stage)
        self._registry.apply(lambda state, at: versions.set_tag(state, name, number, _key(key), str(value)))

    def delete_model_version_tag(
        self, name: str, version: int | str | None = None, key: str | None = None, stage: str | None = None
    ) -> None:
        """Remove one tag of a version; nothing happens when it is absent."""
        number = self._numbered(name, version, stage)
        self._registry.apply(lambda state, at: versions.delete_tag(state, name, number, _key(key)))

    # Aliases.

    def set_registered_model_alias(self, name: str, alias: str, version: int | str) -> None:
        """Point an alias at a version, wherever it pointed before."""
        number = _number(name, version)
        self._registry.apply(lambda state, at: aliases.set_alias(state, name, alias, number, at))

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Clear an alias; nothing happens when it is not set."""
        self._registry.apply(lambda state, at: aliases.delete_alias(state, name, alias, at))

    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """The version an alias points at; ``latest`` is the highest number."""
        state = self._state
        latest = str(alias).lower() == "latest"
        ref = ModelRef(name=check_model_name(name), latest=latest, alias=None if latest else check_alias(alias))
        return converting.model_version(state, state.resolve(ref))

    def _numbered(self, name: str, version: int | str | None, stage: str | None) -> int:
        if version is None and stage is None:
            raise Invalid("version or stage must be set")
        if version is not None and stage is not None:
            raise Invalid("version and stage cannot be set together")
        if version is not None:
            return _number(name, version)
        newest = self.get_latest_versions(name, [str(stage)])
        if not newest:
            raise VersionNotFound(f"Could not find any model version for {stage} stage", _INTERNAL)
        return newest[0].version


def _paged(shown: list[Item], found: Sequence[object], start: int) -> PagedList[Item]:
    """A page of which one item more was ``found`` where there is a next one."""
    return PagedList(shown, filters.token_of(start + len(shown)) if len(found) > len(shown) else None)


def _number(name: str, version: int | str) -> int:
    """``version`` as a number; one below the first is a version that is not there."""
    if (isinstance(version, int) and not isinstance(version, bool) and version < 1) or version == "0":
        raise VersionNotFound(f"Model Version (name={name}, version={version}) not found", name=name)
    return check_version(version)


def _key(key: str | None) -> str:
    if key is None:
        raise InvalidName("Missing value for required parameter 'key'.")
    return key
