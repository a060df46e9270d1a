"""What was at a time, where an alias stood, and which move brought what: on registries with dated commits."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

import gitmodels
from gitmodels.api import looking_back
from gitmodels.errors import AliasNotFound, Invalid, ModelNotFound, NotFound
from gitmodels.git.history import History
from gitmodels.registry.changes import aliases
from gitmodels.repo import Repo
from gitmodels.uris import parse_ref

Git = Callable[..., str]
DAY = 24 * 60 * 60 * 1000
START = 1_772_323_200_000  # 2026-03-01T00:00:00Z
MLMODEL = """\
flavors:
  sklearn:
    pickled_model: model.pkl
signature:
  inputs: '[{{"type": "{kind}", "name": "age"}}]'
  outputs: null
"""


@pytest.fixture
def past(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """``fraud``: v1 champion on March 1st, v2 on the 11th, back to v1 on the 21st, v3 on the 31st."""
    monkeypatch.chdir(git_repo)
    repo = Repo.open(git_repo)
    gitmodels.init()
    clock = [START]
    monkeypatch.setattr("gitmodels.registry.registry.time.time_ns", lambda: clock[0] * 1_000_000)
    for number, (kind, needs) in enumerate([("long", "a==1"), ("long", "a==2"), ("string", "a==2")]):
        folder = git_repo / "model"
        folder.mkdir(exist_ok=True)
        (folder / "MLmodel").write_text(MLMODEL.format(kind=kind))
        (folder / "requirements.txt").write_text(f"{needs}\n")
        (folder / "model.pkl").write_bytes(b"%d" % number)
        gitmodels.register_model("model", "fraud")
    for days, version in ((0, 1), (10, 2), (20, 1), (30, 3)):
        clock[0] = START + days * DAY + 1000
        repo.registry.apply(
            lambda state, at, version=version: aliases.set_alias(
                state, "fraud", "champion", version, at, reason=f"to {version}"
            )
        )
    clock[0] = START + 40 * DAY + 1000
    return Repo.open(git_repo)


@pytest.mark.parametrize(
    ("when", "version"),
    [
        ("2026-03-01", 1),
        ("2026-03-10", 1),
        ("2026-03-11", 2),
        ("2026-03-11T00:00:00", 1),
        ("2026-03-11T00:00:01Z", 2),
        ("2026-03-11T01:00:00+01:00", 1),
        (datetime.datetime(2026, 3, 25, tzinfo=datetime.UTC), 1),
        ("2030-01-01", 3),
        ("gitmodels", 3),
        ("gitmodels~1", 1),
    ],
)
def test_what_an_alias_was_at_a_time_or_commit(past: Repo, when: str | datetime.datetime, version: int) -> None:
    found = gitmodels.at(when, "fraud@champion")
    assert (found.name, found.version) == ("fraud", version)


def test_latest_and_numbers_are_as_they_were_then(past: Repo) -> None:
    assert gitmodels.at("gitmodels~5", "fraud/latest").version == 2
    with pytest.raises(NotFound):
        gitmodels.at("gitmodels~5", "fraud/3")


def test_what_was_not_there_yet_is_not_found(past: Repo) -> None:
    with pytest.raises(NotFound, match="began after 2026-02-01"):
        gitmodels.at("2026-02-01", "fraud@champion")
    with pytest.raises(AliasNotFound):
        gitmodels.at("gitmodels~4", "fraud@champion")
    with pytest.raises(NotFound, match="no commit is called 'nonsense'"):
        gitmodels.at("nonsense", "fraud@champion")
    with pytest.raises(Invalid, match="not a commit"):
        gitmodels.at("--all", "fraud@champion")


def test_another_branch_is_no_registry(past: Repo, git: Git) -> None:
    git("commit", "-q", "--allow-empty", "-m", "code", cwd=past.location)
    with pytest.raises(Invalid, match="not a registry"):
        gitmodels.at("HEAD", "fraud@champion")


def test_a_shallow_clone_says_that_it_does_not_know(past: Repo, git: Git, tmp_path: Path) -> None:
    git(
        "clone",
        "-q",
        "--bare",
        "--depth",
        "2",
        "-b",
        "gitmodels",
        f"file://{past.location}",
        str(tmp_path / "bare"),
        cwd=tmp_path,
    )
    clone = Repo.open(tmp_path / "bare")
    assert looking_back.version_at(clone, "2026-04-01", parse_ref("fraud@champion"))[1].number == 3
    with pytest.raises(NotFound, match="shallow"):
        looking_back.version_at(clone, "2026-03-02", parse_ref("fraud@champion"))


def test_the_log_of_an_alias_tells_each_move_and_how_long_it_stood(past: Repo) -> None:
    moves = list(looking_back.alias_log(past, "fraud", "champion"))
    assert [(each["from"], each["to"], each["reason"]) for each in moves] == [
        (1, 3, "to 3"),
        (2, 1, "to 1"),
        (1, 2, "to 2"),
        (None, 1, "to 1"),
    ]
    assert [each["seconds"] for each in moves] == [10 * DAY // 1000] * 4
    assert [each["until"] is None for each in moves] == [True, False, False, False]
    assert moves[1]["until"] == moves[0]["time"]
    assert len(list(looking_back.alias_log(past, "fraud", "champion", limit=2))) == 2
    with pytest.raises(AliasNotFound):
        list(looking_back.alias_log(past, "fraud", "never"))
    with pytest.raises(ModelNotFound):
        list(looking_back.alias_log(past, "nothing", "champion"))


def test_blame_names_the_move_that_brought_each_fact(past: Repo) -> None:
    found = {
        each["fact"]: (each["version"], each["reason"])
        for each in looking_back.blame(past, parse_ref("fraud@champion"))
    }
    assert found["input age string"] == (3, "to 3")
    # v2 had it too, but v1 was champion in between.
    assert found["needs a==2"] == (3, "to 3")
    assert found["flavor sklearn"] == (1, "to 1")
    assert found["code execution pickle"][0] == 1


def test_blame_of_a_version_asks_the_versions_before_it(past: Repo) -> None:
    found = {each["fact"]: each["version"] for each in looking_back.blame(past, parse_ref("fraud"))}
    assert found["input age string"] == 3
    assert found["needs a==2"] == 2
    assert found["flavor sklearn"] == 1


def test_a_merged_pull_request_is_one_move(past: Repo, git: Git) -> None:
    where = past.location
    tip = git("rev-parse", "gitmodels", cwd=where).strip()
    past.registry.apply(lambda state, at: aliases.set_alias(state, "fraud", "champion", 2, at, reason="reviewed"))
    side = git("rev-parse", "gitmodels", cwd=where).strip()
    tree = git("rev-parse", f"{side}^{{tree}}", cwd=where).strip()
    merge = git("commit-tree", tree, "-p", tip, "-p", side, "-m", "Merge pull request #1", cwd=where).strip()
    git("update-ref", "refs/heads/gitmodels", merge, cwd=where)
    first, *rest = looking_back.alias_log(Repo.open(where), "fraud", "champion")
    assert (first["commit"], first["from"], first["to"], first["reason"]) == (merge, 3, 2, "reviewed")
    assert len(rest) == 4
    assert [commit.oid for commit, _ in History(past.git).line(merge)][:2] == [merge, tip]
