"""Laws of canonical skops files: values come back, equal values give equal bytes, damage never crashes."""

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gitmodels.errors import InvalidModel, Untrusted
from gitmodels.flavors import skops

SCRIPT = Path(__file__).with_name("sklearn_fuzzing.py")
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8)
KEYS = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3) | st.tuples(st.integers(0, 2))
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.sets(st.text(max_size=3) | st.integers(), max_size=4)
        | st.frozensets(st.integers(), max_size=4)
    ),
    max_leaves=12,
)
ARRAYS = hnp.arrays(
    hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4), fill=st.nothing()
)


def same(left, right):
    return _spelled(left) == _spelled(right)


def _spelled(value):
    """The value as text, its sets sorted."""
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}{sorted(map(_spelled, value))}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}{[_spelled(item) for item in value]}"
    if isinstance(value, dict):
        return f"dict{[(_spelled(key), _spelled(item)) for key, item in value.items()]}"
    return f"{type(value).__name__}({value!r})"


@given(VALUES)
def test_values_come_back(value):
    assert same(skops.loads(skops.dumps(value)), value)


@given(VALUES)
def test_equal_values_give_equal_bytes(value):
    assert skops.dumps(value) == skops.dumps(copy.deepcopy(value)) == skops.dumps(pickle.loads(pickle.dumps(value)))


@given(ARRAYS)
def test_arrays_come_back_to_the_bit(array):
    back = skops.loads(skops.dumps(array))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


@given(VALUES)
def test_stock_skops_reads_what_we_write(value):
    from skops import io

    data = skops.dumps(value)
    assert same(io.loads(data, trusted=skops.types_to_trust(data)), value)


@given(VALUES)
def test_we_read_what_stock_skops_writes(value):
    from skops import io

    try:
        data = io.dumps(value)
        back = io.loads(data, trusted=io.get_untrusted_types(data=data))
    except Exception:  # noqa: BLE001 - keys it cannot hold
        return
    if same(back, value):
        assert same(skops.loads(data), value)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data):
    with pytest.raises((InvalidModel, Untrusted)):
        skops.loads(data)


@given(st.data())
def test_one_changed_byte_never_changes_the_value_unseen(data):
    written = bytearray(skops.dumps({"a": [1, 2.5, "text"], "b": np.arange(3)}))
    place = data.draw(st.integers(0, len(written) - 1))
    written[place] ^= data.draw(st.integers(1, 255))
    try:
        back = skops.loads(bytes(written))
    except (InvalidModel, Untrusted):
        return
    assert repr(back) == repr({"a": [1, 2.5, "text"], "b": np.arange(3)})


def _fuzz(seed, cases):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(seed), str(cases)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["loaded"] + counts["refused"] == cases
    assert counts["refused"] > cases // 10


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_models_are_refused_or_answer_and_never_crash(seed):
    _fuzz(seed, 800)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(10, 18))
def test_many_damaged_models_are_refused_or_answer_and_never_crash(seed):
    _fuzz(seed, 10_000)
