"""Find the rows of a file that are known sites, and those that stand in it twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from geo import crs
from geo.errors import Message
from geo.exchange.doubts import Doubts, Proposal
from geo.exchange.known import Known, name_key
from geo.exchange.systems import Points
from geo.layers.region import MOVED_M

NEAR_M = 500.0
"""So near to a known site, a row of another name may be the same one."""
AREA_SHARE = 0.1
"""So little may areas of one site differ."""
NEW, DROP, KEEP = "new", "drop", "keep"
Row = dict[str, Any]


def names_of(row: Row) -> list[str]:
    """Return all names of a row."""
    return [str(value) for key, value in row.items() if key.startswith("name") and value]


def candidates(rows: Sequence[Row], known: Known) -> list[tuple[list[str], bool]]:
    """Find for each row the sites that it may be by its id or names, and whether these are the
    names in full.
    """
    return [
        ([row["id"]], True) if row.get("id") in known.frame.index else known.called(names_of(row))
        for row in rows
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
    same = []
    around = _around(lonlat, known)
    for number, (row, (named, full)) in enumerate(zip(rows, by_name, strict=True)):
        near = _near(lonlat[number], row, around[number], known)
        sure = [site for site in named if full and _fits(lonlat[number], site, known)]
        if len(sure) == 1 or row.get("id") in named:
            same.append(sure[0] if len(sure) == 1 else str(row["id"]))
            continue
        maybe = list(dict.fromkeys([*named, *near]))
        if not maybe:
            same.append("")
            continue
        proposals = [_proposal(site, lonlat[number], known) for site in maybe]
        proposals.append(Proposal(NEW, Message("a site that is not known yet")))
        if named and not full and not _fits(lonlat[number], named[0], known):
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


def _proposal(site: str, point: Points, known: Known) -> Proposal:
    apart = float(crs.distance_m(point, known.position(site)))
    row = known.site(site)
    if not np.isfinite(apart):
        return Proposal(site, str(row["name_en"]))
    return Proposal(
        site,
        Message("%(name)s, %(km)s km away", {"name": row["name_en"], "km": f"{apart / 1000:.1f}"}),
    )


def _fits(point: Points, site: str, known: Known) -> bool:
    """Check whether a point may be that of a site; one without a position may."""
    if not np.isfinite(point).all():
        return True
    apart = float(crs.distance_m(point, known.position(site)))
    return apart <= MOVED_M + known.accuracy_m[site]


def _around(lonlat: Points, known: Known) -> list[list[int]]:
    """Find the sites that may be near to each point, and some that lie a little farther."""
    there = np.isfinite(lonlat).all(axis=1)
    points = np.nan_to_num(lonlat)
    reach = 1.02 * NEAR_M / (6_371_008.8 * np.cos(np.radians(points[:, 1])))
    tree = cKDTree(crs.mercator(known.positions))
    around = tree.query_ball_point(crs.mercator(points), np.where(there, reach, 0))
    return [sorted(sites) for sites in around]


def _near(point: Points, row: Row, around: list[int], known: Known) -> list[str]:
    """Find the sites at a place that have about the area of a row, if both are known."""
    near = [
        str(known.frame.index[at])
        for at in around
        if float(crs.distance_m(point, known.positions[at])) <= NEAR_M
    ]
    own = row.get("area_ha")
    if not own:
        return near
    return [
        site
        for site in near
        if not known.site(site).get("area_ha", 0) > 0
        or abs(float(known.site(site)["area_ha"]) / float(own) - 1) <= AREA_SHARE
    ]


def repeated(rows: Sequence[Row], lonlat: Points, same: Sequence[str], doubts: Doubts) -> set[int]:
    """Find the rows, from 0, that stand in the file before: by name and place, or as one site. What
    is to become of each is a question.
    """
    first: dict[str, int] = {}
    dropped = set()
    for number, row in enumerate(rows):
        keys = [f"site {same[number]}"] if same[number] else []
        keys += [f"id {row['id']}"] if row.get("id") else []
        keys += [f"name {name_key(name)}" for name in names_of(row)]
        before = next((first[key] for key in keys if key in first), None)
        for key in keys:
            first.setdefault(key, number)
        if before is None:
            continue
        apart = float(crs.distance_m(lonlat[number], lonlat[before]))
        values = {"row": row["_at"], "other": rows[before]["_at"], "km": f"{apart / 1000:.1f}"}
        proposals = [
            Proposal(DROP, Message("it is the same; leave it out")),
            Proposal(KEEP, Message("it is another one; keep both")),
        ]
        if np.isfinite(apart) and apart > MOVED_M and not same[number]:
            proposals.reverse()
        text = (
            Message("Row %(row)s is called like row %(other)s, %(km)s km away.", values)
            if np.isfinite(apart)
            else Message(
                "Row %(row)s is called like row %(other)s.",
                {"row": row["_at"], "other": rows[before]["_at"]},
            )
        )
        answer = doubts.ask(f"twice:{row['_at']}", text, proposals)
        if answer != KEEP:
            dropped.add(number)
    return dropped
