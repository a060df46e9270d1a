"""What ``--json`` prints is what is promised, for every command that has it."""

import subprocess
from pathlib import Path
from typing import Any

import click
import pytest

from gitmodels.cli.commands import COMMANDS
from gitmodels.cli.documents import DOCUMENTS
from gitmodels.cli.root import root
from gitmodels.repo import Repo

Models = Any
TYPES = {"string": str, "number": int | float, "boolean": bool, "object": dict, "list": list}


def _reading() -> set[str]:
    """Every command line that takes ``--json``."""
    found = set()
    context = click.Context(root)
    for name in COMMANDS:
        command = root.get_command(context, name)
        assert command is not None
        inner = {name: command}
        if isinstance(command, click.Group):
            inner = {f"{name} {one}": command.commands[one] for one in command.list_commands(context)}
        for line, known in inner.items():
            if any("--json" in option.opts for option in known.params):
                found.add(line)
    return found


def test_every_command_with_json_is_documented() -> None:
    forms = {
        "du NAME",
        "ls NAME",
        "search --models",
        "runs RUN",
        "runs RUN --metric NAME",
        "pin --check",
        "log --alias",
    }
    assert _reading() | forms == set(DOCUMENTS)


@pytest.fixture
def damaged(trained: Path, fraud: Path, bare_repo: Path, git: Any, models: Models) -> Path:
    """Something to tell for everybody: runs, requirements; a byte of the store is flipped, an alias ref is gone."""
    git("remote", "add", "origin", str(bare_repo), cwd=fraud)
    (fraud / "needy").mkdir()
    (fraud / "needy" / "requirements.txt").write_text("no-such-thing-xyz==1.0\n")
    models("register", "needy", "needy")
    models("pin", "fraud@champion")
    _approve(fraud, models)
    (fraud / ".git/refs/gitmodels/aliases/fraud/champion").unlink()
    (fraud / "rules/tests").mkdir(parents=True)
    (fraud / "rules/policy.yaml").write_text("format: 1\nrules: []\n")
    test = "{name: all may, model: fraud, version: {number: 1}, expect: allowed}"
    (fraud / "rules/tests/all.yaml").write_text(f"format: 1\ntests: [{test}]\n")
    for pack in (fraud / ".git/gitmodels/packs").glob("*.pack"):
        data = bytearray(pack.read_bytes())
        if b"one" in data:
            data[data.index(b"one")] ^= 1
            pack.chmod(0o644)
            pack.write_bytes(data)
    return fraud


def _approve(folder: Path, models: Models) -> None:
    """The champion is approved by the one who may sign."""
    key = folder.parent / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=60)
    registry = Repo.open(folder).registry
    line = f"bo@example.org {key.with_suffix('.pub').read_text()}".encode()
    files = {"policy/allowed_signers": line}
    registry.branch.commit(files, "By hand\n", expected=registry.branch.tip(), author=registry.author, when_ms=0)
    models("sign", "fraud", "1", "champion", "--key", str(key))


LINES = {
    "ls": "ls",
    "ls NAME": "ls fraud",
    "show": "show fraud@champion",
    "log": "log",
    "pin": "pin fraud@champion",
    "pin --check": "pin --check",
    "diff": "diff fraud",
    "log --alias": "log fraud --alias champion",
    "at": "at gitmodels fraud@champion",
    "blame": "blame fraud@champion",
    "status": "status",
    "verify": "verify fraud@champion",
    "trust": "trust",
    "search": "search",
    "search --models": "search --models",
    "env": "env needy",
    "flavors": "flavors",
    "runs": "runs",
    "runs RUN": "runs first",
    "runs RUN --metric NAME": "runs first --metric auc",
    "doctor": "doctor",
    "check": "check",
    "audit": "audit --all",
    "policy test": "policy test rules",
    "policy explain": "policy explain fraud/1",
    "fsck": "fsck --full",
    "du": "du",
    "du NAME": "du fraud",
    "gc": "gc --dry-run",
    "repack": "repack",
    "push": "push --dry-run",
    "pull": "pull",
    "fetch": "fetch",
    "remote ls": "remote ls",
    "remote test": "remote test",
}


@pytest.mark.parametrize("name", sorted(name for name, document in DOCUMENTS.items() if document.keys))
def test_a_document_has_exactly_its_keys(name: str, damaged: Path, models: Models) -> None:
    printed = models(*LINES[name].split(), "--json", code=None).json
    objects = printed if isinstance(printed, list) else [printed]
    assert objects
    for one in objects:
        assert list(one) == [key.name for key in DOCUMENTS[name].keys]
        for key in DOCUMENTS[name].keys:
            value = one[key.name]
            word = key.type.removesuffix("?").split()[0]
            assert isinstance(value, TYPES[word]) or (value is None and key.type.endswith("?")), (key, value)
