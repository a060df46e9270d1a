"""Log params, metrics and tags of one run, and read them back."""

import mlflow

mlflow.set_experiment("quickstart")

with mlflow.start_run(run_name="first try") as run:
    mlflow.log_param("alpha", 0.5)
    mlflow.log_params({"solver": "lbfgs", "max_iter": 1000})
    mlflow.log_metric("rmse", 0.78)
    mlflow.log_metrics({"mae": 0.6, "r2": 0.1})
    mlflow.set_tag("release.version", "2.2.0")
    mlflow.set_tags({"team": "fraud", "priority": "P1"})

finished = mlflow.get_run(run.info.run_id)
print(finished.info.run_name, finished.info.status, finished.info.lifecycle_stage)
print(sorted(finished.data.params.items()))
print(sorted(finished.data.metrics.items()))
print(sorted((key, value) for key, value in finished.data.tags.items() if not key.startswith("mlflow.")))
print(finished.data.tags["mlflow.runName"])
print(finished.info.end_time >= finished.info.start_time, len(finished.info.run_id))
