"""A short list to take along: one HTML file that needs nothing beside itself, and PDF, with what is
known of each site, whom to ask, and which plants of its sectors lie near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import geopandas as gpd
import numpy as np
from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from geo.errors import InputError
from geo.layers import unfold
from geo.roads import access
from geo.roads.drive import Drive
from geo.schema import LAYERS
from geo.siting import land
from geo.siting.measures import DESTINATIONS
from webapp import args, charts, labels, styles
from webapp.explore import belonging, factsheet, provenance, records
from webapp.explore.provenance import Origin
from webapp.i18n import current, day
from webapp.i18n import gettext as _
from webapp.labels import is_known
from webapp.siting import sources, wording
from webapp.siting.shortlist import STATE
from webapp.store import Store, store

pages = Blueprint("shortlist_files", __name__)

MOST = 20
"""Sites of a file: more are not a short list, and a page of paper each."""
NEAR_S = 3600.0
MOST_PLANTS = 8
FACTS = ("area_ha", "occupancy_pct", "rent_term_low_usd_m2", "developer")
"""Fields of a park that are written with their sources."""
HIGH = {"rent_term_low_usd_m2": "rent_term_high_usd_m2"}
YEARS = {"rent_term_low_usd_m2": "rent_year", "occupancy_pct": "occupancy_year"}
"""The upper ends of values, and the fields of their years."""
SHEETS = ("factsheet.css", "shortlistfile.css")


@dataclass(frozen=True)
class Fact:
    """What is known of a site: in words, with its sources; ``text`` is empty if it is unknown."""

    title: str
    text: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class Time:
    """A time by road, in words, and to which place."""

    title: str
    text: str
    place: str


@dataclass(frozen=True)
class Plant:
    """A plant that makes what a site is for, the time to there in words, and who says so."""

    name: str
    product: str
    text: str
    source: records.Source


@dataclass(frozen=True)
class Card:
    """A site of the list as the file shows it."""

    id: str
    row: Any
    map: charts.Locator
    facts: list[Fact]
    times: list[Time]
    contacts: list[records.Record]
    plants: list[Plant]


@pages.get("/shortlist.html")
def as_html() -> Response:
    text = _render()
    response = Response(text, mimetype="text/html")
    name = f"zone-atlas-shortlist-{current().code}.html"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@pages.get("/shortlist.pdf")
def as_pdf() -> Response:
    response = Response(factsheet.make_pdf(_render()), mimetype="application/pdf")
    name = f"zone-atlas-shortlist-{current().code}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _render() -> str:
    values = args.parse(request.args, (*STATE, *args.DRIVE))
    opened, drive = store(), Drive.of(values)
    opened.networks.check(drive)
    picked = tuple(dict.fromkeys(values.get("pick", ())))
    index = opened.layer("parks").index
    listed, gone = [site for site in picked if site in index], set(picked) - set(index)
    if not listed:
        raise InputError(_("Choose sites for the list."))
    shown = listed[:MOST]
    query = [("pick", ",".join(shown)), ("lang", current().code)]
    return render_template(
        "siting/shortlist_file.html",
        cards=list(cards(opened, drive, shown)),
        gone=sorted(gone),
        left_out=len(listed) - len(shown),
        drive=drive,
        about=opened.about("parks"),
        release=opened.package.get("version") or "",
        released=day(str(opened.package.get("created") or "")[:10]),
        address=f"{opened.public_url}{request.script_root}/shortlist?{urlencode(query)}",
        public_url=f"{opened.public_url}{request.script_root}",
        printed=day(date.today().isoformat()),
        style=Markup(styles.text(*SHEETS)),  # our own files, no data in them
        near_min=round(NEAR_S / 60),
    )


def cards(opened: Store, drive: Drive, listed: list[str]) -> Iterator[Card]:
    """Collect what is known of each site of a list."""
    parks, table = opened.layer("parks"), opened.sites(drive)
    layer, near = parks.loc[listed], _Plants.of(opened, drive, parks.loc[listed])
    positions = parks.index.get_indexer(layer.index).tolist()
    rows = dict(zip(listed, opened.rows("parks", positions), strict=True))
    for site, row in rows.items():
        point = row["geometry"]
        yield Card(
            site,
            row,
            charts.locator(opened, (point.x, point.y)),
            list(_facts(opened, site, row)),
            list(_times(opened, drive, table.loc[site])),
            _contacts(opened, site, row),
            near.of_site(opened, site, row),
        )


def _facts(opened: Store, site: str, row: Any) -> Iterator[Fact]:
    words = provenance.land_of(row, site)
    yield Fact(_("Free land"), words.text, sources.of_land(opened, site, *land.FIELDS))
    titles = {"rent_term_low_usd_m2": _("Land rent, whole lease term")}
    for name in FACTS:
        field = LAYERS["parks"].field(name)
        known = is_known(row.get(name))
        text = _value(row, name, field.unit) if known else ""
        origins = sources.of_field(opened, site, name) if known else ()
        yield Fact(titles.get(name) or provenance.title(LAYERS["parks"], name), text, origins)


def _value(row: Any, name: str, unit: str) -> str:
    """Write a value with its unit and its year, a rent with both ends."""
    if not isinstance(row[name], float | int):
        return str(row[name])
    text, high = labels.quantity(row[name], unit), row.get(HIGH.get(name, ""))
    if is_known(high) and high != row[name]:
        text = f"{labels.quantity(row[name])}–{labels.quantity(high, unit)}"
    year = row.get(YEARS.get(name, ""))
    return _("%(value)s (%(year)s)", value=text, year=int(year)) if is_known(year) else text


def _times(opened: Store, drive: Drive, row: Any) -> Iterator[Time]:
    names = labels.names(opened.targets())
    for destination in DESTINATIONS:
        time, place = destination.columns(drive.profile)
        name = names[row[place]] if is_known(row[place]) else ""
        title = wording.criterion_name(destination.id)
        yield Time(title, wording.amount(destination.id, row[time]), str(name))


def _contacts(opened: Store, site: str, row: Any) -> list[records.Record]:
    """Return the bodies that speak for a site or its province."""
    of_site = belonging.sections(opened, LAYERS["parks"], site, row)
    return [
        each for section in of_site if section.layer.id == "contacts" for each in section.records
    ]


@dataclass(frozen=True)
class _Plants:
    """The plants whose park is known, and the times to them, (sites, plants)."""

    sites: list[str]
    rows: np.ndarray[Any, np.dtype[np.int64]]
    time_s: np.ndarray[Any, np.dtype[np.float64]]

    @classmethod
    def of(cls, opened: Store, drive: Drive, sites: gpd.GeoDataFrame) -> _Plants:
        """Find the plants, and drive to them."""
        ids = [str(key) for key in sites.index]
        if "plants" not in {layer.id for layer in opened.held()}:
            return cls(ids, np.empty(0, np.int64), np.empty((len(ids), 0)))
        plants, parks = opened.layer("plants"), opened.layer("parks")
        rows = np.flatnonzero(plants["park"].isin(parks.index))
        places = parks.loc[plants["park"].iloc[rows]]
        time_s = access.seconds(opened.roads(drive), sites, places, profile=drive.profile)
        return cls(ids, rows, time_s)

    def of_site(self, opened: Store, site: str, row: Any) -> list[Plant]:
        """Return the plants of the sectors of a site within an hour, the nearest first; of equal
        times in the order of the table.
        """
        sectors = set(unfold(row.get("sectors")))
        if not sectors or not len(self.rows):
            return []
        time_s = self.time_s[self.sites.index(site)]
        plants = opened.layer("plants")
        chosen = [
            at
            for at in np.argsort(time_s, kind="stable")
            if time_s[at] <= NEAR_S
            and not sectors.isdisjoint(unfold(plants["sectors"].iloc[self.rows[at]]))
        ][:MOST_PLANTS]
        numbers = [int(self.rows[at]) for at in chosen]
        written = records.rows(opened, LAYERS["plants"], numbers)
        products = plants["product"].iloc[numbers]
        return [
            Plant(each.name, str(product), _away(float(time_s[at])), each.source)
            for each, product, at in zip(written, products, chosen, strict=True)
        ]


def _away(seconds: float) -> str:
    """Write how far a plant is; one on the site itself is not away."""
    return labels.duration(seconds) if seconds else _("in this park")
