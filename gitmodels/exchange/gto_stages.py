"""GTO's stages as aliases, and as MLflow's stages where they are called alike.

An alias that an import set goes where GTO says now; one that somebody set here since stays, unless that is overruled.
"""

from collections.abc import Iterator, Mapping

from gitmodels.errors import InvalidName
from gitmodels.exchange.gto_tags import Event, Line
from gitmodels.exchange.plan import LEFT_OUT, Choice, Step
from gitmodels.fields import format_time
from gitmodels.names import check_alias
from gitmodels.registry.changes import aliases as changes
from gitmodels.registry.changes import versions
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.uris import STAGES

# How the reason of a move begins that an import made.
_MARK = "GTO: "
_STAGES = {stage.lower(): stage for stage in STAGES[1:]}
_ARCHIVING = ("Staging", "Production")


def aliases(repo: Repo, name: str, line: Line, numbers: Mapping[str, int], choice: Choice) -> Iterator[Step]:
    """Bring the aliases of ``name`` to where GTO's stages are; ``numbers`` are those of GTO's versions here."""
    for stage, current in line.stages.items():
        alias = stage.replace("/", "-")
        try:
            check_alias(alias)
        except InvalidName as error:
            if current is not None:
                yield Step(LEFT_OUT, name, None, f"the stage {stage}: {error.message}", False)
            continue
        number = numbers.get(current[0].label) if current is not None else None
        if current is not None and number is None:
            continue
        there, is_ours = _there(repo.registry.state(), name, alias)
        if there == number:
            continue
        if not is_ours and not choice.force:
            text = f"{alias} was moved here, and stays at v{there} (--force moves it)"
            yield Step(LEFT_OUT, name, None, text, False)
            continue
        yield from _moved(repo, name, alias, number, current[1] if current is not None else None, choice)


def _there(state: State, name: str, alias: str) -> tuple[int | None, bool]:
    """Where the alias points, and whether an import pointed it there or nobody has yet."""
    if state.find_model(name) is None:
        return None, True
    record = state.alias(name, alias)
    is_ours = record is None or record.target.version is None or (record.reason or "").startswith(_MARK)
    return state.pointed(name, alias), is_ours


def _moved(
    repo: Repo, name: str, alias: str, number: int | None, event: Event | None, choice: Choice
) -> Iterator[Step]:
    if number is None or event is None:
        if not choice.dry_run:
            repo.registry.apply(
                lambda state, at: changes.delete_alias(state, name, alias, at, reason=f"{_MARK}unassigned")
            )
        yield Step("alias", name, None, f"{alias} is cleared", not choice.dry_run)
        return
    tag = event.tag
    reason = f"{_MARK}{tag.name} by {tag.author} <{tag.email}> at {format_time(tag.when_ms)}"
    stage = _STAGES.get(alias.lower())
    if stage is not None and (choice.dry_run or repo.registry.state().meta(name, number).stage != stage):
        if not choice.dry_run:
            archive = stage in _ARCHIVING
            repo.registry.apply(lambda state, at: versions.stage(state, name, number, stage, at, archive=archive))
        yield Step("stage", name, number, stage, not choice.dry_run)
    if not choice.dry_run:
        repo.registry.apply(lambda state, at: changes.set_alias(state, name, alias, number, at, reason=reason))
    yield Step("alias", name, number, alias, not choice.dry_run)
