"""Large layers: the tiles and the list that the map asks for, and the tiles of the OGC API."""

from __future__ import annotations

import gzip
import itertools
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from web import many_parks, serving

from geo import layers, search
from geo.roads.drive import Drive
from geo.tiles import MEDIA_TYPE
from webapp.explore import drawn, listing

pytest_plugins = ("web",)

TILE = "/api/map/parks/7/101/56.mvt"
OGC_TILE = "/ogc/collections/parks/tiles/WebMercatorQuad/7/56/101"
"""The same tile; the row comes before the column there."""


def rows(answer: Any) -> list[dict[str, Any]]:
    """Return the parks of a page of the list."""
    parks = answer.get_json()["parks"]
    return [dict(zip(parks["columns"], row, strict=True)) for row in parks["rows"]]


def ids_in(folder: Path, data: bytes) -> tuple[set[str], int]:
    """Let GDAL read a tile: the parks that stand alone, and the sum of the clusters."""
    path = folder / "7" / "101" / "56.mvt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    frame = pyogrio.read_dataframe(f"MVT:{path}", CLIP="NO")
    alone = set(frame["id"].dropna()) if "id" in frame else set()
    return alone, int(frame["count"].sum()) if "count" in frame else 0


# Tiles --------------------------------------------------------------------------------------------


def test_a_tile_is_the_same_wherever_it_is_asked_for(client: FlaskClient) -> None:
    """The map and the OGC API send the same bytes: kept, compressed where the client takes it, 304
    where it has them.
    """
    here, there = client.get(TILE), client.get(OGC_TILE)
    assert here.data == there.data
    assert here.data
    for path, plain in ((TILE, here), (OGC_TILE, there)):
        assert plain.mimetype == MEDIA_TYPE
        zipped = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(zipped.data) == plain.data
        assert plain.headers["ETag"] != zipped.headers["ETag"]
        again = client.get(path, headers={"If-None-Match": plain.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert "Accept-Encoding" in plain.headers["Vary"]
        assert plain.headers["Access-Control-Allow-Origin"] == "*"


def test_a_filter_leaves_its_parks_on_the_map(client: FlaskClient, tmp_path: Path) -> None:
    """The tiles of zoom 7 hold, alone or counted, what the table lists under the same filters, and
    what stands alone is in it.
    """
    parks = client.application.extensions["zoneatlas"].layer("parks")
    lonlat = shapely.get_coordinates(parks.geometry.array)
    assert lonlat[:, 0].min() > 101.3
    for query in (
        "",
        "kind=economic_zone",
        "q=quang+ninh",
        "q=van&country=VN",
        "sector=electronics",
    ):
        wanted = client.get(f"/download/parks.geojson?{query}").get_json(force=True)["features"]
        names = {feature["id"] for feature in wanted}
        alone, counted = set[str](), 0
        for column, row in itertools.product(range(99, 105), range(53, 60)):
            data = client.get(f"/api/map/parks/7/{column}/{row}.mvt?{query}").data
            if data:
                here, more = ids_in(tmp_path, data)
                alone, counted = alone | here, counted + more
        assert len(alone) + counted == len(names), query
        assert alone <= names


@pytest.mark.parametrize("base", ["/api/map/parks/{0}/{2}/{1}.mvt", OGC_TILE[:-9] + "/{0}/{1}/{2}"])
def test_any_address_of_a_tile_is_answered(client: FlaskClient, base: str) -> None:
    """Whatever stands for zoom, row and column, the answer is a tile, nothing, or an error of 400
    or 404 with its reason, and never a failure of the server.
    """
    dice = random.Random(1)
    texts = [
        "0",
        "7",
        "56",
        "101",
        "24",
        "25",
        "-1",
        "1e3",
        "x",
        "9" * 30,
        "%00",
        "١",
        "0.5",
        "NaN",
    ]
    seen = set()
    for _ in range(400):
        zoom = dice.randrange(26)
        parts = [str(zoom), *(str(dice.randrange(2**zoom + 1)) for _ in range(2))]
        if dice.random() < 0.5:
            parts[dice.randrange(3)] = dice.choice(texts)
        answer = client.get(base.format(*parts))
        seen.add(answer.status_code)
        assert answer.status_code in (200, 204, 400, 404), parts
        if answer.status_code >= 400:
            assert answer.get_json()["description"], parts
        fair = all(re.fullmatch(r"0|[1-9][0-9]*", part) for part in parts)
        inside = fair and int(parts[0]) <= 24 and max(map(int, parts[1:])) < 2 ** int(parts[0])
        assert (answer.status_code < 300) == inside, parts
    assert seen == {200, 204, 400, 404} or seen == {204, 400, 404}


def test_what_has_no_tiles_says_so(client: FlaskClient) -> None:
    """Layers without positions, unknown layers, other formats and unknown parameters are refused
    with a reason, and a tile where nothing is has no content.
    """
    for path, status in {
        "/ogc/collections/policies/tiles": 404,
        "/ogc/collections/policies/tiles/WebMercatorQuad/0/0/0": 404,
        "/ogc/collections/castles/tiles": 404,
        "/ogc/collections/parks/tiles/WorldCRS84Quad": 404,
        f"{OGC_TILE}?f=json": 400,
        f"{OGC_TILE}?kind=economic_zone": 400,
        "/api/map/policies/0/0/0.mvt": 404,
        "/api/map/parks/0/0/0.mvt?kind=castle": 400,
        "/api/map/ports/0/0/0.mvt?sector=electronics": 400,
    }.items():
        answer = client.get(path)
        assert answer.status_code == status, path
        assert answer.get_json()["description"]
    empty = client.get("/api/map/parks/7/0/0.mvt")
    assert (empty.status_code, empty.data) == (204, b"")
    only = client.get(OGC_TILE, headers={"Accept": MEDIA_TYPE})
    assert only.status_code == 200


# OGC API – Tiles ----------------------------------------------------------------------------------


def test_the_tiles_are_found_from_the_landing_page(client: FlaskClient) -> None:
    """Links lead from the landing page to each set of tiles and to its grid; the limits that are
    stated hold every tile of the layer, and the address of the set, filled in, is a tile.
    """
    landing = client.get("/ogc?f=json").get_json()
    conforms = client.get("/ogc/conformance?f=json").get_json()["conformsTo"]
    tiles = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
    assert {f"{tiles}{part}" for part in ("core", "tileset", "geodata-tilesets", "mvt")} <= set(
        conforms
    )
    base = client.application.extensions["zoneatlas"].public_url

    def follow(document: Any, rel: str) -> Any:
        (link,) = [each for each in document["links"] if each["rel"].endswith(rel)]
        return client.get(link["href"].removeprefix(base)).get_json(force=True)

    grids = follow(landing, "/tiling-schemes")["tileMatrixSets"]
    assert [grid["id"] for grid in grids] == ["WebMercatorQuad"]
    for layer in layers.LAYERS.values():
        collection = client.get(f"/ogc/collections/{layer.id}?f=json").get_json()
        if layer.geometry is None:
            assert "tilesets-vector" not in str(collection)
            continue
        (listed,) = follow(collection, "/tilesets-vector")["tilesets"]
        tileset = follow(listed, "self")
        matrices = follow(tileset, "/tiling-scheme")["tileMatrices"]
        (item,) = [each for each in tileset["links"] if each["rel"] == "item"]
        assert item["templated"]
        frame = client.application.extensions["zoneatlas"].layer(layer.id)
        full = 0
        for limits, matrix in zip(tileset["tileMatrixSetLimits"], matrices, strict=True):
            assert limits["maxTileCol"] < matrix["matrixWidth"]
            if int(matrix["id"]) != 6:
                continue
            for row, column in itertools.product(
                range(limits["minTileRow"], limits["maxTileRow"] + 1),
                range(limits["minTileCol"], limits["maxTileCol"] + 1),
            ):
                path = item["href"].removeprefix(base)
                for name, value in (("Matrix", "6"), ("Row", row), ("Col", column)):
                    path = path.replace(f"{{tile{name}}}", str(value))
                full += client.get(path).status_code == 200
        assert full or not len(frame)


def test_gdal_reads_the_tiles_by_the_service(make_app: Callable[..., Flask]) -> None:
    """GDAL finds the tiles from the address of a collection, and the tile of the world counts every
    park.
    """
    app = make_app()
    parks = app.extensions["zoneatlas"].layer("parks")
    read = (
        "import pyogrio, sys;"
        "print(pyogrio.read_dataframe(sys.argv[1], layer='Zoom level 0')['count'].sum())"
    )
    with serving(app) as url:
        app.extensions["zoneatlas"].public_url = url
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", read, f"OGCAPI:{url}/ogc/collections/parks"],
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert int(done.stdout) == len(parks)


# The list -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["", "q=quang+ninh", "q=kinh&kind=economic_zone", "country=CN", "q=%E9%92%A6%E5%B7%9E"]
)
@pytest.mark.parametrize("sort", ["", "name", "area", "gate", "port"])
def test_the_list_is_the_table(client: FlaskClient, query: str, sort: str) -> None:
    """What the list holds, page after page, are the rows of the table under the same filters in the
    same order, each as the whole layer has it, with what the index of the search finds it by.
    """
    opened = client.application.extensions["zoneatlas"]
    whole = client.get("/api/map/parks.json").get_json()
    known = {row[1]: dict(zip(whole["columns"], row, strict=True)) for row in whole["rows"]}
    found_by = client.get("/api/search.json").get_json()["found_by"]
    for key, row in known.items():
        row |= dict.fromkeys(drawn.FOUND_BY) | found_by.get(key, {})
    listed: list[dict[str, Any]] = []
    count = 1
    while len(listed) < count:
        page = client.get(f"/api/sites.json?{query}&sort={sort}&offset={len(listed)}")
        assert page.status_code == 200
        count = page.get_json()["count"]
        assert page.get_json()["total"] == len(opened.layer("parks"))
        assert 0 < len(rows(page)) <= listing.LISTED
        listed += rows(page)
    ids: list[str] = []
    while len(ids) < count:
        text = client.get(f"/table?{query}&sort={sort}&offset={len(ids)}").text
        ids += dict.fromkeys(re.findall(r'<th scope="row">\s*<a href="/sites/([\w-]+)', text))
    assert [row["id"] for row in listed] == ids
    for row in listed:
        row.pop("where")
        assert row == known[row["id"]]


def test_the_list_knows_what_each_filter_would_leave(client: FlaskClient) -> None:
    """Each count beside a value is the number of sites when that value is chosen instead of what is
    chosen in its filter.
    """
    answer = client.get("/api/sites.json?q=vn&country=VN&kind=economic_zone").get_json()
    none = client.get("/api/sites.json?q=zzz").get_json()
    assert (none["count"], none["bbox"], none["first"]) == (0, None, None)
    names = {"province_en": "province", "sectors": "sector"}
    chosen = {"country": "VN", "kind": "economic_zone"}
    for column, counts in answer["counts"].items():
        name = names.get(column, column)
        for value, count in list(counts.items())[:6]:
            query = {"q": "vn"} | chosen | {name: value}
            assert client.get("/api/sites.json", query_string=query).get_json()["count"] == count
    everything = client.get("/api/sites.json").get_json()
    assert everything["filters"] == answer["filters"]
    assert {c: dict(pairs) for c, pairs in everything["filters"].items()} == everything["counts"]


def test_the_list_names_the_places_that_are_found(client: FlaskClient) -> None:
    """The best hits of all kinds are named in the order of the search, and
    the first of all that is not filtered out is the one that Enter opens.
    """
    opened = client.application.extensions["zoneatlas"]
    for text in ("mong cai", "hai phong", "lang son", "van don"):
        hits = opened.index().find(text)
        answer = client.get("/api/sites.json", query_string={"q": text}).get_json()
        others = [key for key in hits if opened.index().entries[key].layer != "parks"]
        named = [hit["place"]["id"] for hit in answer["best"] if "place" in hit]
        assert named == list(hits)[: len(named)]
        assert len(named) <= len(answer["best"]) <= listing.MOST_HITS
        ranks = [hit["rank"] for hit in answer["best"]]
        assert ranks == sorted(ranks)
        assert answer["first"] == next(iter(hits))
        assert answer["searched"]
        nowhere = client.get("/api/sites.json", query_string={"q": text, "status": "planned"})
        kept = set(opened.select("parks", {"q": text, "status": ["planned"]}).index)
        wanted = next((k for k in hits if k in kept or k in others), None)
        assert nowhere.get_json()["first"] == wanted
    blank = client.get("/api/sites.json?q=...").get_json()
    assert (blank["searched"], blank["count"]) == (False, blank["total"])
    assert not search.fold("...")


def test_the_times_of_a_page_are_those_of_all(make_app: Callable[..., Flask]) -> None:
    """A page that is asked for before the times of all sites are known has the same times."""
    app = make_app()
    client, opened = app.test_client(), app.extensions["zoneatlas"]
    key = ("headline", Drive("truck"), opened.networks.version(Drive("truck").network))
    first = rows(client.get("/api/sites.json?offset=50"))
    assert not opened.kept(key)
    assert client.get("/api/map/parks.json").status_code == 200
    assert opened.kept(key)
    opened.pages._results.clear()
    assert rows(client.get("/api/sites.json?offset=50")) == first


# Size ---------------------------------------------------------------------------------------------


def test_only_a_large_layer_is_left_to_the_server(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to the limit the page names the layers and their index; from it on it leaves out the large
    ones, and always the sites with them.
    """
    opened = client.application.extensions["zoneatlas"]
    for limit, large in (
        (len(opened.layer("parks")) + 1, set()),
        (len(opened.layer("parks")), {"parks"}),
        (len(opened.layer("gates")), None),
    ):
        monkeypatch.setattr(drawn, "TILES_FROM", limit)
        expected = {
            name
            for name in ("parks", "gates", "ports", "airports", "cities")
            if len(opened.layer(name)) >= limit
        }
        assert large is None or large == expected
        assert set(drawn.large(opened)) == expected | ({"parks"} if expected else set())
        text = client.get("/").text
        for name in drawn.DRAWN:
            assert (f"/api/map/{name}.json" in text) == (name not in drawn.large(opened))
        first = "/api/sites.json" if expected else "/api/map/parks.json"
        assert drawn.sites_address(opened) == first


def test_the_first_map_of_ten_thousand_parks_is_small(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    """All data that the map asks for until it is drawn, with every tile of a large screen, has less
    than 200 kB as it is sent, and no more tiles weigh on it than at 100,000.
    """
    app = make_app(many_parks(tmp_path / "data", 10_000))
    client = app.test_client()
    opened = app.extensions["zoneatlas"]
    zipped = {"Accept-Encoding": "gzip"}
    page = client.get("/", headers=zipped)
    assert page.headers["Content-Encoding"] == "gzip"
    paths = set(re.findall(r'"(/api/map/\w+\.json)"', client.get("/").text))
    assert "/api/map/parks.json" not in paths
    lon, _, shown = opened.view()
    zoom = int(shown)
    column = int((lon / 360 + 0.5) * 2**zoom)
    tiles = {
        f"/api/map/parks/{zoom}/{column + east}/{row}.mvt"
        for row in range(2**zoom)
        for east in range(-5, 6)
        if 0.3 < row / 2**zoom < 0.55
    }
    sizes = {
        path: len(client.get(path, headers=zipped).data)
        for path in (*paths, *tiles, "/api/sites.json")
    }
    assert len(page.data) + sum(sizes.values()) < 200_000
    assert sum(size > 0 for size in sizes.values()) > len(paths) + 2
    assert len(client.get("/api/map/parks.json", headers=zipped).data) > 300_000
