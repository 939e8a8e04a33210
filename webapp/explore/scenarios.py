"""Planned corridors: when each is to open, or opens as somebody assumes, and what that changes for
every site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from flask import Blueprint, render_template, request

from geo.errors import NotFoundError
from geo.kept import Kept
from geo.package import TARGETS
from geo.roads import railways, scenarios
from geo.roads.drive import OPENS, Drive
from geo.roads.joining import Sides
from geo.schema import RAIL_KINDS
from geo.siting.measures import DESTINATIONS
from webapp import args, labels
from webapp.explore import site_sheet
from webapp.i18n import clauses
from webapp.i18n import gettext as _
from webapp.store import Store, store

pages = Blueprint("planned", __name__)

STATE = (*(name for name in args.DRIVE if name != "network"), "to")
KEPT = 8
"""Differences that are kept: visitors may assume any years of opening."""
SMALL_S = 150.0
"""A gain below this would be rounded to nothing, as gains are to five minutes."""
ROWS = site_sheet.HEADS | {row.layer: row for row in DESTINATIONS if row.id == "city"}
"""Layers to whose quickest feature the ways are compared, and which features count there."""


@dataclass(frozen=True)
class Change:
    """What a year changes for the sites.

    ``table`` of :func:`geo.roads.scenarios.difference`, the largest gain first, and before it what
    is reached for the first time; ``same`` sites without a change; ``unknown`` sites that are
    joined to no road."""

    table: pd.DataFrame
    changed: int
    same: int
    unknown: int


@pages.get("/planned")
def page() -> str:
    values = args.parse(request.args, (*STATE, "part", "wait"))
    opened, drive, to = store(), Drive.of(values), values.get("to")
    check(opened, drive, to)
    change = None
    if drive.year and ("part" in values or "wait" in values):
        change = difference(opened, drive, to)
    elif drive.year:
        change = _kept(opened).peek((drive, to))
    frame, own = opened.layer("corridors"), dict(drive.opens)
    times = scenarios.timeline(frame, own)
    return render_template(
        "explore/_scenarios.html" if values.get("part") else "explore/scenarios.html",
        drive=drive,
        to=to,
        change=change,
        timeline=times,
        announced=scenarios.timeline(frame)["year"],
        own=own,
        choices=range(OPENS[0], args.YEARS[-1] + 1),
        later=args.YEARS[-1] + 1,
        vehicles=sorted(opened.vehicles, reverse=True),
        parks=opened.layer("parks"),
        targets=opened.targets(),
        layers=TARGETS,
        query=[
            (name, value)
            for name, value in request.args.items(multi=True)
            if name in (*STATE, "lang") and value
        ],
        rail=rail(opened, drive, times, change.table) if change else [],
        gain=gain,
        used=used,
        longest=float(change.table["gain_s"].max()) if change else np.nan,
        corridors=corridor_names(opened),
        nearest=nearest(),
    )


def corridor_names(opened: Store) -> dict[str, str]:
    """Return what corridors are called in the language of the request, by what a network calls
    them.
    """
    frame = opened.layer("corridors")
    called = labels.names(frame)
    return {
        name: clauses((ref if labels.is_known(ref := frame.at[key, "ref"]) else "", called[key]))
        for key, name in railways.names(frame).items()
    }


def used(corridors: Mapping[str, str], names: str) -> list[str]:
    """Split the corridors that a way uses, as :func:`geo.roads.scenarios.difference` names them,
    and call them as :func:`corridor_names` does.
    """
    return [corridors.get(name, name) for name in names.split("; ") if name]


def nearest() -> dict[str, str]:
    """Return what the quickest place of each layer is called."""
    return {
        "gates": _("Nearest gate"),
        "ports": _("Nearest container port"),
        "airports": _("Nearest airport"),
        "cities": _("Nearest city"),
    }


def check(opened: Store, drive: Drive, to: str | None) -> None:
    """Raise an error for a gate that cannot be closed, a year that cannot be assumed, and a place
    that is unknown.
    """
    opened.roads(replace(drive, year=None))
    if to is not None and to not in opened.targets().index:
        raise NotFoundError(_("There is no gate, port, airport or city “%(id)s”.", id=to))


def _kept(opened: Store) -> Kept:
    return opened.keep("planned differences", lambda: Kept(KEPT))


def difference(opened: Store, drive: Drive, to: str | None = None) -> Change:
    """Compare the network of a year with today's for all sites: to the quickest place of each
    layer, or to one place.

    The last few are kept, and nobody computes what somebody else computes already.
    """
    return _kept(opened).get(
        (drive, to), lambda: _compare(opened, drive, destinations(opened, drive, to))
    )


def destinations(opened: Store, drive: Drive, to: str | None = None) -> dict[str, gpd.GeoDataFrame]:
    """Return the places that serve the vehicle, by layer, gates without the closed ones; or the one
    place that is asked for.
    """
    if to is not None:
        layer_id = str(opened.targets().at[to, "layer"])
        return {layer_id: opened.layer(layer_id).loc[[to]]}
    places = {}
    for layer_id, row in ROWS.items():
        frame = site_sheet.counting(opened, row)
        serves = site_sheet.serving(opened, layer_id, drive.profile) - set(drive.closed)
        places[layer_id] = frame[frame.index.isin(serves)]
    return places


def _compare(opened: Store, drive: Drive, places: Mapping[str, gpd.GeoDataFrame]) -> Change:
    parks, future = opened.layer("parks"), opened.roads(drive)
    table = scenarios.difference(
        opened.roads(replace(drive, year=None)), future, parks, places, profile=drive.profile
    )
    sides = Sides.of(future, parks, drive.profile)
    joined = len(np.unique(sides.of_row[sides.snap.segment >= 0]))
    changed = table["from_id"].nunique()
    table = table.sort_values(
        "gain_s", ascending=False, kind="stable", na_position="first", ignore_index=True
    )
    return Change(table, changed, joined - changed, len(parks) - joined)


def rail(opened: Store, drive: Drive, timeline: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """Write what the planned railways do for a vehicle: how long a change is assumed to take, how
    many ways use a railway.
    """
    rails = timeline[
        timeline["kind"].isin(RAIL_KINDS) & (timeline["year"] <= drive.year).fillna(False)
    ]
    if rails.empty:
        return [_("No planned railway is taken as open by %(year)s.", year=drive.year)]
    transfer_s = opened.table("transfers").set_index("profile")["transfer_time_s"].astype(float)
    if drive.profile not in transfer_s.index:
        return [
            _(
                "%(vehicle)s: no transfer to rail is known, so rail is not used.",
                vehicle=labels.label(drive.profile),
            )
        ]
    uses = sum(not set(rails["name"]).isdisjoint(names.split("; ")) for names in table["planned"])
    sentences = [
        _(
            "%(vehicle)s: %(time)s are assumed at each end of a rail leg for the transfer "
            "between road and rail, including the wait for the train. %(n)s of %(m)s changes "
            "use a railway.",
            vehicle=labels.label(drive.profile),
            time=labels.about(transfer_s[drive.profile]),
            n=labels.decimal(uses),
            m=labels.decimal(len(table)),
        )
    ]
    if not uses and drive.profile == "truck":
        sentences.append(_("Transshipment takes too long for rail freight to save time."))
    elif not uses:
        sentences.append(_("No compared route gets quicker by rail."))
    return sentences


def gain(seconds: float) -> str:
    """Write how much time is saved; NaN where there was no way before."""
    if np.isnan(seconds):
        return _("newly reachable")
    return _("less than 5 min") if seconds < SMALL_S else labels.about(seconds)


def query(drive: Drive) -> dict[str, str]:
    """Return the query of the page that says what the year of a drive changes; only the main
    roads have years to come.
    """
    return {name: text for name, text in drive.query().items() if name != "network"}


def assumed(drive: Drive) -> list[tuple[str, int]]:
    """Return the corridors whose year of opening is assumed, with that year, the next first."""
    if not drive.opens:
        return []
    opened = store()
    table = scenarios.timeline(opened.layer("corridors"), dict(drive.opens))
    called, rows = corridor_names(opened), table[table["assumed"]].iterrows()
    return [(called[str(row["name"])], int(row["year"])) for _id, row in rows]
