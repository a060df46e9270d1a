"""The main job once, on real data: train, log, register, alias, review with stock git, load elsewhere, roll back.

Run by ``make demo``. Everything happens in a temporary git repository; every claim is checked, and the first that
does not hold ends the demo with exit code 1.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import gitmodels

CHAMPION = "refs/gitmodels/aliases/cancer/champion"
FRESH = """
import sys, numpy as np, pandas as pd, gitmodels
data = pd.read_csv("holdout.csv")
model = gitmodels.pyfunc.load_model("models:/cancer@champion")
np.save(sys.argv[1], model.predict(data))
"""


def main() -> None:
    """The story, from an empty repository to a caught bit flip."""
    folder = Path(tempfile.mkdtemp(prefix="gitmodels-demo-"))
    # So that `git models` is found although the environment was not activated.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    try:
        os.chdir(folder)
        tell(folder)
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)
    print("\nEvery check held.")


def tell(folder: Path) -> None:
    """Each chapter in turn."""
    chapter("A plain git repository, no server")
    shell("git", "init", "--quiet", "--initial-branch=main")
    shell("git", "models", "init")

    chapter("Train two models on scikit-learn's breast cancer data, log and register both")
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    train, holdout, train_target, holdout_target = train_test_split(features, target, random_state=0)
    holdout.to_csv("holdout.csv", index=False)
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    forest = RandomForestClassifier(n_estimators=100, random_state=0)
    for model in (linear, forest):
        model.fit(train, train_target)
        log_and_register(model, holdout, holdout_target)

    chapter("Tag a version, and say which one is the champion")
    shell("git", "models", "tag", "set", "cancer/1", "validated=yes")
    shell("git", "models", "alias", "set", "cancer", "champion", "1", "--reason", "first model that works")
    shell("git", "models", "ls")
    shell("git", "models", "show", "cancer@champion")

    chapter("It is all git: stock commands work on the alias")
    readable = shell("git", "show", f"{CHAMPION}:MLmodel", lines=8)
    check("the alias ref shows the MLmodel file", "flavors:" in readable and "sklearn:" in readable)
    check("the branch tells the history", "alias cancer@champion" in shell("git", "log", "--format=%s", "gitmodels"))

    chapter("A fresh process loads the champion and predicts what the trained object predicts")
    check("the predictions are equal", np.array_equal(in_fresh_process(folder), linear.predict(holdout)))

    chapter("A wrong input is refused, by column and type, without showing the data")
    champion = gitmodels.pyfunc.load_model("models:/cancer@champion")
    refused = ""
    try:
        champion.predict(holdout.drop(columns="mean area"))
    except gitmodels.MlflowException as error:
        refused = error.message
    print(f"    {refused[:160]}")
    check("the missing column is named", "mean area" in refused)

    chapter("Move the champion to the forest, then roll back")
    shell("git", "models", "alias", "set", "cancer", "champion", "2", "--reason", "forest")
    check("the forest answers now", np.array_equal(in_fresh_process(folder), forest.predict(holdout)))
    shell("git", "log", "-1", "-p", "--format=%h %s", "gitmodels", "--", "models/*/cancer/aliases/*", lines=14)
    gitmodels.rollback("cancer", "champion", reason="demo")
    check("the first model answers again", np.array_equal(in_fresh_process(folder), linear.predict(holdout)))
    shell("git", "models", "log", "cancer")

    chapter("Flip one byte of the store: it is caught, not loaded")
    shutil.rmtree(folder / ".git/gitmodels/cache")
    flipped = flip_a_byte(folder)
    damaged = shell("git", "models", "fsck", "--full", expect=6)
    check("fsck names the damage", flipped.name[:8] in damaged)
    check("loading it fails", in_fresh_process_fails(folder))


def log_and_register(model: object, holdout: object, holdout_target: object) -> None:
    """One run: params, metrics, the model with an input example, a new version of ``cancer``."""
    with gitmodels.start_run() as run:
        gitmodels.log_param("model", type(model).__name__)
        gitmodels.log_metric("accuracy", accuracy_score(holdout_target, model.predict(holdout)))
        gitmodels.log_metric("auc", roc_auc_score(holdout_target, model.predict_proba(holdout)[:, 1]))
        info = gitmodels.sklearn.log_model(
            model, name="model", input_example=holdout.head(), registered_model_name="cancer"
        )
    version, run_name = info.registered_model_version, run.info.run_name
    print(f"    cancer v{version}  run {run_name}  {info.model_id}")
    check("the signature was inferred", info.signature is not None)


def in_fresh_process(folder: Path) -> np.ndarray:
    """What a new interpreter predicts with the champion."""
    answer = folder / "answer.npy"
    subprocess.run([sys.executable, "-c", FRESH, str(answer)], check=True)
    return np.load(answer)


def in_fresh_process_fails(folder: Path) -> bool:
    """Whether a new interpreter refuses to load the champion; its last line is shown."""
    done = subprocess.run([sys.executable, "-c", FRESH, "answer.npy"], capture_output=True, text=True, check=False)
    print(f"    {done.stderr.strip().splitlines()[-1][:160]}")
    return done.returncode != 0 and "DigestMismatch" in done.stderr


def flip_a_byte(folder: Path) -> Path:
    """Change one byte in the middle of every pack of the store; the first pack."""
    packs = sorted((folder / ".git/gitmodels/packs").glob("*.pack"))
    for pack in packs:
        pack.chmod(0o644)
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 1
        pack.write_bytes(data)
    return packs[0]


def chapter(title: str) -> None:
    """Announce what comes."""
    print(f"\n== {title}")


def check(claim: str, holds: bool) -> None:
    """Print the claim, or end the demo when it is not so."""
    print(f"    {'ok' if holds else 'NOT SO'}: {claim}")
    if not holds:
        sys.exit(1)


def shell(*command: str, lines: int = 12, expect: int = 0) -> str:
    """Run a command as a person would, show what it prints, and check its exit code."""
    print(f"    $ {' '.join(quoted(command))}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    for line in output.splitlines()[:lines]:
        print(f"      {line[:150]}")
    if done.returncode != expect:
        print(output)
        check(f"{command[0]} ends with exit code {expect}, not {done.returncode}", False)
    return output


def quoted(words: Sequence[str]) -> list[str]:
    """The words as a shell takes them."""
    return [f'"{word}"' if " " in word or "*" in word else word for word in words]


if __name__ == "__main__":
    main()
