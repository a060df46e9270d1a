"""The one error boundary: lines, ways out, exit codes."""

import os
import subprocess
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from gitmodels import errors
from gitmodels.cli import main as boundary
from gitmodels.cli.commands import COMMANDS, EVERY_DAY, Entry
from gitmodels.cli.options import Call, reading, writing

Install = Callable[[str, click.Command], None]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a command into the table for one test."""
    room = types.ModuleType("commands_of_a_test")
    monkeypatch.setitem(sys.modules, room.__name__, room)

    def install(name: str, what: click.Command) -> None:
        setattr(room, name, what)
        monkeypatch.setitem(COMMANDS, name, Entry(f"{room.__name__}:{name}", "A command of a test.", EVERY_DAY))

    return install


def raising(error: BaseException) -> click.Command:
    @click.command()
    @writing
    def boom(call: Call) -> None:
        raise error

    return boom


def _all_errors() -> list[type[errors.GitModelsError]]:
    found, waiting = [], [errors.GitModelsError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting.extend(kind.__subclasses__())
    return [kind for kind in found if kind.__module__ == "gitmodels.errors"]


@pytest.mark.parametrize("kind", _all_errors(), ids=lambda kind: kind.__name__)
def test_each_error_is_one_line_its_hint_and_its_exit_code(
    kind: type[errors.GitModelsError], command: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    command("boom", raising(kind("it is broken", hint="mend it")))
    assert boundary.run(["boom"]) == kind.exit_code
    assert capsys.readouterr() == ("", "error: it is broken\nhint: mend it\n")


def test_a_message_stays_one_line_and_cannot_move_the_cursor(
    command: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    command("boom", raising(errors.Invalid("a\nb\x1b[2Jc\u202ed")))
    assert boundary.run(["boom"]) == 4
    assert capsys.readouterr().err == "error: a\\nb\\x1b[2Jc\\u202ed\n"


def test_an_error_of_ours_is_70_and_does_not_show_its_data(
    command: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    command("boom", raising(KeyError("card number 4000 1234")))
    assert boundary.run(["boom"]) == 70
    shown = capsys.readouterr().err
    assert shown.startswith("error: internal error: KeyError\nhint: run it again with --debug")
    assert "4000" not in shown


@pytest.mark.parametrize("arguments", [["--debug", "boom"], ["boom", "--debug"]])
def test_debug_shows_the_traceback(arguments: list[str], command: Install, capsys: pytest.CaptureFixture[str]) -> None:
    command("boom", raising(KeyError("why")))
    assert boundary.run(arguments) == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_debug_behind_two_dashes_is_an_argument(command: Install, capsys: pytest.CaptureFixture[str]) -> None:
    command("boom", raising(errors.Invalid("no")))
    boundary.run(["boom", "--", "--debug"])
    assert "Traceback" not in capsys.readouterr().err


def _in_an_import(error: BaseException) -> ImportError:
    failed = ImportError("initialization failed")
    failed.__cause__ = error
    return failed


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), click.Abort(), _in_an_import(KeyboardInterrupt())],
    ids=["^C", "^C at a question", "^C in an import"],
)
def test_an_interrupt_is_130(error: BaseException, command: Install, capsys: pytest.CaptureFixture[str]) -> None:
    command("boom", raising(error))
    assert boundary.run(["boom"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_an_import_that_fails_by_itself_is_no_interrupt(command: Install, capsys: pytest.CaptureFixture[str]) -> None:
    command("boom", raising(_in_an_import(KeyError("why"))))
    assert boundary.run(["boom"]) == 70
    assert "internal error: ImportError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nonsense"], "No such option"),
        (["shwo"], "no such command: shwo"),
        (["show", "--nonsense"], "No such option"),
        (["show", "surplus"], "Got unexpected extra argument"),
        (["-C"], "requires an argument"),
    ],
)
def test_wrong_usage_is_2_and_points_to_help(
    arguments: list[str], message: str, command: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    command("show", raising(AssertionError()))
    assert boundary.run(arguments) == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ")
    assert message in error
    assert hint.startswith("hint: git models")


def test_a_misspelt_command_gets_the_nearest_names(command: Install, capsys: pytest.CaptureFixture[str]) -> None:
    command("show", raising(AssertionError()))
    boundary.run(["shwo"])
    assert "did you mean show?" in capsys.readouterr().err


def test_no_arguments_show_the_overview_as_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert boundary.run([]) == 2
    assert capsys.readouterr().err.startswith("Usage: git models ")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(28, "No space left on device"), "error: No space left on device\nhint: free some space"),
        (PermissionError(13, "Permission denied", "/x"), "error: Permission denied: /x\nhint: this user"),
        (FileNotFoundError(2, "No such file or directory", "/x"), "error: No such file or directory: /x\n"),
    ],
)
def test_the_systems_own_errors_are_lines_too(
    error: OSError, expected: str, command: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    command("boom", raising(error))
    assert boundary.run(["boom"]) == 1
    assert capsys.readouterr().err.startswith(expected)


def test_the_exit_code_a_command_asks_for_is_kept(command: Install) -> None:
    @click.command()
    @click.pass_context
    def diff(ctx: click.Context) -> None:
        ctx.exit(1)

    command("diff", diff)
    assert boundary.run(["diff"]) == 1


def test_warnings_are_words_without_file_and_line(command: Install, capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    def warn() -> None:
        warnings.simplefilter("always")
        warnings.warn("saved as pickle", UserWarning, stacklevel=1)

    command("warn", warn)
    assert boundary.run(["warn"]) == 0
    assert capsys.readouterr() == ("", "warning: saved as pickle\n")


def test_a_command_gets_the_environment_and_the_options_over_it(
    command: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Call] = []

    @click.command()
    @reading
    def look(call: Call) -> None:
        seen.append(call)

    command("look", look)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_DIR", "from-environment")
    monkeypatch.setenv("GITMODELS_REGISTRY", "/srv/models")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert boundary.run(["look"]) == 0
    assert boundary.run(["-C", "a", "--git-dir", "x", "look", "--json", "-C", "b", "--git-dir", "y"]) == 0
    plain, told = seen
    assert (plain.settings.git_dir, plain.settings.registry, plain.json) == (
        Path("from-environment"),
        "/srv/models",
        False,
    )
    assert (told.settings.git_dir, told.json, Path.cwd()) == (Path("y"), True, tmp_path / "a" / "b")


def test_a_folder_that_is_not_there_is_not_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert boundary.run(["-C", str(tmp_path / "nowhere"), "ls"]) == 3
    assert "cannot change to" in capsys.readouterr().err


def _start(arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    line = f"{sys.executable} -m gitmodels {arguments}"
    return subprocess.run(
        ["bash", "-c", line], env={**os.environ, **extra}, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = _start("-h | true; exit ${PIPESTATUS[0]}")
    assert done.returncode in (0, 141)  # 0 when the reader took it all before it went
    assert done.stderr == ""


def test_a_reader_that_was_never_there_is_no_error() -> None:
    done = _start("-h | exec <&-; exit ${PIPESTATUS[0]}")
    assert done.returncode in (0, 141)
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("line", ["-h", "-C . -h"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output_is_told(line: str, unbuffered: str) -> None:
    done = _start(f"{line} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 1
    assert done.stderr.startswith("error: No space left on device\n")
    assert done.stderr.count("\n") == 2


def test_closed_standard_output_is_survived() -> None:
    assert _start("-h >&-").returncode == 0
    assert _start("nonsense >&- 2>&-").returncode == 2


def test_110_words_survive_a_stream_without_unicode() -> None:
    done = _start("'ü→'", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 2
    assert "no such command: \\xfc->" in done.stderr


def test_an_interrupt_that_came_where_nothing_can_be_raised_comes_once_more() -> None:
    program = (
        "import signal, sys, time, weakref\nfrom gitmodels.cli import main\nsys.unraisablehook = main._not_lost\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Thing: pass\n"
        "def interrupt(reference): raise KeyboardInterrupt\n"
        "thing = Thing(); kept = weakref.ref(thing, interrupt)\n"
        "try:\n    del thing\n    time.sleep(20)\n    print('lost')\n"
        "except KeyboardInterrupt: print('came')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("came\n", "")
