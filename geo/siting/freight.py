"""What a container costs from a site to ports and gates: ways by road, and the rates that they are
paid at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from geo.hours import gates as border_gates
from geo.roads import access, along
from geo.roads.drive import Drive
from geo.roads.joining import Sides
from geo.siting.measures import DESTINATIONS
from geo.siting.rates import Leg

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.roads.network import Network

MOTORWAYS = ("motorway", "motorway_link")
"""Road classes on which a toll is paid by the kilometre."""
NOT_OPEN = ("planned", "under_construction")
PORT = next(row for row in DESTINATIONS if row.id == "port")


@dataclass(frozen=True)
class Way:
    """How a truck comes from a site to a port, or to a gate and through it.

    Attributes
    ----------
    leg
        To the port; of a gate, through it to the other side.
    near
        Of a gate, to its near side only; else None.
    """

    leg: Leg
    near: Leg | None = None

    @property
    def hours(self) -> float:
        return self.leg.hours

    @property
    def km(self) -> float:
        return sum(self.leg.km.values())


def container_ports(ports: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the ports that ships of containers call at, and that are not known to be unbuilt."""
    counts = PORT.counts(ports).fillna(False).astype(bool)
    return ports[counts & ~ports["status"].isin(NOT_OPEN)]


def open_gates(gates: gpd.GeoDataFrame, crossings: pd.DataFrame, drive: Drive) -> pd.Series:
    """Return the seconds that each gate takes which the vehicle may pass, by its id."""
    time_s = border_gates.service_time_s(gates, crossings, drive.profile, drive.pace).dropna()
    return time_s[~time_s.index.isin(drive.closed)]


def ways(
    network: Network,
    origin: gpd.GeoDataFrame,
    ports: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    service_s: pd.Series,
    profile: str,
) -> dict[str, Way]:
    """Return the ways from one site to ports and gates, by their ids; none where no road leads
    there.

    Parameters
    ----------
    origin
        Layer of one row.
    service_s
        Seconds that the gates take, by id: see :func:`open_gates`.
    """
    from_ = Sides.of(network, origin, profile)
    by_place: dict[str, Way] = {}
    for places, at_gates in ((ports, False), (gates.loc[service_s.index], True)):
        if not len(places):
            continue
        table = access.travel_times(network, origin, places, profile=profile)
        reached = table[table["travel_time_s"].notna()]
        for row in reached.to_dict("records"):
            key = str(row["to_id"])
            passed = len(row["gates"].split(";")) if row["gates"] else 0
            to = Sides.of(network, places.loc[[key]], profile)
            near = _leg(network, profile, from_, to, row["travel_time_s"], passed)
            by_place[key] = Way(_through(near, service_s[key]), near) if at_gates else Way(near)
    return by_place


def _leg(network: Network, profile: str, from_: Sides, to: Sides, time_s: float, gates: int) -> Leg:
    metres = along.lengths(network, profile, from_, to)
    km: dict[str, float] = {}
    motorway_km: dict[str, float] = {}
    for (country, road_class), length_m in metres.items():
        if not length_m:
            continue  # a gate is a point between two countries
        km[country] = km.get(country, 0.0) + length_m / 1000
        if road_class in MOTORWAYS:
            motorway_km[country] = motorway_km.get(country, 0.0) + length_m / 1000
    return Leg(float(time_s) / 3600, km, motorway_km, gates)


def _through(near: Leg, service_s: float) -> Leg:
    return Leg(near.hours + float(service_s) / 3600, near.km, near.motorway_km, near.gates + 1)
