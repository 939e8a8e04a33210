"""Roads downloaded through OSMnx, from a stand-in for Overpass on this machine."""

from __future__ import annotations

import socket
from pathlib import Path

import osmnx as ox
import pytest
from cross import NODES, SPEEDS, WAYS, xml
from overpass import Stand, serving

from geo.errors import InputError, UnavailableError
from geo.roads import osm_download, osm_tags
from geo.roads.network import Network

BOX = (0.0, -0.01, 0.03, 0.01)


def elements() -> list[dict[str, object]]:
    """Return the cross as Overpass answers it: filtered by the server."""
    nodes = [{"type": "node", "id": i, "lon": x, "lat": y} for i, (x, y) in NODES.items()]
    return nodes + [
        {"type": "way", "id": i, "nodes": refs, "tags": tags}
        for i, (refs, tags) in enumerate(WAYS, 1)
        if osm_tags.driveable(tags)
    ]


def whole(folder: Path) -> Network:
    """Read the cross from a file."""
    path = folder / "cross.osm"
    path.write_text(xml(), encoding="utf-8")
    return osm_download.read(path, speeds=SPEEDS)


def test_download_gives_the_network_of_the_file(tmp_path: Path) -> None:
    """Through OSMnx and a server comes the network that the file holds, with the date of the
    server's data.
    """
    before = {name: getattr(ox.settings, name) for name in dir(ox.settings) if name.islower()}
    resolve = socket.getaddrinfo
    with serving(Stand(elements=elements())) as server:
        net = osm_download.download(bbox=BOX, speeds=SPEEDS, overpass_url=server.url)
    file = whole(tmp_path)
    assert sorted(net.length_m) == pytest.approx(sorted(file.length_m))
    assert sorted(net.time_s["truck"]) == pytest.approx(sorted(file.time_s["truck"]))
    assert net.manifest.as_of == "2025-10-01"
    assert net.manifest.names == file.manifest.names
    assert all(agent.startswith("zone-atlas/") for agent in server.agents)
    assert '["motorcar"!~"no"]' in server.queries[0]
    assert {name: getattr(ox.settings, name) for name in before} == before
    assert socket.getaddrinfo is resolve


def test_download_of_a_place(tmp_path: Path) -> None:
    """A place is looked up first and its outline asked for."""
    ring = [[0, -0.01], [0.03, -0.01], [0.03, 0.01], [0, 0.01], [0, -0.01]]
    place = {
        "lat": 0,
        "lon": 0,
        "boundingbox": [-0.01, 0.01, 0, 0.03],
        "geojson": {"type": "Polygon", "coordinates": [ring]},
        "name": "Null",
    }
    place |= {
        "osm_type": "relation",
        "osm_id": 1,
        "class": "boundary",
        "type": "administrative",
        "importance": 1.0,
        "display_name": "Null",
        "place_rank": 1,
    }
    with serving(Stand(elements=elements(), places={"Null": place})) as server:
        nominatim = server.url.removesuffix("api")
        net = osm_download.download(
            place="Null", speeds=SPEEDS, overpass_url=server.url, nominatim_url=nominatim
        )
        assert net.segment_count == whole(tmp_path).segment_count
        with pytest.raises(InputError, match="Nowhere"):
            osm_download.download(
                place="Nowhere", speeds=SPEEDS, overpass_url=server.url, nominatim_url=nominatim
            )


def test_busy_server_is_asked_again() -> None:
    """After 429 and 504 the server is asked again, and the caller is told."""
    steps: list[str] = []
    with serving(Stand(elements=elements(), before=[429, 504])) as server:
        net = osm_download.download(
            bbox=BOX, speeds=SPEEDS, overpass_url=server.url, pause_s=0, on_step=steps.append
        )
    assert net.segment_count
    assert len(server.queries) == 3
    assert sum("busy" in step for step in steps) == 2


def test_server_that_stays_busy() -> None:
    """A server that never serves, or breaks off its answer, is given up after some attempts."""
    for stand in (
        Stand(before=[504] * 9),
        Stand(elements=elements(), extra={"remark": 'runtime error: Query timed out in "query"'}),
    ):
        with serving(stand) as server, pytest.raises(UnavailableError, match="2 attempts"):
            osm_download.download(
                bbox=BOX, speeds=SPEEDS, overpass_url=server.url, pause_s=0, attempts=2
            )
        assert len(server.queries) == 2


def test_failed_download_goes_on_from_its_cache(tmp_path: Path) -> None:
    """Answers in the cache folder are not asked for again."""
    with serving(Stand(elements=elements())) as server:
        osm_download.download(
            bbox=BOX, speeds=SPEEDS, overpass_url=server.url, cache_folder=tmp_path
        )
        net = osm_download.download(
            bbox=BOX, speeds=SPEEDS, overpass_url=server.url, cache_folder=tmp_path
        )
    assert len(server.queries) == 1
    assert net.manifest.as_of == "2025-10-01"


@pytest.mark.parametrize(
    "status",
    ["<html>hello</html>", "Connected as: 1\nRate limit: 0\nCurrently running queries:\n\n\n"],
)
def test_server_without_slots_is_asked_at_once(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the status page tells of no slots nobody waits for one; OSMnx alone would wait a
    minute, or for ever.
    """
    monkeypatch.setattr("time.sleep", lambda seconds: seconds and pytest.fail("waits"))
    with serving(Stand(elements=elements(), status=status)) as server:
        assert osm_download.download(bbox=BOX, speeds=SPEEDS, overpass_url=server.url).segment_count


def test_no_server() -> None:
    """Without a server there is one sentence, at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(UnavailableError, match="cannot be reached"):
        osm_download.download(bbox=BOX, speeds=SPEEDS, overpass_url=f"http://127.0.0.1:{port}/api")


def test_answers_that_are_none() -> None:
    """A web page instead of data is the server's fault; no roads in the box is the caller's."""
    for stand, error in (
        (Stand(body=b"<html>hello</html>"), UnavailableError),
        (Stand(body=b"{}"), UnavailableError),
        (Stand(), InputError),
    ):
        with serving(stand) as server, pytest.raises(error):
            osm_download.download(bbox=BOX, speeds=SPEEDS, overpass_url=server.url)


@pytest.mark.parametrize(
    "bbox", [(1, 0, 0, 1), (0, 0, 0, 1), (0, 0, 200, 1), (100, 0, 120, 20), (0, float("nan"), 1, 1)]
)
def test_impossible_boxes(bbox: tuple[float, float, float, float]) -> None:
    """A box upside down, empty, off the Earth or as large as a country is refused before anybody is
    asked.
    """
    with pytest.raises(InputError):
        osm_download.download(bbox=bbox, speeds=SPEEDS, overpass_url="http://127.0.0.1:9/api")


def test_download_needs_one_area() -> None:
    """Neither or both of box and place is refused."""
    for areas in ({}, {"bbox": BOX, "place": "x"}):
        with pytest.raises(InputError):
            osm_download.download(**areas, speeds=SPEEDS)
