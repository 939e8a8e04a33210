"""A surface of the region as a picture and as files, and its numbers at one point for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from flask import Blueprint, Response, request

from geo import export
from geo.errors import InputError
from geo.export import rasters
from geo.roads.cells import A_SIDE
from geo.siting import surface, surface_areas
from geo.siting.surface import Blocks, Values, Wish, measures
from geo.tiles.grid import project
from webapp import args
from webapp.i18n import gettext as _
from webapp.i18n import translated
from webapp.siting import files, rank_files, wording
from webapp.siting.where import POINT, STATE, Asked, At, Legend, blocks_of
from webapp.store import Store, store

pages = Blueprint("where_files", __name__)

VIEW = ("level", "blocks")
OPACITY = 190
SITE = (176, 40, 30, 255)
"""The colour of sites on a picture that stands without a map."""
STEEP = 0.1
"""An outline is drawn between two cells by values that differ from its bound by less than this
share of the last bound."""
GEOTIFF = "image/tiff; application=geotiff"


def _asked() -> tuple[Store, Asked, Wish, Blocks, dict[str, Any]]:
    values = args.parse(request.args, (*STATE, *VIEW))
    opened, asked = store(), Asked.of(values)
    opened.networks.check(asked.drive)
    return opened, asked, asked.wish(opened), blocks_of(values, opened.surface(asked.drive)), values


@pages.get("/where.png")
def picture() -> Response:
    opened, asked, wish, blocks, values = _asked()
    legend = Legend.of(opened, asked, wish)
    shown = opened.surface(asked.drive).values(wish, blocks)
    classes = surface.classes(shown, legend.bounds, rising=legend.rising)
    colours = [(0, 0, 0, 0), *((*_rgb(colour), OPACITY) for colour, _text in legend.classes)]
    if "level" not in values:
        classes[_site_cells(opened, blocks)] = len(colours)
        colours.append(SITE)
    return _kept(Response(rasters.png(classes, colours), mimetype="image/png"))


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def _site_cells(opened: Store, blocks: Blocks) -> Any:
    """Return the cells that show the sites: three by three each."""
    lonlat = shapely.get_coordinates(opened.layer("parks").geometry.to_numpy())
    at = project(lonlat) * 2.0**blocks.level - (blocks.west, blocks.north)
    column, row = np.floor(at * A_SIDE).astype(int).T
    around = np.array([-1, 0, 1])
    rows = row[:, None, None] + around[:, None] + 0 * around
    columns = column[:, None, None] + around + 0 * around[:, None]
    height, width = (blocks.south - blocks.north + 1), (blocks.east - blocks.west + 1)
    inside = (rows >= 0) & (columns >= 0) & (rows < height * A_SIDE) & (columns < width * A_SIDE)
    return rows[inside], columns[inside]


def _kept(response: Response) -> Response:
    """Let a client keep an answer, and ask whether it still holds."""
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@pages.get("/where.tif")
def raster() -> Response:
    opened, asked, wish, blocks, _values = _asked()
    drawn, bands = opened.surface(asked.drive), dict[str, Values]()
    names = dict.fromkeys([*(row.id for row in wish.criteria), *wish.limits])
    shown = drawn.values(wish, blocks)
    bands[Legend.of(opened, asked, wish).title] = shown / np.float32(_scale(wish))
    for name in names:
        row = measures()[name]
        unit = rank_files.unit(row)
        title = files.with_unit(wording.criterion_name(name), unit)
        title = _("%(title)s, without limits", title=title) if name == wish.single else title
        bands[title] = drawn.amounts(name, blocks) / np.float32(row.scale)
    data = rasters.geotiff(bands, blocks.corner_m, blocks.cell_m, _about(opened, asked, wish))
    response = Response(data, mimetype=GEOTIFF)
    response.headers["Content-Disposition"] = 'attachment; filename="zone-atlas-where.tif"'
    return _kept(response)


def _scale(wish: Wish) -> float:
    """Return one unit of the screen in the unit of what is shown."""
    return measures()[wish.single].scale if wish.single else 1.0


@pages.get("/where.geojson")
def outlines() -> Response:
    opened, asked, wish, blocks, _values = _asked()
    shown, legend = opened.surface(asked.drive).values(wish, blocks), Legend.of(opened, asked, wish)
    bounds = legend.bounds or (surface.FULL,)
    drawn = surface_areas.areas(
        shown, blocks, bounds, rising=legend.rising, steep=STEEP * max(bounds)
    )
    end = "at_most" if legend.rising else "at_least"
    rows = [
        {
            "measure": wish.single or ("score" if wish.criteria else "limits"),
            "title": legend.title,
            end: bound / _scale(wish),
            "unit": translated(measures()[wish.single].unit) if wish.single else None,
        }
        for bound in bounds
    ]
    order = slice(None, None, -1)  # the largest first, so that smaller ones are drawn on top
    shapes = np.array(drawn, object)[order]
    written = export.geojson.collection(shapes, rows[order], _about(opened, asked, wish))
    response = Response(written, mimetype="application/geo+json")
    response.headers["Content-Disposition"] = 'attachment; filename="zone-atlas-where.geojson"'
    return _kept(response)


def _about(opened: Store, asked: Asked, wish: Wish) -> export.About:
    """Return what a file says of itself: what it shows, and from what it is made."""
    manifest, base = opened.roads(asked.drive).manifest, opened.about("ports")
    notes = [
        f"Travel times by {asked.drive.profile}, without queues and opening hours; each cell is"
        f" joined to a road of its own country. Source of the roads: {manifest.source}.",
        "Empty where no road is near, no way leads there, a limit is not kept, or it is not known.",
    ]
    for row in wish.criteria:
        notes.append(f"{row.id} counts from {row.low} to {row.high} ({row.shape}).")
    notes += [note for note in manifest.notes if note.startswith("Planned: ")]
    return replace(
        base,
        layer="where",
        title="Where could it be?",
        description=Legend.of(opened, asked, wish).title,
        filters=dict(asked.query()),
        notes=tuple(notes),
        licence=", ".join(filter(None, dict.fromkeys((manifest.licence, base.licence)))),
        count=None,
        total=None,
    )


@pages.get("/where.json")
def point() -> Response:
    values = args.parse(request.args, (*STATE, *POINT))
    opened, asked = store(), Asked.of(values)
    opened.networks.check(asked.drive)
    at = At.of(opened, values, asked)
    if at is None:
        raise InputError(_("Name a starting point: site, or lon and lat."))
    numbers = {}
    for each in at.numbers:
        row = measures()[each.name]
        amount = rank_files.amount(row, each.amount)
        numbers[each.name] = {
            "title": wording.criterion_name(each.name),
            "text": each.text,
            "low": files.number(amount.low),
            "high": files.number(amount.high),
            "unit": rank_files.unit(row) or None,
            "place": each.place or None,
        }
    return files.json_response(
        {
            "link": files.link(opened, request.query_string.decode("ascii", "replace")),
            "lon": at.lon,
            "lat": at.lat,
            "site": at.site or None,
            "score": files.number(at.score),
            "limits": dict(at.limits),
            "numbers": numbers,
            "licence": opened.about("ports").licence,
        }
    )
