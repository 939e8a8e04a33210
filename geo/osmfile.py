"""OpenStreetMap files to a :class:`geo.network.Network`; the only importer of osmium.

Three steps, each of arrays: what the tags of a way mean, the ways and node positions of a file, and the contraction of
their steps to segments between junctions. :mod:`geo.osm` brings OSMnx graphs to the same last step. The rules are
OSMnx's own (``network_type="drive"``, ``simplify_graph``), and a test compares the two.
"""

from __future__ import annotations

import hashlib
import os
import re
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, NotFoundError
from geo.network import Manifest, Network

LICENCE = "ODbL 1.0, © OpenStreetMap contributors"
FORMATS = {".osm.pbf": "pbf", ".pbf": "pbf", ".osm.gz": "osm.gz", ".osm.bz2": "osm.bz2", ".osm": "osm"}
"""Files that can be read: suffix to osmium's name of the format."""

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

ACCESS = "access"
UNKNOWN_CLASS = "road"
TRUCK = "truck"
"""The profile to which the truck limits apply."""

TRUCK_HEIGHT_M = 4.0
TRUCK_WEIGHT_T = 20.0
"""A way that allows less is closed to the truck.

Source: Council Directive 96/53/EC, Annex I, 1.3 (height 4.00 m); 20 t is a Zone Atlas assumption, half of the 40 t which
that directive allows a loaded articulated vehicle with five or six axles.
"""
_UNIT_KPH = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_UNIT_T = {"": 1.0, "t": 1.0, "tonnes": 1.0, "kg": 0.001, "st": 0.90718474, "lt": 1.0160469, "lbs": 0.00045359237, "cwt": 0.050802345}
_UNIT_M = {"": 1.0, "m": 1.0, "cm": 0.01, "ft": 0.3048, "feet": 0.3048, "'": 0.3048, "in": 0.0254, '"': 0.0254}
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


@lru_cache(maxsize=4096)
def limit_kph(text: str) -> float:
    """Read a ``maxspeed``: of several values the lowest that is understood; NaN for “none”, “VN:urban” and other words."""
    found = [WALK_KPH if part.strip() == "walk" else _quantity(part, _UNIT_KPH) for part in re.split(r"[;|,]", text)]
    return min((value for value in found if value > 0), default=np.nan)


def truck_may(tags: Mapping[str, str]) -> bool:
    """Tell whether a 40-ft container truck may use a way: no ban on goods vehicles, and height and weight suffice."""
    if tags.get("hgv") in ("no", "private"):
        return False
    return not (_least(tags.get("maxheight", ""), _UNIT_M) < TRUCK_HEIGHT_M or _least(tags.get("maxweight", ""), _UNIT_T) < TRUCK_WEIGHT_T)


@lru_cache(maxsize=4096)
def _least(text: str, units: Mapping[str, float]) -> float:
    return min((value for value in (_quantity(part, units) for part in text.split(";")) if value > 0), default=np.nan)


def _quantity(text: str, units: Mapping[str, float]) -> float:
    """Read “7.5 t”, “7,5” or “12'6"”; NaN where a word or unit is not understood."""
    parts = re.findall(r"(\d+(?:[.,]\d+)?)\s*([a-zA-Z/'\"]*)\s*", text.strip())
    if not parts or "".join(re.sub(r"\s", "", a + b) for a, b in parts) != re.sub(r"\s", "", text):
        return np.nan
    if any(unit.lower() not in units for _, unit in parts) or (len(parts) > 1 and not parts[0][1]):
        return np.nan
    return sum(float(number.replace(",", ".")) * units[unit.lower()] for number, unit in parts)


class _Units(dict[str, float]):
    __hash__ = object.__hash__  # type: ignore[assignment]
