"""Warnings that belong to a place: permits at the border, surveying in a foreign country; each a
hint to check, with its source.

The facts are in the table ``notices``. A rule holds in a whole country or within a distance of its
land border; that distance is measured on the outlines of the package, which are right to some 200
m, and a place is a point for what may be square kilometres. So a place *lies* within only if it
does at the worst of both, and else *may lie* within."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geo import crs
from geo.schema import unfold
from geo.visits.trip import Place, Plan

if TYPE_CHECKING:
    import geopandas as gpd

OUTLINE_ACCURACY_M = 200.0
"""How far off the outlines of the countries may be. Source: data/basemap/README.md."""
LANGUAGES = ("en", "vi", "zh")


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
    within_m
        The distance from the land border that was taken; None for a rule of a whole country.
    assumption
        What of that distance is assumed; empty where nothing is.
    """

    id: str
    country: str
    texts: dict[str, str]
    applies_to: tuple[str, ...]
    within_m: float | None
    assumption: str
    places: tuple[Concerned, ...]
    legal_basis: str
    source: str
    source_kind: str
    as_of: str

    def text(self, language: str = "en") -> str:
        """Return the text in a language, or else in English."""
        return self.texts.get(language) or self.texts["en"]


def of(
    where: Plan | Iterable[Place], countries: gpd.GeoDataFrame | None, table: pd.DataFrame
) -> list[Notice]:
    """Find the notices for a plan, or for some places.

    Parameters
    ----------
    where
        Of a plan count the places that are visited and where a day begins or ends.
    countries
        Outlines with the column ``country``; without them rules about the border hold for no place.
    table
        The table ``notices``.

    Returns
    -------
    list
        In the order of the table; those that concern no place are left out.
    """
    places = list(
        {
            place.id: place for place in (_places(where) if isinstance(where, Plan) else where)
        }.values()
    )
    found = []
    for row in table.to_dict("records"):
        within_m = None if pd.isna(row["within_m"]) else float(row["within_m"])
        there = [place for place in places if place.country == row["country"]]
        concerned = [
            one for place in there if (one := _concerned(place, within_m, countries)) is not None
        ]
        if concerned:
            found.append(
                Notice(
                    row["id"],
                    row["country"],
                    {language: row[f"text_{language}"] for language in LANGUAGES},
                    unfold(row["applies_to"]),
                    within_m,
                    "" if pd.isna(row["assumption"]) else row["assumption"],
                    tuple(concerned),
                    row["legal_basis"],
                    row["source"],
                    row["source_kind"],
                    row["as_of"],
                )
            )
    return found


def border_distance_m(lon: float, lat: float, country: str, countries: gpd.GeoDataFrame) -> float:
    """Measure how far a point is from the land border of a country; infinite where the outlines
    show none.
    """
    border = _land_border(country, _Outlines(countries))
    if border.is_empty:
        return float("inf")
    point = shapely.Point(crs.mercator(np.array([lon, lat])))
    # The projection keeps angles, so that what is nearest on it is nearest on the ground but for a
    # breath
    foot = shapely.get_coordinates(shapely.shortest_line(point, border))[1]
    return float(crs.distance_m(np.array([lon, lat]), crs.from_mercator(foot)))


def _places(plan: Plan) -> list[Place]:
    return [
        place
        for day in plan.days
        for place in (day.start, *(visit.stop.place for visit in day.visits), day.goal)
    ]


def _concerned(
    place: Place, within_m: float | None, countries: gpd.GeoDataFrame | None
) -> Concerned | None:
    if within_m is None:
        return Concerned(place, None, True)
    if countries is None:
        return None
    distance_m = border_distance_m(place.lon, place.lat, place.country, countries)
    error_m = OUTLINE_ACCURACY_M + (place.position_accuracy_m or 0.0)
    if distance_m - error_m > within_m:
        return None
    return Concerned(
        place,
        distance_m,
        place.position_accuracy_m is not None and distance_m + error_m <= within_m,
    )


class _Outlines:
    """Outlines that can be a key: the same frame is the same key."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def __hash__(self) -> int:
        return id(self.frame)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Outlines) and other.frame is self.frame


@lru_cache(maxsize=32)
def _land_border(country: str, outlines: _Outlines) -> Any:
    """Return the line that the outline of a country shares with those of others, in the projection
    of :func:`geo.crs.mercator`."""
    frame = outlines.frame
    mine = shapely.union_all(frame.geometry[frame["country"] == country].boundary)
    others = shapely.union_all(frame.geometry[frame["country"] != country].boundary)
    shared = shapely.line_merge(shapely.union_all(_lines(shapely.intersection(mine, others))))
    projected = shapely.transform(shared, crs.mercator)
    shapely.prepare(projected)
    return projected


def _lines(shape: Any) -> list[Any]:
    return [
        part
        for part in shapely.get_parts(shape)
        if part.geom_type in ("LineString", "MultiLineString")
    ]
