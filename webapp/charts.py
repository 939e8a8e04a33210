"""Pictures drawn on the server, as SVG: where a site lies, what is reached from it in which time,
and the code of its page.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from babel import Locale
from babel.numbers import format_compact_decimal
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup, escape
from numpy.typing import NDArray

from geo import crs
from webapp import settings
from webapp.i18n import ENGLISH
from webapp.labels import decimal, name
from webapp.store import Store

WIDTH, HEIGHT = 360, 260
REACH_M = 60_000.0
"""From the middle of the small map to its right edge."""
MARKS = {"gates": "#7a1f2b", "ports": "#0b4f6c", "airports": "#3f4f8f", "cities": "#14202b"}
LABELLED = 6
CURVE_WIDTH, CURVE_HEIGHT = 340, 150
LEFT, RIGHT, TOP, BOTTOM = 70, 16, 10, 34
"""Margins of a curve: room for the numbers of its axes."""
QUIET, MODULE_MM, CODE_SMALLEST_MM = 4, 0.4, 28.0
"""Of a QR code on paper: modules around it that stay white, width of a module at least, width of
the whole at least.
"""
CODE_LONGEST = 2300
"""Characters of an address; with error correction M no code holds more than 2331, and that is 74 mm
wide.
"""


def locator(store: Store, lonlat: tuple[float, float]) -> Markup:
    """Draw land, borders, roads and the nearest places around a point, with a scale; to be read,
    not measured.
    """
    centre = crs.mercator(np.array(lonlat))
    scale = (
        float(np.cos(np.radians(lonlat[1]))) * 6_371_008.8 * WIDTH / 2 / REACH_M
    )  # pixels a unit of the projection

    def screen(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return (crs.mercator(points) - centre) * (scale, -scale) + (WIDTH / 2, HEIGHT / 2)

    reach = (
        np.array(
            [REACH_M / 111_000 / np.cos(np.radians(lonlat[1])), REACH_M * HEIGHT / WIDTH / 111_000]
        )
        * 1.1
    )
    box = (*(np.array(lonlat) - reach), *(np.array(lonlat) + reach))
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#dfe9f0"/>']
    countries = store.countries()
    for shape in (
        []
        if countries is None
        else shapely.clip_by_rect(shapely.make_valid(np.array(countries.geometry.array)), *box)
    ):
        for polygon in shapely.get_parts(shape):
            if polygon.geom_type == "Polygon":
                outline = _path(screen(shapely.get_coordinates(polygon.exterior)), close=True)
                parts.append(f'<path d="{outline}" fill="#f7f6f1" stroke="#8795a1"/>')
    corridors = store.layer("corridors")
    for shape, kind, status in zip(
        corridors.geometry, corridors["kind"], corridors["status"], strict=True
    ):
        for line in shapely.get_parts(shapely.clip_by_rect(shape, *box)):
            rail, open_ = "rail" in kind, status == "operating"
            dashes = (
                ' stroke-dasharray="2 4"'
                if not open_
                else ' stroke-dasharray="5 3"'
                if rail
                else ""
            )
            look = 'stroke="#555"' if rail else 'stroke="#d98b2b" stroke-width="2.5"'
            parts.append(
                f'<path d="{_path(screen(shapely.get_coordinates(line)))}" fill="none"'
                f" {look}{dashes}/>"
            )
    parts += _places(store, lonlat, screen)
    x, y = WIDTH / 2, HEIGHT / 2
    parts.append(f'<circle cx="{x}" cy="{y}" r="7" fill="#fff" stroke="#14202b" stroke-width="3"/>')
    metres = 20_000 * scale / (6_371_008.8 * float(np.cos(np.radians(lonlat[1]))))
    parts.append(f'<path d="M10 {HEIGHT - 12}h{metres:.1f}" stroke="#14202b" stroke-width="2"/>')
    parts.append(f'<text x="10" y="{HEIGHT - 17}" font-size="10">20 km</text>')
    said = escape(_("Where it lies"))
    return Markup(
        f'<svg class="locator" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{said}">{"".join(parts)}</svg>'
    )


def _places(store: Store, lonlat: tuple[float, float], screen: Any) -> list[str]:
    """Mark the places inside the picture, and name the nearest of them where their names do not
    cover each other.
    """
    out: list[str] = []
    taken: list[tuple[float, float]] = []
    named, found = 0, []
    for layer_id, colour in MARKS.items():
        frame = store.layer(layer_id)
        at = np.column_stack([frame.geometry.x, frame.geometry.y])
        for (x, y), away, (_key, row) in zip(
            screen(at), crs.distance_m(at, np.array(lonlat)), frame.iterrows(), strict=True
        ):
            if 4 < x < WIDTH - 4 and 4 < y < HEIGHT - 4:
                found.append((float(away), float(x), float(y), colour, row))
    for _away, x, y, colour, row in sorted(found, key=lambda one: one[0]):
        out.append(
            f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" rx="2" fill="{colour}"/>'
        )
        clear = abs(x - WIDTH / 2) > 40 or abs(y - HEIGHT / 2) > 12
        if (
            named < LABELLED
            and clear
            and all(abs(y - other) > 13 or abs(x - there) > 130 for there, other in taken)
        ):
            end = x > WIDTH - 120
            place = f'x="{x - 7:.1f}" text-anchor="end"' if end else f'x="{x + 7:.1f}"'
            look = 'font-size="10.5" stroke="#fff" stroke-width="3" paint-order="stroke"'
            out.append(f'<text {place} y="{y + 4:.1f}" {look}>{escape(name(row))}</text>')
            taken.append((x, y))
            named += 1
    return out


def _path(points: NDArray[np.float64], *, close: bool = False) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if close else "")


def profile(
    reached: dict[str, pd.Series], coarse: bool, until_min: int
) -> list[tuple[str, Markup]]:
    """Draw how many people and parks are reached as time goes on, each with its title; dashed where
    the times are coarse.
    """
    titles = {
        "people": _("People reached within so many minutes"),
        "parks": _("Parks reached within so many minutes"),
    }
    return [
        (titles[name], curve(titles[name], steps, coarse, until_min))
        for name, steps in reached.items()
    ]


def curve(title: str, steps: pd.Series, coarse: bool, until_min: int) -> Markup:
    """Draw sums by ``travel_time_s`` as a curve of steps, from 0 to some minutes, above axes that
    both begin at 0.
    """
    steps = steps[steps.index <= 60 * until_min]
    most = float(steps.iloc[-1])
    top = _round_up(most)
    width, height = CURVE_WIDTH - LEFT - RIGHT, CURVE_HEIGHT - TOP - BOTTOM
    foot = TOP + height
    x = np.round(LEFT + width * steps.index.to_numpy(float) / 60 / until_min, 1)
    y = np.round(foot - height * steps.to_numpy(float) / top, 1)
    line = (
        f"M{x[0]:g} {foot}V{y[0]:g}"
        + "".join(f"H{to:g}V{up:g}" for to, up in zip(x[1:], y[1:], strict=True))
        + f"H{LEFT + width}"
    )
    parts = [f'<path d="{line}V{foot}Z" fill="#dbe8ee"/>']
    for value in (0, top / 2, top):
        up = foot - height * value / top
        parts.append(f'<path d="M{LEFT} {up:g}H{LEFT + width}" stroke="#b9c3cc"/>')
        parts.append(
            f'<text x="{LEFT - 6}" y="{up + 4:g}" text-anchor="end">{escape(_short(value))}</text>'
        )
    for minute in range(0, until_min + 1, 30):
        at = LEFT + width * minute / until_min
        parts.append(
            f'<path d="M{at:g} {foot}v4" stroke="#4a5a67"/><text x="{at:g}" y="{foot + 15}"'
            f' text-anchor="middle">{minute}</text>'
        )
    axis = escape(_("minutes by road"))
    parts.append(
        f'<text x="{LEFT + width / 2:g}" y="{CURVE_HEIGHT - 5}" text-anchor="middle">{axis}</text>'
    )
    dashes = ' stroke-dasharray="5 3"' if coarse else ""
    parts.append(f'<path d="{line}" fill="none" stroke="#0b4f6c" stroke-width="2"{dashes}/>')
    said = escape(_("%(title)s: %(n)s within %(m)s min", title=title, n=decimal(most), m=until_min))
    look = 'font-size="11" fill="#4a5a67"'
    box = f"0 0 {CURVE_WIDTH} {CURVE_HEIGHT}"
    return Markup(
        f'<svg class="curve" viewBox="{box}" role="img" aria-label="{said}"'
        f" {look}>{''.join(parts)}</svg>"
    )


def _round_up(most: float) -> float:
    """Return the least of 2, 4, 6, 8, 10, 20, 40 … that is not less: its half is a whole number
    too.
    """
    power = 10.0 ** max(math.floor(math.log10(most)), 0) if most > 0 else 1.0
    return next(one * power for one in (1, 2, 4, 6, 8, 10) if one * power >= max(most, 2))


def _short(value: float) -> str:
    """Write a round number as short as the language has it: 20 million, 20 triệu, 2000万."""
    locale = Locale.parse(get_locale() or ENGLISH.locale)
    form: Literal["long", "short"] = (
        "long" if "long" in locale.compact_decimal_formats else "short"
    )  # Babel has no long one of Chinese
    return str(format_compact_decimal(value, format_type=form, locale=locale, fraction_digits=1))


def code(address: str) -> Markup | None:
    """Draw the QR code of an address in the size in which a phone reads it from paper, with its
    quiet zone.

    Returns
    -------
    Markup or None
        None if a phone cannot open the address, because it is one of this machine only, or no code
        holds it in a readable size.

    Source: ISO/IEC 18004, a quiet zone of four modules. That phones read modules from about 0.33 mm
    on is a rule of thumb of printers."""
    import segno

    if not settings.is_public(address) or len(address) > CODE_LONGEST:
        return None
    drawn = segno.make(address, error="m")
    across = drawn.symbol_size(border=QUIET)[0]
    scale = max(MODULE_MM, CODE_SMALLEST_MM / across)
    return Markup(
        drawn.svg_inline(
            scale=scale,
            border=QUIET,
            unit="mm",
            light="#fff",
            svgclass="qr",
            lineclass=None,
            title=address,
        )
    )
