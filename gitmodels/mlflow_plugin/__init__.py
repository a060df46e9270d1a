"""MLflow's plugin: a registry in git behind MLflow's own API, client, command line, server and user interface.

``mlflow.set_registry_uri("gitmodels:///path")`` is all it takes. This room is the only one that imports MLflow, and
public names of it only; what is registered where, and how bytes are kept, is known by the rooms below.
"""
