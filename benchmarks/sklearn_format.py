"""Saving and loading scikit-learn models: canonical skops beside stock skops and pickle, in one run.

``python benchmarks/sklearn_format.py`` prints milliseconds (the best of five) and bytes. Our save includes reading the
file back and writing it again to compare; stock skops is told to trust every type.
"""

import pickle
import sys
import time
import warnings

import numpy as np
from skops import io

from gitmodels.flavors import skops


def models():
    from sklearn import ensemble, feature_extraction, linear_model, neighbors, pipeline, preprocessing, svm

    random = np.random.RandomState(0)
    data = random.rand(1000, 20)
    labels = (data[:, 0] + data[:, 1] * data[:, 2] + 0.2 * random.rand(1000) > 0.9).astype(int)
    texts = [" ".join(f"w{number}" for number in random.randint(0, 6000, 40)) for _ in range(500)]
    return {
        "LogisticRegression": linear_model.LogisticRegression().fit(data, labels),
        "Pipeline": pipeline.make_pipeline(preprocessing.StandardScaler(), svm.SVC()).fit(data, labels),
        "RandomForest-100": ensemble.RandomForestClassifier(random_state=0).fit(data, labels),
        "GradientBoosting": ensemble.GradientBoostingClassifier(random_state=0).fit(data, labels),
        "HistGradientBoosting": ensemble.HistGradientBoostingClassifier(random_state=0).fit(data, labels),
        "KNN": neighbors.KNeighborsClassifier(algorithm="kd_tree").fit(data, labels),
        "Tfidf": feature_extraction.text.TfidfVectorizer().fit(texts),
    }


def best(call):
    """Milliseconds of the fastest of five calls."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def rows():
    for name, model in models().items():
        ours, theirs, plain = skops.dumps(model), io.dumps(model), pickle.dumps(model, protocol=5)
        trusted = io.get_untrusted_types(data=theirs)
        calls = (
            (lambda m=model: skops.dumps(m), lambda d=ours: skops.loads(d), len(ours)),
            (lambda m=model: io.dumps(m), lambda d=theirs, t=trusted: io.loads(d, trusted=t), len(theirs)),
            (lambda m=model: pickle.dumps(m, protocol=5), lambda d=plain: pickle.loads(d), len(plain)),
        )
        yield name, [(best(save), best(load), size) for save, load, size in calls]


def main():
    warnings.simplefilter("ignore")
    groups = "".join(f"{group:>34}" for group in ("canonical skops", "stock skops", "pickle"))
    print(f"{'':22}{groups}")
    columns = "".join(f"{column:>{width}}" for column, width in (("save ms", 10), ("load ms", 10), ("bytes", 14)))
    print(f"{'':22}{columns * 3}")
    for name, figures in rows():
        print(f"{name:22}" + "".join(f"{save:10.2f}{load:10.2f}{size:14,}" for save, load, size in figures))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
