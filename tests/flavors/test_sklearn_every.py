"""Every estimator scikit-learn ships and what people build of them: held, equal bytes elsewhere, equal answers."""

import hashlib
import os
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from gitmodels.errors import NotSupported
from gitmodels.flavors import skops

SCRIPT = Path(__file__).with_name("sklearn_zoo.py")
ZOO = runpy.run_path(str(SCRIPT))
CHUNKS = ZOO["CHUNKS"]


@pytest.fixture(scope="module")
def catalogue():
    return ZOO["catalogue"]()


def _elsewhere(number):
    """Digests of the chunk's models made by another process with another hash seed, in reverse order."""
    command = [sys.executable, str(SCRIPT), str(number), str(CHUNKS)]
    environment = {**os.environ, "PYTHONHASHSEED": "4242"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(line.split() for line in done.stdout.splitlines())


def _differences(name, model, asked, data):
    """How the model read back by us and by skops differs from the one that was written."""
    from skops import io

    expected = ZOO["answers"](model, asked)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        readers = {"ours": skops.loads(data), "skops": io.loads(data, trusted=skops.types_to_trust(data))}
    for reader, back in readers.items():
        given = ZOO["answers"](back, asked)
        yield from ((name, reader, key) for key in expected if not ZOO["same"](expected[key], given.get(key)))
        if skops.dumps(back, zero_times=True) != data:
            yield name, reader, "other bytes when written again"


@pytest.mark.parametrize("number", range(CHUNKS))
def test_every_model_has_equal_bytes_in_two_processes_and_answers_the_same_when_it_is_back(number, catalogue):
    elsewhere, here, different, not_held = _elsewhere(number), {}, [], set()
    for name in ZOO["chunk"](number, CHUNKS):
        model = ZOO["fitted"](catalogue[name])
        try:
            data = skops.dumps(model, zero_times=True)
        except NotSupported:
            not_held.add(name)
            continue
        here[name] = hashlib.sha256(data).hexdigest()
        different += _differences(name, model, catalogue[name][2], data)
    assert not_held <= set(ZOO["NOT_HELD"])
    assert different == []
    assert {name for name in here if here[name] != elsewhere[name]} == set()
