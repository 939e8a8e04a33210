"""Compress text on its way out; static files once."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from flask import Response, request

from geo.kept import Kept

TEXT = (
    "text/",
    "application/json",
    "application/geo+json",
    "application/javascript",
    "image/svg+xml",
    "application/vnd.oai.openapi+json",
)
LEAST_BYTES = 1000
LARGEST_KEPT = 64
"""So many compressed static files are kept in memory."""


def compressor() -> Callable[[Response], Response]:
    """Build the function that compresses a response if the client takes gzip and it is worth it."""
    kept = Kept(LARGEST_KEPT)

    def compress(response: Response) -> Response:
        if (
            not (response.mimetype or "").startswith(TEXT)
            or response.status_code != 200
            or "Content-Encoding" in response.headers
        ):
            return response
        response.vary.add("Accept-Encoding")
        etag, _ = response.get_etag()
        static = request.endpoint == "static" and etag
        if (
            not request.accept_encodings.quality("gzip")
            or request.method != "GET"
            or (response.content_length or 0) < LEAST_BYTES
            or not (static or response.is_sequence)
        ):
            return response
        response.direct_passthrough = False
        data = response.get_data()
        if static:
            zipped = kept.get((request.path, etag), lambda: gzip.compress(data, 6, mtime=0))
        else:
            zipped = gzip.compress(data, 5, mtime=0)
        if etag:
            response.set_etag(etag, weak=True)  # the same page, in another form
        response.set_data(zipped)
        response.headers["Content-Encoding"] = "gzip"
        return response

    return compress
