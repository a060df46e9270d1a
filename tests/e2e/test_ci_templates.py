"""The workflows that ``git models ci init`` writes, run step by step as a host would, on real merges."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitmodels.api.ci import github, gitlab
from gitmodels.cli import main
from gitmodels.errors import AlreadyExists
from gitmodels.registry.changes import beside
from gitmodels.repo import Repo

Git = Callable[..., str]
Models = Callable[..., str]
ROOT = Path(__file__).resolve().parents[2]
SIGNED = """flavors:
  of_ours: {}
signature:
  inputs: '[{"type": "long", "name": "age", "required": true}]'
"""
ALL_HOSTS = {"github": github, "gitlab": gitlab}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, git: Git) -> Path:
    """A server and a clone, made once: two versions of one signature, ``champion`` on the first, both hosts' files."""
    folder = tmp_path_factory.mktemp("made")
    clone, model = folder / "repo", folder / "model"
    git("init", "-q", "--bare", "--initial-branch=main", "bare.git", cwd=folder)
    git("init", "-q", "--initial-branch=main", "repo", cwd=folder)
    for name, value in {"user.name": "Ana Test", "user.email": "ana@example.org"}.items():
        git("config", name, value, cwd=clone)
    git("remote", "add", "origin", str(folder / "bare.git"), cwd=clone)
    model.mkdir()
    (model / "MLmodel").write_text(SIGNED)
    commands = [["alias", "set", "fraud", "champion", "1"], *(["ci", "init", host] for host in ALL_HOSTS), ["push"]]
    with contextlib.chdir(clone):
        for number in (1, 2):
            (model / "weights.bin").write_bytes(b"weights %d" % number)
            assert main.run(["register", str(model), "fraud"]) == 0
        for command in commands:
            assert main.run(command) == 0
    return folder


@pytest.fixture
def server(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bare repository, and ``git models`` as the steps find it once it is installed."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, does in {
        "git-models": f'PYTHONPATH={ROOT} exec {sys.executable} -m gitmodels "$@"',
        # The host's own program: what it is asked for is written down.
        "gh": f'echo "$*" >> {tmp_path}/asked; case "$*" in *PATCH*|*POST*) cp report.md {tmp_path}/posted ;; esac',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return Path(shutil.copytree(made / "bare.git", tmp_path / "bare.git"))


@pytest.fixture
def clone(made: Path, server: Path, tmp_path: Path, git: Git) -> Path:
    """The clone, of this test's own server."""
    copy = Path(shutil.copytree(made / "repo", tmp_path / "repo"))
    git("remote", "set-url", "origin", str(server), cwd=copy)
    return copy


class Runner:
    """A host that runs jobs: expressions are looked up, and each step is a shell of its own."""

    def __init__(self, folder: Path, expressions: dict[str, str]) -> None:
        self.folder = folder
        self.folder.mkdir()
        self.expressions = {"github.token": "", "github.server_url": "file://", "github.repository": ""} | expressions

    def value(self, text: object) -> str:
        def found(match: re.Match[str]) -> str:
            return self.expressions[match[1].strip()]

        return re.sub(r"\$\{\{(.*?)\}\}", found, str(text))

    def job(self, job: dict[str, Any]) -> tuple[int, str]:
        """Run the steps of a GitHub job but the installation: its outcome, and all that was said."""
        variables = {name: self.value(text) for name, text in job["env"].items()}
        outcome, told = 0, ""
        for step in job["steps"]:
            assert set(step) <= {"name", "run", "if", "continue-on-error"}, "a step is a script and nothing else"
            assert "${{" not in step["run"], "no expression is text of a script"
            if step["name"] == "Install" or (outcome and step.get("if") != "always()"):
                continue
            code, said = self.script(step["run"], variables)
            told += said
            outcome = outcome or (0 if step.get("continue-on-error") else code)
        return outcome, told

    def script(self, script: str, variables: dict[str, str]) -> tuple[int, str]:
        done = subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=self.folder,
            env={
                **os.environ,
                "HOME": str(self.folder),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                **variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


def workflow(server: Path, git: Git, path: str) -> dict[str, Any]:
    """A workflow as the server has it on the registry's branch."""
    return yaml.safe_load(git("show", f"gitmodels:{path}", cwd=server))


def by_hand(clone: Path, server: Path, git: Git, *commands: tuple[str, ...]) -> tuple[str, str]:
    """What somebody merges with git alone, in a work tree of the branch, and pushes: the commits before and after."""
    before = git("rev-parse", "gitmodels", cwd=server).strip()
    tree = clone.parent / "merging"
    git("fetch", "-q", "origin", cwd=clone)
    git("worktree", "add", "-q", "--detach", str(tree), before, cwd=clone)
    for command in commands:
        git(*command, cwd=tree)
    git("push", "-q", "origin", "HEAD:gitmodels", cwd=tree)
    git("worktree", "remove", "--force", str(tree), cwd=clone)
    return before, git("rev-parse", "gitmodels", cwd=server).strip()


def pointed(server: Path, git: Git) -> str:
    """The weights of the version that the server's alias ref shows, by their manifest."""
    text = git("show", "refs/gitmodels/aliases/fraud/champion:version.yaml", cwd=server)
    found = re.search(r"^manifest: (\S+)", text, re.MULTILINE)
    assert found is not None
    return found[1].strip('"')


def manifest(clone: Path, number: int) -> str:
    return str(Repo.open(clone).registry.state().version("fraud", number).record.manifest)


def check_of(server: Path, git: Git, folder: Path, ref: str) -> tuple[int, str]:
    key = next(
        text
        for text in re.findall(r"\$\{\{(.*?)\}\}", git("show", f"gitmodels:{github.REGISTRY[0]}", cwd=server))
        if "merge_group" in text
    ).strip()
    runner = Runner(folder, {"github.repository": str(server)[1:], key: ref})
    return runner.job(workflow(server, git, github.REGISTRY[0])["jobs"]["check"])


def test_the_files_are_one_commit_more_and_the_root_stays(
    clone: Path, server: Path, git: Git, models: Models, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    git("init", "-q", str(other), cwd=tmp_path)
    models(other, "init")
    root = git("rev-list", "--max-parents=0", "gitmodels", cwd=clone)
    assert root == git("rev-list", "--max-parents=0", "gitmodels", cwd=other)
    listed = git("ls-tree", "-r", "--name-only", "gitmodels", cwd=server).split()
    assert {*github.REGISTRY, gitlab.REGISTRY} <= set(listed)
    before = git("rev-parse", "gitmodels", cwd=clone)
    models(clone, "ci", "init", "github")
    assert git("rev-parse", "gitmodels", cwd=clone) == before
    assert git("status", "--porcelain", cwd=clone) == ""
    assert git("models", "doctor", cwd=clone) == ""


def test_what_somebody_else_wrote_is_never_replaced_unasked(clone: Path, git: Git) -> None:
    repo = Repo.open(clone)
    mine = {gitlab.REGISTRY: "mine: true\n"}
    with pytest.raises(AlreadyExists, match="says something else"):
        repo.registry.apply(lambda state, at: beside.put(state, mine, "mine"))
    repo.registry.apply(lambda state, at: beside.put(state, mine, "mine", force=True))
    assert git("show", f"gitmodels:{gitlab.REGISTRY}", cwd=clone) == "mine: true\n"
    for path in ("models/x", "policy/policy.yaml", "approvals/policy/1/a.yaml", "gitmodels.yaml", "../x", "/x"):
        with pytest.raises(ValueError, match="beside the registry"):
            repo.registry.apply(lambda state, at, path=path: beside.put(state, {path: ""}, "no"))


def test_files_that_were_not_pushed_are_put_on_top_of_what_others_published(
    clone: Path, server: Path, git: Git, models: Models, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    git("clone", "-q", str(server), str(other), cwd=tmp_path)
    models(other, "ci", "init", "gitlab", "--force")
    repo = Repo.open(other)
    repo.registry.apply(lambda state, at: beside.put(state, {"CODEOWNERS": "* @risk\n"}, "owners"))
    models(clone, "alias", "set", "fraud", "next", "2")
    models(clone, "push")
    models(other, "push")
    assert git("show", "gitmodels:CODEOWNERS", cwd=server) == "* @risk\n"
    assert "/aliases/next.yaml" in git("ls-tree", "-r", "--name-only", "gitmodels", cwd=server)


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "cherry-pick"])
def test_case_88_a_promotion_is_checked_merged_by_git_and_followed(
    how: str, clone: Path, server: Path, git: Git, models: Models, tmp_path: Path
) -> None:
    models(clone, "promote", "fraud", "2", "champion", "--branch", "--reason", "better")
    branch = "promote/fraud-2-champion"
    git("push", "-q", "origin", f"{branch}:refs/pull/7/head", cwd=clone)
    code, told = check_of(server, git, tmp_path / "check", "refs/pull/7/head")
    assert code == 0, told
    assert "champion" in (tmp_path / "check" / "report.md").read_text()
    assert (tmp_path / "check" / "summary").read_text() == (tmp_path / "check" / "report.md").read_text()
    # Meanwhile the branch went on, so that nothing is a fast-forward.
    models(clone, "tag", "set", "fraud/1", "a=b")
    models(clone, "push")
    commands: dict[str, list[tuple[str, ...]]] = {
        "merge": [("merge", "-q", "--no-ff", "-m", "Merge", branch)],
        "squash": [("merge", "-q", "--squash", branch), ("commit", "-q", "-m", "Squashed (#7)")],
        "rebase": [("-c", "rebase.autoStash=false", "cherry-pick", branch)],
        "cherry-pick": [("cherry-pick", "-x", branch)],
    }
    before, after = by_hand(clone, server, git, *commands[how])
    assert before != after
    code, told = followed(server, git, tmp_path / "merged", before, after)
    assert code == 0, told
    assert pointed(server, git) == manifest(clone, 2)


def followed(server: Path, git: Git, folder: Path, before: str, after: str) -> tuple[int, str]:
    told = {"github.event.before": before, "github.event.after": after, "github.repository": str(server)[1:]}
    return Runner(folder, told).job(workflow(server, git, github.REGISTRY[0])["jobs"]["merged"])


def test_case_88_a_revert_by_git_alone_is_followed_and_told(
    clone: Path, server: Path, git: Git, models: Models, tmp_path: Path
) -> None:
    models(clone, "promote", "fraud", "2", "champion", "--push")
    before, after = by_hand(clone, server, git, ("revert", "--no-edit", "HEAD"))
    code, told = followed(server, git, tmp_path / "merged", before, after)
    # It is the rollback that it is; what its file does not say, that v2 was there before, is told.
    assert pointed(server, git) == manifest(clone, 1)
    assert code == 0, told
    assert "git models rollback fraud champion" in told
    models(clone, "pull")
    models(clone, "promote", "fraud", "2", "champion", "--push")
    before, after = (
        git("rev-parse", "gitmodels~1", cwd=server).strip(),
        git("rev-parse", "gitmodels", cwd=server).strip(),
    )
    code, told = followed(server, git, tmp_path / "again", before, after)
    assert (code, pointed(server, git)) == (0, manifest(clone, 2)), told


def test_case_103_a_proposal_that_edits_what_is_published_fails_the_check_and_the_comment_says_why(
    clone: Path, server: Path, git: Git, tmp_path: Path
) -> None:
    tree = tmp_path / "editing"
    git("worktree", "add", "-q", "-b", "bad", str(tree), "gitmodels", cwd=clone)
    (version,) = tree.glob("models/*/fraud/versions/1/version.yaml")
    version.write_text(version.read_text() + "x: 1\n")
    git("commit", "-qam", "bad $(touch hit)", cwd=tree)
    git("push", "-q", "origin", "bad:refs/pull/8/head", cwd=tree)
    code, told = check_of(server, git, tmp_path / "check", "refs/pull/8/head")
    assert code == 7, told
    assert (tmp_path / "check" / "summary").read_text().startswith("<!-- gitmodels:report")
    comment = workflow(server, git, github.REGISTRY[1])["jobs"]["comment"]
    values = {
        "github.repository": str(server)[1:],
        "github.event.number": "8",
        "format('refs/pull/{0}/head', github.event.number)": "refs/pull/8/head",
    }
    code, told = Runner(tmp_path / "comment", values).job(comment)
    assert code == 0, told
    assert (tmp_path / "posted").read_text() == (tmp_path / "check" / "report.md").read_text()
    assert "--method POST" in (tmp_path / "asked").read_text()
    assert list(tmp_path.rglob("hit")) == []


def test_rights_are_the_least_and_nothing_of_a_proposal_is_checked_out(clone: Path, server: Path, git: Git) -> None:
    main, comment = (workflow(server, git, path) for path in github.REGISTRY)
    # YAML 1.1 takes the key `on` for a boolean.
    assert set(main[True]) == {"pull_request", "merge_group", "push"}
    assert set(comment[True]) == {"pull_request_target"}
    assert (main["permissions"], comment["permissions"]) == ({}, {})
    assert main["jobs"]["check"]["permissions"] == {"contents": "read"}
    assert main["jobs"]["merged"]["permissions"] == {"contents": "write"}
    assert comment["jobs"]["comment"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    for text in (*github.registry("gitmodels", "1").values(), *gitlab.registry("gitmodels", "1").values()):
        assert "uses:" not in text
        assert "checkout" not in text.replace("checks out", "")


def _gitlab(server: Path, git: Git, folder: Path, job: str, **variables: str) -> tuple[int, str]:
    found = workflow(server, git, gitlab.REGISTRY)
    runner = Runner(folder, {})
    known = {"BRANCH": found["variables"]["BRANCH"], "CI_PROJECT_DIR": str(folder), "TOKEN": "", "TOKEN_USER": ""}
    script = "\n".join(found[job]["script"][1:])  # all but the installation, one shell as GitLab has it
    return runner.script(script, known | {"REMOTE": f"file://{server}"} | variables)


def test_gitlab_runs_the_same_scripts(clone: Path, server: Path, git: Git, models: Models, tmp_path: Path) -> None:
    models(clone, "promote", "fraud", "2", "champion", "--branch")
    git("push", "-q", "origin", "promote/fraud-2-champion:refs/merge-requests/3/head", cwd=clone)
    code, told = _gitlab(server, git, tmp_path / "check", "check", PROPOSED="refs/merge-requests/3/head")
    assert code == 0, told
    before, after = by_hand(clone, server, git, ("merge", "-q", "--no-ff", "-m", "Merge", "promote/fraud-2-champion"))
    code, told = _gitlab(server, git, tmp_path / "merged", "merged", BEFORE=before, AFTER=after)
    assert code == 0, told
    assert pointed(server, git) == manifest(clone, 2)


def test_code_is_checked_for_its_pins_and_models(
    clone: Path, server: Path, git: Git, models: Models, tmp_path: Path
) -> None:
    models(clone, "pin", "fraud@champion")
    models(clone, "ci", "init", "github", "--code")
    git("add", "-A", cwd=clone)
    git("commit", "-q", "-m", "code", cwd=clone)
    git("push", "-q", "origin", "HEAD:main", cwd=clone)
    job = yaml.safe_load((clone / github.CODE).read_text())["jobs"]["pins"]
    key = next(text for text in job["env"].values() if "sha" in text).strip("${} ")
    commit = git("rev-parse", "HEAD", cwd=clone).strip()
    job["steps"] = [
        {**step, "run": step["run"].replace("""          git config http.extraHeader""", "true #")}
        for step in job["steps"]
    ]
    values = {"github.repository": str(server)[1:], key: commit}
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=server)
    code, told = Runner(tmp_path / "one", values).job(job)
    assert code == 0, told
    lock = clone / "models.lock"
    lock.write_text(re.sub(r'manifest: "?[0-9a-f]{64}"?', f"manifest: '{manifest(clone, 2)}'", lock.read_text()))
    git("commit", "-q", "--no-verify", "-am", "wrong", cwd=clone)
    git("push", "-q", "origin", "HEAD:main", cwd=clone)
    values[key] = git("rev-parse", "HEAD", cwd=clone).strip()
    code, told = Runner(tmp_path / "two", values).job(job)
    assert code != 0
    assert "changed  fraud" in told
