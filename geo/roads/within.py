"""What lies within a travel time: people, and how much is reached as time goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.kept import Kept
from geo.roads import contraction, gate_overlay, routing
from geo.roads.joining import Sides
from geo.roads.network import Network
from geo.roads.routing import times

CELLS_AT_ONCE = 4_000_000
"""Origins times places whose times are held at once: 32 MB."""
KEPT_BYTES = 100_000_000
"""Bytes that a network keeps of what is reached inside a country: a gate that is closed or slow
changes nothing there.
"""


def people_within(
    network: Network,
    origins: gpd.GeoDataFrame,
    population: gpd.GeoDataFrame,
    limits_s: Sequence[float],
    *,
    profile: str = "car",
) -> pd.DataFrame:
    """Count the people who live at most so far from each origin, by road.

    Parameters
    ----------
    population
        Points with a column ``population`` and ``country``. Only people who live in these places
        are counted.
    limits_s
        Travel times; a place exactly at the limit counts.

    Returns
    -------
    DataFrame
        On the index of `origins`, one column a limit, named by it; NaN where the origin is joined
        to no road.
    """
    to = Sides.of(network, population, profile)
    people = population["population"].to_numpy(float)
    counts = np.full((len(origins), len(limits_s)), np.nan)
    from_ = Sides.of(network, origins, profile)
    joined = ~np.isnan(from_.nearest_m(len(origins)))
    for column, limit_s in enumerate(limits_s):
        sums = _people(network, profile, from_, to, people, limit_s)
        counts[joined, column] = sums[joined]
    return pd.DataFrame(counts, index=origins.index, columns=list(limits_s))


def _people(
    network: Network,
    profile: str,
    from_: Sides,
    to: Sides,
    people: NDArray[np.float64],
    limit_s: float,
) -> NDArray[np.float64]:
    """Count the people within a limit of each row."""
    if profile not in network.hierarchies or not (from_.is_single and to.is_single):
        time_s = times(network, profile, from_, to, within_s=limit_s)
        return (time_s <= limit_s) @ people
    terms = _digest(from_, to), profile, limit_s
    home: Kept = network.kept("reached inside", lambda: Kept(most_bytes=KEPT_BYTES))
    inside: _Reached = home.get(terms, lambda: _inside(network, profile, from_, to, limit_s))
    sums = np.add.reduceat(np.append(people[inside.place], 0.0), inside.start[:-1])
    sums[np.diff(inside.start) == 0] = 0.0
    rows, goals = from_.joined, to.joined
    gates = gate_overlay.of(network, profile)
    if not len(rows) or not len(goals) or not len(gates.node):
        return sums
    to_gates = routing.to_the_gates(network, profile, from_.leave[rows], from_.leaving_s(rows))
    to_gates[to_gates > limit_s] = np.inf
    over, _ = gate_overlay.join(to_gates, gates.total_s)
    over[over > limit_s] = np.inf
    abroad = np.flatnonzero(np.isfinite(over).any(axis=1))
    if not len(abroad):
        return sums
    ends = {"end_s": to.arriving_s(goals)}
    hierarchy = network.hierarchies[profile]
    from_gates = contraction.many_to_many(hierarchy, gates.node, to.come[goals], **ends)
    from_gates[from_gates > limit_s] = np.inf
    at_once = max(1, CELLS_AT_ONCE // len(goals))
    for some in np.split(abroad, range(at_once, len(abroad), at_once)):
        across, _ = gate_overlay.join(over[some], from_gates)
        for at, time_s in zip(rows[some].tolist(), across, strict=True):
            reached = np.zeros(to.rows, bool)
            reached[inside.place[inside.start[at] : inside.start[at + 1]]] = True
            reached[goals[_reached(time_s, limit_s)]] = True
            sums[at] = people[reached].sum()
    return sums


@dataclass(frozen=True, eq=False)
class _Reached:
    """Places reached within a limit on roads inside a country: those of row k are
    ``place[start[k]:start[k + 1]]``.
    """

    start: NDArray[np.int64]
    place: NDArray[np.int32]

    def __len__(self) -> int:
        """Return how many bytes it takes."""
        return self.start.nbytes + self.place.nbytes


def _inside(network: Network, profile: str, from_: Sides, to: Sides, limit_s: float) -> _Reached:
    """Find what is reached inside a country, some rows at a time."""
    counts, places = [np.zeros(1, np.int64)], [np.empty(0, np.int32)]
    at_once = max(1, CELLS_AT_ONCE // max(1, to.rows))
    for at in range(0, from_.rows, at_once):
        some = from_.some(slice(at, at + at_once))
        time_s = routing.unrounded(network, profile, some, to, inside=True)
        row, place = np.nonzero(_reached(time_s, limit_s))
        counts.append(np.bincount(row, minlength=len(time_s)))
        places.append(place.astype(np.int32))
    return _Reached(np.concatenate(counts).cumsum(), np.concatenate(places))


def _reached(time_s: NDArray[np.float64], limit_s: float) -> NDArray[np.bool_]:
    """Return which times, once rounded, are at most a limit."""
    near: NDArray[np.bool_] = time_s <= limit_s + 10.0**-routing.TIME_DECIMALS
    near[near] = time_s[near].round(routing.TIME_DECIMALS) <= limit_s
    return near


def _digest(*layers: Sides) -> bytes:
    """Return a digest of where points are joined to roads, and of the legs to there."""
    content = blake2b(digest_size=16)
    for sides in layers:
        for part in (sides.snap.segment, sides.snap.fraction, sides.leg_s, sides.out_s, sides.in_s):
            content.update(np.ascontiguousarray(part).tobytes())
    return content.digest()


def profile_within(
    network: Network,
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
    *,
    amount: str | None = None,
    profile: str = "car",
) -> pd.DataFrame:
    """Tabulate how much is reached from each origin as time goes on: the steps of its access
    profile.

    Parameters
    ----------
    destinations
        One with the id of an origin is that origin, and does not count for it.
    amount
        Column of the destinations that is summed, such as ``population``; None counts each as 1.

    Returns
    -------
    DataFrame
        One row a step, by origin, then rising: ``from_id``; ``travel_time_s``, 0 in the first row;
        ``reached``, the sum over all destinations at most that far away. What no road leads to is
        in no sum; an origin that is joined to no road has a single row, with NaN.
    """
    to = Sides.of(network, destinations, profile)
    size = np.ones(len(destinations)) if amount is None else destinations[amount].to_numpy(float)
    steps_s, reached = [], []
    for at_s, sums in steps(network, origins, to, destinations.index, size, profile=profile):
        steps_s.append(at_s)
        reached.append(sums)
    return pd.DataFrame(
        {
            "from_id": origins.index.repeat(list(map(len, steps_s))),
            "travel_time_s": np.concatenate([np.empty(0), *steps_s]),
            "reached": np.concatenate([np.empty(0), *reached]),
        }
    )


def steps(
    network: Network,
    origins: gpd.GeoDataFrame,
    to: Sides,
    ids: pd.Index,
    size: NDArray[np.float64],
    *,
    profile: str,
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield for each origin the steps of :func:`profile_within`, their times and sums, to places
    that are joined already; `ids` and `size` are of these places.
    """
    from_ = Sides.of(network, origins, profile)
    time_s = times(network, profile, from_, to)
    known = ~np.isnan(from_.nearest_m(len(origins)))
    for key, row_s, known_at_all in zip(origins.index, time_s, known, strict=True):
        counts = np.isfinite(row_s)
        if key in ids:
            counts[ids.get_loc(key)] = False
        at_s, step = np.unique(np.append(0.0, row_s[counts]), return_inverse=True)
        sums = np.bincount(step, np.append(0.0, size[counts])).cumsum()
        yield at_s, sums if known_at_all else np.full(len(at_s), np.nan)
