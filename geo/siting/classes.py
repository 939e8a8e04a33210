"""Classes that sites are filtered by: what the numbers of the table of sites fall into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from geo.siting.land import AVAILABILITY

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "unknown"
"""The class of what is not known; it is never the least one."""
NONE = "none"
"""The class of a time where it is known that there is no way by road."""


@dataclass(frozen=True)
class Classes:
    """A number of a site in classes.

    Attributes
    ----------
    column
        Of the table of sites.
    edges
        Where one class ends and the next one begins, which has the edge itself.
    scale
        One of the unit of the edges in the unit of the column.
    reached
        Whether the number is a time to somewhere, which there may be no way to.
    codes
        What is between the edges as ``30-60``, the last one as ``180-``, and the unknown.
    """

    column: str
    edges: tuple[int, ...]
    scale: float = 1.0
    reached: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        ends = zip((0, *self.edges), (*self.edges, ""), strict=True)
        ranges = (f"{low}-{high}" for low, high in ends)
        return (*ranges, *((NONE,) if self.reached else ()), UNKNOWN)


CLASSES: Mapping[str, Classes] = MappingProxyType(
    {
        "size": Classes("area_ha", (50, 150, 300, 600)),
        "price": Classes("rent_term_low_usd_m2", (50, 75, 100)),
        "port_time": Classes("port_truck_s", (30, 60, 120, 180), 60.0, reached=True),
    }
)
"""Hectares of the whole area, the lowest asking price of a whole lease, and minutes of a container
truck to the nearest container port.

Source: Zone Atlas assumptions: round numbers that part the sites of the bundled package evenly.
"""
CODES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: row.codes for name, row in CLASSES.items()} | {"availability": (*AVAILABILITY, UNKNOWN)}
)
"""All classes there are, by the filter, in their order."""
FILTERED = {name: name for name in CODES}
"""The column of :func:`table` that each filter looks at."""


def table(sites: pd.DataFrame) -> pd.DataFrame:
    """Return the class of each site by filter, on the index of the sites.

    Parameters
    ----------
    sites
        As :func:`geo.siting.sites.table` returns it, with the times of a truck.
    """
    import numpy as np
    import pandas as pd

    columns = {}
    for name, row in CLASSES.items():
        codes = np.array(row.codes, object)
        amount = sites[row.column].to_numpy(float) / row.scale
        number = np.digitize(amount, row.edges)
        columns[name] = np.where(np.isnan(amount), UNKNOWN, codes[number])
        columns[name][np.isposinf(amount)] = NONE if row.reached else UNKNOWN
    columns["availability"] = sites["availability"].fillna(UNKNOWN).to_numpy(object)
    return pd.DataFrame(columns, index=sites.index)


def parted(
    layer_id: str, filters: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the filters of the columns of a layer, and those of classes, which parks have."""
    if layer_id != "parks":
        return filters, {}
    classed = {name: wanted for name, wanted in filters.items() if name in CODES}
    return {name: wanted for name, wanted in filters.items() if name not in classed}, classed
