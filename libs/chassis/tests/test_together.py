"""What the tests of many at once stand on: as many callers as a deployed service has threads, and no more."""

from threading import get_ident

from chassis.testing_concurrency import CALLERS, together


def test_as_many_at_once_as_there_are_threads_and_the_others_after_them():
    callers = together(4 * CALLERS, lambda _: get_ident())
    assert (len(callers), len(set(callers)), len(set(callers[:CALLERS]))) == (4 * CALLERS, CALLERS, CALLERS)
    assert together(3, lambda index: index) == [0, 1, 2]


def test_the_service_under_test_has_a_connection_for_each(client):
    assert client.app.extensions["mostrador"]["database"].engine.pool.size() == CALLERS
