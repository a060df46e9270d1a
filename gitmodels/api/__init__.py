"""The layer of MLflow names: fluent verbs, client, entities and the public modules."""
