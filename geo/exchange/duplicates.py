"""Find the rows of a file that are known sites, and those that stand in it twice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from geo import crs
from geo.errors import Message
from geo.exchange.doubts import Doubts, Proposal
from geo.exchange.known import Known
from geo.exchange.known import keys_of as known_keys
from geo.exchange.systems import Points
from geo.layers.region import MOVED_M

NEAR_M = 500.0
"""So near to a known site, a row of another name may be the same one."""
AREA_SHARE = 0.1
"""So little may areas of one site differ."""
MOST_PROPOSED = 20
"""Sites that are proposed for one row."""
AT_ONCE = 10_000
"""Rows whose surroundings are looked at together."""
NEW, DROP, KEEP = "new", "drop", "keep"
_NEW = Proposal(NEW, Message("a site that is not known yet"))
_TWICE = (
    Proposal(DROP, Message("it is the same; leave it out")),
    Proposal(KEEP, Message("it is another one; keep both")),
)
Row = dict[str, Any]


def names_of(row: Row) -> list[str]:
    """Return all names of a row."""
    return [str(value) for key, value in row.items() if key.startswith("name") and value]


def keys_of(rows: Sequence[Row]) -> list[list[tuple[str, str]]]:
    """Return what is compared of the names of each row."""
    names = [names_of(row) for row in rows]
    keys = iter(known_keys([name for own in names for name in own]))
    return [[next(keys) for _ in own] for own in names]


def candidates(
    rows: Sequence[Row], keys: Sequence[Sequence[tuple[str, str]]], known: Known
) -> list[tuple[list[str], bool]]:
    """Find for each row the sites that it may be by its id or names, and whether these are the
    names in full.
    """
    return [
        ([row["id"]], True) if row.get("id") in known.at else known.with_keys(own)
        for row, own in zip(rows, keys, strict=True)
    ]


def sites_of(
    rows: Sequence[Row],
    lonlat: Points,
    by_name: Sequence[tuple[list[str], bool]],
    known: Known,
    doubts: Doubts,
) -> list[str]:
    """Return the known site that each row is, empty where it is a new one or that is an open
    question: a site of its name that lies elsewhere or several of that name, a part of its name,
    or another name at the same place with the same area.
    """
    near = _near(lonlat, rows, known)
    there: list[bool] = np.asarray(np.isfinite(lonlat).all(axis=1)).tolist()
    maybe = [
        list(dict.fromkeys([*named, *near.get(number, ())])) if number in near else named
        for number, (named, _) in enumerate(by_name)
    ]
    apart_m = _apart_m(lonlat, maybe, known)
    same = []
    for number, (row, (named, full)) in enumerate(zip(rows, by_name, strict=True)):
        fitting = [
            site
            for site, off_m in zip(named, apart_m[number], strict=False)  # those named come first
            if not there[number] or off_m <= MOVED_M + known.accuracy_m[site]
        ]
        if full and (len(fitting) == 1 or row.get("id") in named):
            same.append(fitting[0] if len(fitting) == 1 else str(row["id"]))
            continue
        if not maybe[number]:
            same.append("")
            continue
        proposals = _proposals(maybe[number], apart_m[number], known)
        if named and not full and named[0] not in fitting:
            proposals.insert(0, proposals.pop())
        answer = doubts.ask(
            f"site:{row['_at']}",
            Message(
                "Is row %(row)s, “%(name)s”, a known site?",
                {"row": row["_at"], "name": next(iter(names_of(row)), "–")},
            ),
            proposals,
        )
        same.append("" if answer in (None, NEW) else str(answer))
    return same


def _proposals(sites: Sequence[str], apart_m: Sequence[float], known: Known) -> list[Proposal]:
    """Propose sites, of many the nearest, and that it is none of them."""
    pairs = list(zip(sites, apart_m, strict=True))
    if len(pairs) > MOST_PROPOSED:
        pairs = sorted(pairs, key=lambda pair: (pair[1] != pair[1], pair[1]))[:MOST_PROPOSED]
    proposals = [
        Proposal(
            site,
            Message(
                "%(name)s, %(km)s km away", {"name": known.titles[site], "km": f"{off / 1000:.1f}"}
            )
            if math.isfinite(off)
            else known.titles[site],
        )
        for site, off in pairs
    ]
    return [*proposals, _NEW]


def _apart_m(lonlat: Points, sites: Sequence[Sequence[str]], known: Known) -> list[list[float]]:
    """Measure how far each row is from each of its sites."""
    counts = [len(own) for own in sites]
    at = np.array([known.at[site] for own in sites for site in own], int)
    rows = np.repeat(np.arange(len(sites)), counts)
    flat = crs.distance_m(lonlat[rows], known.positions[at]).reshape(-1).tolist()
    ends = np.cumsum(counts).tolist()
    return [flat[end - count : end] for end, count in zip(ends, counts, strict=True)]


def _near(lonlat: Points, rows: Sequence[Row], known: Known) -> dict[int, list[str]]:
    """Find the sites at the place of each row that have about its area, if both are known."""
    there = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    placed = np.flatnonzero(np.isfinite(known.positions).all(axis=1))
    if not len(there) or not len(placed):
        return {}
    reach = 1.02 * NEAR_M / (6_371_008.8 * np.cos(np.radians(lonlat[there, 1])))
    tree = cKDTree(crs.mercator(known.positions[placed]))
    near: dict[int, list[str]] = {}
    for some in np.array_split(np.arange(len(there)), len(there) // AT_ONCE + 1):
        around = tree.query_ball_point(crs.mercator(lonlat[there[some]]), reach[some])
        own = np.repeat(there[some], [len(ball) for ball in around])
        at = placed[np.array([site for ball in around for site in sorted(ball)], int)]
        within = crs.distance_m(lonlat[own], known.positions[at]).reshape(-1) <= NEAR_M
        sites = at[within]
        areas = known.areas_ha[sites].tolist()
        for row, site, area in zip(own[within].tolist(), sites.tolist(), areas, strict=True):
            if _alike(rows[row].get("area_ha"), area):
                near.setdefault(row, []).append(known.ids[site])
    return near


def _alike(own: str | None, area: float) -> bool:
    """Check whether two areas may be of one site; what is not known may."""
    size = float(own or 0)
    return not size > 0 or not area > 0 or abs(area / size - 1) <= AREA_SHARE


def repeated(
    rows: Sequence[Row],
    keys: Sequence[Sequence[tuple[str, str]]],
    lonlat: Points,
    same: Sequence[str],
    doubts: Doubts,
) -> set[int]:
    """Find the rows, from 0, that stand in the file before: by name and place, or as one site. What
    is to become of each is a question.
    """
    first: dict[str, int] = {}
    dropped = set()
    for number, row in enumerate(rows):
        marks = [f"site {same[number]}"] if same[number] else []
        marks += [f"id {row['id']}"] if row.get("id") else []
        marks += [f"name {key}" for key, _ in keys[number]]
        before = next((first[mark] for mark in marks if mark in first), None)
        for key in marks:
            first.setdefault(key, number)
        if before is None:
            continue
        apart = float(crs.distance_m(lonlat[number], lonlat[before]))
        values = {"row": row["_at"], "other": rows[before]["_at"], "km": f"{apart / 1000:.1f}"}
        proposals = list(_TWICE)
        if np.isfinite(apart) and apart > MOVED_M and not same[number]:
            proposals.reverse()
        if row.get("id") and row["id"] == rows[before].get("id"):
            text = Message("Row %(row)s has the identifier of row %(other)s.", values)
        elif np.isfinite(apart):
            text = Message("Row %(row)s is called like row %(other)s, %(km)s km away.", values)
        else:
            text = Message("Row %(row)s is called like row %(other)s.", values)
        answer = doubts.ask(f"twice:{row['_at']}", text, proposals)
        if answer != KEEP:
            dropped.add(number)
    return dropped
