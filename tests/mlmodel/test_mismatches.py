"""What differs here from what a model was made with: found exactly, told once, and never in the way."""

import platform
from pathlib import Path

import pytest

from gitmodels.errors import Untrusted
from gitmodels.mlmodel import loaders, mismatches
from gitmodels.mlmodel.mismatches import find, of_python, tell
from gitmodels.mlmodel.trust import Subject, Trust


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mismatches, "_told", set())


def test_what_is_absent_or_another_version_is_named() -> None:
    installed = {"numpy": "2.4.6", "torch": "2.7.1+cu128", "pandas": "3.0.0rc1", "scikit-learn": "1.9.1"}.get
    lines = [
        "mlflow==3.17.2",
        "numpy==2.4.6",
        "torch==2.7.1",
        "pandas>=2",
        "scikit_learn<1",
        "absent[x]==1",
        "old==1; python_version < '3'",
        "-e .",
        "absent2==1 --hash=sha256:abc",
        "x @@ y",
    ]
    assert [str(item) for item in find(lines, installed)] == [
        "scikit_learn (current: 1.9.1, required: scikit_learn<1)",
        "absent (current: uninstalled, required: absent[x]==1)",
        "absent2 (current: uninstalled, required: absent2==1 --hash=sha256:abc)",
    ]


def test_the_running_interpreter_is_compared_by_default() -> None:
    assert [one.package for one in find(["numpy", "no-such-thing-xyz"])] == ["no-such-thing-xyz"]


def test_python_differs_by_its_minor_version() -> None:
    assert of_python(platform.python_version()) is None
    assert of_python(".".join(platform.python_version().split(".")[:2]) + ".99") is None
    assert of_python(None) is None
    assert of_python("three.eleven") is None
    assert str(of_python("2.7.18")) == f"python (current: {platform.python_version()}, required: python==2.7.*)"


def test_the_table_is_told_once_for_a_model(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "requirements.txt").write_text("# x\n-c constraints.txt\nno-such-xyz==1.0\nnumpy>=1\nother-xyz\n")
    tell("fraud/1", "a", tmp_path, "2.7.1")
    tell("fraud/1", "a", tmp_path, "2.7.1")
    assert len(caplog.records) == 1
    assert caplog.messages[0].split("\n") == [
        "fraud/1 was made with other packages than are installed here (git models env shows all it needs):",
        "  PACKAGE      MADE WITH  HERE",
        f"  python       2.7        {platform.python_version()}",
        "  no-such-xyz  1.0        –",
        "  other-xyz    any        –",
    ]
    tell("fraud/2", "b", tmp_path, None)
    assert len(caplog.records) == 2


def test_a_long_table_is_cut(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "requirements.txt").write_text("".join(f"no-such-{number}==1\n" for number in range(20)))
    tell("fraud/1", "a", tmp_path, None)
    assert caplog.messages[0].endswith("\n  and 8 more")


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"numpy\n", None])
def test_nothing_is_said_where_nothing_differs_or_can_be_read(
    data: bytes | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if data is not None:
        (tmp_path / "requirements.txt").write_bytes(data)
    tell("fraud/1", "a", tmp_path, None)
    assert caplog.records == []


def test_only_a_trusted_model_is_compared_and_then_before_it_loads(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: mlflow.pyfunc.model\n    python_model: gone.pkl\n"
    )
    (tmp_path / "requirements.txt").write_text("no-such-xyz==1.0\n")
    with pytest.raises(Untrusted):
        loaders.load_native(tmp_path, trust=Trust.nothing(), subject=Subject("fraud/1"))
    assert caplog.records == []
    with pytest.raises(Exception, match=r"gone\.pkl"):
        loaders.load_native(tmp_path, trust=Trust.all(), subject=Subject("fraud/1"))
    assert "no-such-xyz  1.0" in caplog.text


def test_inside_a_silent_block_nothing_is_told_and_afterwards_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "requirements.txt").write_text("no-such-xyz==1.0\n")
    with mismatches.silent():
        tell("fraud/1", "a", tmp_path, None)
    assert caplog.records == []
    tell("fraud/1", "a", tmp_path, None)
    assert len(caplog.records) == 1
