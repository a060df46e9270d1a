"""Go on with a run that has ended; params keep their value."""

import mlflow

with mlflow.start_run(run_name="two sittings", description="first half") as run:
    print(mlflow.log_param("depth", 3))
    mlflow.log_metric("auc", 0.8, step=1)

with mlflow.start_run(run_id=run.info.run_id) as resumed:
    print(resumed.info.run_id == run.info.run_id)
    mlflow.log_metric("auc", 0.9, step=2)
    mlflow.log_param("depth", 3)
    try:
        mlflow.log_param("depth", 4)
    except mlflow.MlflowException as error:
        print(error.error_code)

done = mlflow.get_run(run.info.run_id)
print(done.info.status, done.info.run_name, done.data.params, done.data.metrics)
print(done.data.tags["mlflow.note.content"])
try:
    mlflow.get_run("0" * 32)
except mlflow.MlflowException as error:
    print(error.error_code)
