"""One file of the registry, changed by two: what both mean is kept, whichever side is merged into which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels import digest
from gitmodels.registry.merging import merge
from gitmodels.registry.records import NOWHERE, AliasRecord, MetaRecord, ModelRecord, Target
from gitmodels.values import replace

ALIAS, META, MODEL = (f"models/39/fraud/{part}" for part in ("aliases/prod.yaml", "meta/1.yaml", "model.yaml"))
BASE = AliasRecord("fraud", "prod", Target(1, digest.of_bytes(b"1")), NOWHERE, "0a")


def moved(number: int, op: str, reason: str | None = None) -> AliasRecord:
    return replace(
        BASE, target=Target(number, digest.of_bytes(b"%d" % number)), previous=BASE.target, op=op, reason=reason
    )


def both_ways(path: str, base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """The file, which is the same whoever merges."""
    one, other = merge(path, base, ours, theirs), merge(path, base, theirs, ours)
    assert one is not None
    assert other is not None
    assert (one.conflict, other.conflict) == ("", "")
    assert one.data == other.data
    return one.data


def test_equal_targets_converge() -> None:
    ours, theirs = moved(2, "0b", "mine").to_yaml(), moved(2, "0c", "theirs").to_yaml()
    assert both_ways(ALIAS, BASE.to_yaml(), ours, theirs) == ours
    assert both_ways(ALIAS, b"", ours, theirs) == ours


def test_a_summary_written_anew_gives_way_to_a_move() -> None:
    mended = replace(BASE, summary={"size": 3}, op="0d")
    theirs = moved(2, "0c").to_yaml()
    assert both_ways(ALIAS, BASE.to_yaml(), mended.to_yaml(), theirs) == theirs


def test_case_82_two_targets_are_a_conflict_that_tells_both() -> None:
    found = merge(ALIAS, BASE.to_yaml(), moved(2, "0b", "better").to_yaml(), moved(3, "0c").to_yaml())
    assert found is not None
    assert found.conflict == 'fraud@prod was moved by both: here v1 → v2 "better", there v1 → v3'
    lines = found.data.decode().splitlines()
    assert lines[0] == f"# {found.conflict}"
    assert "target: fraud@prod -> 2" in lines[: lines.index("=======")]
    assert "target: fraud@prod -> 3" in lines[lines.index("=======") :]


def test_a_move_there_and_back_conflicts_with_a_move() -> None:
    back = replace(BASE, previous=Target(2, digest.of_bytes(b"2")), op="0e")
    found = merge(ALIAS, BASE.to_yaml(), back.to_yaml(), moved(3, "0c").to_yaml())
    assert found is not None
    assert "moved by both" in found.conflict


def test_tags_merge_key_by_key_and_times_take_the_later() -> None:
    base = MetaRecord(tags={"a": "1", "gone": "x"}, updated=1000)
    ours = replace(base, tags={"a": "2", "gone": "x", "mine": "m"}, updated=3000)
    theirs = replace(base, tags={"a": "1", "theirs": "t"}, stage="Staging", updated=2000)
    merged = MetaRecord.from_yaml(both_ways(META, base.to_yaml(), ours.to_yaml(), theirs.to_yaml()), META)
    assert merged == MetaRecord(tags={"a": "2", "mine": "m", "theirs": "t"}, stage="Staging", updated=3000)


def test_one_key_with_two_values_is_a_conflict() -> None:
    base = MetaRecord(tags={"ok": "1"})
    sides = [replace(base, tags={"ok": value}).to_yaml() for value in "23"]
    found = merge(META, base.to_yaml(), *sides)
    assert found is not None
    assert found.conflict == f"{META}: both changed tags ok"


def test_one_model_created_by_both_is_one_model() -> None:
    ours, theirs = ModelRecord("fraud", 1000, 1000, tags={"a": "1"}), ModelRecord("fraud", 2000, 5000, tags={"b": "2"})
    merged = ModelRecord.from_yaml(both_ways(MODEL, b"", ours.to_yaml(), theirs.to_yaml()), MODEL)
    assert merged == ModelRecord("fraud", 1000, 5000, tags={"a": "1", "b": "2"})


def test_remotes_of_objects_merge_by_name() -> None:
    base = b"format: 1\n"
    ours, theirs = (base + b"remotes:\n  %s: s3://%s\n" % (name, name) for name in (b"a", b"b"))
    found = merge("gitmodels.yaml", base, ours, theirs)
    assert found is not None
    assert found.data == b'format: 1\nremotes:\n  a: "s3://a"\n  b: "s3://b"\n'


def test_case_81_a_number_given_twice_leads_to_the_command_that_renumbers() -> None:
    found = merge("models/39/fraud/versions/4/version.yaml", b"", b"a: 1\n", b"a: 2\n")
    assert found is not None
    assert found.conflict == "fraud v4 was registered by both"
    assert "git models pull" in found.way


@pytest.mark.parametrize("data", [b"", b"[", b"- a\n", b"a: 1\na: 2\n", b"\xff", b"<<<<<<< ours\n", b"target: x\n"])
def test_case_87_what_cannot_be_read_is_left_to_git(data: bytes) -> None:
    good = moved(2, "0b").to_yaml()
    assert merge(ALIAS, BASE.to_yaml(), good, data) is None
    if data not in (b"", b"target: x\n"):
        assert merge(META, b"", data, MetaRecord(tags={"a": "b"}).to_yaml()) is None


_TAGS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), max_size=3)


@given(_TAGS, _TAGS, _TAGS)
def test_no_change_of_either_side_is_lost_and_none_is_made_up(base: dict, ours: dict, theirs: dict) -> None:  # type: ignore[type-arg]
    found = merge(META, *(MetaRecord(tags=tags).to_yaml() for tags in (base, ours, theirs)))
    assert found is not None
    if found.conflict:
        assert any(ours.get(key) != theirs.get(key) != base.get(key) != ours.get(key) for key in "abc")
        return
    merged = MetaRecord.from_yaml(found.data, META).tags
    for key in "abc":
        changed = [side.get(key) for side in (ours, theirs) if side.get(key) != base.get(key)]
        assert merged.get(key) == (changed[0] if changed else base.get(key))
