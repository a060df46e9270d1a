"""GTO's tags: the grammar, the order of versions, and what counts after all that was said."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels.exchange import gto_tags
from gitmodels.exchange.gto_tags import Line
from gitmodels.git.tags import Tag


def line(*names: str) -> Line:
    """What tags say that were made one second after the other; ``name@commit`` is written ``name > commit``."""
    clock = count(1)
    tags = []
    for text in names:
        name, _, commit = text.partition(" > ")
        tags.append(Tag(name, commit or "c0", "Ana", "ana@example.org", next(clock) * 1000, ""))
    [found] = gto_tags.lines(tags)
    return found


def stages(found: Line) -> dict[str, str | None]:
    return {stage: current and current[0].label for stage, current in found.stages.items()}


@pytest.mark.parametrize(
    ("name", "artifact", "version", "stage", "back", "counter"),
    [
        ("fraud@v1.2.3", "fraud", "v1.2.3", "", False, 0),
        ("fraud@v1.2.3-rc.1+b5#12", "fraud", "v1.2.3-rc.1+b5", "", False, 12),
        ("fraud@v1.2.3!#2", "fraud", "v1.2.3", "", True, 2),
        ("fraud#prod#3", "fraud", "", "prod", False, 3),
        ("fraud#prod!", "fraud", "", "prod", True, 0),
        ("path/to=nlp/bert#prod-eu#3", "path/to:nlp/bert", "", "prod-eu", False, 3),
    ],
)
def test_names_are_read_as_gto_writes_them(
    name: str, artifact: str, version: str, stage: str, back: bool, counter: int
) -> None:
    found = gto_tags.event(Tag(name, "c", "Ana", "a@b", 1, ""))
    assert found is not None
    assert (found.artifact, found.version, found.stage, found.back, found.counter) == (
        artifact,
        version,
        stage,
        back,
        counter,
    )


@pytest.mark.parametrize(
    "name",
    ["v1.0.0", "fraud@1.0.0", "fraud@v1.0", "fraud@v01.0.0", "fraud#", "fr aud@v1.0.0", "a=b=c@v1.0.0x", "@v1.0.0"],
)
def test_other_tags_are_nobodys_business(name: str) -> None:
    assert not gto_tags.is_ours(name)


def test_versions_come_in_the_order_of_semver() -> None:
    found = line("a@v1.0.0 > c1", "a@v0.10.0 > c2", "a@v0.9.0 > c3", "a@v1.0.0-rc.2 > c4", "a@v1.0.0-rc.10 > c5")
    assert [one.version for one in found.versions] == ["v0.9.0", "v0.10.0", "v1.0.0-rc.2", "v1.0.0-rc.10", "v1.0.0"]


def test_the_last_assignment_of_a_stage_counts_and_can_be_taken_back() -> None:
    events = ["a@v1.0.0 > c1", "a@v2.0.0 > c2", "a#prod#1 > c2", "a#prod#2 > c1"]
    assert stages(line(*events)) == {"prod": "v1.0.0"}
    assert stages(line(*events, "a#prod!#3 > c1")) == {"prod": "v2.0.0"}
    assert stages(line(*events, "a#prod!#3 > c1", "a#prod!#4 > c2")) == {"prod": None}


def test_a_version_that_was_taken_back_takes_its_stages_along() -> None:
    found = line("a@v1.0.0 > c1", "a#prod#1 > c1", "a@v1.0.0!#2 > c1")
    assert (found.versions, stages(found), list(found.gone)) == ((), {"prod": None}, ["v1.0.0"])
    again = line("a@v1.0.0 > c1", "a#prod#1 > c1", "a@v1.0.0!#2 > c1", "a@v1.0.0#3 > c1")
    assert ([one.version for one in again.versions], stages(again)) == (["v1.0.0"], {"prod": "v1.0.0"})


def test_a_stage_of_a_commit_without_a_number_makes_it_a_version() -> None:
    found = line("a@v1.0.0 > c1", "a#dev > c9")
    assert [one.label for one in found.versions] == ["v1.0.0", "c9"]
    assert stages(found) == {"dev": "c9"}


def test_an_artifact_is_deprecated_until_something_else_is_said_of_it() -> None:
    assert line("a@v1.0.0 > c1", "a@deprecated#2 > c1").deprecated is not None
    assert line("a@v1.0.0 > c1", "a@deprecated#2 > c1", "a@v1.0.1 > c2").deprecated is None


_VERSION = st.builds(
    "v{}.{}.{}{}".format, *[st.integers(0, 11)] * 3, st.sampled_from(["", "-1", "-2", "-10", "-rc.1", "-rc.10", "-a-b"])
)


@given(st.lists(_VERSION, unique=True, max_size=8))
def test_sorting_versions_is_an_order_whatever_they_are(versions: list[str]) -> None:
    known = sorted((each for each in versions), key=gto_tags.order)
    assert sorted(reversed(known), key=gto_tags.order) == known
