"""Signing with SSH keys, and verifying: OpenSSH does both, and is told which keys may speak for whom.

This room knows ``ssh-keygen -Y`` and the form of its signatures, nothing of what is signed. Keys never pass through
here: ssh-keygen reads them, or asks the user's agent.
"""

import base64
import binascii
import tempfile
from pathlib import Path

from gitmodels.errors import Invalid, NotEvaluated
from gitmodels.values import frozen

NAMESPACE = "gitmodels"
_HEAD, _TAIL = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_WIDTH = 70
_PATIENCE_S = 120


@frozen
class Signers:
    """Who may sign: ``policy/allowed_signers`` as OpenSSH has it, and keys that were taken back, if any."""

    allowed: bytes
    revoked: bytes | None = None


def sign(text: bytes, key: Path) -> str:
    """The signature of ``text`` by ``key`` (a private key, or a public one that the agent has), base64 without armor.

    Raises Invalid when it cannot be signed, NotEvaluated without OpenSSH.
    """
    done = _run(["-Y", "sign", "-n", NAMESPACE, "-f", str(key)], text)
    lines = done[1].decode("ascii", "replace").split()
    armored = done[1].decode("ascii", "replace").strip()
    if done[0] or not armored.startswith(_HEAD) or not armored.endswith(_TAIL):
        raise Invalid(f"{key} did not sign: {done[2]}", hint="name a key with --key, or in git config user.signingKey")
    return "".join(armored.removeprefix(_HEAD).removesuffix(_TAIL).split()) if lines else ""


def verify(text: bytes, signature: str, signer: str, signers: Signers) -> bool:
    """Whether ``signature`` is one of ``text``, for our purpose, by a key that may speak for ``signer`` now.

    Raises NotEvaluated without OpenSSH.
    """
    with tempfile.TemporaryDirectory(prefix="gitmodels-") as folder:
        allowed, given = Path(folder, "allowed"), Path(folder, "signature")
        allowed.write_bytes(signers.allowed)
        given.write_text(_armored(signature), "ascii")
        arguments = ["-Y", "verify", "-n", NAMESPACE, "-f", str(allowed), "-I", signer, "-s", str(given)]
        if signers.revoked is not None:
            revoked = Path(folder, "revoked")
            revoked.write_bytes(signers.revoked)
            arguments += ["-r", str(revoked)]
        return _run(arguments, text)[0] == 0


def principals(signature: str, signers: Signers) -> list[str]:
    """Whom the key behind ``signature`` may speak for, as ``signers`` have it."""
    with tempfile.TemporaryDirectory(prefix="gitmodels-") as folder:
        allowed, given = Path(folder, "allowed"), Path(folder, "signature")
        allowed.write_bytes(signers.allowed)
        given.write_text(_armored(signature), "ascii")
        code, out, _ = _run(["-Y", "find-principals", "-f", str(allowed), "-s", str(given)], b"")
    found = out.decode("utf-8", "replace").splitlines() if code == 0 else []
    return [one.strip() for line in found for one in line.split(",") if one.strip()]


def key_of(signature: str) -> bytes:
    """The public key that a signature carries. Raises Invalid for what is none."""
    try:
        data = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("not a signature of OpenSSH") from None
    size = int.from_bytes(data[10:14], "big")
    if data[:6] != b"SSHSIG" or not 0 < size <= len(data) - 14:
        raise Invalid("not a signature of OpenSSH")
    return data[14 : 14 + size]


def _armored(signature: str) -> str:
    lines = [signature[place : place + _WIDTH] for place in range(0, len(signature), _WIDTH)]
    return "\n".join([_HEAD, *lines, _TAIL, ""])


def _run(arguments: list[str], text: bytes) -> tuple[int, bytes, str]:
    import shutil
    import subprocess

    program = shutil.which("ssh-keygen")
    if program is None:
        raise NotEvaluated("ssh-keygen is not installed, which signs and verifies", hint="install OpenSSH")
    try:
        done = subprocess.run([program, *arguments], input=text, capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotEvaluated(f"ssh-keygen did not answer: {type(error).__name__}") from None
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    words = "".join(char for char in (said or ["no reason given"])[-1] if char.isprintable())[:200]
    return done.returncode, done.stdout, words
