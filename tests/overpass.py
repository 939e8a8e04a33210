"""A stand-in for Overpass and Nominatim on this machine: it answers what it is told and notes what
it is asked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

STATUS = (
    "Connected as: 1\nCurrent time: 2026-01-01T00:00:00Z\nAnnounced endpoint: none\nRate limit:"
    " 2\n2 slots available now.\n"
)


@dataclass
class Stand:
    """What the server answers, and what it was asked.

    Attributes
    ----------
    url
        Base address, as OSMnx wants it for Overpass.
    elements
        Nodes and ways of every answer.
    before
        Status codes of the first answers, before it begins to serve.
    extra
        More members of the answer, such as a remark.
    body
        If set, answered as it is instead of JSON.
    status
        The status page.
    """

    url: str = ""
    elements: list[dict[str, Any]] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    status: str = STATUS
    places: dict[str, Any] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)


@contextmanager
def serving(stand: Stand) -> Iterator[Stand]:
    """Serve on a free port of 127.0.0.1 until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            stand.agents.add(self.headers["User-Agent"])
            url = urlsplit(self.path)
            if url.path == "/api/status":
                self.answer(200, stand.status.encode(), "text/plain")
            else:
                stand.queries.append(self.path)
                place = stand.places.get(parse_qs(url.query).get("q", [""])[0])
                self.answer(200, json.dumps([place] if place else []).encode())

        def do_POST(self) -> None:
            stand.agents.add(self.headers["User-Agent"])
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            stand.queries.append(parse_qs(form)["data"][0])
            if stand.before:
                self.answer(stand.before.pop(0), b"<html>busy</html>", "text/html")
                return
            head = {
                "version": 0.6,
                "generator": "stand-in",
                "osm3s": {"timestamp_osm_base": "2025-10-01T03:10:23Z"},
            }
            self.answer(
                200,
                (
                    json.dumps(head | {"elements": stand.elements} | stand.extra).encode()
                    if stand.body is None
                    else stand.body
                ),
            )

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stand.url = f"http://127.0.0.1:{server.server_port}/api"
    try:
        yield stand
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
