"""A stand-in on this machine for a server of large files, which answers as one on the internet
does: parts, redirects, checksums beside the files; and which does what servers do on bad days.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Asked:
    """One request, and how many bytes of a file it was sent."""

    path: str
    headers: dict[str, str]
    status: int = 0
    sent: int = 0


@dataclass
class Stand:
    """What the server holds, and what it was asked.

    Attributes
    ----------
    url
        Its address.
    files
        Content by path. The MD5 of each is at its path with ``.md5``, unless that is a file.
    moved
        Path to the path that it redirects to.
    cuts
        After how many bytes of a file the next answers break off.
    busy
        Status and Retry-After of the next answers, before it serves again.
    tags, dates
        Whether it tells editions apart by ETag, and by Last-Modified.
    before
        Called with each path before it is answered.
    stop
        Takes the server away.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    busy: list[tuple[int, str]] = field(default_factory=list)
    tags: bool = True
    dates: bool = True
    before: Callable[[str], None] = lambda _: None
    stop: Callable[[], None] = lambda: None
    asked: list[Asked] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def paths(self) -> list[str]:
        """Return what was asked for, in order."""
        return [asking.path for asking in self.asked]

    def content(self, path: str) -> bytes | None:
        """Return what is at a path."""
        beside = self.files.get(path.removesuffix(".md5"))
        if path in self.files or not path.endswith(".md5") or beside is None:
            return self.files.get(path)
        return f"{hashlib.md5(beside).hexdigest()}  {path[1:].removesuffix('.md5')}\n".encode()


def tag(content: bytes) -> str:
    """Return the ETag of a content."""
    return f'"{hashlib.sha1(content).hexdigest()[:12]}"'


def date(content: bytes) -> str:
    """Return a time of change that differs where contents do."""
    return f"Mon, 01 Jan 2029 {len(content) % 24:02}:{sum(content) % 60:02}:00 GMT"


@contextmanager
def serving(stand: Stand) -> Iterator[Stand]:
    """Serve on a free port of 127.0.0.1 until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            stand.at_once += 1
            stand.most_at_once = max(stand.most_at_once, stand.at_once)
            try:
                self.answer()
            finally:
                stand.at_once -= 1

        def answer(self) -> None:
            asking = Asked(self.path, dict(self.headers))
            stand.asked.append(asking)
            stand.before(self.path)
            content = stand.content(self.path)
            if stand.busy:
                asking.status, wait = stand.busy.pop(0)
                self.head(asking, {"Retry-After": wait} if wait else {}, 0)
            elif self.path in stand.moved:
                asking.status = 302
                self.head(asking, {"Location": stand.moved[self.path]}, 0)
            elif content is None:
                asking.status = 404
                self.head(asking, {}, 0)
            else:
                self.file(asking, content)

        def head(self, asking: Asked, headers: dict[str, str], length: int) -> None:
            self.send_response(asking.status)
            for name, value in (headers | {"Content-Length": str(length)}).items():
                self.send_header(name, value)
            self.end_headers()

        def file(self, asking: Asked, content: bytes) -> None:
            editions = {"ETag": tag(content)} if stand.tags else {}
            editions |= {"Last-Modified": date(content)} if stand.dates else {}
            if {asking.headers.get("If-None-Match"), asking.headers.get("If-Modified-Since")} & {
                *editions.values()
            }:
                asking.status = 304
                self.head(asking, {}, 0)
                return
            start, asking.status = 0, 200
            part = re.fullmatch(r"bytes=(\d+)-", asking.headers.get("Range", ""))
            if part and asking.headers.get("If-Range", "") in {"", *editions.values()}:
                start, asking.status = int(part[1]), 206
                editions["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            if start and start >= len(content):
                asking.status = 416
                self.head(asking, {"Content-Range": f"bytes */{len(content)}"}, 0)
                return
            cut = stand.cuts.pop(0) if stand.cuts and not self.path.endswith(".md5") else None
            body = content[start:] if cut is None else content[start : start + cut]
            self.head(asking, editions, len(content) - start)
            asking.sent = len(body)
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    stand.url = f"http://127.0.0.1:{server.server_port}"

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    stand.stop = stop
    try:
        yield stand
    finally:
        stop()
