"""Where could it be: a surface of the region for any mix of limits and weights, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import numpy as np
import shapely
from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup

from geo import maps
from geo.errors import InputError
from geo.roads.drive import Drive
from geo.siting import sites, surface
from geo.siting.criteria import Criterion
from geo.siting.measures import Measure
from geo.siting.surface import PEOPLE, Blocks, Surface, Wish, measures
from webapp import args, labels
from webapp.explore import drawn
from webapp.field_words import field_name
from webapp.i18n import bracketed, said, translated
from webapp.i18n import gettext as _
from webapp.map_frame import MapFrame, basemap_url, map_frame, tiles_url
from webapp.readers import plain
from webapp.siting import wording, worth
from webapp.siting.worth import Worth
from webapp.store import Store, store

pages = Blueprint("where", __name__)

LIMITS = {row.limit: name for name, row in measures().items()}
"""The parameters of limits, and the measures that they are of."""
WEIGHTS = {f"w_{name}": name for name in measures()}
WORTHS = tuple(name for name in worth.PARAMETERS if name.split("_")[1] in measures())
POINT = ("site", "lon", "lat")
STATE = (*LIMITS, *WEIGHTS, *WORTHS, "edited", *args.DRIVE)
"""Parameters that say what is drawn."""
TYPED = (*LIMITS, "lon", "lat")
"""Fields that a number is typed into."""
FIRST = {"port": 100.0}
"""What weighs where nothing is asked for."""
MINUTES = (15, 30, 45, 60, 90, 120, 180)
PEOPLE_STEPS = (10e6, 5e6, 2e6, 1e6, 500e3, 200e3, 100e3)
"""Bounds between the eight classes of a legend, the best first."""
SCORES = (80, 70, 60, 50, 40, 30, 20)
"""The same where no site has a score; else the sites are in eight classes of equal size."""
RAMP = (*("#3f007d", "#54278f", "#6a51a3", "#807dba", "#9e9ac8", "#bcbddc", "#dadaeb", "#efedf5"),)
"""One hue from the best class to the worst, told apart by lightness alone. **Source:** ColorBrewer
2.0, Purples of nine classes."""


@dataclass(frozen=True)
class Asked:
    """What the form holds: weights and limits of measures by id, limits in the unit of the form."""

    drive: Drive
    weights: dict[str, float]
    limits: dict[str, float]
    worth: dict[str, Worth]
    edited: bool

    @classmethod
    def of(cls, values: dict[str, Any]) -> Asked:
        """Read it from a query."""
        weights = {name: values[key] for key, name in WEIGHTS.items() if values.get(key, 0.0) > 0}
        limits = {name: values[key] for key, name in LIMITS.items() if key in values}
        edited = "edited" in values
        if not weights and not limits and not edited:
            weights = dict(FIRST)
        return cls(Drive.of(values), weights, limits, worth.read(values), edited)

    def query(self) -> list[tuple[str, str]]:
        """Return the whole state as a readable query."""
        rows = measures()
        query = [(f"w_{name}", plain(weight)) for name, weight in self.weights.items()]
        query += [(rows[name].limit, plain(limit)) for name, limit in self.limits.items()]
        query += [(f"v_{name}", str(each)) for name, each in self.worth.items()]
        query += [("edited", "1")] if self.edited else []
        return [*query, *self.drive.query().items()]

    def wish(self, opened: Store) -> Wish:
        """Return what the library draws: every criterion with both ends of its range, those of the
        sites where none are stated, so that a cell is worth what a site there would be.
        """
        rows, profile = measures(), self.drive.profile
        criteria = [self._criterion(opened, rows[name], profile) for name in self.weights]
        limits = {name: limit * rows[name].scale for name, limit in self.limits.items()}
        return Wish(tuple(criteria), self.weights, limits)

    def _criterion(self, opened: Store, row: Measure, profile: str) -> Criterion:
        each = self.worth.get(row.id, Worth())
        if each.shape == "step":
            return row.criterion(profile, each.shape, each.low, each.high)
        low, high = ends(opened, self.drive, row)
        low, high = each.low if each.low is not None else low, each.high or high
        if low >= high:
            fault = worth.not_less(round(low, 1), round(high, 1))
            raise args.AddressError({f"v_{row.id}": fault}, {}, also=worth.keys(row.id))
        return row.criterion(profile, each.shape, low, high)


def ends(opened: Store, drive: Drive, row: Measure) -> tuple[float, float]:
    """Return the least and the greatest amount of the sites, in the unit of the form; from 0 to one
    where no site has any.
    """
    amounts = opened.sites(drive)[row.column.format(profile=drive.profile)].to_numpy(float)
    known = amounts[np.isfinite(amounts)] / row.scale
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    return (low, high) if low < high else (min(low, 0.0), max(high, 1.0))


# What is drawn ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Legend:
    """The classes of what is shown: bounds in the unit of the values, the best first, and the text
    of each class with its colour.
    """

    title: str
    bounds: tuple[float, ...]
    rising: bool
    classes: list[tuple[str, str]]

    @classmethod
    def of(cls, opened: Store, asked: Asked, wish: Wish) -> Legend:
        """Name the classes of what a wish shows."""
        name = wish.single
        if not wish.criteria:
            return cls(_("All limits met"), (), False, [(RAMP[2], _("All limits met"))])
        if name is None:
            bounds = eighths(opened, asked, wish)
            texts = _texts([labels.decimal(bound) for bound in bounds], rising=False)
            return cls(_("Score of 100"), bounds, False, list(zip(RAMP, texts, strict=False)))
        steps: Sequence[float] = PEOPLE_STEPS if name == PEOPLE else MINUTES
        row, rising = measures()[name], surface.is_cost(name)
        texts = _texts([labels.quantity(step) for step in steps], rising=rising)
        bounds = tuple(step * row.scale for step in steps)
        title = wording.criterion_name(name)
        title = title if row.is_counted else title + bracketed(translated(row.unit))
        return cls(title, bounds, rising, list(zip(RAMP, texts, strict=True)))


def eighths(opened: Store, asked: Asked, wish: Wish) -> tuple[float, ...]:
    """Return the whole scores between eighths of the sites, each once, the best first."""
    table = opened.sites(asked.drive)
    raw = np.column_stack([table[row.column].to_numpy(float) for row in wish.criteria])
    scores = surface.score(raw[np.isfinite(raw).all(axis=1)], wish)
    if not len(scores):
        return SCORES
    between = np.round(np.quantile(scores, np.arange(1, 8) / 8))
    return tuple(np.unique(between)[::-1].tolist())


def _texts(bounds: list[str], *, rising: bool) -> list[str]:
    """Write the classes between bounds, the best first."""
    pairs = pairwise(bounds)
    between = [f"{min_}–{max_}" for min_, max_ in (pair[:: 1 if rising else -1] for pair in pairs)]
    first, last = ("≤", ">") if rising else ("≥", "<")
    return [f"{first} {bounds[0]}", *between, f"{last} {bounds[-1]}"]


def blocks_of(values: dict[str, Any], drawn: Surface) -> Blocks:
    """Read which part is asked for; the whole region where none is.

    Raises
    ------
    InputError
        The grid has not so many blocks, or they are too many.
    """
    if ("level" in values) != ("blocks" in values):
        raise InputError(_("level and blocks belong together."))
    if "level" not in values:
        return Blocks.over(drawn.box)
    level, (west, north, east, south) = values["level"], values["blocks"]
    if level > surface.MOST_LEVEL:
        raise InputError(_("The finest level is %(n)s.", n=surface.MOST_LEVEL))
    if max(east, south) >= 1 << level:
        raise InputError(_("Level %(level)s has no such blocks.", level=level))
    blocks = Blocks(level, west, north, east, south)
    if len(blocks) > surface.MOST_BLOCKS:
        raise InputError(_("At most %(n)s blocks are drawn at once.", n=surface.MOST_BLOCKS))
    return blocks


# A point ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Number:
    """A measure at a point: its amount in the unit of the column, in words, and to which place."""

    name: str
    amount: float
    text: str
    place: str


@dataclass(frozen=True)
class At:
    """What a site at a point would have: ``score`` of 100, None where it is unknown or nothing
    weighs; limits by name, and whether each is met, None where that is not known.
    """

    lon: float
    lat: float
    site: str
    title: str
    numbers: list[Number]
    score: float | None
    limits: list[tuple[str, bool | None]]

    @classmethod
    def of(cls, opened: Store, values: dict[str, Any], asked: Asked) -> At | None:
        """Count the numbers of the point that is asked for; None if none is."""
        if not values.keys() & set(POINT):
            return None
        if ("lon" in values) != ("lat" in values) or ("site" in values) == ("lon" in values):
            raise InputError(_("Name a starting point: site, or lon and lat."))
        site, drive = values.get("site", ""), asked.drive
        frame = opened.where(site) if site else opened.where((values["lon"], values["lat"]))
        lon, lat = shapely.get_coordinates(frame.geometry.iloc[0])[0].tolist()
        title = labels.name(frame.iloc[0]) if site else _point(lon, lat)
        table = sites.table(
            frame[["geometry", *({"country", "opposite_country"} & set(frame.columns))]],
            opened.destinations(drive.closed),
            population=opened.population(),
            crossings=opened.table("crossings"),
            network=opened.roads(drive),
            profiles=(drive.profile,),
        )
        cells, names = table.iloc[0].to_dict(), labels.names(opened.targets()).to_dict()
        numbers = []
        for name, row in measures().items():
            amount = float(cells[row.column.format(profile=drive.profile)])
            place = names.get(cells.get(f"{name}_{drive.profile}"), "")
            numbers.append(Number(name, amount, wording.amount(name, amount), place))
        amounts = {number.name: number.amount for number in numbers}
        wish = asked.wish(opened)
        raw = np.array([[amounts[each.id] for each in wish.criteria]])
        known = bool(wish.criteria) and bool(np.isfinite(raw).all())
        score = float(surface.score(raw, wish)[0]) if known else None
        met = [(name, _is_met(name, amounts[name], limit)) for name, limit in wish.limits.items()]
        return cls(lon, lat, site, title, numbers, score, met)


def _is_met(name: str, amount: float, limit: float) -> bool | None:
    if np.isnan(amount):
        return None
    return amount <= limit if surface.is_cost(name) else amount >= limit


def _point(lon: float, lat: float) -> str:
    return _("%(lat)s° N, %(lon)s° E", lat=labels.decimal(lat, 4), lon=labels.decimal(lon, 4))


# The page -----------------------------------------------------------------------------------------


@pages.get("/where")
def page() -> Any:
    values, slips = args.parse_form(request.args, (*STATE, *POINT, "part"), TYPED)
    opened = store()
    asked = Asked.of(values)
    opened.networks.check(asked.drive)
    wish, whole = asked.wish(opened), "part" not in values
    page = render_template(
        "siting/where.html" if whole else "siting/_where.html",
        asked=asked,
        legend=Legend.of(opened, asked, wish),
        single=wish.single,
        nothing=not wish.criteria and not wish.limits,
        ends=_ends(wish),
        at=None if slips else At.of(opened, values, asked),
        values=values,
        map=_map(opened) if whole else None,
        sites=_sites(opened) if whole else "",
        picture=f"{url_for('where_files.picture')}?{urlencode(asked.query())}",
        query=urlencode(asked.query()),
        measures=measures(),
        slips=slips,
        field_name=field_name,
        criterion_name=wording.criterion_name,
        limit_text=lambda name: limit_text(asked, name),
        plain=plain,
        reach=labels.kilometres(opened.roads(asked.drive).manifest.snap_limit_m),
    )
    return (page, 400) if slips and whole else page


def limit_text(asked: Asked, name: str) -> str:
    """Write a limit in words."""
    row = measures()[name]
    return f"{said(row.limit_label)} {labels.quantity(asked.limits[name], row.unit)}"


def _ends(wish: Wish) -> list[tuple[str, str, str]]:
    """Write of each criterion of a score where it is worth nothing, and where everything."""
    lines = []
    for row in wish.criteria if not wish.single else ():
        unit, scale = measures()[row.id].unit, measures()[row.id].scale
        texts = [
            "" if end is None else labels.quantity(end / scale, unit) for end in (row.low, row.high)
        ]
        best, worst = texts if surface.is_cost(row.id) else texts[::-1]
        lines.append((wording.criterion_name(row.id), best or worst, worst or best))
    return lines


def _map(opened: Store) -> MapFrame:
    """Return the map: sites that are too many for a page are drawn from tiles."""
    return map_frame(
        opened,
        basemap_url(opened),
        texts={"sites": _("{n} sites")},
        tiles=tiles_url() if "parks" in drawn.large(opened) else "",
        picture=url_for("where_files.picture"),
        most={"blocks": surface.MOST_BLOCKS, "level": surface.MOST_LEVEL},
    )


def _sites(opened: Store) -> Markup:
    """Write where the sites lie, as JSON: rows of id, longitude, latitude and name; none where they
    are drawn from tiles.
    """
    if "parks" in drawn.large(opened):
        return Markup("[]")
    parks = opened.layer("parks")
    lonlat = np.round(shapely.get_coordinates(parks.geometry.to_numpy()), maps.DECIMALS)
    names = labels.names(parks)
    rows = [
        [key, *place, name]
        for key, place, name in zip(parks.index, lonlat.tolist(), names, strict=True)
    ]
    return Markup(maps.script_json(rows))
