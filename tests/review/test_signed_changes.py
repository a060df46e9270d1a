"""A change of the policy is approved by those whom the policy before it names, for exactly that text, once."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gitmodels import digest, yaml
from gitmodels.api import change_checks
from gitmodels.errors import Invalid
from gitmodels.registry import approvals, layout
from gitmodels.registry.approvals import Approval, Statement
from gitmodels.repo import Repo
from gitmodels.review import signatures
from gitmodels.review.audit import audit
from gitmodels.review.receiving import refusals
from gitmodels.review.signed_changes import policy_content
from gitmodels.values import replace

NOW = 1_790_000_000_000
LATER = 4_000_000_000_000
STRICT = {
    "format": 1,
    "registry": "acme",
    "policy_changes": {"min": 2},
    "rules": [{"name": "live", "aliases": ["champion"], "protected": True}],
}
LOOSE = {"format": 1, "registry": "acme", "rules": [], "policy_changes": {"min": 1, "signers": ["mallory@x.org"]}}
BO = {"GIT_AUTHOR_NAME": "Eve", "GIT_AUTHOR_EMAIL": "eve@x.org"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ana", "bo", "mallory"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(command, check=True, timeout=60)
    return folder


def signers(keys: Path, *names: str) -> bytes:
    return "".join(f"{name}@x.org {(keys / f'{name}.pub').read_text()}" for name in names).encode()


class Office:
    """A desk whose registry asks for two signatures of another policy, and a branch on which one is proposed."""

    def __init__(self, desk: Any, keys: Path) -> None:
        self.desk, self.keys = desk, keys
        self.base = desk.put(
            {layout.POLICY_FILE: yaml.dump(STRICT), "policy/allowed_signers": signers(keys, "ana", "bo")}
        )
        desk.branch("other")

    def propose(self, **files: bytes) -> None:
        """Put these files of ``policy`` (underlines for dots) onto the branch."""
        named = {f"policy/{name.replace('__', '.')}": data for name, data in files.items()}
        self.desk.put(named, on="other", **BO)

    def state(self, ref: str) -> Any:
        registry = Repo.open(self.desk.path).registry
        return registry.state_of(self.desk.git("rev-parse", ref).strip())

    def statement(self, **other: Any) -> Statement:
        base = self.state(self.base)
        counter = approvals.next_policy_counter(base)
        said = Statement("", policy_content(base), policy_content(self.state("other")), counter, LATER)
        return replace(replace(said, operation=approvals.POLICY, registry="acme"), **other)

    def sign(self, *names: str, said: Statement | None = None) -> list[Approval]:
        """Sign what is proposed, or ``said``, and put the approvals onto the branch."""
        said = said or self.statement()
        found = []
        for name in names:
            signature = signatures.sign(said.text(), self.keys / name)
            op = digest.of_bytes(f"{name}{said}".encode())[:32]
            found.append(Approval(said, f"{name}@x.org", signature, op, NOW))
        self.put(found)
        return found

    def put(self, found: list[Approval]) -> None:
        files = {layout.policy_approval_file(one.statement.counter, one.op): one.to_yaml() for one in found}
        self.desk.put(files, on="other", GIT_AUTHOR_EMAIL="ana@x.org")

    def judged(self) -> list[str]:
        """What the check says of who agreed to another policy."""
        repo = Repo.open(self.desk.path)
        found = change_checks.check(repo, base=self.base, head="other", clock=lambda: NOW)
        return [f"{one.outcome.value}: {one.text}" for one in found.answers if one.rule == "policy_changes"]


@pytest.fixture
def office(desk: Any, keys: Path) -> Office:
    return Office(desk, keys)


def test_as_many_as_the_policy_before_wants_sign_exactly_what_is_proposed(office: Office) -> None:
    office.propose(policy__yaml=yaml.dump(STRICT | {"rules": []}))
    assert office.judged() == ["violated: 0 of 2 signed"]
    office.sign("ana")
    assert office.judged() == ["violated: 1 of 2 signed (ana@x.org)"]
    office.sign("bo")
    assert office.judged() == ["passed: 2 of 2 signed (ana@x.org, bo@x.org)"]
    # One byte more, anywhere under policy/, and it is not what they signed.
    office.propose(revoked_keys=b"")
    assert office.judged() == ["violated: 0 of 2 signed"]


def test_case_93_a_policy_that_is_loosened_and_approves_itself_is_refused(office: Office) -> None:
    office.propose(policy__yaml=yaml.dump(LOOSE), allowed_signers=signers(office.keys, "mallory"))
    office.sign("mallory")
    assert office.judged() == ["violated: 0 of 2 signed"]


def test_case_93_a_signer_who_is_added_by_the_same_change_does_not_count(office: Office) -> None:
    office.propose(allowed_signers=signers(office.keys, "ana", "bo", "mallory"))
    office.sign("ana", "mallory")
    assert office.judged() == ["violated: 1 of 2 signed (ana@x.org)"]


def test_case_91_who_proposes_another_policy_does_not_approve_it(office: Office) -> None:
    office.desk.put({layout.POLICY_FILE: yaml.dump(LOOSE)}, on="other", GIT_AUTHOR_EMAIL="Bo@x.org")
    office.sign("ana", "bo")
    assert office.judged() == ["violated: 1 of 2 signed (ana@x.org); not counted: bo@x.org"]


@pytest.mark.parametrize(
    "other",
    [
        {"after": digest.of_bytes(b"another text")},
        {"before": digest.of_bytes(b"another text")},
        {"before": None},
        {"counter": 2},
        {"expiry": NOW - 1},
        {"registry": "globex"},
        {"registry": None},
    ],
)
def test_case_92_an_approval_of_another_text_place_or_time_does_not_count(office: Office, other: Any) -> None:
    office.propose(policy__yaml=yaml.dump(LOOSE))
    office.sign("ana")
    said = office.statement(**other)
    found = office.sign("bo", said=said)
    if said.counter != 1:  # and where it is put as if it were of this change
        office.put([replace(one, statement=replace(said, counter=1)) for one in found])
    assert office.judged() == ["violated: 1 of 2 signed (ana@x.org)"]


def test_case_92_the_approval_of_a_move_is_none_of_a_policy(office: Office) -> None:
    office.propose(policy__yaml=yaml.dump(LOOSE))
    said = office.statement()
    office.sign("ana", "bo", said=replace(said, operation=approvals.PROMOTE, alias="fraud@champion"))
    assert office.judged() == ["violated: 0 of 2 signed"]


def test_case_92_an_approval_is_used_up_by_the_change_it_was_for(office: Office) -> None:
    tight, loose = yaml.dump(STRICT), yaml.dump(STRICT | {"rules": []})
    office.propose(policy__yaml=loose)
    found = office.sign("ana", "bo")
    office.base = office.desk.git("rev-parse", "other").strip()
    office.propose(policy__yaml=tight)
    office.sign("ana", "bo")
    assert office.judged() == ["passed: 2 of 2 signed (ana@x.org, bo@x.org)"]
    # Back to where the first approval began, which stands there with all its signatures.
    office.base = office.desk.git("rev-parse", "other").strip()
    office.propose(policy__yaml=loose)
    assert office.judged() == ["violated: 0 of 2 signed"]
    office.put([replace(one, statement=replace(one.statement, counter=3)) for one in found])
    assert office.judged() == ["violated: 0 of 2 signed"]


def test_an_approval_that_is_edited_or_taken_away_is_told(office: Office) -> None:
    office.propose(policy__yaml=yaml.dump(LOOSE))
    (one,) = office.sign("ana")
    office.base = office.desk.git("rev-parse", "other").strip()
    path = layout.policy_approval_file(1, one.op)
    for data in (None, one.to_yaml() + b"# more\n"):
        office.desk.git("branch", "--force", "other", office.base)
        office.desk.put({path: data}, on="other")
        repo = Repo.open(office.desk.path)
        found = change_checks.check(repo, base=office.base, head="other", clock=lambda: NOW).of("history")
        assert [one.subject for one in found if "approval-edited" in one.text] == [path]


def test_the_server_and_the_audit_ask_the_same(office: Office) -> None:
    office.propose(policy__yaml=yaml.dump(LOOSE))
    office.sign("ana")
    repo = Repo.open(office.desk.path)

    def told() -> list[str]:
        head = office.desk.git("rev-parse", "other").strip()
        return list(refusals(repo.git, office.base, head, NOW))

    assert told() == ["policy: the policy changed; rule 'policy_changes': 1 of 2 signed (ana@x.org)"]
    # Each approval is a commit after the change, as where a host rebases: they count all the same.
    office.sign("bo")
    assert told() == []
    events = (each for each in audit(repo.git, office.state("other")) if each.kind == "policy")
    assert next((each.review, each.flagged) for each in events) == ("signed", False)


def test_what_is_signed_can_be_computed_with_other_tools(office: Office, tmp_path: Path) -> None:
    program = shutil.which("b3sum")
    if program is None:
        pytest.skip("b3sum is not installed (Debian package b3sum)")
    office.propose(policy__yaml=b"format: 1\n")
    office.desk.put({"policy/tests/a.yaml": b"x"}, on="other")
    tree = tmp_path / "tree"
    office.desk.git("worktree", "add", "-q", "--detach", str(tree), "other")
    script = f"git ls-files -z policy | LC_ALL=C sort -z | xargs -0 {program} | {program} --no-names"
    done = subprocess.run(["sh", "-c", script], cwd=tree, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == policy_content(office.state("other"))


def test_a_name_that_could_be_read_in_two_ways_is_not_signed(office: Office) -> None:
    office.desk.put({"policy/a\\b": b"x"}, on="other")
    with pytest.raises(Invalid, match="can be signed"):
        policy_content(office.state("other"))
    assert office.judged() == ["violated: 0 of 2 signed"]


def test_the_statement_of_a_policy_has_one_spelling() -> None:
    one = digest.of_bytes(b"1")
    said = Statement("", None, one, 1, 0, operation=approvals.POLICY, registry="acme")
    assert said.text() == (
        b'{"counter":1,"expiry":"1970-01-01T00:00:00.000Z","format":2,"from":null,"operation":"policy",'
        b'"registry":"acme","to":"' + one.encode() + b'"}\n'
    )
    record = Approval(said, "ana@x.org", "AAAA", "0c", 0)
    assert Approval.from_yaml(record.to_yaml(), "x") == record
