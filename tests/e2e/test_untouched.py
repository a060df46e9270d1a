"""HEAD, the index and the work tree of the user's repository, byte for byte, around every command in every state."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.cli import main as boundary
from gitmodels.cli.commands import COMMANDS

Git = Callable[..., str]
# Every command that stands in the table, as it is used; what it prints and whether it succeeds is tested elsewhere.
USED: dict[str, tuple[tuple[str, ...], ...]] = {
    "init": (("init",),),
    "register": (("register", "{model}", "fraud"), ("register", "{model}", "fraud")),
    "ls": (("ls",), ("ls", "fraud", "--json")),
    "show": (("show", "fraud/1"),),
    "log": (("log",), ("log", "fraud")),
    "blame": (("blame", "fraud/1"),),
    "at": (("at", "gitmodels", "fraud/1"),),
    "bisect": (("bisect", "fraud", "--good", "1", "--bad", "2", "run", "true"),),
    "diff": (("diff", "fraud"), ("diff", "fraud/1", "fraud/2", "--json")),
    "checkout": (("checkout", "fraud/1", "{out}"),),
    "cat": (("cat", "fraud/1:weights.bin"),),
    "predict": (("predict", "fraud/1", "{model}/weights.bin"),),
    "evaluate": (("evaluate", "fraud/1", "--metric", "auc=0.9"),),
    "card": (("card", "fraud"), ("card", "fraud", "{model}/weights.bin")),
    "env": (("env", "fraud/1"),),
    # What it writes, models.lock, is the user's own file: tests/cli/test_pinning.py sees that it is the only one.
    "pin": (("pin",), ("pin", "--check")),
    "alias": (("alias", "set", "fraud", "prod", "1"), ("alias", "set", "fraud", "prod", "2"), ("alias", "ls", "fraud")),
    "tag": (("tag", "set", "fraud/1", "a=b"), ("tag", "ls", "fraud"), ("tag", "rm", "fraud/1", "a")),
    "describe": (("describe", "fraud", "About."),),
    "status": (("status",),),
    "rollback": (("rollback", "fraud", "prod"),),
    "promote": (("promote", "fraud", "1", "live"), ("promote", "--branch", "fraud", "1", "next")),
    "push": (("push", "--dry-run"), ("push",)),
    "pull": (("pull",),),
    "fetch": (("fetch",),),
    "remote": (("remote", "add", "shelf", "{shelf}"), ("remote", "ls"), ("remote", "test"), ("remote", "rm", "shelf")),
    "trust": (("trust",), ("trust", "fraud/1")),
    "check": (("check",), ("check", "--merge-result", "--report", "md")),
    "policy": (("policy", "test"), ("policy", "explain", "fraud/1")),
    "audit": (("audit",),),
    "hooks": (("hooks", "install"), ("hooks", "uninstall")),
    # Refused: the file is none of the registry.
    "merge-driver": (("merge-driver", "{model}/weights.bin", "{model}/weights.bin", "{model}/weights.bin", "x"),),
    # Refused: nobody may sign here.
    "bundle": (("bundle", "verify", "fraud/1", "{model}/weights.bin", "--key", "{model}/weights.bin"),),
    "sign": (("sign", "fraud", "1", "prod"),),
    "verify": (("verify", "fraud@prod"),),
    "ci": (("ci", "init", "github"), ("ci", "init", "gitlab")),
    "hook": (("hook", "post-merge"),),
    "clone": (("clone", ".", "{out}"),),
    "stage": (("stage", "fraud/1", "Staging"),),
    # Refused: there is no such tool. What each tool's way does is seen in tests/exchange.
    "import": (("import", "elsewhere:x"),),
    "export": (("export", "elsewhere:x"),),
    "cp": (("cp", "fraud/1", "copy"),),
    "mv": (("mv", "copy", "moved"),),
    "rm": (("rm", "moved/1"), ("rm", "moved")),
    "fsck": (("fsck", "--full"),),
    "du": (("du",),),
    "doctor": (("doctor",), ("doctor", "--fix")),
    "rebuild": (("rebuild",),),
    "gc": (("gc", "--grace", "now"),),
    "repack": (("repack", "--thorough"),),
    "runs": (("runs",),),
    "search": (("search", "name = 'fraud'"),),
    "flavors": (("flavors",),),
    "completion": (("completion", "bash"),),
    "help": (("help", "ls"),),
    "textconv": (("textconv", "{model}/weights.bin"),),
}
# The files of a work tree's git folder that are the user's: what a merge, rebase or bisect keeps there too.
OURS = ("gitmodels", "objects", "refs", "packed-refs", "logs", "config", "info", "worktrees", "modules", "hooks")


def test_every_command_is_used_here() -> None:
    assert set(COMMANDS) <= set(USED), "a new command has to be tried in every state of a work tree"


def committed(path: Path, git: Git) -> None:
    git("init", "--quiet", "--initial-branch=main", cwd=path)
    git("config", "user.name", "Ana", cwd=path)
    git("config", "user.email", "ana@example.org", cwd=path)
    (path / "code.py").write_text("one\n")
    git("add", "code.py", cwd=path)
    git("commit", "--quiet", "-m", "One", cwd=path)


def clean(path: Path, git: Git) -> Path:
    committed(path, git)
    return path


def dirty(path: Path, git: Git) -> Path:
    committed(path, git)
    (path / "code.py").write_text("two\n")
    (path / "staged.py").write_text("staged\n")
    git("add", "staged.py", cwd=path)
    (path / "staged.py").write_text("staged and changed\n")
    (path / "untracked.py").write_text("untracked\n")
    (path / ".gitignore").write_text("ignored\n")
    (path / "ignored").write_text("ignored\n")
    return path


def merging(path: Path, git: Git) -> Path:
    committed(path, git)
    git("switch", "--quiet", "-c", "other", cwd=path)
    (path / "code.py").write_text("theirs\n")
    git("commit", "--quiet", "-am", "Theirs", cwd=path)
    git("switch", "--quiet", "main", cwd=path)
    (path / "code.py").write_text("ours\n")
    git("commit", "--quiet", "-am", "Ours", cwd=path)
    with pytest.raises(AssertionError, match="git merge"):
        git("merge", "other", cwd=path)
    assert (path / ".git/MERGE_HEAD").exists()
    return path


def detached(path: Path, git: Git) -> Path:
    committed(path, git)
    git("switch", "--quiet", "--detach", cwd=path)
    return path


def unborn(path: Path, git: Git) -> Path:
    git("init", "--quiet", "--initial-branch=main", cwd=path)
    (path / "staged.py").write_text("staged\n")
    git("add", "staged.py", cwd=path)
    return path


def bare(path: Path, git: Git) -> Path:
    git("init", "--quiet", "--bare", "--initial-branch=main", cwd=path)
    return path


def linked(path: Path, git: Git) -> Path:
    main = path / "main"
    main.mkdir()
    committed(main, git)
    git("worktree", "add", "--quiet", "-b", "side", str(path / "linked"), cwd=main)
    (path / "linked" / "code.py").write_text("changed\n")
    return path / "linked"


def submodule(path: Path, git: Git) -> Path:
    inner, outer = path / "inner", path / "outer"
    for folder in (inner, outer):
        folder.mkdir()
        committed(folder, git)
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub", cwd=outer)
    git("commit", "--quiet", "-m", "Sub", cwd=outer)
    return outer / "sub"


def separate(path: Path, git: Git) -> Path:
    (path / "tree").mkdir()
    git(
        "init", "--quiet", "--initial-branch=main", "--separate-git-dir", str(path / "elsewhere.git"), cwd=path / "tree"
    )
    (path / "tree" / "code.py").write_text("one\n")
    git("add", "code.py", cwd=path / "tree")
    return path / "tree"


STATES = (clean, dirty, merging, detached, unborn, bare, linked, submodule, separate)


def snapshot(top: Path) -> dict[str, bytes]:
    """Every file below ``top`` but for those of git that commands of ours may change."""
    found = {}
    for folder, folders, names in os.walk(top):
        inside = Path(folder).relative_to(top).parts
        is_git_folder = (Path(folder) / "HEAD").is_file() and (Path(folder) / "objects").is_dir()
        if is_git_folder:
            folders[:] = [name for name in folders if name not in OURS or name in ("worktrees", "modules")]
            names = [name for name in names if name not in OURS]
        for name in names:
            path = Path(folder, name)
            found["/".join((*inside, name))] = path.read_bytes() if not path.is_symlink() else b"link"
    return found


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_case_62_case_63_head_index_and_work_tree_stay_to_the_byte(
    state: Callable[[Path, Git], Path], tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = tmp_path / "top"
    top.mkdir()
    here = state(top, git)
    model = tmp_path / "model"
    model.mkdir()
    git("init", "--quiet", "--bare", str(tmp_path / "hub.git"), cwd=tmp_path)
    git("config", "remote.origin.url", str(tmp_path / "hub.git"), cwd=here)
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.chdir(here)
    refs = {
        name: git("for-each-ref", "--format=%(refname) %(objectname)", name, cwd=here)
        for name in ("refs/heads/main", "refs/tags")
    }
    number = 0
    before = snapshot(top)
    for name, commands in USED.items():
        if name not in COMMANDS:
            continue
        for command in commands:
            number += 1
            (model / "weights.bin").write_bytes(b"weights %d" % number)
            places = {"model": str(model), "shelf": str(shelf), "out": str(tmp_path / f"out{number}")}
            code = boundary.run([word.format(**places) for word in command])
            # Plain files have no flavor to predict with and no environment: refusing touches nothing either.
            assert code == 0 or name in (
                "env",
                "predict",
                "merge-driver",
                "sign",
                "verify",
                "bundle",
                "import",
                "export",
            ), (command, code)
            assert snapshot(top) == before, command
    for name, value in refs.items():
        assert git("for-each-ref", "--format=%(refname) %(objectname)", name, cwd=here) == value
    shutil.rmtree(model)


def test_case_63_a_lock_on_the_users_index_and_head_is_nothing_to_us(tmp_path: Path, git: Git) -> None:
    committed(tmp_path, git)
    for name in ("index.lock", "HEAD.lock", "config.lock"):
        (tmp_path / ".git" / name).touch()
    assert boundary.run(["-C", str(tmp_path), "register", "code.py", "fraud"]) == 0
    assert boundary.run(["-C", str(tmp_path), "alias", "set", "fraud", "prod", "1"]) == 0
    assert all((tmp_path / ".git" / name).exists() for name in ("index.lock", "HEAD.lock", "config.lock"))
