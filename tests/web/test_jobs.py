"""Work that takes seconds is done once, in turn, and tells how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from geo.errors import InputError, UnavailableError
from webapp import jobs as planning
from webapp.jobs import Desk, Job

pytest_plugins = ("web",)

Tell = Callable[[float], None]


def test_the_same_is_done_once() -> None:
    """Who asks for the same key gets the same result, and it is made once."""
    desk, calls = Desk(), []

    def make(_tell: Tell) -> int:
        calls.append(1)
        return len(calls)

    assert [desk.ask("key", make).result(5) for _ in range(3)] == [1, 1, 1]
    assert desk.ask("other", make).result(5) == 2


def test_how_far_it_is_never_falls() -> None:
    """The share only grows, up to one, and a result that is not there in time is a TimeoutError."""
    desk, go, reported = Desk(), threading.Event(), threading.Event()

    def make(tell: Tell) -> str:
        tell(0.5)
        tell(0.2)
        tell(7)
        reported.set()
        go.wait(5)
        return "done"

    job = desk.ask("key", make)
    assert reported.wait(5)
    assert job.share == 1
    with pytest.raises(TimeoutError):
        job.result(0.01)
    go.set()
    assert job.result(5) == "done"


def test_what_went_wrong_reaches_everybody_who_asks() -> None:
    """An error is kept like a result."""
    desk = Desk()

    def fail(_tell: Tell) -> None:
        raise InputError("no such stop")

    for _ in range(2):
        with pytest.raises(InputError, match="no such stop"):
            desk.ask("key", fail).result(5)


def test_a_queue_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too much waiting work is refused, what is asked for already is not."""
    monkeypatch.setattr(planning, "MOST_WAITING", 2)
    desk, go = Desk(), threading.Event()

    def wait(_tell: Tell) -> bool:
        return go.wait(5)

    jobs = [desk.ask(number, wait) for number in range(2)]
    with pytest.raises(UnavailableError, match="try again"):
        desk.ask("third", wait)
    assert desk.ask(0, wait) is jobs[0]  # who asks for the same waits with the others
    go.set()
    assert all(job.result(5) for job in jobs)
    assert desk.ask("third", wait).result(5)


def test_old_results_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the last results are kept."""
    monkeypatch.setattr(planning, "KEPT", 2)
    desk = Desk()
    calls: list[Any] = []

    def make(_tell: Tell) -> int:
        calls.append(1)
        return len(calls)

    for key in ("a", "b", "c"):
        desk.ask(key, make).result(5)
    assert desk.ask("b", make).result(5) == 2
    assert desk.ask("a", make).result(5) == 4


def test_nobody_waits_for_ever() -> None:
    """A client that cannot be told how far the work is waits for a bounded time; without a bound it
    waits for the result.
    """
    go = threading.Event()
    hurried, patient = Desk(patience_s=0.05), Desk(patience_s=None)
    job = hurried.ask("key", lambda _tell: go.wait(5))
    with pytest.raises(UnavailableError, match="try again"):
        job.patiently()
    threading.Timer(0.2, go.set).start()
    assert patient.ask("key", lambda _tell: go.wait(5)).patiently() is True
    assert job.patiently() is True


def test_point_15_no_client_fills_the_queue(app: Flask) -> None:
    """One client may have a few plans under way, and another is still served."""
    desk, go = Desk(), threading.Event()

    def ask(key: str, address: str) -> Job:
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            return desk.ask(key, lambda _tell: go.wait(5))

    jobs = [ask(f"plan {number}", "192.0.2.1") for number in range(planning.MOST_OF_CLIENT)]
    with pytest.raises(UnavailableError, match="try again"):
        ask("one more", "192.0.2.1")
    assert ask("plan 0", "192.0.2.1") is jobs[0]
    other = ask("plan of another", "192.0.2.2")
    go.set()
    assert other.result(5) is True
    assert ask("one more", "192.0.2.1").result(5) is True
