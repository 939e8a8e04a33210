"""Networks from graphs of OSMnx, and networks as such graphs, on which all of OSMnx works."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import InputError, Message, NotFoundError
from geo.roads import class_speeds, osm_file, osm_simplify, osm_tags, turns, whereabouts
from geo.roads.class_speeds import Speeds
from geo.roads.network import Manifest, Network

if TYPE_CHECKING:
    import geopandas as gpd
    from networkx import MultiDiGraph

MANIFEST = "zone_atlas"
"""Attribute of a graph that holds the manifest and the vehicle of a network, as JSON."""
WORDS = {"highway": "road_classes", "name": "names", "gate": "gates", "country": "countries"}
"""Attributes of edges, and the list of the manifest that has their words."""


def to_graph(network: Network, profile: str | None = None) -> MultiDiGraph[Any]:
    """Return a network as a graph of OSMnx: its nodes, and an edge for each direction of a segment.

    Edges have ``length`` in metres, ``travel_time`` in seconds for one vehicle, and
    ``travel_time_`` with the name of each other vehicle; inf where that vehicle may not go;
    ``accessible`` tells whether points may be joined to it, ``assumed`` whether it is only
    assumed to be open. Which turns are banned stands in an attribute of the graph that OSMnx does
    not know: its own ways make them.
    Segments that may be driven in no direction are left out. :func:`from_graph` is the way back.

    Parameters
    ----------
    profile
        The vehicle of ``travel_time``, the first one of the network if None.
    """
    import networkx as nx

    profile = network.profiles[0] if profile is None else profile
    network.arcs(profile)  # which refuses an unknown vehicle
    profiles = network.profiles
    about = {"manifest": asdict(network.manifest), "profiles": profiles, "profile": profile}
    about["bans"] = {name: turns.sequences(network.banned(name)) for name in profiles}
    graph: MultiDiGraph[Any] = nx.MultiDiGraph()
    graph.graph |= {"crs": "epsg:4326", MANIFEST: json.dumps(about)}
    driven = network.forward | network.backward
    at_ends = np.concatenate([network.tail[driven], network.head[driven]])
    streets = np.bincount(at_ends, minlength=network.node_count).tolist()
    for node, (lon, lat) in enumerate(network.node_lonlat.tolist()):
        graph.add_node(node, x=lon, y=lat, street_count=streets[node])
    codes = zip(network.road_class, network.name, network.gate, network.country, strict=True)
    for segment, code in enumerate(codes):
        tail, head = int(network.tail[segment]), int(network.head[segment])
        ahead, back = bool(network.forward[segment]), bool(network.backward[segment])
        edge: dict[str, Any] = {"osmid": segment, "length": float(network.length_m[segment])}
        edge |= {"oneway": ahead != back, "accessible": bool(network.accessible[segment])}
        edge["assumed"] = bool(network.assumed[segment])
        for name, time_s in network.time_s.items():
            edge[_time(name, profile)] = float(time_s[segment])
        for (name, words), index in zip(WORDS.items(), code, strict=True):
            if index >= 0:
                edge[name] = getattr(network.manifest, words)[index]
        shape = network.shape(segment)
        if not np.array_equal(shape, network.node_lonlat[[tail, head]]):
            edge["geometry"] = shapely.LineString(shape)
        if ahead:
            graph.add_edge(tail, head, None, **edge, reversed=False)
        if back:
            if "geometry" in edge:
                edge["geometry"] = edge["geometry"].reverse()
            graph.add_edge(head, tail, None, **edge, reversed=True)
    return graph


def from_graph(graph: MultiDiGraph[Any]) -> Network:
    """Return the network of a graph that :func:`to_graph` made and others may have changed.

    Nodes, lengths, times and lines are those of the graph. Two directions of a segment that differ
    in length or time become two segments.

    Raises
    ------
    InputError
        The graph is none of :func:`to_graph`, or lacks an attribute.
    """
    try:
        about = json.loads(graph.graph[MANIFEST])
        lists = {name: tuple(of) for name, of in about["manifest"].items() if isinstance(of, list)}
        manifest = Manifest(**about["manifest"] | lists)
        at = {node: i for i, node in enumerate(graph)}
        lonlat = np.array([(data["x"], data["y"]) for _, data in graph.nodes(data=True)], float)
        ways: dict[tuple[Any, ...], tuple[list[bool], dict[str, Any]]] = {}
        for tail, head, data in graph.edges(data=True):
            back = bool(data["reversed"])
            ends = (at[head], at[tail]) if back else (at[tail], at[head])
            times = (data[_time(profile, about["profile"])] for profile in about["profiles"])
            key = (data["osmid"], *ends, data["length"], *times)
            ways.setdefault(key, ([False, False], data))[0][back] = True
        keys = np.array(sorted(ways), float).reshape(len(ways), 4 + len(about["profiles"]))
        rows = [ways[key] for key in sorted(ways)]
        accessible = np.array([data["accessible"] for _, data in rows], bool)
        assumed = np.array([data["assumed"] for _, data in rows], bool)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            Message(
                "%(title)s is no graph as OSMnx makes them: %(error)s is missing or wrong.",
                {"title": "OSMnx graph", "error": f"{error!r}"},
            )
        ) from None
    tail, head = keys[:, 1:3].astype(np.int32).T
    shapes = [
        _line(data, lonlat[[first, last]])
        for (_, data), first, last in zip(rows, tail, head, strict=True)
    ]
    codes: dict[str, NDArray[np.int64]] = {}
    words_of: dict[str, Any] = {}
    for name, words in WORDS.items():
        number = {word: i for i, word in enumerate(getattr(manifest, words))}
        used = [data.get(name) for _, data in rows]
        codes[name] = np.array(
            [-1 if word is None else number.setdefault(word, len(number)) for word in used], int
        )
        words_of[words] = tuple(number)
    return Network(
        manifest=replace(manifest, **words_of),
        node_lonlat=lonlat.reshape(-1, 2),
        tail=tail,
        head=head,
        forward=np.array([driven[0] for driven, _ in rows], bool),
        backward=np.array([driven[1] for driven, _ in rows], bool),
        length_m=keys[:, 3],
        road_class=codes["highway"].astype(np.int16),
        name=codes["name"].astype(np.int32),
        gate=codes["gate"].astype(np.int32),
        country=codes["country"].astype(np.int16),
        accessible=accessible,
        assumed=assumed,
        shape_start=np.cumsum([0, *map(len, shapes)], dtype=np.int64),
        shape_lonlat=np.concatenate([np.empty((0, 2)), *shapes]),
        time_s={profile: keys[:, 4 + i] for i, profile in enumerate(about["profiles"])},
        bans=_bans(about.get("bans", {}), keys[:, 0]),
    )


def _bans(bans: dict[str, Any], osmid: NDArray[np.float64]) -> dict[str, NDArray[np.int32]]:
    """Return banned turns between segments that have new numbers, and perhaps two each."""
    now: dict[int, list[int]] = {}
    for row, number in enumerate(osmid.tolist()):
        now.setdefault(int(number), []).append(row)
    return {
        profile: turns.table(
            new
            for ban in of_profile
            for new in product(*([2 * i + end % 2 for i in now.get(end // 2, ())] for end in ban))
        )
        for profile, of_profile in bans.items()
    }


def _line(data: dict[str, Any], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points of an edge in the direction of its segment."""
    if "geometry" not in data:
        return ends
    points: NDArray[np.float64] = shapely.get_coordinates(data["geometry"])
    return points[::-1] if data["reversed"] else points


def _time(profile: str, first: str) -> str:
    """Return the attribute that holds the time of a vehicle."""
    return "travel_time" if profile == first else f"travel_time_{profile}"


def from_graphml(
    path: str | os.PathLike[str],
    *,
    speeds: Speeds,
    title: str | None = None,
    countries: gpd.GeoDataFrame | None = None,
) -> Network:
    """Read a graph that OSMnx saved as GraphML; `speeds` and `countries` as :func:`from_osmnx`.

    Raises
    ------
    NotFoundError
        There is no such file.
    InputError
        It is not such a graph, or it declares a document type, which OSMnx never does and which
        can be used for attacks.
    """
    import networkx as nx
    import osmnx as ox

    path = Path(path)
    if not path.is_file():
        raise NotFoundError(Message("There is no file %(path)s.", {"path": path}))
    if not path.stat().st_size:
        raise InputError(Message("%(file)s is empty.", {"file": path.name}))
    _refuse_doctype(path)
    try:
        graph = ox.load_graphml(path)
    except (
        nx.NetworkXException,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        SyntaxError,
        shapely.GEOSException,
    ) as error:
        raise InputError(
            Message(
                "%(file)s is damaged or no GraphML of OSMnx (%(name)s: %(reason)s).",
                {
                    "file": path.name,
                    "name": type(error).__name__,
                    "reason": osm_file.one_line(error),
                },
            )
        ) from None
    return from_osmnx(
        graph,
        speeds=speeds,
        title=title or path.name,
        source=path.name,
        countries=countries,
        as_of=str(graph.graph.get("created_date", ""))[:10] or None,
    )


def _refuse_doctype(path: Path) -> None:
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise InputError(
            Message(
                "%(file)s declares a document type; such files are not read.", {"file": path.name}
            )
        )

    def stop(*_: object) -> None:
        raise StopIteration

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except StopIteration:
        pass
    except expat.ExpatError as error:
        raise InputError(
            Message("%(file)s is not XML (%(error)s).", {"file": path.name, "error": error})
        ) from None


def from_osmnx(
    graph: Any,
    *,
    speeds: Speeds,
    title: str,
    source: str = "OSMnx graph",
    as_of: str | None = None,
    notes: Sequence[str] = (),
    countries: gpd.GeoDataFrame | None = None,
) -> Network:
    """Turn an OSMnx graph, simplified or not, into a network; the two directions of a street become
    one segment.

    Edges that are not roads for cars, as in graphs of other network types, are left out. Points
    that are simply passed are contracted in either case, and lengths are measured again on the
    ellipsoid. Where OSMnx has joined ways of several classes or limits it no longer knows which
    part is which: the slowest counts, and where one part is a motorway, motorroad, link, bridge or
    tunnel no point is joined to any of them; an unsimplified graph keeps them apart. OSMnx's filter
    for cars takes no ferries, its points carry no barriers, and its graphs no turn restrictions; a
    file has all of them.

    Parameters
    ----------
    graph
        A ``MultiDiGraph`` with OSMnx's attributes, in WGS 84.
    speeds
        As :func:`geo.roads.osm_simplify.build`.
    countries
        As :func:`geo.roads.osm_file.read`.

    Raises
    ------
    InputError
        The graph is projected, lacks positions, or has no roads.
    """
    at: dict[Any, int] = {}
    points: list[tuple[float, float]] = []
    try:
        for node, data in graph.nodes(data=True):
            at[node] = len(points)
            points.append((float(data["x"]), float(data["y"])))
        roads = _merge_directions(graph.edges(data=True), at, points)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            Message(
                "%(title)s is no graph as OSMnx makes them: %(error)s is missing or wrong.",
                {"title": title, "error": f"{error!r}"},
            )
        ) from None
    if not (np.abs(np.array(points).reshape(-1, 2)) <= (180, 90)).all():
        raise InputError(
            Message(
                "%(title)s is projected, or has nodes without a position; it is needed in"
                " longitude and latitude.",
                {"title": title},
            )
        )
    accessible = np.array([osm_tags.edge_accessible(data) for *_, data in roads], bool)
    mixed = sum(isinstance(roads[i][3].get("osmid"), list) for i in np.flatnonzero(~accessible))
    if mixed:
        edge = "edge of several ways has", "edges of several ways have"
        why = "a motorway, link, bridge or tunnel among them: no point is joined to any part of it."
        notes = (*notes, f"{osm_simplify.counted(mixed, *edge)} {why}")
    rows = sorted(class_speeds.rows_of(speeds), key=lambda row: row.speed_kph)
    speed_of = {row.road_class: row.speed_kph for row in rows}  # the fastest comes last
    tags = [osm_tags.edge_tags(data, speed_of) for _, _, _, data in roads]
    refs = np.concatenate([np.empty(0, np.int64), *(corners for corners, *_ in roads)])
    way = np.repeat(np.arange(len(roads)), [len(corners) for corners, *_ in roads])
    step = np.flatnonzero((way[1:] == way[:-1]) & (refs[1:] != refs[:-1]))
    forward, backward = np.array([road[1:3] for road in roads], bool).reshape(-1, 2).T
    lonlat = np.array(points, float).reshape(-1, 2)
    classes = [one["highway"] for one in tags]
    return osm_simplify.build(
        osm_simplify.Roads(
            lonlat=lonlat,
            tail=refs[step],
            head=refs[step + 1],
            forward=forward[way[step]],
            backward=backward[way[step]],
            way=way[step],
            road_class=classes,
            label=[osm_tags.label(one) for one in tags],
            limit_kph=np.array(
                [osm_tags.limit_kph(one.get("maxspeed", "")) for one in tags], float
            ),
            truck=np.array([osm_tags.truck_may(one) for one in tags], bool),
            accessible=accessible,
            **whereabouts.named(lonlat[refs], way, classes, countries),
        ),
        speeds=speeds,
        title=title,
        source=source,
        as_of=as_of,
        notes=notes,
    )


def _merge_directions(
    edges: Any, at: dict[Any, int], points: list[tuple[float, float]]
) -> list[tuple[list[int], bool, bool, Any]]:
    """Return for each road its corners, whether it may be driven forward and backward, and its
    attributes.

    An edge and one that goes back along the same line with the same OSM ids are one road. Corners
    inside an edge are added to ``points``."""
    found: dict[Any, tuple[list[int], list[bool], Any]] = {}
    for tail, head, data in edges:
        if not osm_tags.edge_driveable(data):
            continue
        geometry = data.get("geometry")
        inside = (
            []
            if geometry is None
            else [
                (round(x, 7), round(y, 7))
                for x, y in shapely.get_coordinates(geometry)[1:-1].tolist()
            ]
        )
        ahead = (at[tail], tuple(inside), at[head])
        back = (at[head], tuple(reversed(inside)), at[tail])
        osmid = data.get("osmid")
        ids = frozenset(osmid) if isinstance(osmid, list) else osmid
        if (ahead, ids) in found:
            found[ahead, ids][1][0] = True
        elif (back, ids) in found:
            found[back, ids][1][1] = True
        else:
            corners = [at[tail], *range(len(points), len(points) + len(inside)), at[head]]
            points.extend(inside)
            found[ahead, ids] = corners, [True, False], data
    return [
        (corners, forward, backward, data) for corners, (forward, backward), data in found.values()
    ]
