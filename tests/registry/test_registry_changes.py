"""Each change: what it writes, what it refuses, what it leaves alone."""

import pytest

from gitmodels.errors import (
    AliasNotFound,
    AlreadyExists,
    Conflict,
    Invalid,
    InvalidName,
    ModelNotFound,
    VersionNotFound,
)
from gitmodels.git.history import History
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.changes.change import Change
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.registry import Registry


@pytest.fixture
def full(registry: Registry, new_version) -> Registry:
    for content in (b"1", b"2", b"3"):
        registry.apply(
            lambda s, at, c=content: versions.register(
                s, "fraud", new_version(c, flavors=("sklearn",), source="runs:/x"), at
            )
        )
    return registry


def test_creating(registry: Registry) -> None:
    registry.apply(lambda s, at: models.create(s, "fraud", at, tags={"b": "2", "a": 1}, description="who cheats"))
    record = registry.state().model("fraud")
    assert (record.description, record.tags, record.created) == ("who cheats", {"a": "1", "b": "2"}, record.updated)
    with pytest.raises(AlreadyExists, match="already exists"):
        registry.apply(lambda s, at: models.create(s, "fraud", at))


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "a:b", "..", ".", "a\nb", "a\x00b", "a\u202eb", "C:\\x", "x" * 257, None, 7]
)
def test_names_that_are_refused(registry: Registry, new_version, name: object) -> None:
    with pytest.raises(InvalidName):
        registry.apply(lambda s, at: models.create(s, name, at))
    with pytest.raises(InvalidName):
        registry.apply(lambda s, at: versions.register(s, name, new_version(), at))


@pytest.mark.parametrize("alias", ["", "latest", "LATEST", "v3", "prod\n", "prоd", "a.b", "@", "a b", "-" * 256, None])
def test_aliases_that_are_refused(full: Registry, alias: object) -> None:
    for ask in (
        lambda s, at: aliases.set_alias(s, "fraud", alias, 1, at),
        lambda s, at: aliases.delete_alias(s, "fraud", alias, at),
        lambda s, at: aliases.rollback(s, "fraud", alias, at),
    ):
        with pytest.raises(InvalidName):
            full.apply(ask)


def test_describing_and_tagging(full: Registry) -> None:
    full.apply(lambda s, at: models.update(s, "fraud", at, "who cheats"))
    full.apply(lambda s, at: models.set_tag(s, "fraud", "team", "risk"))
    full.apply(lambda s, at: versions.update(s, "fraud", 2, at, "better"))
    full.apply(lambda s, at: versions.set_tag(s, "fraud", 2, "ok", "yes"))
    state = full.state()
    assert (state.model("fraud").description, state.model("fraud").tags) == ("who cheats", {"team": "risk"})
    assert (state.meta("fraud", 2).description, state.meta("fraud", 2).tags) == ("better", {"ok": "yes"})
    full.apply(lambda s, at: models.update(s, "fraud", at, None))
    full.apply(lambda s, at: models.delete_tag(s, "fraud", "team"))
    full.apply(lambda s, at: versions.update(s, "fraud", 2, at, None))
    full.apply(lambda s, at: versions.delete_tag(s, "fraud", 2, "ok"))
    state = full.state()
    assert (state.model("fraud").description, state.model("fraud").tags) == (None, {})
    assert (state.meta("fraud", 2).description, state.meta("fraud", 2).tags) == (None, {})


@pytest.mark.parametrize(
    "ask",
    [
        lambda s, at: models.update(s, "nobody", at, "x"),
        lambda s, at: models.set_tag(s, "nobody", "a", "b"),
        lambda s, at: models.delete_tag(s, "nobody", "a"),
        lambda s, at: models.delete(s, "nobody", at),
        lambda s, at: models.rename(s, "nobody", "x", at),
        lambda s, at: aliases.set_alias(s, "nobody", "a", 1, at),
        lambda s, at: aliases.delete_alias(s, "nobody", "a", at),
        lambda s, at: aliases.rollback(s, "nobody", "a", at),
        lambda s, at: versions.stage(s, "nobody", 1, "Staging", at, archive=True),
    ],
)
def test_what_asks_for_a_model_that_is_not_there(full: Registry, ask) -> None:
    with pytest.raises(ModelNotFound):
        full.apply(ask)


@pytest.mark.parametrize(
    "ask",
    [
        lambda s, at: versions.update(s, "fraud", 9, at, "x"),
        lambda s, at: versions.set_tag(s, "fraud", 9, "a", "b"),
        lambda s, at: versions.delete_tag(s, "fraud", 9, "a"),
        lambda s, at: versions.delete(s, "fraud", 9, at),
        lambda s, at: versions.stage(s, "fraud", 9, "Staging", at),
        lambda s, at: aliases.set_alias(s, "fraud", "a", 9, at),
    ],
)
def test_what_asks_for_a_version_that_is_not_there(full: Registry, ask) -> None:
    with pytest.raises(VersionNotFound):
        full.apply(ask)


@pytest.mark.parametrize("key", ["", "a\nb", "../x", "a,b", "x" * 251, None])
def test_tag_keys_that_are_refused(full: Registry, key: object) -> None:
    with pytest.raises(InvalidName):
        full.apply(lambda s, at: versions.set_tag(s, "fraud", 1, key, "x"))
    with pytest.raises(InvalidName):
        full.apply(lambda s, at: models.set_tag(s, "fraud", key, "x"))


def test_registering_without_creating(registry: Registry, new_version) -> None:
    with pytest.raises(ModelNotFound):
        registry.apply(lambda s, at: versions.register(s, "fraud", new_version(), at, create=False))


def test_a_version_holds_the_readable_files_and_no_others(full: Registry, new_version) -> None:
    state = full.state()
    assert sorted(state.tree.names(layout.version_folder("fraud", 1))) == ["MLmodel", "manifest.yaml", "version.yaml"]
    assert state.readable("fraud", 1, "MLmodel") == b"flavors: {}\n"
    assert state.readable("fraud", 1, "conda.yaml") is None
    new = new_version()
    with pytest.raises(Invalid, match="not one of the small readable files"):
        full.apply(lambda s, at: versions.register(s, "fraud", NewVersion(new.record, new.manifest, {"../x": b""}), at))


def test_moving_an_alias_tells_what_was_before(full: Registry) -> None:
    moves = [full.apply(lambda s, at, n=n: aliases.set_alias(s, "fraud", "prod", n, at)) for n in (1, 2)]
    assert [(a.version, b.version) for a, b in moves] == [(None, 1), (1, 2)]
    record = full.state().alias("fraud", "prod")
    assert (record.previous.version, record.summary["flavors"]) == (1, ["sklearn"])
    back = full.apply(lambda s, at: aliases.rollback(s, "fraud", "prod", at, reason="too many alarms"))
    assert (back[0].version, back[1].version) == (2, 1)
    full.apply(lambda s, at: aliases.delete_alias(s, "fraud", "prod", at))
    record = full.state().alias("fraud", "prod")
    assert (record.target.version, record.previous.version, record.summary) == (None, 1, {})
    full.apply(lambda s, at: aliases.rollback(s, "fraud", "prod", at))
    assert full.state().aliased("fraud", "prod") == 1


def test_rolling_back_to_nothing_or_to_something_else(full: Registry, put) -> None:
    with pytest.raises(AliasNotFound):
        full.apply(lambda s, at: aliases.rollback(s, "fraud", "prod", at))
    full.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 1, at))
    with pytest.raises(AliasNotFound):
        full.apply(lambda s, at: aliases.rollback(s, "fraud", "prod", at))
    full.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 2, at))
    full.apply(lambda s, at: versions.delete(s, "fraud", 1, at))
    with pytest.raises(Conflict, match="was deleted"):
        full.apply(lambda s, at: aliases.rollback(s, "fraud", "prod", at))
    full.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 3, at))
    forged = full.state().tree.read(layout.version_file("fraud", 3))
    put({layout.version_file("fraud", 2): forged})
    with pytest.raises(Conflict, match="content is not what it was"):
        full.apply(lambda s, at: aliases.rollback(s, "fraud", "prod", at))


def test_a_model_changes_with_the_stages_of_its_versions_and_not_with_their_descriptions(full: Registry) -> None:
    name = next(full.state().model_names())
    for to in ("Staging", "None"):
        full.apply(lambda state, at, to=to: versions.stage(state, name, 1, to, at))
        staged = full.state().version(name, 1)
        assert staged.model_updated == staged.updated
        full.apply(lambda state, at: versions.update(state, name, 1, at, f"in {at.op}"))
        described = full.state().version(name, 1)
        assert described.model_updated == staged.updated < described.updated


def test_stages(full: Registry) -> None:
    assert full.apply(lambda s, at: versions.stage(s, "fraud", 1, "production", at)) == "Production"
    full.apply(lambda s, at: versions.stage(s, "fraud", 2, "Production", at, archive=True))
    assert [v.meta.stage for v in full.state().versions("fraud")] == ["Archived", "Production", "None"]
    with pytest.raises(Invalid, match="Invalid Model Version stage: Best"):
        full.apply(lambda s, at: versions.stage(s, "fraud", 1, "Best", at))
    with pytest.raises(Invalid, match="not an Active stage"):
        full.apply(lambda s, at: versions.stage(s, "fraud", 1, "Archived", at, archive=True))


def test_deleting_a_version_clears_its_aliases_in_the_same_commit(full: Registry) -> None:
    for alias, number in (("prod", 2), ("old", 1)):
        full.apply(lambda s, at, a=alias, n=number: aliases.set_alias(s, "fraud", a, n, at))
    tip = full.branch.tip()
    full.apply(lambda s, at: versions.delete(s, "fraud", 2, at, "leaks"))
    state = full.state()
    assert state.aliases("fraud") == {"old": 1}
    assert full.git.objects.read(state.commit, "commit").decode().split("\n")[1] == f"parent {tip}"
    assert state.alias("fraud", "prod").previous.version == 2
    with pytest.raises(VersionNotFound):
        full.apply(lambda s, at: versions.delete(s, "fraud", 2, at))


def test_copying(full: Registry) -> None:
    full.apply(lambda s, at: versions.set_tag(s, "fraud", 2, "ok", "yes"))
    source = full.state().version("fraud", 2)
    assert full.apply(lambda s, at: versions.copy(s, source, "risk", at)) == 1
    assert full.apply(lambda s, at: versions.copy(s, source, "fraud", at)) == 4
    copied = full.state().version("risk", 1)
    assert (copied.record.model_id, copied.meta.tags) == (source.record.model_id, {"ok": "yes"})
    assert copied.record.source == "models:/fraud/2"
    assert copied.record.op != source.record.op
    assert full.state().readable("risk", 1, "MLmodel") == b"flavors: {}\n"


def test_renaming_carries_everything(full: Registry) -> None:
    full.apply(lambda s, at: versions.set_tag(s, "fraud", 2, "ok", "yes"))
    full.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 2, at))
    full.apply(lambda s, at: models.rename(s, "fraud", "theft", at))
    state = full.state()
    assert list(state.model_names()) == ["theft"]
    assert state.aliases("theft") == {"prod": 2}
    assert state.meta("theft", 2).tags == {"ok": "yes"}
    assert state.tree.oid(layout.versions_folder("theft")) == state.tree.oid(layout.versions_folder("fraud"))
    with pytest.raises(AlreadyExists):
        full.apply(lambda s, at: models.rename(s, "theft", "theft", at))
    full.apply(lambda s, at: models.create(s, "risk", at))
    with pytest.raises(AlreadyExists):
        full.apply(lambda s, at: models.rename(s, "theft", "risk", at))


def test_renaming_back_after_work_under_the_new_name(full: Registry, new_version) -> None:
    full.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 2, at))
    full.apply(lambda s, at: models.rename(s, "fraud", "theft", at))
    full.apply(lambda s, at: versions.set_tag(s, "theft", 2, "ok", "yes"))
    full.apply(lambda s, at: versions.register(s, "theft", new_version(b"4"), at))
    full.apply(lambda s, at: aliases.set_alias(s, "theft", "prod", 4, at))
    full.apply(lambda s, at: models.rename(s, "theft", "fraud", at))
    state = full.state()
    assert list(state.model_names()) == ["fraud"]
    assert state.numbers("fraud") == [1, 2, 3, 4]
    assert state.meta("fraud", 2).tags == {"ok": "yes"}
    assert state.aliased("fraud", "prod") == 4
    assert full.projection.behind(state) == {}


def test_a_name_with_other_versions_is_not_renamed_over(full: Registry, new_version) -> None:
    full.apply(lambda s, at: versions.register(s, "risk", new_version(b"other"), at))
    full.apply(lambda s, at: models.delete(s, "risk", at))
    with pytest.raises(Conflict, match="once had versions of its own"):
        full.apply(lambda s, at: models.rename(s, "fraud", "risk", at))


def test_text_that_no_record_could_hold_is_refused(full: Registry) -> None:
    tip = full.branch.tip()
    for ask in (
        lambda s, at: versions.update(s, "fraud", 1, at, "x" * 300_000),
        lambda s, at: versions.set_tag(s, "fraud", 1, "a", "x" * 100_001),
        lambda s, at: versions.set_tag(s, "fraud", 1, "a", None),
        lambda s, at: aliases.set_alias(s, "fraud", "prod", 1, at, reason="nul\0"),
    ):
        with pytest.raises(Invalid):
            full.apply(ask)
    assert full.branch.tip() == tip


def test_a_reason_cannot_forge_a_trailer() -> None:
    reason = "because\r\nGitmodels-Op: forged\n\ngitmodels-kind: forged\x85Gitmodels-Args: {}"
    lines = Change(None, {}, "tag", "tag fraud", "fraud", reason=reason).message("real").splitlines()
    assert [line for line in lines if line.lower().startswith("gitmodels-op")] == ["Gitmodels-Op: real"]
    assert [line for line in lines if line.lower().startswith("gitmodels-kind")] == ["Gitmodels-Kind: tag"]


def test_several_tags_are_one_commit(full: Registry) -> None:
    full.apply(lambda s, at: versions.retag(s, "fraud", 2, {"a": "1", "b": "2", "ok": None}))
    full.apply(lambda s, at: models.retag(s, "fraud", {"x": "1", "y": "2"}))
    state = full.state()
    assert {"a": "1", "b": "2"}.items() <= state.version("fraud", 2).meta.tags.items()
    assert {"x": "1", "y": "2"}.items() <= state.model("fraud").tags.items()
    assert "ok" not in state.version("fraud", 2).meta.tags
    log = [commit.message.split("\n")[0] for commit in History(full.git).log(str(state.commit), limit=2)]
    assert log == ["tag fraud x, y", "tag fraud v2 a, b, ok"]
