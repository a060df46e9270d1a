"""Log and register with no run active: the model stands on its own."""

import mlflow
from sklearn.datasets import load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

X, y = load_wine(return_X_y=True, as_frame=True)
info = mlflow.sklearn.log_model(
    LinearDiscriminantAnalysis().fit(X, y), name="lda", input_example=X.head(2), registered_model_name="lda"
)
print(info.run_id, mlflow.active_run(), info.name, info.registered_model_version)
print(mlflow.MlflowClient().get_model_version("lda", 1).run_id)
print(mlflow.pyfunc.load_model("models:/lda/1").predict(X[::60]).tolist())
print(mlflow.pyfunc.load_model(info.model_uri).predict(X[::60]).tolist())
logged = mlflow.get_logged_model(info.model_id)
print(logged.name, logged.source_run_id, logged.experiment_id)
