"""Every logged model becomes the next version of one name; load versions by number and as the latest."""

import mlflow
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)

for C in (0.01, 1.0):
    with mlflow.start_run():
        model = LogisticRegression(C=C).fit(X, y)
        mlflow.log_param("C", C)
        mlflow.log_metric("train_accuracy", model.score(X, y))
        info = mlflow.sklearn.log_model(model, name="model", registered_model_name="wine")
        print(info.registered_model_version, type(info.registered_model_version).__name__)

print(mlflow.sklearn.load_model("models:/wine/1").C)
print(mlflow.sklearn.load_model("models:/wine/2").C)
print(mlflow.sklearn.load_model("models:/wine/latest").C)
for version in mlflow.search_model_versions(filter_string="name='wine'"):
    print(version.name, version.version, version.current_stage, version.status)
