"""Logging values of metrics one by one, as a training loop does, and finding runs again."""

from measure import Row, Sides, answer

METRICS = """
import json, logging, os, subprocess, tempfile, time, warnings
warnings.simplefilter("ignore"); logging.disable(logging.WARNING)
folder = tempfile.mkdtemp(); os.chdir(folder)
subprocess.run(["git", "init", "-q", "."], check=True)
def measure(flow, count, runs):
    taken = []
    for _ in range(3):
        with flow.start_run():
            flow.log_metric("loss", 1.0, step=0)
            start = time.perf_counter()
            for step in range(1, count):
                flow.log_metric("loss", 1.0 / step, step=step)
            taken.append((time.perf_counter() - start) * 10_000 / count)
    for number in range(runs):
        with flow.start_run():
            flow.log_params({"depth": number})
            flow.log_metric("auc", number / runs)
    flow.search_runs(filter_string="metrics.auc > 0.5", order_by=["metrics.auc DESC"])
    start = time.perf_counter()
    found = flow.search_runs(filter_string="metrics.auc > 0.5", order_by=["metrics.auc DESC"])
    print(json.dumps([sorted(taken)[1], time.perf_counter() - start]))
"""
OURS = "import gitmodels\nmeasure(gitmodels, 10_000, 100)"
# MLflow writes a database row for each value: a tenth of them says enough.
THEIRS = """
import mlflow
mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
measure(mlflow, 1_000, 100)
"""


def bench_metrics(sides: Sides) -> list[Row]:
    """10,000 calls of log_metric in one run, and one search among 100 runs."""
    peer = answer(sides.mlflow, METRICS + THEIRS)
    ours = answer(sides.ours, METRICS + OURS)
    assert isinstance(peer, list)
    assert isinstance(ours, list)
    return [
        Row("log 10,000 values of a metric, one by one", peer[0], ours[0], "s", 0.1),
        Row("search 100 runs by a metric", peer[1] * 1000, ours[1] * 1000, "ms", 50),
    ]
