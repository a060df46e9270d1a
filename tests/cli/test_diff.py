"""``git models diff``: what it compares, in which forms, with which exit codes; the screen, byte for byte."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

Models = Any
GOLDEN = Path(__file__).parents[1] / "review/golden/diff.txt"
_INPUTS = {
    1: '[{"type": "double", "name": "amount"}, {"type": "string", "name": "country"}]',
    2: '[{"type": "double", "name": "amount"}, {"type": "long", "name": "country"}, '
    '{"type": "string", "name": "device|\\u001b[31m", "required": false}]',
}


def mlmodel(number: int, python: str) -> str:
    flavors = f"  python_function:\n    loader_module: mlflow.sklearn\n    python_version: {python}\n"
    native = "  sklearn:\n    pickled_model: weights.bin\n"
    return f"flavors:\n{flavors}{native}signature:\n  inputs: {json.dumps(_INPUTS[number])}\n  outputs: null\n"


@pytest.fixture
def scored(here: Path, models: Models) -> Path:
    """Two versions of ``fraud`` that differ in everything a reviewer looks at; ``champion`` is the first."""
    folder = here / "model"
    folder.mkdir()
    for number, python, needs in ((1, "3.11.7", "numpy==1.26.4\n"), (2, "3.12.1", "numpy==2.1.0\nshap\n")):
        (folder / "MLmodel").write_text(mlmodel(number, python))
        (folder / "requirements.txt").write_text(needs)
        (folder / "weights.bin").write_bytes(b"w" * 1000 * number)
        models("register", "model", "fraud", "-t", f"round={number}")
        data = ("--dataset", "holdout", "--digest", "9f3c0a11")
        models("evaluate", f"fraud/{number}", *data, "--metric", f"auc=0.9{number}", "--metric", f"loss=0.4{number}")
    models("alias", "set", "fraud", "champion", "1")
    return here


def test_the_screen_is_the_golden_file(scored: Path, models: Models) -> None:
    shown = models("diff", "fraud@champion", "fraud/2").out
    ids = [word for word in shown.split() if word.startswith("m-")]
    for number, one in enumerate(ids, 1):
        shown = shown.replace(one, f"m-{str(number) * 8}…")
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_text(shown, "utf-8")
    assert shown == GOLDEN.read_text("utf-8")


def test_a_name_alone_is_its_champion_against_the_latest(scored: Path, models: Models) -> None:
    assert models("diff", "fraud").out == models("diff", "fraud/1", "fraud/2").out
    assert models("diff", "fraud/1").out == models("diff", "fraud").out
    models("alias", "rm", "fraud", "champion")
    assert models("diff", "fraud").out == models("diff", "fraud/1", "fraud/2").out


def test_the_exit_code_is_one_only_when_asked_and_something_differs(scored: Path, models: Models) -> None:
    models("diff", "fraud/1", "fraud/2", code=0)
    models("diff", "--exit-code", "fraud/1", "fraud/2", code=1)
    assert "nothing differs" in models("diff", "--exit-code", "fraud/1", "fraud@champion", code=0).out


def test_a_folder_is_compared_with_what_is_registered(scored: Path, models: Models) -> None:
    assert "nothing differs" not in models("diff", "fraud/1", "model").out
    found = models("diff", "fraud/2", "model", "--json").json
    assert [each["text"] for each in found["findings"] if each["section"] == "identity"] == [
        "the same files, byte for byte"
    ]
    shutil.copytree(scored / "model", scored / "other")
    assert models("diff", "model", "other", "--json").json["verdict"] == "ok"


def test_two_commits_of_the_registry_tell_the_moves_and_what_they_bring(scored: Path, models: Models) -> None:
    models("alias", "set", "fraud", "champion", "2", "--reason", "better on Q3")
    found = models("diff", "gitmodels~1..", "--json").json
    (move,) = found["findings"]
    assert (move["subject"], move["before"], move["after"]) == ("fraud@champion", "v1", "v2")
    assert move["text"] == "moved: better on Q3"
    (part,) = found["parts"]
    assert (part["old"], part["new"], part["verdict"]) == ("fraud v1", "fraud v2", "BREAK")
    assert found["verdict"] == "BREAK"
    whole = models("diff", "gitmodels~99..", code=3)
    assert "no commit is called 'gitmodels~99'" in whole.err


def test_another_branch_is_no_registry(scored: Path, models: Models, git: Any) -> None:
    git("commit", "-q", "--allow-empty", "-m", "code", cwd=scored)
    assert "is not a registry" in models("diff", "HEAD..gitmodels", code=4).err


@pytest.mark.parametrize("form", ["md", "sarif", "json", "text"])
def test_every_form_tells_the_break(form: str, scored: Path, models: Models) -> None:
    shown = models("diff", "fraud", "--format", form).out
    assert "BREAK" in shown
    assert "\x1b" not in shown
    if form in ("json", "sarif"):
        json.loads(shown)
    if form == "json":
        assert json.loads(shown) == models("diff", "fraud", "--json").json


def test_what_is_not_there_is_said_in_a_line(scored: Path, models: Models) -> None:
    assert "not found" in models("diff", "fraud/1", "fraud/9", code=3).err
    assert "not found" in models("diff", "nothing", code=3).err
    assert models("diff", "fraud/1", "../nowhere", code=4).err.count("\n") <= 2


def test_the_policy_says_which_way_a_metric_is_better(scored: Path, models: Models, git: Any) -> None:
    def verdicts() -> dict[str, str]:
        found = models("diff", "fraud/1", "fraud/2", "--json").json["findings"]
        return {each["subject"]: each["verdict"] for each in found if each["section"] == "metrics"}

    assert verdicts() == {"auc": "ok", "loss": "warn"}
    tree = scored / "registry"
    git("worktree", "add", "-q", str(tree), "gitmodels", cwd=scored)
    (tree / "policy").mkdir()
    metrics = "[{name: loss, max_drop: 1}, {name: auc, max: 1, direction: lower}]"
    (tree / "policy/policy.yaml").write_text(f"format: 1\nrules: [{{name: a, aliases: b, metrics: {metrics}}}]\n")
    git("add", "policy", cwd=tree)
    git("commit", "-q", "-m", "policy", cwd=tree)
    assert verdicts() == {"auc": "warn", "loss": "ok"}


def test_the_guide_shows_this_very_diff() -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/review.md").read_text("utf-8")
    assert f"$ git models diff fraud@champion fraud/2\n{GOLDEN.read_text('utf-8')}```" in guide


def test_values_of_weights_are_read_when_asked(here: Path, models: Models) -> None:
    header = b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    folder = here / "net"
    folder.mkdir()
    for values in (b"\0\0\x80\x3f\0\0\x80\x3f", b"\0\0\x80\x3f\0\0\0\x40"):
        (folder / "w.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + values)
        models("register", "net", "net")
    assert "max |Δ|" not in models("diff", "net/1", "net/2").out
    assert "max |Δ| 1, mean |Δ| 0.5, cosine 0.948683" in models("diff", "net/1", "net/2", "--values").out
    found = models("diff", "net/1", "net/2", "--values", "--json").json["findings"]
    assert [each["numbers"]["max_abs_difference"] for each in found if "numbers" in each] == [1.0]
    assert "of two versions" in models("diff", "--values", "gitmodels~1..", code=4).err
