"""What the tags of OpenStreetMap ways and points mean to a car and to a 40-ft container truck."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

NOT_DRIVEABLE: dict[str, str] = {
    "area": "yes",
    "access": "private",
    "highway": (
        "abandoned|bridleway|bus_guideway|construction|corridor|cycleway|elevator|escalator|footway|no|path|pedestrian|planned|"
        "platform|proposed|raceway|razed|rest_area|service|services|steps|track"
    ),
    "motor_vehicle": "no",
    "motorcar": "no",
    "service": "alley|driveway|emergency_access|parking|parking_aisle|private",
}
"""Ways with a ``highway`` tag on which no car may drive: values are searched for anywhere in the
tag, as Overpass does.

Source: OSMnx 2, ``network_type="drive"``.
"""
_NOT_DRIVEABLE = {key: re.compile(values) for key, values in NOT_DRIVEABLE.items()}

ONE_WAY = frozenset({"yes", "true", "1", "-1", "reverse", "T", "F"})
REVERSED = frozenset({"-1", "reverse", "T"})
"""Values of ``oneway``. Source: OSMnx 2, ``graph._add_paths``."""

CAR_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
"""Keys that say who may pass, the most specific first. Source:
https://wiki.openstreetmap.org/wiki/Key:access.
"""

ADMITS = frozenset({"yes", "permissive", "designated", "destination", "customers"})
REFUSES = frozenset({"no", "private", "agricultural", "forestry"})

BORDER = "border_control"
STOPS_CARS = frozenset(
    {
        *(
            "block",
            "bollard",
            "bus_trap",
            "chain",
            "cycle_barrier",
            "debris",
            "full-height_turnstile",
            "horse_stile",
            "jersey_barrier",
        ),
        *(
            "kissing_gate",
            "log",
            "motorcycle_barrier",
            "planter",
            "stile",
            "sump_buster",
            "turnstile",
            "wedge",
        ),
    }
)
"""Values of ``barrier`` on a point that stop a car unless the point says that cars may pass.

Every other value lets cars through unless the point says that they may not. Source: what
https://wiki.openstreetmap.org/wiki/Key:barrier says that each is for.
"""

TRUCK_TAGS = ("hgv", "maxheight", "maxweight")
"""What :func:`truck_may` reads; OSMnx keeps these tags only when told to."""

ACCESS_TAGS = ("highway", "motorroad", "bridge", "tunnel")
"""What :func:`accessible` reads; of these OSMnx keeps ``motorroad`` only when told to."""

TRUCK_HEIGHT_M = 4.0
TRUCK_WEIGHT_T = 20.0
"""A way that allows less is closed to the truck.

Source: Council Directive 96/53/EC, Annex I, 1.3 (height 4.00 m); 20 t is a Zone Atlas assumption,
half of the 40 t which that directive allows a loaded articulated vehicle with five or six axles.
"""
_UNITS: dict[str, dict[str, float]] = {
    "speed": {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852},
    "weight": {
        "": 1.0,
        "t": 1.0,
        "tonnes": 1.0,
        "kg": 0.001,
        "st": 0.90718474,
        "lbs": 0.00045359237,
        "cwt": 0.050802345,
    },
    "height": {
        "": 1.0,
        "m": 1.0,
        "cm": 0.01,
        "ft": 0.3048,
        "feet": 0.3048,
        "'": 0.3048,
        "in": 0.0254,
        '"': 0.0254,
    },
}
"""Factors to km/h, tonnes and metres. Source:
https://wiki.openstreetmap.org/wiki/Map_features/Units.
"""
WALK_KPH = 5.0

_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATIONS = (
    re.compile(r"(?P<m>\d{1,4})"),
    re.compile(r"(?P<h>\d{1,3}):(?P<m>[0-5]?\d)(:(?P<s>[0-5]?\d))?"),
    re.compile(
        r"P((?P<d>\d{1,2})D)?(T((?P<h>\d{1,3})H)?((?P<m>\d{1,4})M)?((?P<s>\d{1,6}(\.\d+)?)S)?)?"
    ),
)


def driveable(tags: Mapping[str, str]) -> bool:
    """Return whether a way with these tags is a road for cars."""
    highway = tags.get("highway")
    if not highway or _forbids("highway", highway):  # which settles most ways
        return False
    for key in NOT_DRIVEABLE:
        value = tags.get(key)
        if value and _forbids(key, value):
            return False
    return True


@lru_cache(maxsize=4096)
def _forbids(key: str, value: str) -> bool:
    return _NOT_DRIVEABLE[key].search(value) is not None


def admits(tags: Mapping[str, str], keys: Iterable[str] = CAR_KEYS) -> bool | None:
    """Return whether the tags say that cars may pass; None where they say nothing that is
    understood.
    """
    values = [value for key in keys if (value := tags.get(key)) in ADMITS | REFUSES]
    return values[0] in ADMITS if values else None


def ferry_admits(tags: Mapping[str, str]) -> bool | None:
    """Return whether cars may board a ferry; None where its tags name neither cars nor trucks.

    ``access=yes`` is not enough, because ferries for walkers carry it too. One that takes trucks
    takes cars."""
    may = admits(tags, CAR_KEYS[:-1])
    if may is None and tags.get("hgv") in ADMITS:
        return True
    return False if may is None and tags.get("access") in REFUSES else may


def stops_cars(tags: Mapping[str, str]) -> bool:
    """Return whether the barrier on a point stops a car. Who passes a border is for the layer of
    gates to say, not for tags.
    """
    if tags.get("barrier") == BORDER:
        return False
    may = admits(tags)
    return tags.get("barrier") in STOPS_CARS if may is None else not may


def direction(tags: Mapping[str, str]) -> int:
    """Return 1 for one-way in the order of the nodes, -1 for one-way against it, 0 for both
    ways.
    """
    oneway = tags.get("oneway")
    if oneway in ONE_WAY:
        return -1 if oneway in REVERSED else 1
    return 1 if tags.get("junction") == "roundabout" else 0


def label(tags: Mapping[str, str]) -> str:
    """Name a way: its name and number, the one it has, or an empty text."""
    name, ref = tags.get("name", ""), tags.get("ref", "")
    return f"{name} ({ref})" if name and ref and ref not in name else name or ref


@lru_cache(maxsize=4096)
def limit_kph(text: str) -> float:
    """Read a ``maxspeed``: of several values the lowest that is understood; NaN for “none”,
    “VN:urban” and other words.
    """
    return min(
        (
            WALK_KPH if part.strip() == "walk" else _quantity(part, "speed")
            for part in re.split(r"[;|,]", text)
        ),
        key=_nan_last,
    )


def duration_s(text: str) -> float:
    """Read a ``duration``: “25” minutes, “1:20”, “01:20:00”, or “PT1H20M”; NaN where it is zero or
    anything else.

    **Source** for the spellings: https://wiki.openstreetmap.org/wiki/Key:duration.
    """
    matches = [match for pattern in _DURATIONS if (match := pattern.fullmatch(text.strip()))]
    parts = matches[0].groupdict() if matches else {}
    return (
        sum(
            float(parts[unit] or 0) * seconds for unit, seconds in _SECONDS.items() if unit in parts
        )
        or np.nan
    )


def truck_may(tags: Mapping[str, str]) -> bool:
    """Return whether a 40-ft container truck may use a way or pass a point: no ban on it, and
    height and weight suffice."""
    if tags.get("hgv") in ("no", "private"):
        return False
    height_m, weight_t = (
        _least(tags.get("maxheight", ""), "height"),
        _least(tags.get("maxweight", ""), "weight"),
    )
    return not (height_m < TRUCK_HEIGHT_M or weight_t < TRUCK_WEIGHT_T)


def accessible(tags: Mapping[str, str]) -> bool:
    """Return whether one may turn off a road anywhere along it: it is not a motorway, motorroad,
    link, bridge or tunnel.
    """
    highway = tags.get("highway", "")
    return not (
        highway == "motorway"
        or highway.endswith("_link")
        or tags.get("motorroad") == "yes"
        or tags.get("bridge", "no") != "no"
        or tags.get("tunnel", "no") != "no"
    )


def _nan_last(value: float) -> float:
    return np.inf if np.isnan(value) else value


@lru_cache(maxsize=4096)
def _least(text: str, kind: str) -> float:
    return min((_quantity(part, kind) for part in text.split(";")), key=_nan_last)


def _quantity(text: str, kind: str) -> float:
    """Read “7.5 t”, “7,5” or “12'6"”; NaN where it is zero or a word or unit is not understood."""
    parts = re.findall(r"(\d+(?:[.,]\d+)?)\s*([a-zA-Z/'\"]*)", text)
    units = _UNITS[kind]
    if not parts or re.sub(r"\s", "", "".join(map("".join, parts))) != re.sub(r"\s", "", text):
        return np.nan
    if any(unit.lower() not in units for _, unit in parts) or (len(parts) > 1 and not parts[0][1]):
        return np.nan
    return (
        sum(float(number.replace(",", ".")) * units[unit.lower()] for number, unit in parts)
        or np.nan
    )


# Edges of an OSMnx graph --------------------------------------------------------------------------


def edge_driveable(edge: Mapping[str, Any]) -> bool:
    """Return whether an edge is a road for cars; where OSMnx has joined several ways, one that is
    suffices.
    """
    return all(
        any(driveable({"highway": "road", key: value}) for value in values)
        for key in NOT_DRIVEABLE
        if (values := _values(edge, key))
    )


def edge_accessible(edge: Mapping[str, Any]) -> bool:
    """Return whether one may turn off an edge anywhere along it; where OSMnx has joined several
    ways, every one of them must be so.
    """
    return all(accessible({key: value}) for key in ACCESS_TAGS for value in _values(edge, key))


def edge_tags(edge: Mapping[str, Any], speed_of: Mapping[str, float]) -> dict[str, str]:
    """Bring the attributes of an edge back to one text a tag; of several classes that of least
    speed stays.
    """
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
    return [
        str(part)
        for part in (value if isinstance(value, list) else [value])
        if isinstance(part, str | int | float) and part == part
    ]
