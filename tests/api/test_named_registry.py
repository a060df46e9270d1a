"""A code repository that names its registry in a tracked file: reading and loading go there, writing is refused."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gitmodels
from gitmodels.api import context, far, named_registry, publishing, registering
from gitmodels.cli import main
from gitmodels.errors import Conflict, GitModelsError, Invalid
from gitmodels.registry.changes import aliases
from gitmodels.repo import Repo

Git = Callable[..., str]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Nothing of another test is held open."""
    yield
    far._seen.clear()
    far._open.clear()
    for descriptor in far._held.values():
        os.close(descriptor)
    far._held.clear()


@pytest.fixture
def central(tmp_path: Path, git: Git) -> str:
    """The address of a registry with ``fraud``, champion at version 1."""
    server, path = tmp_path / "server.git", tmp_path / "author"
    git("init", "-q", "--bare", str(server), cwd=tmp_path)
    for key in ("allowFilter", "allowAnySHA1InWant"):
        git("config", f"uploadpack.{key}", "true", cwd=server)
    git("init", "-q", str(path), cwd=tmp_path)
    git("remote", "add", "origin", str(server), cwd=path)
    repo = Repo.open(path)
    (path / "weights.bin").write_bytes(b"weights of the team")
    registering.register(repo, str(path / "weights.bin"), "fraud")
    repo.registry.apply(lambda state, at: aliases.set_alias(state, "fraud", "champion", 1, at))
    publishing.push(repo)
    return f"git+file://{server}"


@pytest.fixture
def code(here: Path, central: str) -> Path:
    """A code repository that names it, seen from a folder below its top."""
    (here / named_registry.FILE).write_text(f"registry: {central}\n")
    (here / "src").mkdir()
    os.chdir(here / "src")
    return here


def test_reading_and_loading_go_through_the_file(code: Path, capfd: pytest.CaptureFixture[str]) -> None:
    client = gitmodels.MlflowClient()
    assert client.get_model_version_by_alias("fraud", "champion").version == 1
    folder = Path(gitmodels.artifacts.download_artifacts("models:/fraud@champion"))
    assert (folder / "weights.bin").read_bytes() == b"weights of the team"
    for line, told in {
        "ls": "fraud",
        "show fraud@champion": "fraud v1",
        "log": "champion",
        "cat fraud@champion:weights.bin": "weights of the team",
        "alias ls fraud": "champion",
        "tag ls fraud/1": "",
        "search": "fraud",
        "card fraud": "fraud",
        "checkout fraud/1 out": "",
    }.items():
        capfd.readouterr()
        assert main.run(line.split()) == 0, line
        assert told in capfd.readouterr().out
    assert not Repo.open(code).registry.exists()


def test_nothing_is_registered_beside_the_registry_that_is_named(code: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (code / "src" / "model.bin").write_bytes(b"mine")
    assert main.run(["register", "model.bin", "fraud"]) == Conflict.exit_code
    assert ".gitmodels.yaml says" in capfd.readouterr().err
    with pytest.raises(GitModelsError, match="can only be read from here"):
        gitmodels.MlflowClient().set_registered_model_alias("fraud", "champion", 1)
    with pytest.raises(Conflict, match=r"as \.gitmodels\.yaml says"):
        gitmodels.register_model(str(code / "src" / "model.bin"), "fraud")
    assert not Repo.open(code).registry.exists()


def test_runs_stay_in_the_code_repository_and_their_models_load_by_id(code: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_metric("auc", 0.9)
    assert gitmodels.get_run(run.info.run_id).data.metrics == {"auc": 0.9}


def test_what_is_said_outright_counts_before_the_file(
    code: Path, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    git("init", "-q", str(other), cwd=tmp_path)
    (other / "x.bin").write_bytes(b"x")
    registering.register(Repo.open(other), str(other / "x.bin"), "own")
    gitmodels.set_registry_uri(other)
    assert [one.name for one in gitmodels.search_registered_models()] == ["own"]
    gitmodels.set_registry_uri(None)
    assert [one.name for one in gitmodels.search_registered_models()] == ["fraud"]
    monkeypatch.setenv("GITMODELS_REGISTRY", str(other))
    assert [one.name for one in gitmodels.search_registered_models()] == ["own"]
    assert main.run(["ls"]) == 0
    assert "own" in capfd.readouterr().out
    monkeypatch.delenv("GITMODELS_REGISTRY")
    assert main.run(["--git-dir", str(other / ".git"), "ls"]) == 0
    assert "own" in capfd.readouterr().out
    assert main.run(["-C", str(other), "ls"]) == 0
    assert "own" in capfd.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "registry:\n",
        "registry: 5\n",
        "registry: ../models\n",
        "registry: https://example.org/models.git\n",
        "registry: git+ext::sh -c 'touch pwned'\n",
        "registry: git+--upload-pack=touch\n",
        "registry: git+https://example.org/m.git#fraud@champion\n",
        "registry: git+https://example.org/m.git\ncommand: touch pwned\n",
        "registry: !!python/object/apply:os.system [touch pwned]\n",
        "- registry\n",
        "registry: git+https://example.org/m.git\nregistry: git+https://example.org/n.git\n",
    ],
)
def test_case_75_a_file_that_says_anything_else_is_refused(text: str, here: Path) -> None:
    (here / named_registry.FILE).write_text(text)
    with pytest.raises(Invalid):
        context.registry_repository()
    assert main.run(["ls"]) == Invalid.exit_code
    assert not (here / "pwned").exists()


def test_a_link_or_a_pipe_is_not_followed(here: Path, tmp_path: Path) -> None:
    path = here / named_registry.FILE
    (tmp_path / "elsewhere").write_text("registry: git+https://example.org/m.git\n")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Invalid, match="cannot be read"):
        named_registry.address(Repo.open(here))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(Invalid, match="no file"):
        named_registry.address(Repo.open(here))
