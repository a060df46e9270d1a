"""What an MLflow registry holds, as plain values: models with their tags and aliases, and all their versions.

This room asks MLflow's client and translates; where the registry is a database, its tables tell which numbers were
deleted. What its REST API cannot tell apart from nothing, an empty text, is nothing here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from gitmodels.digest import of_bytes
from gitmodels.exchange.mlflow.place import Place, reaching
from gitmodels.exchange.mlflow.tables import Row
from gitmodels.exchange.plan import Choice
from gitmodels.values import field, frozen, replace

PROMPT, PROMPT_TEXT = "mlflow.prompt.is_prompt", "mlflow.prompt.text"
READY = "READY"
_PROMPTS = f"tags.`{PROMPT}` = 'true'"
_PAGE, _LARGE_PAGE = 100, 1000
# More names than this are asked for one by one only where everything would be asked for otherwise.
_SEVERAL = 50


@frozen
class Listed:
    """A version as MLflow tells it. Times are ms since the epoch; ``location`` is where its files are, if known."""

    name: str
    number: int
    created: int
    updated: int
    description: str | None = None
    user: str | None = None
    stage: str = "None"
    source: str = ""
    run_id: str | None = None
    run_link: str | None = None
    status: str = READY
    status_message: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    location: str | None = None

    @property
    def op(self) -> str:
        """The id under which it is brought: the same for everybody who brings this very version.

        >>> Listed("fraud", 1, 5, 5).op == Listed("fraud", 1, 5, 9, description="later").op
        True
        """
        told = [self.name, str(self.number), str(self.created), self.source, self.run_id or ""]
        return of_bytes("\0".join(told).encode("utf-8", "surrogatepass"))[:32]

    @property
    def model_id(self) -> str | None:
        """The id of the logged model that it was made of, where its source names one."""
        head, _, rest = self.source.partition(":")
        found = rest.strip("/")
        return found if head.lower() == "models" and found.startswith("m-") and "/" not in found else None


@frozen
class Model:
    """A registered model; ``deleted`` are the numbers known to be deleted, ``versions`` stand in their order."""

    name: str
    created: int
    updated: int
    description: str | None
    tags: Mapping[str, str]
    aliases: Mapping[str, int]
    versions: tuple[Listed, ...]
    deleted: frozenset[int]


def models(place: Place, choice: Choice) -> list[Model]:
    """All chosen models of the registry, by name, prompts among them. Raises RemoteError."""
    rows: dict[str, dict[int, Row]] = defaultdict(dict)
    versions: dict[str, dict[int, Listed]] = defaultdict(dict)
    with reaching(f"cannot list the models of {place.shown}"):
        found = [(each, is_prompt) for each, is_prompt in _registered(place.client) if choice.has(each.name)]
        for row in place.tables.rows() if place.tables is not None else ():
            rows[row.name][row.number] = row
        for asked, is_prompt in _filters({each.name for each, _ in found}, bool(choice.models)):
            mark = {PROMPT: "true"} if is_prompt else {}
            for each in _pages(place.client.search_model_versions, filter_string=asked, max_results=_LARGE_PAGE):
                one = listed(each, rows[each.name].get(int(each.version)))
                versions[one.name][one.number] = replace(one, tags={**one.tags, **mark})
    gone = {name: {number for number, row in each.items() if row.deleted} for name, each in rows.items()}
    told = [_model(each, is_prompt, versions[each.name], gone.get(each.name, set())) for each, is_prompt in found]
    return sorted(told, key=lambda model: model.name)


def listed(version: Any, row: Row | None = None) -> Listed:
    """One version of MLflow's, as a value."""
    return Listed(
        name=version.name,
        number=int(version.version),
        created=version.creation_timestamp or 0,
        updated=version.last_updated_timestamp or version.creation_timestamp or 0,
        description=version.description or None,
        user=version.user_id or None,
        stage=version.current_stage or "None",
        source=version.source or "",
        run_id=version.run_id or None,
        run_link=version.run_link or None,
        status=version.status or READY,
        status_message=version.status_message or None,
        tags=dict(version.tags or {}),
        location=row.location if row is not None else None,
    )


def _model(model: Any, is_prompt: bool, versions: Mapping[int, Listed], deleted: set[int]) -> Model:
    # Without its tables it does not tell of numbers above the highest that is there.
    missing = {number for number in range(1, max(versions, default=0)) if number not in versions}
    mark = {PROMPT: "true"} if is_prompt else {}
    return Model(
        name=model.name,
        created=model.creation_timestamp or 0,
        updated=model.last_updated_timestamp or model.creation_timestamp or 0,
        description=model.description or None,
        # A tag without a value is one with nothing in it.
        tags={key: value or "" for key, value in (model.tags or {}).items()} | mark,
        aliases={alias: int(number) for alias, number in sorted((model.aliases or {}).items())},
        versions=tuple(versions[number] for number in sorted(versions)),
        deleted=frozenset(missing | deleted),
    )


def _registered(client: Any) -> Iterator[tuple[Any, bool]]:
    for asked in (None, _PROMPTS):
        for model in _pages(client.search_registered_models, filter_string=asked, max_results=_PAGE):
            yield model, asked is not None


def _filters(names: set[str], chosen: bool) -> Iterator[tuple[str | None, bool]]:
    """What to ask for the versions of these models, and whether the answers are of prompts."""
    if chosen and len(names) <= _SEVERAL and all("'" not in name for name in names):
        for name in sorted(names):
            yield f"name = '{name}'", False
            yield f"name = '{name}' AND {_PROMPTS}", True
    else:
        yield None, False
        yield _PROMPTS, True


def _pages(search: Any, **options: Any) -> Iterator[Any]:
    token = None
    while True:
        page = search(**options, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
