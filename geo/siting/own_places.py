"""Places of one's own: suppliers, customers, plants, warehouses and ports of call, as people type
them and as an address holds them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from geo import angles
from geo.errors import InputError, Message
from geo.text import short

Role = Literal["supplier", "customer", "plant", "warehouse", "port"]
Unit = Literal["trips", "t"]
Way = Literal["in", "out"]
ROLES: dict[Role, Message] = {
    "supplier": Message("Supplier"),
    "customer": Message("Customer"),
    "plant": Message("Own plant"),
    "warehouse": Message("Warehouse"),
    "port": Message("Port of call"),
}
UNITS: tuple[Unit, ...] = get_args(Unit)
WAYS: tuple[Way, ...] = get_args(Way)
WAY_OF: dict[Role, Way] = {
    "supplier": "in",
    "customer": "out",
    "plant": "in",
    "warehouse": "out",
    "port": "out",
}
"""Whether goods come to the site or go from it where nobody says."""
MOST = 12
MOST_LETTERS = 60
"""Of a name."""
MOST_AMOUNT = 1e6
"""Trips or tonnes a month."""
DECIMALS = 5
"""Of a coordinate: about a metre."""
USUAL_AMOUNT = 1.0
"""Trips a month of a place without an amount, so that places without any count alike.

Source: a Zone Atlas assumption."""
SEPARATOR = "~"
_WAYS: dict[str, Way | Literal[""]] = {"": "", "in": "in", "out": "out"}
SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
FORM = Message(
    "has the form role~place~name~amount~in or out, such as"
    " “supplier~107.97,21.55~Parts maker~40” or “port~an-id~~600t”"
)


@dataclass(frozen=True)
class OwnPlace:
    """A place of somebody's own.

    Attributes
    ----------
    where
        The id of a place of the atlas, or longitude and latitude.
    name
        Empty: that of the place of the atlas, or its coordinates.
    amount, unit
        Trips or tonnes a month; None where nobody says.
    way
        Whether goods come ``in`` to the site or go ``out``; empty is as usual for the role.
    """

    role: Role
    where: str | tuple[float, float]
    name: str = ""
    amount: float | None = None
    unit: Unit = "trips"
    way: Way | Literal[""] = ""

    @property
    def comes_in(self) -> bool:
        """Whether goods come from here to the site."""
        return (self.way or WAY_OF[self.role]) == "in"

    def text(self) -> str:
        """Write it as an address holds it; :func:`read` reads it."""
        amount = "" if self.amount is None else f"{_plain(self.amount)}{'t' * (self.unit == 't')}"
        where = self.where if isinstance(self.where, str) else ",".join(map(_plain, self.where))
        way = "" if self.way == WAY_OF[self.role] else self.way
        parts = (self.role, where, self.name, amount, way)
        return SEPARATOR.join(parts).rstrip(SEPARATOR)


def _plain(value: float) -> str:
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")


def read(text: str) -> OwnPlace:
    """Read a place as an address holds it.

    Raises
    ------
    InputError
        It has not the form, or a part of it cannot be.
    """
    parts = text.split(SEPARATOR)
    if not 2 <= len(parts) <= 5:
        raise InputError(Message("“%(text)s” %(form)s", {"text": short(text), "form": FORM}))
    role, where, name, amount, direction = (*parts, "", "", "")[:5]
    way = _WAYS.get(direction)
    if role not in ROLES or way is None:
        raise InputError(Message("“%(text)s” %(form)s", {"text": short(text), "form": FORM}))
    number, unit = quantity(amount)
    return OwnPlace(role, _where(where), name_of(name), number, unit, way)


def _where(text: str) -> str | tuple[float, float]:
    if re.fullmatch(SLUG, text, re.ASCII):
        return text
    match = re.fullmatch(r"(-?\d{1,3}(?:\.\d{1,7})?),(-?\d{1,2}(?:\.\d{1,7})?)", text, re.ASCII)
    if not match:
        raise InputError(
            Message(
                "“%(text)s” is neither the identifier of a place nor lon,lat",
                {"text": short(text)},
            )
        )
    return on_earth(float(match[1]), float(match[2]))


def on_earth(lon: float, lat: float) -> tuple[float, float]:
    """Check a longitude and latitude; `InputError` where it lies nowhere."""
    if abs(lon) > 180 or abs(lat) > 90:
        raise InputError(
            Message(
                "%(lat)s, %(lon)s lies nowhere: a latitude lies between -90 and 90, a longitude"
                " between -180 and 180",
                {"lat": f"{lat:g}", "lon": f"{lon:g}"},
            )
        )
    return round(lon, DECIMALS), round(lat, DECIMALS)


def name_of(text: str) -> str:
    """Check the name of a place; `InputError` where it is too long or cannot be printed."""
    name = " ".join(text.split())
    if len(name) > MOST_LETTERS or not name.isprintable() or SEPARATOR in name:
        raise InputError(
            Message(
                "the name “%(text)s” is longer than %(n)s letters or holds signs that a name"
                " cannot",
                {"text": short(name), "n": MOST_LETTERS},
            )
        )
    return name


def quantity(text: str) -> tuple[float | None, Unit]:
    """Read an amount a month: “40” are trips, “600t” or “600 t” tonnes, and nothing is unknown.

    Words that mean either are taken in all languages of the atlas.
    """
    text = text.strip().lower()
    if not text:
        return None, "trips"
    match = re.fullmatch(rf"(\d{{1,7}}(?:\.\d{{1,3}})?)\s*({_AMOUNT_WORDS})?", text)
    value = float(match[1]) if match else 0.0
    if not match or not 0 < value <= MOST_AMOUNT:
        raise InputError(
            Message(
                "“%(text)s” is not an amount a month: trips, such as 40, or tonnes, such as 600 t,"
                " above 0 and at most a million",
                {"text": short(text)},
            )
        )
    return value, "t" if match[2] in _TONNES else "trips"


_TONNES = ("t", "tonnes", "tons", "tấn", "吨", "噸")
_TRIPS = ("trips", "trip", "chuyến", "趟", "车次", "車次")
_AMOUNT_WORDS = "|".join((*_TONNES, *_TRIPS))


# Coordinates --------------------------------------------------------------------------------------


def position(text: str) -> tuple[float, float] | None:
    """Read coordinates as maps and deeds write them: decimal, or degrees, minutes and seconds.

    Without letters of a side the latitude comes first, as maps copy it, unless the first number can
    only be a longitude.

    Returns
    -------
    tuple or None
        Longitude and latitude; None where the text is not coordinates, but may be a name.

    Raises
    ------
    InputError
        Coordinates that lie nowhere.
    """
    halves = _halves(angles.plain(text))
    read = [angle for part in halves if (angle := angles.angle(part.strip())) is not None]
    if len(read) != 2:
        return None
    (first, side), (second, other) = read
    if bool(side) != bool(other) or (side and (side in angles.NORTH) == (other in angles.NORTH)):
        return None
    north_first = side in angles.NORTH if side else abs(first) <= 90
    return on_earth(second, first) if north_first else on_earth(first, second)


def _halves(text: str) -> list[str]:
    """Part two angles: at a comma, before or after a letter of a side, else in the middle."""
    for separator in ",，;；/":
        if separator in text:
            return text.split(separator)
    if cut := re.fullmatch(
        rf"((?:{angles.SIDE}).+?)((?:{angles.SIDE}).+)|(.+?(?:{angles.SIDE}))(.+)", text
    ):
        return [part for part in cut.groups() if part]
    numbers = text.split()
    middle = len(numbers) // 2
    return [" ".join(numbers[:middle]), " ".join(numbers[middle:])]


# Lists --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """What a list is read with.

    Attributes
    ----------
    find
        Called with a name, returns the ids of the places that it may mean.
    roles
        Roles by the words for them, in lower case.
    """

    find: Callable[[str], tuple[str, ...]]
    roles: Mapping[str, Role]

    def where(self, text: str) -> str | tuple[float, float]:
        """Read where a place is: coordinates, an id or a name.

        Raises
        ------
        InputError
            It is none of these, or a name that several places have.
        """
        at = position(text)
        if at is not None:
            return at
        keys = self.find(text)
        if len(keys) == 1:
            return keys[0]
        if keys:
            listed = ", ".join(keys[:MOST_CHOICES])
            raise InputError(
                Message(
                    "“%(text)s” may mean %(places)s; write one of these",
                    {"text": short(text), "places": listed},
                )
            )
        raise InputError(
            Message(
                "“%(text)s” is neither coordinates, such as 21.55, 107.97, nor the name of a place"
                " of the atlas",
                {"text": short(text)},
            )
        )

    def role(self, text: str) -> Role:
        """Read a role; `InputError` where it is none of them."""
        role = self.roles.get(text.strip().lower())
        if role is None:
            raise InputError(
                Message(
                    "“%(text)s” is not a role; there are %(known)s",
                    {"text": short(text), "known": ", ".join(ROLES)},
                )
            )
        return role

    def lines(self, text: str) -> tuple[list[OwnPlace], list[Message]]:
        """Read a list, a place a line: name; where; role; amount. Without a name, the
        first part says where.

        Returns
        -------
        tuple
            The places that could be read, and the faults of the others, each with its line.
        """
        places: list[OwnPlace] = []
        faults: list[Message] = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            try:
                places.append(self.line(line))
            except InputError as error:
                values = {"n": number, "fault": error.message}
                faults.append(Message("line %(n)s: %(fault)s", values))
        return places, faults

    def line(self, line: str) -> OwnPlace:
        """Read one line of a list."""
        parts = [part.strip() for part in re.split(r"[;；\t|]", line)]
        at = next((i for i, part in enumerate(parts) if part.lower() in self.roles), None)
        if at not in (1, 2):
            raise InputError(
                Message(
                    "“%(text)s” is not “name; where; role; amount”, with one of the roles"
                    " %(known)s",
                    {"text": short(line.strip()), "known": ", ".join(ROLES)},
                )
            )
        amount, unit = quantity(" ".join(parts[at + 1 :]))
        where = self.where(parts[at - 1])
        name = parts[0] if at == 2 else ""
        return OwnPlace(self.role(parts[at]), where, name_of(name), amount, unit)


MOST_CHOICES = 4
"""So many places that share a name are listed in a sentence."""


def first(places: list[OwnPlace]) -> tuple[list[OwnPlace], list[OwnPlace]]:
    """Part places, each counted once, into those that are kept and those beyond ``MOST``."""
    own = list(dict.fromkeys(places))
    return own[:MOST], own[MOST:]
