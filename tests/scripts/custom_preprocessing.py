"""Text in, label out: a pipeline with a vectorizer, wrapped in a custom model that cleans its input."""

import mlflow
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

texts = [
    "free prize now",
    "win money free",
    "meeting at noon",
    "lunch tomorrow at noon",
    "free money prize",
    "see you there",
]
labels = ["spam", "spam", "ham", "ham", "spam", "ham"]


class SpamFilter(mlflow.pyfunc.PythonModel):
    def __init__(self):
        self.pipeline = make_pipeline(TfidfVectorizer(), MultinomialNB()).fit(texts, labels)

    def predict(self, context, model_input, params=None):
        cleaned = model_input["text"].str.strip().str.lower()
        return pd.DataFrame({"label": self.pipeline.predict(cleaned)})


example = pd.DataFrame({"text": ["  FREE prize"]})
with mlflow.start_run():
    info = mlflow.pyfunc.log_model(
        name="spam", python_model=SpamFilter(), input_example=example, registered_model_name="spam"
    )
print(info.signature)
model = mlflow.pyfunc.load_model("models:/spam/latest")
print(model.predict(pd.DataFrame({"text": ["MONEY free", "noon meeting"]})).to_dict("list"))
try:
    model.predict(pd.DataFrame({"message": ["hello"]}))
except mlflow.MlflowException as error:
    print(error.error_code)
