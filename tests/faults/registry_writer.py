"""One of many writers: registers versions into one model until it has its share, and survives being killed.

``registry_writer.py REPOSITORY LOG SHARE`` writes ``try <op>`` before and ``done <op> <number>`` after each
registration to LOG. Started again with the same LOG, it first asks for what was tried and not done, under the same
id, as a client does whose connection was lost. Every fifth registration moves an alias as well.
"""

import os
import sys
import uuid
from pathlib import Path

from gitmodels import digest
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry.changes import aliases, versions
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.records import VersionRecord
from gitmodels.registry.registry import Registry

MODEL = "fraud"


def new_version() -> NewVersion:
    manifest = digest.of_bytes(os.urandom(8))
    record = VersionRecord(digest.model_id(manifest), manifest, 0, "", "", "", size=1)
    return NewVersion(record, b"format: 1\nfiles: []\n", {"MLmodel": b"flavors: {}\n"})


def read_log(log: Path) -> tuple[int, str | None]:
    """How many registrations are done, and the id of one that was tried and not done."""
    lines = log.read_text().splitlines() if log.exists() else []
    done = [line.split()[1] for line in lines if line.startswith("done ")]
    tried = [line.split()[1] for line in lines if line.startswith("try ")]
    return len(done), tried[-1] if tried and tried[-1] not in done else None


def main(repository: str, log: Path, share: int) -> None:
    registry = Registry(GitRepository.open(repository), Identity("Writer", "writer@example.org"))
    done, pending = read_log(log)
    # One write for each line, with O_APPEND: a kill leaves whole lines.
    told = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    while done < share:
        op = pending or uuid.uuid4().hex
        os.write(told, f"try {op}\n".encode())
        number = registry.apply(lambda s, at: versions.register(s, MODEL, new_version(), at), op=op)
        os.write(told, f"done {op} {number}\n".encode())
        pending = None
        done += 1
        if done % 5 == 0:
            registry.apply(lambda s, at, n=number: aliases.set_alias(s, MODEL, f"of-{log.stem}", n, at))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
