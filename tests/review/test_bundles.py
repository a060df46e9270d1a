"""Bundles of OpenSSF model signing: one that the reference made, one that it accepted, and what is refused."""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from gitmodels.cli import main
from gitmodels.errors import CheckFailed, Invalid
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.scan import scan_directory
from gitmodels.review import bundles

# The model, reference.sig (model-signing 1.1.1, blake3), ours.sig (which that accepts), and the key of both.
KEPT = Path(__file__).parents[1] / "formats/v1/oms"


def pem(key: Any) -> tuple[bytes, bytes]:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    spelled = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return private, key.public_key().public_bytes(*spelled)


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return scan_directory(KEPT / "model")


@pytest.fixture(scope="module")
def keys() -> tuple[bytes, bytes]:
    return pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def bent(manifest: Manifest, keys: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch) -> Callable[..., bytes]:
    """``bent(change)``: a bundle with a right signature over a statement that ``change`` bent."""

    def make(change: Callable[[dict[str, Any]], object]) -> bytes:
        true = bundles._statement

        def statement(manifest: Manifest, name: str) -> dict[str, Any]:
            said = true(manifest, name)
            change(said)
            return said

        with monkeypatch.context() as patched:
            patched.setattr(bundles, "_statement", statement)
            return bundles.make(manifest, "model", keys[0])

    return make


@pytest.mark.parametrize("name", ["reference.sig", "ours.sig"])
def test_what_was_signed_before_is_verified(name: str, manifest: Manifest) -> None:
    bundles.check(manifest, (KEPT / name).read_bytes(), (KEPT / "key.pub").read_bytes())


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_every_curve_signs_and_verifies(curve: ec.EllipticCurve, manifest: Manifest) -> None:
    private, public = pem(ec.generate_private_key(curve))
    bundles.check(manifest, bundles.make(manifest, "model", private), public)


def test_the_reference_reads_what_we_write_and_we_what_it_writes(
    manifest: Manifest, keys: tuple[bytes, bytes], tmp_path: Path
) -> None:
    pytest.importorskip("model_signing")
    from model_signing import hashing, signing, verifying

    model, key, public, theirs, ours = (tmp_path / name for name in ("model", "key", "public", "theirs", "ours"))
    shutil.copytree(KEPT / "model", model)
    key.write_bytes(keys[0])
    public.write_bytes(keys[1])
    ours.write_bytes(bundles.make(manifest, "model", keys[0]))
    verifying.Config().use_elliptic_key_verifier(public_key=public).verify(model, ours)
    how = hashing.Config().use_file_serialization(hashing_algorithm="blake3")
    signing.Config().use_elliptic_key_signer(private_key=key).set_hashing_config(how).sign(model, theirs)
    bundles.check(manifest, theirs.read_bytes(), keys[1])


def test_case_99_another_key_another_model_and_another_file_are_refused(
    manifest: Manifest, keys: tuple[bytes, bytes]
) -> None:
    bundle = bundles.make(manifest, "model", keys[0])
    bundles.check(manifest, bundle, keys[1])
    with pytest.raises(CheckFailed, match="another key"):
        bundles.check(manifest, bundle, pem(ec.generate_private_key(ec.SECP256R1()))[1])
    first, *rest = manifest.entries
    changed = Entry(first.path, first.size, rest[0].blake3)
    for entries in ([changed, *rest], rest, [*manifest.entries, Entry("more", 1, first.blake3)]):
        with pytest.raises(CheckFailed, match="other files than the model has"):
            bundles.check(Manifest(tuple(entries)), bundle, keys[1])


def test_case_99_a_signature_of_something_else_is_refused(manifest: Manifest, keys: tuple[bytes, bytes]) -> None:
    said = json.loads(bundles.make(manifest, "model", keys[0]))
    other = json.loads(bundles.make(Manifest(manifest.entries[:1]), "model", keys[0]))
    said["dsseEnvelope"]["signatures"] = other["dsseEnvelope"]["signatures"]
    with pytest.raises(CheckFailed, match="signature is not right"):
        bundles.check(manifest, json.dumps(said).encode(), keys[1])


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "hash downgraded": lambda said: said["predicate"]["serialization"].update(hash_type="sha256"),
    "shards": lambda said: said["predicate"]["serialization"].update(method="shards"),
    "algorithm of one file": lambda said: said["predicate"]["resources"][0].update(algorithm="md5"),
    "unknown predicate": lambda said: said.update(predicateType="https://example.org/other"),
    "older form": lambda said: said.update(predicateType="https://model_signing/Digests/v0.1"),
    "another statement": lambda said: said.update(_type="https://in-toto.io/Statement/v0.1"),
    "no resources": lambda said: said["predicate"].pop("resources"),
    "a file left out": lambda said: said["predicate"]["resources"].pop(),
    "a file twice": lambda said: said["predicate"]["resources"].append(said["predicate"]["resources"][0]),
    "two subjects": lambda said: said["subject"].append(said["subject"][0]),
    "a digest that is none": lambda said: said["predicate"]["resources"][0].update(digest="zz"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_case_99_a_statement_that_says_less_or_something_else_is_refused(
    change: Callable[[dict[str, Any]], object],
    bent: Callable[..., bytes],
    manifest: Manifest,
    keys: tuple[bytes, bytes],
) -> None:
    with pytest.raises(CheckFailed):
        bundles.check(manifest, bent(change), keys[1])


def test_case_99_what_is_ignored_by_others_is_compared_all_the_same(
    bent: Callable[..., bytes], manifest: Manifest, keys: tuple[bytes, bytes]
) -> None:
    def ignore_all(said: dict[str, Any]) -> None:
        predicate = said["predicate"]
        predicate["serialization"]["ignore_paths"] = ["*", "/"]
        predicate["resources"] = predicate["resources"][:1]
        digest = hashlib.sha256(bytes.fromhex(predicate["resources"][0]["digest"])).hexdigest()
        said["subject"][0]["digest"]["sha256"] = digest

    with pytest.raises(CheckFailed, match="other files"):
        bundles.check(manifest, bent(ignore_all), keys[1])


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"null", b"[" * 100_000, b"\xff", b'{"mediaType": 5}'])
def test_case_99_what_is_no_bundle_is_refused(data: bytes, manifest: Manifest, keys: tuple[bytes, bytes]) -> None:
    with pytest.raises(CheckFailed, match="not a bundle"):
        bundles.check(manifest, data, keys[1])
    whole = (KEPT / "reference.sig").read_bytes()
    unsigned = json.loads(whole)
    unsigned["dsseEnvelope"]["signatures"] = []
    for broken in (whole[:-40], json.dumps(unsigned).encode(), whole.replace(b"bundle.v0.3", b"bundle.v0.1")):
        with pytest.raises(CheckFailed):
            bundles.check(manifest, broken, (KEPT / "key.pub").read_bytes())


def test_case_99_a_bundle_too_large_is_not_parsed(
    manifest: Manifest, keys: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MOST_BYTES", 10)
    with pytest.raises(CheckFailed, match="larger than"):
        bundles.check(manifest, b"x" * 11, keys[1])


def test_other_keys_are_refused_with_the_way_to_make_one(manifest: Manifest, keys: tuple[bytes, bytes]) -> None:
    for key in (b"", b"x", *pem(ed25519.Ed25519PrivateKey.generate()), *pem(ec.generate_private_key(ec.SECP256K1()))):
        with pytest.raises(Invalid, match="not a private key") as caught:
            bundles.make(manifest, "model", key)
        assert "openssl ecparam" in caught.value.hint
        with pytest.raises(Invalid, match="not a public key"):
            bundles.check(manifest, bundles.make(manifest, "model", keys[0]), key)


def test_the_command_signs_a_registered_model_and_says_when_it_is_another(
    git_repo: Path, keys: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(git_repo)
    shutil.copytree(KEPT / "model", "model")
    Path("key.pem").write_bytes(keys[0])
    Path("key.pub").write_bytes(keys[1])
    assert main.run(["register", "model", "fraud"]) == 0
    assert main.run(["bundle", "write", "fraud/1", "fraud.sig", "--key", "key.pem"]) == 0
    assert main.run(["bundle", "verify", "fraud/latest", "fraud.sig", "--key", "key.pub"]) == 0
    assert "3 files, signed with this key" in capfd.readouterr().out
    assert main.run(["bundle", "write", "fraud/1", "fraud.sig", "--key", "key.pem"]) == 5
    Path("model/weights.bin").write_bytes(b"other")
    assert main.run(["register", "model", "fraud"]) == 0
    assert main.run(["bundle", "verify", "fraud/2", "fraud.sig", "--key", "key.pub"]) == CheckFailed.exit_code
    assert "other files than the model has: 'weights.bin'" in capfd.readouterr().err
    assert main.run(["bundle", "verify", "fraud/2", "none", "--key", "key.pub"]) == 3
    payload = json.loads(base64.b64decode(json.loads(Path("fraud.sig").read_bytes())["dsseEnvelope"]["payload"]))
    assert payload["subject"][0]["name"] == "fraud"
