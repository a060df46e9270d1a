"""What a run read: its record and its journal as they were first written, byte for byte."""

import json
from pathlib import Path

from gitmodels.runs import files
from gitmodels.runs.records import DatasetUse
from gitmodels.runs.replay import RunState
from gitmodels.values import replace

RUNS = Path(__file__).parent / "v1" / "runs"
MODEL = "m-0d197521d9a48760576da1c87dfd828a"


def test_the_record_reads_and_is_written_again_as_it_was() -> None:
    data = (RUNS / "run-inputs.yaml").read_bytes()
    run = files.run_from_yaml(data, "run.yaml")
    assert run.datasets == (
        DatasetUse("churn", "d41d8cd9", "training", {"owner": "risk"}),
        DatasetUse("holdout", "0cc175b9"),
    )
    assert run.used == (MODEL,)
    assert files.run_to_yaml(run) == data


def test_the_journal_leads_to_the_record() -> None:
    first, *rest = [json.loads(line) for line in (RUNS / "journal-inputs.jsonl").read_text().splitlines()]
    state = RunState.first(first)
    for fact in rest:
        state.apply(fact)
    run = replace(state.run(), ended=None)
    assert files.run_to_yaml(run) == (RUNS / "run-inputs.yaml").read_bytes()
