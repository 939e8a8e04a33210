"""The page that holds a brochure's words against the straight line and the road."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from flask import Blueprint, render_template, request

from geo.errors import InputError
from geo.package import TARGETS
from geo.roads.drive import Drive
from geo.siting import claims as reading
from geo.siting.claim_reading import MOST_CLAIMS, Claim
from webapp import args
from webapp.i18n import gettext as _
from webapp.labels import all_names
from webapp.siting.claim_words import (
    claimed,
    clock,
    is_loose,
    length,
    numbers,
    road_amount,
    sentence,
    speed,
    straight,
)
from webapp.store import Store, store

pages = Blueprint("claims", __name__)

COLUMNS = (
    *("name_en", "name_vi", "name_zh", "opposite_name_en", "opposite_name_vi", "opposite_name_zh"),
    *("country", "opposite_country", "position_accuracy_m", "geometry"),
)
VEHICLE = "car"
"""Where none is named. Brochures count by car, and a car is the kinder reading."""
AROUND = 60
"""Characters that are quoted on either side of a quantity."""
OTHERS = 4
"""Further places of one name that are named."""

TONES = {"impossible": "impossible"} | {
    verdict: tone
    for tone, verdicts in {
        "fits": ("road", "straight_or_road"),
        "doubtful": ("straight_line", "between", "faster_than_road", "longer", "unsure"),
    }.items()
    for verdict in verdicts
}
"""The colour of a sentence by its verdict; what is not judged has none."""
WIDTH, BEGIN, END = 360, 12, 348
"""The picture: how wide it is, and where its line begins and ends."""


@dataclass(frozen=True)
class Mark:
    """One thing on the line of a picture: where its value stands (``to`` where it ends, for a
    claimed range), and its words.
    """

    kind: str
    x: float
    to: float
    text: str

    @property
    def anchor(self) -> str:
        return "start" if self.x < WIDTH / 3 else "end" if self.x > 2 * WIDTH / 3 else "middle"


@dataclass(frozen=True)
class Shown:
    """A claim as the page shows it: the words around it, its place, the sentence, the numbers, the
    picture.
    """

    claim: Claim
    quote: tuple[str, str, str]
    place: Any
    others: list[tuple[str, Any]]
    sentence: str
    tone: str
    numbers: list[tuple[str, str]]
    marks: list[Mark]


@pages.get("/sites/<site_id>/claims")
def claims(site_id: str) -> str:
    values = args.parse(request.args, ("text", *args.DRIVE))
    opened, drive = store(), Drive.of({"profile": VEHICLE} | values)
    layer, site = opened.place(site_id)
    text, network, places = values.get("text", ""), opened.roads(drive), known_places(opened)
    speeds = _road_speeds(opened)
    try:
        checked = reading.check(text, site, places, network, drive.profile, speeds=speeds)
    except reading.TooMuch:
        raise InputError(
            _(
                "The text holds more than %(n)s distances and times; check it in parts.",
                n=MOST_CLAIMS,
            )
        ) from None
    top_kph = reading.top_speed_kph(network, speeds)
    return render_template(
        "siting/claims.html",
        site_id=site_id,
        site=site.iloc[0],
        names=all_names(site.iloc[0]),
        layer=layer,
        text=text,
        longest=args.LENGTHS["text"],
        code=checked.code,
        shown=[show(one, text, places, top_kph) for one in checked],
        drive=drive,
        vehicles=sorted(network.profiles),
        closed=[places.loc[gate] for gate in drive.closed],
        frame=(WIDTH, BEGIN, END),
    )


def known_places(opened: Store) -> gpd.GeoDataFrame:
    """Return every place that a claim may name, as :func:`geo.siting.claims.check` takes them."""

    def make() -> gpd.GeoDataFrame:
        parts = [
            opened.layer(layer_id).reindex(columns=[*COLUMNS]).assign(layer=layer_id)
            for layer_id in TARGETS
        ]
        places = gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=4326)
        aliases = opened.table("aliases").groupby("place")["name"].agg(tuple).to_dict()
        return places.assign(aliases=[aliases.get(place, ()) for place in places.index])

    return opened.keep("claim places", make)


def show(claim: Claim, text: str, places: gpd.GeoDataFrame, top_kph: float) -> Shown:
    """Put a claim into words."""
    loose = claim.verdict == "road" and is_loose(claim)
    others = [place for place in claim.candidates if place != claim.place][:OTHERS]
    judged = bool(claim.place)
    return Shown(
        claim=claim,
        quote=quote(claim, text),
        place=places.loc[claim.place] if judged else None,
        others=[(place, places.loc[place]) for place in others],
        sentence=sentence(claim, top_kph),
        tone="doubtful" if loose else TONES.get(claim.verdict, ""),
        numbers=numbers(claim, top_kph) if judged else [],
        marks=marks(claim, top_kph) if judged else [],
    )


def quote(claim: Claim, text: str) -> tuple[str, str, str]:
    """Return the words before a quantity, itself, and those after it: what stands in its line, cut
    where that is long.
    """
    before, after = text[: claim.start].rpartition("\n")[2], text[claim.end :].partition("\n")[0]
    if len(before) > AROUND:
        before = "…" + before[-AROUND:]
    if len(after) > AROUND:
        after = after[:AROUND] + "…"
    return before, claim.text, after


# The picture --------------------------------------------------------------------------------------


def marks(claim: Claim, top_kph: float) -> list[Mark]:
    """Lay straight line, road and claim on one line that begins at 0; what is unknown or endless
    has no mark.
    """
    of_time, least = claim.measure == "time", straight(claim)
    road = claim.road_s if of_time else claim.road_m
    ends = [end for end in (least, road, claim.low, claim.high) if math.isfinite(end)]
    scale = (END - BEGIN) / (max(ends) * 1.08 or 1)

    def place(value: float) -> float:
        return round(float(np.clip(BEGIN + value * scale, BEGIN, END)), 1)

    if of_time:
        name = _(
            "straight at %(speed)s km/h: %(amount)s", speed=speed(top_kph), amount=clock(least)
        )
    else:
        name = _("straight: %(amount)s", amount=length(least))
    text = _("claimed: %(amount)s", amount=claimed(claim))
    marks = [Mark("claim", place(claim.low), place(claim.high), text)]
    if math.isfinite(least):
        marks.append(Mark("straight", place(least), place(least), name))
    if math.isfinite(road):
        text = _("by road: %(amount)s", amount=road_amount(claim))
        marks.append(Mark("road", place(road), place(road), text))
    return marks


def _road_speeds(opened: Store) -> pd.DataFrame:
    """Return the speeds on roads: a train does not make a claim about driving possible."""
    speeds = opened.table("speeds")
    return speeds[speeds["road_class"] != "railway"]
