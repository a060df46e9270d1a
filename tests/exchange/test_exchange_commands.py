"""``git models import`` and ``export`` as people type them: lines, counts, exit codes, and nothing on a second run."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from gitmodels.cli import main


def models(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and words of one command."""
    capfd.readouterr()
    code = main.run(list(arguments))
    return code, *capfd.readouterr()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small Hugging Face folder."""
    place = tmp_path / "tiny"
    place.mkdir()
    (place / "README.md").write_text("---\nlicense: mit\n---\n\n# Tiny\n")
    (place / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    return place


def test_a_folder_goes_in_and_out(
    folder: Path, git_repo: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(git_repo)
    code, out, err = models(capfd, "import", f"hf:{folder}", "--dry-run")
    assert (code, out) == (0, "version tiny/1: from tiny\n")
    assert "would be imported: 1 version" in err
    code, out, err = models(capfd, "import", f"hf:{folder}")
    assert (code, out) == (0, "version tiny/1: from tiny\n")
    assert "imported: 1 version" in err
    code, out, err = models(capfd, "import", f"hf:{folder}")
    assert (code, out) == (0, "")
    assert "nothing to be imported: all of it is there" in err
    assert models(capfd, "alias", "set", "tiny", "champion", "1")[0] == 0
    code, out, _ = models(capfd, "export", f"hf:{tmp_path / 'out'}", "--model", "tiny@champion", "--json")
    assert (code, [step["version"] for step in json.loads(out)]) == (0, [1])
    assert (tmp_path / "out" / "README.md").read_bytes() == (folder / "README.md").read_bytes()
    assert models(capfd, "doctor")[:2] == (0, "")
    assert models(capfd, "fsck")[0] == 0


def test_what_cannot_be_done_is_one_line_with_the_way_out(
    git_repo: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(git_repo)
    for arguments, expected, words in (
        (["import", "hf:nowhere"], 3, "no such folder: 'nowhere'"),
        (["import", f"lfs:{tmp_path}"], 4, "one name is needed"),
        (["import", f"gto:{tmp_path}"], 3, "no git repository"),
        (["export", f"hf:{tmp_path / 'out'}", "--model", "nobody@champion"], 3, "no model registry"),
        (["export", f"dvc:{tmp_path}"], 4, "cannot export to"),
    ):
        code, out, err = models(capfd, *arguments)
        assert (code, out) == (expected, ""), arguments
        assert words in err


@pytest.mark.heavy
def test_an_import_that_is_killed_anywhere_goes_on_and_ends_alike(tmp_path: Path, made: object, git: object) -> None:
    assert callable(made)
    assert callable(git)
    registry = made("gto")
    script = Path(sysconfig.get_path("scripts"), "git-models")
    results = []
    for number, delays in enumerate(([], [0.25 + 0.02 * step for step in range(40)])):
        place = tmp_path / f"here{number}"
        place.mkdir()
        git("init", "--quiet", cwd=place)
        for delay in delays:
            started = subprocess.Popen([script, "import", f"gto:{registry}"], cwd=place, stderr=subprocess.DEVNULL)
            try:
                started.wait(delay)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
        # What is left of the killed is garbage, which doctor names and removes.
        for command in (["import", f"gto:{registry}"], ["doctor", "--fix"], ["doctor"], ["fsck"]):
            done = subprocess.run(
                [script, *command], cwd=place, env=os.environ, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
        listed = subprocess.run(
            [script, "ls", "fraud", "--json"], cwd=place, capture_output=True, text=True, check=True
        )
        rows = json.loads(listed.stdout)
        results.append(
            [
                {key: row[key] for key in ("version", "tags", "model_id", "aliases", "stage") if key in row}
                for row in rows
            ]
        )
    assert results[0] == results[1]
    assert len(results[0]) == 4


@pytest.mark.heavy
def test_what_was_brought_keeps_its_times_when_others_published_first(
    tmp_path: Path, made: object, git: object
) -> None:
    assert callable(made)
    assert callable(git)
    registry, script = made("gto"), Path(sysconfig.get_path("scripts"), "git-models")
    git("init", "--quiet", "--bare", "shared.git", cwd=tmp_path)

    def models_in(name: str, *arguments: str) -> str:
        done = subprocess.run([script, *arguments], cwd=tmp_path / name, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    for name in ("ana", "bo"):
        git("clone", "--quiet", "shared.git", name, cwd=tmp_path)
        git("config", "user.name", name, cwd=tmp_path / name)
        git("config", "user.email", f"{name}@example.org", cwd=tmp_path / name)
    models_in("ana", "import", f"gto:{registry}", "--model", "fraud")
    before = json.loads(models_in("ana", "ls", "fraud", "--json"))
    (tmp_path / "bo" / "w.bin").write_bytes(b"w")
    models_in("bo", "register", "w.bin", "fraud")
    models_in("bo", "push")
    assert "fraud v1 → v2" in models_in("ana", "push")
    after = json.loads(models_in("ana", "ls", "fraud", "--json"))
    shown = [json.loads(models_in("ana", "show", f"fraud/{number}", "--json")) for number in (2, 3, 4, 5)]
    assert [one["tags"]["gto.version"] for one in shown] == ["v0.9.0", "v0.10.0", "v1.0.0-rc.1", "v1.0.0"]
    assert {one["author"] for one in shown} == {"Ana"}
    times = {row["created"] for row in before}
    assert {row["created"] for row in after if row["version"] > 1} == times
    assert models_in("ana", "import", f"gto:{registry}", "--model", "fraud") == ""
