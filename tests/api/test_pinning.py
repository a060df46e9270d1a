"""Pins: exactly that content, from any folder and any commit, and what is told when the alias moved on."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.api import pinned, pinning
from gitmodels.api.settings import Settings
from gitmodels.cli import main
from gitmodels.errors import CheckFailed, Conflict, FileMissing, Invalid, InvalidName, ModelNotFound
from gitmodels.registry.changes import aliases
from gitmodels.repo import Repo

Git = Callable[..., str]
NOW = Settings()


def models(*words: str, code: int = 0) -> None:
    assert main.run(list(words)) == code


def weigh(folder: Path, text: str, name: str = "fraud") -> None:
    """The next version, of one plain file."""
    (folder / "files").mkdir(exist_ok=True)
    (folder / "files" / "weights.bin").write_text(text)
    models("register", str(folder / "files"), name)


def point(number: int, alias: str = "champion") -> None:
    Repo.open(".").registry.apply(lambda state, at: aliases.set_alias(state, "fraud", alias, number, at))


def committed(folder: Path, git: Git, message: str) -> str:
    git("add", "-A", cwd=folder)
    git("commit", "-q", "-m", message, cwd=folder)
    return git("rev-parse", "HEAD", cwd=folder).strip()


def loaded(name: str = "fraud") -> str:
    return Path(gitmodels.artifacts.download_artifacts(f"models:/{name}@pinned/weights.bin")).read_text()


@pytest.fixture
def fraud(here: Path) -> Path:
    """Two versions, the alias on the first, which is pinned."""
    weigh(here, "one")
    weigh(here, "two")
    point(1)
    models("pin", "fraud@champion")
    return here


def test_only_the_lock_file_is_written(fraud: Path, git: Git) -> None:
    assert git("status", "--porcelain", cwd=fraud).split() == ["??", "files/", "??", "models.lock"]
    assert git("diff", "--cached", "--name-only", cwd=fraud) == ""
    assert sorted(path.name for path in fraud.iterdir()) == [".git", "files", "models.lock"]


def test_what_is_pinned_is_loaded_wherever_the_alias_goes_from_any_folder(
    fraud: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point(2)
    assert loaded() == "one"
    deep = fraud / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert loaded() == "one"
    models("pin", "fraud@champion")
    assert loaded() == "two"
    assert not (deep / "models.lock").exists()


def test_a_checkout_of_old_code_brings_that_days_model_back(fraud: Path, git: Git) -> None:
    committed(fraud, git, "v1.2")
    git("tag", "v1.2", cwd=fraud)
    models("pin", "fraud/2")
    committed(fraud, git, "newer")
    assert loaded() == "two"
    git("checkout", "-q", "v1.2", cwd=fraud)
    assert loaded() == "one"


def test_a_linked_work_tree_has_its_own_pins(fraud: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    committed(fraud, git, "one")
    git("worktree", "add", "-q", "-b", "side", str(fraud.parent / "side"), cwd=fraud)
    models("pin", "fraud/2")
    monkeypatch.chdir(fraud.parent / "side")
    assert loaded() == "one"


def test_bisect_finds_the_commit_that_pinned_the_broken_model(fraud: Path, git: Git, tmp_path: Path) -> None:
    (fraud / ".gitignore").write_text("files/\n")
    first = committed(fraud, git, "start")
    wanted = ""
    for number in range(2, 8):
        (fraud / "code.py").write_text(f"print({number})\n")
        committed(fraud, git, f"code {number}")
        # From version 5 on the model is broken, though its code is fine.
        weigh(fraud, f"weights {number}" if number < 5 else f"broken {number}")
        models("pin", "fraud/latest")
        done = committed(fraud, git, f"pin {number}")
        wanted = done if number == 5 else wanted
    git("bisect", "start", "HEAD", first, cwd=fraud)
    script = tmp_path / "works"
    script.write_text("#!/bin/sh\n! git-models cat fraud@pinned:weights.bin | grep -q broken\n")
    script.chmod(0o755)
    told = git(
        "bisect", "run", str(script), cwd=fraud, PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    assert f"{wanted} is the first bad commit" in told
    assert git("show", "-s", "--format=%s", "refs/bisect/bad", cwd=fraud) == "pin 5\n"


def test_a_registry_with_other_content_under_the_number_is_refused(fraud: Path) -> None:
    path = fraud / "models.lock"
    text = path.read_text()
    other = Repo.open(fraud).registry.state().version("fraud", 2).record.manifest
    mine = pinned.pin_of("fraud").manifest
    path.write_text(text.replace(mine, other))
    with pytest.raises(Conflict, match="other content") as caught:
        loaded()
    assert "v2 now" in caught.value.hint
    path.write_text(text.replace(mine, "0" * 64))
    with pytest.raises(Conflict, match="other content"):
        gitmodels.pyfunc.load_model("models:/fraud@pinned")
    assert [each.state for each in pinning.check((), NOW)] == ["changed"]
    models("pin", "--check", code=7)


def test_where_nothing_is_pinned_one_line_says_how(fraud: Path) -> None:
    with pytest.raises(ModelNotFound, match="churn is not pinned"):
        loaded("churn")
    (fraud / "models.lock").unlink()
    with pytest.raises(FileMissing, match=r"no models\.lock"):
        loaded()
    assert pinning.known(NOW) == {}
    models("pin", code=0)
    models("pin", "--rm", "fraud", code=3)


def test_a_lock_file_above_the_work_tree_is_another_ones(
    fraud: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = fraud / "vendor"
    git("init", "-q", str(inner), cwd=fraud)
    monkeypatch.chdir(inner)
    assert pinned.find() is None
    image = fraud.parent / "image" / "app"
    image.mkdir(parents=True)
    (image.parent / "models.lock").write_bytes((fraud / "models.lock").read_bytes())
    monkeypatch.chdir(image)
    assert pinned.find() == image.parent / "models.lock"
    monkeypatch.setenv("GITMODELS_REGISTRY", str(fraud))
    assert loaded() == "one"


def test_no_alias_can_be_called_pinned_in_any_case(fraud: Path) -> None:
    for alias in ("pinned", "Pinned"):
        with pytest.raises(InvalidName, match="reserved") as caught:
            gitmodels.MlflowClient().set_registered_model_alias("fraud", alias, 1)
        assert "git models pin" in caught.value.hint
    for text in ("fraud@pinned", "git+file:///x#fraud@pinned", "models:/fraud@pinned/weights.bin"):
        with pytest.raises(Invalid):
            pinning.pin([text], NOW)


def test_a_bare_repository_has_nothing_to_pin_beside(
    fraud: Path, bare_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITMODELS_REGISTRY", str(fraud))
    monkeypatch.chdir(bare_repo)
    models("pin", "fraud/1", code=4)
    assert not (bare_repo / "models.lock").exists()


def test_a_lock_file_that_is_a_link_or_a_folder_is_left_alone(fraud: Path) -> None:
    path = fraud / "models.lock"
    elsewhere = fraud.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    models("pin", "fraud/2", code=4)
    assert elsewhere.read_bytes() == before
    path.unlink()
    path.mkdir()
    models("pin", "fraud/2", code=4)


def test_unpinning_takes_one_block_out_or_none(fraud: Path) -> None:
    weigh(fraud, "x", "churn")
    models("pin", "churn/1")
    before = (fraud / "models.lock").read_bytes()
    models("pin", "--rm", "fraud", "nobody", code=3)
    assert (fraud / "models.lock").read_bytes() == before
    models("pin", "--rm", "fraud")
    assert list(pinning.known(NOW)) == ["churn"]


def test_all_of_several_pins_are_written_or_none(fraud: Path) -> None:
    before = (fraud / "models.lock").read_bytes()
    models("pin", "fraud/2", "churn/1", code=3)
    assert (fraud / "models.lock").read_bytes() == before


def test_check_tells_what_moved_in_its_exit_code(fraud: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models("pin", "--check")
    point(2)
    models("pin", "--check", code=1)
    assert "moved  fraud  @champion v1 → v2" in capsys.readouterr().out
    Repo.open(".").registry.apply(lambda state, at: aliases.delete_alias(state, "fraud", "champion", at))
    assert [(each.state, each.now) for each in pinning.check((), NOW)] == [("moved", None)]
    models("pin", "--check", "churn", code=3)
    path = Path("models.lock")
    path.write_text(path.read_text().replace("  fraud:", "  ghost:"))
    models("pin", "--check", code=10)


def test_a_model_of_another_registry_is_loaded_from_there(
    fraud: Path, bare_repo: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git("config", key, "true", cwd=bare_repo)
    git("remote", "add", "origin", str(bare_repo), cwd=fraud)
    models("push")
    consumer = tmp_path / "consumer"
    git("init", "-q", str(consumer), cwd=tmp_path)
    monkeypatch.chdir(consumer)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    address = f"file://{bare_repo}"
    models("pin", f"git+{address}#fraud@champion")
    pin = pinned.pin_of("fraud")
    assert (pin.version, pin.alias, pin.registry) == (1, "champion", address)
    models("pin", "--check")
    assert loaded() == "one"
    # A command works on one repository, and says where this model is.
    models("show", "fraud@pinned", code=4)
    # Where the code says once which registry it uses, its pins need not.
    (consumer / ".gitmodels.yaml").write_text(f"registry: git+{address}\n")
    models("pin", "fraud@champion")
    assert pinned.pin_of("fraud").registry is None
    models("pin", "--check")
    models("show", "fraud@pinned")
    assert loaded() == "one"


@pytest.fixture
def tables(here: Path) -> Path:
    """Versions that take ``age``, then also ``income``, then also ``region``, optional; and the alias on the first."""
    from gitmodels.types.schema import ColSpec, Schema

    class Model(gitmodels.pyfunc.PythonModel):
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            return model_input

    columns = [ColSpec("long", "age")]
    for more in (None, ColSpec("double", "income"), ColSpec("string", "region", required=False)):
        columns += [more] if more is not None else []
        gitmodels.pyfunc.log_model(
            name="model",
            python_model=Model(),
            signature=gitmodels.models.ModelSignature(Schema([*columns])),
            pip_requirements=[],
            registered_model_name="fraud",
        )
    point(1)
    return here


def test_a_pin_that_breaks_its_callers_needs_a_reason(tables: Path, git: Git) -> None:
    models("pin", "fraud@champion")
    committed(tables, git, "pinned")
    point(2)
    models("pin", "--check", code=7)
    (standing,) = pinning.check((), NOW)
    assert (standing.state, standing.now) == ("breaking", 2)
    assert "income" in "".join(each.subject + each.text for each in standing.findings)
    with pytest.raises(CheckFailed, match="breaks") as caught:
        pinning.pin(["fraud@champion"], NOW)
    assert "--breaking" in caught.value.hint
    assert pinned.pin_of("fraud").version == 1
    models("pin", "fraud@champion", "--breaking", "the new form asks for it")
    pin = pinned.pin_of("fraud")
    assert pin.accepted is not None
    assert pin.accepted.reason == "the new form asks for it"
    # Judged against what is committed, so that two steps are no way around it; and back is no break.
    with pytest.raises(CheckFailed):
        pinning.pin(["fraud/3"], NOW)
    models("pin", "fraud/1")
    assert pinned.pin_of("fraud").accepted is None
    committed_file = subprocess.run(["git", "diff", "--quiet", "models.lock"], cwd=tables, check=False)
    assert committed_file.returncode == 1  # the alias it came from is no longer named


def test_a_deleted_version_is_still_what_old_code_pinned(fraud: Path) -> None:
    models("rm", "fraud/1", "--reason", "wrong labels")
    models("gc", "--grace", "now", "--drop-deleted")
    with pytest.warns(UserWarning, match=r"was deleted \(wrong labels\)"):
        assert loaded() == "one"
    assert [each.state for each in pinning.check((), NOW)] == ["deleted"]
    models("pin", "--check", code=7)
