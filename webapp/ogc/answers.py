"""How the OGC API answers: its collections, its links, and each document as JSON or as a page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, current_app, render_template, request

from geo import export
from geo.errors import NotFoundError
from geo.exchange.claims import WITHOUT_CLAIMS
from geo.schema import LAYERS, Layer
from webapp import team
from webapp.i18n import gettext as _
from webapp.ogc import negotiation
from webapp.ogc.negotiation import HTML, JSON
from webapp.readers import Schema
from webapp.store import store

EDITING = (
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features",
)
"""Kept where people may write, see :mod:`webapp.exchange.editing`."""
FEATURES = ("ogc.items", "ogc.feature")
"""Endpoints that answer with features."""
PREFIX = "/ogc"
"""Where the service is."""
READING = ("GET", "HEAD", "OPTIONS")
"""Methods that every address of the service takes."""
WRITING = {"items": ("POST",), "feature": ("PUT", "PATCH", "DELETE")}
"""Methods that the features of a layer take from those who may edit, and a feature."""
_EDITED = re.compile(rf"{PREFIX}/collections/(?P<layer>[^/]+)/items(?:/(?P<feature>[^/]+))?/?")
Link = dict[str, Any]


def held() -> dict[str, Layer]:
    """Return the layers that the package holds, by id."""
    held = {resource.get("name") for resource in store().package.get("resources", ())}
    return {layer.id: layer for layer in LAYERS.values() if layer.id in held}


def layer_of(collection_id: str) -> Layer:
    """Return the layer of a collection; `NotFoundError` if there is none."""
    layers = held()
    if collection_id not in layers:
        names = {"id": collection_id, "known": ", ".join(layers)}
        raise NotFoundError(_("There is no collection “%(id)s”; there are %(known)s.", **names))
    return layers[collection_id]


def allowed() -> tuple[str, ...]:
    """Return the methods that this address takes from who asks; QGIS edits a layer whose items take
    POST, and changes single fields of a feature that takes PATCH.
    """
    edited = _EDITED.fullmatch(request.path)
    if edited is None or not is_edited(edited["layer"]) or not team.may("contributor"):
        return READING
    return (*READING, *WRITING["feature" if edited["feature"] else "items"])


def is_edited(collection_id: str) -> bool:
    """Check whether people may edit a collection of this server at all."""
    config = current_app.config
    writes = config["TEAM"] or config["EDITING"]
    return bool(writes) and collection_id in held() and collection_id not in WITHOUT_CLAIMS


def url_of(path: str, **query: str) -> str:
    """Return the address of a document of this service, in the language asked for if a page."""
    language = request.args.get("lang")
    query |= {"lang": language} if language and query.get("f") == "html" else {}
    return f"{store().public_url}{PREFIX}{path}" + (f"?{urlencode(query)}" if query else "")


def link(path: str, rel: str, media_type: str, title: str, **query: str) -> Link:
    """Build a link to a document of this service."""
    return {"href": url_of(path, **query), "rel": rel, "type": media_type, "title": title}


def selves(path: str, media_type: str, **query: str) -> list[Link]:
    """Link to this document as it is asked for, and to the other ways of showing it."""
    ways = negotiation.FEATURES if request.endpoint in FEATURES else negotiation.PAGES
    types = {way.id: way.media_type for way in ways.values()} | {"json": media_type}
    titles = {"json": "This document as JSON", "html": "This document as a page"}
    current = negotiation.way().id
    return [
        link(
            path,
            "self" if way.id == current else "alternate",
            types[way.id],
            titles.get(way.id, f"This document as {way.title}"),
            **(query | {"f": way.id}),
        )
        for way in sorted(ways.values(), key=lambda way: way.id != current)
    ]


def shows_html() -> bool:
    """Check whether a page is asked for."""
    return negotiation.way().id == "html"


def answer(
    template: str,
    document: Schema,
    *,
    media_type: str = JSON,
    as_json_fg: Callable[[Schema, str], Schema] | None = None,
    **more: Any,
) -> Response:
    """Show a document.

    The ETag of JSON leaves ``timeStamp`` out: the same features have the same tag at any time.

    Parameters
    ----------
    as_json_fg
        Turns a document of GeoJSON into one of JSON-FG, of a profile.
    """
    if shows_html():
        return Response(
            render_template(f"ogc/{template}.html", document=document, link=_link_to, **more),
            mimetype=HTML,
        )
    profile = negotiation.json_fg_profile()
    if as_json_fg and profile:
        document = as_json_fg(document, profile)
        media_type = negotiation.json_fg_type()
    body = export.to_json(document)
    tag = hashlib.blake2b(body, digest_size=16).hexdigest()
    if template == "items":
        body = f'{{"timeStamp":"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",'.encode() + body[1:]
    response = Response(body, content_type=media_type)
    response.set_etag(tag, weak=True)
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


def _link_to(*parts: str) -> str:
    """Return the address of a page of this service, for the templates."""
    return url_of("".join(f"/{quote(part, safe='')}" for part in parts), f="html")
