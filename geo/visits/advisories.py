"""Warnings that belong to a place: permits at the border, surveying in a foreign country; each a
hint to check, with its source.

The facts are in the table ``notices``. A rule holds in a whole country or within a distance of its
land border; that distance is measured on the outlines of the package, which are right to some 200
m, and a place is a point for what may be square kilometres. So a place *lies* within only if it
does at the worst of both, and else *may lie* within."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geo import crs
from geo.kept import Kept
from geo.visits.gazetteer import LANGUAGES
from geo.visits.trip import Place, Plan

if TYPE_CHECKING:
    import geopandas as gpd

OUTLINE_ACCURACY_M = 200.0
"""How far off the outlines of the countries may be. Source: data/basemap/README.md."""


@dataclass(frozen=True)
class Concerned:
    """A place that a notice is about.

    Attributes
    ----------
    distance_m
        To the nearest land border of its country, geodesic; None where the rule asks for none.
    certain
        Whether it lies where the rule holds whatever the errors; otherwise it may lie there.
    """

    place: Place
    distance_m: float | None
    certain: bool


@dataclass(frozen=True)
class Notice:
    """A hint, with all places of a trip that it is about.

    Attributes
    ----------
    texts
        By language: ``en``, ``vi``, ``zh``.
    """

    id: str
    texts: dict[str, str]
    places: tuple[Concerned, ...]
    legal_basis: str
    source: str
    source_kind: str
    as_of: str

    def text(self, language: str = "en") -> str:
        """Return the text in a language, or else in English."""
        return self.texts.get(language) or self.texts["en"]


class Borders:
    """The land borders of countries, from their outlines with the column ``country``; each is
    computed once.
    """

    def __init__(self, outlines: gpd.GeoDataFrame) -> None:
        self._outlines = outlines
        self._kept = Kept()

    def distance_m(self, lon: float, lat: float, country: str) -> float:
        """Measure how far a point is from the land border of a country; infinite where the outlines
        show none.
        """
        border = self._kept.get(country, lambda: self._border(country))
        if shapely.is_empty(border):
            return math.inf
        point = shapely.Point(crs.mercator(np.array([lon, lat])))
        # The projection keeps angles, so that what is nearest on it is nearest on the ground but
        # for a breath
        foot = shapely.get_coordinates(shapely.shortest_line(point, border))[1]
        return float(crs.distance_m(np.array([lon, lat]), crs.from_mercator(foot)))

    def _border(self, country: str) -> shapely.Geometry:
        """Return the line that the outline of a country shares with those of others, in the
        projection of :func:`geo.crs.mercator`."""
        shapes, mine = self._outlines.geometry, self._outlines["country"] == country
        own, other = (
            shapely.union_all(shapely.boundary(part)) for part in (shapes[mine], shapes[~mine])
        )
        parts = shapely.get_parts(shapely.intersection(own, other))
        lines = shapely.line_merge(shapely.union_all(parts[shapely.get_dimensions(parts) == 1]))
        border = shapely.transform(lines, crs.mercator)
        shapely.prepare(border)
        return border


def of(where: Plan | Iterable[Place], borders: Borders | None, table: pd.DataFrame) -> list[Notice]:
    """Find the notices for a plan, or for some places.

    Parameters
    ----------
    where
        Of a plan count the places that are visited and where a day begins or ends.
    borders
        Without them rules about the border hold for no place.
    table
        The table ``notices``.

    Returns
    -------
    list
        In the order of the table; those that concern no place are left out.
    """
    every = _places(where) if isinstance(where, Plan) else where
    places = {place.id: place for place in every}.values()
    notices = []
    for row in table.to_dict("records"):
        within_m = None if pd.isna(row["within_m"]) else float(row["within_m"])
        there = [place for place in places if place.country == row["country"]]
        concerned = tuple(filter(None, (_concerned(place, within_m, borders) for place in there)))
        if concerned:
            notices.append(
                Notice(
                    row["id"],
                    {code: row[f"text_{code}"] for code in LANGUAGES},
                    concerned,
                    row["legal_basis"],
                    row["source"],
                    row["source_kind"],
                    row["as_of"],
                )
            )
    return notices


def _places(plan: Plan) -> list[Place]:
    return [
        place
        for day in plan.days
        for place in (day.start, *(visit.stop.place for visit in day.visits), day.goal)
    ]


def _concerned(place: Place, within_m: float | None, borders: Borders | None) -> Concerned | None:
    if within_m is None:
        return Concerned(place, None, True)
    if borders is None:
        return None
    distance_m = borders.distance_m(place.lon, place.lat, place.country)
    error_m = OUTLINE_ACCURACY_M + (place.position_accuracy_m or 0.0)
    if distance_m - error_m > within_m:
        return None
    certain = place.position_accuracy_m is not None and distance_m + error_m <= within_m
    return Concerned(place, distance_m, certain)
