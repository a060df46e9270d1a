"""Versions from another tool keep its numbers and times, and two who import the same end with the same registry."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.errors import Conflict, InvalidName, ModelNotFound, VersionNotFound
from gitmodels.registry.catching_up import catch_up
from gitmodels.registry.changes import aliases, imports, models, versions
from gitmodels.registry.changes.imports import Brought, Import
from gitmodels.registry.doctor import examine
from gitmodels.registry.operations.asked import Wishes
from gitmodels.registry.records import DELETED, MetaRecord, ModelRecord
from gitmodels.registry.registry import Registry
from gitmodels.values import replace
from tests.registry.conftest import make_version, open_registry

Git = Callable[..., str]
START = 1_700_000_000_000


def brought(number: int, content: bytes = b"weights", **meta: Any) -> Brought:
    new = make_version(content)
    record = replace(new.record, created=START + number, author="Bo", op=f"{number:032x}", imported={"from": "other"})
    return Brought(number, record, new.manifest, MetaRecord(**meta), new.readable)


def wanted(*numbers: int, content: bytes = b"weights", **more: Any) -> Import:
    record = ModelRecord("fraud", START, START + 99, description="Theirs", tags={"team": "risk"})
    given = {"model": record, "versions": tuple(brought(number, content) for number in numbers), "aliases": {}}
    return Import("fraud", "other", **(given | more))


def bring(registry: Registry, what: Import) -> tuple[int, ...]:
    return registry.apply(lambda state, at: imports.bring(state, what, at))


def test_numbers_times_and_gaps_are_kept_in_one_commit(registry: Registry, git: Git) -> None:
    gone = brought(3, status=DELETED, reason="deleted there")
    what = wanted(1, 2, versions=(brought(1), brought(2, stage="Staging"), gone), aliases={"champion": 2})
    assert bring(registry, what) == (1, 2, 3)
    state = registry.state()
    assert state.model("fraud").description == "Theirs"
    assert [(v.number, v.record.created, v.record.author) for v in state.versions("fraud")] == [
        (1, START + 1, "Bo"),
        (2, START + 2, "Bo"),
    ]
    assert state.next_number("fraud") == 4
    assert state.aliases("fraud") == {"champion": 2}
    assert state.version("fraud", 2).record.imported == {"from": "other"}
    assert git("rev-list", "--count", "gitmodels", cwd=registry.git.common_dir).strip() == "2"
    assert "import fraud from other: 3 versions, champion" in git("log", "-1", "gitmodels", cwd=registry.git.common_dir)
    assert not [problem for problem in examine(registry) if not problem.note]
    assert bring(registry, Import("fraud", "other", state.model("fraud"), aliases={"champion": 2})) == ()
    assert registry.state().commit == state.commit


def test_what_cannot_be_is_refused_and_nothing_is_written(registry: Registry) -> None:
    with pytest.raises(ModelNotFound):
        bring(registry, wanted(1, model=None))
    with pytest.raises(VersionNotFound):
        bring(registry, wanted(1, aliases={"champion": 7}))
    with pytest.raises(InvalidName):
        bring(registry, wanted(1, aliases={"latest": 1}))
    with pytest.raises(InvalidName):
        bring(registry, wanted(1, versions=(brought(1, tags={"../x": "1"}),)))
    assert [*registry.state().model_names()] == []
    bring(registry, wanted(2))
    with pytest.raises(Conflict, match="fraud v2 is another version here"):
        bring(registry, wanted(2, content=b"others"))
    registry.apply(lambda state, at: models.delete(state, "fraud", at))
    with pytest.raises(Conflict, match="fraud v1 is another version here"):
        bring(registry, wanted(1))
    bring(registry, wanted(3))
    assert registry.state().numbers("fraud") == [3]


def test_what_is_said_of_a_version_may_be_brought_later(registry: Registry) -> None:
    bring(registry, wanted(1))
    bring(registry, Import("fraud", "other", metas={1: MetaRecord(stage="Production", tags={"a": "b"})}))
    assert registry.state().version("fraud", 1).meta.stage == "Production"


@pytest.fixture
def sides(tmp_path: Path, git: Git) -> tuple[Registry, Registry]:
    """Two clones of one registry."""
    found = []
    for name in ("ana", "bo"):
        path = tmp_path / name
        git("init", "--quiet", str(path), cwd=tmp_path)
        found.append(open_registry(path))
        found[-1].init()
    return found[0], found[1]


def catch(ana: Registry, bo: Registry, git: Git, theirs: str = "") -> Any:
    git("fetch", "-q", str(bo.git.common_dir), "+gitmodels:refs/other", cwd=ana.git.common_dir)
    other = git("rev-parse", "refs/other", cwd=ana.git.common_dir).strip()
    return catch_up(ana, other, Wishes(frozenset(), frozenset(theirs.split())))


def test_two_who_import_the_same_agree(sides: tuple[Registry, Registry], git: Git) -> None:
    ana, bo = sides
    for each in sides:
        bring(each, wanted(1, 2, aliases={"champion": 2}))
    there = bo.branch.tip()
    catch(ana, bo, git)
    assert ana.branch.tip() == there


def test_an_import_goes_on_top_of_other_work_with_its_numbers(sides: tuple[Registry, Registry], git: Git) -> None:
    ana, bo = sides
    bo.apply(lambda state, at: versions.register(state, "other", make_version(), at))
    bring(ana, wanted(1, 2, aliases={"champion": 1}))
    ana.apply(lambda state, at: aliases.set_alias(state, "fraud", "champion", 2, at))
    before = ana.state().tree.oid("models/39/fraud/versions")
    catch(ana, bo, git)
    assert ana.state().tree.oid("models/39/fraud/versions") == before
    assert ana.state().aliases("fraud") == {"champion": 2}
    assert sorted(ana.state().model_names()) == ["fraud", "other"]


def test_an_import_that_others_contradict_is_given_up_when_wished(sides: tuple[Registry, Registry], git: Git) -> None:
    ana, bo = sides
    bo.apply(lambda state, at: versions.register(state, "fraud", make_version(b"theirs"), at))
    bring(ana, wanted(1))
    tip = ana.branch.tip()
    with pytest.raises(Conflict, match="of fraud was written"):
        catch(ana, bo, git)
    assert ana.branch.tip() == tip
    catch(ana, bo, git, theirs="fraud")
    assert ana.branch.tip() == bo.branch.tip()


def test_an_import_into_a_model_that_others_deleted_is_told(sides: tuple[Registry, Registry], git: Git) -> None:
    ana, bo = sides
    bring(bo, wanted(1))
    catch(ana, bo, git)
    bring(ana, wanted(2, model=None))
    bo.apply(lambda state, at: models.delete(state, "fraud", at))
    with pytest.raises(Conflict, match="fraud is not there any more"):
        catch(ana, bo, git)
