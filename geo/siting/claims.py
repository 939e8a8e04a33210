"""What a brochure claims, such as “30 km from Mong Cai gate”, held against the straight line and
the road.

Codes and numbers come out; sentences are made of them elsewhere. Where a text can be read in
several ways, the reading counts that is kindest to it: what is called impossible is impossible in
every reading."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.errors import InputError, Message
from geo.roads import access
from geo.roads.network import Network
from geo.siting.claim_reading import (
    ASSUMPTIONS,
    LONGEST_TEXT,
    MOST_CLAIMS,
    Claim,
    fold,
    mentions,
    pair,
    quantities,
)

if TYPE_CHECKING:
    import geopandas as gpd

VERDICTS: dict[str, str] = {
    "road": "fits the way by road, and not the straight line",
    "straight_or_road": "fits both, which lie too close together to be told apart",
    "straight_line": "is the straight line, not the way by road",
    "between": "longer than the straight line, shorter than the road that is known",
    "faster_than_road": (
        "sooner than by the road that is known, slower than the straight line at top speed"
    ),
    "longer": "longer than the way by road",
    "road_unknown": "not below the straight line; the site or the place is joined to no road",
    "no_way": "not below the straight line; the roads that are known do not lead there",
    "unsure": "below the straight line, but how exact the two positions are is not known",
    "impossible": (
        "shorter than the straight line, or faster than it at top speed, beyond all accuracies"
    ),
    "other_thing": "not judged: the name stands for something else, such as a bay or an expressway",
    "no_place": "not judged: no place that is known stands beside it",
}
"""Every verdict and what it means, the kindest first. Times are never ``straight_line``,
``straight_or_road`` or ``between``.
"""
FITTING = ("road", "straight_or_road")
"""Verdicts of which neither is kinder: the way by road fits."""


@dataclass(frozen=True)
class Checked:
    """The quantities of a text in its order. ``code`` says why none is judged: ``empty``,
    ``no_number``, ``no_place``; else None.
    """

    claims: tuple[Claim, ...]
    code: str | None

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims)


class TooMuch(InputError):
    """A text that is too long, or that holds too many quantities."""


def check(
    text: str,
    origin: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    network: Network,
    profile: str = "car",
    *,
    speeds: Any = None,
) -> Checked:
    """Read the claims of a text about one site, and hold each against the straight line and the
    road.

    Kilometres, metres, minutes and hours are read, in English, Vietnamese and Chinese, with or
    without diacritics; numbers in digits. A place is known by any of its names; words such as
    “gate”, “cảng” or 机场 beside it choose among namesakes.

    Parameters
    ----------
    origin
        Layer of one row. Its ``position_accuracy_m`` counts; without that column the point is taken
        as exact.
    places
        Points by id: names, ``aliases`` (tuples), ``layer``, ``country``, ``opposite_country``,
        ``position_accuracy_m``; all optional.
    speeds
        The table ``speeds`` (DataFrame), whose highest speed of any vehicle is the top speed; None
        takes that of the network's roads.

    Raises
    ------
    InputError
        Not one origin, an id that stands twice; ``TooMuch`` where the text is too long.
    """
    if len(origin) != 1 or not places.index.is_unique:
        raise InputError(
            Message("Claims are checked for one site, against places each of which has its own id.")
        )
    folded, at = fold(text[:LONGEST_TEXT])
    claimed = quantities(folded)
    if len(text) > LONGEST_TEXT or len(claimed) > MOST_CLAIMS:
        raise TooMuch(
            f"The text has more than {LONGEST_TEXT} characters, or {MOST_CLAIMS} distances and"
            " times; bring only some."
        )
    if not claimed:
        return Checked((), "no_number" if folded.strip() else "empty")
    named = mentions(folded, places.drop(index=origin.index[0], errors="ignore"))
    paired = pair(text, folded, at, claimed, named)
    ids = list(dict.fromkeys(key for place in paired if place for key in place.candidates))
    ways = (
        access.travel_times(network, origin, places.loc[ids], profile=profile).set_index("to_id")
        if ids
        else pd.DataFrame()
    )
    top_kph = top_speed_kph(network, speeds)
    claims = []
    for claim, place in zip(claimed, paired, strict=True):
        start, end = at[claim.start], at[claim.end - 1] + 1
        claim = replace(claim, start=start, end=end, text=text[start:end])
        if place is None or not place.candidates:
            claims.append(
                replace(claim, verdict="other_thing" if place and place.other else "no_place")
            )
            continue
        claim = replace(claim, candidates=place.candidates)
        read = [
            _judged(claim, key, ways.loc[key], origin, places, network, profile, top_kph)
            for key in place.candidates
        ]
        claims.append(min(read, key=_kindness))
    return Checked(tuple(claims), None if ids else "no_place")


# Judging ------------------------------------------------------------------------------------------


def top_speed_kph(network: Network, speeds: pd.DataFrame | None = None) -> float:
    """Return the highest speed of the table, whatever the vehicle; without a table that of the
    network's roads.
    """
    if speeds is not None:
        return float(speeds["speed_kph"].max())
    time = np.array([network.time_s[profile] for profile in network.profiles]).min(axis=0)
    road = (network.gate < 0) & np.isfinite(time) & (time > 0)
    return float((network.length_m[road] / time[road]).max() * 3.6) if road.any() else math.nan


def _judged(
    claim: Claim,
    key: str,
    way: Any,
    origin: Any,
    places: Any,
    network: Network,
    profile: str,
    top_kph: float,
) -> Claim:
    """Hold a claim against one place."""
    here = float(origin["position_accuracy_m"].iloc[0]) if "position_accuracy_m" in origin else 0.0
    there = (
        float(places.at[key, "position_accuracy_m"])
        if "position_accuracy_m" in places
        else math.nan
    )
    joined = np.isfinite(way["from_snap_m"]) and np.isfinite(way["to_snap_m"])
    road_m, road_s = (
        float(one) if np.isfinite(one) or not joined else math.inf
        for one in (way["length_m"], way["travel_time_s"])
    )
    straight_m, accuracy_m = float(way["distance_m"]), here + there
    slack_m = 0.0 if math.isnan(accuracy_m) else accuracy_m
    fastest_s = max(straight_m - slack_m, 0) / (top_kph / 3.6)
    manifest = network.manifest
    low, high = claim.low - claim.rounding, claim.high + claim.rounding
    if claim.measure == "distance":
        least, road, below = straight_m, road_m, high + slack_m < straight_m
        slack = slack_m + ASSUMPTIONS["length_share"].value * road_m
        straight = low - slack_m <= straight_m <= high + slack_m
    else:
        least, road, below, straight = fastest_s, road_s, high < fastest_s, False
        slack = slack_m * manifest.access_detour / (manifest.access_speed_kph[profile] / 3.6)
        slack += ASSUMPTIONS["time_share"].value * road_s
    if below:
        verdict = "unsure" if math.isnan(accuracy_m) else "impossible"
    elif not math.isfinite(road) or math.isnan(straight_m):
        verdict = (
            "straight_line"
            if straight and not claim.bound.startswith("at_")
            else "no_way"
            if math.isinf(road)
            else "road_unknown"
        )
    elif low - slack <= road <= high + slack:
        verdict = "straight_or_road" if straight and not claim.bound.startswith("at_") else "road"
    elif straight and claim.bound != "at_least":
        verdict = "straight_line"
    elif road > high:
        verdict = "between" if claim.measure == "distance" else "faster_than_road"
    else:
        verdict = "longer"
    told: dict[str, Any] = {
        "straight_m": straight_m,
        "accuracy_m": accuracy_m,
        "road_m": road_m,
        "road_s": road_s,
        "fastest_s": fastest_s,
    }
    return replace(
        claim,
        place=key,
        verdict=verdict,
        over_straight=_over(claim, least),
        over_road=_over(claim, road),
        **told,
    )


def _kindness(claim: Claim) -> tuple[int, float]:
    """Return a key that is smallest for the kindest of several readings."""
    place = 0 if claim.verdict in FITTING else list(VERDICTS).index(claim.verdict)
    return place, abs(claim.over_road)


def _over(claim: Claim, other: float) -> float:
    return (
        math.nan
        if math.isnan(other)
        else (
            claim.low - other
            if other < claim.low
            else claim.high - other
            if other > claim.high
            else 0.0
        )
    )
