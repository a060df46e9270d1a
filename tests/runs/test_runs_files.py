import math
from pathlib import Path

import pytest
import yaml as pyyaml

from gitmodels import digest
from gitmodels.errors import FormatTooNew, InvalidRecord, InvalidYaml
from gitmodels.objects.manifest import Entry
from gitmodels.runs import facts, files
from gitmodels.runs.records import Code, Experiment, LoggedModel, Metric, Run
from gitmodels.runs.replay import RunState

GOLDEN = Path(__file__).parent.parent / "formats" / "v1" / "runs"
START = 1_764_000_000_123
MANIFEST = digest.of_bytes(b"manifest")
MODEL = digest.model_id(MANIFEST)
RUN_ID = "0123456789abcdef" * 2

POINTS = [
    Metric("loss", 0.9, 0, START + 5),
    Metric("auc", 0.93, 7, START + 40, "holdout", "d41d8cd9", MODEL),
    Metric("loss", 0.5, 1, START + 12),
    Metric("loss", math.nan, 2, START + 10),
    Metric("grad", math.inf, 0, START),
]
LOGGED = LoggedModel(
    name="model",
    model_id=MODEL,
    manifest=MANIFEST,
    time=START + 30,
    logging_id=RUN_ID,
    run_id=RUN_ID,
    experiment="churn",
    step=3,
    model_type="classifier",
    code_execution="none",
    params={"depth": "4"},
    tags={"team": "risk"},
    updated=START + 30,
)
ARTIFACT = Entry("plots/roc.png", 1234, digest.of_bytes(b"png"))


def a_run() -> tuple[Run, RunState]:
    run = Run(
        id=RUN_ID,
        name="brave-otter-123",
        started=START,
        experiment="churn",
        user="ana",
        code=Code("1" * 40, "main", True),
        tags={"mlflow.note.content": "two\nlines", "team": "risk"},
    )
    state = RunState.first(facts.begun(run))
    for fact in journal_facts()[1:]:
        state.apply(fact)
    return state.stamp(START + 61_000), state


def journal_facts() -> list[facts.Fact]:
    run = Run(RUN_ID, "brave-otter-123", START, "churn", "ana", code=Code("1" * 40, "main", True))
    return [
        facts.begun(
            Run(**{name: getattr(run, name) for name in ("id", "name", "started", "experiment", "user", "code")})
        ),
        facts.params({"depth": "4", "alpha": "1e-3"}),
        facts.metrics(POINTS[:3]),
        facts.metrics(POINTS[3:]),
        facts.tags({"team": "risk", "mlflow.note.content": "two\nlines", "gone": "x"}),
        facts.tag_deleted("gone"),
        facts.model(LOGGED, {"MLmodel": b"flavors: {}\n", "odd": b"\xff"}),
        facts.model_tags("model", MODEL, {"stage": "new", "team": None}),
        facts.artifacts([ARTIFACT]),
        facts.renamed("brave-otter-124"),
        facts.ended("FINISHED", START + 60_000),
        facts.committing("0" * 64),
    ]


def test_run_yaml_is_these_bytes() -> None:
    run, state = a_run()
    assert files.run_to_yaml(run) == (GOLDEN / "run.yaml").read_bytes()
    assert files.history_to_yaml(state.series, run.started) == (GOLDEN / "metrics.yaml").read_bytes()
    assert files.artifacts_to_yaml(run.artifacts) == (GOLDEN / "artifacts.yaml").read_bytes()
    assert files.model_to_yaml(state.logged[("model", MODEL)]) == (GOLDEN / "model.yaml").read_bytes()
    assert (
        files.experiment_to_yaml(Experiment("churn", START, START + 1, tags={"a": "b"}))
        == (GOLDEN / "experiment.yaml").read_bytes()
    )
    assert (
        files.pointer_to_yaml(files.Pointer(RUN_ID, ("model", "a b"), START)) == (GOLDEN / "pointer.yaml").read_bytes()
    )


def test_the_journal_is_these_lines() -> None:
    lines = [journal_line(fact) for fact in journal_facts()]
    assert "".join(f"{line}\n" for line in lines) == (GOLDEN / "journal.jsonl").read_text()


def journal_line(fact: facts.Fact) -> str:
    from gitmodels.runs import journal

    return journal._encode(fact)


def test_what_was_written_reads_back() -> None:
    run, state = a_run()
    back = files.run_from_yaml((GOLDEN / "run.yaml").read_bytes(), "x", run.artifacts)
    assert repr(back) == repr(run)  # NaN is not equal to itself
    assert repr(files.history_from_yaml((GOLDEN / "metrics.yaml").read_bytes(), "x")) == repr(
        [POINTS[0], POINTS[2], POINTS[3]]
    )
    assert files.artifacts_from_yaml((GOLDEN / "artifacts.yaml").read_bytes(), "x") == (ARTIFACT,)
    assert files.model_from_yaml((GOLDEN / "model.yaml").read_bytes(), "x") == state.logged[("model", MODEL)]
    assert files.pointer_from_yaml((GOLDEN / "pointer.yaml").read_bytes(), "x").names == ("a b", "model")


def test_other_yaml_readers_agree() -> None:
    found = pyyaml.safe_load((GOLDEN / "run.yaml").read_text())
    assert found["params"] == {"alpha": "1e-3", "depth": "4"}
    assert found["metrics"][0] == {
        "key": "auc",
        "value": 0.93,
        "step": 7,
        "time": "2025-11-24T16:00:00.163Z",
        "dataset": {"name": "holdout", "digest": "d41d8cd9"},
        "model": MODEL,
    }
    points = pyyaml.safe_load((GOLDEN / "metrics.yaml").read_text())["series"][0]["points"]
    assert points.split("\n") == ["0 5 0.9", "1 12 0.5", "2 10 nan"]


def test_keys_of_a_newer_writer_survive() -> None:
    data = (GOLDEN / "run.yaml").read_bytes() + b"from_the_future:\n  a: 1\n"
    assert files.run_to_yaml(files.run_from_yaml(data, "x")) == data


def test_the_latest_value_is_by_step_then_time_then_value() -> None:
    run, _ = a_run()
    assert run.metrics == tuple(sorted(run.metrics, key=lambda metric: metric.series))
    assert math.isnan(run.latest()["loss"].value)
    assert [metric.points for metric in run.metrics] == [1, 1, 3]
    same = RunState(Run(RUN_ID, "x", 0))
    for value in (1.0, 3.0, 2.0):
        same.apply(facts.metrics([Metric("a", value, 1, 1)]))
    assert same.run().latest()["a"].value == 3.0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"status: FINISHED", b"status: DONE"),
        (b"status: FINISHED", b"status: 3"),
        (b'started: "2025-11-24T16:00:00.123Z"', b"started: yesterday"),
        (b"  depth: ", b"  depth: 4 #"),
        (b"params:", b"params: 3\nold:"),
        (b"value: 0.93", b"value: big"),
        (b"format: 1", b"format: one"),
    ],
)
def test_wrong_records_are_refused(old: bytes, new: bytes) -> None:
    data = (GOLDEN / "run.yaml").read_bytes()
    assert old in data
    with pytest.raises((InvalidRecord, InvalidYaml)):
        files.run_from_yaml(data.replace(old, new), "run.yaml")


def test_a_newer_format_is_named() -> None:
    with pytest.raises(FormatTooNew):
        files.run_from_yaml(b"format: 2\n", "run.yaml")
    with pytest.raises(InvalidRecord, match="follow"):
        files.model_from_yaml((GOLDEN / "model.yaml").read_bytes().replace(MODEL.encode(), b"m-" + b"0" * 32), "x")
    with pytest.raises(InvalidRecord, match="follow"):
        files.experiment_from_yaml((GOLDEN / "experiment.yaml").read_bytes().replace(b"churn", b"burn"), "x")
    with pytest.raises(InvalidRecord, match="points"):
        files.history_from_yaml((GOLDEN / "metrics.yaml").read_bytes().replace(b"1 12 0.5", b"1 12 0x5"), "x")


def test_facts_that_make_no_sense_are_left_out() -> None:
    state = RunState(Run(RUN_ID, "x", 0))
    before = state.run()
    for fact in (
        ["unknown", 1],
        ["m", [["loss"]]],
        ["m", 3],
        ["p", None],
        ["l", "format: 1\n", {}, {}],
        ["lt", "no", "such", {}],
        ["a", [{"path": "../x"}]],
        ["end"],
        ["t", {}, "too", "many"],
    ):
        state.apply(fact)
    assert state.run() == before
