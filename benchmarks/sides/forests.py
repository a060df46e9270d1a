"""Random forests trained again and again: python forests.py FOLDER HOW KIND. Run by our Python.

HOW is "more trees" (each adds ten to the last) or "other seeds"; KIND is "pickle" or "skops", our default format.
"""

import pickle
import sys
import tempfile
from pathlib import Path

from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

folder, how, kind = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
X, y = make_classification(4_000, 20, n_informative=10, random_state=0)
grows = how == "more trees"
forest = RandomForestClassifier(100, random_state=0, warm_start=grows)
for number in range(11):
    forest.set_params(**({"n_estimators": 100 + 10 * number} if grows else {"random_state": number}))
    forest.fit(X, y)
    if kind == "pickle":
        (folder / str(number)).write_bytes(pickle.dumps(forest, protocol=5))
        continue
    from gitmodels.flavors import sklearn

    with tempfile.TemporaryDirectory() as saved:
        sklearn.save(forest, Path(saved), {})
        (folder / str(number)).write_bytes(Path(saved, "model.skops").read_bytes())
print("{}")
