"""What a server refuses of a push: a protected move that nothing shows a review of, and whatever breaks a rule."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gitmodels.api import hooks
from gitmodels.errors import CheckFailed
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases
from gitmodels.registry.changes.change import At
from gitmodels.repo import Repo

PROTECTED = {"name": "production", "aliases": ["champion"], "protected": True}


@pytest.fixture(name="received")
def received_fixture(desk: Any) -> Any:
    """``received(old, new)``: what the hook says of a push that moves the branch so."""

    def run(old: str, new: str) -> None:
        hooks.run(Repo.open(desk.path), "pre-receive", hooks.Given([f"{old} {new} refs/heads/gitmodels"]))

    return run


def _moved(desk: Any) -> str:
    state = Repo.open(desk.path).registry.state()
    record = aliases.pointed(state, "fraud", "champion", 2, At("e" * 32, 0, "", ""), None)
    head: str = desk.aside("proposal", lambda: desk.put({layout.alias_file("fraud", "champion"): record.to_yaml()}))
    return head


def test_a_protected_move_is_taken_as_a_merge_only(desk: Any, received: Any) -> None:
    received(desk.tip, _moved(desk))
    desk.policy(PROTECTED)
    base, head = desk.tip, _moved(desk)
    with pytest.raises(CheckFailed, match="nothing shows a review"):
        received(base, head)
    received(base, desk.git("commit-tree", f"{head}^{{tree}}", "-p", base, "-p", head, "-m", "Merge").strip())


def test_a_merge_that_breaks_a_rule_is_refused_all_the_same(desk: Any, received: Any) -> None:
    desk.policy(PROTECTED | {"require": ["card"], "approvals": {"min": 1}})
    base, head = desk.tip, _moved(desk)
    merge = desk.git("commit-tree", f"{head}^{{tree}}", "-p", base, "-p", head, "-m", "Merge").strip()
    with pytest.raises(CheckFailed) as caught:
        received(base, merge)
    told = caught.value.message.splitlines()
    assert told[0] == "the policy refuses this push:"
    assert any("card: there is none" in line for line in told)
    assert any("0 of 1 signed" in line for line in told)


def test_new_versions_keep_to_their_rules_and_others_pass(desk: Any, received: Any) -> None:
    desk.policy({"name": "versions", "max_size": "1B"})
    base = desk.tip
    policy = desk.read("policy/policy.yaml")
    desk.put({"policy/policy.yaml": None})
    desk.register()
    desk.put({"policy/policy.yaml": policy})
    with pytest.raises(CheckFailed, match="max_size"):
        received(base, desk.tip)


def test_case_37_a_server_whose_policy_cannot_be_read_takes_no_move(desk: Any, received: Any) -> None:
    desk.put({"policy/policy.yaml": b"format: 1\nrule: []\n"})
    with pytest.raises(CheckFailed, match="unknown key 'rule'"):
        received(desk.tip, _moved(desk))


def test_the_real_hook_refuses_a_real_push(desk: Any, tmp_path: Path, git: Any) -> None:
    from gitmodels.git import hook_files

    desk.policy(PROTECTED)
    server = tmp_path / "server.git"
    git("clone", "-q", "--bare", str(desk.path), str(server), cwd=tmp_path)
    hook_files.install(Repo.open(server).git, "pre-receive")
    desk.git("remote", "add", "origin", str(server))
    head = _moved(desk)
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    command = ["git", "push", "origin", f"{head}:refs/heads/gitmodels"]
    done = subprocess.run(command, cwd=desk.path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "nothing shows a review" in done.stderr
