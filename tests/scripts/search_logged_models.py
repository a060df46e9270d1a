"""Search among logged models, as a table and as entities."""

import mlflow
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

X, y = load_iris(return_X_y=True)
experiment = mlflow.set_experiment("trees")
for depth in (1, 2, 3):
    with mlflow.start_run():
        model = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X, y)
        info = mlflow.sklearn.log_model(
            model, name=f"tree-{depth}", params={"max_depth": depth}, serialization_format="cloudpickle"
        )
        mlflow.log_metric("accuracy", model.score(X, y), model_id=info.model_id)

ids = [experiment.experiment_id]
models = mlflow.search_logged_models(experiment_ids=ids, output_format="list")
print(sorted(model.name for model in models))
print([model.name for model in mlflow.search_logged_models(ids, "name = 'tree-2'", output_format="list")])
good = mlflow.search_logged_models(
    ids,
    "metrics.accuracy > 0.9",
    order_by=[{"field_name": "metrics.accuracy", "ascending": False}],
    output_format="list",
)
print([(model.name, round(model.metrics[0].value, 3)) for model in good])
print([model.name for model in mlflow.search_logged_models(ids, "params.max_depth = '1'", output_format="list")])
frame = mlflow.search_logged_models(ids)
print(sorted(frame["name"]), len(frame))
