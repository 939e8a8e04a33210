"""How many requests compute at once: a few in all and fewer of one client, so that light requests
never wait for heavy ones.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any, Protocol

from flask import Flask, has_request_context, request

from geo.errors import UnavailableError
from webapp.i18n import gettext as _

PATIENCE_S = 10.0
"""How long one who computes waits for a turn."""
RETRY_AFTER_S = 5
"""When a client that was turned away may ask again."""


class BusyError(UnavailableError):
    """Others are being served, or the client has left: the answer is 503 with the header
    Retry-After.
    """

    def __init__(self) -> None:
        super().__init__(_("The server is busy; try again in a few seconds."))


class Turns(Protocol):
    """What a request waits for before it computes."""

    def turn(self, client: str) -> AbstractContextManager[None]: ...


class Turnstile:
    """Let in a few at once, and fewer of one client; those who wait their turn are few as well, and
    wait for a bounded time.

    Parameters
    ----------
    inside, of_client
        Most requests that run at once: in all, of one client.
    waiting, waiting_of_client
        Most requests that wait for their turn, each of which holds a thread: in all, of one client.
    patience_s
        How long one waits.
    """

    def __init__(
        self, inside: int, of_client: int, waiting: int, waiting_of_client: int, patience_s: float
    ) -> None:
        self.inside, self.of_client = inside, of_client
        self.waiting, self.waiting_of_client = waiting, waiting_of_client
        self.patience_s = patience_s
        self._inside: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._changed = threading.Condition()

    @property
    def threads(self) -> int:
        """The most threads that stand here at any time."""
        return self.inside + self.waiting

    @contextmanager
    def turn(self, client: str) -> Iterator[None]:
        """Wait for a turn, and leave when the block ends.

        Raises
        ------
        BusyError
            Too many wait, or the turn does not come in time.
        """
        with self._changed:
            if not self._free(client):
                if (
                    self._waiting.total() >= self.waiting
                    or self._waiting[client] >= self.waiting_of_client
                ):
                    raise BusyError
                self._waiting[client] += 1
                came = self._changed.wait_for(lambda: self._free(client), self.patience_s)
                self._waiting = self._waiting - Counter([client])
                if not came:
                    raise BusyError
            self._inside[client] += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside = self._inside - Counter([client])
                self._changed.notify_all()

    def _free(self, client: str) -> bool:
        return self._inside.total() < self.inside and self._inside[client] < self.of_client


def computing() -> Turnstile:
    """Build the turnstile of requests that compute; a browser asks for six things at once, and all
    of them may wait.

    Python computes one thing at a time, so two of one client would be no faster than one after the
    other."""
    return Turnstile(inside=2, of_client=1, waiting=14, waiting_of_client=7, patience_s=PATIENCE_S)


def planning() -> Turnstile:
    """Build the turnstile of requests that wait for a plan, which is made elsewhere."""
    return Turnstile(inside=8, of_client=4, waiting=4, waiting_of_client=2, patience_s=4.0)


COMPUTING = {
    "rank.rank",
    "rank_files.as_json",
    "rank_files.as_xlsx",
    "rank_pdf.as_pdf",
    "match.answer",
    "match.as_json",
    "compare.compare",
    "compare.as_json",
    "compare.as_xlsx",
    "cost.cost",
    "cost.as_json",
    "cost.as_xlsx",
    "chain.chain",
    "chain.as_json",
    "chain.as_xlsx",
    "planned.page",
    "planned_files.as_json",
    "planned_files.as_xlsx",
    "claims.claims",
    "weights.weights",
    "shortlist_files.as_html",
    "shortlist_files.as_pdf",
    "where.page",
    "where_files.picture",
    "where_files.raster",
    "where_files.outlines",
    "where_files.point",
    "factsheet.html",
    "factsheet.pdf",
    "pages.download",
    "api.areas",
    "api.access_from",
    "api.route",
    "api.sites",
}
"""Views that compute as they answer."""
PLANNING = {"trip.trip", "trip.plan", "trip.ways", "trip.why", "takealong.file"}
"""Views that may wait for a plan."""
THREADS = computing().threads + planning().threads + 13
"""Threads of the server; those that no turnstile can hold are for light requests: the map, sheets,
files, the OGC API.
"""


def install(app: Flask) -> None:
    """Put every view that is marked as heavy behind its turnstile; who computes takes a turn as
    well that several processes share, if ``app.extensions["zoneatlas.turns"]`` holds one. Before,
    ``app.extensions["zoneatlas.step_aside"]`` is called, so that nobody waits for this thread. What
    a client asked that has left meanwhile is not computed. A view that computes for some requests
    only puts that part behind it with ``app.extensions["zoneatlas.behind_turnstile"]``.
    """

    def step_aside() -> None:
        if aside := app.extensions.get("zoneatlas.step_aside"):
            aside()

    def among_processes(client: str) -> AbstractContextManager[None]:
        turns: Turns | None = app.extensions.get("zoneatlas.turns")
        return turns.turn(client) if turns else nullcontext()

    computed, planned = computing(), planning()

    def behind(view: Callable[..., Any]) -> Callable[..., Any]:
        return _behind(computed.turn, _behind(among_processes, view), step_aside)

    for endpoint in COMPUTING:
        app.view_functions[endpoint] = behind(app.view_functions[endpoint])
    for endpoint in PLANNING:
        app.view_functions[endpoint] = _behind(
            planned.turn, app.view_functions[endpoint], step_aside
        )
    app.extensions["zoneatlas.behind_turnstile"] = behind


def _behind(
    turn: Callable[[str], AbstractContextManager[None]],
    view: Callable[..., Any],
    before: Callable[[], None] = lambda: None,
) -> Callable[..., Any]:
    @wraps(view)
    def turned(**values: Any) -> Any:
        before()
        with turn(client()):
            if request.environ.get("zoneatlas.has_left", bool)():
                raise BusyError
            return view(**values)

    return turned


def client() -> str:
    """Return the address that asks; empty outside a request."""
    return (request.remote_addr or "") if has_request_context() else ""
