"""Configuration is what git says it is, and who is trusted is what git trusts."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Invalid
from gitmodels.git import discovery, libgit2, program
from gitmodels.git.config import as_flag, canonical
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]

KEYS = [
    "user.name",
    "User.Name",
    "core.bare",
    "remote.Origin.url",
    "a.b c.D",
    "a.b.C.d",
    "x.empty",
    "x.none",
    "no.such",
]


@pytest.fixture
def configured(git_repo: Path, tmp_path: Path) -> Path:
    with open(git_repo / ".git" / "config", "a", encoding="utf-8") as stream:
        stream.write(
            '[remote "Origin"]\n\turl = one\n\tURL = two\n[a "b c"]\n\td = ä # note\n[a "b.C"]\n\td = "x\\ny"\n'
        )
        stream.write(f"[x]\n\tempty =\n\tnone\n[include]\n\tpath = {tmp_path}/more\n")
    (tmp_path / "more").write_text("[user]\n\tname = Included\n")
    return git_repo


def test_values_are_those_of_git(configured: Path, git: Git) -> None:
    repo = GitRepository.open(configured)
    for key in KEYS:
        known = [line for line in git("config", "--get", "--default=<no>", key, cwd=configured).split("\n") if line]
        expected = None if known == ["<no>"] or key == "x.none" else "\n".join(known)
        assert repo.config(key) == expected, key
    assert repo._handle is None


@pytest.mark.sha1
def test_libgit2_says_the_same_where_there_is_no_git(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_git = GitRepository.open(configured)
    monkeypatch.setenv("PATH", "/nowhere")
    without = GitRepository.open(configured)
    assert without._handle is not None
    assert [without.config(key) for key in KEYS] == [with_git.config(key) for key in KEYS]
    assert [without.config_flag(key) for key in KEYS] == [with_git.config_flag(key) for key in KEYS]
    assert without.work_tree == with_git.work_tree


def test_a_change_by_others_is_seen_at_the_next_question(configured: Path, git: Git, tmp_path: Path) -> None:
    repo = GitRepository.open(configured)
    assert repo.config("gitmodels.store") is None
    git("config", "gitmodels.store", "elsewhere", cwd=configured)
    assert repo.config("gitmodels.store") == "elsewhere"
    (tmp_path / "more").write_text("[user]\n\tname = Changed\n")
    assert repo.config("user.name") == "Changed"


def test_git_is_asked_once(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    real = program.output
    monkeypatch.setattr(program, "output", lambda *given: asked.append(given) or real(*given))
    repo = GitRepository.open(configured)
    assert [repo.config(key) for key in KEYS * 3]
    repo.identity()
    assert len(asked) == 1


def test_configuration_of_the_command_counts(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What `git -c gitmodels.branch=other models ls` sets.
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'gitmodels.branch'='other'")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert GitRepository.open(git_repo).config("gitmodels.branch") == "other"


@pytest.mark.parametrize("text", ["true", "YES", "on", "1", "-1", "2k", "false", "no", "Off", "0", "", "maybe", "0x10"])
def test_booleans_are_read_as_git_reads_them(text: str, git_repo: Path, git: Git) -> None:
    git("config", "x.y", text, cwd=git_repo)
    said = git("config", "--type=bool-or-str", "x.y", cwd=git_repo).strip()
    known = (
        {"true": True, "false": False}.get(git("config", "--default", "?", "--type=bool", "x.y", cwd=git_repo).strip())
        if said in ("true", "false") or text in ("1", "0", "-1", "2k", "0x10")
        else None
    )
    assert as_flag(text) is known


def test_keys_keep_the_case_of_their_middle() -> None:
    assert canonical("A.B.C.D") == "a.B.C.d"


def test_what_git_prints_is_bounded_and_failures_are_nothing(configured: Path) -> None:
    assert program.output(["--version"]) == program.output(["--version"], 1000)
    assert program.output(["--version"], 3) is None
    assert program.output(["no-such-command"]) is None
    assert program.output(["rev-parse", "\0"]) is None


@pytest.mark.sha1
def test_every_kind_of_repository_is_found_where_libgit2_finds_it(any_repo: Path) -> None:
    place = discovery.find(any_repo, None, {})
    assert place.git_dir == libgit2.discover(any_repo, "")
    repo = GitRepository.open(any_repo)
    before = repo._handle
    assert repo.work_tree == libgit2.work_tree_of(repo.handle)
    # A submodule's work tree stands in its config, which only libgit2 follows.
    assert before is None or "core.worktree" in repo._config.names()


@pytest.mark.sha1
def test_folders_that_only_look_like_a_repository_are_left_to_libgit2(tmp_path: Path, git_repo: Path) -> None:
    (git_repo / "HEAD").write_text("not git's")
    assert discovery.find(git_repo, None, {}).git_dir == git_repo / ".git"
    inner = git_repo / "inner"
    (inner / ".git").mkdir(parents=True)
    assert discovery.find(inner, None, {}).git_dir == libgit2.discover(inner, "")
    (git_repo / "linked").symlink_to(git_repo / ".git")
    assert discovery.find(git_repo / "linked", None, {}).git_dir == libgit2.discover(git_repo / "linked", "")


@pytest.mark.sha1
@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("given", ["work tree", "git folder", "git file"])
def test_one_foreign_folder_is_enough_for_a_refusal(given: str, git_repo: Path, git: Git, tmp_path: Path) -> None:
    if given == "git file":
        git("init", "--quiet", "--separate-git-dir", str(tmp_path / "elsewhere"), cwd=git_repo)
    foreign = {"work tree": git_repo, "git folder": git_repo / ".git", "git file": git_repo / ".git"}[given]
    os.chown(foreign, 12345, 12345)
    assert not discovery.is_own(discovery.find(git_repo, None, {}))
    with pytest.raises(AssertionError, match="dubious ownership"):
        git("rev-parse", "HEAD", cwd=git_repo)
    with pytest.raises(Invalid, match="dubious ownership"):
        GitRepository.open(git_repo)
