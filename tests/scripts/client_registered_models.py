"""Make, describe, rename and delete a registered model through the client."""

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


def show(model):
    print(f"name: {model.name}; description: {model.description}; tags: {sorted(model.tags.items())}")


client = MlflowClient()
show(client.create_registered_model("SocialMediaTextAnalyzer", {"nlp.framework": "Spark NLP"}, "Mining short texts"))
try:
    client.create_registered_model("SocialMediaTextAnalyzer")
except MlflowException as error:
    print(error.error_code)
show(client.update_registered_model("SocialMediaTextAnalyzer", description="Mining all texts"))
client.rename_registered_model("SocialMediaTextAnalyzer", "TextAnalyzer")
show(client.get_registered_model("TextAnalyzer"))
client.set_registered_model_tag("TextAnalyzer", "task", "sentiment")
client.set_registered_model_tag("TextAnalyzer", "languages", 3)
show(client.get_registered_model("TextAnalyzer"))
client.delete_registered_model_tag("TextAnalyzer", "nlp.framework")
show(client.get_registered_model("TextAnalyzer"))
client.delete_registered_model("TextAnalyzer")
print(client.search_registered_models())
try:
    client.get_registered_model("TextAnalyzer")
except MlflowException as error:
    print(error.error_code, "|", error.message)
