"""Numbers of the pictures that ``templates/_charts.html`` draws as SVG: where a site lies, and what
is reached from it in which time; and the code of its page.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import shapely
from babel import Locale
from babel.numbers import format_compact_decimal
from flask_babel import get_locale
from markupsafe import Markup
from numpy.typing import NDArray

from geo import crs
from webapp import settings
from webapp.catalogues import ENGLISH
from webapp.i18n import gettext as _
from webapp.labels import name
from webapp.store import Store

WIDTH, HEIGHT = 360, 260
REACH_M = 60_000.0
"""From the middle of the small map to its right edge."""
MARKED = ("gates", "ports", "airports", "cities")
BAR_M = 20_000
LABELLED = 6
STRIP_WIDTH, STRIP_HEIGHT = 480, 190
STRIP_EDGE = 26.0
"""Pixels between the outermost sites of a strip and its edges."""
STRIP_LEAST_M = 60_000.0
"""So many metres a strip is high at least, so that a coast or a border is in it."""
PIN = 17.0
"""Pixels between two numbers of a strip at least."""
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


Points = NDArray[np.float64]


@dataclass(frozen=True)
class Way:
    """A road or railway of the small map."""

    points: Points
    rail: bool
    operating: bool


@dataclass(frozen=True)
class Mark:
    """A place of the small map; without a name where the name of a nearer place is in its way."""

    x: float
    y: float
    layer: str
    name: str


@dataclass(frozen=True)
class Locator:
    """The small map around a site, in pixels; ``bar`` is the length of ``bar_m``."""

    land: list[Points]
    ways: list[Way]
    marks: list[Mark]
    bar: float
    bar_m: int = BAR_M
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class Pin:
    """A site of a strip: where it lies, and where its number stands."""

    x: float
    y: float
    number_x: float
    number_y: float


@dataclass(frozen=True)
class Strip:
    """A small map of some sites, in pixels; ``bar`` is the length of ``bar_m``."""

    land: list[Points]
    roads: list[Points]
    pins: list[Pin]
    bar: float
    bar_m: int
    width: int = STRIP_WIDTH
    height: int = STRIP_HEIGHT


@dataclass(frozen=True)
class Box:
    """The frame of a curve: its size, and where its axes begin and end."""

    width: int = CURVE_WIDTH
    height: int = CURVE_HEIGHT
    left: int = LEFT
    right: int = CURVE_WIDTH - RIGHT
    foot: int = CURVE_HEIGHT - BOTTOM


@dataclass(frozen=True)
class Curve:
    """A curve of steps above its axes, in pixels, with the marks of both axes."""

    title: str
    steps: list[tuple[float, float]]
    heights: list[tuple[float, str]]
    minutes: list[tuple[float, int]]
    most: float
    until_min: int
    box: Box = Box()

    @property
    def line(self) -> str:
        """The steps as SVG has a path, from the foot of the first to the right edge."""
        (x, y), *others = self.steps
        path = "".join([f"H{x:g}V{y:g}" for x, y in others])
        return f"M{x:g} {self.box.foot}V{y:g}{path}H{self.box.right}"


def locator(store: Store, lonlat: tuple[float, float]) -> Locator:
    """Find land, borders, roads and the nearest places around a point; to be read, not measured."""
    centre = crs.mercator(np.array(lonlat))
    flat = float(np.cos(np.radians(lonlat[1])))
    scale = flat * 6_371_008.8 * WIDTH / 2 / REACH_M  # pixels a unit of the projection

    def screen(points: Points) -> Points:
        return (crs.mercator(points) - centre) * (scale, -scale) + (WIDTH / 2, HEIGHT / 2)

    degrees = REACH_M / 111_000
    reach = np.array([degrees / flat, degrees * HEIGHT / WIDTH]) * 1.1
    box = (*(np.array(lonlat) - reach), *(np.array(lonlat) + reach))
    return Locator(
        land=[screen(outline) for outline in _outlines(store, box)],
        ways=[
            Way(screen(shapely.get_coordinates(line)), "rail" in kind, status == "operating")
            for shape, kind, status in store.layer("corridors")[
                ["geometry", "kind", "status"]
            ].itertuples(index=False)
            if kind != "waterway"
            for line in shapely.get_parts(shapely.clip_by_rect(shape, *box))
        ],
        marks=_marks(store, lonlat, screen),
        bar=BAR_M * scale / (6_371_008.8 * flat),
    )


def strip(store: Store, sites: pd.Series) -> Strip:
    """Draw points as one small map, numbered in their order; to be read, not measured."""
    lonlats = shapely.get_coordinates(sites.to_numpy())
    flat = float(np.cos(np.radians(lonlats[:, 1].mean())))
    metre = 1 / (6_371_008.8 * flat)  # in units of the projection
    flats = crs.mercator(lonlats)
    low, high = flats.min(axis=0), flats.max(axis=0)
    room = np.array([STRIP_WIDTH, STRIP_HEIGHT]) - 2 * STRIP_EDGE
    scale = float(
        min(STRIP_HEIGHT / (STRIP_LEAST_M * metre), *(room / np.maximum(high - low, 1e-12)))
    )
    centre = (low + high) / 2

    def screen(points: Points) -> Points:
        return (crs.mercator(points) - centre) * (scale, -scale) + (
            STRIP_WIDTH / 2,
            STRIP_HEIGHT / 2,
        )

    half = np.array([STRIP_WIDTH, STRIP_HEIGHT]) / 2 / scale
    reach = np.degrees(half) * (1.1, 1.1 * flat)
    middle = (lonlats.min(axis=0) + lonlats.max(axis=0)) / 2
    box = (*(middle - reach), *(middle + reach))
    lines = store.layer("corridors")
    shown = lines[lines["kind"].isin(("expressway", "national_road"))]
    bar_m = max(_round_down(STRIP_WIDTH / 6 / scale / metre / 1000), 1) * 1000
    return Strip(
        land=[screen(outline) for outline in _outlines(store, box)],
        roads=[
            screen(shapely.get_coordinates(line))
            for shape in shown.geometry
            for line in shapely.get_parts(shapely.clip_by_rect(shape, *box))
        ],
        pins=_pins(screen(lonlats)),
        bar=bar_m * metre * scale,
        bar_m=bar_m,
    )


def _pins(points: Points) -> list[Pin]:
    """Place the numbers of points so that none covers another: on their points, else above or below
    the others in turn.
    """
    placed: list[Pin] = []
    for x, y in points.tolist():
        ways = [(0, 0), *((0, step * PIN) for k in range(1, 12) for step in (-k, k))]
        at = next(
            (
                (x + dx, y + dy)
                for dx, dy in ways
                if PIN / 2 <= y + dy <= STRIP_HEIGHT - PIN / 2
                and all(
                    math.hypot(x + dx - pin.number_x, y + dy - pin.number_y) >= PIN
                    for pin in placed
                )
            ),
            (x, y),
        )
        placed.append(Pin(x, y, *at))
    return placed


def _round_down(most: float) -> int:
    """Return the greatest of 1, 2, 5, 10, 20, 50 … that is not more; 0 below 1."""
    if most < 1:
        return 0
    power = 10 ** int(math.log10(most))
    return max(n * power for n in (1, 2, 5) if n * power <= most)


def _outlines(store: Store, box: tuple[float, ...]) -> list[Points]:
    """Return the outlines of countries within a box; none where the package has no countries."""
    countries = store.countries()
    if countries is None:
        return []
    shapes = shapely.clip_by_rect(shapely.make_valid(np.array(countries.geometry.array)), *box)
    parts = [part for shape in shapes for part in shapely.get_parts(shape)]
    return [shapely.get_coordinates(part.exterior) for part in parts if part.geom_type == "Polygon"]


def _marks(
    store: Store, lonlat: tuple[float, float], screen: Callable[[Points], Points]
) -> list[Mark]:
    """Mark the places inside the picture, the nearest first, and name those whose names do not
    cover each other.
    """
    places = []
    for layer_id in MARKED:
        frame = store.layer(layer_id)
        at = np.column_stack([frame.geometry.x, frame.geometry.y])
        for (x, y), away, (_key, row) in zip(
            screen(at), crs.distance_m(at, np.array(lonlat)), frame.iterrows(), strict=True
        ):
            if 4 < x < WIDTH - 4 and 4 < y < HEIGHT - 4:
                places.append((float(away), float(x), float(y), layer_id, row))
    marks: list[Mark] = []
    for _away, x, y, layer_id, row in sorted(places, key=lambda place: place[0]):
        named = [mark for mark in marks if mark.name]
        clear = (abs(x - WIDTH / 2) > 40 or abs(y - HEIGHT / 2) > 12) and all(
            abs(y - mark.y) > 13 or abs(x - mark.x) > 130 for mark in named
        )
        text = name(row) if clear and len(named) < LABELLED else ""
        marks.append(Mark(x, y, layer_id, text))
    return marks


def profile(reached: dict[str, pd.Series], until_min: int) -> list[Curve]:
    """Reckon how many people and parks are reached as time goes on."""
    titles = {
        "people": _("Population by travel time"),
        "parks": _("Parks by travel time"),
    }
    return [curve(titles[name], steps, until_min) for name, steps in reached.items()]


def curve(title: str, steps: pd.Series, until_min: int) -> Curve:
    """Reckon sums by ``travel_time_s`` as a curve of steps, from 0 to some minutes, above axes that
    both begin at 0.
    """
    steps = steps[steps.index <= 60 * until_min]
    most = float(steps.iloc[-1])
    top = _round_up(most)
    box = Box()
    width, height = box.right - box.left, box.foot - TOP
    x = np.round(box.left + width * steps.index.to_numpy(float) / 60 / until_min, 1)
    y = np.round(box.foot - height * steps.to_numpy(float) / top, 1)
    last = np.append(np.diff(x) > 0, True)  # of the steps that a screen cannot tell apart
    return Curve(
        title=title,
        steps=list(zip(x[last].tolist(), y[last].tolist(), strict=True)),
        heights=[(box.foot - height * value / top, _short(value)) for value in (0, top / 2, top)],
        minutes=[
            (box.left + width * minute / until_min, minute)
            for minute in range(0, until_min + 1, 30)
        ],
        most=most,
        until_min=until_min,
    )


def _round_up(most: float) -> float:
    """Return the least of 2, 4, 6, 8, 10, 20, 40 … that is not less: its half is a whole number
    too.
    """
    power = 10.0 ** max(math.floor(math.log10(most)), 0) if most > 0 else 1.0
    return next(top for n in (1, 2, 4, 6, 8, 10) if (top := n * power) >= max(most, 2))


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
