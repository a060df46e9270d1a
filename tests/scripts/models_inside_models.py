"""A custom model made of two registered ones, brought along by their models:/ URIs."""

import mlflow
from sklearn.datasets import load_diabetes
from sklearn.linear_model import BayesianRidge, LinearRegression

X, y = load_diabetes(return_X_y=True, as_frame=True)
mlflow.sklearn.log_model(LinearRegression().fit(X, y), name="linear", registered_model_name="linear")
mlflow.sklearn.log_model(BayesianRidge().fit(X, y), name="bayes", registered_model_name="bayes")


class Mean(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.models = [mlflow.sklearn.load_model(context.artifacts[name]) for name in ("linear", "bayes")]

    def predict(self, context, model_input, params=None):
        return sum(model.predict(model_input) for model in self.models) / len(self.models)


with mlflow.start_run():
    mlflow.pyfunc.log_model(
        name="mean",
        python_model=Mean(),
        artifacts={"linear": "models:/linear/1", "bayes": "models:/bayes/1"},
        registered_model_name="mean",
    )
print(mlflow.pyfunc.load_model("models:/mean/1").predict(X.head(3)).round(2).tolist())
