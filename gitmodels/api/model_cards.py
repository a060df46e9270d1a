"""The card of a model: the one that people wrote, the one that lies in a version, or one made of what is known.

This room gathers what a generated card tells; its form is known by ``gitmodels.cards``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gitmodels import cards
from gitmodels.api import overview
from gitmodels.cards import Facts, Result
from gitmodels.errors import Invalid
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef

WRITTEN, OWN, GENERATED = "written", "version", "generated"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A card and where it comes from: ``written`` for the model, a file of the ``version``, or ``generated``."""

    text: str
    origin: str


def card(repo: Repo, ref: ModelRef) -> ModelCard:
    """The card of the model or version that ``ref`` names, generated where nobody wrote one.

    A bare name is the model: its own card comes first. A version's comes from its files, which never change. Raises
    what resolving the REF raises.
    """
    state = repo.registry.existing_state()
    if is_model(ref):
        name = state.follow(ref.name)
        state.model(name)
        if (data := state.card(name)) is not None:
            return ModelCard(data.decode("utf-8", "replace"), WRITTEN)
    version = state.resolve(ref)
    if (data := state.readable(version.name, version.number, "README.md")) is not None:
        return ModelCard(data.decode("utf-8", "replace"), OWN)
    return ModelCard(cards.generate(_facts(repo, ref)), GENERATED)


def write(repo: Repo, ref: ModelRef, text: str) -> None:
    """Give the model that ``ref`` names a card; empty text takes it away.

    Raises Invalid for a version, whose files never change, and for a card that is none; ModelNotFound.
    """
    if not is_model(ref):
        raise Invalid("a version never changes, and neither does its card", hint=f"git models card {ref.name} FILE")
    from gitmodels.registry.changes import cards as change

    repo.registry.apply(lambda state, at: change.write(state, state.follow(ref.name), text))


def is_model(ref: ModelRef) -> bool:
    """Whether ``ref`` is the bare name of a model."""
    return str(ref) == ref.name


def _facts(repo: Repo, ref: ModelRef) -> Facts:
    found = overview.version(repo, ref)
    return Facts(
        name=found["name"],
        number=found["version"],
        description=found["description"],
        flavors=found["flavors"],
        code_execution=found["code_execution"],
        signature=found["signature"],
        requirements=found["requirements"],
        results=list(_results(repo, found)),
        origin=list(_origin(found)),
    )


def _results(repo: Repo, found: dict[str, Any]) -> Iterator[Result]:
    """What its run measured, by data set, and what was measured later: of each data set the latest numbers."""
    version = repo.registry.existing_state().version(found["name"], found["version"])
    rows = version.record.run.get("metrics")
    by_data: dict[str | None, dict[str, Any]] = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and isinstance(row.get("key"), str):
            data = row["dataset"] if isinstance(row.get("dataset"), dict) else {}
            by_data.setdefault(data.get("name"), {})[row["key"]] = row.get("value")
    for one in found["evaluations"]:
        by_data.setdefault((one["dataset"] or {}).get("name"), {}).update(one["metrics"])
    yield from (Result(metrics, data) for data, metrics in by_data.items())


def _origin(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "model id", found["model_id"]
    yield "registered", f"{found['created'][:10]} by {found['author']}"
    yield "run", " ".join(filter(None, (found["run_name"], found["run_id"])))
    yield "code", str(found["code"].get("commit") or "")
    yield "params", ", ".join(f"{key}={value}" for key, value in found["params"].items())
