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
from geo.roads.joining import Sides, on_one_segment
from geo.roads.network import Network
from geo.roads.routing import times

CELLS_AT_ONCE = 4_000_000
"""Times that are held at once: 32 MB."""
STRIP_DEG = 0.5
"""Points in a strip of so many degrees of latitude are gone through from west to east."""
ROUNDING = 10.0**routing.TIME_DECIMALS
"""Times are rounded to such parts of a second."""
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
    from_, to = (Sides.of(network, points, profile) for points in (origins, population))
    people = population["population"].to_numpy(float)
    counts = [
        people_near(network, from_, to, people, limit_s, profile=profile) for limit_s in limits_s
    ]
    return pd.DataFrame(dict(zip(limits_s, counts, strict=True)), index=origins.index)


def people_near(
    network: Network,
    from_: Sides,
    to: Sides,
    people: NDArray[np.float64],
    limit_s: float,
    *,
    profile: str,
    keeps: bool = True,
) -> NDArray[np.float64]:
    """Count as :func:`people_within` between layers that are joined already; `people` live at each
    row of the second. One count a row, NaN where it is joined to no road.

    Parameters
    ----------
    keeps
        Whether the network keeps what is reached, for the next who asks from the same points.
    """
    sums = _people(network, profile, from_, to, people, limit_s, keeps)
    sums[np.isnan(from_.nearest_m(from_.rows))] = np.nan
    return sums


def _people(
    network: Network,
    profile: str,
    from_: Sides,
    to: Sides,
    people: NDArray[np.float64],
    limit_s: float,
    keeps: bool,
) -> NDArray[np.float64]:
    """Count the people within a limit of each row."""
    from geo.roads import _within as compiled

    if profile not in network.hierarchies or not (from_.is_single and to.is_single):
        time_s = times(network, profile, from_, to, within_s=limit_s)
        return (time_s <= limit_s) @ people

    def make() -> _Inside:
        return _inside(network, profile, from_, to, people, limit_s)

    terms = _digest(from_, to), people.tobytes(), profile, limit_s
    home: Kept = network.kept("reached inside", lambda: Kept(most_bytes=KEPT_BYTES))
    inside = home.get(terms, make) if keeps else make()
    sums = inside.sums.copy()
    gates = gate_overlay.of(network, profile)
    if len(inside.near):
        over_s, _ = gate_overlay.join(inside.to_gates_s, gates.total_s)
        over_s[over_s > limit_s] = np.inf
        some = sums[inside.near]
        compiled.over_gates(
            over_s, *inside.beyond, *inside.reached, people, limit_s, ROUNDING, some
        )
        sums[inside.near] = some
    return sums


@dataclass(frozen=True, eq=False)
class _Inside:
    """People within a limit on roads inside a country, and what it takes to add those beyond the
    gates, whatever the times at these.

    Attributes
    ----------
    sums
        (n,) people by row.
    near, to_gates_s
        (k,) rows that come to the end of a gate within the limit; (k, g) times to all ends, inf
        where they are above it.
    beyond
        Places from each end of a gate on, by rising time: where those of each begin, the places,
        and the times.
    reached
        Of these places those that each of the rows `near` reaches itself: where those of each
        begin, and the places.
    """

    sums: NDArray[np.float64]
    near: NDArray[np.int64]
    to_gates_s: NDArray[np.float64]
    beyond: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
    reached: tuple[NDArray[np.int64], NDArray[np.int32]]

    def __len__(self) -> int:
        """Return how many bytes it takes."""
        arrays = self.sums, self.near, self.to_gates_s, *self.beyond, *self.reached
        return sum(array.nbytes for array in arrays)


def _inside(
    network: Network,
    profile: str,
    from_: Sides,
    to: Sides,
    people: NDArray[np.float64],
    limit_s: float,
) -> _Inside:
    """Find what is reached inside a country, some rows at a time."""
    from geo.roads import _within as compiled

    hierarchy, starts, goals = network.hierarchies[profile], from_.joined, to.joined
    gates, end_s = gate_overlay.of(network, profile).node, to.arriving_s(goals)
    late_s = limit_s + 1 / ROUNDING
    from_gates_s = contraction.many_to_many(hierarchy, gates, to.come[goals], end_s=end_s)
    gate, goal = np.nonzero(from_gates_s <= late_s)
    order = np.lexsort((from_gates_s[gate, goal], gate))
    gate, goal = gate[order], goal[order]
    begin = np.searchsorted(gate, np.arange(len(gates) + 1))
    beyond = begin, goals[goal], from_gates_s[gate, goal]
    is_beyond = np.isin(np.arange(len(goals)), goal)

    sums = np.zeros(from_.rows)
    near, to_gates_s, counts, places = [], [], [np.zeros(1, np.int64)], []
    ends = np.concatenate([to.come[goals], np.repeat(gates[:, None], to.come.shape[1], axis=1)])
    ends_s = np.concatenate([end_s, np.zeros((len(gates), end_s.shape[1]))])
    for some, table, at, start_s in _starts(network, profile, from_, starts, ends, ends_s):
        is_here = table[:, : len(goals)].min(axis=0) <= late_s
        i, j, along_s, _ = on_one_segment(network, profile, from_, some, to, goals)
        is_here[j] = True
        here = np.flatnonzero(is_here)
        kept = np.append(here, np.arange(len(goals), len(ends)))
        order = np.argsort(i, kind="stable")
        along = (
            np.searchsorted(i[order], np.arange(len(some) + 1)),
            np.searchsorted(here, j[order]),
            along_s[order],
        )
        table = np.ascontiguousarray(table[:, kept])
        rest_s, total = np.empty((len(some), len(gates))), np.empty(len(some))
        shared = at, start_s, *along
        compiled.count(table, *shared, people[goals[here]], limit_s, ROUNDING, total, rest_s)
        sums[some] = total
        rest_s[rest_s > limit_s] = np.inf
        comes = np.flatnonzero(np.isfinite(rest_s).any(axis=1))
        count, place = compiled.reached(
            np.ascontiguousarray(table[:, : len(here)]), *shared, comes, limit_s, ROUNDING
        )
        wanted = is_beyond[here[place]]
        of_row = np.repeat(np.arange(len(comes)), count)[wanted]
        near.append(some[comes])
        to_gates_s.append(rest_s[comes])
        counts.append(np.bincount(of_row, minlength=len(comes)))
        places.append(goals[here[place[wanted]]].astype(np.int32))
    return _Inside(
        sums,
        np.concatenate([np.empty(0, np.int64), *near]),
        np.concatenate([np.empty((0, len(gates))), *to_gates_s]),
        beyond,
        (np.concatenate(counts).cumsum(), np.concatenate([np.empty(0, np.int32), *places])),
    )


Starts = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]


def _starts(
    network: Network,
    profile: str,
    from_: Sides,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    ends_s: NDArray[np.float64],
) -> Iterator[Starts]:
    """Yield some entries of a layer at a time, neighbours together: which; the table of times from
    rows to ends; and from which of the rows each entry starts, and after what time, (k, w).

    The rows are the vertices of the roads, which points on one road share, or where there are more
    of them the entries themselves."""
    hierarchy = network.hierarchies[profile]
    lon, lat = from_.point[starts].T
    starts = starts[np.lexsort((lon, np.floor(lat / STRIP_DEG)))]
    segment = from_.snap.segment[starts]
    rank = np.unique(segment, return_inverse=True)
    first = np.full(len(rank[0]), len(starts))
    np.minimum.at(first, rank[1], np.arange(len(starts)))
    turn = np.argsort(first, kind="stable")  # roads in the order in which points lie on them
    order = np.empty_like(turn)
    order[turn] = np.arange(len(turn))
    by_road = np.argsort(order[rank[1]], kind="stable")
    starts, road = starts[by_road], order[rank[1]][by_road]
    most = max(1, CELLS_AT_ONCE // max(1, len(ends)) // 2)
    for part in range(-(-len(turn) // most)):
        some = starts[slice(*np.searchsorted(road, (part * most, (part + 1) * most)))]
        leave, start_s = from_.leave[some], from_.leaving_s(some)
        vertex, at = np.unique(leave, return_inverse=True)
        at = at.reshape(leave.shape)
        if len(vertex) <= len(some):
            table = contraction.many_to_many(hierarchy, vertex, ends, end_s=ends_s)
        else:
            table = contraction.many_to_many(hierarchy, leave, ends, start_s=start_s, end_s=ends_s)
            at, start_s = np.arange(len(some))[:, None], np.zeros((len(some), 1))
        yield some, table, at, start_s


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


def warm_up() -> None:
    """Compile what is here, or load what was compiled before."""
    from geo.roads import _within as compiled

    table, at, start_s = np.zeros((1, 2)), np.zeros((1, 1), np.int64), np.zeros((1, 1))
    along = np.zeros(2, np.int64), np.empty(0, np.int64), np.empty(0)
    each, start = np.ones(1), np.array([0, 1])
    compiled.count(table, at, start_s, *along, each, 1.0, ROUNDING, each, np.zeros((1, 1)))
    _, place = compiled.reached(table, at, start_s, *along, start[:1], 1.0, ROUNDING)
    beyond = start, start[:1], each
    compiled.over_gates(each[:, None], *beyond, start, place, each, 1.0, ROUNDING, each)
