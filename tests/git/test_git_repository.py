"""Every kind of repository opens alike, and nothing of the user's is touched."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Conflict, Corrupt, GitModelsError, Invalid, Locked, NotSupported, RepositoryNotFound
from gitmodels.git.branch import Branch
from gitmodels.git.code_state import CodeState
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]
REF = "refs/heads/gitmodels"
ANN = Identity("Ann", "ann@example.org")


def snapshot(repo: GitRepository) -> dict[str, bytes]:
    """HEAD, index, config and refs of others, merge state and work tree, byte for byte."""
    found: dict[str, bytes] = {}
    roots = [repo.git_dir, repo.common_dir] + ([repo.work_tree] if repo.work_tree else [])
    for root in roots:
        for folder, folders, files in os.walk(root):
            folders[:] = [
                name for name in folders if name not in ("objects", "gitmodels") or Path(folder) == repo.work_tree
            ]
            for file in files:
                path = Path(folder, file)
                if not path.as_posix().endswith(REF):
                    found[str(path)] = path.read_bytes()
    return found


def test_head_index_and_work_tree_stay_as_they_are(any_repo: Path) -> None:
    repo = GitRepository.open(any_repo)
    before = snapshot(repo)
    branch = Branch(repo, REF)
    tip = branch.commit({"models/a.yaml": b"a: 1\n"}, "One", expected=None, author=ANN, when_ms=1000)
    tip = branch.commit({"models/b.yaml": b"b: 2\n"}, "Two", expected=tip, author=ANN, when_ms=2000)
    assert snapshot(repo) == before
    again = Branch(GitRepository.open(any_repo), REF)
    assert again.tip() == tip
    assert again.view().read("models/a.yaml") == b"a: 1\n"


def test_the_common_folder_is_shared_and_ours(any_repo: Path, git: Git) -> None:
    repo = GitRepository.open(any_repo)
    common = git("rev-parse", "--path-format=absolute", "--git-common-dir", cwd=any_repo).strip()
    own = git("rev-parse", "--absolute-git-dir", cwd=any_repo).strip()
    assert (os.path.realpath(repo.common_dir), os.path.realpath(repo.git_dir)) == (common, own)
    assert repo.own_dir == repo.common_dir / "gitmodels"
    assert not repo.own_dir.exists()


@pytest.fixture(params=["first", "again"])
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first time a process asks for the state of code git answers, afterwards libgit2."""
    monkeypatch.setattr(GitRepository, "_asked_for_code", request.param == "again")


@pytest.mark.usefixtures("asked")
def test_code_state_agrees_with_git(any_repo: Path, git: Git) -> None:
    repo = GitRepository.open(any_repo)
    state = repo.code_state()
    bare = repo.work_tree is None
    status = "" if bare else git("status", "--porcelain", "--untracked-files=no", cwd=any_repo)
    assert state.dirty == bool(status)
    if any_repo.joinpath("staged.py").exists():
        assert state == CodeState(None, True, "main")
    else:
        assert state.commit == git("rev-parse", "HEAD", cwd=any_repo).strip()
        assert (state.branch or "HEAD") == git("rev-parse", "--abbrev-ref", "HEAD", cwd=any_repo).strip()


@pytest.mark.usefixtures("asked")
def test_a_damaged_index_counts_as_dirty(git_repo: Path, git: Git) -> None:
    git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=git_repo)
    (git_repo / ".git" / "index").write_bytes(b"not an index")
    state = GitRepository.open(git_repo).code_state()
    assert state.dirty
    assert state.commit


@pytest.mark.usefixtures("asked")
def test_sparse_checkout_is_clean(git_repo: Path, git: Git) -> None:
    for name in ("a", "b"):
        (git_repo / name).mkdir()
        (git_repo / name / "f").write_text(name)
    git("add", ".", cwd=git_repo)
    git("commit", "--quiet", "-m", "x", cwd=git_repo)
    git("sparse-checkout", "set", "a", cwd=git_repo)
    assert not (git_repo / "b" / "f").exists()
    assert not GitRepository.open(git_repo).code_state().dirty


def test_hooks_environment(git_repo: Path, git: Git, tmp_path: Path) -> None:
    (git_repo / "code.py").write_text("x = 1\n")
    git("add", "code.py", cwd=git_repo)
    git("commit", "--quiet", "-m", "x", cwd=git_repo)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environ = {"GIT_DIR": str(git_repo / ".git"), "GIT_WORK_TREE": str(git_repo)}
    repo = GitRepository.open(elsewhere, environ=environ)
    assert repo.work_tree == git_repo
    assert repo.code_state().commit
    relative = GitRepository.open(git_repo, environ={"GIT_DIR": ".git"})
    assert relative.git_dir == git_repo / ".git"


def test_quarantined_objects_are_read_and_nothing_is_written(bare_repo: Path, git_repo: Path, git: Git) -> None:
    pushed = Branch(GitRepository.open(git_repo), REF)
    tip = pushed.commit({"a": b"1"}, "x", expected=None, author=ANN, when_ms=0)
    environ = {
        "GIT_DIR": str(bare_repo),
        "GIT_OBJECT_DIRECTORY": str(git_repo / ".git" / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(bare_repo / "objects"),
        "GIT_QUARANTINE_PATH": str(git_repo / ".git" / "objects"),
    }
    branch = Branch(GitRepository.open(bare_repo, environ=environ), REF)
    assert branch.view(tip).objects.read(tip, "commit")
    with pytest.raises(Conflict, match="push is being checked"):
        branch.commit({"a": b"1"}, "x", expected=None, author=ANN, when_ms=0)


def test_alternates(git_repo: Path, git: Git, tmp_path: Path) -> None:
    tip = Branch(GitRepository.open(git_repo), REF).commit({"a": b"q"}, "x", expected=None, author=ANN, when_ms=0)
    git("clone", "--quiet", "--shared", "--bare", str(git_repo), str(tmp_path / "c.git"), cwd=tmp_path)
    clone = Branch(GitRepository.open(tmp_path / "c.git"), REF)
    assert clone.tip() == tip
    assert clone.commit({"b": b"w"}, "y", expected=tip, author=ANN, when_ms=1)


@pytest.mark.parametrize("make", ["nowhere", "empty", "file"])
def test_no_repository(tmp_path: Path, make: str) -> None:
    path = tmp_path / make
    if make == "empty":
        path.mkdir()
    elif make == "file":
        path.write_text("x")
    with pytest.raises(RepositoryNotFound):
        GitRepository.open(path)
    with pytest.raises(RepositoryNotFound):
        GitRepository.open(tmp_path, git_dir=path)


def test_a_git_dir_may_be_named_as_work_tree_or_git_file(git_repo: Path, git: Git, tmp_path: Path) -> None:
    git("init", "--quiet", "--separate-git-dir", str(tmp_path / "elsewhere"), cwd=git_repo)
    for named in (git_repo, git_repo / ".git", tmp_path / "elsewhere"):
        assert GitRepository.open(tmp_path, git_dir=named).git_dir == tmp_path / "elsewhere"


def test_reftable_is_refused_in_one_line(git_repo: Path, git: Git) -> None:
    git("config", "core.repositoryformatversion", "1", cwd=git_repo)
    git("config", "extensions.refStorage", "reftable", cwd=git_repo)
    with pytest.raises(NotSupported, match="reftable") as caught:
        GitRepository.open(git_repo)
    assert "refs migrate" in caught.value.hint


@pytest.mark.sha1
def test_unknown_extension_and_broken_config(git_repo: Path, git: Git) -> None:
    git("config", "core.repositoryformatversion", "1", cwd=git_repo)
    git("config", "extensions.fromTheFuture", "true", cwd=git_repo)
    with pytest.raises(NotSupported, match="fromthefuture"):
        GitRepository.open(git_repo)
    (git_repo / ".git" / "config").write_text("[core\n")
    with pytest.raises(Corrupt, match="config"):
        GitRepository.open(git_repo)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_dubious_ownership_passes_gits_reason_on(git_repo: Path) -> None:
    for folder, _, files in os.walk(git_repo):
        os.chown(folder, 12345, 12345)
        for file in files:
            os.chown(Path(folder, file), 12345, 12345)
    with pytest.raises(Invalid, match="dubious ownership") as caught:
        GitRepository.open(git_repo)
    assert "safe.directory" in caught.value.hint
    assert "\n" not in caught.value.message


def test_config(git_repo: Path, git: Git) -> None:
    repo = GitRepository.open(git_repo)
    assert repo.config("gitmodels.nothing") is None
    repo.set_config("gitmodels.store", '/mnt/ä b#;"c"')
    assert repo.config("gitmodels.store") == '/mnt/ä b#;"c"'
    assert git("config", "--local", "gitmodels.store", cwd=git_repo) == '/mnt/ä b#;"c"\n'
    assert git("config", "user.name", cwd=git_repo).strip() == "Ana Test"


@pytest.mark.parametrize(("key", "value"), [("x", "1"), ("a.b", "c\nd"), ("a.b", "c\rd"), ("a\n.b", "1"), ("", "1")])
def test_config_that_could_inject_is_refused(git_repo: Path, key: str, value: str) -> None:
    repo = GitRepository.open(git_repo)
    before = (git_repo / ".git" / "config").read_bytes()
    with pytest.raises(Invalid):
        repo.set_config(key, value)
    assert (git_repo / ".git" / "config").read_bytes() == before


def test_config_of_a_linked_work_tree_is_the_shared_one(git_repo: Path, git: Git, tmp_path: Path) -> None:
    git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=git_repo)
    git("worktree", "add", "--quiet", str(tmp_path / "linked"), cwd=git_repo)
    GitRepository.open(tmp_path / "linked").set_config("gitmodels.branch", "registry")
    assert GitRepository.open(git_repo).config("gitmodels.branch") == "registry"


def test_identity_never_fails(git_repo: Path, git: Git) -> None:
    repo = GitRepository.open(git_repo)
    assert repo.identity() == Identity("Ana Test", "ana@example.org")
    assert repo.identity("Bo <b>\n", "bo@x") == Identity("Bo b", "bo@x")
    git("config", "--unset", "user.name", cwd=git_repo)
    git("config", "--unset", "user.email", cwd=git_repo)
    fallback = repo.identity()
    assert fallback.name
    assert "@" in fallback.email
    assert repo.identity("<>", "\n").name == "unknown"


def test_the_queue_lets_one_in_and_names_who(git_repo: Path) -> None:
    repo, other = GitRepository.open(git_repo), GitRepository.open(git_repo)
    caught: list[GitModelsError] = []

    def enter() -> None:
        try:
            with other.queue(timeout=0.05):
                pass
        except GitModelsError as error:
            caught.append(error)

    with repo.queue(), repo.queue(), other.queue():
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
    assert isinstance(caught[0], Locked)
    assert f"pid {os.getpid()}" in caught[0].message
    enter()
    assert len(caught) == 1


def test_a_forked_child_holds_no_lock(git_repo: Path) -> None:
    repo = GitRepository.open(git_repo)
    with repo.queue():
        child = os.fork()
        if child == 0:
            try:
                with GitRepository.open(git_repo).queue(timeout=0.05):
                    os._exit(1)
            except Locked:
                os._exit(0)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
    with repo.queue(timeout=0.05):
        pass


def test_who_gave_up_waiting_never_gets_the_lock_later(git_repo: Path) -> None:
    repo, other = GitRepository.open(git_repo), GitRepository.open(git_repo)
    caught: list[BaseException] = []

    def enter(timeout: float) -> None:
        try:
            with other.queue(timeout=timeout):
                pass
        except GitModelsError as error:
            caught.append(error)

    with repo.queue():
        impatient = [threading.Thread(target=enter, args=(0.01,)) for _ in range(4)]
        patient = threading.Thread(target=enter, args=(30.0,))
        for thread in (*impatient, patient):
            thread.start()
        for thread in impatient:
            thread.join()
    patient.join()
    assert len(caught) == 4
    with repo.queue(timeout=5.0):
        pass
