"""Ways of containers from sites to ports and gates, by country and by motorway."""

import pytest

from geo import Atlas
from geo.hours.gates import service_time_s
from geo.roads import access, along
from geo.roads.drive import Drive
from geo.roads.joining import Sides
from geo.siting import freight

SITES = ("que-vo-3-ip", "hai-yen-ip", "dongxing-border-ecz")


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas.open()


@pytest.mark.parametrize("site", SITES)
def test_ways_are_those_of_the_table(atlas: Atlas, site: str) -> None:
    """Hours, kilometres and gates of each way are those of the table of travel times; through a
    gate it takes as long as to it and what the gate takes, over the same roads.
    """
    roads, drive = atlas.roads(Drive()), Drive()
    origin, gates = atlas.layer("parks").loc[[site]], atlas.layer("gates")
    ports = freight.container_ports(atlas.layer("ports"))
    service = freight.open_gates(gates, atlas.table("crossings"), drive)
    ways = freight.ways(roads, origin, ports, gates, service, drive.profile)
    assert len(ways) > 10
    for places in (ports, gates):
        table = access.travel_times(roads, origin, places, profile=drive.profile)
        for row in table.set_index("to_id").loc[[*{*ways} & {*places.index}]].itertuples():
            way = ways[row.Index]
            leg = way.near or way.leg
            assert leg.hours == pytest.approx(row.travel_time_s / 3600)
            assert sum(leg.km.values()) == pytest.approx(row.length_m / 1000)
            assert leg.gates == len([gate for gate in row.gates.split(";") if gate])
            for country, km in leg.motorway_km.items():
                assert 0 < km <= leg.km[country] + 1e-9
            assert (way.near is None) == (places is ports)
            if way.near:
                assert way.leg.gates == way.near.gates + 1
                assert way.leg.hours - way.near.hours == pytest.approx(service[row.Index] / 3600)
                assert way.leg.km == way.near.km


def test_only_gates_that_the_vehicle_may_pass(atlas: Atlas) -> None:
    """A gate where goods are not cleared, or that is taken as closed, is nobody's way; ports are
    those that containers call at and that are there.
    """
    gates, crossings = atlas.layer("gates"), atlas.table("crossings")
    passed = freight.open_gates(gates, crossings, Drive(closed=("huu-nghi",), pace="usual"))
    every = service_time_s(gates, crossings, "truck", "usual").dropna()
    assert {*every.index} - {*passed.index} == {"huu-nghi"}
    assert passed.equals(every[passed.index])
    ports = freight.container_ports(atlas.layer("ports"))
    assert ports["containers"].all()
    assert not {*ports["status"]} & {*freight.NOT_OPEN}


@pytest.mark.parametrize("site", SITES)
def test_lengths_are_those_of_the_steps(atlas: Atlas, site: str) -> None:
    """By class and country the metres of a way add up to those of its route, without the gates and
    the legs as well.
    """
    roads = atlas.roads(Drive())
    origin = Sides.of(roads, atlas.layer("parks").loc[[site]], "truck")
    goal = Sides.of(roads, atlas.layer("ports").loc[["port-lach-huyen-hict"]], "truck")
    lengths = along.lengths(roads, "truck", origin, goal)
    steps = access.route(roads, origin, goal, profile="truck")
    assert sum(lengths.values()) == pytest.approx(steps["length_m"].sum())
    legs = steps["kind"] == "access"
    unclassed = sum(metres for (_country, road), metres in lengths.items() if not road)
    assert unclassed == pytest.approx(steps.loc[legs, "length_m"].sum())
