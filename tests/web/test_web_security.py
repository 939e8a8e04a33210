"""What stands between a hostile text in the data and the person who reads it: escaping everywhere,
and headers behind it.
"""

from __future__ import annotations

import io
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from web import HOSTILE, Page, Watch, browsing, serving

import webapp
from geo import layers, package_check
from geo.schema import LAYERS
from webapp.cli.main import main

pytest_plugins = ("web",)

STATIC = Path(webapp.__file__).parent / "static"
TEMPLATES = Path(webapp.__file__).parent / "templates"
RAN = re.compile(r"\b49(?=\s*<img)|\b49(?=\$)")
"""What would be left of the hostile text if somebody had compiled it."""


def one_of_each(app: Flask) -> dict[str, str]:
    """Name one feature of each layer of places."""
    store = app.extensions["zoneatlas"]
    return {
        layer.id: str(store.layer(layer.id).index[0]) for layer in LAYERS.values() if layer.place
    }


def addresses(app: Flask) -> list[str]:
    """Return an address of each kind of page and fragment that shows data."""
    sites = one_of_each(app)
    return [
        *("/", "/data", "/access?lon=106.68&lat=20.86", "/access?lon=106.68&lat=20.86&part=sheet"),
        *(f"/table?layer={layer}" for layer in LAYERS),
        f"/table?q={quote(HOSTILE)}&province={quote(HOSTILE)}",
        *(f"/sites/{key}" for key in sites.values()),
        *(f"/sites/{key}?part=sheet" for key in sites.values()),
        *("/ogc?f=html", "/ogc/conformance?f=html", "/ogc/api?f=html", "/ogc/collections?f=html"),
        *(
            f"/ogc/collections/{layer}{more}?f=html"
            for layer in ("parks", "corridors")
            for more in ("", "/items", "/queryables")
        ),
        *(f"/ogc/collections/{layer}/items/{key}?f=html" for layer, key in sites.items()),
        *(
            f"/sites/{quote(HOSTILE, safe='')}",
            f"/table?layer={quote(HOSTILE)}",
            f"/{quote(HOSTILE)}",
        ),
    ]


def shows_data(url: str) -> bool:
    """Return whether a page shows text from the data as it arrives; the map fetches it, others show
    only what the code says.
    """
    return any(part in url for part in ("/table", "/sites", "/data", "/access", "/items", "/ogc?"))


# Read as text -------------------------------------------------------------------------------------


def test_the_hostile_package_is_valid(hostile: Path) -> None:
    """The attacks stand in fields that may hold any text, so the package passes its own checks."""
    assert {
        name: faults for name, faults in package_check.check_tables(hostile).items() if faults
    } == {}
    assert (layers.read(hostile, "parks")["name_en"] == HOSTILE).all()


def test_no_page_makes_markup_of_text(besieged: Flask) -> None:
    """On every page the hostile text is text: no element comes of it, no attribute ends early,
    nothing was computed.
    """
    client = besieged.test_client()
    for url in addresses(besieged):
        answer = client.get(url, headers={"Accept": "text/html"})
        assert answer.status_code in (200, 400, 404), url
        page = Page(answer.text)
        assert not [
            element
            for element in page.elements
            if element[0] == "img" or any(name.startswith("on") for name in element[1])
        ], url
        assert not RAN.search(answer.text), url
        if answer.status_code == 200 and shows_data(url):
            assert HOSTILE in page.text, url


def test_no_inline_script(besieged: Flask) -> None:
    """Every inline script is data, and the policy lets no other one run; no style attribute, no
    handler, no script address.
    """
    client = besieged.test_client()
    for url in addresses(besieged):
        answer = client.get(url, headers={"Accept": "text/html"})
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
        for tag, attributes in Page(answer.text).elements:
            if tag == "script" and "src" not in attributes:
                assert attributes.get("type") == "application/json", url
            assert "style" not in attributes, (url, tag)
            assert not re.match(r"\s*(javascript|data|vbscript):", attributes.get("href", ""), re.I)


def test_a_source_is_a_link_only_where_it_is_an_address(
    make_app: Callable[..., Flask], toy: Path, tmp_path: Path
) -> None:
    """A source that begins like a script or ends its attribute is shown as text."""
    import shutil

    folder = tmp_path / "data"
    shutil.copytree(toy, folder)
    evil = (
        'javascript:alert(1); https://a.example/"onmouseover="alert(1); https://b.example/<blink>;'
        " //c.example; HTTPS://d.example"
    )
    text = (folder / "parks.csv").read_text(encoding="utf-8").splitlines()
    head = text[0].split(",")
    row = dict(zip(head, text[2].split(","), strict=True)) | {
        "source": '"' + evil.replace('"', '""') + '"'
    }
    (folder / "parks.csv").write_text(
        "\n".join([text[0], ",".join(row[name] for name in head)]), encoding="utf-8"
    )
    page = Page(make_app(folder).test_client().get("/sites/east-park").text)
    foreign = [
        link.href
        for link in page.links
        if not link.href.startswith(("/", "?", "#", "geo:", "http://127.0.0.1"))
    ]
    assert foreign == ['https://a.example/"onmouseover="alert(1)', "https://b.example/<blink>"]
    assert not [
        element for element in page.elements if element[0] == "blink" or "onmouseover" in element[1]
    ]
    assert all("noopener" in link.attributes["rel"] for link in page.links if link.href in foreign)


def test_downloads_hold_the_text_as_it_is(besieged: Flask) -> None:
    """Every format gives the hostile text back unchanged, and what shows HTML gets it escaped."""
    client = besieged.test_client()
    assert all(
        feature["properties"]["name_en"] == HOSTILE
        for feature in client.get("/download/parks.geojson").get_json()["features"]
    )
    tree = ElementTree.fromstring(client.get("/download/parks.kml").data)
    names = [element.text for element in tree.iter() if element.tag.endswith("}name")]
    assert names.count(HOSTILE) >= 200
    balloons = [
        element.text or "" for element in tree.iter() if element.tag.endswith("}description")
    ]
    assert not [text for text in balloons if "<img" in text]
    assert HOSTILE in client.get("/download/parks.csv").data.decode("utf-8-sig")
    for name in (
        "/api/map/parks.json",
        "/ogc/collections/parks/items?f=json",
        "/api/access?lon=106.68&lat=20.86",
    ):
        answer = client.get(name)
        assert answer.mimetype.endswith("json")
        assert HOSTILE in json.dumps(answer.get_json(), ensure_ascii=False)


# Headers ------------------------------------------------------------------------------------------

EVERYTHING = (
    *(
        "/",
        "/table",
        "/data",
        "/sites/van-don-ez",
        "/sites/nothing",
        "/nothing",
        "/table?x=1",
        "/static/app.css",
        "/basemap.pmtiles",
    ),
    *(
        "/api/map/parks.json",
        "/api/access",
        "/download/parks.csv",
        "/ogc",
        "/ogc/collections?f=html",
        "/ogc/nothing",
        "/favicon.ico",
    ),
)


@pytest.mark.parametrize("path", EVERYTHING)
def test_every_answer_has_the_headers(client: FlaskClient, path: str) -> None:
    """Pages, data, files and errors alike forbid inline script, foreign hosts, framing and guessing
    of types; what is not a page loads and runs nothing.
    """
    with client.get(path) as answer:
        policy = {
            part.split()[0]: part.split()[1:]
            for part in answer.headers["Content-Security-Policy"].split(";")
        }
        assert policy["default-src"] == ["'none'"]
        assert policy["frame-ancestors"] == ["'none'"]
        assert policy["base-uri"] == ["'none'"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
        if answer.mimetype != "text/html":
            assert policy.keys() == {"default-src", "frame-ancestors", "base-uri", "form-action"}
            assert policy["form-action"] == ["'none'"]
            return
        assert policy["form-action"] == ["'self'"]
        assert policy["connect-src"] == ["'self'"]
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:", "data:"} & {
            *policy["script-src"],
            *policy["style-src"],
        }
        assert set(policy["img-src"]) <= {"'self'", "data:", "https://tile.openstreetmap.org"}
        assert answer.headers["Referrer-Policy"] in (
            "no-referrer",
            "same-origin",
            "strict-origin-when-cross-origin",
        )
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_a_foreign_host_gets_the_headers_too(client: FlaskClient) -> None:
    """The refusal of a foreign host is plain text with the same headers."""
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_each_answer_has_a_nonce_of_its_own(client: FlaskClient) -> None:
    """No nonce is used twice, and each is long enough not to be guessed."""
    nonces = {
        re.search(r"'nonce-([^']+)'", client.get("/data").headers["Content-Security-Policy"])[1]
        for _ in range(20)
    }  # type: ignore[index]
    assert len(nonces) == 20
    assert all(len(nonce) >= 20 for nonce in nonces)


def test_without_online_tiles_no_other_host_is_allowed(make_app: Callable[..., Flask]) -> None:
    """Where the operator takes the tiles away, the policy and the page name no other host at
    all.
    """
    answer = make_app(ONLINE_TILES="off").test_client().get("/")
    assert "http" not in answer.headers["Content-Security-Policy"]
    config = next(
        json.loads(script) for script in Page(answer.text).scripts if script.startswith("{")
    )
    assert config["tiles"] == ""
    assert "http" not in json.dumps({key: value for key, value in config.items() if key != "texts"})


def test_a_large_body_is_refused(app: Flask) -> None:
    """Nothing here takes a body, and no large one is read."""
    with app.test_request_context("/", method="POST", data=b"x" * 2_000_000):
        from flask import request
        from werkzeug.exceptions import RequestEntityTooLarge

        with pytest.raises(RequestEntityTooLarge):
            request.get_data()


def test_a_large_body_is_413_over_the_wire(app: Flask) -> None:
    """Over the wire a large body gets an error, not an answer."""
    with serving(app) as url:
        asked = urllib.request.Request(f"{url}/table", data=b"x" * 2_000_000, method="POST")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(asked, timeout=10)
        with caught.value as error:
            assert error.code in (405, 413)


def test_our_files_name_no_foreign_host() -> None:
    """Scripts, styles and templates of ours load nothing from elsewhere; they link to the sources
    of the base map only.
    """
    allowed = {
        *(
            "www.soest.hawaii.edu",
            "www.openstreetmap.org",
            "www.naturalearthdata.com",
            "www.geonames.org",
            "creativecommons.org",
            "openmaptiles.org",
        ),
        "www.w3.org",  # the namespace of SVG
    }
    for path in [*STATIC.glob("*.*"), *STATIC.glob("styles/*"), *TEMPLATES.rglob("*.*")]:
        if path.suffix in (".js", ".css", ".html", ".svg"):
            hosts = set(
                re.findall(
                    r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", path.read_text(encoding="utf-8")
                )
            )
            assert hosts <= allowed, path.name
    for path in STATIC.rglob("*.css"):
        assert not re.search(
            r"@import|url\(\s*['\"]?(https?:)?//", path.read_text(encoding="utf-8")
        ), path.name


# In a real browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as started:
        yield started


@pytest.fixture(scope="module")
def site(besieged: Flask) -> Iterator[str]:
    with serving(besieged) as url:
        yield url


@pytest.fixture
def tab(browser: Any) -> Iterator[tuple[Any, Watch]]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    watch = Watch()
    yield watch.on(context.new_page()), watch
    context.close()


def said(page: Any) -> str:
    """Return the text that a person sees, blanks as one."""
    return " ".join(page.inner_text("body").split())


@pytest.mark.browser
def test_no_page_runs_the_text_in_a_browser(
    besieged: Flask, site: str, tab: tuple[Any, Watch]
) -> None:
    """Chromium shows the hostile text on every page as text, opens no dialog, reports no policy
    broken, asks no other host.
    """
    page, watch = tab
    for path in addresses(besieged):
        answer = page.goto(site + path)
        assert page.locator("img[src='x']").count() == 0
        assert not RAN.search(said(page))
        if path == "/":
            page.locator(".item").first.wait_for()
        if answer.ok and (path == "/" or shows_data(path)):
            assert HOSTILE in said(page), path
    watch.console = [line for line in watch.console if "status of 40" not in line]
    watch.quiet(site)


@pytest.mark.browser
def test_the_map_runs_no_text(besieged: Flask, site: str, tab: tuple[Any, Watch]) -> None:
    """Tooltips, list, chips, sheets of every layer and a route show the hostile text and run none
    of it.
    """
    from playwright.sync_api import expect

    page, watch = tab
    sites = one_of_each(besieged)
    page.goto(f"{site}/?site={sites['parks']}&layers=gates,ports,airports,roads,railways")
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    expect(page.locator("#sheet h1")).to_have_text(HOSTILE)
    page.locator("[data-pill=province_en]").click()
    expect(page.locator("#pill-province_en")).to_contain_text(HOSTILE)
    page.locator("#pill-province_en button", has_text=HOSTILE).first.click()
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_contain_text("sites")
    page.locator("#sheet [data-route]").first.click()
    expect(page.locator(".route-note")).to_contain_text(HOSTILE)
    badges = page.locator(".badge.gates")
    for i in range(0, badges.count(), 5):
        badges.nth(i).dispatch_event("mouseover")
        expect(page.locator(".leaflet-tooltip").first).to_contain_text(HOSTILE)
        badges.nth(i).dispatch_event("mouseout")
    for key in sites.values():
        page.goto(f"{site}/?site={key}")
        expect(page.locator("#sheet h1")).to_have_text(HOSTILE)
        assert page.locator("#sheet img").count() == 0
    page.fill("#q", HOSTILE)
    expect(page.locator(".item").first).to_contain_text(HOSTILE)
    assert not RAN.search(said(page))
    watch.quiet(site)


@pytest.mark.browser
def test_the_map_in_one_file_runs_no_text(
    hostile: Path, tmp_path: Path, tab: tuple[Any, Watch]
) -> None:
    """The file of “zoneatlas map” on hostile data holds no template, opens offline, and shows the
    text as text.
    """
    from playwright.sync_api import expect

    path = tmp_path / "atlas.html"
    result = CliRunner().invoke(main, ["--data", str(hostile), "map", "-o", str(path)])
    assert result.exit_code == 0, result.output
    text = path.read_text(encoding="utf-8")
    config = re.search(r'<script type="application/json" id="config">(.*?)</script>', text, re.S)
    assert config
    assert "{{" not in config[1]
    assert "<" not in config[1]
    assert not RAN.search(text)
    page, watch = tab
    page.context.set_offline(True)
    page.goto(path.as_uri())
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    page.locator(".item").first.click()
    expect(page.locator("#sheet h1")).to_have_text(HOSTILE)
    for layer in ("gates", "ports", "airports"):
        page.locator(f".badge.{layer}").first.dispatch_event("click")
        expect(page.locator("#sheet h1")).to_have_text(HOSTILE)
    assert page.locator("img[src='x']").count() == 0
    assert HOSTILE in said(page)
    watch.quiet(path.as_uri())


def test_the_geopackage_of_hostile_data_reads_back(besieged: Flask, tmp_path: Path) -> None:
    """A GeoPackage carries the text through GDAL unchanged."""
    import pyogrio

    path = tmp_path / "parks.gpkg"
    path.write_bytes(io.BytesIO(besieged.test_client().get("/download/parks.gpkg").data).getvalue())
    assert (pyogrio.read_dataframe(path)["name_en"] == HOSTILE).all()
