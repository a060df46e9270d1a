"""``git models policy`` and ``audit`` at a prompt."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.cli import main as boundary

Git = Callable[..., str]
POLICY = """format: 1
rules:
- {name: versions, max_size: 1 MiB}
- {name: production, aliases: champion, protected: true, require: card}
"""
TESTS = """format: 1
tests:
- {name: a small one, model: fraud, version: {number: 1, size: 1 KiB}, expect: allowed}
- {name: a large one, model: fraud, version: {number: 1, size: 2 MiB}, expect: refused, by: versions}
- {name: no card, model: fraud, alias: champion, version: {number: 1}, expect: refused, by: production}
"""


@pytest.fixture
def governed(tmp_path: Path, git_repo: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry with a policy that came after fraud@champion; its work tree is at ``registry``."""
    monkeypatch.chdir(git_repo)
    (tmp_path / "weights.bin").write_bytes(b"weights")
    for _ in range(2):
        assert boundary.run(["register", str(tmp_path / "weights.bin"), "fraud"]) == 0
    assert boundary.run(["alias", "set", "fraud", "champion", "1"]) == 0
    tree = tmp_path / "registry"
    git("worktree", "add", "-q", str(tree), "gitmodels", cwd=git_repo)
    (tree / "policy/tests").mkdir(parents=True)
    (tree / "policy/policy.yaml").write_text(POLICY)
    (tree / "policy/tests/all.yaml").write_text(TESTS)
    git("add", ".", cwd=tree)
    git("commit", "-qm", "policy", cwd=tree)
    return tree


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = boundary.run(arguments)
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_the_tests_of_a_policy_hold_or_say_what_was_decided(governed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, "policy", "test")
    assert code == 0
    assert out.splitlines() == ["holds  a small one", "holds  a large one", "holds  no card"]
    assert "3 tests: all hold" in err
    (governed / "policy/policy.yaml").write_text(POLICY.replace("1 MiB", "4 MiB"))
    code, out, err = _run(capsys, "policy", "test", str(governed / "policy"))
    assert code == 7
    assert "FAILS  a large one\n       passed: rule 'versions': max_size: 2.1 MB of at most 4.2 MB" in out
    (governed / "policy/policy.yaml").write_text("format: 1\nrules: [{}]\n")
    assert _run(capsys, "policy", "test", str(governed / "policy"))[0] == 10
    assert _run(capsys, "policy", "test", str(governed))[0] == 3
    assert [each["holds"] for each in json.loads(_run(capsys, "policy", "test", "--json")[1])] == [True] * 3


def test_explain_says_which_rule_decides_what(governed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "policy", "explain", "fraud/2", "--to", "champion", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["subject"] == "fraud@champion"
    assert [(each["rule"], each["part"], each["outcome"]) for each in told["decisions"]] == [
        ("production", "protected", "violated"),
        ("production", "card", "violated"),
    ]
    code, out, _ = _run(capsys, "policy", "explain", "fraud@champion")
    assert "moves by pull request" in out
    code, out, _ = _run(capsys, "policy", "explain", "fraud/2")
    assert "versions  max_size  passed" in out
    code, _, err = _run(capsys, "policy", "explain", "fraud/2", "--to", "staging")
    assert "no rule is asked about fraud@staging" in err


def test_audit_flags_what_was_moved_by_hand(governed: Path, capsys: pytest.CaptureFixture[str], git: Git) -> None:
    code, out, err = _run(capsys, "audit")
    assert code == 0
    assert "nothing is flagged" in err
    path = next(governed.glob("models/*/fraud/aliases/champion.yaml"))
    path.write_bytes(path.read_bytes().replace(b"-> 1", b"-> 2", 1))
    git("commit", "-qam", "by hand", cwd=governed)
    code, out, err = _run(capsys, "audit")
    assert code == 7
    assert "FLAGGED  fraud@champion: fraud@champion v1 → v2; nothing shows a review" in out
    flagged = [each for each in json.loads(_run(capsys, "audit", "--json")[1]) if each["flagged"]]
    assert "move" in {each["kind"] for each in flagged}


def test_a_refused_move_names_the_rule_and_the_way(governed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        ("alias", "set", "fraud", "champion", "2"),
        ("promote", "fraud", "2", "champion"),
        ("alias", "rm", "fraud", "champion"),
    ):
        code, _, err = _run(capsys, *command)
        assert code == 7
        assert "rule 'production': protected: moves by pull request only" in err
    big = governed.parent / "big.bin"
    big.write_bytes(b"x" * (2 << 20))
    code, _, err = _run(capsys, "register", str(big), "fraud")
    assert code == 7
    assert "rule 'versions': max_size: 2.1 MB of at most 1.0 MB" in err
