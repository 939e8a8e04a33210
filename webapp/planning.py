"""Work that takes seconds: done once for all who ask, one at a time, with how far it has come."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from flask_babel import gettext as _

from geo.errors import UnavailableError

KEPT = 64
"""Results that are kept: a plan and what was asked about it."""
MOST_WAITING = 8
"""Pieces of work that may wait for their turn; each takes seconds."""
PATIENCE_S = 60.0
"""How long a request waits that cannot ask again."""


class Job:
    """A piece of work: ``share`` of it that is done, from 0 to 1, and what comes of it."""

    def __init__(self) -> None:
        self.share = 0.0
        self.future: Future[Any] = Future()

    def tell(self, share: float) -> None:
        """Say how far it is."""
        self.share = max(self.share, min(float(share), 1.0))

    def result(self, wait_s: float) -> Any:
        """Give what came of it, or raise what went wrong; `TimeoutError` where it is not done in time."""
        return self.future.result(wait_s)

    def patiently(self) -> Any:
        """Give what came of it to somebody who cannot ask again; `UnavailableError` where it takes too long."""
        try:
            return self.result(PATIENCE_S)
        except TimeoutError:
            raise UnavailableError(_("Others are being served; try again in half a minute.")) from None


class Desk:
    """Where work is asked for: whoever asks for the same gets the same."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="planning")
        self._jobs: OrderedDict[Any, Job] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, key: Any, make: Callable[[Callable[[float], None]], Any]) -> Job:
        """Give the piece of work of that key; `make` is told by what to say how far it is.

        Raises
        ------
        UnavailableError
            Too many others wait.
        """
        with self._lock:
            job = self._jobs.pop(key, None)
            if job is None:
                if sum(not one.future.done() for one in self._jobs.values()) >= MOST_WAITING:
                    raise UnavailableError(_("Others are being served; try again in half a minute."))
                job = Job()
                self._pool.submit(self._work, job, make)
            self._jobs[key] = job
            while len(self._jobs) > KEPT:
                self._jobs.popitem(last=False)
            return job

    @staticmethod
    def _work(job: Job, make: Callable[[Callable[[float], None]], Any]) -> None:
        try:
            job.future.set_result(make(job.tell))
        except Exception as error:  # whoever waits for it is told
            job.future.set_exception(error)
