"""The promotion loop of the registry tutorials: train, compare with the champion, move the alias."""

import mlflow
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.datasets import load_wine
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

NAME = "wine-quality"
X, y = load_wine(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=1)
client = MlflowClient()
mlflow.set_experiment(NAME)

for trees in (1, 20, 2):
    with mlflow.start_run() as run:
        model = GradientBoostingClassifier(n_estimators=trees, random_state=0).fit(X_train, y_train)
        predicted = model.predict(X_test)
        mlflow.log_param("trees", trees)
        mlflow.log_metric("f1", f1_score(y_test, predicted, average="macro"))
        mlflow.sklearn.log_model(
            model, name="gbt", signature=infer_signature(X_test, predicted), serialization_format="cloudpickle"
        )
    version = mlflow.register_model(f"runs:/{run.info.run_id}/gbt", NAME)
    new = client.get_run(version.run_id).data.metrics["f1"]
    try:
        champion = client.get_model_version_by_alias(NAME, "champion")
        best = client.get_run(champion.run_id).data.metrics["f1"]
    except mlflow.MlflowException:
        best = -1.0
    if new > best:
        client.set_registered_model_alias(NAME, "champion", version.version)
    print(version.version, trees, round(new, 3), "promoted" if new > best else "kept the champion")

champion = mlflow.pyfunc.load_model(f"models:/{NAME}@champion")
print(champion.predict(X_test.head(6)).tolist())
print(mlflow.sklearn.load_model(f"models:/{NAME}@champion").n_estimators)
