"""The OGC API: what it answers, what it refuses, and whether GDAL and OWSLib read it whole."""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from flask import Flask, request
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from openapi_spec_validator import validate

import webapp
from geo import export, tiles
from geo.schema import LAYERS
from webapp import languages
from webapp.ogc import parameters
from webapp.ogc.routes import ogc
from webapp.store import Body

URL = "http://atlas.example/zones"
HOSTILE = "{{7*7}}<img src=x onerror=alert(1)>]]>"
TYPES = {
    "string": "str",
    "list": "str",
    "number": "float64",
    "integer": "Int64",
    "boolean": "boolean",
}


def make_frame(layer_id: str, rows: list[dict[str, Any]], shapes: list[Any]) -> gpd.GeoDataFrame:
    """Make a layer with every column of its table; what a row does not say is unknown."""
    layer = LAYERS[layer_id]
    fields = [
        field
        for field in layer.fields
        if not (layer.geometry and field.name in ("lon", "lat", "wkt"))
    ]
    table = pd.DataFrame(
        {
            field.name: pd.array([row.get(field.name) for row in rows], dtype=TYPES[field.type])
            for field in fields
        }
    )
    return gpd.GeoDataFrame(table.set_index("id"), geometry=shapes, crs=4326)


def grid(layer_id: str, n: int, **more: Any) -> gpd.GeoDataFrame:
    """Make n points, one a degree eastwards from 100° E on 20° N; every second one lies in
    China.
    """
    base = {
        "province_en": "Somewhere",
        "position_accuracy_m": 100.0,
        "source": "a page",
        "source_kind": "page",
        "as_of": "2026",
    }
    rows = [
        base
        | {"id": f"{layer_id}-{i}", "name_en": f"Number {i}", "country": ("VN", "CN")[i % 2]}
        | more
        for i in range(n)
    ]
    return make_frame(layer_id, rows, [shapely.Point(100 + i, 20) for i in range(n)])


@pytest.fixture(scope="session")
def frames() -> dict[str, gpd.GeoDataFrame]:
    gates = grid(
        "gates",
        13,
        kind="international",
        mode="road",
        opposite_country="CN",
        cargo=True,
        timezone="Asia/Ho_Chi_Minh",
    )
    gates.loc["gates-3", ["name_en", "notes"]] = [HOSTILE, "=1+2"]
    gates.loc[["gates-4", "gates-5"], "cargo"] = False
    corridor = {
        "name_en": "Road",
        "kind": "expressway",
        "status": "operating",
        "country": "VN",
        "source": "x",
        "source_kind": "page",
    }
    lines = [
        shapely.LineString([(100, 20), (101, 21)]),
        shapely.LineString([(179, 10), (179.5, 11)]),
    ]
    corridors = make_frame(
        "corridors",
        [corridor | {"id": "east"}, corridor | {"id": "far-east", "open_year": 2030}],
        lines,
    )
    return {"gates": gates, "ports": grid("ports", 23, kind="seaport"), "corridors": corridors}


def make_app(frames: dict[str, Any], public_url: str = URL) -> Flask:
    app = Flask("tiny")
    app.config |= {"TEAM": False, "EDITING": False}
    base = (
        "<!doctype html><title>{% block title %}{% endblock %}</title><main>{% block content %}{%"
        " endblock %}</main>"
    )
    templates = Path(webapp.__path__[0]) / "templates"
    app.jinja_loader = ChoiceLoader([DictLoader({"base.html": base}), FileSystemLoader(templates)])
    languages.install(app)
    licence = {
        "name": "CC-BY-4.0",
        "title": "Creative Commons Attribution 4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
    }
    resources = {name: {"name": name, "licenses": [licence]} for name in frames}
    app.extensions["zoneatlas"] = SimpleNamespace(
        layer=lambda layer_id: frames[layer_id],
        features=lambda layer_id: export.Serialized(frames[layer_id]),
        tile=lambda layer_id, tile, _: Body.of(
            tiles.index(LAYERS[layer_id], frames[layer_id]).encode(tile)
        ),
        package={
            "title": "Tiny",
            "description": "Two layers.",
            "resources": list(resources.values()),
        },
        resource=resources.__getitem__,
        about=lambda layer_id: export.About(
            layer_id, LAYERS[layer_id].title, attribution="Somebody"
        ),
        public_url=public_url,
    )
    app.register_blueprint(ogc)
    return app


@pytest.fixture(scope="session")
def app(frames: dict[str, Any]) -> Flask:
    return make_app(frames)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def get(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json


def links(document: Any, rel: str) -> list[str]:
    return [link["href"].replace(URL, "") for link in document["links"] if link["rel"] == rel]


# What is there ------------------------------------------------------------------------------------


def test_every_link_leads_to_what_it_says(client: FlaskClient) -> None:
    """From the landing page every link of the service answers 200 with the media type it names, and
    none asks the Host.
    """
    seen: dict[str, str] = {}
    todo = [(f"{URL}/ogc", "application/json")]
    while todo:
        href, media = todo.pop()
        if href in seen or not href.startswith(URL):
            continue
        answer = client.get(href.replace(URL, ""), headers={"Host": "evil.example"})
        seen[href] = media
        assert answer.status_code == 200, href
        assert answer.content_type.split(";")[0] == media.split(";")[0], href
        assert b"evil.example" not in answer.data
        if answer.is_json:
            document = answer.get_json()
            nested = [
                part
                for name in ("collections", "tilesets", "tileMatrixSets")
                for part in document.get(name, [])
            ]
            links = [link for part in [document, *nested] for link in part.get("links", [])]
            for link in links:  # a tile, of which the link is the form: that of the whole world
                if link.pop("templated", False):
                    link["href"] = re.sub(r"\{\w+\}", "0", link["href"])
            outer = ("license", "profile")
            todo += [(link["href"], link["type"]) for link in links if link["rel"] not in outer]
        elif answer.mimetype == "text/html":
            hrefs = [unescape(href) for href in re.findall(r'<a href="([^"]*)"', answer.text)]
            todo += [(href, "text/html") for href in hrefs if "f=html" in href]
    assert len(seen) > 50, sorted(seen)


def test_the_collections_are_the_layers_with_geometry_that_the_package_holds(
    client: FlaskClient,
) -> None:
    """Policies have no geometry and parks are not in this package; extent, licence and CRS are
    told.
    """
    collections = {
        collection["id"]: collection
        for collection in get(client, "/ogc/collections")["collections"]
    }
    assert list(collections) == ["gates", "ports", "corridors"]
    assert collections["gates"]["extent"]["spatial"]["bbox"] == [[100, 20, 112, 20]]
    assert collections["gates"]["itemType"] == "feature"
    assert collections["gates"]["crs"] == ["#/crs"]
    assert collections["gates"]["attribution"] == "Somebody"
    assert links(collections["gates"], "license") == [
        "https://creativecommons.org/licenses/by/4.0/"
    ]


def test_the_openapi_document_is_valid_and_promises_what_is_read(client: FlaskClient) -> None:
    """The document validates, and lists for each layer just the parameters that its items
    accept.
    """
    answer = client.get("/ogc/api")
    assert answer.content_type == "application/vnd.oai.openapi+json;version=3.0"
    document = answer.get_json(force=True)
    validate(document)
    for layer_id in ("gates", "ports", "corridors"):
        listed = document["paths"][f"/collections/{layer_id}/items"]["get"]["parameters"]
        known = document["components"]["parameters"]
        names = [
            known[parameter["$ref"].rsplit("/", 1)[1]]["name"]
            if "$ref" in parameter
            else parameter["name"]
            for parameter in listed
        ]
        filters = parameters.filters(LAYERS[layer_id])
        assert sorted(names) == sorted({*parameters.PARAMETERS, *filters})


def test_no_field_of_a_layer_hides_a_parameter() -> None:
    """A field named like a parameter could not be selected by."""
    for layer in LAYERS.values():
        assert not set(parameters.PARAMETERS) & set(parameters.filters(layer))


# Features -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?limit=1",
        "?limit=5",
        "?limit=13",
        "?limit=4&country=VN",
        "?limit=2&bbox=103,19,108,21&lang=vi",
    ],
)
def test_every_next_link_is_reached_once(client: FlaskClient, query: str) -> None:
    """The pages hold every matched feature once, in the order of the layer, and keep all
    parameters.
    """
    path, ids, seen = f"/ogc/collections/gates/items{query}", [], []
    while path:
        assert path not in seen
        seen.append(path)
        page = get(client, path)
        assert page["numberReturned"] == len(page["features"])
        ids += [feature["id"] for feature in page["features"]]
        path = next(iter(links(page, "next")), "")
    assert page["numberMatched"] == len(ids) == len(set(ids))
    assert ids == sorted(ids, key=lambda key: int(key.split("-")[1]))


def test_prev_leads_back_to_the_beginning(client: FlaskClient) -> None:
    """From the last page, and from beyond it, prev reaches the first page."""
    for start in (12, 999):
        page = get(client, f"/ogc/collections/gates/items?limit=5&offset={start}")
        while links(page, "prev"):
            page = get(client, links(page, "prev")[0])
        assert page["features"][0]["id"] == "gates-0"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("bbox=103,19,105,21", [3, 4, 5]),
        ("bbox=103,20,105,20", [3, 4, 5]),
        ("bbox=103,20,103,20", [3]),
        ("bbox=103.1,19,103.9,21", []),
        ("bbox=103,19,0,105,21,9000", [3, 4, 5]),
        ("bbox=110,19,101,21", [0, 1, 10, 11, 12]),
        ("bbox=-1e2,-90,+.5e1,90".replace("+", "%2B"), []),
        ("bbox=103,19,105,21&bbox-crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84", [3, 4, 5]),
        ("cargo=false", [4, 5]),
        ("cargo=0", [4, 5]),
        ("cargo=1&limit=1", [0]),
        ("cargo=false&country=VN", [4]),
        ("country=CN&limit=2", [1, 3]),
        ("limit=3&offset=11", [11, 12]),
        ("offset=13", []),
        ("kind=auxiliary", []),
        ("notes=%3D1%2B2", [3]),
        ("datetime=2026-01-01T00:00:00Z&limit=1", [0]),
        ("datetime=../2026-01-02T00:00:00.5%2B07:00&limit=1", [0]),
        ("datetime=../2026-01-01T00:00:00.5%2B07:00", []),
        ("datetime=2026-01-01/&limit=1", [0]),
        ("datetime=2016-12-31t23:59:60z", []),
        ("id=gates-7", [7]),
        ("position_accuracy_m=1e2&limit=1", [0]),
        ("position_accuracy_m=99", []),
    ],
)
def test_items_are_selected(client: FlaskClient, query: str, numbers: list[int]) -> None:
    """Box, equal values, limit and offset together; a feature on the edge of the box is in it."""
    page = get(client, f"/ogc/collections/gates/items?{query}")
    assert [feature["id"] for feature in page["features"]] == [
        f"gates-{number}" for number in numbers
    ]


def test_a_limit_above_the_maximum_is_the_maximum(client: FlaskClient) -> None:
    """The standard forbids an error here."""
    for limit in ("10001", "9" * 5000, "0005"):
        assert get(client, f"/ogc/collections/gates/items?limit={limit}")["numberReturned"] == min(
            int(limit[:4]), 13
        )


def test_a_box_across_the_antimeridian_meets_both_sides(client: FlaskClient) -> None:
    """West above east goes eastwards over 180°."""
    ids = [
        feature["id"]
        for feature in get(client, "/ogc/collections/corridors/items?bbox=170,0,-170,20")[
            "features"
        ]
    ]
    assert ids == ["far-east"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=ten",
        "limit=1.5",
        "limit=",
        "limit=٣",
        "limit=1&limit=2",
        "offset=-1",
        "offset=1e3",
        "offset=" + "9" * 400,
        "bbox=1,2,3",
        "bbox=1,2,3,4,5",
        "bbox=a,b,c,d",
        "bbox=1,nan,3,4",
        "bbox=1,2,3,inf",
        "bbox=1,2,3,1e999",
        "bbox=1_0,2,3,4",
        "bbox=１,2,3,4",
        "bbox=1,5,3,4",
        "bbox=1,2,9,3,4,5",
        "bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857",
        "datetime=yesterday",
        "datetime=2026-13-01T00:00:00Z",
        "datetime=2026-01-01T00:60:00Z",
        "datetime=2026-01-01T00:00:00",
        "datetime=../..",
        "datetime=/",
        "datetime=",
        "datetime=2026-01-02/2026-01-01",
        "datetime=2026-01-01/2026-01-02/2026-01-03",
        "f=xml",
        "f=",
        "lang=<b>",
        "kind=castle",
        "country=vietnam",
        "cargo=yes",
        "notes=",
        "q=x",
        "id=Gates 1",
        "position_accuracy_m=nan",
        "position_accuracy_m=-1",
    ],
)
def test_a_bad_query_is_refused_in_json(client: FlaskClient, query: str) -> None:
    """400 with code and description, also for a browser."""
    answer = client.get(f"/ogc/collections/gates/items?{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert answer.is_json
    assert answer.json["code"] == "InvalidParameterValue"
    assert query.split("=")[0] in answer.json["description"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/conformance",
        "/api",
        "/collections",
        "/collections/gates",
        "/collections/gates/queryables",
        "/collections/gates/sortables",
        "/collections/gates/schema",
        "/collections/gates/items/gates-1",
    ],
)
def test_pages_take_no_other_parameters(client: FlaskClient, path: str) -> None:
    """Unknown parameters and formats are refused everywhere; every fault is named at once."""
    answer = client.get(f"/ogc{path}?limit=3&f=pdf")
    assert answer.status_code == 400
    assert "limit" in answer.json["description"]
    assert "f is not one of json, html" in answer.json["description"]


@pytest.mark.parametrize(
    "path",
    [
        "/x",
        "/collections/x",
        "/collections/policies",
        "/collections/parks/items",
        "/collections/gates/items/x",
        "/collections/gates/items/a/b",
    ],
)
def test_what_is_not_there_is_404_in_json(client: FlaskClient, path: str) -> None:
    """Layers without geometry, layers that the package does not hold, unknown features and
    addresses.
    """
    answer = client.get(f"/ogc{path}")
    assert answer.status_code == 404
    assert answer.json["code"] == "NotFound"


def test_writing_is_refused(client: FlaskClient) -> None:
    """Only reading is allowed, and the answer says so in JSON."""
    answer = client.post("/ogc/collections/gates/items")
    assert answer.status_code == 405
    assert answer.is_json
    assert "GET" in answer.headers["Allow"]


def test_a_fault_of_the_server_says_so_in_json_and_no_more() -> None:
    """Whatever breaks inside, a client of the API reads JSON without the inside in it."""
    app = make_app({"gates": None})
    app.logger.disabled = True
    answer = app.test_client().get("/ogc/collections/gates/items?f=html")
    assert answer.status_code == 500
    assert answer.json["code"] == "InternalServerError"
    assert "NoneType" not in answer.text


def test_addresses_with_a_slash_at_the_end_answer_the_same(client: FlaskClient) -> None:
    """No redirect, which would name the Host."""
    for path in ("/ogc", "/ogc/collections", "/ogc/collections/gates/items", "/ogc/api"):
        assert client.get(path).json == client.get(f"{path}/").json or "items" in path
        assert client.get(f"{path}/").status_code == 200


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/geo+json"),
        ("*/*", "application/geo+json"),
        ("application/geo+json", "application/geo+json"),
        ("application/json;q=0.1, text/html;q=0.9", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("image/png, */*;q=0.1", "application/geo+json"),
        ("application/vnd.oai.openapi+json", "application/geo+json"),
    ],
)
def test_the_header_accept_decides_where_f_does_not(
    client: FlaskClient, accept: str | None, media_type: str
) -> None:
    """JSON by default, HTML for browsers, and f above all."""
    headers = {"Accept": accept} if accept else {}
    answer = client.get("/ogc/collections/gates/items", headers=headers)
    assert answer.mimetype == media_type
    assert "Accept" in answer.headers["Vary"]
    assert (
        client.get("/ogc/collections/gates/items?f=json", headers=headers).mimetype
        == "application/geo+json"
    )
    assert (
        client.get("/ogc/collections/gates/items?f=html", headers=headers).mimetype == "text/html"
    )


def test_the_same_features_have_the_same_tag(client: FlaskClient) -> None:
    """The tag leaves the time out; a client that has it gets 304."""
    first = client.get("/ogc/collections/gates/items?limit=3")
    again = client.get(
        "/ogc/collections/gates/items?limit=3", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304
    other = client.get(
        "/ogc/collections/gates/items?limit=4", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert other.status_code == 200


@pytest.mark.parametrize(
    "accept",
    [
        "application/xml",
        "application/vnd.apache.parquet",
        "image/png",
        "application/geo+json;q=0, text/html;q=0, text/csv;q=0",
        "application/gml+xml;version=3.2",
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/api",
        "/collections/gates",
        "/collections/gates/items",
        "/collections/gates/items/gates-1",
    ],
)
def test_point_20_what_there_is_not_is_406(client: FlaskClient, accept: str, path: str) -> None:
    """A client that takes neither JSON nor HTML is told what there is; with f it gets what f
    says.
    """
    answer = client.get(f"/ogc{path}", headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.json["code"] == "NotAcceptable"
    assert "application/geo+json" in answer.json["description"]
    assert client.get(f"/ogc{path}?f=json", headers={"Accept": accept}).status_code == 200
    assert (
        client.get(f"/ogc{path}", headers={"Accept": f"{accept}, text/html;q=0.5"}).mimetype
        == "text/html"
    )


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "/",
            "/conformance",
            "/api",
            "/collections",
            "/collections/gates",
            "/collections/gates/queryables",
            "/x",
        ),
        *(
            "/collections/gates/items",
            "/collections/gates/items/",
            "/collections/gates/items/gates-1",
        ),
    ],
)
def test_point_18_allow_names_what_is_allowed(client: FlaskClient, path: str) -> None:
    """Every method that Allow names answers, every other is refused with the same Allow; QGIS edits
    a layer where it names POST.
    """
    allowed = client.options(f"/ogc{path}").headers["Allow"].split(", ")
    assert set(allowed) == {"GET", "HEAD", "OPTIONS"}
    for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"):
        answer = client.open(f"/ogc{path}", method=method)
        assert (answer.status_code == 405) == (method not in allowed), method
        if answer.status_code == 405:
            assert answer.headers["Allow"].split(", ") == allowed
            assert answer.is_json


def test_point_20_the_time_is_described_as_it_is_read(client: FlaskClient) -> None:
    """What the document's pattern lets pass is read, and matches all or none, for all are as of
    2026; what it stops is refused.
    """
    document = get(client, "/ogc/api?f=json")
    pattern = re.compile(document["components"]["parameters"]["datetime"]["schema"]["pattern"])
    days = (
        "2026-01-01",
        "2024-02-29",
        "0001-12-31",
        "2026-1-1",
        "0000-01-01",
        "2026-13-01",
        "2026-00-10",
        "20260101",
        "",
    )
    clocks = (
        "",
        "T00:00:00Z",
        "t23:59:60z",
        "T12:30:00.5+07:00",
        "T24:00:00Z",
        "T12:60:00Z",
        "T12:30Z",
        "T12:30:00",
        " 12:30:00Z",
    )
    times = [*(day + clock for day, clock in itertools.product(days, clocks)), ".."]
    texts = [
        *times,
        "/",
        "../..",
        *(f"{time}/.." for time in times),
        *(f"../{time}" for time in times),
        *(f"{time}/{time}" for time in times),
    ]
    read, matched = 0, set()
    for text in texts:
        answer = client.get(
            "/ogc/collections/gates/items", query_string={"datetime": text, "limit": "1"}
        )
        assert (answer.status_code == 200) == bool(pattern.search(text)), text
        if answer.status_code == 200:
            read += 1
            matched.add(answer.json["numberMatched"])
    assert matched == {0, 13}
    assert 3 * 12 <= read < len(texts) / 2


def test_unknown_is_null_and_known_comes_through(
    client: FlaskClient, frames: dict[str, Any]
) -> None:
    """A feature has every field of its layer; unknown values are null, hostile text is text."""
    document = get(client, "/ogc/collections/gates/items/gates-3")
    fields = [name for name in LAYERS["gates"].names if name not in ("id", "lon", "lat")]
    assert list(document["properties"]) == fields
    assert document["properties"]["name_en"] == HOSTILE
    assert document["properties"]["notes"] == "=1+2"
    assert document["properties"]["name_vi"] is None
    assert document["properties"]["cargo"] is True
    assert document["geometry"] == {"type": "Point", "coordinates": [103, 20]}
    assert get(client, "/ogc/collections/corridors/items/east")["properties"]["open_year"] is None
    assert (
        get(client, "/ogc/collections/corridors/items/far-east")["properties"]["open_year"] == 2030
    )
    assert frames["gates"].index.name == "id"


@pytest.mark.parametrize("path", ["/collections/gates/items", "/collections/gates/items/gates-3"])
def test_hostile_text_is_escaped_in_pages(client: FlaskClient, path: str) -> None:
    """Neither the server nor the browser runs what stands in the data."""
    text = client.get(f"/ogc{path}?f=html").text
    assert "{{7*7}}&lt;img src=x" in text
    assert "<img" not in text


# Clients ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def live(frames: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Serve the tiny app on a port of its own; the list holds the addresses that were asked for."""
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = make_app(frames)
    asked: list[str] = []
    app.before_request(lambda: asked.append(request.full_path))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    app.extensions["zoneatlas"].public_url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield app.extensions["zoneatlas"].public_url, asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def gdal() -> Iterator[Callable[..., Any]]:
    """Call pyogrio in a process of its own: it waits for the server with Python's lock in hand,
    which would stop the server.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield lambda function, *arguments, **options: pool.submit(
            function, *arguments, **options
        ).result(timeout=60)


@pytest.mark.parametrize("layer_id", ["gates", "ports", "corridors"])
def test_gdal_reads_a_layer_whole(
    gdal: Callable[..., Any], live: tuple[str, list[str]], frames: dict[str, Any], layer_id: str
) -> None:
    """GDAL's OAPIF driver follows every next link once and gets every feature."""
    url, asked = live
    asked.clear()
    read = gdal(pyogrio.read_dataframe, f"OAPIF:{url}/ogc", layer=layer_id, PAGE_SIZE=5)
    frame = frames[layer_id]
    assert read["id"].tolist() == frame.index.tolist()
    assert read["name_en"].tolist() == frame["name_en"].tolist()
    assert shapely.equals_exact(
        read.geometry.to_numpy(), frame.geometry.to_numpy(), tolerance=1e-6
    ).all()
    offsets = [path.split("offset=")[1] for path in asked if "offset=" in path]
    assert offsets == [str(start) for start in range(5, len(frame), 5)]


def test_gdal_selects_on_the_server(gdal: Callable[..., Any], live: tuple[str, list[str]]) -> None:
    """GDAL finds the layers, sends its box, and turns a condition into a parameter of the OpenAPI
    document.
    """
    url, asked = live
    assert sorted(gdal(pyogrio.list_layers, f"OAPIF:{url}/ogc")[:, 0]) == [
        "corridors",
        "gates",
        "ports",
    ]
    asked.clear()
    read = gdal(
        pyogrio.read_dataframe,
        f"OAPIF:{url}/ogc",
        layer="gates",
        bbox=(102.5, 19, 106.5, 21),
        where="country = 'VN'",
    )
    assert read["id"].tolist() == ["gates-4", "gates-6"]
    assert any("bbox=102.5" in path for path in asked)
    assert any("country=VN" in path for path in asked)
    assert gdal(pyogrio.read_dataframe, f"OAPIF:{url}/ogc", layer="gates", where="cargo = 0")[
        "id"
    ].tolist() == ["gates-4", "gates-5"]


def test_owslib_reads_the_service(live: tuple[str, list[str]]) -> None:
    """OWSLib finds the collections, the API and the queryables, and pages through the features."""
    from owslib.ogcapi.features import Features

    url, _ = live
    service = Features(f"{url}/ogc")
    assert service.feature_collections() == ["gates", "ports", "corridors"]
    assert service.conformance()["conformsTo"]
    assert service.api()["openapi"] == "3.0.3"
    assert "kind" in service.collection_queryables("ports")["properties"]
    assert service.collection("ports")["title"] == LAYERS["ports"].title
    ids = [
        service.collection_items("ports", limit=7, offset=start)["features"]
        for start in range(0, 23, 7)
    ]
    assert [feature["id"] for feature in itertools.chain(*ids)] == [f"ports-{i}" for i in range(23)]
    assert service.collection_item("ports", "ports-3")["id"] == "ports-3"
    assert urlsplit(service.response["links"][0]["href"]).netloc in url
