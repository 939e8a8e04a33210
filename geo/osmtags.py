"""What the tags of an OpenStreetMap way mean to a car and to a 40-ft container truck."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

NOT_DRIVEABLE: dict[str, str] = {
    "area": "yes",
    "access": "private",
    "highway": "abandoned|bridleway|bus_guideway|construction|corridor|cycleway|elevator|escalator|footway|no|path|pedestrian|planned|"
    "platform|proposed|raceway|razed|rest_area|service|services|steps|track",
    "motor_vehicle": "no",
    "motorcar": "no",
    "service": "alley|driveway|emergency_access|parking|parking_aisle|private",
}
"""Ways with a ``highway`` tag on which no car may drive: values are searched for anywhere in the tag, as Overpass does.

Source: OSMnx 2, ``network_type="drive"``.
"""
_NOT_DRIVEABLE = {key: re.compile(pattern) for key, pattern in NOT_DRIVEABLE.items()}

ONE_WAY = frozenset({"yes", "true", "1", "-1", "reverse", "T", "F"})
REVERSED = frozenset({"-1", "reverse", "T"})
"""Values of ``oneway``. Source: OSMnx 2, ``graph._add_paths``."""

TRUCK_TAGS = ("hgv", "maxheight", "maxweight")
"""What :func:`truck_may` reads; OSMnx keeps these tags only when told to."""

TRUCK_HEIGHT_M = 4.0
TRUCK_WEIGHT_T = 20.0
"""A way that allows less is closed to the truck.

Source: Council Directive 96/53/EC, Annex I, 1.3 (height 4.00 m); 20 t is a Zone Atlas assumption, half of the 40 t which
that directive allows a loaded articulated vehicle with five or six axles.
"""
_UNITS: dict[str, dict[str, float]] = {
    "speed": {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852},
    "weight": {"": 1.0, "t": 1.0, "tonnes": 1.0, "kg": 0.001, "st": 0.90718474, "lbs": 0.00045359237, "cwt": 0.050802345},
    "height": {"": 1.0, "m": 1.0, "cm": 0.01, "ft": 0.3048, "feet": 0.3048, "'": 0.3048, "in": 0.0254, '"': 0.0254},
}
"""Factors to km/h, tonnes and metres. Source: https://wiki.openstreetmap.org/wiki/Map_features/Units."""
WALK_KPH = 5.0


def driveable(tags: Mapping[str, str]) -> bool:
    """Tell whether a way with these tags is a road for cars."""
    return "highway" in tags and not any(pattern.search(tags[key]) for key, pattern in _NOT_DRIVEABLE.items() if key in tags)


def direction(tags: Mapping[str, str]) -> int:
    """Give 1 for one-way in the order of the nodes, -1 for one-way against it, 0 for both ways."""
    oneway = tags.get("oneway")
    if oneway in ONE_WAY:
        return -1 if oneway in REVERSED else 1
    return 1 if tags.get("junction") == "roundabout" else 0


def label(tags: Mapping[str, str]) -> str:
    """Name a way: its name and number, the one it has, or an empty text."""
    name, ref = tags.get("name", ""), tags.get("ref", "")
    return f"{name} ({ref})" if name and ref and ref not in name else name or ref


def limit_kph(text: str) -> float:
    """Read a ``maxspeed``: of several values the lowest that is understood; NaN for “none”, “VN:urban” and other words."""
    return min((WALK_KPH if part.strip() == "walk" else _quantity(part, "speed") for part in re.split(r"[;|,]", text)), key=_nan_last)


def truck_may(tags: Mapping[str, str]) -> bool:
    """Tell whether a 40-ft container truck may use a way: no ban on goods vehicles, and height and weight suffice."""
    if tags.get("hgv") in ("no", "private"):
        return False
    height_m = min((_quantity(part, "height") for part in tags.get("maxheight", "").split(";")), key=_nan_last)
    weight_t = min((_quantity(part, "weight") for part in tags.get("maxweight", "").split(";")), key=_nan_last)
    return not (height_m < TRUCK_HEIGHT_M or weight_t < TRUCK_WEIGHT_T)


def _nan_last(value: float) -> float:
    return np.inf if np.isnan(value) else value


@lru_cache(maxsize=4096)
def _quantity(text: str, kind: str) -> float:
    """Read “7.5 t”, “7,5” or “12'6"”; NaN where it is zero or a word or unit is not understood."""
    parts = re.findall(r"(\d+(?:[.,]\d+)?)\s*([a-zA-Z/'\"]*)", text)
    units = _UNITS[kind]
    if not parts or re.sub(r"\s", "", "".join(map("".join, parts))) != re.sub(r"\s", "", text):
        return np.nan
    if any(unit.lower() not in units for _, unit in parts) or (len(parts) > 1 and not parts[0][1]):
        return np.nan
    return sum(float(number.replace(",", ".")) * units[unit.lower()] for number, unit in parts) or np.nan


# Edges of an OSMnx graph -----------------------------------------------------------------------------------------------


def edge_driveable(edge: Mapping[str, Any]) -> bool:
    """Tell whether an edge is a road for cars; where OSMnx has joined several ways, one that is suffices."""
    found = {key: _values(edge, key) for key in NOT_DRIVEABLE}
    return all(any(driveable({"highway": "road", key: one}) for one in values) for key, values in found.items() if values)


def edge_tags(edge: Mapping[str, Any], speed_of: Mapping[str, float]) -> dict[str, str]:
    """Bring the attributes of an edge back to one text a tag; of several classes that of least speed stays."""
    tags = {}
    for key in ("highway", "name", "ref", "maxspeed", *TRUCK_TAGS):
        values = _values(edge, key)
        if values:
            tags[key] = ";".join(sorted(values))
        if key == "highway":
            tags[key] = min(sorted(values) or [""], key=lambda one: speed_of.get(one, np.inf))
        elif key == "hgv" and "no" in values:
            tags[key] = "no"
    return tags


def _values(edge: Mapping[str, Any], key: str) -> list[str]:
    value = edge.get(key)
    return [str(one) for one in (value if isinstance(value, list) else [value]) if isinstance(one, str | int | float) and one == one]
