"""What a file says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from geo import __version__

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
