"""In which country and terrain ways lie, and what that does to the time on them."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from cross import NODES, SPEEDS, STEP, STREET, WAYS, as_pbf, xml

from geo import layers
from geo.errors import InputError
from geo.roads import osm_download, osm_file, whereabouts
from geo.roads.network import Network

PRIMARY = {"highway": "primary"}
ROW = {i: (i * STEP, 0.0) for i in range(1, 12)}
FAR = {12: (30.0, 0.0), 13: (30.001, 0.0), **ROW}


def outlines(edge: float) -> gpd.GeoDataFrame:
    """Return two countries that meet at a longitude."""
    boxes = [shapely.box(-1, -1, edge, 1), shapely.box(edge, -1, 2, 1)]
    return gpd.GeoDataFrame({"country": ["AA", "BB"]}, geometry=boxes, crs=4326)


def special(**row: object) -> pd.DataFrame:
    """Return the table of speeds with one row that holds in one place only."""
    more = pd.DataFrame([{"profile": "car", "speed_kph": 15.0} | row])
    return pd.concat([SPEEDS.assign(country=None, terrain=None), more], ignore_index=True)


def kph(net: Network) -> list[float]:
    """Return the speed of a car on each segment, from west to east."""
    order = np.argsort(net.node_lonlat[net.tail, 0] + net.node_lonlat[net.head, 0])
    return (net.length_m / net.time_s["car"] * 3.6)[order].round(3).tolist()


def write(folder: Path, name: str, *ways: tuple[list[int], dict[str, str]]) -> Path:
    """Write ways along the equator as a file."""
    path = folder / name
    path.write_text(xml(FAR, list(ways)), encoding="utf-8")
    return path


def test_a_way_is_driven_at_the_speed_of_its_country(tmp_path: Path) -> None:
    """The speed of a country holds on the ways whose middle lies in it, and on no other."""
    path = write(tmp_path, "a.osm", ([1, 2, 3], STREET), ([3, 4, 5], PRIMARY), ([5, 6, 7], STREET))
    speeds = special(road_class="residential", country="BB")
    net = osm_file.read(path, speeds=speeds, countries=outlines(3.5 * STEP))
    # the three ways are one road, whose time is the sum over its parts
    steps = [2 / 30, 2 / 60, 2 / 15]
    assert kph(net) == pytest.approx([6 / sum(steps)], rel=1e-3)


def test_every_reader_knows_the_country(tmp_path: Path) -> None:
    """A file, a packed file and a graph of OSMnx give the same times in a country of slow
    streets.
    """
    import osmnx as ox

    path = tmp_path / "cross.osm"
    path.write_text(xml(), encoding="utf-8")
    as_pbf(xml(), tmp_path / "cross.pbf")
    ox.save_graphml(
        ox.graph_from_xml(path, simplify=False, retain_all=True), tmp_path / "c.graphml"
    )
    speeds = special(road_class="residential", country="AA")
    here = {"speeds": speeds, "countries": outlines(1)}
    file, packed, graph = (
        sorted(osm_download.read(tmp_path / name, **here).time_s["car"])
        for name in ("cross.osm", "cross.pbf", "c.graphml")
    )
    assert file == pytest.approx(packed)
    assert file == pytest.approx(graph)
    assert sum(file) > 1.2 * osm_download.read(path, speeds=speeds).time_s["car"].sum()


def winding(lon: float, lat: float, bends: int, size: float) -> list[tuple[float, float]]:
    """Draw a road of five kilometres with as many bends, each so many degrees wide."""
    count = 40 * max(bends, 1)
    return [
        (lon + 0.05 * i / count, lat + size * math.sin(2 * math.pi * bends * i / count))
        for i in range(count + 1)
    ]


def test_roads_that_wind_lie_in_the_mountains() -> None:
    """A road of hairpins, and the motorway beside it, lie in the mountains; a straight one far away
    does not; wiggles of a few metres are the hand that drew it; an island with no main road is not
    known.
    """
    lines = [
        winding(10.01, 20.01, 20, 0.002),
        [(10.01, 20.02), (10.06, 20.02)],
        winding(11.01, 20.01, 0, 0),
        winding(12.01, 20.01, 60, 0.00004),
        [(13.01, 20.01), (13.02, 20.01)],
        [],
    ]
    classes = ["tertiary", "motorway", "primary", "secondary", "residential", "primary"]
    lonlat = np.array([point for line in lines for point in line])
    way = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    terrain = whereabouts.terrains(lonlat, way, classes)
    assert terrain == ["mountain", "mountain", "plain", "plain", "", ""]


def test_terrain_agrees_with_the_roads_of_the_package() -> None:
    """The rule finds again what researchers judged by other lines: of the roads of Viet Nam more
    than nineteen kilometres in twenty, and as much mountain as they did.
    """
    roads = pd.read_csv(layers.bundled() / "roads.csv", low_memory=False)
    lines = shapely.from_wkt(roads["wkt"].to_numpy(object))
    lonlat, way = shapely.get_coordinates(lines, return_index=True)
    result = np.array(whereabouts.terrains(lonlat, way, roads["road_class"].tolist()), object)
    length = shapely.length(lines)
    known = roads["terrain"].notna().to_numpy()
    assert length[known & (result == roads["terrain"])].sum() > 0.95 * length[known].sum()
    share = [length[known & (kind == "mountain")].sum() for kind in (result, roads["terrain"])]
    assert share[0] == pytest.approx(share[1], rel=0.05)


def test_countries_agree_with_the_roads_of_the_package() -> None:
    """The outlines say of all but some roads at the border what their rows say."""
    roads = pd.read_csv(layers.bundled() / "roads.csv", low_memory=False)
    lonlat, way = shapely.get_coordinates(
        shapely.from_wkt(roads["wkt"].to_numpy(object)), return_index=True
    )
    drawn = layers.read_countries(layers.bundled())
    result = whereabouts.countries(lonlat, way, len(roads), drawn)
    assert (roads["country"] != result).sum() < 0.001 * len(roads)


# Cut to a region


def test_roads_are_cut_to_the_region(tmp_path: Path) -> None:
    """A road leads to its first point outside the box; what lies outside altogether is counted and
    leaves no trace.
    """
    path = write(
        tmp_path,
        "a.osm",
        (list(range(1, 12)), STREET | {"name": "Long"}),
        ([12, 13], STREET | {"name": "Far", "hgv": "no"}),
    )
    box = (3.5 * STEP, -1, 6.5 * STEP, 1)
    net = osm_file.read(path, speeds=SPEEDS, boxes=[box])
    ends = np.round(net.node_lonlat[:, 0] / STEP).tolist()
    assert sorted(ends) == [3, 7]
    assert net.manifest.names == ("Long",)
    assert net.manifest.notes == ("1 way outside the region is left out.",)
    both = osm_file.read(path, speeds=SPEEDS, boxes=[box, (29, -1, 31, 1)])
    assert both.segment_count == 2
    assert both.manifest.names == ("Far", "Long")
    with pytest.raises(InputError, match="no road of the region"):
        osm_file.read(path, speeds=SPEEDS, boxes=[(50, 50, 51, 51)])


def test_a_box_around_everything_changes_nothing(tmp_path: Path) -> None:
    """Cut to more than it covers a file gives the network that it gives whole."""
    path = tmp_path / "cross.osm"
    path.write_text(xml(), encoding="utf-8")
    whole = osm_file.read(path, speeds=SPEEDS)
    cut = osm_file.read(path, speeds=SPEEDS, boxes=[(-1, -1, 1, 1)])
    assert cut.manifest == whole.manifest
    assert np.array_equal(cut.shape_lonlat, whole.shape_lonlat)
    assert np.array_equal(cut.time_s["truck"], whole.time_s["truck"])


def test_files_meet_in_the_numbers_of_their_points(tmp_path: Path) -> None:
    """Two extracts that share the way across their border are the network that one file of both
    is.
    """
    for name, some in (("west", WAYS[:3]), ("east", WAYS[2:])):
        lines = [(f'<way id="{WAYS.index(way) + 1}" version="1">', way) for way in some]
        used = {ref for refs, _ in some for ref in refs}
        text = '<osm version="0.6">' + "".join(
            f'<node id="{i}" version="1" lon="{x:.7f}" lat="{y:.7f}"/>'
            for i, (x, y) in NODES.items()
            if i in used
        )
        for head, (refs, tags) in lines:
            text += head + "".join(f'<nd ref="{ref}"/>' for ref in refs)
            text += "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items()) + "</way>"
        (tmp_path / f"{name}.osm").write_text(text + "</osm>", encoding="utf-8")
    (tmp_path / "all.osm").write_text(xml(), encoding="utf-8")
    whole = osm_file.read(tmp_path / "all.osm", speeds=SPEEDS)
    parts = osm_file.read(tmp_path / "west.osm", tmp_path / "east.osm", speeds=SPEEDS)
    assert sorted(parts.length_m) == pytest.approx(sorted(whole.length_m))
    assert sorted(parts.time_s["truck"]) == pytest.approx(sorted(whole.time_s["truck"]))
