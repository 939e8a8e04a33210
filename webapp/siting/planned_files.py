"""Planned corridors as files: what a year changes for the sites, and when each of them opens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from flask import Blueprint, Response, request

from geo.roads import scenarios
from geo.roads.accuracy import minutes_between
from geo.roads.drive import Drive
from webapp import args, labels
from webapp.explore.scenarios import (
    Change,
    check,
    corridor_names,
    difference,
    gain,
    nearest,
    used,
)
from webapp.i18n import gettext as _
from webapp.labels import is_known, label
from webapp.siting import files
from webapp.siting.files import Line
from webapp.store import Store, store

pages = Blueprint("planned_files", __name__)

STATE = (*(name for name in args.DRIVE if name != "network"), "to")


@dataclass(frozen=True)
class Planned:
    """What is asked for: how one drives, to which place if to one only, what changes, if a year is
    named, when corridors open, and what they are ``called``.
    """

    drive: Drive
    to: str | None
    change: Change | None
    timeline: pd.DataFrame
    called: dict[str, str]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The changes, the largest first."""
        if not self.change:
            return []
        table = self.change.table
        return [
            dict(zip(map(str, table), row, strict=True)) for row in table.itertuples(index=False)
        ]


def _asked() -> tuple[Store, Planned]:
    """Read the query, and compare as the page of the same query does."""
    values = args.parse(request.args, STATE)
    opened, drive, to = store(), Drive.of(values), values.get("to")
    check(opened, drive, to)
    change = difference(opened, drive, to) if drive.year else None
    timeline = scenarios.timeline(opened.layer("corridors"), dict(drive.opens))
    return opened, Planned(drive, to, change, timeline, corridor_names(opened))


@pages.get("/planned.json")
def as_json() -> Response:
    opened, planned = _asked()
    change, about = planned.change, opened.about("corridors")
    return files.json_response(
        {
            "link": _link(opened, planned),
            "year": planned.drive.year,
            "vehicle": planned.drive.profile,
            "to": planned.to,
            "sites_that_gain": change.changed if change else None,
            "sites_without_change": change.same if change else None,
            "sites_unknown": change.unknown if change else None,
            "changes": [_change(opened, planned, row) for row in planned.rows],
            "corridors": [
                _corridor(planned, str(key), row) for key, row in planned.timeline.iterrows()
            ],
            "licence": about.licence,
            "sources": list(about.sources),
        }
    )


def _link(opened: Store, planned: Planned) -> str:
    query = {name: text for name, text in planned.drive.query().items() if name != "network"}
    return files.link(opened, urlencode(query | ({"to": planned.to} if planned.to else {})))


def _change(opened: Store, planned: Planned, row: dict[str, Any]) -> dict[str, Any]:
    site = row["from_id"]
    return {
        "site": {
            "id": site,
            "name": labels.name(opened.layer("parks").loc[site]),
            "link": f"{opened.public_url}/sites/{site}",
        },
        "layer": row["layer"],
        "today": _way(opened, row["today_id"], row["today_s"]),
        "then": _way(opened, row["then_id"], row["then_s"]),
        "gain": gain(row["gain_s"]),
        "planned": used(planned.called, row["planned"]),
    }


def _way(opened: Store, place: Any, seconds: float) -> dict[str, Any] | None:
    """Return where one drives and between how many minutes; None without a way."""
    if not is_known(place):
        return None
    low, high = minutes_between(seconds)
    name = labels.name(opened.targets().loc[place])
    return {"id": place, "name": name, "low": low, "high": high, "unit": _("min")}


def _corridor(planned: Planned, key: str, row: Any) -> dict[str, Any]:
    year = int(row["year"]) if is_known(row["year"]) else None
    stated = {name: row[name] if is_known(row[name]) else None for name in ("source", "as_of")}
    name = planned.called[row["name"]]
    names = {"id": key, "name": name, "kind": row["kind"], "status": row["status"]}
    return {**names, "year": year, "assumed_by_you": bool(row["assumed"]), **stated}


@pages.get("/planned.xlsx")
def as_xlsx() -> Response:
    opened, planned = _asked()
    about = list(files.about_lines(opened, _link(opened, planned)))
    about.append((_("Vehicle"), label(planned.drive.profile)))
    about.append((_("Year"), planned.drive.year or _("today")))
    if planned.change:
        about.append((_("Sites without change"), planned.change.same))
        about.append((_("Sites joined to no road"), planned.change.unknown))
    sheets = {
        _("What changes"): list(_changes(opened, planned)),
        _("Opening years"): list(_openings(planned)),
        _("How to read it"): about,
    }
    widths = {_("What changes"): (24, 40, 18, 30), _("Opening years"): (10, 50, 20, 20)}
    return files.xlsx_response(sheets, widths, "planned")


def _changes(opened: Store, planned: Planned) -> Iterator[Line]:
    minutes, layers = _("min"), nearest()
    one_place = labels.name(opened.targets().loc[planned.to]) if planned.to else ""
    yield (
        *(_("Identifier"), _("Site"), _("Route to"), _("Today: which")),
        *(files.with_unit(_("Today, from"), minutes), files.with_unit(_("Today, to"), minutes)),
        *(_("Planned: which"), files.with_unit(_("Planned, from"), minutes)),
        *(files.with_unit(_("Planned, to"), minutes), _("Time saved"), _("Planned corridors used")),
    )
    for row in planned.rows:
        change = _change(opened, planned, row)
        ways = []
        for way in (change["today"], change["then"]):
            ways += [way["name"], way["low"], way["high"]] if way else [_("none by road"), "", ""]
        place = change["site"]
        corridors = "; ".join(change["planned"])
        aim = one_place or layers[row["layer"]]
        yield (place["id"], place["name"], aim, *ways, change["gain"], corridors)


def _openings(planned: Planned) -> Iterator[Line]:
    yield (
        *(_("Year"), _("Corridor"), _("Kind"), _("Status")),
        *(_("Source of year"), _("Source"), _("Date")),
    )
    for key, row in planned.timeline.iterrows():
        corridor = _corridor(planned, str(key), row)
        basis = _("announced") if corridor["year"] else _("no year announced")
        basis = _("assumed by you") if corridor["assumed_by_you"] else basis
        yield (
            *(corridor["year"] or _("unknown"), corridor["name"], label(corridor["kind"])),
            *(label(corridor["status"]), basis, corridor["source"] or "", corridor["as_of"] or ""),
        )
