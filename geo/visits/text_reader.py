"""Read texts out of mappings and lists, such as YAML stands for, every fault with the path where it
stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from geo.errors import InputError, Message, NotFoundError, behind
from geo.text import short
from geo.visits import safe_yaml, trip_values
from geo.visits.gazetteer import LANGUAGES

KEYS: Mapping[str, tuple[str, ...]] = {
    "trip": (
        *("title", "notes", "source", "vehicle", "avoid_unknown_hours", "closed_gates"),
        *("gate_reserve", "lunch", "hours", "visit", "begin", "nights", "end", "days", "stops"),
        "told",
    ),
    "vehicle": ("profile", "country", "kind"),
    "lunch": ("length", "from", "until"),
    "day": ("date", "hours", "begin", "end"),
    "stop": (
        *("site", "point", "visit", "hours", "windows", "must", "weight", "day", "order"),
        *("contact", "notes"),
    ),
    "point": (
        *("id", "name", "names", "lon", "lat", "position_accuracy_m", "country", "timezone"),
        "contact",
    ),
    "names": LANGUAGES,
}
"""The keys of each mapping in a file, in the order in which they are written."""
INSTEAD = {
    ("day", "start"): Message(
        "unknown key; write “%(word)s” and “%(other)s”",
        {"word": "hours: 07:30-18:00", "other": "begin: <place>"},
    ),
    **{
        key: Message("unknown key; write “%(word)s”", {"word": word})
        for key, word in {
            ("day", "until"): "hours: 07:30-18:00",
            ("stop", "duration"): "visit: 45 min",
            ("stop", "optional"): "must: no",
            ("stop", "id"): "site: <id>",
            ("trip", "start"): "begin: <place>",
            ("trip", "closed"): "closed_gates: [<gate>]",
        }.items()
    },
}
"""What somebody who writes another key probably wants."""

T = TypeVar("T")
Value: TypeAlias = "str | list[Value] | dict[str, Value]"
"""What a file holds."""
Holder: TypeAlias = Mapping[str, Value]


class TextReader:
    """Reads values and collects what is wrong with them; a value that is wrong reads as None."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, path: str, fault: str) -> None:
        """Note what is wrong there."""
        self.faults.append(behind(path, fault))

    def texts(self, value: object, path: str = "", depth: int = 0) -> Value:
        """Make text of the numbers and truth values of JSON; text from YAML stays."""
        if depth > safe_yaml.MAX_DEPTH:
            levels = {"levels": safe_yaml.MAX_DEPTH}
            self.fault(path, Message("deeper than %(levels)s levels", levels))
            return ""
        if isinstance(value, Mapping):
            return {
                str(key): self.texts(inner, f"{path}.{key}".lstrip("."), depth + 1)
                for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [
                self.texts(inner, f"{path}[{number}]", depth + 1)
                for number, inner in enumerate(value)
            ]
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int | float) and math.isfinite(value) and abs(value) < 1e15:
            return trip_values.said_number(value)
        return str(value)

    def get(self, holder: Holder, key: str, path: str, parse: Callable[[str], T]) -> T | None:
        """Read the text under a key; None where there is none or it is wrong."""
        return self.value(holder.get(key, ""), f"{path}.{key}".strip("."), parse)

    def value(self, value: Value, path: str, parse: Callable[[str], T]) -> T | None:
        """Read a text; None where it is empty or wrong."""
        if not isinstance(value, str):
            self.fault(
                path,
                Message("must be text, not a list")
                if isinstance(value, list)
                else Message("must be text, not several keys"),
            )
            return None
        try:
            return parse(value) if value else None
        except ValueError as error:
            self.fault(path, error.args[0])
        except (InputError, NotFoundError) as error:
            for fault in error.faults or (error.message,):
                self.fault(path, fault)
        return None

    def keys(self, value: Value, kind: str, path: str) -> Holder | None:
        """Return a mapping, with its unknown keys among the faults; None for anything else."""
        known = KEYS[kind]
        if not isinstance(value, dict):
            example = {"example": f"{known[0]}: …"}
            text = Message("must be keys with values, such as “%(example)s”", example)
            self.fault(path or "trip", text)
            return None
        for key in value:
            if key not in known:
                fault = INSTEAD.get((kind, key)) or trip_values.unknown(
                    Message("unknown key"), key, known, most_listed=100
                )
                self.fault(short(f"{path}.{key}".lstrip(".")), fault)
        return value

    def rows(self, holder: Holder, key: str, path: str, most: int) -> list[tuple[str, Value]]:
        """Return the entries of a list, each with its path; what is not a list counts as a list of
        one.
        """
        value, at = holder.get(key, ""), f"{path}.{key}".lstrip(".")
        if not isinstance(value, list):
            return [(at, value)] if value != "" else []
        if len(value) > most:
            counts = {"count": len(value), "most": most}
            self.fault(at, Message("%(count)s entries; %(most)s are allowed", counts))
        return [(f"{at}[{number}]", row) for number, row in enumerate(value[:most])]

    def each(self, holder: Holder, key: str, most: int, parse: Callable[[str], T]) -> list[T]:
        """Read every text of a list that is not wrong."""
        read = (self.value(row, at, parse) for at, row in self.rows(holder, key, "", most))
        return [value for value in read if value is not None]
