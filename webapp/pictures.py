"""Pictures drawn on the server, as SVG: a small map of where a site lies, and the code that leads a phone to its page."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from flask_babel import gettext as _
from markupsafe import Markup, escape
from numpy.typing import NDArray

from geo import crs
from webapp.labels import name
from webapp.store import Store

WIDTH, HEIGHT = 360, 260
REACH_M = 60_000.0
"""From the middle of the small map to its right edge."""
MARKS = {"gates": "#7a1f2b", "ports": "#0b4f6c", "airports": "#3f4f8f", "cities": "#14202b"}
LABELLED = 6


def locator(store: Store, lonlat: tuple[float, float]) -> Markup:
    """Draw land, borders, roads and the nearest places around a point, with a scale; to be read, not measured."""
    centre = crs.mercator(np.array(lonlat))
    scale = float(np.cos(np.radians(lonlat[1]))) * 6_371_008.8 * WIDTH / 2 / REACH_M  # pixels a unit of the projection

    def screen(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return (crs.mercator(points) - centre) * (scale, -scale) + (WIDTH / 2, HEIGHT / 2)

    reach = np.array([REACH_M / 111_000 / np.cos(np.radians(lonlat[1])), REACH_M * HEIGHT / WIDTH / 111_000]) * 1.1
    box = (*(np.array(lonlat) - reach), *(np.array(lonlat) + reach))
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#dfe9f0"/>']
    countries = store.countries()
    for shape in [] if countries is None else shapely.clip_by_rect(shapely.make_valid(np.array(countries.geometry.array)), *box):
        for polygon in shapely.get_parts(shape):
            if polygon.geom_type == "Polygon":
                outline = _path(screen(shapely.get_coordinates(polygon.exterior)), close=True)
                parts.append(f'<path d="{outline}" fill="#f7f6f1" stroke="#8795a1"/>')
    corridors = store.frame("corridors")
    for shape, kind, status in zip(corridors.geometry, corridors["kind"], corridors["status"], strict=True):
        for line in shapely.get_parts(shapely.clip_by_rect(shape, *box)):
            rail, open_ = "rail" in kind, status == "operating"
            dashes = ' stroke-dasharray="2 4"' if not open_ else ' stroke-dasharray="5 3"' if rail else ""
            look = 'stroke="#555"' if rail else 'stroke="#d98b2b" stroke-width="2.5"'
            parts.append(f'<path d="{_path(screen(shapely.get_coordinates(line)))}" fill="none" {look}{dashes}/>')
    parts += _places(store, lonlat, screen)
    x, y = WIDTH / 2, HEIGHT / 2
    parts.append(f'<circle cx="{x}" cy="{y}" r="7" fill="#fff" stroke="#14202b" stroke-width="3"/>')
    metres = 20_000 * scale / (6_371_008.8 * float(np.cos(np.radians(lonlat[1]))))
    parts.append(f'<path d="M10 {HEIGHT - 12}h{metres:.1f}" stroke="#14202b" stroke-width="2"/>')
    parts.append(f'<text x="10" y="{HEIGHT - 17}" font-size="10">20 km</text>')
    return Markup(
        f'<svg class="locator" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(_("Where it lies"))}">{"".join(parts)}</svg>'
    )


def _places(store: Store, lonlat: tuple[float, float], screen: Any) -> list[str]:
    """Mark the places inside the picture, and name the nearest of them where their names do not cover each other."""
    out: list[str] = []
    taken: list[tuple[float, float]] = []
    named, found = 0, []
    for layer_id, colour in MARKS.items():
        frame = store.frame(layer_id)
        at = np.column_stack([frame.geometry.x, frame.geometry.y])
        for (x, y), away, (_key, row) in zip(screen(at), crs.distance_m(at, np.array(lonlat)), frame.iterrows(), strict=True):
            if 4 < x < WIDTH - 4 and 4 < y < HEIGHT - 4:
                found.append((float(away), float(x), float(y), colour, row))
    for _away, x, y, colour, row in sorted(found, key=lambda one: one[0]):
        out.append(f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" rx="2" fill="{colour}"/>')
        clear = abs(x - WIDTH / 2) > 40 or abs(y - HEIGHT / 2) > 12
        if named < LABELLED and clear and all(abs(y - other) > 13 or abs(x - there) > 130 for there, other in taken):
            end = x > WIDTH - 120
            place = f'x="{x - 7:.1f}" text-anchor="end"' if end else f'x="{x + 7:.1f}"'
            look = 'font-size="10.5" stroke="#fff" stroke-width="3" paint-order="stroke"'
            out.append(f'<text {place} y="{y + 4:.1f}" {look}>{escape(name(row))}</text>')
            taken.append((x, y))
            named += 1
    return out


def _path(points: NDArray[np.float64], *, close: bool = False) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if close else "")


def code(address: str) -> Markup:
    """Draw the QR code of an address."""
    import segno

    return Markup(segno.make(address, error="m").svg_inline(scale=3, border=2, svgclass="qr", lineclass=None, title=address))
