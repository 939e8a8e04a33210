"""Text is compressed on its way out, in the best of the codings that the client takes: static files
and what else is kept once, well; what is made for one request quickly.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache

import brotli
from flask import Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from geo.kept import Kept

TEXT = (
    "text/",
    "application/json",
    "application/geo+json",
    "application/javascript",
    "image/svg+xml",
    "application/vnd.oai.openapi+json",
    "application/vnd.ogc.fg+json",
    "application/fg+json",
    "application/flatgeobuf",
    "application/geopackage+sqlite3",
    "image/vnd.dxf",
)
"""Types that are worth it, texts and others."""
LEAST_BYTES = 1000
LARGEST_KEPT = 200
"""So many compressed forms of static files are kept in memory."""
BEST_BYTES = 300_000
"""More than these are not compressed with the greatest effort, which takes a second a megabyte."""


@dataclass(frozen=True)
class Effort:
    """How hard bytes are compressed: brotli's quality, and gzip's level."""

    brotli: int
    gzip: int


QUICK = Effort(4, 5)
"""For one request: brotli is as small as gzip then or smaller, in two thirds of the time."""
KEPT = Effort(5, 6)
"""For bytes that are sent several times, but that somebody waits for."""
BEST = Effort(11, 9)
"""For bytes that stay until the next release: smaller by a quarter than those of gzip."""
GOOD = Effort(9, 9)
"""For bytes that stay, and are many."""

CODINGS = {"br": "-br", "gzip": "-gz"}
"""What clients may take, the best first, and what the tags of that form end with."""


def pack(data: bytes, coding: str, effort: Effort) -> bytes:
    """Compress bytes in one of ``CODINGS``."""
    if coding == "br":
        if effort == BEST and len(data) > BEST_BYTES:
            effort = GOOD
        return bytes(brotli.compress(data, quality=effort.brotli))
    return gzip.compress(data, effort.gzip, mtime=0)


def coding() -> str | None:
    """Return the coding in which this request wants its answer; None for the bytes as they are."""
    header = request.environ.get("HTTP_ACCEPT_ENCODING", "")
    return _preferred(header) if len(header) <= 200 else _preferred.__wrapped__(header)


@lru_cache(200)
def _preferred(header: str) -> str | None:
    accepted = parse_accept_header(header, Accept)
    quality = {name: accepted.quality(name) for name in CODINGS}
    best = max(quality, key=lambda name: quality[name])  # the first of those that are as good
    named = "identity" in (name.lower() for name in accepted.values())
    plain = accepted.quality("identity") if named else 0
    return best if quality[best] > plain else None


def mark(wanted: str | None) -> str:
    """Return what the tag of an answer ends with in a coding: each form has a tag of its own."""
    return CODINGS[wanted] if wanted else ""


def vary(response: Response) -> None:
    """State that the answer depends on the codings that the client takes."""
    if "Vary" in response.headers:
        response.vary.add("Accept-Encoding")
    else:
        response.headers.add("Vary", "Accept-Encoding")


@dataclass(frozen=True, eq=False)
class Forms:
    """Bytes that are sent again and again, each compressed form made when it is first wanted."""

    data: bytes
    effort: Effort
    _packed: dict[str, bytes] = field(default_factory=dict)

    def get(self, wanted: str | None) -> bytes:
        """Return the bytes in a coding; as they are for None."""
        if wanted is None:
            return self.data
        if wanted not in self._packed:
            self._packed[wanted] = pack(self.data, wanted, self.effort)
        return self._packed[wanted]


def compressor() -> Callable[[Response], Response]:
    """Build the function that compresses a response if the client takes that and it is worth it."""
    kept = Kept(LARGEST_KEPT)

    def compress(response: Response) -> Response:
        if (
            response.status_code != 200
            or not (response.mimetype or "").startswith(TEXT)
            or "Content-Encoding" in response.headers
        ):
            return response
        vary(response)
        wanted = coding()
        if not wanted or request.method != "GET":
            return response
        etag, _ = response.get_etag()
        static = request.endpoint == "static" and etag
        if (response.content_length or 0) < LEAST_BYTES or not (static or response.is_sequence):
            return response
        response.direct_passthrough = False
        data = response.get_data()
        if static:
            key: Hashable = request.path, etag, wanted
            packed = kept.get(key, lambda: pack(data, wanted, BEST))
        else:
            packed = pack(data, wanted, QUICK)
        if etag:
            response.set_etag(etag, weak=True)  # the same page, in another form
        response.set_data(packed)
        response.headers["Content-Encoding"] = wanted
        return response

    return compress
