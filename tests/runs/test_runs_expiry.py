"""Which logged models have expired, and that whatever should keep one does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels import digest
from gitmodels.errors import Invalid
from gitmodels.runs.expiry import Kept, expired, parse_age
from gitmodels.runs.records import LoggedModel

DAY = 86_400_000
NOW = 1_764_000_000_000


def logged(content: str, days: float, run: str | None = "a") -> LoggedModel:
    manifest = digest.of_bytes(content.encode())
    run_id = run * 32 if run else None
    return LoggedModel("model", digest.model_id(manifest), manifest, int(NOW - days * DAY), run_id or "f" * 32, run_id)


OLD, YOUNG = logged("old", 31), logged("young", 29, "b")


def test_the_old_expire_and_the_young_do_not() -> None:
    assert expired([YOUNG, OLD], Kept(), NOW, parse_age(None)) == [OLD]
    assert expired([YOUNG, OLD], Kept(), NOW, parse_age("now")) == [OLD, YOUNG]
    assert expired([YOUNG, OLD], Kept(), NOW, parse_age("never")) == []
    assert expired([logged("x", 30)], Kept(), NOW, parse_age("30 days")) == [logged("x", 30)]
    assert expired([logged("without a run", 40, None)], Kept(), NOW, parse_age(None)) != []


@pytest.mark.parametrize(
    "kept",
    [
        Kept(registered={OLD.model_id}),
        Kept(pinned={OLD.model_id}),
        Kept(pinned={"a" * 32}),
        Kept(running={"a" * 32}),
    ],
)
def test_what_keeps_a_model(kept: Kept) -> None:
    assert expired([OLD, logged("other", 40, "c")], kept, NOW, 30 * DAY) == [logged("other", 40, "c")]


def test_a_content_lives_as_long_as_its_latest_logging() -> None:
    again = logged("old", 1, "b")
    assert expired([OLD, again], Kept(), NOW, 30 * DAY) == []
    assert expired([OLD, logged("old", 35, "b")], Kept(), NOW, 30 * DAY) == [logged("old", 35, "b"), OLD]
    assert expired([OLD, logged("old", 35, "b")], Kept(pinned={"b" * 32}), NOW, 30 * DAY) == []


@pytest.mark.parametrize(
    ("text", "days"),
    [("30 days", 30), ("1 day", 1), ("2.weeks.ago", 14), ("3 months", 90), ("1 Year", 365), ("24hours", 1), ("", 30)],
)
def test_ages(text: str, days: int) -> None:
    assert parse_age(text) == days * DAY


@pytest.mark.parametrize("text", ["soon", "-1 days", "1.5 days", "30", "9999999 days", "٣ days"])
def test_ages_that_are_none(text: str) -> None:
    with pytest.raises(Invalid, match="not an age"):
        parse_age(text)


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 60), st.sampled_from("abc")), max_size=8),
    st.sets(st.sampled_from(["x", "y", "z"])),
    st.integers(0, 60),
    st.integers(0, 30),
)
def test_nothing_expires_that_is_kept_and_time_brings_nothing_back(
    rows: list[tuple[str, int, str]], registered: set[str], days: int, later: int
) -> None:
    loggings = [logged(*row) for row in rows]
    kept = Kept(registered={logged(content, 0).model_id for content in registered})
    now = expired(loggings, kept, NOW, days * DAY)
    assert not any(one.model_id in kept.registered for one in now)
    assert all(NOW - one.time >= days * DAY for one in now)
    assert set(map(repr, now)) <= set(map(repr, expired(loggings, kept, NOW + later * DAY, days * DAY)))
