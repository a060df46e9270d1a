"""Experiments: make, find, tag, list."""

import mlflow
from mlflow import MlflowClient

experiment_id = mlflow.create_experiment("Social NLP", tags={"version": "v1"})
print(type(experiment_id).__name__)
experiment = mlflow.get_experiment(experiment_id)
print(experiment.name, experiment.tags["version"], experiment.lifecycle_stage)
print(mlflow.get_experiment_by_name("Social NLP").experiment_id == experiment_id)
print(mlflow.get_experiment_by_name("nothing"))
print(mlflow.get_experiment("0").name)
try:
    mlflow.create_experiment("Social NLP")
except mlflow.MlflowException as error:
    print(error.error_code)
mlflow.set_experiment("Other")
mlflow.set_experiment_tag("stage", "draft")
MlflowClient().set_experiment_tag(experiment_id, "reviewed", "yes")
print(mlflow.get_experiment(experiment_id).tags["reviewed"])
found = mlflow.search_experiments(order_by=["name ASC"])
print([experiment.name for experiment in found])
print([experiment.name for experiment in mlflow.search_experiments(filter_string="tags.version = 'v1'")])
print([experiment.name for experiment in mlflow.search_experiments(filter_string="name LIKE 'Oth%'")])
with mlflow.start_run() as run:
    pass
print(mlflow.get_experiment(run.info.experiment_id).name)
with mlflow.start_run(experiment_id=experiment_id) as run:
    pass
print(mlflow.get_experiment(run.info.experiment_id).name)
