"""Sites side by side as a table: what is known of each, and which of them is the best in a row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from webapp.explore.provenance import Origin
from webapp.siting.offers import Offer

Better = Literal["", "low", "high"]
"""Which values are the better ones; empty where that is a matter of taste."""


@dataclass(frozen=True)
class Cell:
    """A value of a site in a row.

    Attributes
    ----------
    text
        What the page shows.
    kind, note, place
        How it is known, what stands beside it, and the place that it leads to.
    low, high
        The ends of the number in the unit of the row, the same where it is exact; None for what is
        not a number, infinite where no road leads there.
    doubt
        How far the number may be off besides, in the unit of the row.
    origins
        Where it comes from.
    offer
        The offer that it repeats.
    in_english
        Whether the text is in English, whatever the language of the page.
    """

    text: str
    kind: str = ""
    note: str = ""
    place: str = ""
    low: float | None = None
    high: float | None = None
    doubt: float = 0.0
    origins: tuple[Origin, ...] = ()
    offer: Offer | None = None
    in_english: bool = False


@dataclass(frozen=True)
class Row:
    """One kind of value for all sites: its cells by site, none where it is unknown, and what was
    stated to count it so.
    """

    title: str
    cells: dict[str, list[Cell]]
    unit: str = ""
    better: Better = ""
    stated: tuple[str, ...] = ()
    also: str = ""

    @property
    def differs(self) -> bool:
        """Whether the sites differ; what stands in small type beside a value does not count."""
        shown = {tuple((cell.text, cell.place) for cell in cells) for cells in self.cells.values()}
        return len(shown) > 1

    @property
    def best(self) -> str | None:
        """The site whose value is better than those of all others, however each lies in its range;
        None where there is none, or where a value is unknown.
        """
        if not self.better or len(self.cells) < 2:
            return None
        spans: dict[str, tuple[float, float]] = {}
        for site, cells in self.cells.items():
            ends = [_ends(cell, self.better) for cell in cells]
            if not ends or None in ends:
                return None
            spans[site] = min(end for end in ends if end is not None)
        first = min(spans, key=spans.__getitem__)
        others = min(low for site, (low, _high) in spans.items() if site != first)
        return first if spans[first][1] < others else None


@dataclass(frozen=True)
class Part:
    """Rows under one heading."""

    title: str
    rows: list[Row]

    def differing(self) -> Part:
        """Leave out the rows in which all sites are alike."""
        return Part(self.title, [row for row in self.rows if row.differs])


def _ends(cell: Cell, better: Better) -> tuple[float, float] | None:
    """Return between which numbers a value lies, the better ones being the smaller ones."""
    if cell.low is None or cell.high is None or math.isnan(cell.low + cell.high):
        return None
    low, high = cell.low - cell.doubt, cell.high + cell.doubt
    return (low, high) if better == "low" else (-high, -low)
