"""The server process: how many connections it holds, how long each may take, its clients, and its
log.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import select
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.task import WSGITask
from waitress.utilities import BadRequest

from webapp import turnstile
from webapp.dispatcher import Dispatcher

MOST_CONNECTIONS = 1000
"""Connections that are held at once; a browser keeps up to six open when it has what it asked for.
"""
SPARE_FILES = 100
"""Files that the process may open beside its connections: data, road networks, exports."""
IDLE_S = 30
"""How long a connection may be silent, and how long the head of a request may take."""
BODY_S = 120
"""How long a request may take with its body: a sheet of 1 MB from a slow phone."""
IN_MEMORY_BYTES = 4 * 1024**2
"""Answers on their way beyond this lie in a file: the base map, which is larger than the megabyte
of waitress, need not.
"""
MOST_HEADER_BYTES = 96 * 1024
"""Head of a request: the address, and once more as the page it comes from."""
COURTESY_S = 0.01
"""How long a process leaves a connection to another one that holds fewer."""
LONGEST_LOGGED = 500
PLAIN = "/:@!$&'()*+,;=~"

_ARENAS = -8
"""What ``mallopt`` of the GNU C library calls the most heaps of a process. Source: its malloc.h."""
_access = logging.getLogger("zoneatlas.access")


def spare_memory() -> None:
    """Let all threads take memory from one heap, and hand back what is free in it; does nothing
    where the C library is another one.

    By default each of dozens of threads keeps a heap of its own, with what was free at the end of
    its largest request."""
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    with contextlib.suppress(AttributeError):
        library.mallopt(_ARENAS, 1)
        library.malloc_trim(0)


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads a request, and refuses one whose lines end with a bare newline: its end would be waited
    for until the time is up.
    """

    completed: bool

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if not self.completed and self.body_rcv is None and b"\n\n" in self.header_plus:
            self.parse_header(b"GET / HTTP/1.0\r\n")
            self.error = BadRequest("The lines of a request end with CR and LF")
            self.completed = True
        return consumed


class Task(WSGITask):  # type: ignore[misc]
    """Answers a request; the head leaves together with the first bytes of the body.
    ``environ["zoneatlas.has_left"]`` returns whether the client has closed the connection.
    """

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ["zoneatlas.has_left"] = self.channel.has_left
        return environ

    def write(self, data: bytes) -> None:
        if self.wrote_header:
            super().write(data)
        else:
            self.channel.write_together(super().write, data)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose requests must arrive in time: a byte now and then does not keep it
    open.
    """

    parser_class = Parser
    task_class = Task
    begun: float
    last_activity: float
    _parts: list[bytes] | None = None

    def has_left(self) -> bool:
        """Look whether the client has closed the connection; nothing is read."""
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def write_together(self, write: Callable[[bytes], None], data: bytes) -> None:
        """Send all that ``write(data)`` writes in one go."""
        parts: list[bytes] = []
        self._parts = parts
        try:
            write(data)
        finally:
            self._parts = None
        self.write_soon(b"".join(parts))

    def write_soon(self, data: bytes) -> int:
        if self._parts is None:
            return int(super().write_soon(data))
        self._parts.append(data)
        return len(data)

    def handle_read(self) -> None:
        under_way = self.request is not None
        super().handle_read()
        if self.request is None:
            return
        if not under_way:
            self.begun = time.time()
        self.last_activity = min(
            self.last_activity, self.begun + (BODY_S if self.request.headers_finished else 0)
        )


def bind(host: str, port: int) -> list[socket.socket]:
    """Open a socket for each address of a host, which several processes may share; nobody is
    answered yet.

    Raises
    ------
    OSError, ValueError
        The address cannot be used.
    """
    opened: list[socket.socket] = []
    try:
        for family, kind, protocol, address in Adjustments(host=host, port=port).listen:
            opened.append(each := socket.socket(family, kind, protocol))
            if family == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.bind(address)
    except BaseException:
        for each in opened:
            each.close()
        raise
    return opened


def create(app: Flask, holds_more: Callable[[int], bool] | None = None, **where: Any) -> Any:
    """Build the server; its ``run`` serves until Ctrl+C.

    Parameters
    ----------
    holds_more
        Where other processes take connections from the same sockets: called with how many this one
        holds, returns whether another one holds fewer.
    where
        ``host`` and ``port``, or ``sockets`` that are bound already.

    Raises
    ------
    OSError, ValueError
        The address cannot be used.
    """
    proxy = app.config["PROXY"]
    dispatcher = Dispatcher(turnstile.THREADS)
    app.extensions["zoneatlas.step_aside"] = dispatcher.step_aside
    server = waitress.create_server(
        logged(app) if app.config["ACCESS_LOG"] else app,
        **where,
        _dispatcher=dispatcher,
        connection_limit=min(MOST_CONNECTIONS, _most_files() - SPARE_FILES),
        channel_timeout=IDLE_S,
        cleanup_interval=5,
        asyncore_use_poll=True,
        max_request_header_size=MOST_HEADER_BYTES,
        outbuf_overflow=IN_MEMORY_BYTES,
        ident=None,
        clear_untrusted_proxy_headers=True,
        **({"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-for"}} if proxy else {}),
    )
    opened = server.map if hasattr(server, "map") else server._map
    for each in opened.values():  # several where a name has several addresses
        if isinstance(each, BaseWSGIServer):
            each.channel_class = Channel
            each.pull_trigger = partial(_wake, dispatcher, each.pull_trigger)
            if holds_more:
                _share(each, holds_more)
    server.run = partial(_run, dispatcher, opened)
    return server


def _run(dispatcher: Dispatcher, opened: dict[int, Any]) -> None:
    """Serve until the process is asked to end, and let requests that have begun end, too."""
    poll = wasyncore.poll2 if hasattr(select, "poll") else wasyncore.poll
    try:
        dispatcher.run(partial(poll, map=opened))
    except (SystemExit, KeyboardInterrupt):
        dispatcher.shutdown()


def _wake(dispatcher: Dispatcher, pull: Callable[[], None]) -> None:
    """End the wait for connections, unless it is this very thread that will wait for them."""
    if not dispatcher.leads():
        pull()


def _share(listener: BaseWSGIServer, holds_more: Callable[[int], bool]) -> None:
    """Let a listener leave a connection to another process that holds fewer, unless that one does
    not come for it soon. Connections stay, so whoever wakes first would else hold most of them.
    """
    readable, accept = listener.readable, listener.handle_accept
    waiting = select.poll()
    waiting.register(listener.socket, select.POLLIN)

    def note_and_be_readable() -> bool:
        holds_more(len(listener.active_channels))
        return bool(readable())

    def accept_unless_left() -> None:
        until = time.monotonic() + COURTESY_S
        while holds_more(len(listener.active_channels)) and time.monotonic() < until:
            time.sleep(COURTESY_S / 20)
            if not waiting.poll(0):
                return
        accept()

    listener.readable, listener.handle_accept = note_and_be_readable, accept_unless_left


def _most_files() -> int:
    """Raise the number of files that this process may open as far as it needs, and return it."""
    wanted = MOST_CONNECTIONS + SPARE_FILES
    try:
        import resource
    except ImportError:  # Windows, where select() takes no more than 512 sockets
        return 512
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return int(soft)


def logged(app: Flask) -> Callable[..., Any]:
    """Write a line to stderr for each request: client, time, address, status, bytes, and seconds
    until the answer began.
    """
    if not _access.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        _access.addHandler(handler)
        _access.setLevel(logging.INFO)
        _access.propagate = False

    def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        begun = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            _access.info(_line(environ, status, dict(headers), time.perf_counter() - begun))
            return start_response(status, headers, *more)

        return app(environ, start)

    return wsgi


def _line(environ: dict[str, Any], status: str, headers: dict[str, str], seconds: float) -> str:
    """Format a line of the log; of what came from outside only printable ASCII is left, so that no
    request writes a line of its own.
    """
    path, query = (
        environ.get(name, "").encode("latin-1") for name in ("PATH_INFO", "QUERY_STRING")
    )
    address = quote(path, safe=PLAIN) + ("?" + quote(query, safe=f"{PLAIN}?%") if query else "")
    when = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    asked = f"{environ.get('REQUEST_METHOD', '-')} {address[:LONGEST_LOGGED]}"
    return (
        f'{environ.get("REMOTE_ADDR", "-")} {when} "{asked}" {status.split()[0]}'
        f" {headers.get('Content-Length', '-')} {seconds:.3f}"
    )
