"""Through pyfunc to the object below it, and other predict functions."""

import mlflow
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

X, y = load_iris(return_X_y=True)
with mlflow.start_run():
    proba = mlflow.sklearn.log_model(
        LogisticRegression(max_iter=500).fit(X, y), name="proba", pyfunc_predict_fn="predict_proba"
    )
    clusters = mlflow.sklearn.log_model(KMeans(3, n_init=3, random_state=0).fit(X), name="clusters")

model = mlflow.pyfunc.load_model(proba.model_uri)
print(model.predict(X[:2]).round(2).tolist())
print(type(model.get_raw_model()).__name__)
print(model.metadata.flavors["python_function"]["predict_fn"])
print(sorted(set(mlflow.pyfunc.load_model(clusters.model_uri).predict(X).tolist())))
print(model.model_id == proba.model_id, model.metadata.model_id == proba.model_id)
print(model.metadata.signature)
