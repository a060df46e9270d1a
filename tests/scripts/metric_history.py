"""A metric logged at every step, and its history read through the client."""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier

X, y = load_digits(return_X_y=True)
model = SGDClassifier(random_state=0)
with mlflow.start_run() as run:
    for step in range(5):
        model.partial_fit(X / 16, y, classes=range(10))
        mlflow.log_metric("accuracy", model.score(X / 16, y), step=step)
    mlflow.log_metric("seconds", 1.5, step=0, timestamp=1_700_000_000_000)
    mlflow.log_metrics({"accuracy": 0.5, "loss": 0.25}, step=9)

client = MlflowClient()
history = client.get_metric_history(run.info.run_id, "accuracy")
for metric in history:
    print(metric.key, metric.step, round(metric.value, 3))
print(client.get_run(run.info.run_id).data.metrics["accuracy"])
only = client.get_metric_history(run.info.run_id, "seconds")[0]
print(only.value, only.step, only.timestamp)
print(client.get_metric_history(run.info.run_id, "never"))
