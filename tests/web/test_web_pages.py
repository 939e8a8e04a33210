"""The pages for people: what each one says, and where its links lead."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit
from xml.etree import ElementTree

import ezdxf
import openpyxl
import polars as pl
import pyogrio
import pyproj
import pytest
from ezdxf.document import Drawing
from ezdxf.entities import DXFGraphic
from flask import Flask
from flask.testing import FlaskClient
from web import Page, read

from geo import crs, export, layers
from geo.roads import storage
from geo.roads.network import Network
from geo.schema import LAYERS
from geo.search import OTHERS
from webapp import create_app, labels
from webapp.explore import pages
from webapp.labels import label

pytest_plugins = ("web",)

PLACES = [layer.id for layer in LAYERS.values() if layer.place]
DRAWN = [layer.id for layer in LAYERS.values() if layer.geometry]
HOLES = re.compile(r"<NA>|\b(nan|NaN|NaT|None|undefined|Infinity)\b|%\(\w+\)")
OURS = ("http://localhost", "http://127.0.0.1:8000")
ALIKE = 3
"""So many addresses that differ only in the values of their query are visited; each path is visited
once at least.
"""
LAND, SEA = {"lon": 106.68, "lat": 20.86}, {"lon": 108.0, "lat": 20.4}


def ours(page_url: str, href: str) -> str | None:
    """Return path and query of a link of ours, None for another host's."""
    url = urljoin(page_url, href)
    return (
        url.removeprefix(urlsplit(url).scheme + "://" + urlsplit(url).netloc).split("#")[0] or "/"
        if url.startswith(OURS)
        else None
    )


def crawl(app: Flask) -> tuple[dict[str, Page], dict[str, int]]:
    """Follow every link of ours from the map on: the pages by address, the status of every
    address.
    """
    client, read_pages, status = app.test_client(), {}, {}
    todo, seen, alike = ["/"], {"/"}, {}
    while todo:
        url = todo.pop()
        answer = client.get(url, headers={"Accept": "text/html"})
        status[url] = answer.status_code
        if answer.mimetype != "text/html":
            answer.close()
            continue
        page = Page(answer.text)
        if (
            answer.status_code < 300 or answer.status_code >= 400
        ):  # what leads on has a link to where it leads
            read_pages[url] = page
        wanted = [
            link.href for link in page.links if "hreflang" not in link.attributes
        ]  # other languages have their own tests
        wanted += [
            attributes.get("src") or attributes.get("href", "")
            for tag, attributes in page.elements
            if tag in ("script", "link", "img")
        ]
        for href in filter(None, (ours(f"http://localhost{url}", href) for href in wanted if href)):
            if href in seen:
                continue
            seen.add(href)
            path, _, query = href.partition("?")
            parts = path.split("/")
            if (
                len(parts) > 3 and parts[1] == "sites"
            ):  # factsheets are slow, and have their own tests
                form, limit = parts[-1], 1
            elif path.endswith(".pdf"):  # slow as well, with tests of their own
                form, limit = path, 1
            elif parts[1] == "sites":  # each site once, some of them also for another vehicle
                form, limit = (path, ALIKE) if len(status) < 20 else (path, 1)
            elif parts[-2] == "items":  # features of the OGC API have their own tests
                form, limit = "/".join(parts[:-1]), ALIKE
            else:
                form, limit = f"{path}?{sorted(name for name, _ in parse_qsl(query))}", ALIKE
            alike[form] = alike.get(form, 0) + 1
            if alike[form] <= limit:
                todo.append(href)
    return read_pages, status


@pytest.fixture(scope="module")
def crawled(app: Flask) -> tuple[dict[str, Page], dict[str, int]]:
    """Every page of the bundled data, read once."""
    return crawl(app)


def site_links(page: Page) -> list[str]:
    return [
        link.href.split("/")[2]
        for link in page.links
        if re.fullmatch(r"/sites/[a-z0-9-]+", link.href)
    ]


def body_rows(page: Page) -> list[dict[str, str]]:
    """Return the rows of the only table, by its column heads."""
    head, *rows = page.rows
    return [dict(zip(head, row, strict=True)) for row in rows if len(row) == len(head)]


# Every page, every link ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/table",
        "/data",
        "/ogc",
        "/ogc/api?f=html",
        "/basemap.pmtiles",
        "/favicon.ico",
        "/access?lon=107&lat=21.5",
    ],
)
def test_each_kind_of_page_answers(client: FlaskClient, path: str) -> None:
    """Every kind of page answers."""
    with client.get(path) as answer:
        assert answer.status_code == 200


def test_every_link_of_ours_leads_somewhere(
    crawled: tuple[dict[str, Page], dict[str, int]],
) -> None:
    """No link from any page to any of ours is broken."""
    _, status = crawled
    assert len(status) > 400
    assert {url: code for url, code in status.items() if code >= 400} == {}


def test_every_page_is_whole(crawled: tuple[dict[str, Page], dict[str, int]]) -> None:
    """Every page has a title, a language, one main heading, and each id once; what it skips to is
    there.
    """
    for url, page in crawled[0].items():
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), url
        assert page.one("html")["lang"] == "en"
        assert sum(tag == "title" for tag, _ in page.elements) >= 1
        assert sum(tag == "h1" for tag, _ in page.elements) == 1, url
        assert "content" in ids
        assert not HOLES.search(page.text), f"{url}: {HOLES.search(page.text)}"


def test_every_place_has_a_page_without_holes(
    app: Flask, crawled: tuple[dict[str, Page], dict[str, int]]
) -> None:
    """The page of every park, gate, port, airport and city names it in each of its scripts and says
    how it is known; an unknown former province is not an empty bracket.
    """
    store = app.extensions["zoneatlas"]
    read_pages = {urlsplit(url).path: page for url, page in crawled[0].items()}
    for layer_id in PLACES:
        for key, row in store.layer(layer_id).iterrows():
            page = read_pages[f"/sites/{key}"]
            assert page.headings[0] == row["name_en"]
            for name in ("name_vi", "name_zh"):
                assert isinstance(row[name], float) or row[name] in page.text
            assert label(row["source_kind"]) in page.text
            assert "(formerly )" not in page.text


def test_unknown_facts_stand_as_unknown(
    app: Flask, crawled: tuple[dict[str, Page], dict[str, int]]
) -> None:
    """A park without area, rent or occupancy says unknown, never zero."""
    parks = app.extensions["zoneatlas"].layer("parks")
    read_pages = {urlsplit(url).path: page for url, page in crawled[0].items()}
    for column, title in (
        ("area_ha", "Area"),
        ("rent_term_low_usd_m2", "Land rent, whole lease term"),
        ("occupancy_pct", "Occupancy"),
    ):
        unknown = parks.index[parks[column].isna()]
        assert len(unknown)
        for key in unknown:
            assert read_pages[f"/sites/{key}"].facts[title] == "unknown"


def test_another_region_is_another_folder(make_app: Callable[..., Flask], toy: Path) -> None:
    """A package of two made-up countries, without basemap or borders, has all pages too, and no
    word of the bundled region.
    """
    read_pages, status = crawl(make_app(toy))
    assert {url: code for url, code in status.items() if code >= 400} == {}
    assert "/sites/west-park" in status
    for url, page in read_pages.items():
        text = page.text
        for description in (
            field.description
            for layer in LAYERS.values()
            for field in layer.fields
            if field.description
        ):
            text = text.replace(
                description, ""
            )  # what the fields mean is the same for all packages
        for system in crs.systems().values():  # as is what a download may be projected to
            text = text.replace(system, "")
        assert not re.search(r"Viet Nam|China|Quang Ninh|Guangxi", text), url


def test_a_point_in_a_package_without_borders_is_told_why_it_has_no_access(
    make_app: Callable[..., Flask], toy: Path, tmp_path: Path
) -> None:
    """Where the package draws no countries, a way could cross an open border: page, sheet and API
    say why there is none; what needs no roads is there.
    """
    bare = tmp_path / "bare"
    shutil.copytree(toy, bare)
    shutil.rmtree(bare / "basemap")
    client = make_app(bare).test_client()
    for query in ({}, {"part": "sheet"}):
        page = read(client, "/access", 404, lon=100.1, lat=0, profile="car", **query)
        assert "not known on which side of a border the point lies" in page.text
        assert "basemap/countries.geojson" in page.text
    for path in (
        "/api/access?lon=100.1&lat=0",
        "/api/times?lon=100.1&lat=0",
        "/api/route?from=100.1,0&to=east-park",
    ):
        answer = client.get(path)
        assert answer.status_code == 404
        sentence = answer.get_json()["description"]
        assert "side of a border" in sentence or "close the border" in sentence
        assert "basemap/countries.geojson" in sentence
    assert "to close the border" in read(client, "/sites/west-park", 404).text
    assert "West Park" in client.get("/download/parks.csv").text


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_relative_data_folder_serves_its_basemap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The basemap comes from the folder that the operator named, seen from where the server was
    started.
    """
    shutil.copytree(layers.bundled(), tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    if how == "environment":
        monkeypatch.setenv("ZONEATLAS_DATA", "mine")
        client = create_app({"HOME": str(tmp_path)}).test_client()
    else:
        client = create_app({"HOME": "home", "DATA": "mine"}).test_client()
    monkeypatch.chdir("/")
    with client.get("/basemap.pmtiles", headers={"Range": "bytes=0-6"}) as answer:
        assert (answer.status_code, answer.data) == (206, b"PMTiles")
    assert client.get("/sites/hai-yen-ip").status_code == 200


# The table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer_id", DRAWN)
def test_the_table_has_what_the_map_has(client: FlaskClient, layer_id: str) -> None:
    """The table twin lists the features that the map draws, in the same order, by the same
    names.
    """
    payload = client.get(f"/api/map/{layer_id}.json").get_json()
    drawn = [dict(zip(payload["columns"], row, strict=True)) for row in payload["rows"]]
    page = read(client, "/table", layer=layer_id)
    names = [row["Name"] for row in body_rows(page)]
    assert len(names) == len(drawn)
    assert all(shown.startswith(row["name_en"]) for shown, row in zip(names, drawn, strict=True))
    if layer_id in PLACES:
        assert site_links(page) == [row["id"] for row in drawn]


def test_the_table_says_of_each_park_what_the_map_says(client: FlaskClient) -> None:
    """Kind, status, province and the nearest gate in the table are those of the map's payload."""
    payload = client.get("/api/map/parks.json").get_json()
    gates = {row["id"]: row["name_en"] for row in map_rows(client, "gates")}
    rows = body_rows(read(client, "/table"))
    for shown, row in zip(rows, payload["rows"], strict=True):
        park = dict(zip(payload["columns"], row, strict=True))
        assert shown["Kind"] == label(park["kind"])
        assert shown["Status"] == label(park["status"])
        assert shown["Province"] == park["province_en"]
        assert (
            shown["Nearest gate"].endswith(gates[park["gate"]])
            if park["gate"]
            else shown["Nearest gate"] == "none by road"
        )


def map_rows(client: FlaskClient, layer_id: str) -> list[dict[str, Any]]:
    payload = client.get(f"/api/map/{layer_id}.json").get_json()
    return [dict(zip(payload["columns"], row, strict=True)) for row in payload["rows"]]


def test_an_unknown_area_is_not_zero_in_the_table(client: FlaskClient) -> None:
    """A park without area shows unknown, and no park shows 0."""
    unknown = [park["area_ha"] is None for park in map_rows(client, "parks")]
    shown = [row["Area, ha"] for row in body_rows(read(client, "/table"))]
    assert any(unknown)
    assert [text.startswith("unknown") for text in shown] == unknown
    assert not any(re.match(r"0\b", text) for text in shown)


def test_a_remembered_area_says_so(client: FlaskClient) -> None:
    """A remembered area has a word beside it, one read on a page has not."""
    for park, row in zip(map_rows(client, "parks"), body_rows(read(client, "/table")), strict=True):
        assert ("unverified" in row["Area, ha"]) == (park["area_kind"] == "memory")


def test_filters_compose(client: FlaskClient) -> None:
    """Two filters keep what each of them keeps, and the kinds together keep everything."""
    parks = map_rows(client, "parks")
    everything = [park["id"] for park in parks]

    def kept(**query: Any) -> list[str]:
        return site_links(read(client, "/table", **query))

    by_kind = {kind: kept(kind=kind) for kind in sorted({park["kind"] for park in parks})}
    by_status = {
        status: kept(status=status) for status in sorted({park["status"] for park in parks})
    }
    assert (
        sorted(itertools.chain(*by_kind.values()))
        == sorted(itertools.chain(*by_status.values()))
        == sorted(everything)
    )
    for kind, status in itertools.product(list(by_kind)[:3], by_status):
        assert kept(kind=kind, status=status) == [
            key for key in by_kind[kind] if key in by_status[status]
        ]
    first, second = list(by_kind)[:2]
    assert kept(kind=[first, second]) == [
        key for key in everything if key in (*by_kind[first], *by_kind[second])
    ]
    assert kept(country="VN", sector="logistics", province="Quang Ninh") == [
        park["id"]
        for park in parks
        if park["country"] == "VN"
        and park["province_en"] == "Quang Ninh"
        and "logistics" in (park["sectors"] or "").split(";")
    ]


def test_a_box_keeps_what_lies_in_it(client: FlaskClient) -> None:
    """The parks of a box are those whose point lies in it, its rim included."""
    west, south, east, north = 106.0, 20.5, 107.2, 21.2
    inside = [
        park["id"]
        for park in map_rows(client, "parks")
        if west <= park["shape"][0] / 1e5 <= east and south <= park["shape"][1] / 1e5 <= north
    ]
    assert inside
    assert site_links(read(client, "/table", bbox=f"{west},{south},{east},{north}")) == inside


@pytest.mark.parametrize(
    ("typed", "hit"),
    [
        ("mong cai", "mong-cai-bgez"),
        ("Móng Cái", "mong-cai-bgez"),
        ("MONG  CAI", "mong-cai-bgez"),
        ("芒街", "mong-cai-bgez"),
        ("cai mong", "mong-cai-bgez"),
        ("van don", "van-don-ez"),
        ("Đồng Văn", "hoanh-mo-dong-van-bgez"),
        ("binh lieu", "hoanh-mo-dong-van-bgez"),
    ],
)
def test_search_reads_any_of_the_names(client: FlaskClient, typed: str, hit: str) -> None:
    """A site is found by each of its names and its former district, without diacritics, case, or
    order of words.
    """
    assert hit in site_links(read(client, "/table", q=typed))


@pytest.mark.parametrize(("column", "count"), [("province_former_en", 5), ("district", 20)])
def test_search_knows_former_units(
    app: Flask, client: FlaskClient, column: str, count: int
) -> None:
    """Every park is found under its province or district of before July 2025."""
    parks = app.extensions["zoneatlas"].layer("parks")
    former = parks[parks[column].notna()].drop_duplicates(column).iloc[:count]
    assert len(former) == count
    for key, row in former.iterrows():
        assert key in site_links(read(client, "/table", q=row[column].split(";")[0]))


def test_search_for_nothing_says_so(client: FlaskClient) -> None:
    """A search without a find shows no row and a sentence."""
    page = read(client, "/table", q="atlantis")
    assert site_links(page) == []
    assert "No rows match" in page.text


def test_sorts_put_unknown_last_and_lose_nothing(client: FlaskClient) -> None:
    """Each order keeps every park; areas fall, times rise, the unknown come last."""
    everything = sorted(park["id"] for park in map_rows(client, "parks"))
    by_id = {park["id"]: park for park in map_rows(client, "parks")}
    for sort in ("name", "area", "gate", "port", "airport"):
        order = site_links(read(client, "/table", sort=sort))
        assert sorted(order) == everything
        if sort == "area":
            areas = [by_id[key]["area_ha"] for key in order]
            known = [area for area in areas if area is not None]
            assert areas == sorted(known, reverse=True) + [None] * (len(areas) - len(known))
        if sort in ("gate", "port"):
            times = [by_id[key][f"{sort}_s"] for key in order]
            known = [time for time in times if time is not None]
            assert times == sorted(known) + [None] * (len(times) - len(known))


def test_the_pager_reaches_every_row_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Following “Next” from the first page shows each row once, the filter kept."""
    monkeypatch.setattr(pages, "ROWS", 30)
    wanted = [park["id"] for park in map_rows(client, "parks") if park["country"] == "VN"]
    assert len(wanted) > 60
    url, seen = "/table?country=VN", []
    while url:
        page = read(client, url)
        seen += site_links(page)
        url = next((link.href for link in page.links if link.attributes.get("rel") == "next"), "")
    assert seen == wanted


def test_the_form_of_the_table_keeps_the_filter(client: FlaskClient) -> None:
    """What was chosen stays chosen in the form, and the downloads and the map take the same
    filter.
    """
    page = read(client, "/table", q="cai", kind="industrial_park", country="VN")
    selected = {
        attributes["value"]
        for tag, attributes in page.elements
        if tag == "option" and "selected" in attributes
    }
    assert {"industrial_park", "VN"} <= selected
    texts = [attributes for tag, attributes in page.elements if attributes.get("name") == "q"]
    assert [text["value"] for text in texts] == ["cai", "cai"]  # to choose again, and to download
    for link in page.links:
        if link.href.startswith("/download/") or link.text == "on the map":
            assert dict(parse_qsl(urlsplit(link.href).query)) == {
                "q": "cai",
                "kind": "industrial_park",
                "country": "VN",
            }


# Access from a point ------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["car", "truck"])
def test_a_point_on_land_is_told_its_times(client: FlaskClient, profile: str) -> None:
    """A point in Hai Phong has a nearest gate, port and airport, its times are ranges, and it says
    how far the road is.
    """
    page = read(client, "/access", **LAND, profile=profile)
    assert {"Nearest container port", "Nearest airport"} <= set(page.headings)
    times = [row[1] for row in page.rows if len(row) > 4 and re.search("[0-9] (min|h)", row[1])]
    assert len(times) > 150
    assert all("–" in time for time in times)
    assert re.search(r"[\d.,]+ k?m to the nearest road", page.text.replace("\xa0", " "))
    assert "At sea" not in page.text
    assert len(site_links(page)) > 150


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        (SEA, "at sea or outside"),
        (
            {"lon": 106.95, "lat": 20.6},
            "at sea or outside",
        ),  # twelve kilometres from the nearest quay
        ({"lon": 0, "lat": 90}, "at sea or outside"),
        ({"lon": 0, "lat": -90}, "at sea or outside"),
        ({"lon": 180, "lat": 0}, "at sea or outside"),
        ({"lon": -180, "lat": 0}, "at sea or outside"),
        ({"lon": 101.7, "lat": 25.8}, "No accessible road lies within"),
    ],
)
def test_a_point_without_a_road_is_told_so(
    client: FlaskClient, where: dict[str, float], sentence: str
) -> None:
    """At sea, at the poles, at the date line and 80 km from any road the answer says why there is
    no time.
    """
    page = read(client, "/access", **where)
    assert sentence in page.text
    assert not site_links(page)


def test_access_from_a_site_is_its_page(client: FlaskClient) -> None:
    """Access from a site leads to the page of the site, the vehicle kept."""
    answer = client.get("/access?site=van-don-ez&profile=car")
    assert answer.status_code == 302
    assert answer.location == "/sites/van-don-ez?profile=car"


def test_the_vehicle_changes_the_times(client: FlaskClient) -> None:
    """A truck is nowhere faster than a car, and its page says which vehicle it is, and on what day
    it passes the border.
    """
    car, truck = (
        read(client, "/sites/van-don-ez", profile=profile) for profile in ("car", "truck")
    )
    assert car.text != truck.text
    for page, names in ((car, ["Car"]), (truck, ["Container truck", "quick, 1.5 h"])):
        switched = [
            link.text
            for link in page.links
            if {"data-switch", "aria-current"} <= link.attributes.keys()
        ]
        assert switched == [*names, "Today"]


def test_a_fragment_is_the_page_without_its_frame(client: FlaskClient) -> None:
    """The sheet of a site is its page without head and navigation; the slider that draws an area
    stands only there, beside the map.
    """
    sheet, page = (read(client, "/sites/van-don-ez", **more) for more in ({"part": "sheet"}, {}))
    assert not [tag for tag, _ in sheet.elements if tag in ("html", "nav", "script")]
    slider = "Area reached 60 min "
    assert (sheet.text.count(slider), page.text.count(slider)) == (1, 0)
    assert sheet.text.replace(slider, "") in page.text


# Downloads ----------------------------------------------------------------------------------------

FORMATS = list(export.FORMATS.values())


def ending(format_: export.Format) -> str:
    """Return what the address of a download ends with: a drawing needs a system in metres."""
    return format_.extension + ("?epsg=32648" if format_.needs_metres else "")


def count(data: bytes, format_id: str) -> int:
    """Count the features of a file with a reader of its own."""
    if format_id == "geojson":
        document = json.loads(data)
        assert document["about"]["count"] == len(document["features"])
        return len(document["features"])
    if format_id == "csv":
        return sum(1 for _ in csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    if format_id == "kml":
        return sum(
            1
            for element in ElementTree.fromstring(data).iter()
            if element.tag.endswith("}Placemark")
        )
    if format_id == "xlsx":
        return len(list(openpyxl.load_workbook(io.BytesIO(data))["Data"])) - 1
    if format_id == "parquet":
        return len(pl.read_parquet(data))
    if format_id == "dxf":
        drawing = ezdxf.read(io.TextIOWrapper(io.BytesIO(data)))
        return len({tags.get_xdata("ZONE_ATLAS")[0].value for tags in shapes_of(drawing)})
    with laid_down(data, format_id) as path:
        return len(pyogrio.read_dataframe(path))


def shapes_of(drawing: Drawing) -> list[DXFGraphic]:
    return [entity for entity in drawing.modelspace() if entity.dxftype() != "MTEXT"]


@contextmanager
def laid_down(data: bytes, format_id: str) -> Iterator[Path]:
    """Lay a file down under a name that its reader accepts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"layer.{export.get(format_id).extension}"
        path.write_bytes(data)
        yield path


@pytest.mark.parametrize("layer_id", LAYERS)
@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.id)
def test_a_download_is_the_whole_layer(
    app: Flask, client: FlaskClient, layer_id: str, format_: export.Format
) -> None:
    """Every layer comes whole in every format that can hold it, the same bytes each time, under a
    name of its own.
    """
    url = f"/download/{layer_id}.{ending(format_)}"
    first, second = client.get(url), client.get(url)
    if format_.needs_geometry and not LAYERS[layer_id].geometry:
        assert first.status_code == 400
        assert "take" in Page(first.text).text
        return
    assert first.status_code == 200
    assert first.mimetype == format_.media_type.split(";")[0]
    assert (
        first.headers["Content-Disposition"]
        == f'attachment; filename="zone-atlas-{layer_id}.{format_.extension}"'
    )
    assert first.data == second.data
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert count(first.data, format_.id) == len(app.extensions["zoneatlas"].layer(layer_id))


@pytest.mark.parametrize("extension", ["geojson", "csv"])
def test_a_large_download_is_sent_while_it_is_written(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, extension: str
) -> None:
    """It is the same file, comes in several parts, and a client that goes away after the first
    does no harm.
    """
    url = f"/download/parks.{extension}"
    whole = client.get(url).data
    for module in ("geojson", "csv_table"):
        monkeypatch.setattr(f"geo.export.{module}.ROWS_AT_ONCE", 50)
    monkeypatch.setattr("webapp.explore.downloads.LARGE_ROWS", 100)
    assert client.get(url).data == whole
    answer = client.get(url, buffered=False)
    parts = iter(answer.response)
    assert whole.startswith(next(parts))
    assert len(whole) > 3 * len(next(parts))
    answer.close()
    assert client.get(url).data == whole


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.id)
def test_a_download_takes_the_filter(client: FlaskClient, format_: export.Format) -> None:
    """The filtered download holds the rows that the table shows, and its name says that it is
    filtered.
    """
    query = {"q": "quang ninh", "country": "VN", "status": "operating"}
    epsg = {"epsg": 32648} if format_.needs_metres else {}
    answer = client.get(f"/download/parks.{format_.extension}", query_string=query | epsg)
    assert count(answer.data, format_.id) == len(site_links(read(client, "/table", **query))) > 0
    assert "parks-filtered" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.id)
def test_a_download_in_another_system(client: FlaskClient, format_: export.Format) -> None:
    """Formats that can hold VN-2000 come in it; the others refuse with a sentence that names those
    which can.
    """
    answer = client.get(f"/download/parks.{format_.extension}?epsg=5899&country=VN")
    if not format_.any_crs:
        assert answer.status_code == 400
        assert "EPSG:5899" in Page(answer.text).text
        return
    assert answer.status_code == 200
    if format_.id in ("xlsx", "parquet", "dxf"):
        assert count(answer.data, format_.id) > 100  # where they lie, tests of the export look at
    elif format_.id == "csv":
        row = next(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert 100_000 < float(row["x"]) < 900_000
        assert 2_000_000 < float(row["y"]) < 3_000_000
    else:
        with laid_down(answer.data, format_.id) as path:
            assert "VN-2000 / TM-3 107-45" in pyproj.CRS(pyogrio.read_info(path)["crs"]).name


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.id)
def test_access_is_a_download_too(app: Flask, client: FlaskClient, format_: export.Format) -> None:
    """The access table of a site and of a point comes in every format, every destination in it."""
    store = app.extensions["zoneatlas"]
    wanted = sum(len(store.layer(name)) for name in ("gates", "ports", "airports", "cities"))
    for query in ({"site": "van-don-ez"}, LAND, SEA):
        epsg = {"epsg": 32648} if format_.needs_metres else {}
        answer = client.get(f"/download/access.{format_.extension}", query_string=query | epsg)
        assert answer.status_code == 200
        assert count(answer.data, format_.id) == wanted


def test_an_empty_download_is_a_file_too(client: FlaskClient) -> None:
    """A filter that keeps nothing gives a file without rows, in every format."""
    for format_ in FORMATS:
        epsg = {"epsg": 32648} if format_.needs_metres else {}
        query = {"q": "atlantis"} | epsg
        answer = client.get(f"/download/parks.{format_.extension}", query_string=query)
        assert answer.status_code == 200, format_.id
        assert count(answer.data, format_.id) == 0


# What goes wrong ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/sites/nothing",
        "/download/parks.exe",
        "/download/nothing.csv",
        "/api/map/nothing.json",
        "/ogc/nothing",
        "/static/nothing.js",
    ],
)
def test_what_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    """What is not there says so in a sentence, as a page or as JSON."""
    answer = client.get(path)
    assert answer.status_code == 404
    sentence = answer.get_json()["description"] if answer.is_json else Page(answer.text).text
    assert re.search(r"There is no", sentence)


def test_a_method_that_is_not_there_is_405(client: FlaskClient) -> None:
    """Every page can only be read, and says so."""
    for path in ("/", "/table", "/sites/van-don-ez", "/api/map/parks.json", "/ogc/collections"):
        for method in ("POST", "PUT", "DELETE"):
            answer = client.open(path, method=method)
            assert answer.status_code == 405, (method, path)
            assert "GET" in answer.headers["Allow"]


def test_the_network_must_exist(client: FlaskClient) -> None:
    """A road network that is not there is named, with those that are."""
    page = read(client, "/sites/van-don-ez", 404, network="nothing")
    assert "main-roads" in page.text


def test_a_foreign_host_is_refused(make_app: Callable[..., Flask]) -> None:
    """The app answers under its own names only."""
    client = make_app(
        PUBLIC_URL="https://atlas.example", TRUSTED_HOSTS="other.example"
    ).test_client()
    for host, status in (
        ("evil.example", 400),
        ("atlas.example.evil.example", 400),
        ("atlas.example", 200),
        ("other.example", 200),
        ("localhost", 200),
    ):
        assert client.get("/data", headers={"Host": host}).status_code == status, host
        assert client.get("/ogc?f=json", headers={"Host": host}).status_code == status, host


def test_links_that_leave_a_page_use_the_public_address(make_app: Callable[..., Flask]) -> None:
    """Whatever host was asked, what one copies and connects to begins with the configured
    address.
    """
    client = make_app(PUBLIC_URL="https://atlas.example").test_client()
    headers = {
        "Host": "localhost:1234",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
    }
    site = Page(client.get("/sites/van-don-ez", headers=headers).text)
    assert [link.href for link in site.links if link.text == "Full page"] == [
        "https://atlas.example/sites/van-don-ez"
    ]
    for path in (
        "/data",
        "/ogc?f=json",
        "/ogc/collections/parks/items?limit=2&f=json",
        "/sites/van-don-ez",
        "/",
    ):
        text = client.get(path, headers=headers).text
        assert "evil.example" not in text
        assert "localhost:1234" not in text
    assert "https://atlas.example/ogc" in client.get("/data", headers=headers).text


def test_the_data_page_says_what_each_layer_is(app: Flask, client: FlaskClient) -> None:
    """Each layer stands on the data page with its count, sources and licence, and every field with
    how often it is known.
    """
    store, page = app.extensions["zoneatlas"], read(client, "/data")
    for layer in store.held():
        about = store.about(layer.id)
        assert f"{about.title} {about.total}" in page.headings
        assert about.licence in page.text
        assert all(source in page.text for source in about.sources)
        frame = store.layer(layer.id)
        for field in layer.fields:
            if field.name in frame:
                shown = [
                    row
                    for row in page.rows
                    if row[0] == field.name and row[-1].endswith(f"/ {about.total}")
                ]
                assert f"{frame[field.name].notna().sum()} / {about.total}" in [
                    row[-1] for row in shown
                ]


def test_search_in_the_browser_and_on_the_server_agree(client: FlaskClient) -> None:
    """The map gets every column that the server's search reads, some with the index."""
    columns = {*client.get("/api/map/parks.json").get_json()["columns"]}
    columns |= {*itertools.chain(*client.get("/api/search.json").get_json()["found_by"].values())}
    assert {"name_en", "name_vi", "name_zh", "province_en", "province_former_en"} <= columns
    assert {name for name in OTHERS if LAYERS["parks"].has(name)} <= columns


def test_saved_network_can_be_chosen(real_network: Network, tmp_path: Path) -> None:
    """A network that was imported stands beside the main roads on every sheet, and its links keep
    it.
    """
    storage.save(real_network.prepared(), tmp_path / "networks" / "again")
    client = create_app({"HOME": tmp_path}).test_client()
    pages = {
        name: client.get(f"/sites/dong-mai-ip?part=sheet&network={name}").get_data(as_text=True)
        for name in ("main-roads", "again")
    }
    for page in pages.values():
        assert "Main roads" in Page(page).text
        assert "network=again" in page
    times = {name: re.findall(r'<p class="time">(.*?)</p>', page) for name, page in pages.items()}
    assert times["again"] == times["main-roads"]
    assert len(times["again"]) == 3
    assert (
        "to=mong-cai-bac-luan-2&amp;site=dong-mai-ip&amp;profile=truck&amp;network=again"
        in pages["again"]
    )
    route = client.get("/api/route?from=dong-mai-ip&to=huu-nghi&network=again").get_json()
    assert route["travel_time_s"] == pytest.approx(
        client.get("/api/route?from=dong-mai-ip&to=huu-nghi").get_json()["travel_time_s"]
    )
    assert client.get("/sites/dong-mai-ip?network=nowhere").status_code == 404


@pytest.mark.parametrize(
    ("write", "seconds", "text"),
    [
        (labels.about, 10, "≈ 5 min"),
        (labels.about, 7200, "≈ 2 h"),
        (labels.duration, None, "unreachable"),
        (labels.duration, 10, "1 min"),
        (labels.duration, 600, "8–12 min"),
        (labels.duration, 1800, "25–35 min"),
        (labels.duration, 3300, "45 min – 1 h 5 min"),
        (labels.duration, 7200, "1 h 40 min – 2 h 20 min"),
    ],
)
def test_a_time_is_never_falsely_exact(
    app: Flask, write: Callable[[Any], str], seconds: float | None, text: str
) -> None:
    """A time is a range that holds it; a difference of two is rounded after ≈."""
    with app.test_request_context("/"):
        assert write(seconds).replace("\N{NO-BREAK SPACE}", " ") == text


# What a link is announced with --------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_a_link_is_announced_by_what_the_page_is_about(
    app: Flask, client: FlaskClient, lang: str
) -> None:
    """Title, one line without marks, and a picture of the usual size from this very server; the
    line of a site names its province and what is known of its free land.
    """
    lines = {}
    for path in ("/", "/rank", "/sites/dong-mai-ip", "/sites/mong-cai-bac-luan-2"):
        page = read(client, path, lang=lang)
        meta = {
            attributes.get("property") or attributes.get("name"): attributes.get("content")
            for tag, attributes in page.elements
            if tag == "meta"
        }
        assert meta["og:title"] in page.source
        assert meta["og:description"] == meta["description"]
        assert "\n" not in meta["description"].strip()
        assert meta["og:image"] == f"{app.config['PUBLIC_URL']}/preview.png"
        lines[path] = meta["description"]
    assert lines["/"] == lines["/rank"]
    province = {"en": "Quang Ninh", "vi": "Quảng Ninh", "zh": "广宁"}[lang]
    for site in ("dong-mai-ip", "mong-cai-bac-luan-2"):
        assert province in lines[f"/sites/{site}"]
    assert "2024" in lines["/sites/dong-mai-ip"]
    with client.get("/preview.png") as answer:
        assert answer.mimetype == "image/png"
        assert struct.unpack(">II", answer.data[16:24]) == (1200, 630)


def test_a_package_without_a_picture_announces_none(
    make_app: Callable[..., Flask], toy: Path
) -> None:
    """Its pages name no picture, and the address of one is not found."""
    client = make_app(toy).test_client()
    assert "og:image" not in client.get("/").text
    assert client.get("/preview.png").status_code == 404
