"""Investment projects as pages show them: those that are coming near a site, and where the map
draws them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from flask import url_for

from geo import maps
from geo.kept import Kept
from geo.roads.drive import Drive
from geo.schema import LAYERS
from geo.siting import projects
from geo.siting.projects import Near
from webapp import labels
from webapp.explore import records
from webapp.explore.records import Record
from webapp.i18n import gettext as _
from webapp.labels import duration
from webapp.store import Store

if TYPE_CHECKING:
    import geopandas as gpd

TABLE = "projects"
NAMES = ("name_en", "name_vi", "name_zh")
SHOWN = 8
"""Projects on one sheet; the others are counted."""
KEPT_DRIVES = 8
NEAR_MIN = int(projects.NEAR_S / 60)


@dataclass(frozen=True)
class Coming:
    """A project near a site: what is known of it, the place where it is if that is another one,
    and how far it is by road.
    """

    record: Record
    place: str
    address: str
    time: str


@dataclass(frozen=True)
class Section:
    """The projects that are coming near a site, the nearest first, and how many there are."""

    shown: list[Coming]
    count: int


def placed(opened: Store) -> gpd.GeoDataFrame:
    """Return the projects that are coming and can be placed, as
    :func:`geo.siting.projects.located` does."""

    def make() -> gpd.GeoDataFrame:
        frame = opened.layer(TABLE)  # empty where the package has none
        return projects.located(frame[projects.coming(frame)], opened.layer)

    return opened.keep("projects placed", make)


def near(opened: Store, sites: Collection[str], drive: Drive) -> dict[str, list[Near]]:
    """Find the projects that are coming near some sites; those of the last ways of driving are
    kept."""
    drives: Kept = opened.keep("projects near", lambda: Kept(KEPT_DRIVES))
    known: dict[str, list[Near]]
    known = drives.get((drive, opened.networks.version(drive.network)), dict)
    missing = [site for site in sites if site not in known]
    if missing:
        parks, roads = opened.layer("parks").loc[missing], opened.roads(drive)
        known.update(projects.near(roads, parks, placed(opened), profile=drive.profile))
    return {site: known[site] for site in sites}


def section(opened: Store, site: str, drive: Drive) -> Section | None:
    """Write the projects that are coming near a site; None where none is known."""
    coming = near(opened, [site], drive)[site]
    if not coming:
        return None
    first, frame = coming[:SHOWN], opened.layer(TABLE)
    at = frame.index.get_indexer(pd.Index([each.project for each in first])).tolist()
    rows = [
        records.rows(opened, LAYERS[TABLE], [row], without=each.place)[0]
        for row, each in zip(at, first, strict=True)
    ]
    return Section(
        [
            Coming(
                record,
                "" if each.place == site else _called(opened, each),
                url_for("pages.site", site_id=each.place),
                _("on this site") if each.place == site else duration(each.time_s),
            )
            for record, each in zip(rows, first, strict=True)
        ],
        len(coming),
    )


def counts(opened: Store, sites: Collection[str], drive: Drive) -> dict[str, str]:
    """Count the projects that are coming near some sites; without those near which none is
    known."""
    return {
        site: labels.decimal(len(coming))
        for site, coming in near(opened, sites, drive).items()
        if coming
    }


def _called(opened: Store, each: Near) -> str:
    layer_id = placed(opened).loc[each.project, "layer"]
    return labels.name(opened.layer(str(layer_id)).loc[each.place])


def drawn(opened: Store) -> dict[str, Any]:
    """Collect the places of projects that are coming, as the map draws them: with the ``count`` of
    projects of each."""
    rows = placed(opened)
    counts = rows.groupby("place", sort=False).size()
    first = rows.drop_duplicates("place").set_index("place", drop=False)
    pairs = zip(first["layer"], first["place"], strict=True)
    places = [opened.layer(str(layer)).loc[key] for layer, key in pairs]
    named = {name: [place.get(name) for place in places] for name in NAMES}
    first = first.assign(**named, count=counts)
    return maps.payload(first, ("id", *NAMES, "count"))
