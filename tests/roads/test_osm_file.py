"""What files have that OSMnx leaves out: ferries, barriers, points in any order; each rule on a
road of a few points.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
import pytest
from cross import NODES, SPEEDS, STEP, STREET, xml

from geo.errors import InputError
from geo.roads import network, osm_file

FERRY = {"route": "ferry", "motor_vehicle": "yes"}
FERRY_KPH = {"car": 12.0, "truck": 10.0}
FERRY_SPEEDS = pd.concat(
    [
        SPEEDS,
        pd.DataFrame(
            {"profile": FERRY_KPH.keys(), "road_class": "ferry", "speed_kph": FERRY_KPH.values()}
        ),
    ]
)
RESTRICTION = '<relation id="{}" version="1"><tag k="type" v="restriction"/></relation>'

Way = tuple[list[int], dict[str, str]]


def text(
    *ways: Way,
    tags: dict[int, dict[str, str]],
    nodes: dict[int, tuple[float, float]] = NODES,
    extra: str = "",
) -> str:
    """Write ways as OSM XML; points with tags come after the ways, out of order."""
    for node, of_node in tags.items():
        inside = "".join(
            f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in of_node.items()
        )
        extra += (
            f'<node id="{node}" version="1" lon="{nodes[node][0]:.7f}"'
            f' lat="{nodes[node][1]:.7f}">{inside}</node>'
        )
    return xml(
        {node: lonlat for node, lonlat in nodes.items() if node not in tags}, list(ways), extra
    )


def read(
    folder: Path,
    *ways: Way,
    tags: dict[int, dict[str, str]] | None = None,
    nodes: dict[int, tuple[float, float]] = NODES,
    extra: str = "",
    speeds: pd.DataFrame = FERRY_SPEEDS,
) -> network.Network:
    """Read a network from the given ways and points with tags."""
    path = folder / "roads.osm"
    path.write_text(text(*ways, tags=tags or {}, nodes=nodes, extra=extra), encoding="utf-8")
    return osm_file.read(path, speeds=speeds)


def classes(net: network.Network) -> list[str]:
    """Return the road class of each segment."""
    return [net.manifest.road_classes[i] for i in net.road_class]


def spans(net: network.Network) -> list[tuple[int, int]]:
    """Return where each segment begins and ends on a street along the equator, in steps,
    westernmost first."""
    ends = np.round(net.node_lonlat[:, 0] / STEP).astype(int)
    return sorted(
        (min(pair), max(pair))
        for pair in zip(ends[net.tail].tolist(), ends[net.head].tolist(), strict=True)
    )


# Ferries


def test_ferry_shares_its_duration_by_length(tmp_path: Path) -> None:
    """A ferry of three steps in half an hour that calls at a street after the first takes ten
    minutes to there, and twenty on.
    """
    net = read(
        tmp_path,
        ([1, 2], STREET),
        ([2, 3, 4, 5], FERRY | {"duration": "00:30"}),
        ([3, 11], STREET),
        ([5, 6], STREET),
    )
    assert sorted(classes(net)) == ["ferry", "ferry", *["residential"] * 3]
    ferry = np.array(classes(net)) == "ferry"
    for profile in ("car", "truck"):
        assert sorted(net.time_s[profile][ferry]) == pytest.approx([600, 1200], rel=1e-6)
    assert (net.forward & net.backward).all()
    assert (
        "1 ferry is taken, 0 at an assumed speed because no duration is tagged; the wait is not"
        " counted." in net.manifest.notes
    )


def test_ferry_without_duration_has_the_speed_of_its_class(tmp_path: Path) -> None:
    """Where no duration is tagged, or none that is understood, the table of speeds decides; a limit
    speeds no ferry up.
    """
    for tags in (FERRY, FERRY | {"duration": "soon"}, FERRY | {"maxspeed": "50"}):
        net = read(tmp_path, ([1, 2], STREET), ([2, 3], tags), ([3, 4], STREET))
        ferry = classes(net).index("ferry")
        for profile, kph in FERRY_KPH.items():
            assert net.time_s[profile][ferry] == pytest.approx(net.length_m[ferry] / kph * 3.6)
        assert any(
            note.startswith("1 ferry is taken, 1 at an assumed speed")
            for note in net.manifest.notes
        )


def test_ferry_is_no_part_of_the_road_to_it(tmp_path: Path) -> None:
    """Where road and ferry meet end to end they stay two segments, and each keeps its name."""
    net = read(
        tmp_path,
        ([1, 2], STREET | {"name": "Quay"}),
        ([2, 3], FERRY | {"name": "Ferry"}),
        ([3, 4], FERRY | {"name": "Ferry"}),
    )
    assert spans(net) == [(1, 2), (2, 4)]
    assert {net.manifest.names[i] for i in net.name} == {"Quay", "Ferry"}


def test_ferries_that_say_nothing_of_cars_are_left_out(tmp_path: Path) -> None:
    """A ferry for walkers, or of which nothing is known, is not a road and is counted; one closed
    to cars is not a road and is not reported.
    """
    silent: list[Way] = [([2, 3], {"route": "ferry"}), ([2, 3], {"route": "ferry", "foot": "yes"})]
    net = read(tmp_path, ([1, 2], STREET), *silent, ([2, 3], FERRY | {"motorcar": "no"}))
    assert classes(net) == ["residential"]
    assert net.manifest.notes == ("2 ferries do not say whether they take cars and were left out.",)


def test_ferry_with_a_highway_tag(tmp_path: Path) -> None:
    """A road that OSMnx takes and that is a ferry, too, is taken as a ferry, once."""
    net = read(tmp_path, ([1, 2], STREET | {"route": "ferry", "duration": "5"}))
    assert classes(net) == ["ferry"]
    assert len(net.manifest.notes) == 1


def test_one_way_ferry_closed_to_trucks(tmp_path: Path) -> None:
    """Direction and limits hold for ferries as for roads."""
    net = read(tmp_path, ([1, 2], FERRY | {"oneway": "-1", "hgv": "no"}))
    assert (net.forward.all(), net.backward.any()) == (True, False)
    assert net.node_lonlat[net.tail[0], 0] == pytest.approx(2 * STEP)
    assert np.isfinite(net.time_s["car"]).all()
    assert np.isinf(net.time_s["truck"]).all()


def test_ferries_need_a_speed(tmp_path: Path) -> None:
    """A table of speeds without ferries is refused where there is a ferry, and good where there is
    none.
    """
    assert read(tmp_path, ([1, 2], STREET), speeds=SPEEDS).segment_count == 1
    with pytest.raises(InputError, match="car: ferry"):
        read(tmp_path, ([1, 2], FERRY), speeds=SPEEDS)


# Barriers


@pytest.mark.parametrize("tags", [{"barrier": "bollard"}, {"barrier": "gate", "access": "private"}])
def test_barrier_splits_the_road(tags: dict[str, str], tmp_path: Path) -> None:
    """Where cars are stopped the street ends on either side, in two junctions at one place."""
    net = read(tmp_path, ([1, 2, 3, 4], STREET), tags={3: tags})
    assert spans(net) == [(1, 3), (3, 4)]
    assert net.node_count == 4
    assert net.main("car").sum() == 2
    assert net.manifest.notes == ("1 barrier stops cars: the road ends on either side.",)


@pytest.mark.parametrize(
    "tags",
    [
        {"barrier": "lift_gate"},
        {"barrier": "bollard", "motor_vehicle": "yes"},
        {"crossing": "marked"},
    ],
)
def test_barrier_that_lets_cars_through(tags: dict[str, str], tmp_path: Path) -> None:
    """A gate that is not said to be closed, and whatever is said to be open, changes nothing."""
    net = read(tmp_path, ([1, 2, 3, 4], STREET), tags={3: tags})
    assert spans(net) == [(1, 4)]
    assert net.manifest.notes == ()


def test_barrier_at_a_junction_and_at_an_end(tmp_path: Path) -> None:
    """A bollard where three streets meet keeps all three apart; one at the end of a street, or on
    none, changes nothing.
    """
    bollard = {"barrier": "bollard"}
    net = read(
        tmp_path,
        ([1, 2, 3], STREET),
        ([3, 11], STREET),
        ([3, 4], STREET),
        tags={1: bollard, 3: bollard, 21: bollard},
    )
    assert net.node_count == 6
    assert net.manifest.notes == ("1 barrier stops cars: the road ends on either side.",)


def test_low_barrier_stops_the_truck_only(tmp_path: Path) -> None:
    """Under a bar of 2.2 m the truck cannot pass, and the segment is closed to it; the street
    beyond the junction is not.
    """
    low = {"barrier": "height_restrictor", "maxheight": "2.2"}
    net = read(tmp_path, ([1, 2, 3, 4], STREET), ([3, 11], STREET), tags={2: low})
    assert np.isfinite(net.time_s["car"]).all()
    closed = np.isinf(net.time_s["truck"])
    assert closed.sum() == 1
    assert net.shape(int(np.flatnonzero(closed)[0]))[1, 0] == pytest.approx(2 * STEP)
    assert net.manifest.notes == ("1 barrier is closed to the truck only.",)


# Files


def test_what_is_in_two_files_counts_once(tmp_path: Path) -> None:
    """A turn restriction, a ferry, a barrier or a point without a place that is in two files is
    told of once.
    """
    ways: list[Way] = [([1, 2, 3, 4], STREET), ([4, 5], FERRY), ([5, 6], {"route": "ferry"})]
    nodes = NODES | {5: (0.0, 0.0)}
    extract = text(*ways, tags={2: {"barrier": "log"}}, nodes=nodes, extra=RESTRICTION.format(1))
    for name, content in (
        ("a.osm", extract),
        ("b.osm", extract),
        ("c.osm", text(extra=RESTRICTION.format(2), tags={})),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
    net = osm_file.read(
        tmp_path / "a.osm", tmp_path / "b.osm", tmp_path / "c.osm", speeds=FERRY_SPEEDS
    )
    notes = [note.split(" ", 2)[:2] for note in net.manifest.notes]
    assert notes == [["2", "turn"], ["1", "ferry"], ["1", "ferry"], ["1", "barrier"]]
    alone = osm_file.read(tmp_path / "a.osm", speeds=FERRY_SPEEDS).manifest.notes
    assert any(note.startswith("1 point at 0° 0°") for note in alone)
    assert len(net.length_m) == 3


def test_points_in_any_order_and_not_yet_uploaded(tmp_path: Path) -> None:
    """Points out of order, after the ways, and with the negative numbers of an editor's drafts all
    have their positions.
    """
    nodes = {
        7: (3 * STEP, 0.0),
        -2: (4 * STEP, 0.0),
        5: (STEP, 0.0),
        6: (2 * STEP, 0.0),
        -9: (5 * STEP, 0.0),
    }
    streets: list[Way] = [([5, 6, 7, -2, -9], STREET)]
    assert spans(read(tmp_path, *streets, nodes=nodes)) == [(1, 5)]
    bollards = {6: {"barrier": "bollard"}, -2: {"barrier": "bollard"}}
    assert spans(read(tmp_path, *streets, nodes=nodes, tags=bollards)) == [(1, 2), (2, 4), (4, 5)]
