"""A promotion is reviewed: proposed, refused, mended, signed by two, merged by git, verified, taken back, audited.

The server speaks HTTP and asks for passwords. What CI does is done as in the workflows: in a bare repository that holds
commits as data, by the command itself. Commands run in this process, as does the service: what it has loaded and keeps
open while the champion changes is part of the story.
"""

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.errors import CheckFailed

pd = pytest.importorskip("pandas")
linear = pytest.importorskip("sklearn.linear_model")

Git = Callable[..., str]
BRANCH = "refs/heads/gitmodels"
CHECK = ("check", "--base", "refs/remotes/origin/gitmodels", "--head", "refs/proposed/head", "--merge-result")
POLICY = """\
format: 1
roles: {risk: [cleo@example.org, dan@example.org]}
rules:
- name: live
  aliases: champion
  protected: true
  rollback: free
  require: [signature, example]
  approvals: {min: 2, roles: [risk]}
  signature: {breaking: refuse}
"""


def person(name: str, folder: Path, address: str, git: Git) -> Path:
    """A clone, an identity and an SSH key beside the clone."""
    git("init", "-q", str(folder), cwd=folder.parent)
    git("remote", "add", "origin", address, cwd=folder)
    git("config", "user.name", name.capitalize(), cwd=folder)
    git("config", "user.email", f"{name}@example.org", cwd=folder)
    key = folder.parent / f"{name}-key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=60)
    git("config", "user.signingKey", str(key), cwd=folder)
    return folder


def save(folder: Path, columns: list[str], slope: float) -> Path:
    """A model of these columns, with its signature and an example."""
    data = pd.DataFrame({name: [1.0, 2.0, 4.0] for name in columns})
    model = linear.LinearRegression().fit(data, data.sum(axis=1) * slope)
    gitmodels.sklearn.save_model(model, str(folder), input_example=data.head(2))
    return folder


def govern(owner: Path, git: Git, signers: list[Path]) -> None:
    """The policy and who may sign, committed as any file of a branch is."""
    desk = owner.parent / "desk"
    git("worktree", "add", "-q", str(desk), "gitmodels", cwd=owner)
    (desk / "policy").mkdir()
    (desk / "policy" / "policy.yaml").write_text(POLICY)
    lines = [f"{one.name}@example.org {Path(f'{one.parent / one.name}-key.pub').read_text()}" for one in signers]
    (desk / "policy" / "allowed_signers").write_text("".join(lines))
    git("add", "policy", cwd=desk)
    git("commit", "-q", "-m", "Ask for two approvals of champion", cwd=desk)
    git("worktree", "remove", str(desk), cwd=owner)


def fetched(folder: Path, address: str, proposal: str, git: Git) -> Path:
    """What CI's job has of a proposal: a new bare repository, two commits, nothing checked out."""
    folder.mkdir()
    git("init", "-q", "--bare", cwd=folder)
    git("remote", "add", "origin", address, cwd=folder)
    git("fetch", "-q", "origin", f"+{BRANCH}:{BRANCH}", f"+{BRANCH}:refs/remotes/origin/gitmodels", cwd=folder)
    git("fetch", "-q", "origin", f"+refs/heads/{proposal}:refs/proposed/head", cwd=folder)
    return folder


def merge(server: Path, proposal: str, git: Git) -> None:
    """The host merges as hosts do: git alone, under the host's own name."""
    tree = git("merge-tree", "--write-tree", "gitmodels", proposal, cwd=server).split()[0]
    who = ("-c", "user.name=Host", "-c", "user.email=noreply@host.example")
    parents = ("-p", "gitmodels", "-p", proposal)
    merged = git(*who, "commit-tree", tree, *parents, "-m", f"Merge {proposal}", cwd=server).strip()
    git("update-ref", BRANCH, merged, cwd=server)


def predicted(service: Path, *, verify: bool) -> float:
    """What a service gets that loads the champion; with ``verify`` it asks who approved it."""
    with contextlib.chdir(service):
        model = gitmodels.pyfunc.load_model("models:/fraud@champion", verify=verify)
    return round(float(model.predict(pd.DataFrame({"age": [3.0], "income": [5.0]}))[0]), 3)


def test_a_promotion_is_reviewed_merged_verified_taken_back_and_audited(
    serve: Callable[..., Any], git: Git, models: Callable[..., str], tmp_path: Path
) -> None:
    served = serve("http")

    def checked(job: str, branch: str, *, code: int) -> str:
        folder = fetched(tmp_path / job, served.address, branch, git)
        return models(folder, *CHECK, "--report", "md", code=code)

    owner = person("owner", tmp_path / "owner", served.address, git)
    models(owner, "init")
    models(owner, "register", str(save(tmp_path / "first", ["age", "income"], 1.0)), "fraud")
    models(owner, "alias", "set", "fraud", "champion", "1", "--push")
    contributor, cleo, dan = (
        person(name, tmp_path / name, served.address, git) for name in ("contributor", "cleo", "dan")
    )
    govern(owner, git, [cleo, dan])
    models(owner, "push")

    # The contributor's first try asks callers for a column more. Moving the alias at once is refused, CI says why not.
    models(contributor, "pull")
    models(contributor, "register", str(save(tmp_path / "wide", ["age", "income", "debt"], 2.0)), "fraud", "--push")
    assert "--pr" in models(contributor, "promote", "fraud", "2", "champion", code=7)
    models(contributor, "promote", "fraud", "2", "champion", "--reason", "more data", "--pr")
    report = checked("ci-2", "promote/fraud-2-champion", code=7)
    assert report.startswith("<!-- gitmodels:report:v1 -->\n## git models: ❌")
    assert "| Policy · live · signature | ❌ | `fraud@champion` breaks callers: input debt" in report
    assert "| ❌ BREAK | signature | `input debt` | `+double` | callers that do not send it are refused |" in report
    assert "0 of 2 signed" in report

    # The second keeps to the columns. Two people sign it, and CI counts them.
    models(contributor, "register", str(save(tmp_path / "mended", ["age", "income"], 2.0)), "fraud", "--push")
    models(contributor, "promote", "fraud", "3", "champion", "--reason", "more data", "--pr")
    report = checked("ci-3", "promote/fraud-3-champion", code=7)
    assert "0 of 2 signed" in report
    assert "BREAK" not in report
    for number, one in enumerate((cleo, dan), 1):
        models(one, "pull")
        models(one, "sign", "fraud", "3", "champion", "--pr", "--reason", "holdout looks right")
        report = checked(f"ci-3-{one.name}", "promote/fraud-3-champion", code=7 if number < 2 else 0)
    assert "❌" not in report

    # git alone merges it on the server. A service takes it because it was signed; before, it took none.
    models(tmp_path, "clone", served.address, "service")
    service = tmp_path / "service"
    with pytest.raises(CheckFailed, match="is not approved"):
        predicted(service, verify=True)
    merge(served.path, "promote/fraud-3-champion", git)
    models(service, "pull")
    assert "v3" in models(service, "verify", "fraud@champion")
    assert predicted(service, verify=True) == 16.0

    # An incident: back at once, without a review, as the policy lets everybody do. Those who signed the way there
    # said where the alias was, so also who verifies is served.
    models(owner, "pull")
    assert "v3 → v1" in models(owner, "rollback", "fraud", "champion", "--reason", "incident 112")
    models(owner, "push")
    models(service, "pull")
    assert predicted(service, verify=True) == 8.0
    assert "approved by cleo@example.org, dan@example.org" in models(service, "verify", "fraud@champion")

    # Whoever asks later is told all of it.
    models(owner, "pull")
    told = models(owner, "audit")
    assert "nothing is flagged" in told
    lines = [line for line in told.splitlines() if "fraud@champion" in line]
    assert ["v3 → v1" in line or "v1 → v3" in line for line in lines] == [True, True]
    assert "rollback" in lines[0]
    assert "signed" in lines[1]
    log = models(owner, "log", "fraud", "--alias", "champion")
    assert log.index("incident 112") < log.index("more data")
