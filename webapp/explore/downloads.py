"""Layers and tables as files."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, request

from geo import crs, export
from geo.errors import NotFoundError
from webapp import args
from webapp.explore import api
from webapp.i18n import gettext as _
from webapp.store import store

LARGE_ROWS = 10_000
"""A download of more is sent while it is written, so that it begins at once and none is ever held
whole in memory, where the format allows it.
"""


def systems() -> list[tuple[int, str]]:
    """Return the systems on offer besides that of all layers, those in metres first."""
    metres = crs.projected()
    others = [code for code in crs.SYSTEMS if code not in (*metres, crs.WGS84)]
    return [(code, crs.SYSTEMS[code]) for code in (*metres, *others)]


def answer(layer_id: str, extension: str) -> Response:
    """Answer with a layer, or with the times by road from a place (``access``), as a file."""
    known = {writer.extension: writer for writer in export.FORMATS.values()}
    if extension not in known:
        raise NotFoundError(
            _(
                "There is no download as “%(extension)s”; there are %(known)s.",
                extension=extension[:20],
                known=", ".join(known),
            )
        )
    writer = known[extension]
    if layer_id == "access":
        values = args.parse(request.args, (*args.FROM, "layer", "epsg"))
        rows, about = api.access_frame(values), api.access_about(values)
        name = f"access-from-{values.get('site', 'point')}"
    else:
        values = args.parse(request.args, (*args.FILTERS, "epsg"))
        opened = store()
        filters = {key: _shown(value) for key, value in values.items() if key in args.FILTERS}
        about = replace(opened.about(layer_id), filters=filters)
        rows = opened.select(layer_id, args.filters(values))
        name = f"{layer_id}{'-filtered' if filters else ''}"
    parts = export.parts(rows, writer.id, about, epsg=values.get("epsg", crs.WGS84))
    large = len(rows) > LARGE_ROWS
    response = Response(parts if large else b"".join(parts), mimetype=writer.media_type)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="zone-atlas-{name}.{extension}"'
    )
    response.headers["Cache-Control"] = "no-cache"
    if not large:
        response.add_etag()
        response.make_conditional(request)
    return response


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
