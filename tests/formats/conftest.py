"""Saved models are data: the Python files inside them are read by loaders, never collected."""

collect_ignore_glob = ["mlflow/*"]
