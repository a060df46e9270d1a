"""Cases 64–71, 76, 79 and 80: git repositories, refs and branches in every state that git or a bad day can leave."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

BRANCH = "refs/heads/gitmodels"
READS = (("ls",), ("ls", "fraud"), ("show", "fraud@champion"), ("log",), ("alias", "ls", "fraud"))
WRITES = (("register", "code.py", "fraud"), ("alias", "set", "fraud", "champion", "2"), ("tag", "set", "fraud", "a=b"))


def cloned(bench: Any, *options: str) -> Path:
    """Another clone of the bench's repository, as the current folder."""
    bench.git("config", "uploadpack.allowFilter", "true")
    target = bench.path.parent / "clone"
    bench.git("clone", "--quiet", *options, f"file://{bench.path}", str(target))
    return target


@pytest.mark.parametrize(
    "options", [("--depth=1", "--no-single-branch"), ("--filter=blob:none",), ("--filter=tree:0",)]
)
def test_case_64_shallow_and_partial_clones(bench: Any, options: tuple[str, ...]) -> None:
    clone = str(cloned(bench, *options))
    assert "fraud" in bench.works("-C", clone, "ls")
    for command in READS:
        done = bench.run("-C", clone, *command)
        assert done.code in (0, 3), (command, done)
        if done.code:
            assert "hint: " in done.err
    bench.works("-C", clone, "show", "fraud@champion")
    # The bytes are not here: that is said, and is no damage.
    done = bench.run("-C", clone, "cat", "fraud/1:weights.bin")
    assert done.code == 3, done
    assert bench.run("-C", clone, "register", "code.py", "fraud").out.strip() == "fraud/3"
    bench.works("-C", clone, "alias", "set", "fraud", "champion", "3")


def test_case_64_a_single_branch_clone_has_no_registry_and_says_so(bench: Any) -> None:
    clone = str(cloned(bench, "--single-branch", "--branch=main"))
    done = bench.run("-C", clone, "ls", "fraud")
    assert done.code == 3
    assert "git fetch" in done.err or "git models init" in done.err


def test_case_65_what_is_not_supported_is_refused_in_one_line(bench: Any) -> None:
    target = bench.path.parent / "reftable"
    target.mkdir()
    bench.git("init", "--quiet", str(target))
    bench.git("-C", str(target), "config", "core.repositoryFormatVersion", "1")
    bench.git("-C", str(target), "config", "extensions.refStorage", "reftable")
    (target / "w.bin").write_bytes(b"w")
    for command in (("init",), ("register", "w.bin", "m"), ("ls",)):
        done = bench.run("-C", str(target), *command)
        assert done.code == 4, done
        assert len(done.lines) <= 2
        assert "reftable" in done.err.lower()


def test_case_65_sha256_repositories_work(bench: Any) -> None:
    target = bench.path.parent / "sha256"
    bench.git("init", "--quiet", "--object-format=sha256", str(target))
    (target / "w.bin").write_bytes(b"w")
    for command in (("init",), ("register", str(target / "w.bin"), "m"), ("ls",), ("doctor",), ("fsck",)):
        bench.works("-C", str(target), *command)
    bench.git("-C", str(target), "fsck", "--full", "--strict")


def test_case_65_packed_refs_alternates_and_a_broken_commit_graph(bench: Any) -> None:
    bench.git("pack-refs", "--all")
    bench.git("commit-graph", "write", "--reachable")
    graph = bench.git_dir / "objects/info/commit-graph"
    graph.chmod(0o644)
    graph.write_bytes(b"CGPH nonsense" * 20)
    for command in (*READS, *WRITES, ("rebuild",)):
        bench.works(*command)
    clone = cloned(bench, "--shared")
    bench.works("-C", str(clone), "register", "code.py", "fraud")


@pytest.mark.parametrize("aim", ["tag", "blob", "tree", "unrelated", "empty", "missing", "nonsense", "zero"])
def test_case_67_case_70_a_branch_that_is_no_registry(bench: Any, aim: str) -> None:
    head = bench.git("rev-parse", "HEAD").strip()
    ref = bench.git_dir / BRANCH
    if aim == "tag":
        bench.git("tag", "-a", "-m", "x", "signed", bench.tip())
        ref.write_text(bench.git("rev-parse", "refs/tags/signed"))
    elif aim == "blob":
        ref.write_text(bench.git("rev-parse", "HEAD:code.py"))
    elif aim == "tree":
        ref.write_text(bench.git("rev-parse", "HEAD^{tree}"))
    elif aim == "unrelated":
        ref.write_text(head + "\n")
    elif aim == "empty":
        tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        bench.git("hash-object", "-w", "-t", "tree", os.devnull)
        ref.write_text(bench.git("commit-tree", "-m", "empty", tree))
    elif aim == "missing":
        ref.write_text("1234567890" * 4 + "\n")
    elif aim == "nonsense":
        ref.write_text("nonsense\n")
    else:
        ref.write_bytes(b"")
    for command in (("ls", "fraud"), ("show", "fraud@champion"), *WRITES, ("rebuild",)):
        done = bench.refuses(done_code(bench, command), *command)
        assert done.code in (3, 4, 6), (command, done)


def done_code(bench: Any, command: tuple[str, ...]) -> int:
    """What the command ends with; asked again it has to end alike."""
    return int(bench.run(*command).code)


def test_case_67_a_branch_that_is_checked_out_is_not_moved(bench: Any) -> None:
    other = bench.path.parent / "other"
    bench.git("worktree", "add", "--quiet", str(other), "gitmodels")
    tip = bench.tip()
    assert bench.run(*WRITES[0]).code == 5  # its bytes are stored by then, and nothing names them
    for command in WRITES[1:]:
        done = bench.refuses(5, *command)
        assert "checked out" in done.err
    assert bench.tip() == tip
    for command in READS:
        bench.works(*command)
    bench.git("worktree", "remove", "--force", str(other))
    bench.works(*WRITES[0])


def test_case_67_no_branch_but_refs(bench: Any) -> None:
    bench.git("update-ref", "-d", BRANCH)
    bench.refuses(3, "ls", "fraud")
    bench.refuses(3, "rebuild")
    assert len(bench.git("for-each-ref", "refs/gitmodels/aliases").splitlines()) == 1


def test_case_68_a_registry_that_was_rolled_back_loses_no_reader(bench: Any) -> None:
    bench.git("update-ref", BRANCH, f"{BRANCH}~1")
    assert bench.run("show", "fraud@champion").code == 3
    bench.works("rebuild")
    assert bench.git("for-each-ref", "refs/gitmodels/aliases") == ""


@pytest.mark.parametrize("what", ["missing", "stale", "extra", "nonsense", "symbolic"])
def test_case_69_derived_refs_are_never_the_authority(bench: Any, what: str) -> None:
    ref = bench.git("for-each-ref", "--format=%(refname)", "refs/gitmodels/aliases").strip()
    good = bench.git("rev-parse", ref)
    other = bench.git("rev-parse", "HEAD").strip()
    if what == "missing":
        bench.git("update-ref", "-d", ref)
    elif what == "stale":
        bench.git("update-ref", ref, other)
    elif what == "extra":
        bench.git("update-ref", ref.replace("champion", "forged"), other)
    elif what == "nonsense":
        (bench.git_dir / ref).write_bytes(b"\0" * 41)
    else:
        bench.git("symbolic-ref", ref, "refs/heads/main")
    assert '"version": 1' in bench.works("show", "--json", "fraud@champion")
    assert bench.run("show", "fraud@forged").code == 3
    assert bench.run("doctor").code == 7
    bench.works("doctor", "--fix")
    bench.works("doctor")
    assert bench.git("rev-parse", ref) == good
    assert bench.git("rev-parse", "HEAD").strip() == other
    assert len(bench.git("for-each-ref", "refs/gitmodels/aliases").splitlines()) == 1


def test_case_71_locks_of_others_are_waited_for_and_named(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from gitmodels.git import refs

    monkeypatch.setattr(refs, "DEFAULT_TIMEOUT_S", 0.2)
    lock = bench.git_dir / f"{BRANCH}.lock"
    lock.touch()
    done = bench.refuses(5, "tag", "set", "fraud", "a=b")
    assert "gitmodels.lock" in done.err
    assert lock.exists()
    for command in READS:
        bench.works(*command)
    lock.unlink()
    bench.works("tag", "set", "fraud", "a=b")


def test_case_76_a_hostile_git_configuration_changes_nothing(bench: Any) -> None:
    canary = bench.path.parent / "canary"
    for key, value in {
        "core.fsmonitor": f"touch {canary}",
        "core.sshCommand": f"touch {canary}",
        "core.hooksPath": str(bench.path.parent),
        "commit.gpgsign": "true",
        "gpg.program": f"touch {canary}",
        "i18n.commitEncoding": "utf-16",
        "core.autocrlf": "true",
        "core.pager": f"touch {canary}",
        "alias.commit-tree": f"!touch {canary}",
        "filter.evil.clean": f"touch {canary}",
        "core.bare": "false",
        "user.name": "A\u00e9 <x@y>\\n",
    }.items():
        bench.git("config", key, value)
    for command in (*READS, *WRITES, ("doctor",), ("rebuild",)):
        done = bench.run(*command)
        assert done.code == 0, (command, done)
    assert not canary.exists()
    bench.git("-c", "core.fsmonitor=", "fsck", "--strict")


@pytest.mark.parametrize("name", ["\u202eanA", "A" * 10_000, "", "<>", "\x1b[31mred"])
def test_case_79_names_of_authors_cannot_break_a_commit(bench: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", name)
    bench.works("register", "code.py", "fraud")
    shown = bench.works("log")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    bench.git("fsck", "--strict")


def test_case_79_a_commit_of_somebody_with_another_clock_and_a_huge_message(bench: Any) -> None:
    tree = bench.git("rev-parse", "gitmodels^{tree}").strip()
    for date in ("@0 +0000", "@4102444800 +1400", "@99999999999 -1200"):
        new = bench.git(
            "commit-tree",
            tree,
            "-p",
            "gitmodels",
            "-m",
            "\x1b[2J" + "x" * 100_000,
            GIT_AUTHOR_DATE=date,
            GIT_COMMITTER_DATE=date,
        ).strip()
        bench.git("update-ref", BRANCH, new)
    assert "\x1b" not in bench.works("log")
    bench.works("log", "--json")
    bench.works("register", "code.py", "fraud")


def test_case_66_no_repository_at_all(bench: Any) -> None:
    nowhere = bench.path.parent / "nowhere"
    nowhere.mkdir()
    for command in (("ls",), ("init",), ("register", str(bench.path / "code.py"), "m"), ("fsck",), ("doctor",)):
        done = bench.run("-C", str(nowhere), *command)
        assert done.code == 3, done
        assert "git init" in done.err
        os.chdir(bench.path)
    shutil.rmtree(nowhere)
