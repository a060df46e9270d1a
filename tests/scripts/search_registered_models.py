"""Search registered models by name and tag, ordered, and page by page."""

import mlflow
from mlflow import MlflowClient

client = MlflowClient()
for name, tags in {
    "CordobaWeatherForecast": {"team": "weather"},
    "BostonWeatherForecast": {"team": "weather", "tier": "gold"},
    "boston-traffic": {"team": "traffic", "tier": "gold"},
    "fraud": None,
}.items():
    client.create_registered_model(name, tags=tags)


def names(models):
    return [model.name for model in models]


print(names(client.search_registered_models()))
print(names(client.search_registered_models(filter_string="name = 'fraud'")))
print(names(client.search_registered_models(filter_string="name LIKE 'Boston%'")))
print(names(client.search_registered_models(filter_string="name ILIKE '%boston%'")))
print(names(client.search_registered_models(filter_string="tags.team = 'weather'")))
print(names(client.search_registered_models(filter_string="tags.tier = 'gold' and name ILIKE '%weather%'")))
print(names(client.search_registered_models(order_by=["name DESC"])))
print(names(mlflow.search_registered_models(filter_string="name != 'fraud'", max_results=2)))

page = client.search_registered_models(max_results=3)
print(len(page), page.token is not None)
rest = client.search_registered_models(max_results=3, page_token=page.token)
print(names(rest), rest.token)
try:
    client.search_registered_models(filter_string="colour = 'red'")
except mlflow.MlflowException as error:
    print(error.error_code)
