"""Features and collections as JSON-FG (OGC 21-045r1, version 1.0): GeoJSON that also says when."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import orjson

from geo import export
from webapp.ogc.cql.times import days
from webapp.ogc.negotiation import PROFILE
from webapp.ogc.systems import CRS84, System

CONFORMS_TO = ("http://www.opengis.net/spec/json-fg-1/1.0/conf/core",)
CONFORMANCE = (
    *CONFORMS_TO,
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/profiles",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/api",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/profile-parameter",
)


def document(
    geojson: dict[str, Any], profile: str, *, frame: gpd.GeoDataFrame, system: System
) -> dict[str, Any]:
    """Turn a feature or a collection of GeoJSON into JSON-FG.

    What is not in longitude and latitude of WGS 84 stands in ``place``; ``geometry`` is empty then,
    but for the profile that is made for readers of GeoJSON.

    Parameters
    ----------
    geojson
        Its coordinates are of the system.
    frame
        The same features as a layer in WGS 84.
    """
    link = {"href": f"{PROFILE}/{profile}", "rel": "profile", "title": "JSON-FG"}
    head = {"conformsTo": list(CONFORMS_TO), "coordRefSys": system.uri}
    more = {"links": [*geojson.get("links", ()), link]}
    features = [geojson] if geojson["type"] == "Feature" else geojson["features"]
    heads: list[dict[str, Any]] = [
        {"time": time_of(date), "place": None} for date in frame["as_of"]
    ]
    if system.uri != CRS84:
        plain: list[Any] = [None] * len(frame)
        if profile == "jsonfg-plus":
            plain = [feature["geometry"] for feature in export.features(frame)]
        for at, feature in enumerate(features):
            heads[at]["place"] = feature["geometry"]
            feature["geometry"] = plain[at] if feature["geometry"] is not None else None
    if geojson["type"] == "Feature":
        return head | heads[0] | {**geojson} | more
    box = export.bbox(frame)
    more |= {"bbox": box} if box else {}
    joined = [_joined(*pair) for pair in zip(heads, features, strict=True)]
    return head | {**geojson} | more | {"features": joined}


def _joined(head: dict[str, Any], feature: Any) -> orjson.Fragment:
    """Put members before those of a feature, which may be serialised already."""
    return orjson.Fragment(export.to_json(head)[:-1] + b"," + export.to_json(feature)[1:])


def time_of(date: Any) -> dict[str, Any] | None:
    """Return a day as a date, a year or a month as an interval of days; None where unknown."""
    try:
        ends = [str(np.datetime64(day, "D")) for day in days(str(date))]
    except ValueError:
        return None
    return {"date": ends[0]} if ends[0] == ends[1] else {"interval": ends}
