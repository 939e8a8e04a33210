"""Work that takes seconds: done once for all who ask, one at a time, with how far it has come."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from webapp.handover import Handover
from webapp.turnstile import BusyError, client

KEPT = 64
"""Results that are kept: a plan and what was asked about it."""
MOST_WAITING = 8
"""Pieces of work that may wait for their turn; each takes seconds."""
MOST_OF_CLIENT = 4
"""Pieces of work of one client that may wait."""
PATIENCE_S = 8.0
"""How long a request waits, which holds a thread of the server meanwhile; then its client is asked
to come again.
"""


class Job:
    """A piece of work: ``share`` of it that is done, from 0 to 1, what comes of it, and the
    ``client`` who asked first.
    """

    def __init__(self, client: str = "", patience_s: float | None = PATIENCE_S) -> None:
        self.client = client
        self.patience_s = patience_s
        self.share = 0.0
        self.future: Future[Any] = Future()

    def tell(self, share: float) -> None:
        """Return how far it is."""
        self.share = max(self.share, min(float(share), 1.0))

    def result(self, wait_s: float | None) -> Any:
        """Return what came of it, or raise what went wrong; `TimeoutError` where it is not done in
        time, which None does not limit.
        """
        return self.future.result(wait_s)

    def patiently(self) -> Any:
        """Return what came of it, for a client that cannot be told how far it is; `BusyError` where
        it takes too long.
        """
        try:
            return self.result(self.patience_s)
        except TimeoutError:
            raise BusyError from None


class Desk:
    """Where work is asked for: whoever asks for the same gets the same.

    Parameters
    ----------
    patience_s
        How long :meth:`Job.patiently` waits; None waits until the work is done, as the command line
        does.
    handover
        Where several processes serve: what this process computes and what it takes from others.
    version
        What else results depend on, beside the key: the data package as it is.
    """

    def __init__(
        self,
        patience_s: float | None = PATIENCE_S,
        handover: Handover | None = None,
        version: str = "",
    ) -> None:
        self._patience_s = patience_s
        self._handover, self._version = handover, version
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="planning")
        self._jobs: OrderedDict[Any, Job] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, key: Any, make: Callable[[Callable[[float], None]], Any]) -> Job:
        """Return the piece of work of that key; `make` is told by what to say how far it is.

        Raises
        ------
        BusyError
            Too many others wait, or too much of this client.
        """
        with self._lock:
            job = self._jobs.pop(key, None)
            if job is None:
                waiting = [other.client for other in self._jobs.values() if not other.future.done()]
                who = client()
                if len(waiting) >= MOST_WAITING or (who and waiting.count(who) >= MOST_OF_CLIENT):
                    raise BusyError
                job = Job(who, self._patience_s)
                self._pool.submit(self._work, job, key, make)
            self._jobs[key] = job
            while len(self._jobs) > KEPT:
                self._jobs.popitem(last=False)
            return job

    def _work(self, job: Job, key: Any, make: Callable[[Callable[[float], None]], Any]) -> None:
        try:
            if self._handover is None:
                job.future.set_result(make(job.tell))
            else:
                job.future.set_result(self._handover.get((self._version, key), make, job.tell))
        except Exception as error:  # whoever waits for it is told
            job.future.set_exception(error)
