"""The JSON a server would be sent for an input example, checked against the model."""

import json

import mlflow
from mlflow.models import convert_input_example_to_serving_input, validate_serving_input
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

iris = load_iris(as_frame=True)
frame = iris.data.rename(columns=lambda name: name.split(" (")[0].replace(" ", "_"))
model = GaussianNB().fit(frame, iris.target)
with mlflow.start_run():
    info = mlflow.sklearn.log_model(model, name="nb", input_example=frame.head(2))

payload = convert_input_example_to_serving_input(frame.head(2))
print(json.dumps(json.loads(payload)))
print(validate_serving_input(info.model_uri, payload).tolist())
print(json.dumps(json.loads(convert_input_example_to_serving_input([1, 2]))))
print(json.dumps(json.loads(convert_input_example_to_serving_input(frame.head(1).to_numpy()))))
print(json.dumps(json.loads(convert_input_example_to_serving_input({"question": "why"}))))
records = json.dumps({"dataframe_records": frame[100:102].to_dict("records")})
print(validate_serving_input(info.model_uri, records).tolist())
