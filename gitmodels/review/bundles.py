"""OpenSSF model-signing bundles (OMS v1.0): a signature over every file of a model, made and verified from a manifest.

The digest of a file in a bundle is BLAKE3, as in a manifest, so no file is read for it. This room knows the bundle's
form and elliptic-curve keys in PEM; whose key it is, and which model, it does not. Whatever a bundle says to leave out
is compared all the same: the files that are signed are those of the manifest, one for one.
"""

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any

from gitmodels.errors import CheckFailed, Invalid, MissingDependency
from gitmodels.objects.manifest import Manifest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://model_signing/signature/v1.0"
_ALGORITHM = "blake3"
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
MOST_BYTES = 64 << 20


def make(manifest: Manifest, name: str, key: bytes) -> bytes:
    """The bundle of ``manifest``, called ``name`` in it, signed by the private ``key`` (PEM, without a password).

    Raises Invalid for another kind of key, MissingDependency without the package cryptography.
    """
    private = _private(key)
    payload = json.dumps(_statement(manifest, name), sort_keys=True).encode()
    public = private.public_key()
    bundle = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": _hint(public)}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [
                {"sig": base64.b64encode(private.sign(_signed(payload), _hashed(public))).decode(), "keyid": ""}
            ],
        },
    }
    return json.dumps(bundle, sort_keys=True).encode() + b"\n"


def check(manifest: Manifest, bundle: bytes, key: bytes) -> None:
    """Raise CheckFailed unless ``bundle`` signs exactly the files of ``manifest`` with the public ``key`` (PEM).

    Raises Invalid for a key that is none, MissingDependency without the package cryptography.
    """
    public = _public(key)
    payload, signature, hint = _opened(bundle)
    if hint not in (None, _hint(public)):
        raise CheckFailed("the bundle was signed by another key")
    from cryptography.exceptions import InvalidSignature

    try:
        public.verify(signature, _signed(payload), _hashed(public))
    except InvalidSignature:
        raise CheckFailed("the bundle's signature is not right for this key") from None
    _compare(manifest, _resources(payload))


def _statement(manifest: Manifest, name: str) -> dict[str, Any]:
    # As the reference sorts paths: part by part.
    entries = sorted(manifest.entries, key=lambda entry: entry.path.split("/"))
    digests = [str(entry.blake3) for entry in entries]
    resources = [
        {"name": entry.path, "algorithm": _ALGORITHM, "digest": digest}
        for entry, digest in zip(entries, digests, strict=True)
    ]
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": _root(digests)}}],
        "predicateType": PREDICATE,
        "predicate": {
            "serialization": {"method": "files", "hash_type": _ALGORITHM, "allow_symlinks": False},
            "resources": resources,
        },
    }


def _root(digests: list[str]) -> str:
    return hashlib.sha256(b"".join(bytes.fromhex(digest) for digest in digests)).hexdigest()


def _opened(bundle: bytes) -> tuple[bytes, bytes, str | None]:
    """Payload, signature and the hint at a key."""
    if len(bundle) > MOST_BYTES:
        raise CheckFailed(f"the bundle is larger than {MOST_BYTES >> 20} MiB")
    try:
        found = json.loads(bundle)
        envelope = found["dsseEnvelope"]
        material = found["verificationMaterial"].get("publicKey")
        if found["mediaType"] != MEDIA_TYPE or envelope["payloadType"] != PAYLOAD_TYPE or material is None:
            raise CheckFailed("not a bundle that is signed with a key, in the form OMS v1.0 has")
        [signature] = envelope["signatures"]
        payload, signed = (base64.b64decode(text, validate=True) for text in (envelope["payload"], signature["sig"]))
        hint = material.get("hint")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise CheckFailed("not a bundle of OpenSSF model signing, or a damaged one") from None
    return payload, signed, hint if isinstance(hint, str) else None


def _resources(payload: bytes) -> dict[str, str]:
    """The digest of every file that is signed, by its path."""
    try:
        said = json.loads(payload)
        predicate = said["predicate"]
        how = predicate["serialization"]
        if (said["_type"], said["predicateType"]) != (STATEMENT, PREDICATE):
            raise CheckFailed("the bundle speaks of something else than a model's files, or in an older form")
        if (how["method"], how["hash_type"]) != ("files", _ALGORITHM):
            raise CheckFailed(
                f"the bundle holds other digests than {_ALGORITHM} of whole files", hint="sign it again with blake3"
            )
        [subject] = said["subject"]
        rows = [(row["name"], row["algorithm"], row["digest"]) for row in predicate["resources"]]
        digests = [str(digest) for _, _, digest in rows]
        if subject["digest"]["sha256"] != _root(digests):
            raise CheckFailed("the bundle contradicts itself: its files are not those of its subject")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CheckFailed("the bundle's statement is damaged") from None
    if any(algorithm != _ALGORITHM for _, algorithm, _ in rows) or len({name for name, _, _ in rows}) != len(rows):
        raise CheckFailed("the bundle names a file twice, or another digest than it says")
    return {str(name): str(digest) for name, _, digest in rows}


def _compare(manifest: Manifest, signed: dict[str, str]) -> None:
    here = {entry.path: str(entry.blake3) for entry in manifest.entries}
    differ = sorted(path for path in here.keys() | signed.keys() if here.get(path) != signed.get(path))
    if differ:
        more = f" and {len(differ) - 1} more" if len(differ) > 1 else ""
        shown = ascii(differ[0])[:200]
        raise CheckFailed(f"the bundle signs other files than the model has: {shown}{more}")


def _signed(payload: bytes) -> bytes:
    """What is signed of a payload: the pre-authentication encoding of DSSE."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def _hint(public: "EllipticCurvePublicKey") -> str:
    from cryptography.hazmat.primitives import serialization

    spelled = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spelled).hexdigest()


def _hashed(public: "EllipticCurvePublicKey") -> "ECDSA":
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    by_size = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
    return ec.ECDSA(by_size[public.curve.key_size])


def _private(key: bytes) -> "EllipticCurvePrivateKey":
    serialization, ec = _library()
    try:
        found = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError):
        raise _no_key("private") from None
    if not isinstance(found, ec.EllipticCurvePrivateKey) or found.curve.name not in _CURVES:
        raise _no_key("private")
    known: EllipticCurvePrivateKey = found
    return known


def _public(key: bytes) -> "EllipticCurvePublicKey":
    serialization, ec = _library()
    try:
        found = serialization.load_pem_public_key(key)
    except (ValueError, TypeError):
        raise _no_key("public") from None
    if not isinstance(found, ec.EllipticCurvePublicKey) or found.curve.name not in _CURVES:
        raise _no_key("public")
    known: EllipticCurvePublicKey = found
    return known


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise MissingDependency(
            "bundles need the package cryptography", hint="pip install 'gitmodels[bundles]'"
        ) from None
    return serialization, ec


def _no_key(kind: str) -> Invalid:
    way = "openssl ecparam -name prime256v1 -genkey -noout -out key.pem; openssl ec -in key.pem -pubout -out key.pub"
    return Invalid(f"not a {kind} key on the curves P-256, P-384 or P-521 in PEM, without a password", hint=way)
