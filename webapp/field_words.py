"""What the parameters of addresses are called on the pages."""

from __future__ import annotations

from geo.siting.costs import QUANTITIES
from geo.siting.measures import criteria, limits
from geo.siting.rates import LINES
from webapp.i18n import gettext, said
from webapp.i18n import lazy_gettext as _

FIELDS: dict[str, str] = {
    "q": _("Search"),
    "layer": _("Layer"),
    "country": _("Country"),
    "province": _("Province"),
    "kind": _("Kind"),
    "sector": _("Sector"),
    "status": _("Status"),
    "bbox": _("Map section"),
    "lon": _("Longitude"),
    "lat": _("Latitude"),
    "point": _("Point"),
    "site": _("Site"),
    "from": _("From"),
    "to": _("To"),
    "profile": _("Vehicle"),
    "supplies": _("Supplier to"),
    "border": _("Trade over land border"),
    "network": _("Road network"),
    "closed": _("Assumed closed"),
    "year": _("Year"),
    "opens": _("Your opening year"),
    "pace": _("Time at the border, assumed"),
    "minutes": _("Minutes"),
    "area": _("Minutes"),
    "direction": _("Direction"),
    "at": _("Map section"),
    "layers": _("Layers"),
    "tiles": _("Online tiles"),
    "offset": _("First row"),
    "epsg": _("Reference system"),
    "lang": _("Language"),
    "sort": _("Sort"),
    "text": _("Text"),
    "criterion": _("Criterion"),
    "pair": _("Comparison"),
    "example": _("Template"),
    "needs": _("Requirements"),
    "policy": _("Policy"),
    "drop": _("Exclude if unknown"),
    "also": _("Sites offered"),
    "method": _("Method"),
    "unknown": _("Unknown values"),
    "pick": _("Sites"),
    "basis": _("Basis"),
    "years_left": _("Years left of the lease"),
    "currency": _("Currency"),
    "rate": _("Exchange rate (per USD)"),
    "rate_date": _("Date of this rate"),
    "offer": _("Your quote"),
    "offer_site": _("Site"),
    "offer_basis": _("Paid for"),
    "offer_value": _("Price per m²"),
    "offer_currency": _("Its currency"),
    "off_peak_pct": _("Off-peak power"),
    "peak_pct": _("Peak power"),
    "discount_pct": _("Discount rate"),
    "voltage": _("Voltage"),
    "destination": _("Containers go to"),
    "own": _("Number of one site"),
    "own_site": _("Site"),
    "own_line": _("Rate"),
    "own_value": _("Your number"),
    "payload": _("Payload of a trip"),
    "co2": _("CO₂ factor"),
    "places": _("List of places"),
    "add_where": _("Where it is"),
    "add_name": _("Name of the place"),
    "title": _("Title"),
    "lunch": _("Lunch"),
    "reserve": _("Buffer at gates"),
    "vehicle": _("Registered in"),
    "traffic": _("Traffic"),
    "avoid": _("Avoid gates of unknown hours"),
    "notes": _("Notes"),
    "source": _("Source"),
    "stop": _("Stops"),
    "day": _("Days"),
    "add": _("Add a stop"),
}
"""Words of the fields; what people never fill in is not among them."""


def field_name(name: str) -> str:
    """Name a parameter as its field on the page is called, else as it is.

    A limit has its own words; a weight and what is said of a curve, those of the criterion.
    """
    if name in FIELDS:
        return str(FIELDS[name])
    if name in limits():
        return said(limits()[name].limit_label)
    if name in QUANTITIES:
        return said(QUANTITIES[name])
    part, _underscore, rest = name.partition("_")
    if part == "r" and rest in LINES:
        return said(LINES[rest].title)
    if part == "flow":
        return gettext("Amount of place %(n)s", n=rest)
    if part == "x":
        return gettext("%(currency)s for 1 USD", currency=rest.upper())
    for criterion, row in criteria().items():
        if part == "w" and rest == criterion:
            return gettext("%(criterion)s, weight", criterion=said(row.label))
        if part == "v" and rest == criterion:
            return said(row.label)
        if part == "v" and rest in (f"{criterion}_from", f"{criterion}_to"):
            end = gettext("from") if rest.endswith("_from") else gettext("to")
            return f"{said(row.label)}, {end}"
    return name
