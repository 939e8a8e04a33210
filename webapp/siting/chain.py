"""The page of a chain: suppliers, a site and customers, and what the trips between them take."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pandas as pd
import shapely
from flask import Blueprint, Response, redirect, render_template, request, url_for
from markupsafe import Markup

from geo import maps
from geo.roads.drive import PROFILES
from geo.schema import LAYERS
from geo.schema.tables import PACES
from geo.siting.own_places import MOST, ROLES
from geo.siting.rates import LINES
from webapp import args, labels, readers
from webapp.args import Slip
from webapp.field_words import field_name
from webapp.i18n import said
from webapp.map_frame import basemap_url, map_frame
from webapp.siting import chain_files, chain_result, chain_words, files, places
from webapp.siting.chain_result import Result
from webapp.siting.chain_wish import STATE, TYPED, ChainWish, gates_for
from webapp.siting.cost_wish import ends_text
from webapp.siting.places import Places
from webapp.store import Store, store

pages = Blueprint("chain", __name__)


@pages.get("/chain")
def chain() -> Any:
    values, slips = args.parse_form(request.args, STATE, TYPED)
    opened = store()
    own, faults = list(values.get("place", ())), dict[str, str]()
    if places.is_typed(values):
        own, faults = places.typed(opened, values)
        slips |= {name: Slip(values.get(name, ""), fault) for name, fault in faults.items()}
    wish = ChainWish.of(opened, values, own)
    if places.is_typed(values) and not slips:
        kept = Places.of(opened, wish.own, wish.drive)
        if not kept.left_out:
            return redirect(_address(wish))
    result = chain_result.compute(opened, wish) if wish.own else None
    result = result if result and result.places.spots else None
    page = render_template(
        "siting/chain.html",
        wish=wish,
        result=result,
        places=result.places if result else Places.of(opened, wish.own, wish.drive),
        slips=slips,
        typed=values,
        map=map_frame(opened, basemap_url(opened), route=url_for("api.route")),
        pins=_pins(opened, result) if result else "",
        parks=opened.layer("parks"),
        rules=opened.layer("rules"),
        every=places.options(opened),
        gates=gates_for(opened, wish.drive.profile),
        opened=opened,
        words=chain_words,
        plain=readers.plain,
        ends_text=ends_text,
        field_name=field_name,
        roles={role: said(text) for role, text in ROLES.items()},
        lines={line: LINES[line] for line in args.TRUCK_RATES},
        sectors=LAYERS["parks"].field("sectors").allowed,
        vehicles=PROFILES,
        paces=PACES,
        most=MOST,
        kept=_kept(wish),
    )
    return page, 400 if slips else 200


def _address(wish: ChainWish) -> str:
    language = [("lang", request.args["lang"])] if request.args.get("lang") else []
    return f"{url_for('chain.chain')}?{urlencode([*wish.query(), *language])}"


def _kept(wish: ChainWish) -> list[tuple[str, Any]]:
    """Return what the form does not ask for, and keeps."""
    asked = {"place", "payload", "via", "total", "goods", "co2", "profile", "pace"}
    asked |= {f"r_{line}" for line in args.TRUCK_RATES}
    return [pair for pair in wish.query() if pair[0] not in asked]


def _pins(opened: Store, result: Result) -> Markup:
    """Write where sites and places lie, as JSON."""
    parks = opened.layer("parks")
    keys = [row.key for row in result.rows]
    at = parks.index.get_indexer(pd.Index(keys))
    lonlat = shapely.get_coordinates(parks.geometry.to_numpy())[at]
    drive = result.wish.driven(opened)
    return Markup(
        maps.script_json(
            {
                "sites": [
                    [key, *at, labels.name(parks.loc[key])]
                    for key, at in zip(keys, lonlat.round(maps.DECIMALS).tolist(), strict=True)
                ],
                "places": [
                    {
                        "name": spot.name,
                        "role": spot.own.role,
                        "lon": round(spot.lon, maps.DECIMALS),
                        "lat": round(spot.lat, maps.DECIMALS),
                        "at": spot.own.where
                        if isinstance(spot.own.where, str)
                        else ",".join(map(str, spot.own.where)),
                        "in": spot.own.comes_in,
                        "joined": spot.standing.is_joined,
                    }
                    for spot in result.places.spots
                ],
                "drive": urlencode([*drive.query().items()]),
            }
        )
    )


def _for_file() -> tuple[Store, Result]:
    """Compute as the page of the same query does; unlike it, a field that cannot be read is a
    fault.
    """
    opened = store()
    values = args.parse(request.args, STATE)
    wish = ChainWish.of(opened, values, list(values.get("place", ())))
    result = chain_result.compute(opened, wish, chain_result.MOST_SITES)
    return opened, result


@pages.get("/chain.json")
def as_json() -> Response:
    return files.json_response(chain_files.document(*_for_file()))


@pages.get("/chain.xlsx")
def as_xlsx() -> Response:
    book = chain_files.sheets(*_for_file())
    widths = dict.fromkeys(list(book)[:2], (8, 24, 36, 18, 14, 14, 14, 14, 14, 30))
    return files.xlsx_response(book, widths, "chain")
