"""The threads of the server. One of them leads: it reads what connections bring, and answers the
short requests itself, in the order in which they came. A request that takes longer keeps its
thread, and another thread leads.

Python computes one thing at a time. Requests that all begin at once, each in its thread, take turns
at it in the middle of their work: each ends late, some much later than others that came after them,
and the turns take a third of the time."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

SHORT_S = 0.005
"""A request that takes longer is a long one: another thread leads."""
ROUND_S = 0.02
"""So often connections are looked after while short requests are waiting."""
POLL_S = 1.0
"""How long the leader waits for connections that bring nothing."""
STOP_S = 5.0
"""How long requests that have begun may take to end when the server stops."""

_log = logging.getLogger("zoneatlas")


class Task(Protocol):
    """A request of a connection, as waitress hands it over."""

    def service(self) -> None: ...
    def cancel(self) -> None: ...


class Dispatcher:
    """Runs tasks in the order in which they come.

    Parameters
    ----------
    count
        Number of threads: most tasks that run at once and one, which keeps looking after the
        connections.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._queue: deque[Task] = deque()
        self._changed = threading.Condition()
        self._leader: int | None = None
        self._begun: float | None = None
        """When the leader began the task that it runs; None while it runs none."""
        self._waiting = 0
        """Threads that may take the lead."""
        self._is_watched = False
        """Whether one of them looks how long the leader takes."""
        self._number = 0
        """Tasks that a leader has begun."""
        self._running = 0
        """Tasks that have begun and not ended."""
        self._stops = threading.Event()

    def run(self, poll: Callable[[float], None]) -> None:
        """Serve until :meth:`shutdown`, or until this thread is interrupted.

        Parameters
        ----------
        poll
            Called with seconds by one thread at a time; waits so long for something to read or to
            write, reads and writes it, and adds the tasks that are complete.
        """
        for number in range(self._count):
            name = f"server-{number}"
            threading.Thread(target=self._serve, args=(poll,), name=name, daemon=True).start()
        while not self._stops.wait(1.0):  # Windows interrupts no wait
            pass

    def add_task(self, task: Task) -> None:
        """Let a task run when its turn comes; called by `poll`, or by a task that wakes it."""
        self._queue.append(task)

    def leads(self) -> bool:
        """Return whether the thread that calls leads, and need not wake itself."""
        return self._leader == threading.get_ident()

    def step_aside(self) -> None:
        """Let another thread lead from now on: what the thread that calls runs will take long."""
        with self._changed:
            if self.leads():
                self._leader = self._begun = None
                self._changed.notify()

    def shutdown(self, cancel_pending: bool = True, timeout: float = STOP_S) -> bool:
        """Let tasks that have begun end within `timeout` seconds; return whether the others were
        cancelled.
        """
        self._stops.set()
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._running, timeout)
        while cancel_pending and self._queue:
            self._queue.popleft().cancel()
        return cancel_pending

    def _serve(self, poll: Callable[[float], None]) -> None:
        """Lead whenever nobody else does, and end there what takes long."""
        while not self._stops.is_set():
            if not self._take_lead():
                self._answer(self._begun_task())
                continue
            while self.leads() and not self._stops.is_set():
                try:
                    poll(0.0 if self._queue and self._waiting else POLL_S)
                except Exception:  # one connection must not stop the others
                    _log.exception("The connections could not be looked after.")
                    time.sleep(ROUND_S)
                until = time.monotonic() + ROUND_S
                while time.monotonic() < until and (task := self._begun_task()):
                    self._answer(task)

    def _begun_task(self) -> Task | None:
        """Take the next task, if the connections are looked after while it runs."""
        with self._changed:
            leads = self.leads()
            if self._stops.is_set() or not self._queue or (leads and not self._waiting):
                return None
            if leads:
                self._begun, self._number = time.monotonic(), self._number + 1
                if not self._is_watched:
                    self._changed.notify()
            self._running += 1
            return self._queue.popleft()

    def _answer(self, task: Task | None) -> None:
        """Run a task that has begun."""
        if task is None:
            return
        try:
            task.service()
        except BaseException:
            _log.exception("A request could not be answered.")
        with self._changed:
            self._running -= 1
            if self.leads():
                self._begun = None
            if self._stops.is_set():
                self._changed.notify_all()

    def _take_lead(self) -> bool:
        """Wait until nobody leads, or the leader runs a long task, and lead; False if there is a
        task to be run instead, or none any more.
        """
        with self._changed:
            if self._queue and self._leader and self._begun is None and not self._waiting:
                return False  # the leader cannot begin it for want of this very thread
            self._waiting += 1
            try:
                return self._wait()
            finally:
                self._waiting -= 1

    def _wait(self) -> bool:
        seen = -1
        while not self._stops.is_set():
            left_s = SHORT_S + (self._begun - time.monotonic() if self._begun else 0.0)
            if self._leader is None or (self._begun and left_s <= 0):
                self._leader, self._begun = threading.get_ident(), None
                return True
            if self._is_watched or (self._begun is None and self._number == seen):
                seen = -1
                self._changed.wait()
                continue
            seen, self._is_watched = self._number, True
            self._changed.wait(left_s)
            self._is_watched = False
        return False
