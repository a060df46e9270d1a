"""A signature written down by hand, kept with the model and enforced."""

import mlflow
import pandas as pd
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import ColSpec, Schema
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

iris = load_iris()
train = pd.DataFrame(iris.data, columns=iris.feature_names)
model = RandomForestClassifier(max_depth=7, n_estimators=5, random_state=0).fit(train, iris.target)

input_schema = Schema([ColSpec("double", name) for name in iris.feature_names])
output_schema = Schema([ColSpec("long")])
signature = ModelSignature(inputs=input_schema, outputs=output_schema)
print(signature)
with mlflow.start_run():
    info = mlflow.sklearn.log_model(model, name="iris_rf", signature=signature, serialization_format="cloudpickle")

loaded = mlflow.pyfunc.load_model(info.model_uri)
print(loaded.metadata.signature == signature)
print(loaded.predict(train[::40]).tolist())
print(loaded.predict(train[::40][iris.feature_names[::-1]]).tolist())
try:
    loaded.predict(train.drop(columns="petal width (cm)"))
except mlflow.exceptions.MlflowException as error:
    print(error.error_code, error.message.rpartition("Error: ")[2])
print(info.signature.inputs.to_dict()[0])
print(info.signature.inputs.input_dict()["petal length (cm)"])
