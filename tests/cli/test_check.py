"""``git models check`` at a prompt: its exit codes, its reports, and what it takes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.cli import main as boundary

Git = Callable[..., str]


@pytest.fixture
def proposal(tmp_path: Path, git_repo: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry whose branch ``proposal`` moves champion to v2."""
    monkeypatch.chdir(git_repo)
    (tmp_path / "weights.bin").write_bytes(b"weights")
    for _ in range(2):
        assert boundary.run(["register", str(tmp_path / "weights.bin"), "fraud"]) == 0
    git("branch", "before", "gitmodels", cwd=git_repo)
    assert boundary.run(["alias", "set", "fraud", "champion", "2"]) == 0
    git("branch", "proposal", "gitmodels", cwd=git_repo)
    git("update-ref", "refs/heads/gitmodels", "before", cwd=git_repo)
    return git_repo


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = boundary.run(["check", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_the_report_comes_in_four_forms(proposal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--base", "gitmodels", "--head", "proposal")
    code, text, _ = _run(capsys, *given)
    assert code == 0
    assert text.splitlines()[0] == "fraud@champion none → v2"
    code, text, _ = _run(capsys, *given, "--report", "md")
    assert text.startswith("<!-- gitmodels:report:v1 -->\n## git models: all is well")
    code, text, _ = _run(capsys, *given, "--report", "json")
    assert json.loads(text)["outcome"] == "passed"
    assert json.loads(text) == json.loads(_run(capsys, *given, "--json")[1])
    code, text, _ = _run(capsys, *given, "--report", "sarif")
    assert json.loads(text)["version"] == "2.1.0"


def test_case_37_exit_codes_tell_a_violation_from_what_could_not_be_evaluated(
    proposal: Path, capsys: pytest.CaptureFixture[str], git: Git, tmp_path: Path
) -> None:
    tree = tmp_path / "registry"
    git("worktree", "add", "-q", str(tree), "gitmodels", cwd=proposal)
    (tree / "policy").mkdir()
    policy = tree / "policy/policy.yaml"
    given = ("--base", "gitmodels", "--head", "proposal", "--merge-result")
    for text, expected in (
        ("format: 1\nrules: [{name: cards, aliases: champion, require: card}]\n", 7),
        ("format: 1\nrules: [{name: cards, aliases: champion, requires: card}]\n", 10),
    ):
        policy.write_text(text)
        git("add", ".", cwd=tree)
        git("commit", "-qm", "policy", cwd=tree)
        code, shown, words = _run(capsys, *given)
        assert code == expected
        assert "error: 1 check" in words
        assert "policy" in shown


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--staged", "--head", "x"), 4),
        (("--base", "nothing"), 3),
        (("--head", "-d"), 3),
        (("--head", "$(touch hacked)"), 3),
        (("--base", "main", "--head", "gitmodels"), 3),
        (("--report", "html"), 2),
    ],
)
def test_case_103_what_names_no_commit_is_a_line_of_error(
    proposal: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int
) -> None:
    found, out, err = _run(capsys, *arguments)
    assert found == code
    assert out == ""
    assert "Traceback" not in err
    assert not (proposal / "hacked").exists()


def test_without_a_registry_nothing_has_passed(git_repo: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(git_repo)
    assert _run(capsys)[0] == 3
