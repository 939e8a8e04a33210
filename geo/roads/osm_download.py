"""Roads from OpenStreetMap: downloaded through OSMnx, or read from a file; the only importer of
OSMnx.
"""

from __future__ import annotations

import os
import re
import socket
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
import pandas as pd
import shapely

import geo
from geo import crs
from geo.errors import InputError, Message, NotFoundError, UnavailableError
from geo.roads import osm_file, osm_simplify, osm_tags
from geo.roads.network import Network

OVERPASS = "https://overpass-api.de/api"
NOMINATIM = "https://nominatim.openstreetmap.org/"
MAX_AREA_KM2 = 100_000
"""Largest area that is downloaded; OSMnx asks for it in some 40 pieces. For more, take an extract
file.
"""

BUSY = (429, 502, 503, 504)
"""Answers of a server that asks to be asked again later."""

SUFFIXES = (*osm_file.FORMATS, ".graphml")


class _Busy(Exception):
    """The server is there but does not serve; raised out of OSMnx, which would ask again without
    end.
    """

    def __init__(self, reason: str, wait_s: float = 0) -> None:
        self.wait_s = wait_s
        super().__init__(reason)


def read(
    *paths: str | os.PathLike[str],
    speeds: pd.DataFrame,
    title: str | None = None,
    access_detour: float = 1.4,
    snap_limit_m: float = 5000,
    on_step: Callable[[str], None] | None = None,
) -> Network:
    """Read OpenStreetMap files, or one graph that OSMnx saved as GraphML; the name's ending
    decides.

    Parameters
    ----------
    speeds, access_detour, snap_limit_m, on_step
        As :func:`geo.roads.osm_file.read`.

    Raises
    ------
    NotFoundError
        There is no such file.
    InputError
        The ending is unknown, the file is damaged, or it holds no roads.
    """
    graphml = [Path(path) for path in paths if Path(path).suffix.lower() == ".graphml"]
    if graphml and len(paths) > 1:
        raise InputError(
            Message(
                "A GraphML file is read alone; several files are taken together only as .osm"
                " or .osm.pbf."
            )
        )
    options: dict[str, Any] = {
        "speeds": speeds,
        "title": title,
        "access_detour": access_detour,
        "snap_limit_m": snap_limit_m,
    }
    if graphml:
        (on_step or (lambda _: None))(f"Reading {graphml[0].name}")
        return from_graphml(graphml[0], **options)
    for path in paths:
        if not Path(path).name.lower().endswith(SUFFIXES):
            raise InputError(
                Message(
                    "%(name)s: roads are read from %(suffixes)s files.",
                    {"name": Path(path).name, "suffixes": ", ".join(SUFFIXES)},
                )
            )
    return osm_file.read(*paths, **options, on_step=on_step)


def from_graphml(
    path: str | os.PathLike[str], *, speeds: pd.DataFrame, title: str | None = None, **options: Any
) -> Network:
    """Read a graph that OSMnx saved as GraphML; options as :func:`from_graph`.

    Raises
    ------
    NotFoundError
        There is no such file.
    InputError
        It is no such graph, or it declares a document type, which OSMnx never does and which can be
        used for attacks.
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
    options = {
        "source": path.name,
        "as_of": str(graph.graph.get("created_date", ""))[:10] or None,
    } | options
    return from_graph(graph, speeds=speeds, title=title or path.name, **options)


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


def from_graph(
    graph: Any,
    *,
    speeds: pd.DataFrame,
    title: str,
    source: str = "OSMnx graph",
    as_of: str | None = None,
    access_detour: float = 1.4,
    snap_limit_m: float = 5000,
    notes: Sequence[str] = (),
) -> Network:
    """Turn an OSMnx graph, simplified or not, into a network; the two directions of a street become
    one segment.

    Edges that are no road for cars, which a graph of another network type has, are left out. Points
    that are simply passed are contracted in either case, and lengths are measured again on the
    ellipsoid. Where OSMnx has joined ways of several classes or limits it no longer knows which
    part is which: the slowest counts. OSMnx's filter for cars takes no ferries, and its points
    carry no barriers; a file has both.

    Parameters
    ----------
    graph
        A ``MultiDiGraph`` with OSMnx's attributes, in WGS 84.
    speeds, access_detour, snap_limit_m
        As :func:`geo.roads.osm_simplify.build`.

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
    speed_of = speeds.groupby("road_class")["speed_kph"].max().to_dict()
    tags = [osm_tags.edge_tags(data, speed_of) for _, _, _, data in roads]
    refs = np.concatenate([np.empty(0, np.int64), *(corners for corners, *_ in roads)])
    way = np.repeat(np.arange(len(roads)), [len(corners) for corners, *_ in roads])
    step = np.flatnonzero((way[1:] == way[:-1]) & (refs[1:] != refs[:-1]))
    forward, backward = np.array([road[1:3] for road in roads], bool).reshape(-1, 2).T
    return osm_simplify.build(
        osm_simplify.Roads(
            lonlat=np.array(points, float).reshape(-1, 2),
            tail=refs[step],
            head=refs[step + 1],
            forward=forward[way[step]],
            backward=backward[way[step]],
            way=way[step],
            road_class=[one["highway"] for one in tags],
            label=[osm_tags.label(one) for one in tags],
            limit_kph=np.array(
                [osm_tags.limit_kph(one.get("maxspeed", "")) for one in tags], float
            ),
            truck=np.array([osm_tags.truck_may(one) for one in tags], bool),
        ),
        speeds=speeds,
        title=title,
        source=source,
        as_of=as_of,
        access_detour=access_detour,
        snap_limit_m=snap_limit_m,
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


# Download -----------------------------------------------------------------------------------------


def download(
    *,
    bbox: tuple[float, float, float, float] | None = None,
    place: str | None = None,
    speeds: pd.DataFrame,
    title: str | None = None,
    access_detour: float = 1.4,
    snap_limit_m: float = 5000,
    overpass_url: str = OVERPASS,
    nominatim_url: str = NOMINATIM,
    cache_folder: str | os.PathLike[str] | None = None,
    attempts: int = 4,
    pause_s: float = 30,
    timeout_s: float = 180,
    on_step: Callable[[str], None] | None = None,
) -> Network:
    """Download the roads of a box or of a named place through OSMnx, which asks Overpass.

    OSMnx's settings are put back afterwards. A server that is busy is asked again after a pause
    that doubles each time; no service but these two is contacted.

    Parameters
    ----------
    bbox
        (west, south, east, north), WGS 84. Give either this or ``place``.
    place
        A name that Nominatim knows as an area.
    cache_folder
        Answers are kept here, so that a download that failed midway goes on where it stopped; the
        date of the network is that of the oldest answer. Without a folder they are kept for the
        length of the call.
    pause_s
        First pause before asking a busy server again; a longer one that it names itself is kept.

    Raises
    ------
    InputError
        The box is no box or too large, the place is unknown, or there are no roads.
    UnavailableError
        The server cannot be reached, or stays busy.
    """
    import requests

    if (bbox is None) == (place is None):
        raise InputError(Message("Give either a box or a place to download."))
    say = on_step or (lambda _: None)
    area = None if bbox is None else _box(bbox)
    wanted = place or "{:g} {:g} {:g} {:g}".format(*bbox or ())
    try:
        status = requests.get(
            f"{overpass_url.rstrip('/')}/status",
            headers={"User-Agent": _user_agent()},
            timeout=min(10, timeout_s),
        ).text
    except (requests.ConnectionError, requests.Timeout):
        raise UnavailableError(
            Message(
                "The road server %(address)s cannot be reached; without internet, import"
                " a file instead.",
                {"address": overpass_url},
            )
        ) from None
    except (requests.RequestException, ValueError):
        raise InputError(
            Message(
                "“%(address)s” is not the address of a road server; one begins with"
                " https:// or http://.",
                {"address": overpass_url},
            )
        ) from None
    limited = (
        re.search("^Rate limit: [1-9]", status, re.MULTILINE) is not None
    )  # else OSMnx would wait for a slot that never comes

    def ask() -> Any:
        import osmnx as ox

        where = (
            area if area is not None else _checked(ox.geocode_to_gdf(str(place)).geometry.iloc[0])
        )
        say(f"Asking {overpass_url} for the roads of {wanted}")
        return ox.graph_from_polygon(
            where, network_type="drive", simplify=False, retain_all=True, truncate_by_edge=True
        )

    with tempfile.TemporaryDirectory(prefix="zone-atlas-") as scratch:
        cache = Path(cache_folder) if cache_folder is not None else Path(scratch)
        urls = {"overpass_url": overpass_url, "nominatim_url": nominatim_url}
        with _settings(
            cache_folder=cache, requests_timeout=timeout_s, overpass_rate_limit=limited, **urls
        ):
            graph = _patiently(ask, wanted=wanted, attempts=attempts, pause_s=pause_s, say=say)
        as_of = _oldest(cache)
    say("Joining the roads to segments")
    return from_graph(
        graph,
        speeds=speeds,
        title=title or wanted,
        source=f"OpenStreetMap, downloaded through {overpass_url}: {wanted}",
        as_of=as_of,
        access_detour=access_detour,
        snap_limit_m=snap_limit_m,
        notes=[
            "Turn restrictions are not obeyed.",
            "Ferries and barriers such as bollards are not downloaded; a file has them.",
        ],
    )


def _patiently(
    ask: Callable[[], Any],
    *,
    wanted: str,
    attempts: int,
    pause_s: float,
    say: Callable[[str], None],
) -> Any:
    import requests

    for attempt in range(1, attempts + 1):
        try:
            return ask()
        except (_Busy, requests.RequestException) as error:
            if attempt == attempts:
                reason = str(error) if isinstance(error, _Busy) else type(error).__name__
                raise UnavailableError(
                    Message(
                        "The road server did not serve us in %(attempts)s attempts"
                        " (%(reason)s); try"
                        " again later.",
                        {"attempts": attempts, "reason": reason},
                    )
                ) from None
            wait_s = max(pause_s * 2 ** (attempt - 1), getattr(error, "wait_s", 0))
            say(f"The road server is busy ({error}); asking again in {wait_s:.0f} s")
            time.sleep(wait_s)
        except KeyError as error:
            raise UnavailableError(
                Message(
                    "The road server answers without %(error)s; is it an Overpass server?",
                    {"error": error},
                )
            ) from None
        except (ValueError, TypeError) as error:
            raise InputError(
                Message(
                    "OpenStreetMap gives no roads for %(wanted)s: %(reason)s",
                    {"wanted": wanted, "reason": osm_file.one_line(error)},
                )
            ) from None
    raise AssertionError


def _check(response: Any, *_: Any, **__: Any) -> None:
    """Look at every answer before OSMnx does: it would wait without end, and take half an answer
    for a whole one.
    """
    if response.status_code in BUSY:
        wait = response.headers.get("Retry-After", "")
        raise _Busy(
            f"it answers {response.status_code} {response.reason}",
            min(float(wait), 600) if wait.isdigit() else 0,
        )
    if response.url.endswith("/status"):
        return
    if not response.ok or response.content.lstrip()[:1] not in (b"{", b"["):
        raise UnavailableError(
            Message(
                "%(address)s does not answer as a road server does (%(status)s %(reason)s).",
                {
                    "address": response.url.split("?")[0],
                    "status": response.status_code,
                    "reason": response.reason,
                },
            )
        )
    remark = re.search(rb'"remark"\s*:\s*"([^"]*error[^"]*)', response.content[-4096:])
    if remark:
        raise _Busy(remark[1].decode(errors="replace"))


@contextmanager
def _settings(**values: Any) -> Iterator[None]:
    """Set what OSMnx keeps as globals for the length of a download, and put it back."""
    import osmnx as ox

    values |= {
        "http_user_agent": _user_agent(),
        "http_referer": _user_agent(),
        "requests_kwargs": ox.settings.requests_kwargs | {"hooks": {"response": _check}},
        "useful_tags_way": [*ox.settings.useful_tags_way, *osm_tags.TRUCK_TAGS],
        "doh_url_template": None,
        "use_cache": True,
        "cache_only_mode": False,
        "all_oneway": False,
    }
    before = {name: getattr(ox.settings, name) for name in values}
    resolve = socket.getaddrinfo
    try:
        for name, value in values.items():
            setattr(ox.settings, name, value)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "This area is", UserWarning)
            yield
    finally:
        for name, value in before.items():
            setattr(ox.settings, name, value)
        socket.getaddrinfo = resolve


def _user_agent() -> str:
    return f"zone-atlas/{geo.__version__}"


def _box(bbox: tuple[float, float, float, float]) -> Any:
    west, south, east, north = bbox
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InputError(
            Message(
                "A box is west, south, east, north in degrees, with west below east and south"
                " below north."
            )
        )
    return _checked(shapely.box(west, south, east, north))


def _checked(area: Any) -> Any:
    size_km2 = float(crs.area_ha([area])[0]) / 100
    if not size_km2 <= MAX_AREA_KM2:
        raise InputError(
            Message(
                "The area has %(size)s km², and at most %(most)s km² is"
                " downloaded: import an extract file.",
                {"size": f"{size_km2:,.0f}", "most": f"{MAX_AREA_KM2:,}"},
            )
        )
    return area


def _oldest(cache: Path) -> str | None:
    stamp = re.compile(rb'"timestamp_osm_base"\s*:\s*"([0-9-]{10})')
    dates = []
    for path in cache.glob("*.json"):
        with path.open("rb") as file:
            dates += [found[1].decode() for found in [stamp.search(file.read(4096))] if found]
    return min(dates, default=None)
