import threading
import time

import pytest

from gitmodels.objects import ordered
from gitmodels.objects.ordered import Ordered, ahead

MIB = 1 << 20


@pytest.fixture(params=[1, 2], ids=["one-core", "two-cores"])
def cores(request, monkeypatch):
    monkeypatch.setattr(ordered, "cores", lambda: request.param)
    return request.param


def ours():
    return [thread for thread in threading.enumerate() if thread.name.startswith("gitmodels-piece")]


def slow_first(number):
    time.sleep(0.02 if number % 4 == 0 else 0)
    return number


def test_results_come_in_the_order_the_work_was_given(cores):
    work = [(lambda n=number: slow_first(n), MIB) for number in range(40)]
    assert list(ahead(work)) == list(range(40))
    assert ours() == []


def test_threads_start_where_there_are_two_cores_and_much_to_do(cores):
    with Ordered() as queue:
        for _ in range(7):
            queue.put(threading.current_thread, MIB)
        assert ours() == []
        queue.put(threading.current_thread, MIB)
        queue.put(threading.current_thread, 100)
        found = [queue.take().name for _ in range(9)]
    here = threading.current_thread().name
    assert found[:7] == [here] * 7
    assert found[7].startswith("gitmodels-piece") is (cores == 2)
    assert found[8] == here


def test_no_more_is_on_its_way_than_there_is_room_for(cores):
    begun = []
    most = 0
    for taken, number in enumerate(ahead((lambda n=n: begun.append(n) or n, 4 * MIB) for n in range(20))):
        assert number == taken
        most = max(most, len(begun) - taken)
    assert 1 <= most <= ordered.ROOM // (4 * MIB) + 1


def test_one_piece_larger_than_the_room_goes_alone(cores):
    with Ordered(room=10) as queue:
        assert not queue.is_full(100)
        queue.put(lambda: 1, 100)
        assert queue.is_full(1)
        assert queue.take() == 1
        assert not queue.is_full(100)


def fail():
    raise ValueError("third")


def test_an_error_comes_in_its_turn_and_leaves_no_thread(cores):
    work = [(lambda n=n: fail() if n == 12 else n, MIB) for n in range(40)]
    found = ahead(work)
    assert [next(found) for _ in range(12)] == list(range(12))
    with pytest.raises(ValueError, match="third"):
        next(found)
    assert ours() == []


def test_what_was_not_begun_is_dropped_when_nobody_wants_it(cores):
    done = []
    with Ordered() as queue:
        for number in range(30):
            queue.put(lambda n=number: (time.sleep(0.005), done.append(n)), MIB)
    assert len(done) < 30
    assert ours() == []


def test_a_reader_that_stops_early_leaves_no_thread(cores):
    found = ahead((lambda n=n: n, MIB) for n in range(40))
    assert [next(found) for _ in range(20)] == list(range(20))
    found.close()
    assert ours() == []
