"""Autologging of statsmodels: the params of a fit, the numbers and the summary of its results."""

import logging
from pprint import pprint

import mlflow
import numpy as np
import statsmodels.api as sm
from mlflow import MlflowClient

logging.getLogger("mlflow").setLevel(logging.ERROR)
mlflow.statsmodels.autolog()
random = np.random.default_rng(0)
X = sm.add_constant(random.normal(size=(80, 2)))
y = X @ [1.0, 2.0, -1.0] + random.normal(size=80)

for model, how in ((sm.OLS(y, X), {"cov_type": "HC1"}), (sm.Logit((y > 0).astype(float), X), {"disp": False})):
    with mlflow.start_run() as run:
        results = model.fit(**how)
    data = MlflowClient().get_run(run.info.run_id).data
    pprint({name: value for name, value in data.params.items() if name != "kwargs"})
    pprint({name: float(f"{value:.6g}") for name, value in sorted(data.metrics.items())})
    print(mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/model_summary.txt").splitlines()[0].strip())
    loaded = mlflow.statsmodels.load_model(f"runs:/{run.info.run_id}/model")
    print(np.allclose(loaded.predict(X), results.predict(X)))

sm.OLS(y, X).fit()
print(mlflow.last_active_run().data.tags["mlflow.autologging"])
mlflow.statsmodels.autolog(disable=True)
