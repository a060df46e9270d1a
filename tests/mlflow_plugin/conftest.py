"""Where MLflow is missing, nothing of ``inside/`` is looked at."""

import importlib.util

collect_ignore = [] if importlib.util.find_spec("mlflow") else ["inside"]
