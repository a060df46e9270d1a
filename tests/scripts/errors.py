"""The errors scripts catch: their class, code and message."""

import mlflow
from mlflow import MlflowClient, MlflowException
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier

client = MlflowClient()
X, y = load_iris(return_X_y=True)
mlflow.sklearn.log_model(DummyClassifier().fit(X, y), name="dummy", registered_model_name="iris")


def attempt(title, function, *arguments, message=True):
    try:
        print(title, function(*arguments))
    except MlflowException as error:
        print(title, error.error_code, error.get_http_status_code(), error.message if message else "")


attempt("unknown model", client.get_registered_model, "nope")
attempt("unknown version", client.get_model_version, "iris", 99)
attempt("unknown alias", client.get_model_version_by_alias, "iris", "prod")
attempt("alias to nothing", client.set_registered_model_alias, "iris", "prod", 99)
attempt("alias of a nameless", client.set_registered_model_alias, "nope", "prod", 1)
attempt("alias v1", client.set_registered_model_alias, "iris", "v1", 1, message=False)
attempt("alias latest", client.set_registered_model_alias, "iris", "latest", 1, message=False)
attempt("empty name", client.create_registered_model, "", message=False)
attempt("slash in a name", client.create_registered_model, "a/b", message=False)
attempt("rename to a taken name", client.rename_registered_model, "nope", "iris", message=False)
attempt("tag of an unknown model", client.set_registered_model_tag, "nope", "k", "v")
attempt("delete unknown", client.delete_registered_model, "nope")
attempt("load unknown", mlflow.pyfunc.load_model, "models:/nope/1", message=False)
attempt("load unknown alias", mlflow.pyfunc.load_model, "models:/iris@nope", message=False)
attempt("unknown experiment", client.get_experiment, "123456789", message=False)
attempt("a metric that is no number", mlflow.log_metric, "m", "high", message=False)
