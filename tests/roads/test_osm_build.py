"""Roads from OpenStreetMap files and OSMnx graphs, held to OSMnx's own result."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import osmnx as ox
import pandas as pd
import pytest
from cross import NODES, PRIMARY, SPEEDS, STEP, STREET, WAYS, as_pbf, xml
from scipy.sparse.csgraph import dijkstra

from geo import crs
from geo.errors import InputError, NotFoundError
from geo.roads import network, osm_download, osm_file, osm_graph, osm_tags, storage

FERRY_SPEEDS = pd.concat(
    [
        SPEEDS,
        pd.DataFrame(
            {"profile": ["car", "truck"], "road_class": "ferry", "speed_kph": [12.0, 10.0]}
        ),
    ]
)
SHARED = Path(os.environ.get("ZONEATLAS_TEST_OSM", Path(__file__).parents[3] / "shared" / "osm"))


def road(
    *ways: tuple[list[int], dict[str, str]],
    nodes: dict[int, tuple[float, float]] = NODES,
    folder: Path,
    extra: str = "",
) -> network.Network:
    """Read a network from the given ways."""
    path = folder / "roads.osm"
    path.write_text(xml(nodes, list(ways), extra), encoding="utf-8")
    return osm_file.read(path, speeds=SPEEDS)


@pytest.fixture(scope="session")
def cross(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the cross as a PBF file."""
    return as_pbf(xml(), tmp_path_factory.mktemp("cross") / "cross.osm.pbf")


def driveable(path: Path, folder: Path) -> Path:
    """Reduce a file to what OSMnx sees of it: ways with a highway tag that cars may drive on, and
    points without their barriers.

    ``graph_from_xml`` filters nothing itself, and fails on ways with missing points.
    """
    refs = {ref for way in roads_of(path) for ref in way}
    text = folder / "driveable.osm"
    with osmium.SimpleWriter(str(text), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY):
            if thing.is_node() and thing.id in refs:
                writer.add(thing.replace(tags={}))
            elif thing.is_way() and osm_tags.driveable(thing.tags):
                writer.add(thing)
    return text


def roads_of(path: Path) -> list[list[int]]:
    """Return the points of every way on which OSMnx lets cars drive."""
    ways = osmium.FileProcessor(str(path), osmium.osm.WAY)
    return [[node.ref for node in way.nodes] for way in ways if osm_tags.driveable(way.tags)]


def reference(text: Path) -> tuple[nx.MultiDiGraph, dict[int, tuple[float, float]]]:
    """Let OSMnx make the graph: its own reader and simplification, our speed for every single
    edge.
    """
    graph = ox.graph_from_xml(text, simplify=False, retain_all=True)
    classes = SPEEDS[SPEEDS["profile"] == "car"].set_index("road_class")["speed_kph"]
    for tail, head, data in graph.edges(data=True):
        ends = [(graph.nodes[node]["x"], graph.nodes[node]["y"]) for node in (tail, head)]
        limit = osm_tags.limit_kph(data.get("maxspeed", ""))
        speed = (
            min(limit, classes["motorway"])
            if limit > 0 and np.isfinite(limit)
            else classes.get(data["highway"], classes["road"])
        )
        data["travel_time"] = float(crs.distance_m(*ends)) / speed * 3.6
    graph = ox.simplify_graph(graph)
    graph.remove_nodes_from([node for node in list(graph) if graph.degree(node) == 0])
    return ox.truncate.largest_component(graph, strongly=True), {
        node: (data["x"], data["y"]) for node, data in graph.nodes(data=True)
    }


def places(net: network.Network) -> Counter[tuple[float, float]]:
    """Count the junctions at each place: there can be two, one above the other."""
    return Counter((round(x, 7), round(y, 7)) for x, y in net.node_lonlat)


def kinds_meet(text: Path) -> set[tuple[float, float]]:
    """Return where a road that one can turn off meets a motorway, link, bridge or tunnel."""
    kinds: dict[tuple[float, float], set[bool]] = {}
    for way in osmium.FileProcessor(str(text)).with_locations():
        if way.is_way():
            for node in way.nodes:
                place = round(node.lon, 7), round(node.lat, 7)
                kinds.setdefault(place, set()).add(osm_tags.accessible(way.tags))
    return {place for place, meeting in kinds.items() if len(meeting) > 1}


def assert_like_osmnx(net: network.Network, text: Path) -> None:
    """Compare with OSMnx, which merges a road with the motorway or bridge that continues it: there
    are more junctions here, where these meet and nowhere else.
    """
    graph, junctions = reference(text)
    ours = {(round(x, 7), round(y, 7)): i for i, (x, y) in enumerate(net.node_lonlat)}
    count = places(net)
    more = count - Counter(junctions.values())
    assert not Counter(junctions.values()) - count
    assert set(more) <= kinds_meet(text)
    main = np.flatnonzero(net.main("car"))
    at = np.round(net.node_lonlat[main], 7).tolist()
    assert len(main) - sum(tuple(place) in more for place in at) == len(graph)
    assert {ours[junctions[node]] for node in graph} <= set(main)
    nodes = [node for node in graph if count[junctions[node]] == 1]
    time_s = net.arcs("car").time_s
    for origin in nodes[:: max(1, len(nodes) // 10)]:
        theirs = nx.single_source_dijkstra_path_length(graph, origin, weight="travel_time")
        mine = dijkstra(time_s, indices=ours[junctions[origin]])
        np.testing.assert_allclose(
            [mine[ours[junctions[node]]] for node in nodes],
            [theirs[node] for node in nodes],
            rtol=1e-3,
        )


# The same as OSMnx


def test_driveable_ways_are_those_of_osmnx() -> None:
    """The table of ways that are not roads, written as a query, is OSMnx's own query, word for
    word.
    """
    query = '["highway"]' + "".join(
        f'["{key}"!~"{pattern}"]' for key, pattern in osm_tags.NOT_DRIVEABLE.items()
    )
    assert query == ox._overpass._get_network_filter("drive")


def test_cross_is_as_osmnx_makes_it(cross: Path, tmp_path: Path) -> None:
    """The hand-made cross has OSMnx's junctions and times."""
    assert_like_osmnx(osm_file.read(cross, speeds=SPEEDS), driveable(cross, tmp_path))


@pytest.mark.parametrize("name", ["hoan_kiem.osm", "monaco.osm.pbf", "malta.osm.pbf"])
def test_real_places_are_as_osmnx_makes_them(name: str, tmp_path: Path) -> None:
    """A real place has OSMnx's junctions and times, and what barriers and ferries change is all
    that is different.
    """
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"needs shared/osm/{name}")
    text = driveable(path, tmp_path)
    plain = osm_file.read(text, speeds=SPEEDS)
    assert_like_osmnx(plain, text)

    whole = osm_file.read(path, speeds=FERRY_SPEEDS)
    steps = Counter(ref for way in roads_of(path) for step in pairwise(way) for ref in step)
    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(
        osmium.filter.KeyFilter("barrier")
    )
    barriers = {
        (round(node.location.lon, 7), round(node.location.lat, 7)): steps[node.id]
        for node in nodes
        if steps[node.id] > 1 and osm_tags.stops_cars(node.tags)
    }
    ferry = np.array(whole.manifest.road_classes)[whole.road_class] == "ferry"
    quays = {
        (round(x, 7), round(y, 7))
        for x, y in whole.node_lonlat[np.concatenate([whole.tail[ferry], whole.head[ferry]])]
    }
    assert not places(plain) - places(whole)
    assert set(places(whole) - places(plain)) <= set(barriers) | quays
    assert {place: places(whole)[place] for place in barriers} == barriers
    assert any(
        note.startswith(f"{len(barriers)} barrier") for note in whole.manifest.notes
    ) == bool(barriers)
    assert whole.length_m[~ferry].sum() == pytest.approx(plain.length_m.sum())


@pytest.mark.parametrize("simplified", [False, True])
def test_graphml_gives_the_network_of_the_file(
    cross: Path, tmp_path: Path, simplified: bool
) -> None:
    """A graph that OSMnx saved, simplified or not, and with paths in it, leads to the network of
    the file.
    """
    text = tmp_path / "cross.osm"
    text.write_text(xml(), encoding="utf-8")
    graph = ox.graph_from_xml(text, simplify=simplified, retain_all=True)
    ox.save_graphml(graph, tmp_path / "cross.graphml")
    ours, file = (
        osm_download.read(tmp_path / "cross.graphml", speeds=SPEEDS),
        osm_download.read(cross, speeds=SPEEDS),
    )
    assert {tuple(row) for row in ours.node_lonlat} == {tuple(row) for row in file.node_lonlat}
    assert ours.segment_count == file.segment_count
    assert sorted(ours.length_m) == pytest.approx(sorted(file.length_m))
    assert sorted(ours.forward.astype(int) + ours.backward) == sorted(
        file.forward.astype(int) + file.backward
    )
    if not simplified:
        assert sorted(ours.time_s["truck"]) == pytest.approx(sorted(file.time_s["truck"]))


# What becomes of the roads


def test_cross_by_hand(cross: Path) -> None:
    """Junctions are 1, 3, 13, 7, 22 and 24; each chain between two of them is one segment, geometry
    kept.
    """
    net = osm_file.read(cross, speeds=SPEEDS)
    at = {tuple(np.round(lonlat / STEP).astype(int)): i for i, lonlat in enumerate(net.node_lonlat)}
    assert set(at) == {(1, 0), (3, 0), (3, 3), (7, 0), (9, 0), (11, 0)}
    assert net.segment_count == 8
    assert net.manifest.names == ("Back", "Long street", "Long street (QL1)")
    assert net.manifest.road_classes == ("primary", "residential")
    assert net.manifest.access_speed_kph == {"car": 20, "truck": 10}
    assert any(
        "1 ring that meets no other road was left out" in note for note in net.manifest.notes
    )
    loop = np.flatnonzero(net.tail == net.head)
    assert len(loop) == 1
    assert len(net.shape(loop[0])) == 4
    both = net.forward & net.backward
    assert both.sum() == 4
    assert net.forward.all()


def test_length_and_time_are_sums_over_the_shape(cross: Path) -> None:
    """A segment is as long as its shape on the ellipsoid, and takes that length at the speed of its
    class.
    """
    net = osm_file.read(cross, speeds=SPEEDS)
    shapes = [net.shape(i) for i in range(net.segment_count)]
    np.testing.assert_allclose(
        net.length_m, [crs.distance_m(shape[:-1], shape[1:]).sum() for shape in shapes]
    )
    np.testing.assert_allclose(net.node_lonlat[net.tail], [shape[0] for shape in shapes])
    np.testing.assert_allclose(net.node_lonlat[net.head], [shape[-1] for shape in shapes])
    limited = (
        np.array([net.manifest.names[i] if i >= 0 else "" for i in net.name]) == "Long street (QL1)"
    )
    speed = np.where(limited, 50, np.where(net.road_class == 0, 60, 30))
    np.testing.assert_allclose(net.time_s["car"], net.length_m / speed * 3.6)


def test_roundabout_is_one_way(tmp_path: Path) -> None:
    """Round a roundabout one drives in the order of its points, even though nothing says oneway."""
    net = road(
        ([1, 2, 3, 11, 1], STREET | {"junction": "roundabout"}),
        ([4, 3], STREET),
        ([5, 1], STREET),
        folder=tmp_path,
    )
    one_way = net.forward ^ net.backward
    assert one_way.sum() == 2
    start = net.node_lonlat[net.tail[one_way]] / STEP
    assert {tuple(net.shape(i)[1] / STEP) for i in np.flatnonzero(one_way)} == {(2, 0), (3, 1)}
    assert {tuple(np.round(row)) for row in start} == {(1, 0), (3, 0)}


@pytest.mark.parametrize(
    ("oneway", "ends"),
    [
        ("yes", (1, 2)),
        ("true", (1, 2)),
        ("F", (1, 2)),
        ("-1", (2, 1)),
        ("reverse", (2, 1)),
        ("T", (2, 1)),
    ],
)
def test_one_way(oneway: str, ends: tuple[int, int], tmp_path: Path) -> None:
    """A one-way segment runs forward from where it may be entered."""
    net = road(([1, 2], STREET | {"oneway": oneway}), folder=tmp_path)
    assert (
        tuple(
            np.round(
                [net.node_lonlat[net.tail[0], 0] / STEP, net.node_lonlat[net.head[0], 0] / STEP]
            )
        )
        == ends
    )
    assert net.forward[0]
    assert not net.backward[0]


def test_mixed_segment_takes_its_longest_part(tmp_path: Path) -> None:
    """Where a street changes class between two junctions, times are added up and the longer part
    names the segment.
    """
    net = road(
        ([1, 2], PRIMARY | {"name": "A"}), ([2, 3, 4], STREET | {"name": "B"}), folder=tmp_path
    )
    assert net.segment_count == 1
    assert net.manifest.names[net.name[0]] == "B"
    assert net.manifest.road_classes[net.road_class[0]] == "residential"
    assert net.time_s["car"][0] == pytest.approx(net.length_m[0] / 3 * (1 / 60 + 2 / 30) * 3.6)


def test_zero_length_edge(tmp_path: Path) -> None:
    """Two points at one place still join the roads on either side, and a point can be snapped
    beside them.
    """
    nodes = NODES | {2: (STEP, 0)}
    net = road(
        ([1, 2], STREET),
        ([2, 3], STREET),
        ([1, 11], STREET),
        ([1, 13], STREET),
        ([2, 12], STREET),
        nodes=nodes,
        folder=tmp_path,
    )
    assert net.main("car").all()
    assert (net.length_m == 0).sum() == 1
    assert net.snap([(STEP, -STEP / 10)], "car").distance_m[0] == pytest.approx(11.1, abs=0.2)


def test_unknown_class_is_driven_as_road(tmp_path: Path) -> None:
    """A highway value that the table of speeds does not know counts as “road”."""
    assert road(([1, 2], {"highway": "turning_loop"}), folder=tmp_path).manifest.road_classes == (
        "road",
    )


def test_truck_speed_and_closure(tmp_path: Path) -> None:
    """A limit slows the truck in its own ratio, never above its motorway speed; a ban makes its
    time infinite, not the car's.
    """
    motorway = {"highway": "motorway", "maxspeed": "120"}
    net = road(
        ([1, 3], PRIMARY | {"maxspeed": "30"}),
        ([4, 5], motorway),
        ([6, 7], STREET | {"hgv": "no"}),
        folder=tmp_path,
    )
    kph = {profile: np.round(net.length_m / time * 3.6, 6) for profile, time in net.time_s.items()}
    assert sorted(kph["car"]) == [30, 30, 90]
    assert sorted(kph["truck"]) == [0, 20, 70]
    assert any("1 way is closed to the truck" in note for note in net.manifest.notes)


# Files


def test_files_taken_together_are_one_network(tmp_path: Path, cross: Path) -> None:
    """A file cut in two, overlapping and in two formats, gives the network of the whole."""
    (tmp_path / "west.osm").write_text(xml(ways=WAYS[:1]), encoding="utf-8")
    with gzip.open(tmp_path / "all.osm.gz", "wt", encoding="utf-8") as file:
        file.write(xml())
    joined, whole = (
        osm_download.read(tmp_path / "west.osm", tmp_path / "all.osm.gz", speeds=SPEEDS),
        osm_download.read(cross, speeds=SPEEDS),
    )
    assert joined.segment_count == whole.segment_count
    assert joined.length_m.sum() == pytest.approx(whole.length_m.sum())


def test_save_and_load(tmp_path: Path, cross: Path) -> None:
    """A saved network comes back with every array and its manifest."""
    net = osm_file.read(cross, speeds=SPEEDS)
    again = storage.load(storage.save(net, tmp_path / "cross"))
    assert again.manifest == net.manifest
    for name in network.ARRAYS:
        np.testing.assert_array_equal(getattr(again, name), getattr(net, name))
        assert getattr(again, name).dtype == np.dtype(network.ARRAYS[name])
    np.testing.assert_array_equal(again.time_s["truck"], net.time_s["truck"])


def test_source_names_file_hash_and_date(tmp_path: Path) -> None:
    """The manifest says which file, byte for byte, and the date that Overpass or the replication
    gave it.
    """
    path = tmp_path / "dated.osm"
    path.write_text(
        xml().replace(
            '<osm version="0.6">', '<osm version="0.6"><meta osm_base="2025-10-01T03:10:23Z"/>'
        ),
        encoding="utf-8",
    )
    manifest = osm_file.read(path, speeds=SPEEDS).manifest
    assert manifest.source.startswith("dated.osm, SHA-256 ")
    assert len(manifest.source.split()[-1]) == 64
    assert manifest.as_of == "2025-10-01"
    assert "ODbL" in manifest.licence


def test_missing_points_end_the_road(tmp_path: Path) -> None:
    """Nothing is drawn across a reference to a point that the file lacks, and the manifest counts
    it.
    """
    net = road(([1, 2, 99, 4, 5], STREET), folder=tmp_path)
    assert net.segment_count == 2
    assert any("1 reference to a point without a position" in note for note in net.manifest.notes)


@pytest.mark.parametrize("where", [(0.0, 0.0), (190.0, 10.0), (10.0, 95.0)])
def test_points_nowhere_are_left_out(where: tuple[float, float], tmp_path: Path) -> None:
    """A point at 0° 0° or outside the Earth is dropped and counted."""
    net = road(([1, 2, 3, 4], STREET), nodes=NODES | {2: where}, folder=tmp_path)
    assert net.length_m.sum() < 200
    assert any("1 point at 0° 0°" in note for note in net.manifest.notes)


def test_turn_restrictions_are_counted(tmp_path: Path) -> None:
    """The manifest says how many turn restrictions are not obeyed, and why."""
    extra = (
        '<relation id="1" version="1"><member type="way" ref="1" role="from"/><tag k="type"'
        ' v="restriction"/></relation>'
    )
    assert (
        "1 turn restriction is incomplete or of an unknown kind and is not obeyed."
        in road(([1, 2], STREET), folder=tmp_path, extra=extra).manifest.notes
    )


def test_truncated_files(tmp_path: Path, cross: Path) -> None:
    """A file that was cut short, anywhere, is refused in one sentence."""
    for name, content in (
        ("cut.osm.pbf", cross.read_bytes()[:-20]),
        ("cut.osm", xml().encode()[:-20]),
        ("cut.osm.gz", gzip.compress(xml().encode())[:-20]),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(
            InputError, match=r"is damaged, cut short or no OpenStreetMap file \(.*\)\.$"
        ):
            osm_download.read(tmp_path / name, speeds=SPEEDS)


def test_empty_foreign_and_missing_files(tmp_path: Path) -> None:
    """Empty files, files of another kind, files without roads and files that are not there each
    have their sentence.
    """
    cases = [
        ("empty.osm", b"", "is empty"),
        ("text.osm", b"hello", "is damaged"),
        ("text.osm.pbf", b"hello", "is damaged"),
        ("bomb.osm", b'<!DOCTYPE osm [<!ENTITY a "b">]><osm version="0.6"/>', "is damaged"),
        ("none.osm", xml(ways=[([1, 2], {"highway": "footway"})]).encode(), "holds no road"),
        ("nodes.osm", xml(ways=[]).encode(), "holds no road"),
        ("roads.shp", b"x", "roads are read from"),
        ("text.graphml", b"hello", "is not XML"),
        ("empty.graphml", b"", "is empty"),
        ("bomb.graphml", b'<!DOCTYPE g [<!ENTITY a "b">]><graphml/>', "declares a document type"),
        (
            "bomb16.graphml",
            '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE g [<!ENTITY a "b">]><graphml/>'.encode(  # noqa: E501
                "utf-16"
            ),
            "declares a document type",
        ),
        ("other.graphml", b"<graphml/>", "no GraphML of OSMnx"),
        (
            "cut.graphml",
            b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph',
            "no GraphML of OSMnx",
        ),
    ]
    for name, content, sentence in cases:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=sentence):
            osm_download.read(tmp_path / name, speeds=SPEEDS)
    for name in ("missing.osm", "missing.graphml"):
        with pytest.raises(NotFoundError):
            osm_download.read(tmp_path / name, speeds=SPEEDS)


def test_speeds_must_cover_every_class(cross: Path) -> None:
    """A table of speeds that lacks a class for one profile is refused, naming it."""
    with pytest.raises(InputError, match="truck: access"):
        osm_file.read(cross, speeds=SPEEDS[:-1])


def test_projected_graph_is_refused(tmp_path: Path) -> None:
    """A graph in metres is refused instead of being read as degrees."""
    (tmp_path / "cross.osm").write_text(xml(), encoding="utf-8")
    graph = ox.project_graph(ox.graph_from_xml(tmp_path / "cross.osm"))
    with pytest.raises(InputError, match="projected"):
        osm_graph.from_osmnx(graph, speeds=SPEEDS, title="cross")
