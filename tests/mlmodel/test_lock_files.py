"""Lock files are read as their own tools read them; what is none is refused in one line."""

import contextlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels.errors import FileMissing, FormatTooNew, Invalid
from gitmodels.mlmodel import lock_files
from gitmodels.mlmodel.lock_files import read
from gitmodels.mlmodel.uv import find

UV = """
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "mine"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "torch", version = "2.7.1", source = { registry = "https://a" }, marker = "sys_platform == 'darwin'" },
    { name = "torch", version = "2.7.1+cpu", source = { registry = "https://b" }, marker = "sys_platform != 'darwin'" },
    { name = "tool" },
    { name = "beside" },
    { name = "socks", extra = ["http"] },
]

[package.optional-dependencies]
plots = [{ name = "matplotlib" }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "torch"
version = "2.7.1"
source = { registry = "https://a" }

[[package]]
name = "torch"
version = "2.7.1+cpu"
source = { registry = "https://b" }
dependencies = [{ name = "sympy" }, { name = "pywin32", marker = "sys_platform == 'win32'" }]

[[package]]
name = "sympy"
version = "1.14.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "torch", marker = "python_version < '3'" }]

[[package]]
name = "pywin32"
version = "310"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "tool"
version = "1.0"
source = { git = "https://ann:s3cret@example.org/tool?rev=main&subdirectory=py#0123456789abcdef" }

[[package]]
name = "beside"
version = "0.1"
source = { editable = "packages/beside" }
dependencies = [{ name = "archive" }]

[[package]]
name = "archive"
version = "3"
source = { url = "https://example.org/archive-3-py3-none-any.whl" }

[[package]]
name = "socks"
version = "2.0"
source = { registry = "https://pypi.org/simple" }

[package.optional-dependencies]
http = [{ name = "sympy" }]

[[package]]
name = "matplotlib"
version = "3.10.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "pytest"
version = "8.4.0"
source = { registry = "https://pypi.org/simple" }
"""
GIT = "tool @ git+https://example.org/tool@0123456789abcdef#subdirectory=py"

PYLOCK = """
lock-version = "1.0"
created-by = "pip"
default-groups = ["main"]

[[packages]]
name = "numpy"
version = "2.4.6"

[[packages]]
name = "colorama"
version = "0.4.6"
marker = "sys_platform == 'win32'"

[[packages]]
name = "tool"
vcs = { type = "git", url = "https://example.org/tool", commit-id = "abc", subdirectory = "py" }

[[packages]]
name = "archive"
archive = { url = "https://example.org/archive-3.zip", hashes = {} }

[[packages]]
name = "mine"
directory = { path = "." }

[[packages]]
name = "pytest"
version = "8.4.0"
marker = "'dev' in dependency_groups"

[[packages]]
name = "plots"
version = "1.0"
marker = "'plots' in extras"
"""


@pytest.fixture
def uv_lock(tmp_path: Path) -> Path:
    (tmp_path / "uv.lock").write_text(UV)
    return tmp_path / "uv.lock"


def test_the_needs_of_a_uv_project_are_pinned_as_locked(uv_lock: Path) -> None:
    found = read(uv_lock)
    assert found.direct == (
        "torch==2.7.1 ; sys_platform == 'darwin'",
        "torch==2.7.1 ; sys_platform != 'darwin'",
        GIT,
        "socks[http]==2.0",
    )
    assert found.everything == (
        "archive @ https://example.org/archive-3-py3-none-any.whl",
        "socks==2.0",
        "sympy==1.14.0",
        GIT,
        "torch==2.7.1",
    )
    assert found.local == ("beside",)


def test_groups_and_extras_are_taken_when_asked_for(uv_lock: Path) -> None:
    assert read(uv_lock, groups=["dev"]).direct[-1] == "pytest==8.4.0"
    assert read(uv_lock, extras=["plots"]).direct[-1] == "matplotlib==3.10.0"
    with pytest.raises(Invalid, match="has no group 'docs'") as told:
        read(uv_lock, groups=["docs"])
    assert told.value.hint == "it has: dev"


def test_a_lock_of_pip_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(PYLOCK)
    found = read(path)
    assert found.direct == (
        "numpy==2.4.6",
        "colorama==0.4.6 ; sys_platform == 'win32'",
        "tool @ git+https://example.org/tool@abc#subdirectory=py",
        "archive @ https://example.org/archive-3.zip",
    )
    assert "colorama==0.4.6" not in found.everything
    assert found.local == ("mine",)
    assert "pytest==8.4.0" in read(path, groups=["dev"]).direct
    assert "plots==1.0" in read(path, extras=["plots"]).direct


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("version = 2", FormatTooNew),
        ("version = 1", Invalid),
        ("version = 1\npackage = 7", Invalid),
        ("version = 1\n[[package]]\nname = 'a'", Invalid),
        ("version = 1\n[[package]]\nname = 'a'\nversion = '1'\nsource = { registry = 'x' }", Invalid),
        ("version = 1\n[[package]]\nname='a'\nsource={virtual='.'}\ndependencies=[{name='gone'}]", Invalid),
        ("version = ", Invalid),
    ],
)
def test_what_is_no_lock_is_refused(text: str, error: type[Exception], tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(text)
    with pytest.raises(error) as told:
        read(tmp_path / "uv.lock")
    assert "\n" not in str(told.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileMissing):
        read(tmp_path / "uv.lock")
    with pytest.raises(Invalid, match="cannot be read"):
        read(tmp_path)
    (tmp_path / "pylock.toml").write_text("lock-version = '2.0'")
    with pytest.raises(FormatTooNew):
        read(tmp_path / "pylock.toml")
    (tmp_path / "pylock.toml").write_bytes(b"\xff")
    with pytest.raises(Invalid, match="is not TOML"):
        read(tmp_path / "pylock.toml")
    monkeypatch.setattr(lock_files, "MAX_FILE", 10)
    (tmp_path / "pylock.toml").write_bytes(b"#" * 11)
    with pytest.raises(Invalid, match="larger than"):
        read(tmp_path / "pylock.toml")


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
_packages = st.lists(
    st.dictionaries(
        st.sampled_from(["name", "version", "source", "dependencies", "marker", "vcs", "archive", "directory"]),
        _plain | st.sampled_from([{"virtual": "."}, {"registry": "x"}, [{"name": "a"}]]),
    ),
    max_size=4,
)


@given(_packages, st.sampled_from(["uv.lock", "pylock.toml"]))
def test_no_content_gives_another_error(packages: Any, name: str) -> None:
    content = {"version": 1, "package": packages, "lock-version": "1.0", "packages": packages}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lock_files, "_load", lambda path: content)
        with contextlib.suppress(Invalid):
            assert isinstance(read(Path(name)), lock_files.Locked)


def test_a_real_lock_says_what_uv_exports(offline_index: Path, make_wheel: Any, tmp_path: Path) -> None:
    # Names of its own: the tests of a session share the index.
    make_wheel(offline_index, "lowest", "1.0", {"lowest.py": ""})
    make_wheel(offline_index, "uppermost", "1.0", {"uppermost.py": ""}, needs=["lowest"])
    make_wheel(offline_index, "elsewhere", "2.0", {"elsewhere.py": ""})
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        "[project]\nname = 'mine'\nversion = '1'\nrequires-python = '>=3.11'\ndependencies = ['uppermost>=1']\n"
        "[dependency-groups]\ndev = ['elsewhere']\n"
    )

    def uv(*arguments: str) -> str:
        return subprocess.run([find(), *arguments], cwd=project, capture_output=True, text=True, check=True).stdout

    uv("lock", "--quiet")
    found = read(project / "uv.lock")
    assert found.direct == ("uppermost==1.0",)
    exported = uv("export", "--quiet", "--no-hashes", "--no-header", "--no-annotate", "--no-emit-project", "--no-dev")
    assert list(found.everything) == sorted(line for line in exported.splitlines() if "==" in line)
    uv("export", "--quiet", "--format", "pylock.toml", "--no-emit-project", "-o", "pylock.toml")
    assert read(project / "pylock.toml").direct == ("elsewhere==2.0", "lowest==1.0", "uppermost==1.0")
