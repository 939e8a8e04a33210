"""Features as files: the same writers as those of downloads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import geopandas as gpd
from flask import Response, current_app, request

from geo import export
from geo.schema import Layer
from webapp.ogc.answers import Link
from webapp.ogc.negotiation import Way
from webapp.ogc.systems import System
from webapp.store import store

SHOWN = ("f", "lang", "limit", "offset", "profile", "crs", "properties", "sortby")
"""Parameters that select no feature."""


def answer(
    layer: Layer,
    frame: gpd.GeoDataFrame,
    way: Way,
    links: Iterable[Link],
    matched: int,
    system: System,
    names: Sequence[str] | None = None,
) -> Response:
    """Answer with features as a file; who computes already is waited for.

    Parameters
    ----------
    links
        Those that the JSON of the same features holds; here they are headers (RFC 8288).
    matched
        How many features are on all pages.
    system
        That of the coordinates, east before north as in all files.
    names
        The properties that are asked for; None for all.
    """
    if names is not None:
        frame = frame[[*names, *([frame.active_geometry_name] if layer.geometry else [])]]
    behind = current_app.extensions.get("zoneatlas.behind_turnstile", lambda view: view)
    data = behind(_file)(layer=layer, frame=frame, way=way, matched=matched, epsg=system.epsg)
    response = Response(data, mimetype=way.media_type)
    name = f"zone-atlas-{layer.id}.{export.get(way.id).extension}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["OGC-NumberMatched"] = str(matched)
    response.headers["OGC-NumberReturned"] = str(len(frame))
    for link in links:
        relation = f'rel="{link["rel"]}"; type="{link["type"]}"'
        response.headers.add("Link", f"<{link['href']}>; {relation}")
    response.cache_control.no_cache = True
    response.set_etag(hashlib.blake2b(data, digest_size=16).hexdigest())
    response.make_conditional(request)
    return response


def _file(layer: Layer, frame: gpd.GeoDataFrame, way: Way, matched: int, epsg: int) -> bytes:
    filters = {name: text for name, text in request.args.items() if name not in SHOWN}
    about = replace(store().about(layer.id), filters=filters)
    if len(frame) < matched:
        note = f"A part of the {matched} features that match; parameters limit and offset."
        about = replace(about, notes=(*about.notes, note))
    return export.write(frame, way.id, about, epsg=epsg)
