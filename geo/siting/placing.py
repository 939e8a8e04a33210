"""Where a place of one's own lies: on land of which country, and how far the next road is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo import crs
from geo.roads.network import Network

OFF_ROAD_M = 2_000.0
"""From here on it is said how far a place lies from the road it is joined to.

Source: a Zone Atlas assumption."""
OTHER_SIDE_M = 500.0
"""So much nearer must a road of another country be to be told of."""
Kind = Literal["", "sea", "no_roads", "far", "off_road", "other_side"]


@dataclass(frozen=True)
class Standing:
    """What is odd about where a place lies.

    Attributes
    ----------
    kind
        Empty: nothing. ``sea``: on no land that is drawn; ``no_roads``: in a country without roads
        in this network; ``far``: no road is near enough to join it to. From these no way is known.
        ``off_road``: joined to a road some way off; ``other_side``: a road of another country is
        nearer than its own.
    road_m
        To the next road, in the country of the place where there is one.
    other, other_m
        The country of a nearer road, and the distance to that.
    """

    kind: Kind
    road_m: float = 0.0
    other: str = ""
    other_m: float = 0.0

    @property
    def is_joined(self) -> bool:
        """Whether ways to and from the place are known."""
        return self.kind not in ("sea", "no_roads", "far")


def standing(network: Network, profile: str, lonlat: tuple[float, float], country: str) -> Standing:
    """Find what is odd about where a place lies.

    Parameters
    ----------
    country
        On whose land it lies; empty at sea.
    """
    point, codes = np.array([lonlat]), network.manifest.countries
    own = network.snap(point, profile, country=np.array([country], object))
    anywhere = network.snap(point, profile)
    if own.segment[0] < 0:
        kind: Kind = "far" if country in codes else "no_roads" if country else "sea"
        return Standing(kind, _next_road_m(network, point))
    road_m, nearest_m = float(own.distance_m[0]), float(anywhere.distance_m[0])
    at = int(network.country[anywhere.segment[0]])
    if at >= 0 and codes[at] != country and nearest_m + OTHER_SIDE_M < road_m:
        return Standing("other_side", road_m, codes[at], nearest_m)
    return Standing("off_road" if road_m > OFF_ROAD_M else "", road_m)


def _next_road_m(network: Network, point: NDArray[np.float64]) -> float:
    """Return the distance to the nearest point of any road, however far."""
    wide = np.cos(np.radians(point[0, 1]))
    away = (network.shape_lonlat - point) * (wide, 1.0)
    nearest = network.shape_lonlat[np.argmin((away**2).sum(axis=1))]
    return float(crs.distance_m(point, nearest[None])[0])
