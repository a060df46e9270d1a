"""Runs as entities, over several experiments, deleted ones apart."""

import mlflow
from mlflow.entities import ViewType

ids = {}
for name in ("north", "south"):
    mlflow.set_experiment(name)
    for loss in (0.3, 0.1):
        with mlflow.start_run(run_name=f"{name}-{loss}") as run:
            mlflow.log_metric("loss", loss)
            mlflow.log_param("region", name)
        ids[run.info.run_name] = run.info.run_id


def shown(runs):
    return [(run.info.run_name, run.data.metrics["loss"], run.data.params["region"]) for run in runs]


found = mlflow.search_runs(experiment_names=["north", "south"], order_by=["metrics.loss"], output_format="list")
print(sorted(shown(found)))
print(shown(mlflow.search_runs(experiment_names=["south"], order_by=["metrics.loss DESC"], output_format="list")))
print(
    shown(
        mlflow.search_runs(
            search_all_experiments=True,
            filter_string="metrics.loss < 0.2 and params.region = 'north'",
            output_format="list",
        )
    )
)

mlflow.delete_run(ids["north-0.3"])
active = mlflow.search_runs(experiment_names=["north"], output_format="list")
print(shown(active))
deleted = mlflow.search_runs(experiment_names=["north"], run_view_type=ViewType.DELETED_ONLY, output_format="list")
print([(run.info.run_name, run.info.lifecycle_stage) for run in deleted])
print(len(mlflow.search_runs(experiment_names=["north"], run_view_type=ViewType.ALL, output_format="list")))
print(mlflow.search_runs(experiment_names=["nowhere"], output_format="list"))
