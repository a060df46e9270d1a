"""Commits that git judges through our hook: what is staged counts, and nothing of a model is ever run."""

import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.api import commit_hooks
from gitmodels.errors import CheckFailed
from gitmodels.registry import pins
from gitmodels.repo import Repo
from gitmodels.values import replace

Git = Callable[..., str]
ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = ("validate", "signature", "no-binaries")


def model_file(*columns: tuple[str, str], example: str | None = "input_example.json", signed: bool = True) -> str:
    """An MLmodel file that takes ``columns`` (name and type)."""
    lines = [
        "flavors:",
        "  python_function:",
        "    loader_module: gitmodels.does_not_exist",
        "    python_model: model.pkl",
    ]
    if example is not None:
        lines += ["saved_input_example_info:", f"  artifact_path: {example}", "  type: dataframe"]
        lines += ["  pandas_orient: split"]
    if signed:
        inputs = json.dumps([{"type": kind, "name": name, "required": True} for name, kind in columns])
        lines += ["signature:", f"  inputs: '{inputs}'"]
    return "\n".join(lines) + "\n"


def example(**values: Any) -> str:
    return json.dumps({"columns": list(values), "data": [list(values.values())]})


def put(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())


def commit(folder: Path, *arguments: str, **extra: str) -> tuple[int, str]:
    """``git commit``: its exit code and what it and the hook said."""
    done = subprocess.run(
        ["git", "commit", "-q", "-m", "one", *arguments],
        cwd=folder,
        env={**os.environ, **extra},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


SOUND: dict[str, str | bytes] = {
    "m/MLmodel": model_file(("age", "long")),
    "m/input_example.json": example(age=3),
}


class Bomb:
    """Whoever unpickles it makes the file ``exploded``."""

    def __reduce__(self) -> Any:
        return (open, ("exploded", "w"))


@pytest.fixture
def code(git_repo: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of code whose commits our hook judges, with one commit."""
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "git-models"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m gitmodels "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    git("models", "hooks", "install", cwd=git_repo)
    put(git_repo, {"code.py": "one\n"})
    git("add", ".", cwd=git_repo)
    assert commit(git_repo) == (0, "")
    return git_repo


def refused(folder: Path, git: Git, files: dict[str, str | bytes], told: str, *words: str) -> None:
    put(folder, files)
    git("add", "-A", cwd=folder)
    before = git("rev-parse", "HEAD", cwd=folder)
    status, output = commit(folder)
    assert status == 1, output
    for word in (told, *words):
        assert word in output
    assert git("rev-parse", "HEAD", cwd=folder) == before


def taken(folder: Path, git: Git, files: dict[str, str | bytes]) -> None:
    put(folder, files)
    git("add", "-A", cwd=folder)
    assert commit(folder) == (0, "")


def test_a_model_with_a_signature_that_holds_is_taken(code: Path, git: Git) -> None:
    taken(code, git, SOUND)


def test_case_36_case_45_a_signature_that_is_missing_broken_or_violated_is_refused(code: Path, git: Git) -> None:
    refused(code, git, {"m/MLmodel": model_file(example=None, signed=False)}, "m/MLmodel: the model has no signature")
    broken = model_file(("age", "long")).replace('"long"', '"no-such-type"')
    refused(code, git, SOUND | {"m/MLmodel": broken}, "m/MLmodel")
    refused(code, git, SOUND | {"m/MLmodel": "flavors: [\n"}, "m/MLmodel")
    violated = {"m/input_example.json": example(age="secret words")}
    refused(code, git, SOUND | violated, "do not agree", "expected long, got str")
    assert "secret words" not in commit(code)[1]
    refused(code, git, SOUND | {"m/input_example.json": example(years=3)}, "do not agree", "age")
    (code / "m" / "input_example.json").unlink()
    refused(code, git, {"m/MLmodel": model_file(("age", "long"))}, "is not there")
    taken(code, git, SOUND)
    # Only the example changes, and violates what stands beside it.
    refused(code, git, {"m/input_example.json": example(age="x")}, "do not agree")


def test_plain_artifacts_and_other_json_are_exempt(code: Path, git: Git) -> None:
    taken(code, git, {"m/MLmodel": "flavors: {}\n", "package.json": "{not json", "m/notes.json": "[]"})


def test_a_breaking_signature_needs_that_somebody_says_so(code: Path, git: Git) -> None:
    taken(code, git, SOUND)
    wider = model_file(("age", "long"), ("income", "double"))
    files = {"m/MLmodel": wider, "m/input_example.json": example(age=1, income=2.5)}
    refused(code, git, files, "breaks who calls the model", "income", "GITMODELS_ALLOW_BREAKING=1")
    assert commit(code, GITMODELS_ALLOW_BREAKING="1") == (0, "")
    # The way back takes less: nobody breaks.
    taken(code, git, SOUND)


def test_a_model_that_was_moved_is_still_held_to_its_callers(code: Path, git: Git) -> None:
    taken(code, git, SOUND)
    git("mv", "m", "deep", cwd=code)
    assert commit(code) == (0, "")
    git("mv", "deep", "m", cwd=code)
    changed = {"m/MLmodel": model_file(("years", "long")), "m/input_example.json": example(years=3)}
    refused(code, git, changed, "breaks who calls the model")


def test_what_is_staged_counts_and_not_the_work_tree(code: Path, git: Git) -> None:
    taken(code, git, SOUND)
    # Staged broken, mended only in the work tree.
    put(code, {"m/input_example.json": example(age="x")})
    git("add", "-A", cwd=code)
    put(code, SOUND)
    assert commit(code)[0] == 1
    # Staged sound, broken only in the work tree.
    put(code, {"m/input_example.json": example(age=4)})
    git("add", "-A", cwd=code)
    put(code, {"m/input_example.json": example(age="x"), "weights.pt": b"\x80\x04."})
    assert commit(code) == (0, "")


def test_git_commit_of_one_file_is_judged_by_its_own_index(code: Path, git: Git) -> None:
    taken(code, git, SOUND)
    put(code, {"m/input_example.json": example(age="x"), "code.py": "two\n"})
    # Only the code is committed: what is wrong beside it is not in this commit.
    assert commit(code, "code.py") == (0, "")
    assert commit(code, "m/input_example.json")[0] == 1
    git("add", "m", cwd=code)
    put(code, {"code.py": "three\n"})
    assert commit(code, "code.py") == (0, "")
    assert commit(code, "-a")[0] == 1


def test_linked_work_trees_submodules_and_the_first_commit_are_judged_alike(
    code: Path, git: Git, tmp_path: Path
) -> None:
    wrong = {"m/MLmodel": model_file(example=None, signed=False)}
    linked = tmp_path / "linked"
    git("worktree", "add", "-q", "-b", "side", str(linked), cwd=code)
    refused(linked, git, wrong, "no signature")
    assert git("status", "--porcelain", cwd=code) == ""
    inner = tmp_path / "inner"
    git("init", "-q", str(inner), cwd=tmp_path)
    git("config", "user.email", "a@b", cwd=inner)
    git("config", "user.name", "A", cwd=inner)
    git("models", "hooks", "install", cwd=inner)
    put(inner, wrong)
    git("add", ".", cwd=inner)
    assert commit(inner)[0] == 1  # before there is any commit
    git("commit", "-q", "--no-verify", "-m", "x", cwd=inner)
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub", cwd=code)
    assert commit(code) == (0, "")
    sub = code / "sub"
    git("config", "user.email", "a@b", cwd=sub)
    git("config", "user.name", "A", cwd=sub)
    git("models", "hooks", "install", cwd=sub)
    refused(sub, git, {"n/MLmodel": model_file(example=None, signed=False)}, "n/MLmodel")


def test_weights_are_refused_with_the_command_that_takes_them(code: Path, git: Git) -> None:
    import numpy as np

    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    for name, data in {
        "model.pkl": pickle.dumps({"a": 1}),
        "disguised.txt": pickle.dumps({"a": 1}),
        "w.safetensors": len(header).to_bytes(8, "little") + header + b"\0\0\0\0",
        "renamed.dat": len(header).to_bytes(8, "little") + header + b"\0\0\0\0",
        "llm.gguf": b"GGUF\x03\0\0\0",
        "net.onnx": b"\x08\x07\x12\x00\xff",
        "big.bin": os.urandom(100_000),
    }.items():
        refused(code, git, {name: data}, f"{name}: ", "git models register", "git rm --cached")
        git("rm", "-q", "-f", name, cwd=code)
    np.savez(code / "table.npz", a=np.zeros(3))
    taken(
        code,
        git,
        {
            "notes.bin": b"text",
            "lfs.pt": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "picture.png": b"\x89PNG\r\n\x1a\n\0\0",
            "empty.pt": b"",
        },
    )


def test_an_attribute_lets_test_data_through(code: Path, git: Git) -> None:
    data = pickle.dumps([1])
    refused(code, git, {"tests/x.pkl": data, "y.pkl": data}, "tests/x.pkl", "y.pkl")
    put(code, {".gitattributes": "tests/** gitmodels-binaries\n"})
    git("add", "-A", cwd=code)
    status, output = commit(code)
    assert (status, "tests/x.pkl" in output, "y.pkl" in output) == (1, False, True)
    git("rm", "-q", "--cached", "y.pkl", cwd=code)
    assert commit(code) == (0, "")


def test_nothing_of_a_model_is_run_by_a_commit(code: Path, git: Git) -> None:
    put(code, {".gitattributes": "* gitmodels-binaries\n"})
    files = {"m/model.pkl": pickle.dumps(Bomb()), "m/code/gitmodels/does_not_exist.py": "open('exploded', 'w')\n"}
    taken(code, git, SOUND | files)
    assert list(code.rglob("exploded")) == []


def test_case_101_names_that_would_break_a_shell_or_a_terminal_are_shown_harmless(code: Path, git: Git) -> None:
    name = "a$(touch hit)\x1b[31m;b.pkl"
    put(code, {name: pickle.dumps([1])})
    git("add", "-A", cwd=code)
    status, output = commit(code)
    assert status == 1
    assert "\x1b" not in output
    assert "git rm --cached 'a$(touch hit)" in output
    assert not (code / "hit").exists()


def test_case_72_a_hook_that_was_there_goes_on_and_no_verify_is_git_s_own(code: Path, git: Git) -> None:
    put(code, {"w.pkl": pickle.dumps([1])})
    git("add", "-A", cwd=code)
    assert commit(code, "--no-verify")[0] == 0
    hook = code / ".git" / "hooks" / "pre-commit"
    git("models", "hooks", "uninstall", cwd=code)
    hook.write_text("#!/bin/sh\necho theirs >&2\nexit 3\n")
    hook.chmod(0o755)
    git("models", "hooks", "install", cwd=code)
    put(code, {"code.py": "more\n"})
    git("add", "-A", cwd=code)
    status, output = commit(code)
    assert status == 1
    assert "theirs" in output


def _pin(folder: Path, git: Git, number: int, *columns: tuple[str, str], name: str = "fraud") -> None:
    """Register a model that takes ``columns`` and pin it."""
    model = folder.parent / f"model{number}"
    put(model, {"MLmodel": model_file(*columns, example=None), "w.bin": b"%d" % number})
    git("models", "register", str(model), name, cwd=folder)
    git("models", "pin", f"{name}/{number}", "--breaking", "told", cwd=folder)


def test_a_lock_file_is_judged_beside_that_of_the_last_commit(code: Path, git: Git) -> None:
    _pin(code, git, 1, ("age", "long"))
    git("add", "-A", cwd=code)
    assert commit(code) == (0, "")
    _pin(code, git, 2, ("age", "long"), ("income", "double"))
    lock = code / "models.lock"
    told = lock.read_text()
    assert "reason: told" in told
    git("add", "-A", cwd=code)
    assert commit(code) == (0, "")
    _pin(code, git, 3, ("years", "long"))
    # Somebody took the reason out, or kept an old one.
    (pin,) = pins.read(lock.read_bytes()).values()
    (old,) = pins.read(told.encode()).values()
    for accepted in (None, old.accepted):
        text = pins.write([replace(pin, accepted=accepted)])
        refused(code, git, {"models.lock": text}, "breaks code that calls v2", "--breaking")
    refused(code, git, {"models.lock": told.replace("version: 2", "version: 1")}, "other content in the registry")
    refused(code, git, {"models.lock": "<<<<<<< a\n=======\n>>>>>>> b\n"}, "unresolved merge conflict")
    refused(code, git, {"models.lock": "format: 1\nmodels: {a: 1}\n"}, "models.lock", "git models pin")


def test_a_pin_of_a_model_without_a_signature_is_refused(code: Path, git: Git) -> None:
    model = code.parent / "model"
    put(model, {"MLmodel": model_file(example=None, signed=False), "w.bin": b"1"})
    git("models", "register", str(model), "fraud", cwd=code)
    git("models", "pin", "fraud/1", cwd=code)
    git("add", "-A", cwd=code)
    status, output = commit(code)
    assert status == 1
    assert "fraud v1 has no signature" in output


def pinned_manifest(version: Path) -> str:
    found = re.search(r'^manifest: "?([0-9a-f]{64})', version.read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_registry_by_hand_is_held_to_what_a_server_takes(code: Path, git: Git, tmp_path: Path) -> None:
    _pin(code, git, 1, ("age", "long"))
    _pin(code, git, 2, ("years", "long"))
    git("models", "alias", "set", "fraud", "prod", "1", cwd=code)
    hand = tmp_path / "hand"
    git("worktree", "add", "-q", str(hand), "gitmodels", cwd=code)
    (version,) = hand.glob("models/*/fraud/versions/1/version.yaml")
    (alias,) = hand.glob("models/*/fraud/aliases/prod.yaml")
    text, moved = version.read_text(), alias.read_text()
    refused(hand, git, {str(version.relative_to(hand)): text + "x: 1\n"}, "version-edited")
    git("checkout", "-q", "HEAD", "--", ".", cwd=hand)
    refused(hand, git, {str(alias.relative_to(hand)): "{"}, "record-damaged")
    git("checkout", "-q", "HEAD", "--", ".", cwd=hand)
    version.unlink()
    refused(hand, git, {}, "v1")
    git("checkout", "-q", "HEAD", "--", ".", cwd=hand)
    manifests = {
        number: pinned_manifest(next(hand.glob(f"models/*/fraud/versions/{number}/version.yaml"))) for number in (1, 2)
    }
    by_hand = moved.replace("target: fraud@prod -> 1", "target: fraud@prod -> 2").replace(manifests[1], manifests[2])
    by_hand = by_hand.replace("target: fraud@prod -> none", f"target: fraud@prod -> 1\n  manifest: {manifests[1]!r}")
    refused(hand, git, {str(alias.relative_to(hand)): by_hand}, "the move breaks who calls the model", "years")
    git("checkout", "-q", "HEAD", "--", ".", cwd=hand)
    taken(hand, git, {"README.md": "of our own\n"})


def test_the_framework_s_file_names_are_judged_from_any_folder(
    code: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(code, SOUND | {"bad/MLmodel": model_file(example=None, signed=False)})
    git("add", "-A", cwd=code)
    git("commit", "-q", "--no-verify", "-m", "x", cwd=code)
    repo = Repo.open(code)
    monkeypatch.chdir(code / "m")
    commit_hooks.judge(repo, QUESTIONS, ["MLmodel"], os.environ)
    with pytest.raises(CheckFailed) as caught:
        commit_hooks.judge(repo, QUESTIONS, ["../bad/MLmodel"], os.environ)
    assert caught.value.told[0].startswith("bad/MLmodel: ")
    # Nothing is staged, and nothing named: nothing is judged.
    commit_hooks.judge(repo, QUESTIONS, [], os.environ)
