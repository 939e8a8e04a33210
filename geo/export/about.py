"""What a file says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geo import __version__

if TYPE_CHECKING:
    import pyproj

MEMBER = "about"
"""Last column of a CSV file, foreign member of a GeoJSON file."""


@dataclass(frozen=True)
class About:
    """What a download says of itself. ``count`` is filled in by :func:`geo.export.write`; ``total``
    counts the layer without filters.
    """

    layer: str
    title: str
    description: str = ""
    sources: tuple[str, ...] = ()
    licence: str = ""
    attribution: str = ""
    as_of: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    count: int | None = None
    total: int | None = None
    notes: tuple[str, ...] = ()
    generator: str = f"Zone Atlas {__version__}"

    def facts(self) -> dict[str, Any]:
        """Return all facts as plain values, in the order of the fields."""
        return asdict(self)

    def texts(self) -> dict[str, str]:
        """Return the facts that are known as texts."""
        texts = {
            name: "; ".join(value) if isinstance(value, tuple) else str(value)
            for name, value in self.facts().items()
            if value not in (None, "", (), {})
        }
        if self.filters:
            texts["filters"] = "; ".join(
                f"{name} = {value}" for name, value in self.filters.items()
            )
        return texts

    def positioned(self, system: pyproj.CRS) -> About:
        """Add in which system the coordinates are, for a file that has no place for it."""
        name = f"EPSG:{system.to_epsg()}, {system.name}"
        return replace(self, notes=(*self.notes, f"Coordinates: {name}, east before north."))

    def day(self) -> str:
        """Return the date of the data, or the first day of the clock: for formats that ask for the
        time of writing.
        """
        known = re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", self.as_of or "")
        return f"{self.as_of}-01-01"[:10] if known else "1970-01-01"

    def lines(self) -> list[str]:
        """Write the facts as sentences, one a line."""
        where = " and ".join(f"{name} = {value}" for name, value in self.filters.items())
        sources = "; ".join(self.sources)
        count, total = (
            "unknown" if number is None else number for number in (self.count, self.total)
        )
        lines = [
            f"{self.title}: {count} of {total}{f', where {where}' if where else ''}.",
            self.description,
            f"Sources: {sources}." if sources else "",
            f"Licence: {self.licence or 'unknown'}.",
            f"Attribution: {self.attribution}." if self.attribution not in ("", sources) else "",
            f"As of {self.as_of}." if self.as_of else "",
            *self.notes,
            f"Written by {self.generator}.",
        ]
        return [line for line in lines if line]
