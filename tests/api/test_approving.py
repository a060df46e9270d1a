"""A promotion that two people sign on its branch, a service that verifies it, and what an attacker tries."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import gitmodels
from gitmodels.api import approving, auditing, change_checks, promoting, proposing, publishing, registering
from gitmodels.api.approving import Wish
from gitmodels.cli import main
from gitmodels.errors import CheckFailed, Invalid
from gitmodels.registry import layout
from gitmodels.registry.changes.promotion import Wanted
from gitmodels.repo import Repo
from gitmodels.uris import parse_ref

Git = Callable[..., str]
CHAMPION = parse_ref("fraud@champion")
POLICY = b"format: 1\nrules:\n- {name: live, aliases: champion, approvals: {min: 2}}\n"


class Person:
    """A clone of the hub, and an SSH key."""

    def __init__(self, path: Path, hub: Path, git: Git) -> None:
        git("init", "-q", str(path), cwd=hub.parent)
        git("remote", "add", "origin", str(hub), cwd=path)
        self.path, self.git = path, git
        self.repo = Repo.open(path, author=(path.name.capitalize(), f"{path.name}@x.org"))
        self.key = path.parent / f"{path.name}-key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True, timeout=60)

    def line(self) -> str:
        return f"{self.path.name}@x.org {' '.join(Path(f'{self.key}.pub').read_text().split()[:2])}\n"

    def sign(self, number: int, **said: object) -> None:
        approving.sign(self.repo, Wish("fraud", number, "champion", self.key, **said))  # type: ignore[arg-type]

    def verify(self, **options: bool) -> approving.Verified:
        return approving.verify(Repo.open(self.path), CHAMPION, self.path.parent, **options)

    def write(self, files: dict[str, bytes]) -> None:
        """A commit by hand on the registry's branch, as whoever may push can make it."""
        self.repo.registry.init()
        branch = self.repo.registry.branch
        tip = branch.tip()
        branch.commit(files, "by hand\n", expected=tip, author=self.repo.author, when_ms=self.repo.registry.clock())


@pytest.fixture
def team(tmp_path: Path, git: Git) -> tuple[Person, Person, Person]:
    """Ana and Bo, who may sign, and Cy, who consumes. Two versions of fraud; champion at none yet."""
    hub = tmp_path / "hub.git"
    git("init", "-q", "--bare", str(hub), cwd=tmp_path)
    ana, bo, cy = (Person(tmp_path / name, hub, git) for name in ("ana", "bo", "cy"))
    dee = Person(tmp_path / "dee", hub, git)
    for content in (b"one", b"two"):
        (dee.path / "w.bin").write_bytes(content)
        registering.register(dee.repo, str(dee.path / "w.bin"), "fraud")
    signers = (ana.line() + bo.line()).encode()
    dee.write({layout.POLICY_FILE: POLICY, "policy/allowed_signers": signers})
    publishing.push(dee.repo)
    for person in (ana, bo, cy):
        publishing.pull(person.repo)
    return ana, bo, cy


def promoted(team: tuple[Person, Person, Person], number: int, *, signers: int = 2) -> None:
    """Cy proposes, as many as that sign on the branch, and git merges it."""
    ana, bo, cy = team
    publishing.pull(cy.repo)
    sent = proposing.send(cy.repo, None, promoting.branch(cy.repo, [Wanted("fraud", number, "champion")], ask=True))
    for person in (ana, bo)[:signers]:
        approving.sign_proposal(
            person.repo, Wish("fraud", number, "champion", person.key, reason="looks good"), sent.branch
        )
    git = cy.git
    git("fetch", "-q", "origin", cwd=cy.path)
    git("push", "-q", "origin", f"origin/{sent.branch}:gitmodels", cwd=cy.path)
    git("push", "-q", "origin", "--delete", sent.branch, cwd=cy.path)
    git("update-ref", "-d", f"refs/heads/{sent.branch}", cwd=cy.path)
    publishing.pull(cy.repo)


def test_two_sign_on_the_branch_and_whoever_loads_can_verify(
    team: tuple[Person, Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, cy = team
    promoted(team, 1)
    found = cy.verify()
    assert (found.number, found.signers, found.taken, found.behind) == (1, ("ana@x.org", "bo@x.org"), True, False)
    assert not cy.verify().taken
    monkeypatch.chdir(cy.path)
    from gitmodels.api import loading

    opened = loading.open_model("models:/fraud@champion", verify=True)
    assert (opened.directory / "w.bin").read_bytes() == b"one"
    for uri in ("models:/fraud/1", "models:/fraud/latest", str(cy.path)):
        with pytest.raises(Invalid, match="no alias"):
            gitmodels.pyfunc.load_model(uri, verify=True)


def test_a_move_that_one_of_two_signed_is_refused_whoever_made_it(
    team: tuple[Person, Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, cy = team
    promoted(team, 1, signers=1)
    monkeypatch.chdir(cy.path)
    with pytest.raises(CheckFailed, match="1 of 2 signed"):
        cy.verify()
    with pytest.raises(CheckFailed, match="1 of 2 signed"):
        gitmodels.pyfunc.load_model("models:/fraud@champion", verify=True)
    assert main.run(["verify", "fraud@champion"]) == CheckFailed.exit_code


def test_case_92_the_check_counts_those_who_signed_and_not_who_wrote_it(team: tuple[Person, Person, Person]) -> None:
    ana, bo, cy = team
    sent = proposing.send(cy.repo, None, promoting.branch(cy.repo, [Wanted("fraud", 1, "champion")], ask=True))
    said = {}
    for signers in (0, 1, 2):
        for person in (ana, bo)[signers - 1 : signers]:
            approving.sign_proposal(person.repo, Wish("fraud", 1, "champion", person.key), sent.branch)
        cy.git("fetch", "-q", "origin", cwd=cy.path)
        checked = change_checks.check(cy.repo, base="origin/gitmodels", head=f"origin/{sent.branch}")
        said[signers] = [answer.text for answer in checked.answers if "signed" in answer.text]
    assert [text for found in said.values() for text in found] == [
        "0 of 2 signed",
        "1 of 2 signed (ana@x.org)",
        "2 of 2 signed (ana@x.org, bo@x.org)",
    ]


def test_case_92_an_approval_is_used_up_by_the_move_it_was_for(team: tuple[Person, Person, Person]) -> None:
    _, _, cy = team
    promoted(team, 1)
    promoted(team, 2)
    assert cy.verify().number == 2
    # On the branch each approval is a commit after the move that it is for, as where a host rebases.
    moves = [event for event in auditing.events(cy.repo) if event.kind == "move"]
    assert [(event.review, event.flagged) for event in moves] == [("signed", False), ("signed", False)]
    state = cy.repo.registry.state()
    path = layout.alias_file("fraud", "champion")
    promoted(team, 1)
    assert cy.verify().number == 1
    record = cy.repo.registry.state().alias("fraud", "champion")
    assert record is not None
    assert record.counter == 2
    # Somebody puts the former promotion back, byte for byte, with all its valid signatures.
    former = state.tree.read(path)
    assert former is not None
    cy.write({path: former})
    with pytest.raises(CheckFailed, match="went back in time"):
        cy.verify()


def test_case_93_another_policy_or_other_signers_change_nothing_until_they_are_accepted(
    team: tuple[Person, Person, Person],
) -> None:
    _, _, cy = team
    promoted(team, 1)
    cy.verify()
    # Whoever may push lets himself sign alone, and promotes what he likes.
    evil = POLICY.replace(b"min: 2", b"min: 1")
    cy.write({layout.POLICY_FILE: evil, "policy/allowed_signers": cy.line().encode()})
    alias = cy.repo.registry.state().alias("fraud", "champion")
    assert alias is not None
    assert cy.verify().behind
    cy.repo.registry.guard = None
    promoting.promote(cy.repo, [Wanted("fraud", 2, "champion")])
    cy.sign(2)
    with pytest.raises(CheckFailed, match="0 of 2 signed"):
        cy.verify()
    assert cy.verify(accept_policy=True).signers == ("cy@x.org",)


def test_a_rollback_is_a_move_that_is_signed_too(
    team: tuple[Person, Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, bo, cy = team
    promoted(team, 1)
    promoted(team, 2)
    monkeypatch.chdir(ana.path)
    publishing.pull(ana.repo)
    ana.repo.registry.guard = None
    from gitmodels.registry.changes import aliases

    ana.repo.registry.apply(lambda s, at: aliases.rollback(s, "fraud", "champion", at, reason="incident"))
    ana.sign(1)
    publishing.push(ana.repo)
    publishing.pull(cy.repo)
    with pytest.raises(CheckFailed, match="1 of 2"):
        cy.verify()
    publishing.pull(bo.repo)
    bo.sign(1)
    publishing.push(bo.repo)
    publishing.pull(cy.repo)
    assert cy.verify().number == 1


def test_another_policy_is_signed_on_the_branch_that_changes_it(
    team: tuple[Person, Person, Person], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ana, bo, cy = team
    ana.write({layout.POLICY_FILE: b"policy_changes: {min: 2}\n" + POLICY})
    publishing.push(ana.repo)
    publishing.pull(cy.repo)
    tree = cy.path.parent / "tree"
    cy.git("worktree", "add", "-q", "-b", "looser", str(tree), "origin/gitmodels", cwd=cy.path)
    (tree / layout.POLICY_FILE).write_bytes(POLICY)
    cy.git("-c", "user.name=Cy", "-c", "user.email=cy@x.org", "commit", "-qam", "Looser", cwd=tree)
    cy.git("push", "-q", "origin", "looser", cwd=tree)
    said = []
    for person in (ana, bo):
        monkeypatch.chdir(person.path)
        assert main.run(["sign", "--policy", "--branch", "looser", "--key", str(person.key), "--reason", "enough"]) == 0
        assert "on looser" in capfd.readouterr().err
        cy.git("fetch", "-q", "origin", cwd=cy.path)
        checked = change_checks.check(cy.repo, base="origin/gitmodels", head="origin/looser")
        said += [answer.text for answer in checked.answers if answer.rule == "policy_changes"]
    assert said == ["1 of 2 signed (ana@x.org)", "2 of 2 signed (ana@x.org, bo@x.org)"]
    cy.git("push", "-q", "origin", "origin/looser:gitmodels", cwd=cy.path)
    publishing.pull(cy.repo)
    assert next(event.review for event in auditing.events(cy.repo) if event.kind == "policy") == "signed"
    # What is published already needs nobody's signature.
    monkeypatch.chdir(ana.path)
    publishing.pull(ana.repo)
    for arguments in (["--policy"], ["--policy", "--branch", "looser"]):
        assert main.run(["sign", *arguments, "--key", str(ana.key)]) == Invalid.exit_code
        assert "nothing to approve" in capfd.readouterr().err
    for arguments in (["--policy", "fraud", "1", "champion"], ["--policy", "--pr"], ["fraud"]):
        assert main.run(["sign", *arguments]) == 2


def test_who_may_not_sign_is_told_so_and_nothing_is_written(
    team: tuple[Person, Person, Person], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _, _, cy = team
    tip = cy.repo.registry.branch.tip()
    with pytest.raises(Invalid, match="not one that may sign"):
        cy.sign(1)
    with pytest.raises(Invalid, match="no key to sign with"):
        approving.sign(cy.repo, Wish("fraud", 1, "champion"))
    with pytest.raises(Invalid, match="did not sign"):
        approving.sign(cy.repo, Wish("fraud", 1, "champion", cy.path / "none"))
    monkeypatch.chdir(cy.path)
    assert main.run(["sign", "fraud", "1", "champion", "--key", str(cy.key)]) == Invalid.exit_code
    assert "may sign" in capfd.readouterr().err
    assert cy.repo.registry.branch.tip() == tip


def test_the_commands_sign_and_verify(
    team: tuple[Person, Person, Person], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ana, bo, cy = team
    sent = proposing.send(cy.repo, None, promoting.branch(cy.repo, [Wanted("fraud", 1, "champion")], ask=True))
    for person in (ana, bo):
        person.git("config", "user.signingKey", str(person.key), cwd=person.path)
        monkeypatch.chdir(person.path)
        assert main.run(["sign", "fraud", "1", "champion", "--pr", "--expires", "30"]) == 0
    assert f"on {sent.branch}" in capfd.readouterr().err
    cy.git("fetch", "-q", "origin", cwd=cy.path)
    cy.git("push", "-q", "origin", f"origin/{sent.branch}:gitmodels", cwd=cy.path)
    publishing.pull(cy.repo)
    monkeypatch.chdir(cy.path)
    assert main.run(["verify", "fraud@champion"]) == 0
    told = capfd.readouterr()
    assert told.out == "fraud@champion v1 is approved by ana@x.org, bo@x.org\n"
    assert "are trusted from now on" in told.err
    assert main.run(["verify", "fraud/1"]) == Invalid.exit_code
