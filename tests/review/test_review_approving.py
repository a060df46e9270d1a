"""Signed approvals: real keys, and every way in which one does not count."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gitmodels import digest
from gitmodels.errors import CheckFailed, FormatTooNew, InvalidRecord, NotEvaluated
from gitmodels.registry import approvals, layout
from gitmodels.registry.approvals import Approval, Statement
from gitmodels.registry.records import NOWHERE, Target
from gitmodels.registry.state import State
from gitmodels.review import approving, signatures
from gitmodels.review.approving import Move, Trusted
from gitmodels.values import replace

NOW = 1_770_000_000_000
LATER = NOW + 1000
ONE, TWO, THREE = (Target(number, digest.of_bytes(b"%d" % number)) for number in (1, 2, 3))
MOVE = Move("fraud", "champion", ONE, TWO, 0)
SAID = Statement("fraud@champion", ONE.manifest, TWO.manifest, 0, LATER)
POLICY = b"""
format: 1
roles: {release: [ana@x.org, bo@x.org, cy@x.org]}
rules:
- {name: live, aliases: champion, approvals: {min: 2, roles: release}}
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of Ana, Bo, Cy and a stranger."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ana", "bo", "cy", "mallory"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(command, check=True, timeout=60)
    return folder


def public(keys: Path, name: str) -> str:
    return " ".join((keys / f"{name}.pub").read_text().split()[:2])


@pytest.fixture
def trusted(keys: Path) -> Trusted:
    lines = [f'{name}@x.org namespaces="gitmodels" {public(keys, name)}' for name in ("ana", "bo", "cy")]
    return Trusted(POLICY, "\n".join([*lines, ""]).encode())


class Files:
    """A tree of these files."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def names(self, path: str) -> list[str]:
        return sorted({one[len(path) + 1 :].split("/")[0] for one in self.files if one.startswith(f"{path}/")})

    def entries(self, path: str) -> dict[str, tuple[bytes, str]]:
        return {name: (b"", "") for name in self.names(path)}

    def oid(self, path: str) -> str | None:
        return "x" if path in self.files or self.names(path) else None


def state(*found: Approval) -> State:
    paths = [layout.approval_file("fraud", "champion", one.statement.counter, one.op) for one in found]
    return State(Files({path: one.to_yaml() for path, one in zip(paths, found, strict=True)}), None)


@pytest.fixture
def signed(keys: Path) -> Callable[..., Approval]:
    """``signed("ana")``: an approval of MOVE by Ana's key; ``signer`` and ``said`` may be others."""
    count = iter(range(1, 100))

    def make(name: str, said: Statement = SAID, signer: str = "") -> Approval:
        signature = signatures.sign(said.text(), keys / name)
        return Approval(said, signer or f"{name}@x.org", signature, f"{next(count):032x}", NOW)

    return make


def check(
    trusted: Trusted, *found: Approval, move: Move = MOVE, now: int = NOW, author: str = "dee@x.org"
) -> list[str]:
    return approving.check(state(*found), move, trusted, now, frozenset({author}))


def test_as_many_as_the_policy_wants_have_to_sign(trusted: Trusted, signed: Callable[..., Approval]) -> None:
    assert check(trusted, signed("ana"), signed("bo")) == ["ana@x.org", "bo@x.org"]
    with pytest.raises(CheckFailed, match=r"fraud@champion at v2 is not approved: 1 of 2 signed \(ana@x\.org\)"):
        check(trusted, signed("ana"))
    with pytest.raises(CheckFailed, match="0 of 2"):
        check(trusted)


def test_one_person_and_one_key_count_once(trusted: Trusted, keys: Path, signed: Callable[..., Approval]) -> None:
    with pytest.raises(CheckFailed, match="signed already"):
        check(trusted, signed("ana"), signed("ana"))
    both = replace(trusted, allowed=(trusted.allowed or b"") + f"bo@x.org {public(keys, 'ana')}\n".encode())
    with pytest.raises(CheckFailed, match="1 of 2"):
        check(both, signed("ana"), signed("ana", signer="bo@x.org"))


def test_case_91_who_wrote_it_does_not_count(trusted: Trusted, signed: Callable[..., Approval]) -> None:
    with pytest.raises(CheckFailed, match=r"ana@x\.org does not count"):
        check(trusted, signed("ana"), signed("bo"), author="Ana@x.org")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (replace(SAID, after=THREE.manifest), "other content"),
        (replace(SAID, before=THREE.manifest), "other content"),
        (replace(SAID, before=None), "other content"),
        (replace(SAID, expiry=NOW - 1), "expired"),
        (replace(SAID, operation="policy"), "something else"),
    ],
)
def test_case_92_an_approval_of_anything_else_does_not_count(
    said: Statement, problem: str, trusted: Trusted, signed: Callable[..., Approval]
) -> None:
    with pytest.raises(CheckFailed, match=problem):
        check(trusted, signed("ana"), signed("bo", said))


@pytest.mark.parametrize("said", [replace(SAID, alias="fraud@staging"), replace(SAID, alias="other@champion")])
def test_case_92_an_approval_of_another_alias_or_model_is_not_even_looked_at(
    said: Statement, trusted: Trusted, signed: Callable[..., Approval]
) -> None:
    with pytest.raises(CheckFailed, match="1 of 2"):
        check(trusted, signed("ana"), signed("bo", said))


def test_case_92_an_approval_does_not_count_for_a_later_move_between_the_same_two(
    trusted: Trusted, signed: Callable[..., Approval]
) -> None:
    with pytest.raises(CheckFailed, match="0 of 2"):
        check(trusted, signed("ana"), signed("bo"), move=replace(MOVE, counter=2))
    # Nor when somebody puts the file where those of the later move stand.
    moved = [replace(signed(name), statement=replace(SAID, counter=2)) for name in ("ana", "bo")]
    with pytest.raises(CheckFailed, match="signature that is not right"):
        check(trusted, *moved, move=replace(MOVE, counter=2))


def test_case_92_revoked_rotated_and_foreign_keys_do_not_count(
    trusted: Trusted, keys: Path, signed: Callable[..., Approval]
) -> None:
    found = (signed("ana"), signed("bo"))
    with pytest.raises(CheckFailed, match=r"that of bo@x\.org has a signature that is not right"):
        check(replace(trusted, revoked=(keys / "bo.pub").read_bytes()), *found)
    rotated = (trusted.allowed or b"").replace(b'bo@x.org namespaces="gitmodels"', b'bo@x.org valid-before="20200101"')
    with pytest.raises(CheckFailed, match=r"that of bo@x\.org has"):
        check(replace(trusted, allowed=rotated), *found)
    other = (trusted.allowed or b"").replace(b"gitmodels", b"git")
    with pytest.raises(CheckFailed, match="0 of 2"):
        check(replace(trusted, allowed=other), *found)
    with pytest.raises(CheckFailed, match="1 of 2"):
        check(trusted, signed("ana"), signed("mallory"))
    with pytest.raises(CheckFailed, match="1 of 2"):
        check(trusted, signed("ana"), signed("mallory", signer="bo@x.org"))


def test_case_100_what_counts_is_the_time_of_who_verifies_and_not_what_a_signer_says(
    trusted: Trusted, keys: Path, signed: Callable[..., Approval]
) -> None:
    found = (signed("ana"), signed("bo"))
    for moment in (0, NOW, LATER):
        assert len(check(trusted, *found, now=moment)) == 2
    with pytest.raises(CheckFailed, match=r"that of ana@x\.org has expired"):
        check(trusted, *found, now=LATER + 1)
    # Nobody takes a signer's word for when he signed: a key that is past its time is past it.
    for created in (0, 4_000_000_000_000):
        dated = [replace(one, created=created) for one in found]
        assert len(check(trusted, *dated)) == 2
        past = (trusted.allowed or b"").replace(b"bo@x.org namespaces", b'bo@x.org valid-before="20250101",namespaces')
        with pytest.raises(CheckFailed, match=r"that of bo@x\.org has a signature that is not right, or a key"):
            check(replace(trusted, allowed=past), *dated)


def test_case_92_a_signature_made_for_another_purpose_does_not_count(
    trusted: Trusted, keys: Path, signed: Callable[..., Approval], tmp_path: Path
) -> None:
    text = tmp_path / "text"
    text.write_bytes(SAID.text())
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(keys / "bo"), str(text)]
    subprocess.run(command, check=True, timeout=60, capture_output=True)
    lines = (tmp_path / "text.sig").read_text().splitlines()
    forged = replace(signed("bo"), signature="".join(lines[1:-1]))
    with pytest.raises(CheckFailed, match="1 of 2"):
        check(trusted, signed("ana"), forged)


def test_without_signers_nobody_approves_and_without_a_rule_somebody_has_to(
    trusted: Trusted, signed: Callable[..., Approval]
) -> None:
    with pytest.raises(CheckFailed, match="0 of 2") as caught:
        check(replace(trusted, allowed=None), signed("ana"), signed("bo"))
    assert "policy/allowed_signers" in caught.value.hint
    assert check(replace(trusted, policy=None), signed("ana")) == ["ana@x.org"]
    with pytest.raises(CheckFailed, match="0 of 1"):
        check(replace(trusted, policy=None))


def test_case_37_a_policy_that_cannot_be_read_is_no_approval(trusted: Trusted, signed: Callable[..., Approval]) -> None:
    with pytest.raises(NotEvaluated):
        check(replace(trusted, policy=b"rules: 5"), signed("ana"), signed("bo"))


def test_case_98_without_ssh_keygen_nothing_is_evaluated(
    trusted: Trusted, signed: Callable[..., Approval], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = (signed("ana"), signed("bo"))
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(NotEvaluated, match="ssh-keygen is not installed"):
        check(trusted, *found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"counter: 0\n", b""),
        (b"expiry:", b"expires:"),
        (b"format: 1", b"format: 2"),
        (b"operation: promote\n", b""),
        (b"signer: ana@x.org", b'signer: "*@x.org"'),
        (b"signer: ana@x.org", b'signer: "-oProxyCommand=x"'),
        (b"to: ", b"to: md5-"),
    ],
)
def test_case_104_a_record_that_lacks_or_bends_a_field_is_none(
    old: bytes, new: bytes, signed: Callable[..., Approval], trusted: Trusted
) -> None:
    record = signed("ana")
    data = record.to_yaml()
    assert Approval.from_yaml(data, "x") == record
    assert old in data
    path = layout.approval_file("fraud", "champion", 0, record.op)
    bent = State(Files({path: data.replace(old, new)}), None)
    assert list(approvals.of_move(bent, "fraud", "champion", 0)) == []


def test_case_99_what_is_no_signature_is_none(trusted: Trusted, signed: Callable[..., Approval]) -> None:
    for signature in ("AAAA", "U1NIU0lH", "U1NIU0lHAAAAAf////8="):
        with pytest.raises(CheckFailed, match="is no signature"):
            check(trusted, replace(signed("ana"), signature=signature))
    with pytest.raises(InvalidRecord):
        Approval.from_yaml(replace(signed("ana"), signature="A B").to_yaml(), "x")


def test_the_page_shows_a_record_and_its_statement_as_they_are() -> None:
    page = (Path(__file__).parents[2] / "docs/format/approvals.md").read_text("utf-8")
    data = page.split("```yaml\n")[1].split("```")[0].encode()
    record = Approval.from_yaml(data, "the page")
    assert record.to_yaml() == data
    assert f"```json\n{record.statement.text().decode()}```" in page
    line = next(line for line in page.splitlines() if line.startswith("bo@example.org namespaces"))
    allowed = signatures.Signers(line.encode() + b"\n")
    assert signatures.verify(record.statement.text(), record.signature, record.signer, allowed)


@pytest.mark.parametrize("name", ["promote", "named", "policy"])
def test_approvals_of_every_format_are_read_and_verified_for_ever(name: str) -> None:
    golden = Path(__file__).parents[1] / "formats/v1/approvals"
    data = (golden / f"{name}.yaml").read_bytes()
    record = Approval.from_yaml(data, name)
    assert record.to_yaml() == data
    assert record.statement.text() == (golden / f"{name}.json").read_bytes()
    allowed = signatures.Signers((golden / "allowed_signers").read_bytes())
    assert signatures.verify(record.statement.text(), record.signature, record.signer, allowed)
    page = (Path(__file__).parents[2] / "docs/format/approvals.md").read_text("utf-8")
    assert (data.decode() in page) == (name != "named")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("promote", "format: 1", "format: 2"),
        ("named", "format: 2", "format: 1"),
        ("policy", "format: 2", "format: 1"),
        ("policy", "format: 2", "format: 3"),
        ("named", "alias: CreditRisk@champion\n", ""),
    ],
)
def test_case_104_a_format_that_does_not_fit_what_it_says_is_none(name: str, old: str, new: str) -> None:
    text = (Path(__file__).parents[1] / f"formats/v1/approvals/{name}.yaml").read_text()
    assert old in text
    with pytest.raises((InvalidRecord, FormatTooNew)):
        Approval.from_yaml(text.replace(old, new).encode(), name)


def test_case_92_an_approval_for_another_registry_does_not_count(
    trusted: Trusted, signed: Callable[..., Approval]
) -> None:
    here = replace(trusted, policy=b"registry: acme\n" + POLICY)
    mine, other = (replace(SAID, registry=name) for name in ("acme", "globex"))
    assert check(here, signed("ana", mine), signed("bo", mine)) == ["ana@x.org", "bo@x.org"]
    for said in (other, SAID):
        with pytest.raises(CheckFailed, match=r"1 of 2.*another registry, or names none"):
            check(here, signed("ana", mine), signed("bo", said))
    with pytest.raises(CheckFailed, match="another registry"):
        check(trusted, signed("ana"), signed("bo", mine))
    # Nor when the name is written into what was signed without it.
    forged = replace(signed("bo"), statement=mine)
    with pytest.raises(CheckFailed, match="signature that is not right"):
        check(here, signed("ana", mine), forged)


def _back(times: int, number: int = 1) -> Move:
    """What is left of MOVE, as the first that was counted, after it was taken back and forth so often."""
    ends = (TWO, ONE) if times % 2 else (ONE, TWO)
    return Move("fraud", "champion", *ends, number + times)


FREE = POLICY.replace(b"aliases: champion,", b"aliases: champion, rollback: free,")


def test_where_going_back_is_free_who_signed_the_way_there_vouches_for_it(
    trusted: Trusted, signed: Callable[..., Approval], monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = dict.fromkeys((1, 2, 3), "dee@x.org")

    def record(self: State, name: str, number: int) -> Any:
        return SimpleNamespace(manifest={1: ONE, 2: TWO, 3: THREE}[number].manifest, email=versions[number])

    monkeypatch.setattr(State, "version_record", record)
    said = replace(SAID, counter=1)
    both = (signed("ana", said), signed("bo", said))
    free = replace(trusted, policy=FREE)
    for times in (0, 1, 2, 3):
        assert check(free, *both, move=_back(times)) == ["ana@x.org", "bo@x.org"]
    # The first move that somebody signs is often one that nobody counted yet.
    assert check(free, signed("ana"), signed("bo"), move=_back(1, number=0)) == ["ana@x.org", "bo@x.org"]
    with pytest.raises(CheckFailed, match="0 of 2"):
        check(trusted, *both, move=_back(1))  # not free
    with pytest.raises(CheckFailed, match="0 of 2"):
        check(free, both[0], move=_back(1))  # the way there was not approved
    with pytest.raises(CheckFailed, match="0 of 2"):
        check(free, *both, move=replace(_back(1), after=THREE))  # somewhere else
    with pytest.raises(CheckFailed, match="0 of 2"):
        check(free, *both, move=replace(_back(1), before=THREE))
    with pytest.raises(CheckFailed, match="0 of 2"):
        check(free, *both, move=replace(_back(1), counter=1))  # as if it were the way there
    # Nobody vouches for his own version by taking it back.
    versions[2] = "bo@x.org"
    with pytest.raises(CheckFailed, match="0 of 2"):
        check(free, *both, move=_back(1))


def test_what_is_signed_has_one_spelling() -> None:
    said = Statement("fraud@champion", None, ONE.manifest, 3, 0, 'it\'s "good"\n✓')
    assert said.text() == (
        b'{"alias":"fraud@champion","counter":3,"expiry":"1970-01-01T00:00:00.000Z","format":1,"from":null,'
        b'"operation":"promote","reason":"it\'s \\"good\\"\\n\\u2713","to":"' + str(ONE.manifest).encode() + b'"}\n'
    )
    assert NOWHERE.manifest is None
