"""The whole river as people meet it: one trains, another process serves, a third looks at it with git alone."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

Git = Callable[..., str]

TRAIN = """
import json, sys
import gitmodels
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

X, y = load_iris(return_X_y=True, as_frame=True)
for depth in (1, 3):
    with gitmodels.start_run(run_name=f"depth-{depth}") as run:
        model = RandomForestClassifier(n_estimators=5, max_depth=depth, random_state=0).fit(X, y)
        gitmodels.log_params({"max_depth": depth})
        gitmodels.log_metric("accuracy", model.score(X, y))
        gitmodels.sklearn.log_model(model, name="model", input_example=X.head(), registered_model_name="iris")
client = gitmodels.MlflowClient()
client.set_registered_model_alias("iris", "champion", 2)
json.dump(model.predict(X).tolist(), sys.stdout)
"""

SERVE = """
import json, sys
import gitmodels
from sklearn.datasets import load_iris

X, _ = load_iris(return_X_y=True, as_frame=True)
json.dump(gitmodels.pyfunc.load_model("models:/iris@champion").predict(X).tolist(), sys.stdout)
"""

REGISTER = """
import sys
import gitmodels
for _ in range(10):
    print(gitmodels.register_model("weights.bin", "shared").version, flush=True)
"""


def _python(program: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _models(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "gitmodels", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_process_trains_another_serves(git_repo: Path, git: Git) -> None:
    (git_repo / "train.py").write_text(TRAIN)
    git("add", "train.py", cwd=git_repo)
    git("commit", "--quiet", "--message", "train", cwd=git_repo)
    before = git("status", "--porcelain=v2", "--branch", cwd=git_repo)
    predicted = json.loads(_python(TRAIN, git_repo))
    assert json.loads(_python(SERVE, git_repo)) == predicted
    # The people's own side of the repository is as it was.
    assert git("status", "--porcelain=v2", "--branch", cwd=git_repo) == before
    shown = json.loads(_models("show", "iris@champion", "--json", cwd=git_repo))
    assert (shown["version"], shown["run_name"], shown["params"]) == (2, "depth-3", {"max_depth": "3"})
    assert shown["code_execution"] == "none"
    assert shown["code"]["commit"] == git("rev-parse", "HEAD", cwd=git_repo).strip()
    assert shown["code"]["dirty"] is False
    # Stock git reads the alias.
    champion = "refs/gitmodels/aliases/iris/champion"
    assert "loader_module: mlflow.sklearn" in git("show", f"{champion}:MLmodel", cwd=git_repo)
    assert len(git("log", "--format=%H", champion, cwd=git_repo).split()) == 2
    assert git("fsck", "--strict", cwd=git_repo, LC_ALL="C").count("error") == 0


def test_the_registry_travels_with_a_clone(git_repo: Path, git: Git, tmp_path: Path) -> None:
    (git_repo / "weights.bin").write_bytes(b"x")
    _models("register", "weights.bin", "shared", cwd=git_repo)
    git("commit", "--quiet", "--allow-empty", "--message", "first", cwd=git_repo)
    git("clone", "--quiet", str(git_repo), str(tmp_path / "clone"), cwd=tmp_path)
    clone = tmp_path / "clone"
    (row,) = json.loads(_models("ls", "--json", cwd=clone))
    assert (row["name"], row["latest"]) == ("shared", 1)
    assert json.loads(_models("show", "shared/1", "--json", cwd=clone))["here"] is False
    (clone / "own.bin").write_bytes(b"y")
    assert _models("register", "own.bin", "shared", cwd=clone) == "shared/2\n"
    assert git("merge-base", "gitmodels", "origin/gitmodels", cwd=clone) == git(
        "rev-parse", "origin/gitmodels", cwd=clone
    )


def test_two_who_work_apart_push_pull_and_see_the_same(git_repo: Path, git: Git, tmp_path: Path) -> None:
    git("init", "--quiet", "--bare", "hub.git", cwd=tmp_path)
    git("commit", "--quiet", "--allow-empty", "--message", "first", cwd=git_repo)
    git("remote", "add", "origin", str(tmp_path / "hub.git"), cwd=git_repo)
    git("push", "--quiet", "origin", "main", cwd=git_repo)
    (git_repo / "weights.bin").write_bytes(b"ana")
    assert _models("register", "weights.bin", "shared", "--push", cwd=git_repo) == "shared/1\n"
    other = tmp_path / "other"
    git("clone", "--quiet", str(tmp_path / "hub.git"), str(other), cwd=tmp_path)
    (other / "weights.bin").write_bytes(b"bo")
    # Both register the second version; who pushes last has the third, and the alias goes with it.
    for place in (git_repo, other):
        assert _models("register", "weights.bin", "shared", cwd=place) == "shared/2\n"
    _models("alias", "set", "shared", "champion", "2", cwd=other)
    assert _models("push", cwd=git_repo) == ""
    assert _models("push", cwd=other) == "shared v2 → v3\n"
    assert json.loads(_models("pull", "--objects", "--json", cwd=git_repo))["size"] > 0
    logs = [_models("log", "--json", cwd=place) for place in (git_repo, other)]
    assert logs[0] == logs[1]
    assert all(row["published"] for row in json.loads(logs[0]))
    refs = [
        git("for-each-ref", "refs/gitmodels/aliases", cwd=place) for place in (git_repo, other, tmp_path / "hub.git")
    ]
    assert refs[0] == refs[1] == refs[2] != ""
    assert _models("cat", "shared@champion:weights.bin", cwd=git_repo) == "bo"
    # Two moves of one alias: the second is told of the first, and decides.
    _models("alias", "set", "shared", "champion", "1", cwd=git_repo)
    _models("alias", "set", "shared", "champion", "2", cwd=other)
    _models("push", cwd=git_repo)
    refused = subprocess.run(
        [sys.executable, "-m", "gitmodels", "push"], cwd=other, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 5
    assert "shared@champion was moved by both: there v3 → v1 by Ana Test" in refused.stderr
    assert "git models pull --mine shared@champion keeps yours" in refused.stderr
    _models("pull", "--mine", "shared@champion", cwd=other)
    _models("push", cwd=other)
    _models("pull", cwd=git_repo)
    assert json.loads(_models("show", "shared@champion", "--json", cwd=git_repo))["version"] == 2
    assert json.loads(_models("status", "--json", cwd=git_repo))["ahead"] == 0


def test_two_processes_that_register_at_once_share_the_numbers(git_repo: Path) -> None:
    (git_repo / "weights.bin").write_bytes(b"x")
    started = [
        subprocess.Popen([sys.executable, "-c", REGISTER], cwd=git_repo, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [int(line) for process in started for line in process.communicate(timeout=120)[0].split()]
    assert [process.returncode for process in started] == [0, 0]
    assert sorted(told) == list(range(1, 21))
    rows = json.loads(_models("ls", "shared", "--json", cwd=git_repo))
    assert [row["version"] for row in rows] == list(range(20, 0, -1))


def test_two_registries_started_apart_are_one(git_repo: Path, git: Git, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git("init", "--quiet", str(other), cwd=tmp_path)
    for place in (git_repo, other):
        _models("init", cwd=place)
    assert git("rev-parse", "gitmodels", cwd=git_repo) == git("rev-parse", "gitmodels", cwd=other)
    assert os.listdir(git_repo) == [".git"]
