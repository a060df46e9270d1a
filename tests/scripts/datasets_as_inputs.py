"""Data sets on a run: made from a frame and an array, logged with a context, read back."""

import mlflow
from sklearn.datasets import load_wine

wine = load_wine(as_frame=True)
dataset = mlflow.data.from_pandas(wine.frame, name="wine", targets="target")
print(dataset.name, dataset.profile, len(dataset.digest) > 0)
print(dataset.schema.input_names()[:2], dataset.targets)

with mlflow.start_run() as run:
    mlflow.log_input(dataset, context="training")
    mlflow.log_input(mlflow.data.from_numpy(wine.data.to_numpy(), name="wine-array"), context="testing")

inputs = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
for item in sorted(inputs, key=lambda item: item.dataset.name):
    print(item.dataset.name, [(tag.key, tag.value) for tag in item.tags], len(item.dataset.digest) > 0)
print({item.dataset.name: item.dataset.digest for item in inputs}["wine"] == dataset.digest)
again = mlflow.data.from_pandas(wine.frame, name="wine", targets="target")
print(again.digest == dataset.digest, mlflow.data.from_pandas(wine.frame.head(9)).digest == dataset.digest)
