"""A TAB in a real shell, and what the shells are told."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gitmodels.cli.completion import SCRIPTS
from gitmodels.cli.main import COMPLETING

Git = Callable[..., str]
Models = Any
SCRIPTS_FOLDER = str(Path(sys.executable).parent)
GIT_COMPLETION = Path("/usr/share/bash-completion/completions/git")


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed (apt install {shell})")


@pytest.fixture
def asked(fraud: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What is answered to a line: the values, or the kind where a shell has to complete by itself."""

    def ask(line: str, how: str = "line") -> list[str]:
        from gitmodels.cli import main

        capfd.readouterr()
        with monkeypatch.context() as patched:
            patched.setenv(COMPLETING, how)
            assert main.run([line] if how == "line" else line.split(" ")) == 0
        rows = [row.split("\t") for row in capfd.readouterr().out.splitlines()]
        return [row[1] if row[0] == "plain" else f"<{row[0]}>" for row in rows]

    return ask


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("git models sh", ["show"]),
        ("git-models ad", ["add"]),
        ("git models show fr", ["fraud@champion", "fraud/latest", "fraud/2", "fraud/1"]),
        ("git models show fraud@", ["fraud@champion"]),
        ("git models show fraud@ch", ["fraud@champion"]),
        ("git models show fraud/", ["fraud/latest", "fraud/2", "fraud/1"]),
        ("git models show nowhere@", []),
        ("git models cat fraud@champion:", ["fraud@champion:weights.bin"]),
        ("git models cat fraud/9:", []),
        ("git models ls f", ["fraud"]),
        ("git models alias s", ["set"]),
        ("git models alias set fraud c", ["champion"]),
        ("git models alias set fraud champion ", ["2", "1"]),
        ("git models rollback fraud ", ["champion"]),
        ("git models stage fraud/1 prod", ["production"]),
        ("git models register ", ["<file>"]),
        ("git models ls --js", ["--json"]),
        ("git models nonsense ", []),
        ("git models show 'unfinished", []),
        ("git status ", []),
        ("", []),
    ],
)
def test_a_line_is_completed(line: str, found: list[str], asked: Callable[..., list[str]]) -> None:
    assert asked(line) == found
    if "'" not in line:
        assert asked(line, "words") == found


def test_the_folder_that_git_or_we_were_given_is_looked_into(
    asked: Callable[..., list[str]], fraud: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in (
        f"git -C {fraud} models ls f",
        f"git-models -C {fraud} ls f",
        f"git --git-dir={fraud}/.git models ls f",
    ):
        monkeypatch.chdir("/")
        assert asked(line) == ["fraud"]


def test_runs_and_experiments_are_completed(trained: Path, asked: Callable[..., list[str]]) -> None:
    assert asked("git models runs fi") == ["first"]
    assert asked("git models runs --experiment c") == ["churn"]


def test_where_nothing_can_be_known_nothing_is_said(tmp_path: Path) -> None:
    for line in ("git models show f", "git models runs f", "git models alias set fraud c"):
        done = subprocess.run(
            [sys.executable, "-m", "gitmodels", line],
            cwd=tmp_path,
            env={**os.environ, COMPLETING: "line"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_completing_loads_no_store_and_no_framework(fraud: Path) -> None:
    program = (
        "import sys\nfrom gitmodels.cli.main import run\nrun(['git models show fraud@'])\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    env = {**os.environ, COMPLETING: "line"}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "plain\tfraud@champion\t\n"
    loaded = set(done.stderr.split())
    assert not loaded & {"numpy", "pandas", "sklearn", "gitmodels.objects.store", "gitmodels.runs.log"}
    assert not {name for name in loaded if name.startswith("gitmodels.cli.")} & {
        "gitmodels.cli.ls",
        "gitmodels.cli.log",
    }


def test_odd_names_reach_a_shell_as_they_are_and_hidden_ones_never(here: Path, models: Models, asked: Any) -> None:
    (here / "m.bin").write_text("x")
    for name in ("net v9", "a$(touch pwned)", "`id`", "模型"):
        models("register", "m.bin", name)
    assert set(asked("git models ls ")) == {"fraud", "net v9", "a$(touch pwned)", "`id`", "模型"}


@pytest.mark.parametrize("shell", sorted(SCRIPTS))
def test_the_script_is_one_its_shell_can_read(shell: str, tmp_path: Path, models: Models) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed (apt install {shell})")
    script = tmp_path / "script"
    script.write_text(models("completion", shell).out)
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_shell_is_wrong_usage(models: Models) -> None:
    assert "bash" in models("completion", "tcsh", code=2).err


class Terminal:
    """A shell on a terminal of its own, typed into."""

    def __init__(self, command: list[str], cwd: Path, env: dict[str, str]) -> None:
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(command[0], command, env)
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def until(self, words: str, seconds: float = 60) -> str:
        """Everything that was shown since the last time, up to ``words``."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            ready, _, _ = select.select([self.screen], [], [], max(end - time.monotonic(), 0))
            assert ready, f"{words!r} never came: {self.seen!r}"
            self.seen += os.read(self.screen, 65536).decode(errors="replace")
        before, _, self.seen = self.seen.partition(words)
        return before

    def close(self) -> None:
        os.close(self.screen)
        os.waitpid(self.pid, 0)


@pytest.fixture
def terminal(fraud: Path, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """``terminal("bash", …)``: a shell in the repository ``fraud`` that finds the program."""
    opened: list[Terminal] = []

    def start(*command: str, **extra: str) -> Terminal:
        path = f"{SCRIPTS_FOLDER}{os.pathsep}{os.environ['PATH']}"
        env = {
            **os.environ,
            "PATH": path,
            "TERM": "dumb",
            "GIT_PAGER": "cat",
            "PS1": "READY> ",
            "HOME": str(tmp_path),
            **extra,
        }
        opened.append(Terminal(list(command), fraud, env | extra))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@needs("bash")
@pytest.mark.parametrize("program", ["git models", "git-models"])
def test_a_tab_in_bash(program: str, terminal: Callable[..., Terminal], models: Models, fraud: Path) -> None:
    if program == "git models" and not GIT_COMPLETION.exists():
        pytest.skip("git's completion for bash is not installed (apt install bash-completion git)")
    (fraud / "script").write_text(models("completion", "bash").out)
    shell = terminal("bash", "--norc", "--noprofile", "-i")
    shell.until("READY> ")
    shell.type(f"test -e {GIT_COMPLETION} && . {GIT_COMPLETION}; . ./script; echo LOA''DED\n")
    shell.until("LOADED")
    shell.type(f"{program} show fraud@\t")
    shell.until("champion ")
    shell.type("\n")
    shell.until("fraud v1  ←champion")
    shell.type(f"{program} alias set fraud cham\t2 --reason x\n")
    shell.until("v1 → v2")


@needs("zsh")
@pytest.mark.parametrize("program", ["git models", "git-models"])
def test_a_tab_in_zsh(program: str, terminal: Callable[..., Terminal], models: Models, tmp_path: Path) -> None:
    folder = tmp_path / "functions"
    folder.mkdir()
    (folder / "_git-models").write_text(models("completion", "zsh").out)
    shell = terminal("zsh", "-f", "-i")
    shell.type(f"PS1='READY> '; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; echo LOA''DED\n")
    shell.until("LOADED\r\n")
    shell.type(f"{program} show fraud@\t")
    shell.until("fraud@champion")
    shell.type("\n")
    shell.until("←champion")


@needs("fish")
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("git models show fraud@", "fraud@champion"),
        ("git-models show fraud@", "fraud@champion"),
        ("git models sho", "show"),
    ],
)
def test_a_tab_in_fish(line: str, found: str, fraud: Path, models: Models, tmp_path: Path) -> None:
    script = tmp_path / "git-models.fish"
    script.write_text(models("completion", "fish").out)
    path = f"{SCRIPTS_FOLDER}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"],
        cwd=fraud,
        env={**os.environ, "PATH": path, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert [row.split("\t")[0] for row in done.stdout.splitlines()] == [found], done.stderr
