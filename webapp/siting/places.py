"""Own places on a page: what they are called, where they lie, and what somebody types of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from geo.errors import InputError
from geo.roads.drive import Drive
from geo.siting import own_places
from geo.siting.own_places import MOST, ROLES, OwnPlace, Reader, Role, Unit, Way
from geo.siting.placing import Standing, standing
from webapp import labels, lookup
from webapp.catalogues import LANGUAGES
from webapp.i18n import current, insisting, said
from webapp.i18n import gettext as _
from webapp.store import Store

ADDED = ("add_where", "add_name", "add_role", "add_amount", "add_unit", "add_way")
"""A place that somebody types in."""
FLOWS = tuple(f"{name}_{n}" for n in range(1, MOST + 1) for name in ("flow", "unit", "way"))
"""Amounts of the places of the address, typed anew."""
LIST = "places"
"""A list that somebody pastes."""
MOST_PROPOSED = 2000
"""Names that a form proposes: more would weigh more than the page."""
FORM = ("place", *ADDED, *FLOWS, LIST)
TYPED = ("add_where", "add_name", LIST, *(name for name in FLOWS if name.startswith("flow")))


@dataclass(frozen=True)
class Spot:
    """A place of one's own that lies somewhere: its name in the language of the request, and what
    is odd about where it lies.
    """

    own: OwnPlace
    name: str
    lon: float
    lat: float
    country: str
    opposite: str | None
    standing: Standing

    @property
    def note(self) -> str:
        """What is odd about where it lies; empty where nothing is."""
        road = labels.kilometres(self.standing.road_m)
        match self.standing.kind:
            case "sea":
                return _(
                    "%(name)s lies in the sea or on land that the atlas does not draw, %(road)s"
                    " from the next road: it is left out. Move it onto land.",
                    name=self.name,
                    road=road,
                )
            case "no_roads" | "far":
                return _(
                    "%(name)s lies in %(country)s, %(road)s from the next road of the network: it"
                    " is left out. Move it nearer to a road.",
                    name=self.name,
                    road=road,
                    country=labels.label(self.country),
                )
            case "off_road":
                return _(
                    "%(name)s lies %(road)s from the next road; the way there is assumed.",
                    name=self.name,
                    road=road,
                )
            case "other_side":
                return _(
                    "%(name)s lies in %(country)s, %(road)s from the next road there; a road of"
                    " %(other)s is nearer, %(other_road)s away. Check on which side of the border"
                    " it lies.",
                    name=self.name,
                    country=labels.label(self.country),
                    road=road,
                    other=labels.label(self.standing.other),
                    other_road=labels.kilometres(self.standing.other_m),
                )
        return ""


@dataclass(frozen=True)
class Places:
    """The own places of an address: those that lie somewhere, and sentences on those that are left
    out.
    """

    spots: tuple[Spot, ...] = ()
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(cls, opened: Store, own: Sequence[OwnPlace], drive: Drive) -> Places:
        """Place them: at most ``MOST``, and none that the atlas no longer holds."""
        kept, over = own_places.first(list(own))
        spots, gone = [], []
        for place in kept:
            if isinstance(place.where, str) and place.where not in opened.places.layer_of:
                gone.append(
                    _("“%(name)s” is not in the atlas any more.", name=place.name or place.where)
                )
            else:
                spots.append(_spot(opened, place, drive))
        if over:
            gone.append(
                _(
                    "At most %(most)s places count; %(n)s more are left out: %(names)s.",
                    most=MOST,
                    n=len(over),
                    names=", ".join(place.name or place.text() for place in over[:3])
                    + (" …" if len(over) > 3 else ""),
                )
            )
        return cls(tuple(spots), tuple(gone))

    @property
    def own(self) -> tuple[OwnPlace, ...]:
        return tuple(spot.own for spot in self.spots)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd about where places lie, and which are left out."""
        return (*self.left_out, *(spot.note for spot in self.spots if spot.note))

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """The places as points, as :func:`geo.siting.chain.legs` takes them."""
        points = gpd.points_from_xy(
            [spot.lon for spot in self.spots], [spot.lat for spot in self.spots]
        )
        columns = {
            "country": np.array([spot.country for spot in self.spots], object),
            "opposite_country": np.array([spot.opposite for spot in self.spots], object),
        }
        return gpd.GeoDataFrame(columns, geometry=points, crs=4326)

    @property
    def joined(self) -> NDArray[np.bool_]:
        """Whether ways to each place are known; the others do not count."""
        return np.array([spot.standing.is_joined for spot in self.spots], bool)

    @property
    def comes_in(self) -> NDArray[np.bool_]:
        """Whether goods come from each place to the site."""
        return np.array([spot.own.comes_in for spot in self.spots], bool)


def _spot(opened: Store, place: OwnPlace, drive: Drive) -> Spot:
    if isinstance(place.where, str):
        row = opened.place(place.where)[1].iloc[0]
        name = place.name or lookup.named(opened)[place.where]
        opposite = row.get("opposite_country")
        opposite = opposite if isinstance(opposite, str) else None
        lon, lat, country = row.geometry.x, row.geometry.y, str(row["country"])
        return Spot(place, name, lon, lat, country, opposite, Standing(""))
    lon, lat = place.where
    country = opened.country(lon, lat)
    name = place.name or f"{lat:g}, {lon:g}"
    odd = standing(opened.roads(drive), drive.profile, place.where, country)
    return Spot(place, name, lon, lat, country, None, odd)


def options(opened: Store) -> Markup:
    """Write the names of the places of the atlas that a form proposes: all, or all but the sites
    where these are many. Written once in each language.
    """

    def make() -> Markup:
        every = lookup.named(opened)
        if len(every) > MOST_PROPOSED:
            sites = opened.layer("parks").index
            every = {key: name for key, name in every.items() if key not in sites}
        option = Markup('<option value="{}"></option>')
        return Markup("\n").join(option.format(name) for name in every.values())

    return opened.keep(("options", current().code), make)


# What is typed ------------------------------------------------------------------------------------


def reader(opened: Store) -> Reader:
    """Return what reads places, with the roles in all languages."""

    def make() -> dict[str, Role]:
        words: dict[str, Role] = {role: role for role in ROLES}
        for language in LANGUAGES.values():
            with insisting(language):
                words |= {said(text).lower(): role for role, text in ROLES.items()}
        return words

    find = lookup.finder(opened)
    return Reader(
        lambda text: (text,) if text in opened.places.layer_of else find(text),
        opened.keep("words of roles", make),
    )


def is_typed(values: dict[str, Any]) -> bool:
    """Check whether a query holds something typed that becomes places of the address."""
    return any(name in values for name in (*ADDED[:1], *FLOWS, LIST))


def typed(opened: Store, values: dict[str, Any]) -> tuple[list[OwnPlace], dict[str, str]]:
    """Read what is typed: the places of the address with their new amounts, those of a pasted list,
    and the one that is added.

    Returns
    -------
    tuple
        The places, and the faults by field.
    """
    faults: dict[str, str] = {}
    own = [
        _with_flow(place, n, values, faults)
        for n, place in enumerate(values.get("place", ()), start=1)
    ]
    if LIST in values:
        listed, wrong = reader(opened).lines(values[LIST])
        own += listed
        if wrong:
            faults[LIST] = "; ".join(map(said, wrong))
    if "add_where" in values:
        try:
            own.append(_added(opened, values))
        except InputError as error:
            faults["add_where"] = said(error.message)
    return own, faults


def _with_flow(place: OwnPlace, n: int, values: dict[str, Any], faults: dict[str, str]) -> OwnPlace:
    unit: Unit = values.get(f"unit_{n}", place.unit)
    way: Way | Literal[""] = values.get(f"way_{n}", place.way)
    amount = place.amount
    if f"flow_{n}" in values:
        try:
            amount, _unit = own_places.quantity(values[f"flow_{n}"])
        except InputError as error:
            faults[f"flow_{n}"] = said(error.message)
    elif f"unit_{n}" in values:
        amount = None  # the field was emptied
    return replace(place, amount=amount, unit=unit if amount else "trips", way=way)


def _added(opened: Store, values: dict[str, Any]) -> OwnPlace:
    amount, _unit = own_places.quantity(values.get("add_amount", ""))
    return OwnPlace(
        values.get("add_role", get_args(Role)[0]),
        reader(opened).where(values["add_where"]),
        own_places.name_of(values.get("add_name", "")),
        amount,
        values.get("add_unit", "trips") if amount else "trips",
        values.get("add_way", ""),
    )
