"""Laws of the stable pickler: a round trip for plain values, and one spelling whatever the order of a set."""

from hypothesis import given
from hypothesis import strategies as st

from gitmodels.flavors import pickling

ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
HASHABLE = st.recursive(ATOMS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=5), max_leaves=12)
VALUES = st.recursive(
    HASHABLE | st.sets(HASHABLE, max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read(value):
    assert pickling.loads(pickling.dumps(value)) == value


@given(
    st.lists(HASHABLE, unique=True, max_size=8).flatmap(lambda items: st.tuples(st.just(items), st.permutations(items)))
)
def test_the_order_of_insertion_does_not_show(orders):
    one, two = set(), set()
    one.update(orders[0])
    for item in orders[1]:
        two.add(item)
    assert pickling.dumps(one) == pickling.dumps(two)
    assert pickling.dumps(frozenset(orders[0])) == pickling.dumps(frozenset(orders[1]))
