"""The client's way to a run: create, log a batch, artifacts, terminate."""

from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

client = MlflowClient()
experiment_id = client.create_experiment("by hand", tags={"owner": "ana"})
run = client.create_run(experiment_id, tags={"mlflow.runName": "manual"})
run_id = run.info.run_id
print(run.info.status, run.info.run_name, type(experiment_id).__name__)
client.log_param(run_id, "p", 1)
client.log_metric(run_id, "m", 1.5)
client.log_batch(
    run_id,
    metrics=[Metric("m", 2.5, 1_700_000_000_000, 1), Metric("n", 3.5, 1_700_000_000_000, 0)],
    params=[Param("q", "2")],
    tags=[RunTag("t", "x")],
)
client.set_tag(run_id, "u", "y")
client.delete_tag(run_id, "t")
Path("note.txt").write_text("noted")
client.log_artifact(run_id, "note.txt")
client.log_text(run_id, "hello", "sub/hello.txt")
client.log_dict(run_id, {"a": 1}, "sub/a.json")
client.set_terminated(run_id, "FINISHED")

done = client.get_run(run_id)
print(done.info.status, sorted(done.data.params.items()), sorted(done.data.metrics.items()))
print(sorted((key, value) for key, value in done.data.tags.items() if not key.startswith("mlflow.")))
print(
    [item.path for item in client.list_artifacts(run_id)], [item.path for item in client.list_artifacts(run_id, "sub")]
)
print(Path(client.download_artifacts(run_id, "sub/hello.txt")).read_text())
print([found.info.run_name for found in client.search_runs([experiment_id], "metrics.m > 2")])
print(client.get_experiment(experiment_id).tags["owner"])
