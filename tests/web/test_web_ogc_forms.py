"""The forms that the features of the OGC API are answered in: who gets which, and what is in it."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
import test_web_ogc as service
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from geo import crs, export
from webapp.ogc import json_fg, negotiation

app, client, frames, live, gdal = (
    service.app,
    service.client,
    service.frames,
    service.live,
    service.gdal,
)
ITEMS = "/ogc/collections/gates/items"
FEATURE = f"{ITEMS}/gates-3"
FG, OLD_FG = "application/vnd.ogc.fg+json", "application/fg+json"
PROFILE = "http://www.opengis.net/def/profile/OGC/0"
TYPES = {
    "json": "application/geo+json",
    "html": "text/html",
    "jsonfg": FG,
    "fgb": "application/flatgeobuf",
    "csv": "text/csv",
    "gpkg": "application/geopackage+sqlite3",
}
VN2000 = "http://www.opengis.net/def/crs/EPSG/0/5899"
LAT_LON = "http://www.opengis.net/def/crs/EPSG/0/4326"


def features(data: bytes, form: str) -> pd.DataFrame:
    """Read a file with GDAL."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{form}"
        path.write_bytes(data)
        return pyogrio.read_dataframe(path)


# Who gets which -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("application/flatgeobuf", "fgb"),
        ("text/csv", "csv"),
        ("application/geopackage+sqlite3", "gpkg"),
        (FG, "jsonfg"),
        ("text/csv;q=0.5, application/geopackage+sqlite3;q=0.6", "gpkg"),
        ("text/csv;q=0.5, application/geo+json;q=0.5", "json"),
        ("text/*", "html"),
        ("text/*;q=0.8, text/html;q=0.1", "csv"),
        ("application/json;q=0, */*", "json"),
        ("application/geo+json;q=0, application/json;q=0, application/*", "json"),
        ("text/csv, */*;q=0.1", "csv"),
        ("image/png, */*;q=0.1", "json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*", "json"),
        ("TEXT/CSV", "csv"),
        ("x" * 300 + "/y, text/csv", "csv"),
        ("", "json"),
    ],
)
@pytest.mark.parametrize("path", [ITEMS, FEATURE])
def test_the_best_of_what_is_accepted(
    client: FlaskClient, path: str, accept: str, form: str
) -> None:
    """The highest quality counts, of which the most specific range; the first of ours among
    equals.
    """
    answer = client.get(path, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.mimetype == TYPES[form]
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("path", [ITEMS, FEATURE])
@pytest.mark.parametrize("form", TYPES)
def test_f_says_it_above_all(client: FlaskClient, path: str, form: str) -> None:
    """Whatever the header says."""
    for accept in ("text/csv", "image/png", "*/*"):
        answer = client.get(f"{path}?f={form}", headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (200, TYPES[form])


@pytest.mark.parametrize("path", [ITEMS, FEATURE])
def test_what_there_is_not_names_what_there_is(client: FlaskClient, path: str) -> None:
    """406 with every type and its f, in JSON; a wrong f is 400."""
    answer = client.get(path, headers={"Accept": "application/gml+xml, text/csv;q=0"})
    assert (answer.status_code, answer.json["code"]) == (406, "NotAcceptable")
    for form, media in TYPES.items():
        assert f"{media} (f={form})" in answer.json["description"]
    wrong = client.get(f"{path}?f=shp", headers={"Accept": "application/gml+xml"})
    assert wrong.status_code == 400
    assert "jsonfg, fgb, csv, gpkg" in wrong.json["description"]
    assert client.get("/ogc/collections?f=csv").status_code == 400
    elsewhere = client.get("/ogc/collections", headers={"Accept": "text/csv"})
    assert elsewhere.status_code == 406
    assert "f=csv" not in elsewhere.json["description"]


@pytest.mark.parametrize("path", [ITEMS, FEATURE])
@pytest.mark.parametrize("form", TYPES)
def test_each_form_is_asked_for_in_every_way(client: FlaskClient, path: str, form: str) -> None:
    """HEAD has the headers of GET and no body; the tag of a form answers 304 for it and for no
    other; and pages are reached from each form of them.
    """
    full = client.get(path, query_string={"f": form})
    head = client.head(path, query_string={"f": form})
    assert head.data == b""
    assert head.status_code == 200
    for name in ("Content-Type", "ETag", "Vary", "Link", "Content-Disposition", "Content-Length"):
        assert head.headers.getlist(name) == full.headers.getlist(name), name
    if form == "html":
        return
    tag = {"If-None-Match": full.headers["ETag"]}
    assert client.get(path, query_string={"f": form}, headers=tag).status_code == 304
    for other in set(TYPES) - {form, "html"}:
        assert client.get(path, query_string={"f": other}, headers=tag).status_code == 200


@pytest.mark.parametrize("form", ["jsonfg", "fgb", "csv", "gpkg"])
def test_every_page_is_reached_in_one_form(client: FlaskClient, form: str) -> None:
    """Links lead on in the same form, in the header where the body has no place for them; all
    features are reached once, and every header says how many there are.
    """
    path, ids = f"{ITEMS}?limit=5&f={form}&cargo=true", []
    while path:
        answer = client.get(path)
        if form == "jsonfg":
            document = answer.get_json(force=True)
            ids += [feature["id"] for feature in document["features"]]
            following = [link for link in document["links"] if link["rel"] == "next"]
            path = following[0]["href"].replace(service.URL, "") if following else ""
            continue
        page = features(answer.data, form)
        ids += page["id"].tolist()
        assert answer.headers["OGC-NumberMatched"] == "11"
        assert answer.headers["OGC-NumberReturned"] == str(len(page))
        links = [text for text in answer.headers.getlist("Link") if 'rel="next"' in text]
        path = links[0][1 : links[0].index(">")].replace(service.URL, "") if links else ""
        assert all(f'type="{TYPES[form]}"' in text for text in links)
    expected = [f"gates-{i}" for i in range(13) if i not in (4, 5)]
    assert sorted(ids) == sorted(expected)


# What is in it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer_id", ["gates", "corridors"])
@pytest.mark.parametrize("form", ["fgb", "csv", "gpkg"])
def test_a_file_holds_what_the_export_writes(
    client: FlaskClient, frames: dict[str, gpd.GeoDataFrame], layer_id: str, form: str
) -> None:
    """Value by value; the file says what was asked for."""
    answer = client.get(f"/ogc/collections/{layer_id}/items?f={form}&country=VN")
    chosen = frames[layer_id][frames[layer_id]["country"] == "VN"]
    about = export.About(
        layer_id,
        service.LAYERS[layer_id].title,
        attribution="Somebody",
        filters={"country": "VN"},
    )
    assert answer.data == export.write(chosen, form, about)
    assert answer.headers["Content-Disposition"].endswith(f'"zone-atlas-{layer_id}.{form}"')


@pytest.mark.parametrize("form", ["fgb", "gpkg"])
def test_a_file_comes_in_a_system_with_some_properties(
    client: FlaskClient, frames: dict[str, gpd.GeoDataFrame], form: str
) -> None:
    """East before north as in every file, whatever the axes of the authority."""
    for uri, epsg in ((VN2000, 5899), (LAT_LON, 4326)):
        query = {"f": form, "crs": uri, "properties": "name_en", "limit": "13"}
        read = features(client.get(ITEMS, query_string=query).data, form).set_index("id")
        read = read.loc[frames["gates"].index]
        assert list(read.columns) == ["name_en", "geometry"]
        assert read.crs.to_epsg() == epsg
        expected = crs.transform(
            shapely.get_coordinates(frames["gates"].geometry), source=crs.WGS84, target=epsg
        )
        np.testing.assert_allclose(shapely.get_coordinates(read.geometry), expected, atol=1e-6)


def test_nothing_matched_is_a_file(client: FlaskClient) -> None:
    """An empty one that opens."""
    for form in ("fgb", "csv", "gpkg"):
        answer = client.get(f"{ITEMS}?f={form}&kind=auxiliary")
        assert answer.status_code == 200
        assert len(features(answer.data, form)) == 0


# JSON-FG ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("f=jsonfg", "*/*", FG),
        ("", FG, FG),
        ("", OLD_FG, OLD_FG),
        ("", f'application/geo+json;profile="{PROFILE}/jsonfg"', "application/geo+json"),
        ("", "application/geo+json;profile=jsonfg", "application/geo+json"),
        ("profile=jsonfg", "", "application/geo+json"),
        ("profile=jsonfg-plus&f=json", "", "application/geo+json"),
        ("profile=jsonfg", "application/geo+json", "application/geo+json"),
    ],
)
@pytest.mark.parametrize("path", [ITEMS, FEATURE])
def test_json_fg_is_geojson_with_more(
    client: FlaskClient, path: str, query: str, accept: str, media_type: str
) -> None:
    """It says which standard it keeps, its system, when, and is the GeoJSON of the same features
    otherwise.
    """
    answer = client.get(f"{path}?{query}", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    document, plain = answer.get_json(force=True), client.get(f"{path}?f=json").json
    assert document["conformsTo"] == ["http://www.opengis.net/spec/json-fg-1/1.0/conf/core"]
    assert document["coordRefSys"].endswith("/CRS84")
    (profile,) = [link["href"] for link in document["links"] if link["rel"] == "profile"]
    assert profile == f"{PROFILE}/{'jsonfg-plus' if 'plus' in query else 'jsonfg'}"
    theirs = document.pop("features", [document])
    ours = plain.pop("features", [plain])
    for feature, usual in zip(theirs, ours, strict=True):
        assert feature["time"] == {"interval": ["2026-01-01", "2026-12-31"]}
        assert feature["place"] is None
        for name in ("type", "id", "geometry", "properties"):
            assert feature[name] == usual[name]
    for name in ("numberMatched", "numberReturned", "bbox"):
        assert document.get(name) == plain.get(name)


def test_the_usual_profile_is_geojson(client: FlaskClient) -> None:
    """RFC 7946 has no members of JSON-FG, and is what comes without a word."""
    for query in ("profile=rfc7946", "f=json", ""):
        document = client.get(f"{ITEMS}?{query}").json
        assert not {"conformsTo", "coordRefSys"} & set(document)
        assert not {"place", "time"} & set(document["features"][0])
    assert client.get(f"{ITEMS}?profile=x").status_code == 400


@pytest.mark.parametrize("uri", [VN2000, LAT_LON])
@pytest.mark.parametrize("path", [ITEMS, FEATURE])
def test_another_system_stands_in_place(client: FlaskClient, path: str, uri: str) -> None:
    """What GeoJSON in that system has as geometry is the place; the geometry is empty, or in
    longitude and latitude for readers of GeoJSON.
    """
    plain, other = (client.get(path, query_string={"f": "json", **crs_}).json
                    for crs_ in ({}, {"crs": uri}))  # fmt: skip
    for profile in ("jsonfg", "jsonfg-plus"):
        query = {"profile": profile, "crs": uri, "f": "jsonfg"}
        document = client.get(path, query_string=query).get_json(force=True)
        assert document["coordRefSys"] == uri
        assert document.get("bbox") == plain.get("bbox")
        rows = [part.get("features", [part]) for part in (document, plain, other)]
        for feature, usual, there in zip(*rows, strict=True):
            assert feature["place"] == there["geometry"]
            expected = usual["geometry"] if profile == "jsonfg-plus" else None
            assert feature["geometry"] == expected


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("2026", {"interval": ["2026-01-01", "2026-12-31"]}),
        ("2024-02", {"interval": ["2024-02-01", "2024-02-29"]}),
        ("2026-11", {"interval": ["2026-11-01", "2026-11-30"]}),
        ("2026-03-07", {"date": "2026-03-07"}),
        (None, None),
        (np.nan, None),
        (pd.NA, None),
        ("last year", None),
        ("2026-13", None),
    ],
)
def test_a_date_is_a_time(date: Any, time: Any) -> None:
    """A day is a date, a month and a year are the days that they hold, unknown is null."""
    assert json_fg.time_of(date) == time


def test_gdal_reads_json_fg(client: FlaskClient, frames: dict[str, gpd.GeoDataFrame]) -> None:
    """Its driver of that name finds the system, the places and the values."""
    for uri, epsg in ((None, 4326), (VN2000, 5899)):
        query = {"f": "jsonfg"} | ({"crs": uri} if uri else {})
        data = client.get(ITEMS, query_string=query).data
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(data)
            file.flush()
            assert pyogrio.read_info(f"JSONFG:{file.name}")["driver"] == "JSONFG"
            read = pyogrio.read_dataframe(f"JSONFG:{file.name}")
        expected = crs.transform(
            shapely.get_coordinates(frames["gates"].geometry), source=crs.WGS84, target=epsg
        )
        np.testing.assert_allclose(shapely.get_coordinates(read.geometry), expected, atol=1e-3)
        assert read["name_en"].tolist() == frames["gates"]["name_en"].tolist()


# What is said of it -------------------------------------------------------------------------------


def test_the_document_lists_what_is_answered(client: FlaskClient) -> None:
    """Each media type of features is in the OpenAPI document, and no other; f takes those words."""
    document = client.get("/ogc/api").get_json(force=True)
    validate(document)
    for path in ("items", "items/{featureId}"):
        described = document["paths"][f"/collections/gates/{path}"]["get"]
        assert set(described["responses"]["200"]["content"]) == set(TYPES.values())
        refs = [
            each["$ref"].rsplit("/", 1)[1] for each in described["parameters"] if "$ref" in each
        ]
        known = {name: document["components"]["parameters"][name] for name in refs}
        (f,) = [each for each in known.values() if each["name"] == "f"]
        assert f["schema"]["enum"] == list(TYPES)
    landing = document["paths"]["/"]["get"]
    assert set(landing["responses"]["200"]["content"]) == {"application/json", "text/html"}


def test_a_collection_links_to_each_form(client: FlaskClient) -> None:
    """And so does each page of features, to the others."""
    collection = client.get("/ogc/collections/gates").json
    items = {link["type"] for link in collection["links"] if link["rel"] == "items"}
    assert items == set(TYPES.values())
    for form in TYPES:
        if form in ("json", "jsonfg"):
            links = client.get(f"{ITEMS}?f={form}").get_json(force=True)["links"]
            assert [link["type"] for link in links if link["rel"] == "self"] == [TYPES[form]]
            others = {link["type"] for link in links if link["rel"] == "alternate"}
            assert others == set(TYPES.values()) - {TYPES[form]}
    page = client.get(f"{ITEMS}?f=html").text
    assert all(f"f={form}" in page for form in TYPES if form != "html")


def test_files_are_written_behind_the_turnstile(
    frames: dict[str, gpd.GeoDataFrame],
) -> None:
    """A file computes, so it waits for its turn; a page that is kept does not."""
    app = service.make_app(frames)
    turns: list[str] = []

    def behind(view: Callable[..., Any]) -> Callable[..., Any]:
        def turned(**values: Any) -> Any:
            turns.append(view.__name__)
            return view(**values)

        return turned

    app.extensions["zoneatlas.behind_turnstile"] = behind
    client = app.test_client()
    for form in TYPES:
        before = len(turns)
        assert client.get(f"{ITEMS}?f={form}").status_code == 200
        assert (len(turns) > before) == (form in negotiation.FILES)


def test_a_hostile_header_is_a_header(app: Flask) -> None:
    """Whatever stands in Accept, the answer is one of those there are, or 406 in JSON."""
    client = app.test_client()
    for accept in (
        "text/csv;q=nan",
        "text/csv;q=-1",
        "text/csv;q=1e999",
        ";;;,,,",
        "*",
        "/",
        "text/csv;profile=" + '"' * 99,
        ",".join(f"a/b{i}" for i in range(2000)),
        "{{7*7}}/x",
        "application/geo+json;profile",
    ):
        answer = client.get(ITEMS, headers={"Accept": accept})
        assert answer.status_code in (200, 406)
        if answer.status_code == 406:
            assert json.loads(answer.data)["code"] == "NotAcceptable"
    assert io.BytesIO(answer.data).read()
