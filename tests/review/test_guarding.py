"""What is written directly keeps to the policy: refused with the rule and the way, or let pass; nothing half-done."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.errors import CheckFailed, NotEvaluated
from gitmodels.registry.changes import aliases, models
from gitmodels.repo import Repo

PROTECTED = {"name": "production", "aliases": ["champion"], "protected": True}


def test_a_protected_alias_is_not_moved_directly(desk: Any) -> None:
    desk.policy(PROTECTED)
    before = desk.tip
    with pytest.raises(CheckFailed) as caught:
        desk.point("champion", 2)
    assert caught.value.message == (
        "the policy refuses fraud@champion: rule 'production': protected: moves by pull request only"
    )
    assert caught.value.hint == "git models promote fraud 2 champion --pr"
    assert desk.tip == before
    desk.point("staging", 2)
    assert desk.tip != before


@pytest.mark.parametrize(
    "change",
    [
        lambda state, at: aliases.delete_alias(state, "fraud", "champion", at),
        lambda state, at: models.delete(state, "fraud", at),
        lambda state, at: models.rename(state, "fraud", "scam", at),
    ],
)
def test_neither_clearing_deleting_nor_renaming_gets_around_it(desk: Any, change: Callable[..., Any]) -> None:
    desk.policy(PROTECTED)
    with pytest.raises(CheckFailed, match="protected"):
        Repo.open(desk.path).registry.apply(change)


def test_a_rollback_is_free_where_the_policy_says_so(desk: Any) -> None:
    desk.point("champion", 2)
    desk.policy(PROTECTED)
    registry = Repo.open(desk.path).registry
    with pytest.raises(CheckFailed, match="protected"):
        registry.apply(lambda state, at: aliases.rollback(state, "fraud", "champion", at))
    desk.policy(PROTECTED | {"rollback": "free"})
    registry = Repo.open(desk.path).registry
    registry.apply(lambda state, at: aliases.rollback(state, "fraud", "champion", at))
    assert registry.state().aliases("fraud") == {"champion": 1}
    with pytest.raises(CheckFailed, match="protected"):
        desk.point("champion", 3 if desk.register() == 3 else 0)


def test_a_new_version_keeps_to_the_rules_for_versions(desk: Any, mlmodel: Callable[..., bytes]) -> None:
    desk.policy({"name": "versions", "require": ["signature"], "code_execution": "none"})
    desk.register()
    with pytest.raises(CheckFailed) as caught:
        desk.register(model=mlmodel(signature=False))
    assert "rule 'versions': signature: there is none" in caught.value.message
    assert Repo.open(desk.path).registry.state().numbers("fraud") == [1, 2, 3]


def test_case_45_a_breaking_signature_is_refused_before_it_moves(desk: Any, mlmodel: Callable[..., bytes]) -> None:
    desk.policy({"name": "stable", "aliases": "*", "signature": {"breaking": "refuse"}})
    columns = [{"type": "string", "name": "age", "required": True}]
    number = desk.register(model=mlmodel(columns), sound=False)
    with pytest.raises(CheckFailed, match="breaks callers"):
        desk.point("champion", number)
    desk.point("champion", 2)


def test_a_warning_is_told_and_does_not_stop(
    desk: Any, mlmodel: Callable[..., bytes], caplog: pytest.LogCaptureFixture
) -> None:
    desk.policy({"name": "stable", "aliases": "*", "signature": {"breaking": "warn"}})
    number = desk.register(model=mlmodel([{"type": "string", "name": "age", "required": True}]), sound=False)
    with caplog.at_level(logging.WARNING, "gitmodels"):
        desk.point("champion", number)
    assert "rule 'stable': signature: breaks callers" in caplog.text


def test_case_37_a_policy_that_cannot_be_read_stops_what_it_might_refuse(desk: Any) -> None:
    desk.put({"policy/policy.yaml": b"format: 1\nrules: [{name: x, protect: true}]\n"})
    with pytest.raises(NotEvaluated, match="unknown key 'protect'"):
        desk.point("champion", 2)


def test_a_version_has_to_have_been_where_the_policy_says(desk: Any) -> None:
    desk.policy({"name": "soaked", "aliases": "champion", "from_alias": "staging", "soak": "1h"})
    with pytest.raises(CheckFailed, match="v2 was never under staging"):
        desk.point("champion", 2)
    desk.point("staging", 2)
    with pytest.raises(CheckFailed, match="0 min under staging, at least 1 h"):
        desk.point("champion", 2)
    desk.policy({"name": "soaked", "aliases": "champion", "from_alias": "staging"})
    desk.point("champion", 2)


def test_the_code_has_to_be_on_the_branch(desk: Any) -> None:
    desk.policy({"name": "merged", "aliases": "champion", "code_branch": "main"})
    with pytest.raises(CheckFailed, match="not known from which commit"):
        desk.point("champion", 2)
    (Path(desk.path) / "code.py").write_text("1\n")
    desk.git("add", "code.py")
    desk.git("commit", "-qm", "code")
    desk.point("champion", desk.register())
    desk.git("checkout", "-qb", "aside")
    desk.git("commit", "-qm", "more", "--allow-empty")
    number = desk.register()
    with pytest.raises(CheckFailed, match="is not on main"):
        desk.point("champion", number)
    desk.policy({"name": "merged", "aliases": "champion", "code_branch": "trunk"})
    with pytest.raises(NotEvaluated, match="trunk is not known here"):
        desk.point("champion", number)


def test_without_a_policy_nothing_of_review_is_loaded(desk: Any) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from gitmodels.cli.main import run; "
        "assert run(['alias', 'set', 'fraud', 'champion', '2']) == 0; "
        "print([name for name in sys.modules if name.startswith('gitmodels.review')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=desk.path, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
