"""A desk to review at: a registry with models that cost nothing to make, and a hand that edits its branch.

The models are folders with MLmodel, signature, example and a few bytes of weights; nothing ever loads them.
"""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gitmodels import yaml
from gitmodels.api import content, registering
from gitmodels.registry.changes import aliases
from gitmodels.repo import Repo

Git = Callable[..., str]
COLUMNS = ({"type": "long", "name": "age", "required": True}, {"type": "double", "name": "income", "required": True})
EXAMPLE = {"columns": ["age", "income"], "data": [[41, 2500.0], [27, 1800.5]]}


def mlmodel(
    columns: object = COLUMNS, *, signature: bool = True, example: bool = True, outputs: str = "double"
) -> bytes:
    """An MLmodel file of such a signature."""
    content: dict[str, object] = {"flavors": {"xgboost": {"data": "model.ubj", "model_class": "xgboost.Booster"}}}
    if signature:
        content["signature"] = {
            "inputs": json.dumps(columns),
            "outputs": json.dumps([{"type": outputs, "required": True}]),
            "params": None,
        }
    if example:
        content["saved_input_example_info"] = {
            "artifact_path": "input_example.json",
            "type": "dataframe",
            "pandas_orient": "split",
        }
    return yaml.dump(content)


class Desk:
    """One repository with a registry."""

    def __init__(self, path: Path, git: Git) -> None:
        self.path = path
        self._git = git
        self._made = 0
        self.repo = Repo.open(path)
        self.repo.registry.init()

    @property
    def tip(self) -> str:
        """The newest commit of the registry."""
        return self.git("rev-parse", "gitmodels").strip()

    def git(self, *arguments: str, **more: str) -> str:
        """The real git, in the repository."""
        return self._git(*arguments, cwd=self.path, **more)

    def register(
        self,
        name: str = "fraud",
        *,
        model: bytes | None = None,
        example: object = EXAMPLE,
        sound: bool = True,
        **files: bytes,
    ) -> int:
        """Register a model as the next version of ``name``; where not ``sound``, without a look at it."""
        self._made += 1
        folder = self.path.parent / f"model-{self._made}"
        folder.mkdir()
        usual = {"MLmodel": model or mlmodel(), "model.ubj": f"weights {self._made}".encode()}
        usual["input_example.json"] = json.dumps(example).encode()
        usual["requirements.txt"] = b"xgboost==2.1.4\n"
        for file, data in {**usual, **files}.items():
            (folder / file.replace("__", ".")).write_bytes(data)
        return registering.register(Repo.open(self.path), str(folder), name) if sound else self._as_it_is(folder, name)

    def _as_it_is(self, folder: Path, name: str) -> int:
        """As another program would, that asks nothing of a model."""
        repo = Repo.open(self.path)
        with repo.store.recording():
            return registering.register_content(repo, content.find(repo, str(folder)), name)

    def point(self, alias: str, number: int, name: str = "fraud", *, reason: str | None = None) -> None:
        """Move an alias as ``git models alias set`` does."""
        registry = Repo.open(self.path).registry
        registry.apply(lambda state, at: aliases.set_alias(state, name, alias, number, at, reason=reason))

    def put(
        self, files: Mapping[str, bytes | None], *, on: str = "gitmodels", message: str = "by hand", **more: str
    ) -> str:
        """Commit ``files`` to a branch by hand (None removes one); the new tip."""
        index = {"GIT_INDEX_FILE": str(self.path / ".git" / "hand-index")}
        self.git("read-tree", on, **index)
        for path, data in files.items():
            if data is None:
                self.git("update-index", "--force-remove", path, **index)
                continue
            command = ["git", "hash-object", "-w", "--stdin"]
            blob = subprocess.run(command, input=data, cwd=self.path, capture_output=True, check=True).stdout.decode()
            self.git("update-index", "--add", "--cacheinfo", f"100644,{blob.strip()},{path}", **index)
        tree = self.git("write-tree", **index).strip()
        new = self.git("commit-tree", tree, "-p", on, "-m", message, **more).strip()
        self.git("update-ref", f"refs/heads/{on}", new)
        os.unlink(index["GIT_INDEX_FILE"])
        return new

    def policy(self, *rules: Mapping[str, object], **top: object) -> str:
        """Commit a policy of these rules."""
        return self.put({"policy/policy.yaml": yaml.dump({"format": 1, **top, "rules": list(rules)})})

    def read(self, path: str, on: str = "gitmodels") -> bytes:
        """One file of a branch."""
        command = ["git", "cat-file", "blob", f"{on}:{path}"]
        return subprocess.run(command, cwd=self.path, capture_output=True, check=True).stdout

    def branch(self, name: str, at: str = "gitmodels") -> None:
        """A branch for a proposal."""
        self.git("branch", "--force", name, at)

    def aside(self, name: str, work: Callable[[], object]) -> str:
        """Do ``work`` on the registry, keep what came of it as the branch ``name``, and take the registry back."""
        before = self.tip
        work()
        self.branch(name)
        self.git("update-ref", "refs/heads/gitmodels", before)
        return self.git("rev-parse", name).strip()


@pytest.fixture
def desk(git_repo: Path, git: Git) -> Desk:
    """A fresh desk, with fraud v1 and v2 registered and champion at v1."""
    made = Desk(git_repo, git)
    made.register()
    made.register()
    made.point("champion", 1)
    return made


@pytest.fixture(name="mlmodel")
def mlmodel_fixture() -> Callable[..., bytes]:
    """``mlmodel(columns, signature=True, example=True)``: the bytes of an MLmodel file."""
    return mlmodel
