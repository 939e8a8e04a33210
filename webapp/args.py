"""Everything that is read from a query string: one table of parameters, one error that names every
fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from geo.errors import InputError
from geo.roads.drive import PROFILES, Drive
from geo.schema import LAYERS
from geo.schema.tables import PACES
from geo.siting import own_places
from geo.siting.classes import CODES
from geo.siting.costs import Project
from geo.siting.limits import STANDING
from geo.siting.measures import NEEDS, criteria, limits, table_criteria
from geo.siting.money import BASES
from geo.siting.rates import CURRENCY, VOLTAGES
from geo.siting.rates import LINES as RATES
from geo.tiles import MEDIA_TYPE
from webapp import readers
from webapp.catalogues import LANGUAGES
from webapp.field_words import field_name
from webapp.i18n import gettext as _
from webapp.readers import Parameter, Schema, every, single

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

MAX_LENGTH = 200
LENGTHS = {
    "text": 2000,
    "opens": 1000,
    "stop": 12_000,
    "day": 3000,
    "ids": 6000,
    "closed": 6000,
    "notes": 2000,
    "source": 2000,
    "point": 1500,
    "hours": 6000,
    "contact": 2000,
    "end": 3000,
    "pick": 10_500,
    "own": 8000,
    "places": 4000,
}
"""How long these may be instead, a line break counted as one."""
YEARS = (2030, 2035)
"""Years to come that can be asked for."""
DRAWN = (*LAYERS, "roads", "railways", "waterways")
"""What the map draws."""


AMOUNTS = tuple(part.name for part in fields(Project) if not part.name.endswith("_pct"))
PERCENTS = tuple(part.name for part in fields(Project) if part.name.endswith("_pct"))
"""What a project consists of, as it is typed."""
EXCHANGED = tuple(code for code in readers.CURRENCIES if code != CURRENCY)
"""Currencies of which the number for one of `CURRENCY` may be stated."""


class AddressError(InputError):
    """Parameters of an address that cannot be read: ``parameters`` are those to leave out, ``also``
    among them; its faults name them for programs, ``in_words`` in the words of the page.
    """

    def __init__(
        self, faults: dict[str, str], unknown: dict[str, str], also: Iterable[str] = ()
    ) -> None:
        is_single = len(faults) + len(unknown) == 1
        super().__init__(
            _("The address has an error:") if is_single else _("The address has errors:"),
            [*unknown.values(), *(f"{name}: {fault}" for name, fault in faults.items())],
        )
        self.parameters = (*unknown, *faults, *also)
        self.in_words = (
            *(_("“%(text)s” is not a setting of this page", text=name) for name in unknown),
            *(
                _("%(field)s: %(fault)s", field=field_name(name), fault=fault)
                for name, fault in faults.items()
            ),
        )


def parse(query: MultiDict[str, str], allowed: Iterable[str]) -> dict[str, Any]:
    """Read a query string into values.

    Parameters
    ----------
    allowed
        Names of ``PARAMETERS`` that this page takes; every page takes ``lang`` as well.

    Returns
    -------
    dict
        Only the parameters that were given and are not empty, without ``lang``, which
        :mod:`webapp.i18n` answers.

    Raises
    ------
    AddressError
        Names every unknown, doubled or malformed parameter.
    """
    values, _slips = parse_form(query, allowed, ())
    return values


@dataclass(frozen=True)
class Slip:
    """What somebody typed into a field that cannot be read, and the fault in it, without the name
    of the field.
    """

    text: str
    fault: str


def parse_form(
    query: MultiDict[str, str], allowed: Iterable[str], typed: Iterable[str]
) -> tuple[dict[str, Any], dict[str, Slip]]:
    """Read a query string as :func:`parse` does, but keep the page: faults in fields that people
    type into are returned by field.

    Raises
    ------
    AddressError
        Names every fault of the other parameters.
    """
    allowed, typed = (*allowed, "lang"), set(typed)
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    unknown: dict[str, str] = {}
    slips: dict[str, Slip] = {}
    for name, raw in query.lists():
        if name not in allowed:
            text = readers.shown(name)
            unknown[text] = _(
                "%(name)s: is not known here; known are: %(known)s",
                name=text,
                known=", ".join(allowed),
            )
            continue
        texts = [text for text in raw if text != ""]
        most = LENGTHS.get(name, MAX_LENGTH)
        if any(len(text.replace("\r\n", "\n")) > most or "\x00" in text for text in texts):
            faults[name] = _("is longer than %(n)s characters or holds a zero byte", n=most)
        elif texts:
            try:
                values[name] = PARAMETERS[name].read(texts)
            except ValueError as error:
                if name in typed:
                    slips[name] = Slip(texts[0], str(error))
                else:
                    faults[name] = str(error)
    if faults or unknown:
        raise AddressError(faults | {name: slip.fault for name, slip in slips.items()}, unknown)
    values.pop("lang", None)
    return values, slips


def _column(name: str) -> list[str]:
    """Return the values that any layer allows in a column."""
    return [
        value for layer in LAYERS.values() if layer.has(name) for value in layer.field(name).allowed
    ]


def _choice(*allowed: str) -> Parameter:
    return Parameter(single(readers.one_of(allowed)), {"type": "string", "enum": list(allowed)})


def _choices(allowed: Iterable[str]) -> Parameter:
    return Parameter(every(readers.one_of(allowed)), _listed(_TEXT))


def _listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _number(read: Callable[[str], float], **limits: float) -> Parameter:
    return Parameter(single(read), {"type": "number", **limits})


_TEXT: Schema = {"type": "string"}
_SLUGS: Schema = {"type": "string", "pattern": f"^{readers.SLUG}$"}
TEXT = Parameter(readers.once, _TEXT)
TEXTS = Parameter(list, _listed(_TEXT))
LINES = Parameter(lambda texts: readers.once(texts).replace("\r\n", "\n"), _TEXT)
SLUG = Parameter(single(readers.slug), _SLUGS)
SLUGS = Parameter(every(readers.slug), _listed(_SLUGS))
END = Parameter(single(readers.end), _TEXT)
AMOUNT = _number(readers.amount, minimum=0, maximum=readers.MOST_AMOUNT)
STATED = _number(readers.stated)
MINUTES = Parameter(
    single(readers.minutes),
    _listed({"type": "integer", "minimum": 1, "maximum": 999}) | {"minItems": 1, "maxItems": 6},
)

PARAMETERS: dict[str, Parameter] = {
    "q": TEXT.about("Text by which places are searched."),
    "layer": _choice(*LAYERS).about("Only places of this layer."),
    "country": TEXTS.about("Countries, by code."),
    "province": TEXTS.about("Provinces, by English name."),
    "kind": _choices(_column("kind")).about("Kinds."),
    "sector": _choices(_column("sectors")).about("Sectors."),
    "status": _choices(_column("status")).about("Statuses."),
    "size": _choices(CODES["size"]).about("Hectares of the whole area, as from-to."),
    "price": _choices(CODES["price"]).about("Asking price in USD per m², as from-to."),
    "availability": _choices(CODES["availability"]).about("Whether land is free."),
    "port_time": _choices(CODES["port_time"]).about(
        "Minutes by truck to the nearest container port, as from-to."
    ),
    "bbox": Parameter(single(readers.box), _listed({"type": "number"})),
    "level": Parameter(single(readers.count), {"type": "integer", "minimum": 0}),
    "blocks": Parameter(single(readers.blocks), _listed({"type": "integer"})),
    "lon": _number(readers.longitude, minimum=-180, maximum=180).about(
        "Longitude of the place, with lat instead of site."
    ),
    "lat": _number(readers.latitude, minimum=-90, maximum=90).about(
        "Latitude of the place, with lon instead of site."
    ),
    "site": SLUG.about("Identifier of the place."),
    "from": END.about("Where the way begins: an identifier, or lon,lat."),
    "to": END.about("Where the way ends: an identifier, or lon,lat."),
    "profile": _choice(*PROFILES).about("Vehicle."),
    "network": SLUG.about("Road network, by name."),
    "closed": Parameter(
        single(readers.slugs), _listed(_SLUGS), "Gates taken as closed, by identifier."
    ),
    "year": Parameter(
        single(lambda text: int(readers.one_of(map(str, YEARS))(text))),
        {"type": "integer", "enum": list(YEARS)},
        "Year by which planned corridors count as open; without it today.",
    ),
    "opens": Parameter(
        readers.opens,
        _listed({"type": "string", "pattern": rf"^{readers.SLUG}:[0-9]{{4}}$"}),
        "Years of opening assumed for planned corridors, as corridor:year.",
    ),
    "pace": _choice(*PACES).about("Day at the border: quick, usual or bad."),
    "part": _choice("sheet", "trust").about("Part of a page that a script asks for."),
    "wait": _choice("1"),
    "minutes": MINUTES.about("Travel times in minutes."),
    "area": MINUTES,
    "direction": _choice("from", "to").about("Away from the place, or to it."),
    "at": Parameter(single(readers.lonlat), _TEXT),
    "layers": Parameter(
        single(lambda text: every(readers.one_of(DRAWN))(text.split(","))), _listed(_TEXT)
    ),
    "tiles": _choice("1"),
    "offset": Parameter(
        single(readers.count), {"type": "integer", "minimum": 0}, "Number of rows to pass over."
    ),
    "epsg": Parameter(single(readers.epsg), {"type": "integer"}),
    "lang": _choice(*LANGUAGES).about("Language of the answer."),
    "sort": _choice("name", "area", "gate", "port", "airport", "money").about("Order."),
    "text": LINES,
    "criterion": _choices(table_criteria()),
    "pair": Parameter(readers.pairs, _listed(_TEXT)),
}

PARAMETERS |= {
    "example": SLUG,
    "edited": _choice("1"),
    "needs": _choices(NEEDS),
    "policy": SLUGS,
    "drop": TEXTS,
    "also": _choices(STANDING),
    "method": _choice("sum", "topsis"),
    "unknown": _choice("apart", "worst"),
    "pick": Parameter(readers.picked, _listed(_SLUGS)),
    "supplies": SLUG.about("The plant that is supplied, by identifier."),
    "border": _choice("yes", "no").about("Whether one trades over the land border."),
    **dict.fromkeys(limits(), AMOUNT),
}
"""Requirements of a ranking, and below how much each criterion weighs and counts."""
for _name in criteria():
    PARAMETERS |= {
        f"w_{_name}": _number(readers.weight, minimum=0, maximum=100),
        f"v_{_name}": Parameter(single(readers.shape), _TEXT),
        f"v_{_name}_from": AMOUNT,
        f"v_{_name}_to": AMOUNT,
    }

PARAMETERS |= {
    "basis": _choice("land_year"),
    "years_left": STATED,
    "currency": _choice(*readers.CURRENCIES),
    "rate": STATED,
    "rate_date": Parameter(single(readers.shown), _TEXT),
    "equal": _choice("hide").about("Leave out rows in which all sites are alike."),
    "offer": Parameter(every(readers.offer), _listed(_TEXT)),
    "offer_site": SLUG,
    "offer_basis": _choice(*BASES),
    "offer_value": AMOUNT,
    "offer_currency": _choice(*readers.CURRENCIES),
}
"""On what basis money is compared. Whether what is stated makes sense is judged by
:mod:`geo.siting.money`.
"""

PARAMETERS |= {
    **dict.fromkeys(AMOUNTS, AMOUNT),
    **dict.fromkeys(PERCENTS, _number(readers.percent, minimum=0, maximum=100)),
    **{f"r_{line}": Parameter(single(readers.rate(line)), _TEXT) for line in RATES},
    **{f"x_{code.lower()}": Parameter(single(readers.exchange), _TEXT) for code in EXCHANGED},
    "voltage": _choice(*VOLTAGES),
    "destination": SLUG,
    "own": Parameter(every(readers.own_rate), _listed(_TEXT)),
    "own_site": SLUG,
    "own_line": _choice(*RATES),
    "own_value": TEXT,
}
"""What a project needs, and the own numbers of a rate card: for all sites, and for one."""

PARAMETERS |= {
    **dict.fromkeys(("title", "lunch", "reserve", "vehicle", "of", "do", "ids", "add"), TEXT),
    **dict.fromkeys(("stop", "day", "point"), TEXTS),
    **dict.fromkeys(("notes", "source"), LINES),
    "traffic": _choice("passenger", "cargo"),
    "avoid": _choice("1"),
    "whole": _choice("1"),
}
"""A trip."""

TRUCK_RATES = ("truck_km", "truck_hour", "toll_km", "gate_fee", "handling", "port_fee")
"""Lines of the rate card that a trip is paid by; as a parameter ``r_truck_km``."""
_NTH = range(1, own_places.MOST + 1)
PARAMETERS |= {
    "place": Parameter(every(readers.own_place), _listed(_TEXT)),
    **dict.fromkeys(("payload", "co2"), AMOUNT),
    "via": SLUG,
    "total": _choice("hours", "km", "cost", "co2"),
    "goods": _choice(*_column("sectors")),
    "places": LINES,
    **dict.fromkeys(("add_where", "add_name", "add_amount", *(f"flow_{n}" for n in _NTH)), TEXT),
    "add_role": _choice(*own_places.ROLES),
    **dict.fromkeys(("add_unit", *(f"unit_{n}" for n in _NTH)), _choice(*own_places.UNITS)),
    **dict.fromkeys(("add_way", *(f"way_{n}" for n in _NTH)), _choice(*own_places.WAYS)),
}
"""Own places and their chain. What is added, pasted or typed anew becomes a ``place``."""

DRIVE = tuple(field.name for field in fields(Drive))
"""Parameters that say how one drives."""
TODAY = tuple(name for name in DRIVE if name not in ("year", "opens"))
"""Those of them that count on the roads as they are."""
FROM = ("site", "lon", "lat", *DRIVE)
"""Where from and how one drives."""


CHOICE = ("q", "country", "province", "kind", "sector", "status", *CODES)
"""Parameters that narrow a layer by what its features are."""
FILTERS = (*CHOICE, "bbox")
"""Parameters that narrow a layer."""
LIST = (*CHOICE, "sort", "offset")
"""Parameters of the list of sites."""


@dataclass(frozen=True)
class Query:
    """What one address of ``/api`` answers, in which media type, and the parameters it takes."""

    summary: str
    media_type: str
    parameters: tuple[str, ...] = ()


API = {
    "/map/<layer_id>.json": Query("What the map draws of a layer", "application/json"),
    "/map/<layer_id>/<zoom>/<column>/<row>.mvt": Query(
        "A tile of what the map draws of a large layer", MEDIA_TYPE, CHOICE
    ),
    "/map/projects.json": Query("Where projects are coming", "application/json"),
    "/sites.json": Query("A page of found sites, with counts", "application/json", LIST),
    "/search.json": Query("What the search of places looks through", "application/json"),
    "/access": Query(
        "Travel times to all destinations, as features", "application/geo+json", (*FROM, "layer")
    ),
    "/times": Query(
        "Seconds to or from all destinations", "application/json", (*FROM, "direction")
    ),
    "/route": Query("One route", "application/geo+json", ("from", "to", *DRIVE)),
    "/isochrones": Query(
        "Areas within travel times", "application/geo+json", (*FROM, "minutes", "direction")
    ),
}
"""The addresses below ``/api``: what their views read, and what the OpenAPI document says."""


def filters(values: dict[str, Any]) -> dict[str, Any]:
    """Take the filters out of parsed values, by the column each of them narrows."""
    return {
        "province_en" if name == "province" else name: values[name]
        for name in FILTERS
        if name in values
    }
