"""Files, folders, text and dicts on a run: logged, listed, read and downloaded."""

from pathlib import Path

import mlflow
from sklearn.datasets import load_iris

Path("plots").mkdir()
Path("plots/a.txt").write_text("first")
Path("plots/b.txt").write_text("second")
load_iris(as_frame=True).frame.head(3).to_csv("head.csv", index=False)

with mlflow.start_run() as run:
    mlflow.log_artifact("head.csv")
    mlflow.log_artifact("head.csv", artifact_path="data/raw")
    mlflow.log_artifacts("plots", artifact_path="plots")
    mlflow.log_text("# Iris\n", "report.md")
    mlflow.log_dict({"k": 3, "classes": ["setosa", "virginica"]}, "config/model.json")
    mlflow.log_dict({"k": 3}, "config/model.yaml")


def listed(**arguments):
    return [(item.path, item.is_dir, item.file_size) for item in mlflow.artifacts.list_artifacts(**arguments)]


for path in (None, "data", "plots"):
    print(listed(run_id=run.info.run_id, artifact_path=path))
print(mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/report.md"))
print(mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/config/model.json"))
local = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="plots", dst_path="got")
print(sorted(path.name for path in Path(local).iterdir()), (Path(local) / "b.txt").read_text())
one = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/head.csv")
print(Path(one).read_text().splitlines()[1])
print(mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/config/model.yaml").strip())
