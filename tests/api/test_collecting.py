"""What each kind of root keeps, what goes when it is gone, and what stops a collection."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.api import collecting, context, fluent_artifacts, registering
from gitmodels.errors import Conflict, Corrupt, GitModelsError, Invalid, ObjectNotFound
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo

Git = Callable[..., str]


@pytest.fixture
def repo(here: Path) -> Repo:
    return context.repository()


@pytest.fixture
def register(repo: Repo, here: Path) -> Callable[..., Manifest]:
    """``register("bytes")``: one more version of ``fraud``; its manifest."""

    def make(text: str, name: str = "fraud") -> Manifest:
        source = here / "weights.bin"
        source.write_text(text)
        registering.register(repo, str(source), name)
        return repo.store.add_file(source)

    return make


def collect(repo: Repo, **options: Any) -> dict[str, Any]:
    """A collection without grace, by somebody who just came in."""
    return collecting.collect(Repo.open(repo.location), **{"grace": "now", **options})


def is_here(repo: Repo, manifest: Manifest) -> bool:
    return not Repo.open(repo.location).store.missing(manifest)


def drop_registry(repo: Repo, git: Git, *, reflog: bool = False) -> str:
    tip = git("rev-parse", "gitmodels", cwd=repo.location).strip()
    log = repo.git.common_dir / "logs/refs/heads/gitmodels"
    kept = log.read_bytes()
    git("update-ref", "-d", "refs/heads/gitmodels", cwd=repo.location)
    for name in git("for-each-ref", "--format=%(refname)", "refs/gitmodels", cwd=repo.location).split():
        git("update-ref", "-d", name, cwd=repo.location)
    if reflog:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(kept)
    return tip


def test_every_version_is_kept_and_what_nobody_names_goes(repo: Repo, register: Any) -> None:
    versions = [register("one"), register("two")]
    garbage = repo.store.add_bytes(b"garbage")
    assert collect(repo)["packs"]
    assert all(is_here(repo, manifest) for manifest in versions)
    assert not Repo.open(repo.location).store.has(garbage)
    assert collect(repo)["packs"] == []


def test_without_the_registry_its_versions_go(repo: Repo, register: Any, git: Git) -> None:
    manifest = register("one")
    drop_registry(repo, git)
    collect(repo)
    assert not is_here(repo, manifest)


def test_a_version_that_somebody_took_out_of_the_branch_is_kept_by_its_history(
    repo: Repo, register: Any, git: Git, tmp_path: Path
) -> None:
    manifest = register("one")
    tree = tmp_path / "tree"
    git("worktree", "add", "--quiet", str(tree), "gitmodels", cwd=repo.location)
    git("rm", "-rq", "models", cwd=tree)
    git("commit", "-qm", "Take it all out", cwd=tree)
    git("worktree", "remove", str(tree), cwd=repo.location)
    collect(repo)
    assert is_here(repo, manifest)


@pytest.mark.parametrize(
    "ref", ["refs/remotes/origin/gitmodels", "refs/heads/promote/fraud-2", "refs/tags/archive", "refs/gitmodels/x/y"]
)
def test_a_registry_on_any_ref_keeps_its_versions(repo: Repo, register: Any, git: Git, ref: str) -> None:
    manifest = register("one")
    tip = drop_registry(repo, git)
    git("update-ref", ref, tip, cwd=repo.location)
    collect(repo)
    assert is_here(repo, manifest)
    git("update-ref", "-d", ref, cwd=repo.location)
    collect(repo)
    assert not is_here(repo, manifest)


def test_an_alias_ref_keeps_its_version(repo: Repo, register: Any, git: Git) -> None:
    manifest = register("one")
    gitmodels.Client().set_registered_model_alias("fraud", "champion", 1)
    ref = "refs/gitmodels/aliases/fraud/champion"
    commit = git("rev-parse", ref, cwd=repo.location).strip()
    drop_registry(repo, git)
    git("update-ref", ref, commit, cwd=repo.location)
    collect(repo)
    assert is_here(repo, manifest)


def test_the_reflog_keeps_what_the_branch_was(repo: Repo, register: Any, git: Git) -> None:
    manifest = register("one")
    drop_registry(repo, git, reflog=True)
    collect(repo)
    assert is_here(repo, manifest)


def test_a_detached_head_keeps_what_it_is_at(repo: Repo, register: Any, git: Git, tmp_path: Path) -> None:
    manifest = register("one")
    tip = git("rev-parse", "gitmodels", cwd=repo.location).strip()
    git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), tip, cwd=repo.location)
    drop_registry(repo, git)
    (repo.git.common_dir / "worktrees/tree/logs/HEAD").unlink()
    collect(repo)
    assert is_here(repo, manifest)


def test_a_run_keeps_its_artifacts_and_its_models_until_they_expire(repo: Repo, here: Path, classifier: Any) -> None:
    with gitmodels.start_run():
        fluent_artifacts.log_text("notes", "notes.txt")
        info = gitmodels.sklearn.log_model(classifier, name="model")
    logged = repo.runs.models.find(info.model_id)[0]
    manifest = Manifest.from_yaml(repo.runs.models.file(logged) or b"")
    run = repo.runs.get(info.run_id)
    collect(repo)
    assert is_here(repo, manifest)
    repo.git.set_config("gitmodels.expiry", "now")
    done = collect(repo)
    assert done["models"] == [f"{info.run_id}/model {info.model_id}"]
    assert not is_here(repo, manifest)
    assert not Repo.open(here).store.missing(Manifest(run.artifacts))


def test_a_run_that_goes_on_keeps_what_its_journal_names(repo: Repo, here: Path, classifier: Any) -> None:
    repo.git.set_config("gitmodels.expiry", "now")
    with gitmodels.start_run():
        fluent_artifacts.log_text("notes", "notes.txt")
        info = gitmodels.sklearn.log_model(classifier, name="model")
        manifest = Manifest.from_yaml(repo.runs.models.file(repo.runs.models.find(info.model_id)[0]) or b"")
        collect(repo)
        assert is_here(repo, manifest)
        assert is_here(repo, Manifest(repo.runs.get(info.run_id).artifacts))


def test_a_registered_model_of_a_run_does_not_expire(repo: Repo, here: Path, classifier: Any) -> None:
    repo.git.set_config("gitmodels.expiry", "now")
    info = gitmodels.sklearn.log_model(classifier, name="model", registered_model_name="iris")
    manifest = Manifest.from_yaml(repo.registry.state().manifest("iris", 1))
    assert collect(repo)["models"] == []
    assert is_here(repo, manifest)
    assert info.registered_model_version == 1


@pytest.mark.parametrize("pin", ["id", "digest", "run"])
def test_a_models_lock_in_any_work_tree_keeps_a_model_from_expiring(
    repo: Repo, here: Path, classifier: Any, git: Git, tmp_path: Path, pin: str
) -> None:
    repo.git.set_config("gitmodels.expiry", "now")
    with gitmodels.start_run():
        info = gitmodels.sklearn.log_model(classifier, name="model")
    logged = repo.runs.models.find(info.model_id)[0]
    manifest = Manifest.from_yaml(repo.runs.models.file(logged) or b"")
    git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=here)
    git("worktree", "add", "--quiet", str(tmp_path / "side"), cwd=here)
    text = {"id": info.model_id, "digest": f'"{manifest.digest}"', "run": f'"{info.run_id}"'}[pin]
    (tmp_path / "side" / "models.lock").write_text(f"format: 7\nmodels:\n  fraud:\n    what: {text}\n")
    collect(repo)
    assert is_here(repo, manifest)
    (tmp_path / "side" / "models.lock").unlink()
    collect(repo)
    assert not is_here(repo, manifest)


@pytest.mark.parametrize("text", [b"<<<<<<< ours\na: 1\n=======\n", b"\xff\xfe", b"a: [1,\n"])
def test_a_models_lock_that_cannot_be_read_stops_everything(repo: Repo, here: Path, text: bytes) -> None:
    garbage = repo.store.add_bytes(b"garbage")
    (here / "models.lock").write_bytes(text)
    with pytest.raises(Conflict, match=r"models\.lock cannot be read"):
        collect(repo)
    assert repo.store.has(garbage)


def test_a_journal_that_cannot_be_read_stops_everything(repo: Repo) -> None:
    garbage = repo.store.add_bytes(b"garbage")
    (repo.git.own_dir / "journals" / ("0" * 32 + ".damaged")).mkdir(parents=True)
    with pytest.raises(GitModelsError, match="journal"):
        collect(repo, dry_run=True)
    assert repo.store.has(garbage)


def test_a_damaged_manifest_keeps_what_it_mentions(repo: Repo, register: Any, git: Git, tmp_path: Path) -> None:
    manifest = register("one")
    tip = drop_registry(repo, git)
    tree = tmp_path / "tree"
    git("worktree", "add", "--quiet", "--detach", str(tree), tip, cwd=repo.location)
    (path,) = tree.rglob("manifest.yaml")
    path.write_text(path.read_text() + "<<<<<<< torn\n")
    git("checkout", "--quiet", "--orphan", "gitmodels", cwd=tree)
    git("add", "-A", cwd=tree)
    git("commit", "-qm", "Spoil it", cwd=tree)
    collect(repo)
    assert is_here(repo, manifest)


def test_a_damaged_ref_stops_everything(repo: Repo, register: Any) -> None:
    garbage = repo.store.add_bytes(b"garbage")
    (repo.git.common_dir / "refs/heads/torn").write_text("")
    with pytest.raises(Corrupt, match="refs/heads/torn"):
        collect(repo)
    assert repo.store.has(garbage)


def test_deleted_versions_are_kept_unless_they_are_to_be_dropped(repo: Repo, register: Any) -> None:
    one, two = register("one"), register("two")
    gitmodels.Client().set_registered_model_alias("fraud", "champion", 2)
    gitmodels.Client().delete_model_version("fraud", 1)
    assert collect(repo)["models"] == []
    assert is_here(repo, one)
    done = collect(repo, drop_deleted=True)
    assert (done["models"], done["spared"]) == (["fraud/1"], [])
    assert not is_here(repo, one)
    assert is_here(repo, two)


def test_a_deleted_version_is_not_dropped_while_another_ref_has_it(repo: Repo, register: Any, git: Git) -> None:
    one = register("one")
    tip = git("rev-parse", "gitmodels", cwd=repo.location).strip()
    git("update-ref", "refs/remotes/origin/gitmodels", tip, cwd=repo.location)
    gitmodels.Client().delete_model_version("fraud", 1)
    done = collect(repo, drop_deleted=True)
    assert done["spared"] == ["fraud/1 (refs/remotes/origin/gitmodels)"]
    assert is_here(repo, one)


def test_a_deleted_version_that_is_pinned_is_not_dropped(repo: Repo, register: Any, here: Path) -> None:
    one = register("one")
    gitmodels.Client().delete_model_version("fraud", 1)
    (here / "models.lock").write_text(f"a: {one.model_id}\n")
    assert collect(repo, drop_deleted=True)["models"] == []
    assert is_here(repo, one)


def test_what_another_version_shares_with_a_dropped_one_is_kept(repo: Repo, register: Any) -> None:
    one = register("same")
    register("same", "other")
    gitmodels.Client().delete_registered_model("fraud")
    assert collect(repo, drop_deleted=True)["models"] == []
    assert is_here(repo, one)


def test_a_store_is_collected_with_the_names_of_all_who_use_it(
    here: Path, git: Git, tmp_path: Path, register: Any, repo: Repo
) -> None:
    owned = register("one")
    other = tmp_path / "other"
    git("init", "--quiet", str(other), cwd=tmp_path)
    git("config", "gitmodels.store", str(repo.store_root), cwd=other)
    guest = Repo.open(other)
    (other / "file").write_text("two")
    registering.register(guest, str(other / "file"), "guest")
    theirs = guest.store.add_file(other / "file")
    for collector in (repo, guest):
        collect(collector)
        assert is_here(repo, owned)
        assert is_here(guest, theirs)
    other.rename(tmp_path / "moved")
    with pytest.raises(Conflict, match="another repository"):
        collect(repo)


def test_a_dry_run_tells_exactly_what_a_run_does_and_changes_nothing(repo: Repo, register: Any, here: Path) -> None:
    register("one")
    repo.store.add_bytes(b"garbage")
    (repo.store_root / "tmp" / "999999999-00000000-ab").touch()
    gone = repo.store_root / "tmp" / f"{2**22 + 7}-x-y"
    gone.touch()

    def everything() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (here / ".git").rglob("*") if path.is_file()}

    before = everything()
    told = collect(repo, dry_run=True)
    assert everything() == before
    assert collect(repo) == told | {"dry_run": False}
    json.dumps(told)


def test_grace_comes_from_git_config(repo: Repo) -> None:
    repo.store.add_bytes(b"garbage")
    assert collecting.collect(repo)["grace"] == 14 * 86_400
    repo.git.set_config("gitmodels.gcGrace", "2 weeks")
    assert collecting.collect(repo)["grace"] == 14 * 86_400
    repo.git.set_config("gitmodels.gcGrace", "never")
    assert collecting.collect(repo)["grace"] is None
    repo.git.set_config("gitmodels.gcGrace", "soon")
    with pytest.raises(Invalid, match=r"gitmodels\.gcGrace"):
        collecting.collect(repo)


def test_the_cache_is_cut_down_to_its_limit(repo: Repo, register: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    manifests = [register(text * 1000) for text in "abcdef"]
    store = repo.store
    monkeypatch.setattr(store.cache, "_grace_s", -60.0)
    for manifest in manifests:
        store.cached(manifest.entries[0])
    monkeypatch.setattr(store.cache, "_limit", 3000)
    told = collecting.collect(repo, dry_run=True)["cached"]
    assert told == collecting.collect(repo)["cached"] == 4000
    assert collecting.collect(repo)["cached"] == 0


def test_a_work_tree_that_is_not_mounted_stops_everything(repo: Repo, here: Path, git: Git, tmp_path: Path) -> None:
    git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=here)
    git("worktree", "add", "--quiet", str(tmp_path / "disk"), cwd=here)
    git("worktree", "lock", str(tmp_path / "disk"), cwd=here)
    (tmp_path / "disk").rename(tmp_path / "away")
    garbage = repo.store.add_bytes(b"garbage")
    with pytest.raises(ObjectNotFound, match="locked and not here"):
        collect(repo)
    assert repo.store.has(garbage)


def test_a_blobless_clone_fetches_the_manifests_it_needs(
    repo: Repo, register: Any, here: Path, git: Git, tmp_path: Path
) -> None:
    register("one")
    git("config", "uploadpack.allowFilter", "true", cwd=here)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=here)
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{here}", str(clone), cwd=tmp_path)
    lean = Repo.open(clone)
    manifest = lean.store.add_file(here / "weights.bin")
    garbage = lean.store.add_bytes(b"garbage")
    collect(lean)
    assert is_here(lean, manifest)
    assert not Repo.open(clone).store.has(garbage)
