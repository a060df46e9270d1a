"""A parent run with children: a small search, the best child kept on the parent."""

import mlflow
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

X, y = load_diabetes(return_X_y=True)
experiment = mlflow.set_experiment("ridge search")
with mlflow.start_run(run_name="search") as parent:
    scores = {}
    for alpha in (0.01, 0.1, 1.0):
        with mlflow.start_run(run_name=f"alpha={alpha}", nested=True) as child:
            score = cross_val_score(Ridge(alpha=alpha), X, y, cv=3).mean()
            mlflow.log_param("alpha", alpha)
            mlflow.log_metric("r2", score)
            scores[alpha] = score
            print(mlflow.active_run().info.run_name, child.data.tags["mlflow.parentRunId"] == parent.info.run_id)
    mlflow.log_metric("best_r2", max(scores.values()))
    print(mlflow.active_run().info.run_name)

print(mlflow.active_run(), mlflow.last_active_run().info.run_name)
children = mlflow.search_runs(
    [experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.r2 DESC"]
)
print(children["params.alpha"].tolist())
print(children["metrics.r2"].round(3).tolist())
print(mlflow.get_parent_run(children.iloc[0]["run_id"]).info.run_name)
try:
    with mlflow.start_run():
        mlflow.start_run()
except Exception as error:  # noqa: BLE001
    print("nested=True is asked for:", "nested=True" in str(error))
