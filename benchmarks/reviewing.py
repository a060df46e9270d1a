"""What reviewing costs: a check of 20 new versions, a hook with nothing to do and with a model, a diff."""

import subprocess
import tempfile
from pathlib import Path

from measure import Row, Sides, answer, in_turn, process

# A registry whose branch is ahead of what was published by versions that have a signature and an example, beside
# weights that are here; the policy asks for both and for pinned dependencies.
AHEAD = """
import json, subprocess, sys
from pathlib import Path
import gitmodels
from gitmodels import yaml
from gitmodels.api import registering
from gitmodels.git.raw import Identity
from gitmodels.registry.changes import aliases
from gitmodels.repo import Repo

folder, count = Path(sys.argv[1]), int(sys.argv[2])
columns = [{"type": "double", "name": f"column {n}", "required": True} for n in range(30)]
signature = {"inputs": json.dumps(columns), "outputs": json.dumps([{"type": "double", "required": True}])}
example = {"columns": [c["name"] for c in columns], "data": [[0.5] * 30, [1.5] * 30]}
info = {"artifact_path": "input_example.json", "type": "dataframe", "pandas_orient": "split"}
flavors = {"xgboost": {"data": "model.ubj", "model_class": "xgboost.Booster"}}
model = {"flavors": flavors, "signature": signature, "saved_input_example_info": info}
rule = {"name": "all", "require": ["signature", "example", "pinned-dependencies"], "code_execution": ["none"]}
repo = Repo.open(folder)
repo.registry.init()
policy = {"policy/policy.yaml": yaml.dump({"format": 1, "rules": [rule]})}
author, tip = Identity("Ann", "ann@example.org"), repo.registry.branch.tip()
repo.registry.branch.commit(policy, "Policy", expected=tip, author=author, when_ms=0)
for number in range(count + 1):
    if number == 1:
        published = repo.registry.branch.tip()
    files = folder / f"model-{number}"
    files.mkdir()
    (files / "MLmodel").write_bytes(yaml.dump(model))
    (files / "model.ubj").write_bytes(b"weights %d" % number * 1000)
    (files / "input_example.json").write_text(json.dumps(example))
    (files / "requirements.txt").write_text("xgboost==2.1.4\\nnumpy==2.1.0\\n")
    registering.register(repo, str(files), "fraud")
subprocess.run(["git", "update-ref", "refs/remotes/origin/gitmodels", published], cwd=folder, check=True)
subprocess.run(["git", "remote", "add", "origin", str(folder / "none.git")], cwd=folder, check=True)
repo.registry.apply(lambda state, at: aliases.set_alias(state, "fraud", "champion", 1, at))
print("null")
"""

MLMODEL = """flavors:
  of_ours: {}
saved_input_example_info: {artifact_path: input_example.json, type: dataframe, pandas_orient: split}
signature:
  inputs: '[{"type": "long", "name": "age", "required": true}]'
"""


def bench_check(sides: Sides) -> list[Row]:
    """A pull request of 20 versions, as CI's job judges it."""
    with tempfile.TemporaryDirectory() as folder:
        command = _registry(sides, folder, 20)
        spent = in_turn({"ours": lambda: process([*command, "check"])}, 7)["ours"]
        return [
            Row("git models check of 20 new versions, wall", None, spent.wall, "s", 1.0),
            Row("git models check of 20 new versions, CPU", None, spent.cpu, "s", 0.5),
        ]


def bench_diff(sides: Sides) -> list[Row]:
    """Two versions that differ in their weights, and the registry before and after twenty."""
    with tempfile.TemporaryDirectory() as folder:
        command = _registry(sides, folder, 20)
        lines = {"of two versions": ["fraud/1", "fraud/2"], "of the registry": ["origin/gitmodels..gitmodels"]}
        spent = in_turn(
            {name: lambda line=line: process([*command, "diff", *line]) for name, line in lines.items()},  # type: ignore[misc]
            7,
        )
        return [Row(f"git models diff {name}, CPU", None, each.cpu, "s", 0.15) for name, each in spent.items()]


def bench_hooks(sides: Sides) -> list[Row]:
    """The hook of a commit: with a file of code, and with a model whose example is held against its signature."""
    words, limits = {"code": "nothing to judge", "model": "one model"}, {"code": 0.15, "model": 0.3}
    staged = {
        "code": {"code.py": "two\n"},
        "model": {"m/MLmodel": MLMODEL, "m/input_example.json": '{"columns": ["age"], "data": [[3]]}'},
    }
    with tempfile.TemporaryDirectory() as folder:
        hook = [sides.script("ours", "git-models"), "-C", folder, "hook", "pre-commit"]
        rows = []
        _stage(folder, {"code.py": "one\n"})
        for what, files in staged.items():
            _stage(folder, files, commit=False)
            spent = in_turn({"ours": lambda: process(hook)}, 9)["ours"]
            rows.append(Row(f"pre-commit hook, {words[what]}, wall", None, spent.wall, "s", 0.3))
            rows.append(Row(f"pre-commit hook, {words[what]}, CPU", None, spent.cpu, "s", limits[what]))
        return rows


def _registry(sides: Sides, folder: str, count: int) -> list[str]:
    subprocess.run(["git", "init", "-q", folder], check=True)
    answer(sides.ours, AHEAD, folder, str(count))
    return [sides.script("ours", "git-models"), "-C", folder]


def _stage(folder: str, files: dict[str, str], *, commit: bool = True) -> None:
    if not Path(folder, ".git").exists():
        subprocess.run(["git", "init", "-q", folder], check=True)
    for name, text in files.items():
        path = Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    if commit:
        who = ["-c", "user.name=A", "-c", "user.email=a@b"]
        subprocess.run(["git", *who, "commit", "-q", "-m", "x"], cwd=folder, check=True)
