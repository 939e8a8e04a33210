"""A trip in the address: the link that says what the form holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from geo.errors import InputError
from geo.visits import trip_lines
from geo.visits.trip_lines import DayLine, PointLine, StopLine
from webapp.i18n import gettext as _

TRIP = (
    *("title", "stop", "day", "lunch", "reserve", "profile", "network", "closed", "vehicle"),
    *("traffic", "avoid", "notes", "source", "point"),
)
"""Parameters that make up a trip."""
SINGLE = ("lunch", "profile", "network", "vehicle", "traffic", "notes", "source")
"""Those of one text, which are left out where they say the usual, beside title and reserve."""


class Lines(trip_lines.Lines):
    """A whole trip as the form holds it."""

    @classmethod
    def of_query(cls, values: Mapping[str, Any]) -> Lines:
        """Read it from a query that :mod:`webapp.args` has read; `InputError` names every part that
        is not understood.
        """
        faults: list[str] = []
        stops = [StopLine.parse(text, "stop", faults) for text in values.get("stop", ())]
        days = [DayLine.parse(text, "day", faults) for text in values.get("day", ())]
        points = [PointLine.parse(text, "point", faults) for text in values.get("point", ())]
        if faults:
            raise InputError(
                _("The address has an error:")
                if len(faults) == 1
                else _("The address has errors:"),
                faults,
            )
        texts = {name: values[name] for name in ("title", "reserve", *SINGLE) if name in values}
        return cls(
            stops=tuple(stops),
            days=tuple(days),
            points=tuple(points),
            closed=tuple(values.get("closed", ())),
            avoid="avoid" in values,
            **texts,
        )

    def query(self) -> list[tuple[str, str]]:
        """Return it as a readable query."""
        usual = Lines()

        def unusual(*names: str) -> list[tuple[str, str]]:
            texts = ((name, getattr(self, name)) for name in names)
            return [(name, text) for name, text in texts if text != getattr(usual, name)]

        return [
            *unusual("title"),
            *(("day", line.text()) for line in self.days),
            *unusual("reserve"),
            *(("stop", line.text()) for line in self.stops),
            *unusual(*SINGLE),
            *([("closed", ",".join(self.closed))] if self.closed else []),
            *(("point", text) for text in self.point_texts()),
            *([("avoid", "1")] if self.avoid else []),
        ]

    def point_texts(self) -> list[str]:
        """Write the points as parts of a query."""
        return [line.text() for line in self.points]

    def link(self) -> str:
        """Return the query as text, with the signs left readable that an address may hold."""
        return urlencode(self.query(), safe="~:,;@/", quote_via=quote)

    def untitled(self) -> str:
        return _("Field visit")

    def unnamed(self, number: int) -> str:
        return _("Point %(n)s", n=number)
