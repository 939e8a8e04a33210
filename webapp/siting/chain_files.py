"""A chain as files: sites in order with their totals, their legs, and what was counted with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from geo.siting.chain import Closing
from webapp import labels
from webapp.i18n import gettext as _
from webapp.i18n import province
from webapp.siting import chain_words as words
from webapp.siting import files
from webapp.siting.chain_result import Result, SiteChain
from webapp.siting.files import Line
from webapp.store import Store


def document(opened: Store, result: Result) -> dict[str, Any]:
    """Return the chain for programs: times in seconds, lengths in metres, the middle of ranges."""
    factor, source = words.co2_factor(result.wish)
    return {
        "link": files.link(opened, urlencode(result.wish.query())),
        "compared": len(result.sites),
        "order": result.wish.total,
        "places": [
            {
                "text": spot.own.text(),
                "name": spot.name,
                "role": spot.own.role,
                "lon": spot.lon,
                "lat": spot.lat,
                "country": spot.country or None,
                "comes_in": spot.own.comes_in,
                "trips": files.number(float(result.loads.trips[i])),
                "tonnes": files.number(float(result.loads.tonnes[i])),
                "note": spot.note or None,
            }
            for i, spot in enumerate(result.places.spots)
        ],
        "left_out": list(result.places.left_out),
        "gone": list(result.gone),
        "sites": [
            {"place": place} | _site(opened, result, row)
            for place, row in enumerate(result.rows, start=1)
        ],
        "unranked": result.unranked,
        "rates": [
            {
                "line": rate.line,
                "country": rate.country,
                "text": rate.text,
                "yours": rate.yours,
                "sources": [files.origin(origin) for origin in rate.origins],
            }
            for rate in words.rate_texts(opened, result)
        ],
        "not_counted": words.missing(result),
        "payload_t": result.wish.payload_t,
        "co2": {"factor": factor, "source": source or None},
        "licence": opened.about("parks").licence,
        "sources": list(opened.about("parks").sources),
    }


def _site(opened: Store, result: Result, row: SiteChain) -> dict[str, Any]:
    totals, n = result.totals, row.number
    return {
        "id": row.key,
        "name": labels.name(opened.layer("parks").loc[row.key]),
        "link": f"{opened.public_url}/sites/{row.key}",
        "travel_time_s": files.number(float(totals.time_s[n])),
        "length_m": files.number(float(totals.length_m[n])),
        "cost_low_usd": files.number(float(totals.cost_low[n])),
        "cost_high_usd": files.number(float(totals.cost_high[n])),
        "co2_kg": [files.number(float(each[n]) / 1000) for each in totals.co2_g],
        "hangs_on": _closing(row.hangs),
        "rules": [needed.rule for needed in row.rules],
        "legs": [_leg(result, n, place) for place in range(len(result.places.spots))],
    }


def _closing(closing: Closing | None) -> dict[str, Any] | None:
    if closing is None:
        return None
    return {
        "gate": closing.gate,
        "share": files.number(closing.share),
        "instead": closing.instead or None,
        "added_time_s": files.number(closing.time_s),
        "added_cost_low_usd": files.number(closing.cost_low),
        "added_cost_high_usd": files.number(closing.cost_high),
        "cut_off": list(closing.cut_off),
    }


def _leg(result: Result, n: int, place: int) -> dict[str, Any]:
    legs, prices = result.legs, result.prices
    return {
        "place": place,
        "travel_time_s": files.number(float(legs.time_s[n, place])),
        "length_m": files.number(float(legs.length_m[n, place])),
        "gates": list(legs.gates(n, place)),
        "cost_low_usd": files.number(float(prices.low[n, place])),
        "cost_high_usd": files.number(float(prices.high[n, place])),
    }


def sheets(opened: Store, result: Result) -> dict[str, list[Line]]:
    """Return the sheets of the workbook: sites, legs, rates with sources, how to read it."""
    about = list(files.about_lines(opened, files.link(opened, urlencode(result.wish.query()))))
    about.append((_("Payload of a trip"), result.wish.payload_t, "t"))
    about.append((_("CO₂ factor"), *words.co2_factor(result.wish)))
    about += [(_("Not counted"), text) for text in words.missing(result)]
    about += [(_("Note"), text) for text in result.places.notes]
    rates: list[Line] = [files.source_heads()]
    for rate in words.rate_texts(opened, result):
        kind = _("yours") if rate.yours else ""
        rates += files.source_lines(rate.country, rate.line, rate.text, kind, rate.origins)
    return {
        _("Supply chain"): list(_table(opened, result)),
        _("Legs"): list(_legs(opened, result)),
        _("Rates"): rates,
        _("How to read it"): about,
    }


def _table(opened: Store, result: Result) -> Iterator[Line]:
    parks, totals = opened.layer("parks"), result.totals
    yield (
        *(_("Place"), _("Identifier"), _("Site"), _("Province")),
        *(_("Hours a month"), f"{_('Distance a month')} (km)"),
        *(f"{_('Cost a month')}, {_('from')} (USD)", f"{_('Cost a month')}, {_('to')} (USD)"),
        f"{_('CO₂ a month')} (t)",
        *(_("Main gate"), _("Share of trips (%)"), _("Gate instead")),
        *(_("Hours added"), f"{_('Cost added')} (USD)"),
    )
    for place, row in enumerate(result.rows, start=1):
        n, hangs = row.number, row.hangs
        yield (
            *(place, row.key, labels.name(parks.loc[row.key])),
            province(parks.loc[row.key, "province_en"]),
            *(_number(totals.time_s[n] / 3600), _number(totals.length_m[n] / 1000)),
            *(_number(totals.cost_low[n]), _number(totals.cost_high[n])),
            _number(totals.co2_g[1][n] / 1e6),
            *(_hangs(opened, hangs) if hangs else ("", 0, "", "", "")),
        )


def _hangs(opened: Store, closing: Closing) -> Line:
    """Write the cells of what a chain hangs on."""
    cost = (closing.cost_low + closing.cost_high) / 2
    return (
        words.gate_name(opened, closing.gate),
        round(100 * closing.share, 1),
        words.gate_name(opened, closing.instead) if closing.instead else _("none"),
        _number(closing.time_s / 3600),
        _number(cost),
    )


def _legs(opened: Store, result: Result) -> Iterator[Line]:
    parks = opened.layer("parks")
    yield (
        *(_("Place"), _("Identifier"), _("Site")),
        *(_("Your place"), _("Role"), _("Direction"), _("Trips a month"), _("Tonnes a month")),
        *(f"{_('Time of a trip')} (h)", f"{_('Length of a trip')} (km)", _("Gates")),
        *(f"{_('Cost of a trip')}, {_('from')} (USD)", f"{_('Cost of a trip')}, {_('to')} (USD)"),
    )
    for number, row in enumerate(result.rows, start=1):
        for place, spot in enumerate(result.places.spots):
            n, legs = row.number, result.legs
            gates = "; ".join(words.gate_name(opened, gate) for gate in legs.gates(n, place))
            yield (
                *(number, row.key, labels.name(parks.loc[row.key]), spot.name),
                words.role(spot.own.role),
                _("to the site") if spot.own.comes_in else _("from the site"),
                *(float(result.loads.trips[place]), float(result.loads.tonnes[place])),
                _number(legs.time_s[n, place] / 3600),
                _number(legs.length_m[n, place] / 1000),
                gates,
                *(_number(result.prices.low[n, place]), _number(result.prices.high[n, place])),
            )


def _number(value: float) -> float | str:
    """Return a number for a cell, or that it is unknown."""
    known = files.number(float(value))
    return _("unknown") if known is None else round(known, 3)
