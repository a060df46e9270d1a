"""Starting costs nothing that is not used: judged by loaded modules, not by the clock."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gitmodels.cli.commands import COMMANDS

HEAVY = {
    "asyncio",
    "backports.zstd",
    "blake3",
    "cloudpickle",
    "concurrent.futures",
    "email",
    "git",
    "http.client",
    "importlib.metadata",
    "importlib.resources",
    "multiprocessing",
    "numpy",
    "pandas",
    "pygit2",
    "scipy",
    "skops",
    "sklearn",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "yaml",
}

PROBE = """
import sys
before = set(sys.modules)
{statements}
loaded = sorted(set(sys.modules) - before)
import json
print(json.dumps(loaded), file=sys.stderr)
"""


def _loaded(statements: str, cwd: Path) -> set[str]:
    program = PROBE.format(statements=statements)
    # -S: without what site-packages load into every Python of an environment.
    root = Path(__file__).resolve().parents[2]
    paths = [str(root), *(path for path in sys.path if path.endswith("site-packages"))]
    program = f"import sys; sys.path[:0] = {paths!r}\n{program}"
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=cwd, capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_importing_the_package_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = _loaded("import gitmodels", tmp_path)
    assert loaded & HEAVY == set()
    assert {name for name in loaded if name.startswith("gitmodels")} == {
        "gitmodels",
        "gitmodels.api",
        "gitmodels.api.modules",
    }
    assert len(loaded) <= 20, sorted(loaded)
    assert "typing" not in loaded


@pytest.mark.parametrize("arguments", [["-h"], ["--version"], ["nonsense"]])
def test_help_and_version_load_nothing_heavy_and_no_command(arguments: list[str], tmp_path: Path) -> None:
    loaded = _loaded(f"from gitmodels.cli.main import run; run({arguments!r})", tmp_path)
    assert loaded & HEAVY == set()
    commands = {entry.target.partition(":")[0] for entry in COMMANDS.values()}
    assert loaded & commands == set()
    if arguments != ["nonsense"]:
        assert loaded & {"click", "typing", "inspect", "dataclasses", "logging", "gitmodels.cli.root"} == set()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_of_a_command_loads_no_framework(name: str, tmp_path: Path) -> None:
    loaded = _loaded(f"from gitmodels.cli.main import run; run([{name!r}, '-h'])", tmp_path)
    assert loaded & {"numpy", "pandas", "sklearn", "skops", "scipy", "importlib.metadata", "asyncio"} == set()


# What a look at the registry may not load beside what help may not: the store, runs, models, and whatever writes.
UNREAD = {
    *(HEAVY - {"blake3", "yaml"}),
    "dataclasses",  # what gitmodels.values is for
    "logging",
    "gitmodels.api.unsupported",
    "gitmodels.flavors",
    "gitmodels.git.libgit2",
    "gitmodels.git.pack_merge",
    "gitmodels.git.packs",
    "gitmodels.git.queue",
    "gitmodels.git.refs",
    "gitmodels.git.transport",
    "gitmodels.mlmodel",
    "gitmodels.registry.projection",
    "gitmodels.runs",
    "gitmodels.runs.log",
    "gitmodels.trusted",
}

# What only adding, comparing and checking out need of the store.
ADDING = {f"gitmodels.objects.{name}" for name in ("checkout", "intake", "parents", "recall", "survey", "writer")}


@pytest.mark.parametrize(
    "line",
    ["ls", "ls m", "ls --json", "show m/1", "log", "log m", "alias ls m", "tag ls m/1", "search", "search --models"],
)
def test_looking_at_the_registry_loads_no_model_and_no_run(line: str, git_repo: Path) -> None:
    (git_repo / "m.bin").write_text("x")
    command = [sys.executable, "-m", "gitmodels", "register", "m.bin", "m"]
    subprocess.run(command, cwd=git_repo, check=True, capture_output=True)
    loaded = _loaded(f"from gitmodels.cli.main import run; assert run({line.split()!r}) == 0", git_repo)
    # What searches asks a database, and nobody else.
    assert loaded & UNREAD == ({"sqlite3"} if line.startswith("search") else set())
    if not line.startswith("show"):
        assert "gitmodels.objects.store" not in loaded
    assert loaded & ADDING == set()


def test_telling_the_state_of_a_repository_loads_neither_store_nor_what_clears(git_repo: Path) -> None:
    (git_repo / "m.bin").write_text("x")
    command = [sys.executable, "-m", "gitmodels", "register", "m.bin", "m"]
    subprocess.run(command, cwd=git_repo, check=True, capture_output=True)
    loaded = _loaded("from gitmodels.cli.main import run; assert run(['status']) == 0", git_repo)
    used = {"gitmodels.mlmodel", "gitmodels.runs", "gitmodels.trusted"}
    assert loaded & (UNREAD | ADDING | {"gitmodels.objects", "gitmodels.api.care"}) - used == set()


def test_a_file_of_a_model_is_shown_without_libgit2(git_repo: Path) -> None:
    (git_repo / "m.bin").write_text("x")
    command = [sys.executable, "-m", "gitmodels", "register", "m.bin", "m"]
    subprocess.run(command, cwd=git_repo, check=True, capture_output=True)
    loaded = _loaded("from gitmodels.cli.main import run; assert run(['cat', 'm/1:m.bin']) == 0", git_repo)
    unused = {"pygit2", "git", "numpy", "subprocess", "asyncio", "dataclasses", "gitmodels.git.packs"}
    assert loaded & (unused | ADDING | {"gitmodels.flavors", "gitmodels.mlmodel.file"}) == set()


def test_looking_at_runs_loads_no_framework_and_no_store(git_repo: Path) -> None:
    program = "import gitmodels\nwith gitmodels.start_run(): gitmodels.log_metric('auc', 0.5)"
    subprocess.run([sys.executable, "-c", program], cwd=git_repo, check=True, capture_output=True)
    loaded = _loaded("from gitmodels.cli.main import run; assert run(['runs']) == 0", git_repo)
    others = {"gitmodels.registry.projection", "gitmodels.trusted", "gitmodels.api.fluent", "gitmodels.objects.store"}
    used = {"gitmodels.runs", "gitmodels.runs.log", "gitmodels.flavors", "gitmodels.mlmodel", "logging"}
    assert loaded & (others | UNREAD) - used == set()


def test_expressions_are_compiled_at_their_first_use() -> None:
    statements = "import re; given = []; real = re.compile\n"
    statements += "re.compile = lambda *words: given.append(sys._getframe(1).f_globals['__name__']) or real(*words)\n"
    statements += "import gitmodels.repo, gitmodels.registry.registry, gitmodels.runs.log, gitmodels.objects.store\n"
    statements += "assert {name for name in given if name.startswith('gitmodels')} <= {'gitmodels.patterns'}, given"
    _loaded(statements, Path.cwd())


def test_listing_the_flavors_loads_no_framework(tmp_path: Path) -> None:
    loaded = _loaded("from gitmodels.cli.main import run; assert run(['flavors']) == 0", tmp_path)
    assert loaded & {"numpy", "pandas", "scipy", "skops.io", "sklearn", "pygit2", "yaml"} == set()


def test_loading_by_alias_loads_nothing_of_logging(git_repo: Path) -> None:
    program = (
        "import gitmodels\nfrom sklearn.linear_model import LinearRegression\n"
        "model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])\n"
        "gitmodels.sklearn.log_model(model, name='m', registered_model_name='m')\n"
        "gitmodels.MlflowClient().set_registered_model_alias('m', 'champion', 1)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=git_repo, check=True, capture_output=True)
    loaded = _loaded("import gitmodels.pyfunc; gitmodels.pyfunc.load_model('models:/m@champion')", git_repo)
    unused = {"api.model_logging", "api.fluent_runs", "mlmodel.package", "mlmodel.requirements", "runs.log"}
    unused |= {"git.libgit2", "git.packs"}
    assert loaded & {f"gitmodels.{name}" for name in unused} == set()
    # pandas is the framework's affair: nothing of ours asks for it here.
    assert "skops" not in loaded
