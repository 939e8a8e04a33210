"""The threads of the server: which of them looks after connections, and when requests begin."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue

import pytest

from webapp import dispatcher as dispatching
from webapp.dispatcher import Dispatcher

SOON_S = 20.0
"""Far longer than anything here takes, on a machine that does other things too."""


class Request:
    """A task that does what it is made with; ``thread`` is the one that ran it."""

    def __init__(self, work: Callable[[], object] = lambda: None) -> None:
        self.work, self.thread, self.cancelled = work, 0, False
        self.ended = threading.Event()

    def service(self) -> None:
        self.thread = threading.get_ident()
        try:
            self.work()
        finally:
            self.ended.set()

    def cancel(self) -> None:
        self.cancelled = True


class Connections:
    """What brings requests: `bring` puts some there, all of them read together."""

    def __init__(self) -> None:
        self.waiting: SimpleQueue[list[Request]] = SimpleQueue()
        self.pollers, self.polls = set[int](), 0
        self.inside = self.most_inside = 0
        self.add: Callable[[Request], None] = lambda _: None

    def bring(self, *requests: Request) -> None:
        self.waiting.put(list(requests))

    def poll(self, seconds: float) -> None:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.pollers.add(threading.get_ident())
        self.polls += 1
        try:
            for request in self.waiting.get(timeout=min(seconds, 0.05) or 0.001):
                self.add(request)
        except Empty:
            pass
        finally:
            self.inside -= 1


@contextmanager
def serving(count: int) -> Iterator[tuple[Dispatcher, Connections]]:
    dispatcher, connections = Dispatcher(count), Connections()
    connections.add = dispatcher.add_task
    main = threading.Thread(target=dispatcher.run, args=(connections.poll,))
    main.start()
    try:
        yield dispatcher, connections
    finally:
        dispatcher.shutdown(timeout=SOON_S)
        main.join(SOON_S)
    assert not main.is_alive()


def test_short_requests_are_answered_in_order_one_at_a_time() -> None:
    """Requests that take no time end in the order in which they came, never two at once, whatever
    the number of threads.
    """
    order: list[int] = []
    inside = most = 0

    def note(number: int) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        order.append(number)
        inside -= 1

    requests = [Request(lambda number=number: note(number)) for number in range(500)]
    with serving(8) as (_, connections):
        for at in range(0, 500, 20):
            connections.bring(*requests[at : at + 20])
        assert requests[-1].ended.wait(SOON_S)
    assert order == list(range(500))
    assert most == 1
    assert connections.most_inside == 1


def test_a_long_request_delays_no_other() -> None:
    """While one request waits, those that came with it and after it are answered, and connections
    are looked after by one thread, which is another one.
    """
    go = threading.Event()
    long = Request(lambda: go.wait(SOON_S))
    with serving(3) as (_, connections):
        beside, later = Request(), Request()
        connections.bring(long, beside)
        assert beside.ended.wait(SOON_S)
        connections.bring(later)
        assert later.ended.wait(SOON_S)
        assert not long.ended.is_set()
        assert long.thread not in (beside.thread, later.thread)
        go.set()
        assert long.ended.wait(SOON_S)
    assert connections.most_inside == 1
    assert later.thread in connections.pollers


def test_stepping_aside_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that knows that it takes long says so, and the next one begins without a wait;
    where another thread leads already, that changes nothing.
    """
    monkeypatch.setattr(dispatching, "SHORT_S", 10 * SOON_S)
    go = threading.Event()
    with serving(3) as (dispatcher, connections):

        def work() -> None:
            dispatcher.step_aside()
            dispatcher.step_aside()
            go.wait(SOON_S)

        long, beside = Request(work), Request()
        connections.bring(long, beside)
        assert beside.ended.wait(SOON_S)
        assert not long.ended.is_set()
        go.set()
        assert long.ended.wait(SOON_S)
        last = Request()
        connections.bring(last)
        assert last.ended.wait(SOON_S)
    assert connections.most_inside == 1


def test_connections_are_looked_after_while_all_threads_are_taken() -> None:
    """With as many long requests as there are threads, one of them does not begin, so that answers
    on their way still leave; it begins when a thread is free.
    """
    go = threading.Event()
    long = [Request(lambda: go.wait(SOON_S)) for _ in range(4)]
    with serving(4) as (_, connections):
        connections.bring(*long)
        until = time.monotonic() + SOON_S
        while sum(request.thread > 0 for request in long) < 3:
            assert time.monotonic() < until
            time.sleep(0.005)
        before = connections.polls
        while connections.polls < before + 3:
            assert time.monotonic() < until
            time.sleep(0.005)
        assert sum(request.thread > 0 for request in long) == 3
        go.set()
        assert all(request.ended.wait(SOON_S) for request in long)


def test_a_request_that_fails_ends_no_thread() -> None:
    """After more failures than there are threads, of whatever kind, requests are answered."""

    def fail() -> None:
        raise SystemExit(1)

    with serving(2) as (_, connections):
        connections.bring(*(Request(fail) for _ in range(10)))
        last = Request()
        connections.bring(last)
        assert last.ended.wait(SOON_S)


def test_connections_that_fail_end_no_thread() -> None:
    """A fault while connections are read is logged, and they are read again."""
    dispatcher, connections = Dispatcher(2), Connections()
    connections.add = dispatcher.add_task
    faults = [OSError("one"), ValueError("two")]

    def poll(seconds: float) -> None:
        if faults:
            raise faults.pop()
        connections.poll(seconds)

    main = threading.Thread(target=dispatcher.run, args=(poll,))
    main.start()
    request = Request()
    connections.bring(request)
    answered = request.ended.wait(SOON_S)
    dispatcher.shutdown(timeout=SOON_S)
    main.join(SOON_S)
    assert answered
    assert not faults


def test_what_has_begun_ends_when_the_server_stops() -> None:
    """A request that has begun is answered, one that has not is cancelled; whoever began the server
    goes on.
    """
    begun, go = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait(SOON_S)

    with serving(2) as (dispatcher, connections):
        first, second = Request(work), Request(lambda: go.wait(SOON_S))
        connections.bring(first, second)
        assert begun.wait(SOON_S)
        threading.Timer(0.2, go.set).start()
        assert dispatcher.shutdown(timeout=SOON_S)
        assert first.ended.is_set()
        assert second.cancelled != second.ended.is_set()
