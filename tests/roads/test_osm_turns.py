"""Turn restrictions of OpenStreetMap, each rule at one crossing where the detour can be counted.

Four roads meet in the middle: south and west one step long, north two, east three. Who may not turn
from the south into the west turns back at the end of the north, four steps more, or of the east,
six more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from cross import SPEEDS, STEP, STREET, as_pbf, xml

from geo.roads import access, osm_file, turns
from geo.roads.network import Network

Points = Callable[..., gpd.GeoDataFrame]
Member = tuple[str, str, int]
Way = tuple[list[int], dict[str, str]]
LON = 1.0
NODES = {
    1: (LON, 0.0),
    2: (LON, -STEP),
    3: (LON - STEP, 0.0),
    4: (LON, 2 * STEP),
    5: (LON + 3 * STEP, 0.0),
}
SOUTH, WEST, NORTH, EAST = 1, 2, 3, 4
WAYS: list[Way] = [([2, 1], STREET), ([1, 3], STREET), ([1, 4], STREET), ([1, 5], STREET)]
CAR_S = STEP * 110_574 / (30 / 3.6)
"""Seconds of a car for a step to the north; at the equator one to the east is 0.7 % longer."""
TRUCK_S = 2 * CAR_S
VIA = ("via", "node", 1)


def relation(*members: Member, number: int = 1, **tags: str) -> str:
    """Write a restriction as XML; a colon in a tag is written as two underscores."""
    inside = [f'<member role="{role}" type="{kind}" ref="{ref}"/>' for role, kind, ref in members]
    tags = {"type": "restriction"} | {key.replace("__", ":"): value for key, value in tags.items()}
    inside += [f'<tag k="{key}" v="{value}"/>' for key, value in tags.items()]
    return f'<relation id="{number}" version="1">{"".join(inside)}</relation>'


def turn(first: int = SOUTH, last: int = WEST, number: int = 1, **tags: str) -> str:
    """Write a restriction from one way to another in the middle, a ban on turning left by
    default."""
    tags = tags or {"restriction": "no_left_turn"}
    return relation(("from", "way", first), VIA, ("to", "way", last), number=number, **tags)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Network]:
    """Return what reads a network from the crossing with some relations."""

    def read(
        *relations: str,
        ways: list[Way] = WAYS,
        nodes: dict[int, tuple[float, float]] = NODES,
    ) -> Network:
        path = as_pbf(xml(nodes, ways, "".join(relations)), tmp_path / "crossing.osm.pbf")
        network = osm_file.read(path, speeds=SPEEDS)
        path.unlink()
        return network

    return read


def detour(
    network: Network, points: Points, profile: str = "car", start: int = SOUTH, goal: int = WEST
) -> float:
    """Return how many steps the way between the middles of two roads is longer than straight over
    the crossing; inf where none leads.
    """
    ends = {SOUTH: 2, WEST: 3, NORTH: 4, EAST: 5}
    arm = {str(way): np.subtract(NODES[ends[way]], NODES[1]) for way in (start, goal)}
    where = {key: (LON + x / 2, y / 2) for key, (x, y) in arm.items()}
    layer = points(where)
    time_s = access.time_matrix(
        network, layer.loc[[str(start)]], layer.loc[[str(goal)]], profile=profile
    ).iloc[0, 0]
    step_s = CAR_S if profile == "car" else TRUCK_S
    direct = sum(np.abs(along).sum() / 2 for along in arm.values()) / STEP
    return float("inf") if np.isnan(time_s) else round(time_s / step_s - direct, 0)


AHEAD = {"restriction": "no_straight_on"}


@pytest.mark.parametrize(
    ("relations", "car", "truck"),
    [
        ([], 0, 0),
        ([turn()], 4, 4),
        ([turn(restriction="only_right_turn", last=EAST)], 6, 6),
        ([turn(restriction="only_straight_on", last=NORTH)], 4, 4),
        ([turn(restriction="only_left_turn")], 0, 0),
        ([turn(restriction__hgv="no_left_turn")], 0, 4),
        ([turn(restriction__motorcar="no_left_turn")], 4, 0),
        ([turn(restriction__motor_vehicle="no_left_turn")], 4, 4),
        ([turn(restriction__bus="no_left_turn")], 0, 0),
        ([turn(restriction="no_left_turn", restriction__hgv="none")], 4, 0),
        ([turn(restriction="no_left_turn", **{"except": "hgv"})], 4, 0),
        ([turn(restriction="no_left_turn", **{"except": "psv;motorcar"})], 0, 4),
        ([turn(restriction="no_left_turn", **{"except": "bicycle; motor_vehicle"})], 0, 0),
        ([turn(type="restriction:hgv", restriction="no_left_turn")], 0, 4),
        ([turn(restriction="no_left_turn"), turn(last=NORTH, number=2, **AHEAD)], 6, 6),
        (
            [
                turn(restriction="only_straight_on", last=NORTH),
                turn(restriction="only_right_turn", last=EAST, number=2),
            ],
            4,
            4,
        ),
    ],
)
def test_what_signs_mean_to_a_car_and_a_truck(
    relations: list[str],
    car: float,
    truck: float,
    read: Callable[..., Network],
    points: Points,
) -> None:
    """The way from the south into the west is as much longer as the sign at the crossing asks; the
    other way round it is not.
    """
    network = read(*relations)
    for profile, steps in (("car", car), ("truck", truck)):
        assert detour(network, points, profile) == steps
        assert detour(network, points, profile, WEST, SOUTH) == 0


def test_no_entry_and_no_exit_name_several_roads(
    read: Callable[..., Network], points: Points
) -> None:
    """Nobody of several roads enters one, and nobody of one road goes out by several."""
    ways = ("from", "way", SOUTH), ("from", "way", NORTH), VIA, ("to", "way", WEST)
    network = read(relation(*ways, restriction="no_entry"))
    assert [detour(network, points, start=start) for start in (SOUTH, NORTH, EAST)] == [6, 6, 0]
    ways = ("from", "way", SOUTH), VIA, ("to", "way", WEST), ("to", "way", NORTH)
    network = read(relation(*ways, restriction="no_exit"))
    assert [detour(network, points, goal=goal) for goal in (WEST, NORTH, EAST)] == [6, 6, 0]


def test_a_ban_on_turning_back_holds_where_it_stands(
    read: Callable[..., Network], points: Points
) -> None:
    """Who may not turn back at the end of the north does so in the east; elsewhere all may."""
    back = [("from", "way", NORTH), ("via", "node", 4), ("to", "way", NORTH)]
    no_return = relation(*back, number=2, restriction="no_u_turn")
    network = read(turn(), no_return)
    assert detour(network, points) == 6
    assert detour(network, points, start=NORTH) == 0
    assert detour(network, points, goal=NORTH) == 0
    assert network.manifest.notes[0] == "2 turn restrictions are obeyed."


def test_a_road_through_the_junction_may_not_be_turned_back_on(
    read: Callable[..., Network],
) -> None:
    """Where one way leads straight over the crossing, turning back on it is banned from both
    sides: north to north, and south to south."""
    ways: list[Way] = [([2, 1, 4], STREET), ([1, 3], STREET), ([1, 5], STREET)]
    back = relation(("from", "way", 1), VIA, ("to", "way", 1), restriction="no_u_turn")
    network = read(back, ways=ways)
    south, north = (int(np.argmin(np.abs(network.length_m - m))) for m in (110.5, 221))
    bans = {tuple(pair) for pair in network.banned("car").tolist()}
    middle = int(np.flatnonzero((network.node_lonlat == NODES[1]).all(axis=1))[0])
    ends = {2 * i + (network.head[i] == middle) for i in (south, north)}
    assert bans == {(end, end) for end in ends}


def test_a_road_that_may_not_be_driven_on_is_not_one_with_the_next(
    read: Callable[..., Network],
) -> None:
    """Two ways that continue each other stay two segments where going on is banned, and are one
    where only turning back is.
    """
    ways: list[Way] = [([2, 1], STREET), ([1, 4], STREET)]
    ahead = relation(("from", "way", 1), VIA, ("to", "way", 2), restriction="no_straight_on")
    network = read(ahead, ways=ways)
    assert network.segment_count == 2
    ((arrive, leave),) = network.banned("car").tolist()
    assert network.length_m[[arrive // 2, leave // 2]].round().tolist() == [111, 221]
    back = relation(("from", "way", 1), VIA, ("to", "way", 1), restriction="no_u_turn")
    assert read(back, ways=ways).segment_count == 1


@pytest.mark.parametrize(
    ("sign", "note"),
    [
        (
            relation(
                ("from", "way", SOUTH),
                ("via", "way", NORTH),
                ("to", "way", WEST),
                restriction="no_left_turn",
            ),
            "do not meet",
        ),
        (
            relation(
                ("from", "way", SOUTH),
                VIA,
                ("via", "way", NORTH),
                ("to", "way", WEST),
                restriction="no_left_turn",
            ),
            "incomplete",
        ),
        (turn(restriction__conditional="no_left_turn @ (06:00-09:00)"), "at some hours"),
        (turn(restriction="no_left_turn", hour_on="06:00", hour_off="09:00"), "at some hours"),
        (turn(restriction__bus="no_left_turn"), "neither car nor truck"),
        (turn(restriction="no_left_turn", **{"except": "motorcar;hgv"}), "neither car nor truck"),
        (turn(restriction="no_idea"), "unknown kind"),
        (relation(("from", "way", SOUTH), VIA, restriction="no_left_turn"), "incomplete"),
        (
            relation(("from", "way", SOUTH), ("to", "way", WEST), restriction="no_exit"),
            "incomplete",
        ),
        (turn(last=99), "not in the network"),
        (turn(last=99, restriction="only_straight_on"), "not in the network"),
        (
            relation(
                ("from", "way", SOUTH),
                ("via", "node", 4),
                ("to", "way", WEST),
                restriction="no_left_turn",
            ),
            "do not meet",
        ),
    ],
)
def test_what_is_not_obeyed_is_counted(
    sign: str, note: str, read: Callable[..., Network], points: Points
) -> None:
    """A relation that bans no turn here changes no way, and the manifest says why, once."""
    network = read(sign)
    assert detour(network, points) == 0
    assert [text[:2] for text in network.manifest.notes] == ["1 "]
    assert note in network.manifest.notes[0]
    assert not any(map(len, network.bans.values()))


def carriageways(*links: tuple[list[int], dict[str, str]]) -> tuple[list[Way], dict[int, tuple]]:
    """Return two carriageways of a road to the east and back, a step apart, that end in a junction
    each side; and roads that link them in the middle.
    """
    nodes = {
        **{i: (LON + i * STEP, 0.0) for i in range(1, 5)},
        **{10 + i: (LON + i * STEP, STEP) for i in range(1, 5)},
        20: (LON + 2 * STEP, STEP / 2),
    }
    one_way = STREET | {"oneway": "yes"}
    ways: list[Way] = [
        ([1, 2], one_way),
        ([2, 3, 4], one_way),
        ([14, 13, 12], one_way),
        ([12, 11], one_way),
        ([4, 14], STREET),
        ([11, 1], STREET),
    ]
    return [*ways, *links], nodes


@pytest.mark.parametrize("links", [[[2, 20, 12]], [[2, 20], [20, 12]], [[12, 20], [2, 20]]])
def test_turning_back_over_a_link(
    links: list[list[int]], read: Callable[..., Network], points: Points
) -> None:
    """Where turning back over the link of two carriageways is banned, one drives on to the end of
    the road; who turns into the link from elsewhere, or stops there, does as before.
    """
    ways, nodes = carriageways(*((link, STREET) for link in links))
    over = [("via", "way", 7 + i) for i in range(len(links))]
    ban = relation(("from", "way", 1), *over, ("to", "way", 4), restriction="no_u_turn")
    layer = points(
        {
            "out": (LON + 1.5 * STEP, 0.0),
            "back": (LON + 1.5 * STEP, STEP),
            "link": (LON + 2 * STEP, STEP / 4),
            "far": (LON + 3.5 * STEP, STEP),
        }
    )
    free, held = (read(*signs, ways=ways, nodes=nodes) for signs in ([], [ban]))
    assert held.manifest.notes == ("1 turn restriction is obeyed.",)
    times = [access.time_matrix(net, layer, layer) / CAR_S for net in (free, held)]
    longer = (times[1] - times[0]).round(1)
    assert longer.loc["out"].tolist() == pytest.approx([0, 4, 0, 0], abs=0.1)
    assert not longer.drop("out").any(axis=None)


@pytest.mark.parametrize("pieces", [1, 2])
@pytest.mark.parametrize(("road_before", "detour"), [(False, 2), (True, 1)])
def test_the_only_way_out_behind_a_way(
    pieces: int, road_before: bool, detour: int, read: Callable[..., Network], points: Points
) -> None:
    """Who has come over a way after which a single turn is left takes that turn, and makes a detour
    for another one; who comes onto the way from elsewhere, or leaves it before its end, does as
    before.

    The detour is to the end of the right-hand road and back, two steps; where a road leaves the way
    half a step before its end one may turn back there, and again where the way begins.
    """
    nodes = NODES | {
        4: (LON, STEP),
        6: (LON - STEP, STEP),
        7: (LON + STEP, STEP),
        8: (LON, STEP / 2),
        9: (LON - STEP, STEP / 2),
    }
    over = [[1, 8, 4]] if pieces == 1 else [[1, 8], [8, 4]]
    before = [[8, 9]] if road_before else []
    lines = [[2, 1], [1, 3], [4, 6], [4, 7], [1, 5], *over, *before]
    ways: list[Way] = [(line, STREET) for line in lines]
    via = [("via", "way", 6 + i) for i in range(pieces)]
    sign = relation(("from", "way", 1), *via, ("to", "way", 4), restriction="only_right_turn")
    free, held = (read(*signs, ways=ways, nodes=nodes) for signs in ([], [sign]))
    assert held.manifest.notes == ("1 turn restriction is obeyed.",)
    layer = points(
        {
            "south": (LON, -STEP / 2),
            "east": (LON + STEP / 2, 0.0),
            "left": (LON - STEP / 2, STEP),
            "right": (LON + STEP / 2, STEP),
            "before": (LON - STEP / 2 if road_before else LON, STEP / 2),
        }
    )
    times = [access.time_matrix(net, layer, layer) / CAR_S for net in (free, held)]
    longer = times[1] - times[0]
    assert longer.loc["south", "left"] == pytest.approx(detour, abs=0.03)
    assert not longer.drop(columns="left").round(6).any(axis=None)
    assert not longer["left"].drop("south").round(6).any()


def test_nobody_turns_back_behind_the_junction(
    read: Callable[..., Network], points: Points
) -> None:
    """Who may not turn does not turn back at the next junction instead, nor where a bridge begins
    before it, but drives round the block; from that junction itself one turns back as before.
    """
    nodes = NODES | {6: (LON, STEP), 7: (LON - STEP, STEP), 8: (LON, STEP / 2)}
    ways: list[Way] = [
        ([2, 1], STREET),
        ([1, 3], STREET),
        ([1, 8], STREET),
        ([8, 6], STREET | {"bridge": "yes"}),
        ([6, 4], STREET),
        ([6, 7], STREET),
        ([7, 3], STREET),
    ]
    free, held = (read(*signs, ways=ways, nodes=nodes) for signs in ([], [turn()]))
    layer = points(
        {"south": (LON, -STEP / 2), "west": (LON - STEP / 4, 0.0), "on": (LON, STEP / 4)}
    )
    times = [access.time_matrix(net, layer, layer) / CAR_S for net in (free, held)]
    assert times[0].loc["south", "west"] == pytest.approx(0.75, abs=0.02)
    # 0.5 to the middle, three sides of the block, and most of the fourth
    assert times[1].loc["south", "west"] == pytest.approx(0.5 + 3 + 0.75, abs=0.04)
    rest = [("south", "on"), ("on", "west"), ("on", "south"), ("west", "south"), ("west", "on")]
    for pair in rest:
        assert times[1].loc[pair] == pytest.approx(times[0].loc[pair], abs=1e-6)


def test_a_link_that_leads_both_ways_between_the_same_roads(read: Callable[..., Network]) -> None:
    """Where a ring of roads lets one drive over the link in both directions, no turn is clear."""
    ways: list[Way] = [([2, 1, 4], STREET), ([1, 3], STREET), ([3, 4], STREET)]
    ban = relation(
        ("from", "way", 1), ("via", "way", 2), ("to", "way", 3), restriction="no_left_turn"
    )
    assert "passes through" in read(ban, ways=ways).manifest.notes[0]


def test_a_condition_beside_a_ban_leaves_the_ban(
    read: Callable[..., Network], points: Points
) -> None:
    """What holds at all hours holds, whatever else holds at some."""
    tags = {"restriction": "no_left_turn", "restriction__hgv__conditional": "none @ (22:00-06:00)"}
    assert detour(read(turn(**tags)), points) == 4


def test_one_way_streets_tell_which_side_is_meant(
    read: Callable[..., Network], points: Points
) -> None:
    """A road that passes through the junction names one turn where it is one-way, and none that is
    clear where it is not.
    """
    ways: list[Way] = [([2, 1, 4], STREET | {"oneway": "yes"}), ([1, 3], STREET), ([1, 5], STREET)]
    ways += [([4, 5], STREET), ([5, 2], STREET)]
    left = relation(("from", "way", 1), VIA, ("to", "way", 2), restriction="no_left_turn")
    # not to the end of the east and back, which is a junction now: round by the north-east
    assert detour(read(left, ways=ways), points) == round(2 + 13**0.5 + 3)
    ways[0] = ([2, 1, 4], STREET)
    unclear = read(left, ways=ways)
    assert detour(unclear, points) == 0
    assert "passes through its junction" in unclear.manifest.notes[0]


def test_the_only_way_out_must_be_one(read: Callable[..., Network], points: Points) -> None:
    """A sign that leaves only a street which is one-way against it is an error of the map, and is
    ignored; a ban on entering such a street changes nothing.
    """
    ways = [*WAYS[:3], ([5, 1], STREET | {"oneway": "yes"})]
    network = read(turn(restriction="only_right_turn", last=EAST), ways=ways)
    assert detour(network, points) == 0
    assert "ignored" in network.manifest.notes[0]
    network = read(turn(restriction="no_right_turn", last=EAST), ways=ways)
    assert network.manifest.notes == ("1 turn restriction is obeyed.",)
    assert not any(map(len, network.bans.values()))


def test_turns_at_a_bollard(read: Callable[..., Network]) -> None:
    """Where a bollard in the junction stops every car, no turn is left to ban."""
    bollard = '<node id="1" version="1" lon="1" lat="0"><tag k="barrier" v="bollard"/></node>'
    nodes = {key: place for key, place in NODES.items() if key != 1}
    network = read(bollard, turn(), nodes=nodes)
    assert any("do not meet" in note for note in network.manifest.notes)
    assert not any(map(len, network.bans.values()))


def test_a_roundabout_that_is_one_closed_way(read: Callable[..., Network]) -> None:
    """Who arrives at the last point of a closed way of one direction is meant, not who leaves."""
    nodes = NODES | {6: (LON + STEP, STEP), 7: (LON + STEP, -STEP)}
    ways: list[Way] = [
        ([1, 7, 6, 1], STREET | {"junction": "roundabout"}),
        ([2, 7], STREET),
        ([1, 3], STREET),
        ([6, 4], STREET),
    ]
    ban = relation(("from", "way", 1), VIA, ("to", "way", 3), restriction="no_right_turn")
    network = read(ban, nodes=nodes, ways=ways)
    ((arrive, leave),) = (ban for ban in turns.sequences(network.banned("car")) if len(ban) == 2)
    coming = network.shape(arrive // 2)[:: 1 if arrive % 2 else -1]
    np.testing.assert_allclose(coming, [nodes[6], nodes[1]])
    going = network.shape(leave // 2)[:: -1 if leave % 2 else 1]
    np.testing.assert_allclose(going, [nodes[1], nodes[3]])
