"""Compress text on its way out; static files once."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from flask import Response, request

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
    """Make the function that compresses a response where the client takes gzip and it is
    worth it.
    """
    kept: dict[str, bytes] = {}

    def compress(response: Response) -> Response:
        if (
            not (response.mimetype or "").startswith(TEXT)
            or response.status_code != 200
            or "Content-Encoding" in response.headers
        ):
            return response
        response.vary.add("Accept-Encoding")
        if (
            not request.accept_encodings.quality("gzip")
            or request.method != "GET"
            or (response.content_length or 0) < LEAST_BYTES
        ):
            return response
        etag, _ = response.get_etag()
        if request.endpoint == "static" and etag:
            response.direct_passthrough = False
            data = response.get_data()
            zipped = kept.get(f"{request.path} {etag}") or gzip.compress(data, 6, mtime=0)
            if len(kept) < LARGEST_KEPT:
                kept[f"{request.path} {etag}"] = zipped
        elif response.is_sequence:
            zipped = gzip.compress(response.get_data(), 5, mtime=0)
        else:
            return response
        if etag:
            response.set_etag(etag, weak=True)  # the same page, in another form
        response.set_data(zipped)
        response.headers["Content-Encoding"] = "gzip"
        return response

    return compress
