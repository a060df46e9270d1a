"""Laws of runs: records read back, the hand-written line is the JSON of its fact, a continued run is the same run."""

import json
import string

from hypothesis import given
from hypothesis import strategies as st

from gitmodels import digest
from gitmodels.fields import format_time, parse_time
from gitmodels.objects.manifest import Entry
from gitmodels.runs import facts, files
from gitmodels.runs.records import Code, DatasetUse, Experiment, LoggedModel, Metric, ModelLink, Run, experiment_id
from gitmodels.runs.replay import RunState

times = st.integers(0, 4_000_000_000_000)
hexes = st.text("0123456789abcdef", min_size=32, max_size=32)
keys = st.text(string.ascii_letters + string.digits + "_-. /äß", min_size=1, max_size=12)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
texts = st.dictionaries(keys, values, max_size=4)
labels = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8))
model_ids = hexes.map(lambda text: f"m-{text}")
metrics = st.builds(
    Metric,
    keys,
    st.floats(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    times,
    labels,
    labels,
    st.one_of(st.none(), model_ids),
)
uses = st.builds(DatasetUse, keys, keys, labels, texts)
links = st.builds(ModelLink, keys, model_ids, times, st.integers(0, 9))
entries = st.builds(
    lambda name, size: Entry(f"{name}.bin", size, digest.of_bytes(name.encode())),
    st.text(string.ascii_lowercase, min_size=1, max_size=5),
    st.integers(0, 2**40),
)
runs = st.builds(
    Run,
    id=hexes,
    name=values.filter(bool),
    started=times,
    experiment=values.filter(bool),
    user=values,
    status=st.sampled_from(["RUNNING", "FINISHED", "FAILED", "KILLED"]),
    ended=st.one_of(st.none(), times.filter(bool)),
    updated=times,
    deleted=st.booleans(),
    code=st.builds(Code, st.one_of(st.none(), hexes), labels, st.booleans()),
    params=texts,
    tags=texts,
    models=st.lists(links, max_size=3).map(tuple),
    datasets=st.lists(uses, max_size=3, unique_by=lambda use: (use.name, use.digest, use.context)).map(tuple),
    used=st.lists(model_ids, max_size=3, unique=True).map(tuple),
    rest=st.dictionaries(st.sampled_from(["future", "x-y"]), st.one_of(values, st.integers(0, 9)), max_size=2),
)


def with_metrics(run: Run, points: list[Metric]) -> RunState:
    state = RunState(run)
    state.apply(facts.metrics(points))
    return state


@given(runs, st.lists(metrics, max_size=8))
def test_a_run_and_its_history_read_back(run: Run, points: list[Metric]) -> None:
    state = with_metrics(run, points + points[:2])
    told = state.run()
    back = files.run_from_yaml(files.run_to_yaml(told), "run.yaml")
    assert files.run_to_yaml(back) == files.run_to_yaml(told)
    data = files.history_to_yaml(state.series, told.started)
    history = files.history_from_yaml(data, "metrics.yaml") if data is not None else []
    again = RunState(back, history)
    assert repr(sorted(again.series.items())) == repr(sorted(state.series.items()))
    assert files.history_to_yaml(again.series, told.started) == data


@given(runs, st.lists(metrics, max_size=6), st.lists(entries, max_size=3, unique_by=lambda entry: entry.path))
def test_a_continued_run_is_the_same_run(run: Run, points: list[Metric], artifacts: list[Entry]) -> None:
    state = with_metrics(run, points)
    state.apply(facts.artifacts(artifacts))
    told = state.run()
    fact = facts.resumed(told, files.history_to_yaml(state.series, told.started))
    again = RunState.first(json.loads(json.dumps(fact))).run()
    back = files.run_from_yaml(files.run_to_yaml(again), "x")
    assert (again.status, again.ended) == ("RUNNING", None)
    assert repr((back.params, back.tags, back.metrics, back.models)) == repr(
        (told.params, told.tags, told.metrics, tuple(told.models))
    )
    assert again.artifacts == told.artifacts
    assert (again.datasets, again.used) == (told.datasets, told.used)


@given(st.lists(uses, max_size=6), st.lists(model_ids, max_size=4), st.integers(0, 6))
def test_what_a_run_read_is_the_same_however_often_it_is_said(
    read: list[DatasetUse], models: list[str], cut: int
) -> None:
    once, often = RunState(Run("0" * 32, "x", 0)), RunState(Run("0" * 32, "x", 0))
    once.apply(facts.inputs(read, models))
    for fact in (facts.inputs(read[:cut], models), facts.inputs(read[cut:], []), facts.inputs(read[cut:], models)):
        often.apply(json.loads(json.dumps(fact)))
    assert once.run() == often.run()


@given(st.lists(metrics, max_size=5))
def test_the_line_written_by_hand_is_the_json_of_the_fact(points: list[Metric]) -> None:
    assert json.loads(facts.metrics_line(points)) == json.loads(json.dumps(facts.metrics(points)))


@given(st.lists(metrics, max_size=10), st.integers(0, 10))
def test_facts_may_be_cut_anywhere(points: list[Metric], cut: int) -> None:
    whole, parts = RunState(Run("0" * 32, "x", 0)), RunState(Run("0" * 32, "x", 0))
    whole.apply(facts.metrics(points))
    parts.apply(facts.metrics(points[:cut]))
    parts.apply(facts.metrics(points[cut:]))
    assert repr(whole.run()) == repr(parts.run())


@given(keys, st.binary(max_size=20), hexes, texts, texts, times)
def test_a_logging_reads_back(name: str, content: bytes, logging: str, params: dict, tags: dict, when: int) -> None:
    manifest = digest.of_bytes(content)
    logged = LoggedModel(
        name, digest.model_id(manifest), manifest, when, logging, None, params=params, tags=tags, updated=when
    )
    assert files.model_from_yaml(files.model_to_yaml(logged), "model.yaml") == logged


@given(values.filter(bool), times, times, texts, st.booleans())
def test_an_experiment_reads_back(name: str, created: int, updated: int, tags: dict, deleted: bool) -> None:
    experiment = Experiment(name, created, updated, deleted, tags)
    assert files.experiment_from_yaml(files.experiment_to_yaml(experiment), "x") == experiment
    assert experiment_id(name) == "0" or (len(experiment_id(name)) == 18 and experiment_id(name)[0] != "0")


@given(st.integers(0, 253_402_300_799_999))
def test_times_read_back(when: int) -> None:
    assert parse_time(format_time(when)) == when
