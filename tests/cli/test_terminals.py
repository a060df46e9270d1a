"""Whoever is at the other end: hostile texts, narrow screens, plain locales, readers that leave, hooks and options."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Git = Callable[..., str]
Models = Any
Program = Callable[..., subprocess.CompletedProcess[str]]
Terminal = Callable[..., tuple[int, str]]

HOSTILE = "red \x1b[31m\nnew line | `x` </details> @team \u202edlrow \x1b]8;;http://x\x07 \u200b"
_SIGNS = ("\x1b", "\u202e", "\u200b", "\x07")


@pytest.fixture
def hostile(here: Path, models: Models) -> Path:
    """A model whose texts want to move the cursor."""
    folder = here / "files"
    folder.mkdir()
    (folder / "w.bin").write_bytes(b"x")
    models("register", "files", "fraud", "-m", HOSTILE, "-t", f"k={HOSTILE}")
    models("alias", "set", "fraud", "champion", "1", "--reason", HOSTILE)
    models("describe", "fraud", HOSTILE)
    models("register", "files", "模型 é prоd")
    return here


@pytest.mark.parametrize(
    "line",
    ["ls", "ls fraud", "show fraud/1", "log", "tag ls fraud/1", "ls --json", "show fraud/1 --json", "log --json"],
)
def test_101_hostile_texts_stay_text(line: str, hostile: Path, models: Models) -> None:
    done = models(*line.split())
    assert not any(sign in done.out + done.err for sign in _SIGNS)
    if "--json" in line:
        assert done.json
    else:
        assert len(done.out.splitlines()) < 30


def test_003_hidden_characters_in_what_is_asked_are_shown_escaped(hostile: Path, models: Models) -> None:
    for name in ("a\x1b[2J", "a\nb", "pro\u202ed", "a\u200bb", "a\x7fb"):
        done = models("show", f"{name}/1", code=4)
        assert not any(sign in done.err for sign in (*_SIGNS, "\x7f"))
        assert len(done.err.splitlines()) <= 2
    models("alias", "set", "fraud", "prоd", "1", code=4)
    models("alias", "set", "fraud", "prod\n", "1", code=4)


def test_013_leading_dashes_are_data_behind_two_dashes(here: Path, models: Models) -> None:
    (here / "--upload-pack=x").write_text("x")
    assert models("register", "--", "--upload-pack=x", "-d").out == "-d/1\n"
    models("alias", "set", "--", "-d", "-x", "1")
    assert models("show", "--json", "--", "-d@-x").json["version"] == 1
    assert models("cat", "--", "-d/1:--upload-pack=x").out == "x"


def test_006_names_that_differ_in_case_are_two_models(here: Path, models: Models) -> None:
    (here / "m.bin").write_text("x")
    assert models("register", "m.bin", "Fraud").out == "Fraud/1\n"
    assert models("register", "m.bin", "fraud").out == "fraud/1\n"


def test_005_two_spellings_of_one_name_are_one_model(here: Path, models: Models) -> None:
    (here / "m.bin").write_text("x")
    assert models("register", "m.bin", "caf\u00e9").out == "caf\u00e9/1\n"
    assert models("register", "m.bin", "cafe\u0301").out == "caf\u00e9/2\n"


@pytest.mark.parametrize("line", ["ls", "ls fraud", "show fraud/1", "log", "log fraud"])
def test_110_plain_locales_are_served(line: str, hostile: Path, program: Program) -> None:
    done = program(*line.split(), LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


@pytest.mark.parametrize("columns", ["20", "40"])
def test_110_narrow_terminals_cut_tables(columns: str, hostile: Path, terminal: Terminal) -> None:
    lines = terminal("ls", COLUMNS=columns, GIT_PAGER="cat")[1].splitlines()
    header = lines[0]
    assert header.startswith("MODEL")
    # Six columns of at least six and what stands between them: a row never gets wider than it must.
    assert all(len(line) <= max(int(columns), 6 * 6 + 5 * 2) for line in lines[:3])


def test_110_colour_is_for_terminals_that_want_it(hostile: Path, terminal: Terminal) -> None:
    assert "\x1b[" in terminal("ls", NO_COLOR="", GIT_PAGER="cat")[1]
    assert "\x1b[" not in terminal("ls", GIT_PAGER="cat")[1]
    assert "\x1b[" not in terminal("ls", NO_COLOR="", TERM="dumb", GIT_PAGER="cat")[1]


def test_096_a_reader_that_leaves_is_no_error(fraud: Path) -> None:
    line = f"{sys.executable} -m gitmodels log | exec <&-; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 141)
    assert done.stderr == ""


def test_096_an_interrupt_is_130_and_leaves_the_registry_as_it_was(fraud: Path, git: Git) -> None:
    before = git("for-each-ref", cwd=fraud)
    os.mkfifo(fraud / "endless")
    process = subprocess.Popen(
        [sys.executable, "-m", "gitmodels", "predict", "fraud/1", "endless"], stderr=subprocess.PIPE, text=True
    )
    # Opening the pipe to write returns when the program has opened it to read: it waits for data now.
    with open(fraud / "endless", "w", encoding="utf-8"):
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "interrupted\n")
    assert git("for-each-ref", cwd=fraud) == before


def test_a_second_interrupt_breaks_nothing_for_git_hands_on_the_terminals(fraud: Path) -> None:
    os.mkfifo(fraud / "endless")
    command = [sys.executable, "-m", "gitmodels", "predict", "fraud/1", "endless"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with open(fraud / "endless", "w", encoding="utf-8"):
        time.sleep(0.05)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.002)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err in ("interrupted\n", "")


def test_a_folder_and_a_git_folder_may_be_named_before_and_behind(
    fraud: Path, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    for line in (["-C", str(fraud), "ls", "--json"], ["ls", "--json", "-C", str(fraud / "files")]):
        assert models(*line).json[0]["name"] == "fraud"
        monkeypatch.chdir("/")
    for line in (["--git-dir", f"{fraud}/.git", "ls", "--json"], ["ls", "--json", "--git-dir", f"{fraud}/.git"]):
        assert models(*line).json[0]["name"] == "fraud"


def test_the_environment_names_the_registry_and_an_option_overrules_it(
    fraud: Path, bare_repo: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    for value in (str(fraud), f"gitmodels://{fraud}", f"file://{fraud}"):
        monkeypatch.setenv("GITMODELS_REGISTRY", value)
        assert models("ls", "--json").json[0]["name"] == "fraud"
    assert "no model registry" in models("--git-dir", str(bare_repo), "ls", code=3).err
    monkeypatch.setenv("GITMODELS_REGISTRY", "git+http://127.0.0.1:9/m.git")
    assert "the registry at http://127.0.0.1:9/m.git cannot be reached" in models("ls", code=9).err


def test_the_variables_of_a_hook_are_followed(fraud: Path, models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    monkeypatch.setenv("GIT_DIR", str(fraud / ".git"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Bob Hook")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "bob@example.org")
    models("tag", "set", "fraud", "a=b")
    newest = models("log", "-n1", "--json").json[0]
    assert (newest["author"], newest["email"]) == ("Bob Hook", "bob@example.org")


def test_store_and_cache_may_stand_elsewhere(here: Path, program: Program, tmp_path: Path) -> None:
    (here / "m.bin").write_text("x")
    places = {"GITMODELS_STORE": str(tmp_path / "store"), "GITMODELS_CACHE": str(tmp_path / "cache")}
    assert program("register", "m.bin", "m", **places).stdout == "m/1\n"
    assert list((tmp_path / "store" / "packs").glob("*.pack"))
    assert not (here / ".git/gitmodels/packs").exists()
    assert program("cat", "m/1:m.bin", **places).stdout == "x"
    assert program("cat", "m/1:m.bin").returncode == 3


def test_git_itself_finds_the_program(fraud: Path, git: Git, program: Program) -> None:
    scripts = Path(sys.executable).parent
    shown = git("models", "ls", "--json", cwd=fraud, PATH=f"{scripts}{os.pathsep}{os.environ['PATH']}")
    assert shown == program("ls", "--json").stdout


@pytest.mark.parametrize("odd", ["", "{", "not json", "[1, 2", '{"format": 1}'])
def test_predict_says_in_one_line_what_it_cannot_read(odd: str, fraud: Path, program: Program) -> None:
    done = program("predict", "fraud/1", stdin=odd)
    assert done.returncode in (3, 4)
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) <= 2


def test_an_error_and_its_hint_are_told_in_colour(fraud: Path, terminal: Terminal) -> None:
    code, screen = terminal("show", "fruad/1", NO_COLOR="", TERM="xterm-256color")
    assert code == 3
    assert "\x1b[31merror: \x1b[0m" in screen
    assert "hint: did you mean fraud/1?" in screen
    assert "Traceback" not in screen
