from pathlib import Path

import pytest

from gitmodels.errors import FileMissing, Invalid
from gitmodels.mlmodel.requirement_lines import fold, package_of, read


def test_files_are_read_with_what_they_include(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "requirements.txt").write_text(
        "# top\nnumpy==1.0 # pinned\n-r inner/more.txt\n--constraint=inner/c.txt\nlong \\\n  >=1\n"
    )
    (inner / "more.txt").write_text("-c c2.txt\nscipy\n")
    (inner / "c.txt").write_text("six<2\n-r more-c.txt\n")
    (inner / "c2.txt").write_text("joblib<9\n")
    (inner / "more-c.txt").write_text("toolz<1\n")
    lines = read(str(tmp_path / "requirements.txt"))
    assert lines.requirements == ("numpy==1.0", "scipy", "long >=1")
    assert lines.constraints == ("joblib<9", "six<2", "toolz<1")
    assert not lines.redacted


def test_given_lines_may_include_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.txt").write_text("numpy")
    assert read(["-r r.txt", "x"]).requirements == ("numpy", "x")


def test_a_fragment_is_no_comment() -> None:
    assert read(["x @ git+https://h/x#egg=x"]).requirements == ("x @ git+https://h/x#egg=x",)


def test_credentials_are_taken_out_and_said() -> None:
    lines = read(["--index-url https://u:p@h/simple", "numpy"])
    assert lines.redacted
    assert lines.requirements == ("--index-url https://h/simple", "numpy")


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        read(str(tmp_path / "absent.txt"))
    for wrong in (3, [1], b"numpy"):
        with pytest.raises(Invalid, match="pip_requirements"):
            read(wrong)
    (tmp_path / "loop.txt").write_text("-r loop.txt")
    with pytest.raises(Invalid, match="deep"):
        read(tmp_path / "loop.txt")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Invalid, match="UTF-8"):
        read(tmp_path / "binary.txt")
    with pytest.raises(Invalid):
        read(tmp_path)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("numpy", "numpy"),
        ("Foo.Bar[x,y]>=1", "foo-bar"),
        ("x @ https://h/x.whl", "x"),
        ("x==1 --hash=sha256:abc", "x"),
        ("x; python_version>'3'", "x"),
        ("-e .", ""),
        ("--index-url https://h", ""),
        ("./local/x.whl", ""),
        ("wheels/x.whl", ""),
        ("git+https://h/x", ""),
    ],
)
def test_package_of(line: str, name: str) -> None:
    assert package_of(line) == name


def test_lines_of_one_package_are_folded_as_mlflow_does() -> None:
    assert fold(["packageA", "packageA==1.0"]) == ("packageA==1.0",)
    assert fold(["packageX>1.0", "packageX[extras]", "packageX<2.0"]) == ("packageX[extras]<2.0,>1.0",)
    assert fold(["m[extra1]>=3.5.1", "m[extra2]<4", "m"]) == ("m[extra1,extra2]<4,>=3.5.1",)
    assert fold(["x==1 --hash=sha256:a", "x==1 --hash=sha256:a", "-e ."]) == ("x==1 --hash=sha256:a", "-e .")
    assert fold(["torch==2.7.1+cu128", "torch==2.7.1"]) == ("torch==2.7.1",)
    assert fold(["a; python_version<'3'", "a==1; python_version>'3'"]) == (
        'a; python_version < "3"',
        'a==1; python_version > "3"',
    )


@pytest.mark.parametrize("lines", [["scikit-learn==1.1", "scikit-learn<1"], ["x==1", "x==2"], ["x==1", "x!=1"]])
def test_contradictions_are_refused(lines: list[str]) -> None:
    with pytest.raises(Invalid, match="incompatible"):
        fold(lines)
