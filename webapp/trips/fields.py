"""The form of a trip as a query: single values, and lists that say side by side what each stop and
each day is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from werkzeug.datastructures import MultiDict

from geo.errors import InputError
from geo.visits.trip_lines import DayLine, StopLine
from webapp import args
from webapp.i18n import gettext as _
from webapp.trips.address import Lines

SINGLE = (
    *("title", "lunch", "reserve", *args.TODAY, "vehicle", "traffic", "avoid"),
    *("notes", "source", "point", "do", "ids", "add"),
)
"""Parameters beside the lists of stops and days."""


def read(form: MultiDict[str, str]) -> tuple[dict[str, Any], Lines]:
    """Read the form of a trip: single values, and the trip, of which the lists ``s_…`` and ``d_…``
    say side by side what each stop and each day is.

    Raises
    ------
    InputError
        Names every fault; lists of different lengths are one.
    """
    columns = {
        f"{line[0]}_{name}": name
        for line, kind in (("stop", StopLine), ("day", DayLine))
        for name in kind.names()
    }
    single = MultiDict((name, text) for name, text in form.items(multi=True) if name not in columns)
    values = args.parse(single, SINGLE)
    texts = {name: [text.replace("\r\n", "\n") for text in form.getlist(name)] for name in columns}
    most = {name: args.LENGTHS.get(part, args.MAX_LENGTH) for name, part in columns.items()}
    faults = [
        f"{name}: {_('is longer than %(n)s characters or holds a zero byte', n=most[name])}"
        for name in sorted(columns)
        if any(len(text) > most[name] or "\x00" in text for text in texts[name])
    ]
    rows: dict[str, list[tuple[str, ...]]] = {}
    for letter in ("s_", "d_"):
        table = {name: texts[name] for name in columns if name.startswith(letter)}
        if len({len(column) for column in table.values()}) != 1:
            faults.append(
                _("%(names)s: must hold the same number of values", names=", ".join(table))
            )
        rows[letter] = list(zip(*table.values(), strict=False))
    if faults:
        raise InputError(_("The address has errors:"), faults)
    stops = tuple(StopLine(*row) for row in rows["s_"])
    days = tuple(DayLine(*row) for row in rows["d_"])
    return values, replace(Lines.of_query(values), stops=stops, days=days)
