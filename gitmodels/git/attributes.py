"""The attributes of paths that are this clone's own: lines of ours in ``info/attributes``, beside those of others.

They tell git which program of its config to ask about a file. This room knows the file and its lines, not what the
programs do. Nothing of it travels with a clone or a push.
"""

import os

from gitmodels.git import durable
from gitmodels.git.repository import GitRepository

_MOST = 1 << 20


def ensure(repo: GitRepository, lines: list[str]) -> bool:
    """Let every one of ``lines`` stand in the file, those of others untouched; whether any was missing.

    Raises Conflict or GitModelsError when the file cannot be written.
    """
    repo.check_writable()
    path = repo.common_dir / "info" / "attributes"
    with repo.queue(), durable.storage_errors(f"write {path}"):
        try:
            known = path.read_bytes()[:_MOST]
        except FileNotFoundError:
            known = b""
        there = set(known.decode("utf-8", "replace").splitlines())
        missing = [line for line in lines if line not in there]
        if not missing:
            return False
        path.parent.mkdir(exist_ok=True)
        text = "".join(f"{line}\n" for line in missing).encode()
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            durable.write_all(fd, text if known.endswith(b"\n") or not known else b"\n" + text)
        finally:
            os.close(fd)
    return True
