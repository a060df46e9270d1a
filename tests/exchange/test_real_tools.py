"""The live tools: DVC and GTO write repositories now, and say themselves what stands in them.

``make test-heavy`` makes their environment, ``.venv-exchange``; ``EXCHANGE_TOOLS`` names another one.
"""

import importlib.util
import json
import os
import random
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.api import registering
from gitmodels.exchange import gto_tags
from gitmodels.git import tags
from gitmodels.git.repository import GitRepository
from gitmodels.repo import Repo
from tests.exchange.conftest import MADE, Bring, files, plant, tree

pytestmark = pytest.mark.heavy
Git = Callable[..., str]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def environment() -> Path:
    """The environment that DVC and GTO are installed in."""
    found = Path(os.environ.get("EXCHANGE_TOOLS") or ROOT / ".venv-exchange")
    if not (found / "bin" / "gto").exists():
        pytest.skip(f"no DVC and GTO in {found}: make .venv-exchange/.installed")
    return found


@pytest.fixture(scope="module")
def make() -> Any:
    """The module that writes the fixtures."""
    spec = importlib.util.spec_from_file_location("exchange_make", MADE / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_dvc_keeps_is_brought_as_dvc_would_check_it_out(
    environment: Path, make: Any, tmp_path: Path, repo: Repo, bring: Bring
) -> None:
    tools = make.started(environment, tmp_path / "live" / "dvc")
    make.dvc_project(tools)
    bring(f"dvc:{tools.folder}")
    assert files(repo, "net", 1) == {"net.bin": (tools.folder / "models" / "net.bin").read_bytes()}
    assert files(repo, "forest", 1) == tree(tools.folder / "models" / "forest")
    # Pushed to a folder, and gone from the cache: the remote gives the same.
    tools("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    for commit in ("HEAD~1", "main"):
        tools("git", "checkout", "--quiet", commit)
        tools("dvc", "push", "--quiet")
    shutil.rmtree(tools.folder / ".dvc" / "cache")
    assert [step for step in bring(f"dvc:{tools.folder}") if step.kind == "version"] == []
    bring(f"dvc:{tools.folder}#HEAD~1", "net")
    tools("git", "checkout", "--quiet", "HEAD~1")
    tools("dvc", "pull", "--quiet", "--force", "models/net.bin.dvc")
    assert files(repo, "net", 2) == {"net.bin": (tools.folder / "models" / "net.bin").read_bytes()}


def test_what_gto_shows_is_what_was_brought(
    environment: Path, make: Any, tmp_path: Path, repo: Repo, bring: Bring
) -> None:
    tools = make.started(environment, tmp_path / "live" / "gto")
    make.gto_registry(tools)
    bring(f"gto:{tools.folder}")
    state = repo.registry.state()
    for name, here in (("fraud", "fraud"), ("nlp:words", "nlp-words")):
        rows = json.loads(tools("gto", "show", name, "--json"))
        ours = {version.meta.tags["gto.version"]: version for version in state.versions(here)}
        assert set(ours) == {row["version"] for row in rows}
        for row in rows:
            assert ours[row["version"]].record.code["commit"] == row["commit_hexsha"]
            assert ours[row["version"]].record.author == row["author"]
        aliases = {
            alias: state.version(here, number).meta.tags["gto.version"] for alias, number in state.aliases(here).items()
        }
        assert aliases == make.shown(tools, name)


def test_gto_and_we_read_any_history_of_tags_alike(environment: Path, make: Any, tmp_path: Path, git: Git) -> None:
    dice = random.Random(7)
    for number in range(12):
        folder = tmp_path / f"history{number}"
        commits = [plant(folder, {"m.txt": str(each)}, git) for each in range(4)]
        _history(folder, commits, dice, git)
        tools = make.Tools(environment, folder, tmp_path)
        rows = json.loads(tools("gto", "show", "m", "--json"))
        theirs: dict[str, str] = {}
        dated: dict[str, str] = {}
        for row in rows:
            for stage in row["stages"]:
                if stage["stage"] not in dated or stage["created_at"] > dated[stage["stage"]]:
                    theirs[stage["stage"]], dated[stage["stage"]] = row["version"], stage["created_at"]
        [line] = gto_tags.lines(tags.annotated(GitRepository.open(folder), gto_tags.is_ours))
        assert {one.label for one in line.versions} == {row["version"] for row in rows}, folder
        assert {stage: now[0].label for stage, now in line.stages.items() if now} == theirs, folder


def _history(folder: Path, commits: list[str], dice: random.Random, git: Git) -> None:
    """Tags as GTO may make them, each a minute after the one before: one version a commit, stages on versions."""
    registered: dict[str, str] = {}
    for moment in range(1, 16):
        commit = dice.choice(commits)
        what = dice.choice(["register", "assign", "assign", "unassign", "deregister"])
        stage = dice.choice(["prod", "dev"])
        if what == "register" or commit not in registered:
            if commit in registered:
                continue
            registered[commit] = f"v{dice.randrange(3)}.{len(registered)}.{moment}"
            name = f"m@{registered[commit]}#{moment}"
        elif what == "deregister":
            name = f"m@{registered[commit]}!#{moment}"
        else:
            name = f"m#{stage}{'!' if what == 'unassign' else ''}#{moment}"
        date = f"{1_700_000_000 + moment * 60} +0000"
        git("tag", "-a", name, "-m", "x", commit, cwd=folder, GIT_COMMITTER_DATE=date)


def test_a_folder_that_transformers_wrote_loads_after_the_round_trip(
    tmp_path: Path, bring: Bring, hand_out: Bring
) -> None:
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    hub = pytest.importorskip("huggingface_hub")
    config = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=30
    )
    model = transformers.BertModel(config)
    model.save_pretrained(tmp_path / "tiny")
    hub.ModelCard("---\nlicense: mit\nlibrary_name: transformers\n---\n\n# Tiny\n").save(
        tmp_path / "tiny" / "README.md"
    )
    bring(f"hf:{tmp_path / 'tiny'}")
    hand_out(f"hf:{tmp_path / 'out'}", "tiny/1")
    assert tree(tmp_path / "out") == tree(tmp_path / "tiny")
    again = transformers.BertModel.from_pretrained(tmp_path / "out", local_files_only=True)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    assert hub.ModelCard.load(tmp_path / "out" / "README.md").data.license == "mit"


def test_git_lfs_names_the_bytes_that_were_brought_as_it_did(
    lfs_repo: Path, repo: Repo, bring: Bring, tmp_path: Path, git: Git
) -> None:
    bring(f"lfs:{lfs_repo}", "net")
    for path, data in files(repo, "net", 1).items():
        (tmp_path / path).write_bytes(data)
        said = git("lfs", "pointer", f"--file={tmp_path / path}", cwd=lfs_repo)
        assert git("show", f"HEAD:net/{path}", cwd=lfs_repo) in said


def test_a_packaged_pipeline_is_handed_out_where_from_pretrained_looks(
    tmp_path: Path, repo: Repo, hand_out: Bring, git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    import gitmodels.transformers

    monkeypatch.chdir(git_repo)
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\ngood\nday\n")
    tokenizer = transformers.BertTokenizerFast(str(tmp_path / "vocab.txt"))
    config = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=8
    )
    model = transformers.BertForMaskedLM(config).eval()
    pipeline = transformers.pipeline("fill-mask", model=model, tokenizer=tokenizer, device=-1)
    gitmodels.transformers.save_model(pipeline, str(tmp_path / "saved"))
    registering.register(repo, str(tmp_path / "saved"), "mask")
    hand_out(f"hf:{tmp_path / 'out'}", "mask/1")
    again = transformers.AutoModelForMaskedLM.from_pretrained(tmp_path / "out", local_files_only=True)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    words = transformers.AutoTokenizer.from_pretrained(tmp_path / "out", local_files_only=True)
    assert words("a good day")["input_ids"] == tokenizer("a good day")["input_ids"]


def test_two_imports_at_once_bring_each_version_once(made: Callable[[str], Path], repo: Repo, git_repo: Path) -> None:
    registry = made("gto")
    script = Path(sysconfig.get_path("scripts"), "git-models")
    running = [
        subprocess.Popen([script, "import", f"gto:{registry}"], cwd=git_repo, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    state = repo.registry.state()
    labels = [version.meta.tags["gto.version"] for version in state.versions("fraud")]
    assert labels == ["v0.9.0", "v0.10.0", "v1.0.0-rc.1", "v1.0.0"]
    assert state.aliases("fraud") == {"dev": 4, "prod": 4, "production": 2}
