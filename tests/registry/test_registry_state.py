"""The registry as one commit has it: what is asked by name fails closed, what lists leaves out only what is damaged."""

from collections.abc import Callable

import pytest

from gitmodels.errors import (
    AliasNotFound,
    Corrupt,
    Invalid,
    InvalidRecord,
    ModelNotFound,
    ObjectNotFound,
    VersionNotFound,
)
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.registry import Registry
from gitmodels.uris import parse_ref

DUPLICATE = b"name: x\nname: y\n"


@pytest.fixture
def full(registry: Registry, new_version) -> Registry:
    for name in ("fraud", "Risk"):
        for content in (b"1", b"2", b"3"):
            data = name.encode() + content
            registry.apply(lambda s, at, n=name, c=data: versions.register(s, n, new_version(c), at))
    registry.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 2, at))
    registry.apply(lambda s, at: aliases.set_alias(s, "fraud", "staging", 3, at))
    registry.apply(lambda s, at: versions.stage(s, "fraud", 2, "Production", at))
    return registry


def test_lookups(full: Registry) -> None:
    state = full.state()
    assert list(state.model_names()) == ["Risk", "fraud"]
    assert state.numbers("fraud") == [1, 2, 3]
    assert state.aliases("fraud") == {"champion": 2, "staging": 3}
    for ref, number in (("fraud@champion", 2), ("fraud/3", 3), ("fraud/latest", 3), ("fraud/Production", 2)):
        assert state.resolve(parse_ref(ref)).number == number
    found = state.resolve(parse_ref(state.version("Risk", 1).record.model_id))
    assert (found.name, found.number) == ("Risk", 1)
    assert state.skipped == {}


@pytest.mark.parametrize(
    ("ref", "error"),
    [
        ("nobody@champion", ModelNotFound),
        ("nobody/1", VersionNotFound),
        ("nobody/latest", ModelNotFound),
        ("fraud@nobody", AliasNotFound),
        ("fraud/9", VersionNotFound),
        ("fraud/Staging", VersionNotFound),
        ("m-" + "0" * 32, VersionNotFound),
        ("FRAUD/1", VersionNotFound),
    ],
)
def test_what_is_not_there(full: Registry, ref: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        full.state().resolve(parse_ref(ref))


def test_deletion_is_a_state(full: Registry) -> None:
    full.apply(lambda s, at: versions.delete(s, "fraud", 3, at, "wrong data"))
    state = full.state()
    assert state.numbers("fraud") == [1, 2]
    assert state.all_numbers("fraud") == [1, 2, 3]
    assert state.aliases("fraud") == {"champion": 2}
    assert state.resolve(parse_ref("fraud/latest")).number == 2
    assert state.next_number("fraud") == 4
    with pytest.raises(VersionNotFound):
        state.version("fraud", 3)
    assert state.any_version("fraud", 3).meta.reason == "wrong data"


def test_a_deleted_model_made_again_goes_on_counting(full: Registry, new_version) -> None:
    full.apply(lambda s, at: models.delete(s, "fraud", at))
    assert list(full.state().model_names()) == ["Risk"]
    with pytest.raises(ModelNotFound):
        full.state().aliased("fraud", "champion")
    assert full.apply(lambda s, at: versions.register(s, "fraud", new_version(), at)) == 4
    state = full.state()
    assert state.numbers("fraud") == [4]
    assert state.aliases("fraud") == {}
    with pytest.raises(VersionNotFound):
        state.version("fraud", 1)
    with pytest.raises(AliasNotFound):
        state.aliased("fraud", "champion")
    with pytest.raises(Exception, match=r"deleted|nothing to roll back"):
        full.apply(lambda s, at: aliases.rollback(s, "fraud", "champion", at))


def test_a_moved_name_leads_on(full: Registry) -> None:
    full.apply(lambda s, at: models.rename(s, "fraud", "theft", at))
    full.apply(lambda s, at: models.rename(s, "theft", "loss", at))
    state = full.state()
    assert state.follow("fraud") == "loss"
    assert state.resolve(parse_ref("fraud@champion")).name == "loss"


def test_a_circle_of_moves_is_refused(full: Registry, put) -> None:
    for name, to in (("fraud", "Risk"), ("Risk", "fraud")):
        data = full.state().tree.read(layout.model_file(name))
        put({layout.model_file(name): data + f"status: moved\nmoved: {to}\n".encode()})
    with pytest.raises(InvalidRecord, match="circle"):
        full.state().follow("fraud")


@pytest.mark.parametrize(
    ("path", "models_left", "numbers_left", "aliases_left"),
    [
        (layout.model_file("Risk"), ["fraud"], [1, 2, 3], ["champion", "staging"]),
        (layout.version_file("fraud", 2), ["Risk", "fraud"], [1, 3], ["champion", "staging"]),
        (layout.meta_file("fraud", 2), ["Risk", "fraud"], [1, 3], ["champion", "staging"]),
        (layout.alias_file("fraud", "champion"), ["Risk", "fraud"], [1, 2, 3], ["staging"]),
    ],
)
def test_a_damaged_record_hurts_only_itself(
    full: Registry, put, path: str, models_left: list[str], numbers_left: list[int], aliases_left: list[str]
) -> None:
    put({path: DUPLICATE})
    state = full.state()
    assert list(state.model_names()) == models_left
    assert [version.number for version in state.versions("fraud")] == numbers_left
    assert list(state.aliases("fraud")) == aliases_left
    assert list(state.skipped) == [path]
    assert "duplicate key" in str(state.skipped[path])
    # And nobody is kept from working on the rest.
    full.apply(lambda s, at: aliases.set_alias(s, "fraud", "new", 1, at))
    assert full.state().aliased("fraud", "new") == 1


@pytest.mark.parametrize(
    ("path", "ref"),
    [
        (layout.model_file("fraud"), "fraud/1"),
        (layout.version_file("fraud", 2), "fraud@champion"),
        (layout.meta_file("fraud", 3), "fraud/latest"),
        (layout.meta_file("fraud", 3), "fraud/Production"),
        (layout.alias_file("fraud", "champion"), "fraud@champion"),
    ],
)
def test_what_is_asked_by_name_fails_closed(full: Registry, put, path: str, ref: str) -> None:
    put({path: DUPLICATE})
    with pytest.raises(Invalid):
        full.state().resolve(parse_ref(ref))


def test_dangling_and_forged_aliases_are_refused(full: Registry, put) -> None:
    path = layout.alias_file("fraud", "champion")
    data = full.state().tree.read(path)
    other = full.state().version("fraud", 3).record.manifest
    mine = full.state().version("fraud", 2).record.manifest
    put({path: data.replace(mine.encode(), other.encode())})
    with pytest.raises(Corrupt, match="other content"):
        full.state().aliased("fraud", "champion")
    put({path: data.replace(b"champion -> 2", b"champion -> 9")})
    with pytest.raises(Corrupt, match="not there"):
        full.state().aliased("fraud", "champion")
    put({path: data.replace(b"fraud@champion", b"Risk@champion")})
    with pytest.raises(InvalidRecord, match="tells of"):
        full.state().aliased("fraud", "champion")
    put({path: data, layout.meta_file("fraud", 2): b"status: deleted\n"})
    with pytest.raises(Corrupt, match="was deleted"):
        full.state().aliased("fraud", "champion")


def test_folders_that_are_not_ours_are_no_versions_and_no_models(full: Registry, put) -> None:
    folder = layout.versions_folder("fraud")
    shard = layout.model_folder("fraud").split("/")[1]
    put(
        {
            f"{folder}/{name}/version.yaml": b"x: 1\n"
            for name in ("0", "007", "+8", "-1", "1e3", "٣", "9" * 200, "README")
        }
        | {f"models/{shard}/%zz/model.yaml": b"x: 1\n", "models/zz/other/model.yaml": b"x: 1\n"}
        | {f"{layout.aliases_folder('fraud')}/README": b"hello\n", "README.md": b"# Ours\n", ".github/x.yml": b"a: 1\n"}
    )
    state = full.state()
    assert state.all_numbers("fraud") == [1, 2, 3]
    assert state.next_number("fraud") == 4
    assert list(state.model_names()) == ["Risk", "fraud"]
    assert list(state.aliases("fraud")) == ["champion", "staging"]
    full.apply(lambda s, at: models.create(s, "new", at))
    assert full.state().tree.read("README.md") == b"# Ours\n"


def test_a_record_under_another_name_is_no_twin(full: Registry, put) -> None:
    put({layout.model_file("theft"): full.state().tree.read(layout.model_file("fraud"))})
    assert list(full.state().model_names()) == ["Risk", "fraud"]
    with pytest.raises(InvalidRecord, match="says it is 'fraud'"):
        full.state().model("theft")


@pytest.mark.parametrize("name", ["x" * 256, "Ü" * 100, "ALL UPPER CASE " * 10 + "END"])
def test_long_names_are_listed_and_found(registry: Registry, new_version, name: str) -> None:
    alias = "A" * 255
    registry.apply(lambda s, at: versions.register(s, name, new_version(), at))
    registry.apply(lambda s, at: aliases.set_alias(s, name, alias, 1, at))
    state = registry.state()
    assert list(state.model_names()) == [name]
    assert state.aliases(name) == {alias: 1}
    assert state.aliased(name, alias) == 1
    assert state.skipped == {}


def test_nfd_and_nfc_are_one_name_and_cases_are_two(registry: Registry, new_version) -> None:
    registry.apply(lambda s, at: versions.register(s, "é", new_version(), at))
    assert registry.apply(lambda s, at: versions.register(s, "é", new_version(), at)) == 2
    for name in ("fraud", "Fraud", "FRAUD"):
        registry.apply(lambda s, at, n=name: models.create(s, n, at))
    assert sorted(registry.state().model_names()) == ["FRAUD", "Fraud", "fraud", "é"]


class Lacking:
    """A tree whose blobs this clone does not have."""

    def __init__(self, tree) -> None:
        self.tree = tree

    def __getattr__(self, name: str) -> Callable[..., object]:
        return getattr(self.tree, name)

    def read(self, path: str) -> bytes:
        raise ObjectNotFound(f"{path}: a partial clone")


def test_what_a_partial_clone_lacks_is_not_taken_for_damage(full: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    from gitmodels.registry import state as module

    monkeypatch.setattr(module, "_parsed", {})
    state = module.State(Lacking(full.state().tree), full.state().commit)
    with pytest.raises(ObjectNotFound):
        list(state.model_names())
    assert state.skipped == {}
