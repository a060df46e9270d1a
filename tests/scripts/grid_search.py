"""A grid search whose candidates are child runs and whose winner is the model."""

import mlflow
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

X, y = load_digits(return_X_y=True)
X, y = X[:400] / 16, y[:400]
search = GridSearchCV(
    Pipeline([("pca", PCA(random_state=0)), ("svc", LinearSVC(random_state=0))]),
    {"pca__n_components": [5, 20], "svc__C": [0.1, 1.0]},
    cv=3,
)
with mlflow.start_run(run_name="grid") as parent:
    search.fit(X, y)
    for params, score in zip(search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True):
        with mlflow.start_run(nested=True):
            mlflow.log_params(params)
            mlflow.log_metric("mean_test_score", score)
    mlflow.log_params(search.best_params_)
    mlflow.log_metric("best_score", search.best_score_)
    info = mlflow.sklearn.log_model(search.best_estimator_, name="winner", input_example=X[:2])

print(sorted(mlflow.get_run(parent.info.run_id).data.params.items()))
runs = mlflow.search_runs(filter_string=f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
print(len(runs), sorted(runs["params.pca__n_components"].unique()))
loaded = mlflow.sklearn.load_model(info.model_uri)
print(loaded.named_steps["pca"].n_components, (loaded.predict(X) == search.predict(X)).all())
print(info.signature)
