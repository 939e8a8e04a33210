"""Places as text: ids, and points as ``lon,lat``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from geo.layers.validation import number


def position(text: str) -> tuple[float, float] | None:
    """Read ``lon,lat`` in degrees; None where it is not a position."""
    lon, comma, lat = text.partition(",")
    east, north = number(lon), number(lat)
    if not comma or east is None or north is None or abs(east) > 180 or abs(north) > 90:
        return None
    return east, north


def split_places(text: str) -> list[str]:
    """Take apart places that are set off by commas, of which ``lon,lat`` holds one itself."""
    places: list[str] = []
    for part in filter(None, (place.strip() for place in text.split(","))):
        if places and _is_number(part) and _is_number(places[-1]):
            places[-1] += f",{part}"
        else:
            places.append(part)
    return places


def named(text: str, points: Mapping[str, Any]) -> str | dict[str, Any]:
    """Return an id as it is, and ``lon,lat`` as a point with a name."""
    lon, comma, lat = text.partition(",")
    known = points.get(text) or points.get(next(iter(split_places(text)), ""))
    return known or ({"name": text, "lon": lon.strip(), "lat": lat.strip()} if comma else text)


def place_text(place: str | Mapping[str, str]) -> str:
    """Return a place of a file as an id or ``lon,lat``."""
    return place if isinstance(place, str) else f"{_degrees(place['lon'])},{_degrees(place['lat'])}"


def _degrees(text: str) -> str:
    """Write a coordinate as :func:`split_places` knows it again."""
    plain = re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII)
    return text if plain else np.format_float_positional(float(text), trim="-")


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()
