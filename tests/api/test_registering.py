"""Register anything: a model directory, plain files, a run's model, a version; and read it back."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gitmodels
from gitmodels.api import registering
from gitmodels.errors import (
    AliasNotFound,
    Corrupt,
    FileMissing,
    FlavorNotFound,
    FormatTooNew,
    GitModelsError,
    Invalid,
    InvalidModel,
    ObjectNotFound,
    RemoteError,
    VersionNotFound,
)
from gitmodels.repo import Repo
from gitmodels.types.schema import ColSpec, Schema

Git = Callable[..., str]


def _client() -> gitmodels.MlflowClient:
    return gitmodels.MlflowClient()


def test_a_folder_without_an_mlmodel_registers_and_says_that_nothing_loads_it(files: Path, tmp_path: Path) -> None:
    version = gitmodels.register_model(str(files), "plain", tags={"a": 1})
    assert (version.version, version.tags, version.source) == (1, {"a": "1"}, str(files))
    with pytest.raises(FlavorNotFound, match="no flavor can load this"):
        gitmodels.pyfunc.load_model("models:/plain/1")
    local = Path(gitmodels.artifacts.download_artifacts("models:/plain/1", dst_path=str(tmp_path / "out")))
    assert (local / "weights.bin").read_bytes() == b"weights"


def test_a_single_file_registers(here: Path, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"onnx")
    gitmodels.register_model(str(tmp_path / "net.onnx"), "net")
    assert [info.path for info in gitmodels.artifacts.list_artifacts("models:/net/1")] == ["net.onnx"]
    local = gitmodels.artifacts.download_artifacts("models:/net/1/net.onnx")
    assert Path(local).read_bytes() == b"onnx"


def test_a_saved_model_registers_and_loads(here: Path, classifier: Any, iris: tuple[Any, Any], tmp_path: Path) -> None:
    gitmodels.sklearn.save_model(classifier, tmp_path / "m")
    gitmodels.register_model(str(tmp_path / "m"), "iris")
    shutil.rmtree(tmp_path / "m")
    loaded = gitmodels.sklearn.load_model("models:/iris/1")
    assert np.array_equal(loaded.predict(iris[0]), classifier.predict(iris[0]))


def test_the_same_content_by_every_source_has_one_id(here: Path, classifier: Any) -> None:
    with gitmodels.start_run() as run:
        info = gitmodels.sklearn.log_model(classifier, name="m")
    sources = [f"runs:/{run.info.run_id}/m", info.model_uri, "models:/iris/1", "models:/iris/latest"]
    versions = [gitmodels.register_model(source, "iris") for source in sources]
    assert [version.version for version in versions] == [1, 2, 3, 4]
    assert {version.model_id for version in versions} == {info.model_id}
    assert [version.run_id for version in versions] == [run.info.run_id] * 4
    assert [version.source for version in versions] == sources


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("nowhere", FileMissing),
        ("runs:/" + "0" * 32 + "/m", gitmodels.MlflowException),
        ("models:/nope/1", gitmodels.MlflowException),
        ("models:/m-" + "0" * 32, gitmodels.MlflowException),
        ("git+http://127.0.0.1:9/m.git#fraud/1", RemoteError),
        ("s3://bucket/m", Invalid),
    ],
)
def test_a_source_that_is_not_there_registers_nothing(
    source: str, error: type[Exception], here: Path, git: Git
) -> None:
    with pytest.raises(error) as caught:
        gitmodels.register_model(source, "fraud")
    assert "\n" not in str(caught.value)
    assert git("branch", "--list", "gitmodels", cwd=here) == ""


def test_an_empty_folder_and_a_link_are_no_models(here: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Invalid):
        gitmodels.register_model(str(tmp_path / "empty"), "m")
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(Invalid):
        gitmodels.register_model(str(linked), "m")


def test_a_download_is_a_private_copy(files: Path, tmp_path: Path) -> None:
    gitmodels.register_model(str(files), "plain")
    first = Path(gitmodels.artifacts.download_artifacts("models:/plain/1"))
    (first / "weights.bin").write_bytes(b"changed")
    second = Path(gitmodels.artifacts.download_artifacts("models:/plain/1"))
    assert (second / "weights.bin").read_bytes() == b"weights"
    assert gitmodels.artifacts.load_text("models:/plain/1/labels.txt") == "a\nb\n"
    with pytest.raises(FileMissing, match="No such artifact"):
        gitmodels.artifacts.download_artifacts("models:/plain/1/nope")
    with pytest.raises(Invalid, match="Exactly one of"):
        gitmodels.artifacts.download_artifacts()
    for folder in (first, second):
        shutil.rmtree(folder)


def test_dependencies_are_told_without_loading(here: Path, classifier: Any) -> None:
    info = gitmodels.sklearn.log_model(classifier, "m", registered_model_name="iris")
    assert "scikit-learn" in Path(gitmodels.pyfunc.get_model_dependencies("models:/iris/1")).read_text()
    assert "dependencies" in Path(gitmodels.pyfunc.get_model_dependencies(info.model_uri, format="conda")).read_text()
    with pytest.raises(Invalid, match="Illegal format option"):
        gitmodels.pyfunc.get_model_dependencies(info.model_uri, format="npm")
    told = gitmodels.models.get_model_info("models:/iris/1")
    assert (told.model_id, told.registered_model_version) == (info.model_id, 1)


def test_a_deleted_version_is_gone_for_every_reader(files: Path) -> None:
    gitmodels.register_model(str(files), "plain")
    gitmodels.register_model(str(files), "plain")
    client = _client()
    client.set_registered_model_alias("plain", "champion", 2)
    client.delete_model_version("plain", 2)
    for uri in ("models:/plain/2", "models:/plain@champion"):
        with pytest.raises((VersionNotFound, AliasNotFound)):
            gitmodels.artifacts.download_artifacts(uri)
    assert gitmodels.register_model(str(files), "plain").version == 3
    assert client.get_registered_model("plain").aliases == {}


def _edit(repo: Path, git: Git, path: str, change: Callable[[str], str]) -> None:
    """A commit on the registry branch by hand, as a merge or an editor makes it."""
    found = git("ls-tree", "-r", "--name-only", "gitmodels", cwd=repo).split("\n")
    name = next(line for line in found if line.endswith(path))
    tree = repo / "by-hand"
    git("worktree", "add", "--quiet", str(tree), "gitmodels", cwd=repo)
    (tree / name).write_text(change((tree / name).read_text()))
    git("commit", "--quiet", "--all", "--message", "by hand", cwd=tree)
    git("worktree", "remove", "--force", str(tree), cwd=repo)


def test_an_alias_to_a_deleted_version_fails_closed(files: Path, here: Path, git: Git) -> None:
    gitmodels.register_model(str(files), "plain")
    _client().set_registered_model_alias("plain", "champion", 1)
    _edit(here, git, "meta/1.yaml", lambda text: text.replace("status: ready", "status: deleted"))
    with pytest.raises(Corrupt, match="plain@champion points at v1, which was deleted") as caught:
        gitmodels.artifacts.download_artifacts("models:/plain@champion")
    assert "git models alias set" in caught.value.hint


def test_a_newer_registry_reads_but_is_not_written(files: Path, here: Path, git: Git) -> None:
    gitmodels.register_model(str(files), "plain")
    _edit(here, git, "gitmodels.yaml", lambda text: text.replace("format: 1", "format: 2"))
    assert gitmodels.artifacts.load_text("models:/plain/1/labels.txt") == "a\nb\n"
    tip = git("rev-parse", "gitmodels", cwd=here)
    with pytest.raises(FormatTooNew, match="format 2") as caught:
        gitmodels.register_model(str(files), "plain")
    assert "pip install" in caught.value.hint
    assert git("rev-parse", "gitmodels", cwd=here) == tip


def test_a_missing_object_is_named(files: Path, here: Path) -> None:
    gitmodels.register_model(str(files), "plain")
    shutil.rmtree(here / ".git/gitmodels/packs")
    shutil.rmtree(here / ".git/gitmodels/index")
    with pytest.raises(ObjectNotFound) as caught:
        gitmodels.artifacts.download_artifacts("models:/plain/1")
    assert "\n" not in caught.value.message


def test_a_damaged_object_is_never_handed_out(files: Path, here: Path, tmp_path: Path) -> None:
    gitmodels.register_model(str(files), "plain")
    pack = next((here / ".git/gitmodels/packs").glob("*.pack"))
    data = bytearray(pack.read_bytes())
    at = data.index(b"weights")
    data[at] ^= 1
    pack.chmod(0o644)
    pack.write_bytes(data)
    target = tmp_path / "out"
    with pytest.raises(Corrupt):
        gitmodels.artifacts.download_artifacts("models:/plain/1/weights.bin", dst_path=str(target))
    assert not list(target.iterdir())


@pytest.mark.parametrize("kind", ["bare", "linked", "detached", "unborn"])
def test_every_kind_of_repository_serves(
    kind: str, git_repo: Path, bare_repo: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = git_repo
    if kind != "unborn":
        git("commit", "--quiet", "--allow-empty", "-m", "first", cwd=git_repo)
    if kind == "bare":
        place = bare_repo
    if kind == "linked":
        place = tmp_path / "linked"
        git("worktree", "add", "--quiet", "-b", "other", str(place), cwd=git_repo)
    if kind == "detached":
        git("checkout", "--quiet", "--detach", cwd=git_repo)
    monkeypatch.chdir(place)
    (tmp_path / "m.bin").write_text("x")
    assert gitmodels.register_model(str(tmp_path / "m.bin"), "m").version == 1
    with gitmodels.start_run() as run:
        gitmodels.log_metric("auc", 1)
    assert gitmodels.get_run(run.info.run_id).info.status == "FINISHED"
    if kind == "linked":
        monkeypatch.chdir(git_repo)
    assert _client().get_model_version("m", 1).version == 1


def test_a_client_of_its_own_repository(git_repo: Path, bare_repo: Path, files: Path) -> None:
    other = gitmodels.MlflowClient(registry_uri=f"gitmodels://{bare_repo}")
    other.create_registered_model("elsewhere")
    other.create_model_version("elsewhere", str(files))
    assert [model.name for model in other.search_registered_models()] == ["elsewhere"]
    assert list(_client().search_registered_models()) == []


def test_pages_follow_each_other(here: Path) -> None:
    client = _client()
    for number in range(5):
        client.create_registered_model(f"m{number}")
    seen, token, pages = [], None, 0
    while True:
        page = client.search_registered_models(max_results=2, page_token=token)
        seen += [model.name for model in page]
        pages += 1
        token = page.token
        if token is None:
            break
    assert (seen, pages) == ([f"m{number}" for number in range(5)], 3)
    with pytest.raises(GitModelsError, match="Invalid page token"):
        client.search_registered_models(page_token="x")


def test_promote_and_roll_back(files: Path) -> None:
    gitmodels.register_model(str(files), "plain")
    gitmodels.register_model(str(files), "plain")
    assert gitmodels.promote("plain", 1, "champion", reason="first").version == 1
    assert gitmodels.promote("plain", "2", "champion").aliases == ["champion"]
    assert gitmodels.rollback("plain", "champion", reason="incident").version == 1
    with pytest.raises(AliasNotFound, match="nothing to roll back to"):
        gitmodels.rollback("plain", "nope")


def test_entities_iterate_and_print_as_mlflows_do(files: Path) -> None:
    version = gitmodels.register_model(str(files), "plain")
    assert dict(version)["name"] == "plain"
    assert repr(version).startswith("<ModelVersion: aliases=[], creation_timestamp=")
    assert [key for key, _ in version] == sorted(key for key, _ in version)


def _model_directory(folder: Path, age: object, signed: bool = True) -> str:
    folder.mkdir()
    (folder / "e.json").write_text(json.dumps({"columns": ["age"], "data": [[age]]}))
    inputs = '[{"type": "long", "name": "age", "required": true}]'
    signature = f"signature:\n  inputs: '{inputs}'\n" if signed else ""
    example = "saved_input_example_info:\n  artifact_path: e.json\n  type: dataframe\n"
    (folder / "MLmodel").write_text(f"flavors:\n  of_ours: {{}}\n{example}{signature}")
    return str(folder)


def test_a_violated_signature_is_refused_and_a_missing_one_is_told(
    here: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    repo = Repo.open(here)
    with pytest.raises(InvalidModel, match="do not agree") as caught:
        registering.register(repo, _model_directory(tmp_path / "bad", "secret"), "fraud")
    assert "secret" not in caught.value.message
    assert repo.registry.state().commit is None
    assert registering.register(repo, _model_directory(tmp_path / "good", 3), "fraud") == 1
    assert "no signature" not in caplog.text
    assert registering.register(repo, _model_directory(tmp_path / "none", 3, signed=False), "fraud") == 2
    assert "no signature" in caplog.text


def test_a_signature_that_the_own_example_violates_is_not_given_to_a_registered_model(
    here: Path, tmp_path: Path
) -> None:
    repo = Repo.open(here)
    registering.register(repo, _model_directory(tmp_path / "good", 3), "fraud")
    wrong = gitmodels.models.ModelSignature(Schema([ColSpec("string", "name")]))
    with pytest.raises(InvalidModel, match="do not agree"):
        gitmodels.models.set_signature("models:/fraud/1", wrong)
    assert repo.registry.state().numbers("fraud") == [1]
