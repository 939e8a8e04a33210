"""Roads from OpenStreetMap: downloaded through OSMnx, or read from a file."""

from __future__ import annotations

import os
import re
import socket
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

import geo
from geo import crs
from geo.errors import InputError, Message, UnavailableError
from geo.roads import class_speeds, osm_file, osm_tags
from geo.roads.class_speeds import Speeds
from geo.roads.network import Network

if TYPE_CHECKING:
    import geopandas as gpd

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
    speeds: Speeds | None = None,
    title: str | None = None,
    countries: gpd.GeoDataFrame | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Network:
    """Read OpenStreetMap files, or one graph that OSMnx saved as GraphML; the name's ending
    decides.

    Parameters
    ----------
    speeds
        As :func:`geo.roads.osm_simplify.build`; by default those of the bundled data package.
    countries, on_step
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
    speeds = class_speeds.bundled() if speeds is None else speeds
    if graphml:
        from geo.roads import osm_graph

        (on_step or (lambda _: None))(f"Reading {graphml[0].name}")
        return osm_graph.from_graphml(graphml[0], speeds=speeds, title=title, countries=countries)
    for path in paths:
        if not Path(path).name.lower().endswith(SUFFIXES):
            raise InputError(
                Message(
                    "%(name)s: roads are read from %(suffixes)s files.",
                    {"name": Path(path).name, "suffixes": ", ".join(SUFFIXES)},
                )
            )
    return osm_file.read(*paths, speeds=speeds, title=title, countries=countries, on_step=on_step)


# Download -----------------------------------------------------------------------------------------


def download(
    *,
    bbox: tuple[float, float, float, float] | None = None,
    place: str | None = None,
    speeds: Speeds,
    title: str | None = None,
    countries: gpd.GeoDataFrame | None = None,
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
    countries
        As :func:`geo.roads.osm_file.read`.
    cache_folder
        Answers are kept here, so that a download that failed midway goes on where it stopped; the
        date of the network is that of the oldest answer. Without a folder they are kept for the
        length of the call.
    pause_s
        First pause before asking a busy server again; a longer one that it names itself is kept.

    Raises
    ------
    InputError
        The box is not a box or too large, the place is unknown, or there are no roads.
    UnavailableError
        The server cannot be reached, or stays busy.
    """
    if (bbox is None) == (place is None):
        raise InputError(Message("Give either a box or a place to download."))
    say = on_step or (lambda _: None)
    area = None if bbox is None else _box(bbox)
    wanted = place or "{:g} {:g} {:g} {:g}".format(*bbox or ())
    limited = _is_limited(overpass_url, min(10, timeout_s))

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
    from geo.roads import osm_graph

    say("Joining the roads to segments")
    return osm_graph.from_osmnx(
        graph,
        speeds=speeds,
        title=title or wanted,
        countries=countries,
        source=f"OpenStreetMap, downloaded through {overpass_url}: {wanted}",
        as_of=as_of,
        notes=[
            "Turn restrictions, ferries and barriers such as bollards are not downloaded; a file"
            " has them.",
        ],
    )


def _is_limited(overpass_url: str, timeout_s: float) -> bool:
    """Ask a road server whether it limits how much one may ask; else OSMnx would wait for a slot
    that never comes.
    """
    import requests

    try:
        status = requests.get(
            f"{overpass_url.rstrip('/')}/status",
            headers={"User-Agent": _user_agent()},
            timeout=timeout_s,
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
    return re.search("^Rate limit: [1-9]", status, re.MULTILINE) is not None


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
        "useful_tags_way": [
            *dict.fromkeys(
                (*ox.settings.useful_tags_way, *osm_tags.TRUCK_TAGS, *osm_tags.ACCESS_TAGS)
            )
        ],
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
