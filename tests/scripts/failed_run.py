"""A run whose block raises is FAILED, and what it logged is kept."""

import mlflow

mlflow.set_experiment("fragile")
try:
    with mlflow.start_run(run_name="broken"):
        mlflow.log_param("lr", 10)
        mlflow.log_metric("loss", 3.5)
        raise ValueError("diverged")
except ValueError as error:
    print("raised:", error)

print(mlflow.active_run())
run = mlflow.last_active_run()
print(run.info.status, run.data.params, run.data.metrics)
mlflow.start_run(run_name="killed")
mlflow.end_run(status="KILLED")
print(mlflow.last_active_run().info.status)
failed = mlflow.search_runs(experiment_names=["fragile"], filter_string="attributes.status = 'FAILED'")
print(failed["tags.mlflow.runName"].tolist())
