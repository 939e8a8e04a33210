"""What machines ask of the server as a whole: whether it is well, and what a crawler may read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from geo import __version__
from webapp import args
from webapp.store import store

service = Blueprint("service", __name__)

NOT_CRAWLED = (
    *("/access", "/api/", "/chain", "/compare", "/cost", "/download/", "/exchange/", "/match"),
    *(
        "/planned",
        "/rank",
        "/shortlist",
        "/sites/*/claims",
        "/sites/*/factsheet",
        "/table?",
        "/trip",
    ),
    *("/weights", "/where"),
    *(f"/*{name}=" for name in args.DRIVE),
)
"""Addresses with endless combinations, or whose answer is computed."""


@service.get("/health")
def health() -> dict[str, Any]:
    """Answer with 200 while the data can be read; where they cannot, the error handler answers as
    for any page.
    """
    return {"status": "ok", "version": __version__, "parks": len(store().layer("parks"))}


@service.get("/robots.txt")
def robots() -> Response:
    """Keep crawlers to the map, the pages of the sites and the data page."""
    return Response(
        "\n".join(["User-agent: *", *(f"Disallow: {path}" for path in NOT_CRAWLED), ""]),
        mimetype="text/plain",
    )
