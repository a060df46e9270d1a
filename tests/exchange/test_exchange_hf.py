"""Hugging Face folders: in, out, and what lies in such a folder that is no part of a model."""

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

import gitmodels
from gitmodels import cards
from gitmodels.errors import AlreadyExists, FileMissing, Invalid, InvalidModel, InvalidName, InvalidYaml
from gitmodels.exchange.plan import LEFT_OUT
from gitmodels.repo import Repo
from tests.exchange.conftest import Bring, files, no_traces, plant, tree

Git = Callable[..., str]
CARD = """\
---
license: apache-2.0
language:
- en
- de
pipeline_tag: text-classification
base_model: org/base
tags: [fraud, small]
model-index:
- name: odd
---

# Odd one out

<img src="x.png">

Says whether a sentence
is odd.

## Use
"""
CONFIG = {"architectures": ["BertForSequenceClassification"], "model_type": "bert"}


def safetensors(**tensors: bytes) -> bytes:
    header, at = {}, 0
    for name, data in tensors.items():
        header[name] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(tensors.values())


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A folder as ``save_pretrained`` and a download of the hub leave it."""
    folder = tmp_path / "odd-one"
    (folder / "onnx").mkdir(parents=True)
    (folder / "README.md").write_text(CARD)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "model.safetensors").write_bytes(safetensors(w=b"weights", b=b"bias"))
    (folder / "onnx" / "config.json").write_text("{}")
    return folder


def test_a_folder_becomes_a_version_with_what_its_card_says(odd: Path, repo: Repo, bring: Bring) -> None:
    [step] = bring(f"hf:{odd}")
    assert (step.kind, step.name, step.version) == ("version", "odd-one", 1)
    version = repo.registry.state().version("odd-one", 1)
    assert version.meta.description == "Odd one out\n\nSays whether a sentence is odd."
    assert version.meta.tags == {
        "card.license": "apache-2.0",
        "card.language": "en, de",
        "card.pipeline_tag": "text-classification",
        "card.base_model": "org/base",
        "card.tags": "fraud, small",
        "hf.architectures": "BertForSequenceClassification",
        "hf.model_type": "bert",
    }
    assert (version.record.source, version.record.code_execution) == (f"hf:{odd}", "none")
    assert files(repo, "odd-one", 1) == tree(odd)


def test_export_gives_back_byte_for_byte_what_import_took(
    odd: Path, tmp_path: Path, bring: Bring, hand_out: Bring
) -> None:
    bring(f"hf:{odd}", "fraud")
    [step] = hand_out(f"hf:{tmp_path / 'out'}", "fraud", versions=(1,))
    assert (step.kind, step.name, step.version, step.done) == ("version", "fraud", 1, True)
    assert tree(tmp_path / "out") == tree(odd)
    assert hand_out(f"hf:{tmp_path / 'out'}", "fraud/1") == []
    assert bring(f"hf:{tmp_path / 'out'}", "fraud") == []


def test_a_second_import_does_nothing_and_a_plan_writes_nothing(odd: Path, repo: Repo, bring: Bring) -> None:
    [planned] = bring(f"hf:{odd}", dry_run=True)
    no_traces(repo)
    [done] = bring(f"hf:{odd}")
    assert (planned.name, planned.version, planned.text, planned.done) == ("odd-one", 1, done.text, False)
    assert bring(f"hf:{odd}") == [] == bring(f"hf:{odd}", dry_run=True)
    (odd / "model.safetensors").write_bytes(safetensors(w=b"others!", b=b"bias"))
    assert [step.version for step in bring(f"hf:{odd}")] == [2]


def test_what_git_and_the_downloader_keep_there_is_left_out_and_told(
    odd: Path, repo: Repo, bring: Bring, hand_out: Bring, git: Git
) -> None:
    before = tree(odd)
    git("init", "--quiet", cwd=odd)
    (odd / ".gitattributes").write_text("*.bin filter=lfs\n")
    (odd / ".cache" / "huggingface" / "download").mkdir(parents=True)
    (odd / ".cache" / "huggingface" / "download" / "x.metadata").write_text("x")
    _, left = bring(f"hf:{odd}")
    assert left.kind == LEFT_OUT
    assert left.text.startswith(".git, .gitattributes, .cache/huggingface")
    assert files(repo, "odd-one", 1) == before
    assert hand_out(f"hf:{odd}", "odd-one") == []


def test_a_snapshot_of_the_hubs_cache_is_read_through_its_links(tmp_path: Path, repo: Repo, bring: Bring) -> None:
    place = tmp_path / "hub" / "models--org--tiny"
    snapshot = place / "snapshots" / "0a1b"
    snapshot.mkdir(parents=True)
    (place / "blobs").mkdir()
    for name, data in (("README.md", b"# Tiny\n"), ("model.safetensors", safetensors(w=b"1"))):
        (place / "blobs" / name.upper()).write_bytes(data)
        os.symlink(f"../../blobs/{name.upper()}", snapshot / name)
    [step] = bring(f"hf:{snapshot}")
    version = repo.registry.state().version("tiny", 1)
    assert step.name == "tiny"
    assert version.meta.tags == {"hf.repo": "org/tiny", "hf.revision": "0a1b"}
    assert files(repo, "tiny", 1) == {"README.md": b"# Tiny\n", "model.safetensors": safetensors(w=b"1")}
    assert bring(f"hf:{snapshot}") == []
    with pytest.raises(Invalid, match="models--org--tiny is the cache of a repository"):
        bring(f"hf:{place}")
    (tmp_path / "secret").write_text("secret")
    os.symlink(tmp_path / "secret", snapshot / "vocab.txt")
    with pytest.raises(InvalidModel, match="leads out of the cache"):
        bring(f"hf:{snapshot}")


def test_a_pointer_in_the_place_of_weights_is_refused(odd: Path, repo: Repo, bring: Bring) -> None:
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"
    (odd / "model.safetensors").write_text(text)
    for dry_run in (True, False):
        with pytest.raises(Invalid, match=r"'model\.safetensors' is a pointer of Git LFS") as caught:
            bring(f"hf:{odd}", dry_run=dry_run)
        assert "git lfs pull" in caught.value.hint
    no_traces(repo)


def test_links_and_broken_cards_are_refused(odd: Path, repo: Repo, bring: Bring, tmp_path: Path) -> None:
    (odd / "README.md").write_text("---\na: &x 1\nb: *x\n---\n")
    with pytest.raises(InvalidYaml, match="anchors"):
        bring(f"hf:{odd}")
    (odd / "README.md").unlink()
    os.symlink("/etc/hostname", odd / "README.md")
    with pytest.raises(InvalidModel, match="symbolic link"):
        bring(f"hf:{odd}")
    (odd / "README.md").unlink()
    os.mkfifo(odd / "README.md")
    with pytest.raises(InvalidModel, match="named pipe"):
        bring(f"hf:{odd}")
    (odd / "README.md").unlink()
    (odd / "README.md").write_text("#" * ((1 << 20) + 1))
    with pytest.raises(Invalid, match="more than 1048576 bytes"):
        bring(f"hf:{odd}")
    no_traces(repo)
    with pytest.raises(FileMissing, match="no such folder"):
        bring(f"hf:{tmp_path / 'nowhere'}")


def test_a_folder_whose_name_is_none_needs_another(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "a:b").mkdir()
    (tmp_path / "a:b" / "x.bin").write_bytes(b"x")
    with pytest.raises(InvalidName) as caught:
        bring(f"hf:{tmp_path / 'a:b'}")
    assert caught.value.hint == "--model NAME gives it another"
    assert [step.name for step in bring(f"hf:{tmp_path / 'a:b'}", "ab")] == ["ab"]
    with pytest.raises(Invalid, match="--path chooses nothing here"):
        bring(f"hf:{tmp_path / 'a:b'}", "ab", paths=("x.bin",))


def test_a_version_without_a_card_gets_one(
    repo: Repo, hand_out: Bring, tmp_path: Path, git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(git_repo)
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "model.safetensors").write_bytes(safetensors(w=b"1"))
    gitmodels.register_model(str(tmp_path / "w"), "plain", tags={"a": 1})
    out = tmp_path / "out"
    assert [step.done for step in hand_out(f"hf:{out}", "plain/1", dry_run=True)] == [False]
    assert not out.exists()
    hand_out(f"hf:{out}", "plain/1")
    assert sorted(tree(out)) == ["README.md", "model.safetensors"]
    assert cards.parse((out / "README.md").read_text()).title == "plain v1"
    assert hand_out(f"hf:{out}", "plain/1") == []
    hub = pytest.importorskip("huggingface_hub")
    assert hub.ModelCard.load(out / "README.md").text.startswith("\n# plain v1")


def test_a_packaged_pipeline_lies_where_from_pretrained_looks(repo: Repo, hand_out: Bring, tmp_path: Path) -> None:
    place = tmp_path / "packaged"
    made = {
        "MLmodel": "flavors:\n  transformers:\n    model_binary: model\n    components: [tokenizer]\n",
        "requirements.txt": "transformers\n",
        "model/config.json": "{}",
        "components/tokenizer/tokenizer.json": "{}",
    }
    for path, text in made.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
    (place / "model" / "model.safetensors").write_bytes(safetensors(w=b"1"))
    from gitmodels.api import registering

    registering.register(repo, str(place), "mask")
    _, left = hand_out(f"hf:{tmp_path / 'out'}", "mask/1")
    assert sorted(tree(tmp_path / "out")) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "requirements.txt",
        "tokenizer.json",
    ]
    assert (left.kind, left.text) == (LEFT_OUT, "MLmodel: for MLflow alone")


def test_a_folder_that_holds_something_else_stays_as_it_is(
    odd: Path, tmp_path: Path, bring: Bring, hand_out: Bring
) -> None:
    bring(f"hf:{odd}", "fraud")
    out = tmp_path / "out"
    hand_out(f"hf:{out}", "fraud/1")
    (out / "config.json").write_text("{}")
    with pytest.raises(AlreadyExists, match="holds other files"):
        hand_out(f"hf:{out}", "fraud/1")
    assert (out / "config.json").read_text() == "{}"
    with pytest.raises(Invalid, match="one version fills a folder"):
        hand_out(f"hf:{out}", "fraud", versions=(1, 2))
    with pytest.raises(FileMissing, match="no such folder"):
        hand_out(f"hf:{tmp_path / 'deep' / 'er'}", "fraud/1")


def test_weights_that_lie_in_git_lfs_are_brought_from_there(tmp_path: Path, bring: Bring, git: Git) -> None:
    # A clone of the hub without git-lfs: what it stands for is not there, and nobody takes the pointer for it.
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"
    plant(tmp_path / "clone", {"README.md": "# Clone\n", "pytorch_model.bin": text}, git)
    with pytest.raises(FileMissing, match=r"'pytorch_model.bin' .sha256 0{64}. are not here"):
        bring(f"lfs:{tmp_path / 'clone'}", "clone")
