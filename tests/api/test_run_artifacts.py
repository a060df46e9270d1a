"""Files of runs: logged from disk and from values, listed, downloaded, replaced; a model's are found below its name."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gitmodels
from gitmodels.errors import FileMissing, Invalid, InvalidName, MissingDependency, NotFound, RunNotFound
from gitmodels.exceptions import MlflowException


@pytest.fixture
def folder(here: Path) -> Path:
    top = here / "plots"
    (top / "deep").mkdir(parents=True)
    (top / "a.txt").write_text("a")
    (top / "deep" / "b.txt").write_text("bb")
    return top


def names(uri: str) -> list[str]:
    return [info.path for info in gitmodels.artifacts.list_artifacts(uri)]


def files_below(top: Path) -> list[str]:
    return sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())


def test_files_and_folders_are_there_while_the_run_goes_on_and_after(folder: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_artifact(folder / "a.txt")
        gitmodels.log_artifact(str(folder / "a.txt"), "notes/")
        gitmodels.log_artifact(folder)
        gitmodels.log_artifacts(str(folder), artifact_path="all")
        before = names(f"runs:/{run.info.run_id}/")
    assert before == names(f"runs:/{run.info.run_id}") == ["a.txt", "all", "notes", "plots"]
    listed = gitmodels.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="all")
    assert [(info.path, info.is_dir, info.file_size) for info in listed] == [
        ("all/a.txt", False, 1),
        ("all/deep", True, None),
    ]
    assert gitmodels.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="all/a.txt") == []
    assert gitmodels.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="nothing") == []


def test_downloads_lie_where_mlflow_puts_them(folder: Path, tmp_path: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_artifacts(folder, "top")
    run_id = run.info.run_id
    for number, (arguments, local, expected) in enumerate(
        [
            ({"artifact_uri": f"runs:/{run_id}/top/deep/b.txt"}, "b.txt", ["b.txt"]),
            ({"artifact_uri": f"runs:/{run_id}/top/deep"}, "deep", ["deep/b.txt"]),
            ({"run_id": run_id, "artifact_path": "top/deep"}, "deep", ["deep/b.txt"]),
            ({"run_id": run_id}, ".", ["top/a.txt", "top/deep/b.txt"]),
        ]
    ):
        target = tmp_path / str(number)
        found = gitmodels.artifacts.download_artifacts(dst_path=str(target), **arguments)
        assert Path(found) == target / local
        assert files_below(target) == expected
    copy = Path(gitmodels.artifacts.download_artifacts(f"runs:/{run_id}/top/a.txt"))
    copy.write_text("mine")
    assert gitmodels.artifacts.load_text(f"runs:/{run_id}/top/a.txt") == "a"


def test_a_path_is_replaced(here: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_text("old", "notes.txt")
        gitmodels.log_text("new", "notes.txt")
    assert gitmodels.artifacts.load_text(f"runs:/{run.info.run_id}/notes.txt") == "new"
    gitmodels.log_text("newer", "notes.txt", run_id=run.info.run_id)
    assert gitmodels.artifacts.load_text(f"runs:/{run.info.run_id}/notes.txt") == "newer"
    assert gitmodels.get_run(run.info.run_id).info.status == "FINISHED"


def test_a_file_is_no_folder(here: Path) -> None:
    with gitmodels.start_run():
        gitmodels.log_text("x", "a")
        with pytest.raises(InvalidName, match="folder"):
            gitmodels.log_text("x", "a/b")
        with pytest.raises(InvalidName, match="one name"):
            gitmodels.log_text("x", "A")


@pytest.mark.parametrize("path", ["../a", "/a", "a/../b", "", "a//b", ".git/config", "a\0b", "con"])
def test_paths_that_do_not_travel_are_refused_and_nothing_is_stored(path: str, here: Path) -> None:
    with gitmodels.start_run() as run:
        with pytest.raises(MlflowException) as refused:
            gitmodels.log_text("x", path)
        assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    assert gitmodels.artifacts.list_artifacts(run_id=run.info.run_id) == []
    assert not (here / ".git" / "gitmodels" / "packs").exists()


def test_what_is_not_there(here: Path) -> None:
    with gitmodels.start_run() as run:
        for call in (gitmodels.log_artifact, gitmodels.log_artifacts):
            with pytest.raises(FileMissing):
                call("nowhere")
    with pytest.raises(FileMissing):
        gitmodels.artifacts.load_text(f"runs:/{run.info.run_id}/nope")
    with pytest.raises(FileMissing):
        gitmodels.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="nope")
    with pytest.raises(RunNotFound):
        gitmodels.log_text("x", "a.txt", run_id="0" * 32)
    (here / "empty").mkdir()
    gitmodels.log_artifacts("empty", run_id=run.info.run_id)
    assert gitmodels.artifacts.list_artifacts(run_id=run.info.run_id) == []


def test_a_deleted_run_takes_nothing(here: Path) -> None:
    with gitmodels.start_run() as run:
        pass
    gitmodels.delete_run(run.info.run_id)
    client = gitmodels.MlflowClient()
    for call in (
        lambda: client.log_text(run.info.run_id, "x", "a.txt"),
        lambda: client.log_metric(run.info.run_id, "a", 1),
        lambda: client.log_param(run.info.run_id, "a", 1),
        lambda: client.set_tag(run.info.run_id, "a", 1),
        lambda: client.log_inputs(run.info.run_id, [], []),
    ):
        with pytest.raises(Invalid, match="must be in the 'active' state"):
            call()


def test_dictionaries(here: Path) -> None:
    value = {"b": [1, 2.5, None], "a": {"ü": "x"}}
    with gitmodels.start_run() as run:
        for name in ("d.json", "d.yml", "plain"):
            gitmodels.log_dict(value, f"in/{name}")
        gitmodels.log_dict({"what": Path("x")}, "odd.json")
        gitmodels.log_dict({"what": Path("x")}, "odd.yaml")
    top = f"runs:/{run.info.run_id}"
    for name in ("d.json", "d.yml", "plain"):
        assert gitmodels.artifacts.load_dict(f"{top}/in/{name}") == value
    assert gitmodels.artifacts.load_text(f"{top}/in/d.json") == json.dumps(value, indent=2)
    assert gitmodels.artifacts.load_dict(f"{top}/odd.json") == {"what": "x"}
    assert gitmodels.artifacts.load_dict(f"{top}/odd.yaml") == {"what": "x"}


def test_what_is_no_dictionary_or_text(here: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_text("no json", "a.json")
        gitmodels.log_stream(io.BytesIO(b"\xff\xfe"), "b.bin")
        with pytest.raises(Invalid):
            gitmodels.log_text({"a": 1}, "c.txt")  # type: ignore[arg-type]
        with pytest.raises(Invalid, match="bytes"):
            gitmodels.log_stream(io.StringIO("text"), "d.txt")  # type: ignore[arg-type]
    with pytest.raises(MlflowException) as refused:
        gitmodels.artifacts.load_dict(f"runs:/{run.info.run_id}/a.json")
    assert (refused.value.error_code, refused.value.message) == (
        "BAD_REQUEST",
        "Unable to form a JSON object from file content",
    )
    with pytest.raises(Invalid, match="not a text file"):
        gitmodels.artifacts.load_text(f"runs:/{run.info.run_id}/b.bin")
    with pytest.raises(Invalid, match="not one file"):
        gitmodels.artifacts.load_text(f"runs:/{run.info.run_id}")


def test_large_values_are_whole(here: Path) -> None:
    text = "0123456789abcdef" * (1 << 17)
    with gitmodels.start_run() as run:
        gitmodels.log_text(text, "large.txt")
        gitmodels.log_stream(io.BytesIO(text.encode()), "stream.txt")
    for name in ("large.txt", "stream.txt"):
        assert gitmodels.artifacts.load_text(f"runs:/{run.info.run_id}/{name}") == text


class _Figure:
    """What matplotlib's figures can do."""

    def __init__(self, data: bytes = b"figure") -> None:
        self.data = data

    def savefig(self, path: str, dpi: int = 0) -> None:
        Path(path).write_bytes(self.data + str(dpi).encode())


class _Plotly:
    """What plotly's figures can do."""

    def write_html(self, path: str, include_plotlyjs: str, auto_open: bool) -> None:
        Path(path).write_text(f"{include_plotlyjs} {auto_open}")

    def write_image(self, path: str) -> None:
        Path(path).write_bytes(b"image")


def test_figures(here: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_figure(_Figure(), "plots/a.png", save_kwargs={"dpi": 7})
        gitmodels.log_figure(_Plotly(), "b.html")
        gitmodels.log_figure(_Plotly(), "c.svg")
        for figure, name in ((object(), "d.png"), (_Plotly(), "d.txt")):
            with pytest.raises(Invalid, match="Unsupported figure"):
                gitmodels.log_figure(figure, name)
    top = f"runs:/{run.info.run_id}"
    texts = [gitmodels.artifacts.load_text(f"{top}/{name}") for name in ("plots/a.png", "b.html", "c.svg")]
    assert texts == ["figure7", "cdn False", "image"]


def test_images(here: Path) -> None:
    class Saved:
        def save(self, path: str) -> None:
            Path(path).write_bytes(b"saved")

    with gitmodels.start_run() as run:
        gitmodels.log_image(np.zeros((2, 3, 3), dtype=np.uint8), "a.png")
        gitmodels.log_image(Saved(), "b.jpeg")
        gitmodels.log_image(np.zeros((2, 3)), key="val/dogs", step=3, timestamp=5)
        for image, arguments in (
            (np.zeros((2, 2)), {"artifact_file": "c.jpeg"}),
            ("text", {"artifact_file": "c.png"}),
            (np.zeros((2, 2)), {}),
            (np.zeros((2, 2)), {"artifact_file": "c.png", "key": "k"}),
            (np.zeros((2, 2)), {"key": "k#"}),
        ):
            with pytest.raises(Invalid):
                gitmodels.log_image(image, **arguments)  # type: ignore[arg-type]
    top = f"runs:/{run.info.run_id}"
    assert names(top) == ["a.png", "b.jpeg", "images"]
    (image,) = names(f"{top}/images")
    assert image.startswith("images/val~dogs+step+3+timestamp+5+")
    assert gitmodels.get_run(run.info.run_id).data.tags["mlflow.loggedImages"] == "True"
    try:
        import PIL  # noqa: F401
    except ImportError:
        with pytest.raises(MissingDependency, match="Pillow"):
            gitmodels.artifacts.load_image(f"{top}/a.png")
    else:
        assert gitmodels.artifacts.load_image(f"{top}/a.png").size == (3, 2)


@pytest.mark.parametrize("name", ["t.json", "in/t.parquet"])
def test_tables_grow_and_are_put_together(name: str, here: Path) -> None:
    import pandas as pd

    with gitmodels.start_run() as first:
        gitmodels.log_table({"a": [1, 2], "b": ["x", "y"]}, name)
        gitmodels.log_table({"a": 3, "b": "z"}, name)
    with gitmodels.start_run() as second:
        gitmodels.log_table(pd.DataFrame({"a": [4], "b": ["w"]}), name)
    assert gitmodels.load_table(name, run_ids=[first.info.run_id])["a"].tolist() == [1, 2, 3]
    whole = gitmodels.load_table(name, extra_columns=["run_id"])
    assert sorted(whole["a"]) == [1, 2, 3, 4]
    assert set(whole["run_id"]) == {first.info.run_id, second.info.run_id}
    assert json.loads(gitmodels.get_run(first.info.run_id).data.tags["mlflow.loggedArtifacts"]) == [
        {"path": name, "type": "table"}
    ]


def test_tables_that_are_none(here: Path) -> None:
    with gitmodels.start_run():
        for data, name in (({"a": [1]}, "t.csv"), ([1], "t.json")):
            with pytest.raises(Invalid):
                gitmodels.log_table(data, name)
    with pytest.raises(NotFound):
        gitmodels.load_table("t.json")


def test_a_models_files_are_below_its_name_and_not_among_the_runs(classifier: Any, here: Path, tmp_path: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_text("x", "notes.txt")
        gitmodels.sklearn.log_model(classifier, name="model")
    top = f"runs:/{run.info.run_id}"
    assert names(top) == ["notes.txt"]
    assert "model/MLmodel" in names(f"{top}/model")
    client = gitmodels.MlflowClient()
    assert "model/MLmodel" in [info.path for info in client.list_artifacts(run.info.run_id, "model")]
    local = client.download_artifacts(run.info.run_id, "model", str(tmp_path / "out"))
    assert Path(local, "MLmodel").is_file()
    assert Path(gitmodels.artifacts.download_artifacts(f"{top}/model/MLmodel")).name == "MLmodel"
    gitmodels.sklearn.load_model(f"{top}/model")


def test_the_uri_of_artifacts(here: Path) -> None:
    with gitmodels.start_run() as run:
        assert gitmodels.get_artifact_uri() == run.info.artifact_uri == f"runs:/{run.info.run_id}"
        assert gitmodels.get_artifact_uri("a b/100%.txt") == f"runs:/{run.info.run_id}/a b/100%25.txt"
        gitmodels.log_text("x", "a b/100%.txt")
        assert gitmodels.artifacts.load_text(gitmodels.get_artifact_uri("a b/100%.txt")) == "x"


def test_an_active_run_is_logged_to_from_anywhere(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gitmodels.start_run() as run:
        monkeypatch.chdir(tmp_path)
        gitmodels.log_text("x", "a.txt")
        gitmodels.log_text("y", "b.txt", run_id=run.info.run_id)
    monkeypatch.chdir(here)
    assert names(f"runs:/{run.info.run_id}") == ["a.txt", "b.txt"]
