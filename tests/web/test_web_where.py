"""Where could it be: picture, files and numbers tell the same of a place, and bad addresses are
refused in one sentence."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from web import Page

from geo.roads.cells import A_SIDE, middles
from geo.siting.surface import MOST_BLOCKS
from geo.tiles.grid import Tile
from webapp.siting.where import MINUTES, RAMP

pytest_plugins = ("web",)

TILE = Tile(10, 815, 451)
VIEW = "level=10&blocks=815,451,815,451"


def numbers(client: FlaskClient, cell: int, query: str) -> dict[str, Any]:
    lon, lat = middles(TILE)[cell]
    answer = client.get(f"/where.json?lon={lon:.12f}&lat={lat:.12f}&{query}")
    assert answer.status_code == 200
    return dict(answer.get_json())


def pixels(client: FlaskClient, query: str) -> np.ndarray:
    answer = client.get(f"/where.png?{VIEW}&{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "image/png"
    with Image.open(io.BytesIO(answer.data)) as image:
        return np.asarray(image.convert("RGBA"))


def bands(client: FlaskClient, query: str) -> tuple[tuple[str, ...], np.ndarray]:
    answer = client.get(f"/where.tif?{VIEW}&{query}")
    with rasterio.open(io.BytesIO(answer.data)) as file:
        assert file.crs.to_epsg() == 3857
        return file.descriptions, file.read()


def test_picture_file_and_numbers_tell_the_same(client: FlaskClient) -> None:
    """The colour of a cell is that of the class of its minutes in the GeoTIFF, and the range that
    programs get holds them.
    """
    picture, (_titles, read) = pixels(client, "w_port=100"), bands(client, "w_port=100")
    minutes = read[0].ravel()
    rng = np.random.default_rng(6)
    known = np.flatnonzero(np.isfinite(minutes))
    assert len(known)
    for cell in rng.choice(known, 12, replace=False):
        number = sum(minutes[cell] > bound for bound in MINUTES)
        colour = "#{:02x}{:02x}{:02x}".format(*picture.reshape(-1, 4)[cell][:3])
        assert colour == RAMP[number]
        minutes_of = numbers(client, cell, "w_port=100")["numbers"]["port"]
        assert minutes_of["low"] <= minutes[cell] <= minutes_of["high"]
    assert (picture.reshape(-1, 4)[np.isnan(minutes), 3] == 0).all()


def test_scores_are_those_of_the_numbers(client: FlaskClient) -> None:
    """A cell has the score of its middle, or none where the limit fails there."""
    query = "w_port=40&w_city=20&max_airport=60"
    titles, read = bands(client, query)
    assert len(titles) == len(read) == 4
    rng = np.random.default_rng(8)
    for cell in rng.choice(A_SIDE * A_SIDE, 12, replace=False):
        point = numbers(client, cell, query)
        shown = read[0].ravel()[cell]
        if point["limits"]["airport"] and point["score"] is not None:
            assert shown == pytest.approx(point["score"], abs=1e-3)
        else:
            assert np.isnan(shown)


def test_a_stated_range_counts(client: FlaskClient) -> None:
    """Half the minutes between the ends are worth half."""
    _, read = bands(client, "w_port=1&w_city=1&v_port=linear:0:200&v_city=step:0")
    port, score = read[1].ravel(), read[0].ravel()
    known = np.isfinite(score) & (read[2].ravel() > 0)
    expected = 50 * np.clip(1 - port[known] / 200, 0, 1)
    np.testing.assert_allclose(score[known], expected, atol=1e-3)


def test_areas_hold_the_cells_that_are_as_good(client: FlaskClient) -> None:
    """The GeoJSON of a measure holds the cells of the GeoTIFF within each bound."""
    answer = client.get(f"/where.geojson?{VIEW}&w_city=1").get_json()
    _, read = bands(client, "w_city=1")
    minutes, lonlat = read[0].ravel(), middles(TILE)
    sizes = []
    for feature in answer["features"]:
        bound = feature["properties"]["at_most"]
        if feature["geometry"] is None:
            assert not (minutes < bound - 1).any()
            continue
        area = shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
        inside = shapely.intersects_xy(area, *lonlat.T)
        clear = abs(minutes - bound) > 1
        np.testing.assert_array_equal(inside[clear], minutes[clear] <= bound)
        sizes.append(area.area)
    assert sizes == sorted(sizes, reverse=True)
    assert answer["about"]["licence"]


def test_limits_alone_show_where_all_are_met(client: FlaskClient) -> None:
    """Without a weight the picture shows where every limit is kept."""
    picture = pixels(client, "max_port=90&max_city=60")
    _, read = bands(client, "max_port=90&max_city=60")
    both = (read[1] <= 90) & (read[2] <= 60)
    np.testing.assert_array_equal(picture[..., 3] > 0, both)
    assert both.any()


def test_a_closed_gate_makes_the_way_to_the_border_longer(client: FlaskClient) -> None:
    """No cell comes nearer to a gate by closing one, and some come farther."""
    view = "level=11&blocks=1636,894,1637,895"
    read = []
    for closed in ("", "&closed=mong-cai-bac-luan-2"):
        answer = client.get(f"/where.tif?{view}&w_gate=1{closed}")
        with rasterio.open(io.BytesIO(answer.data)) as file:
            read.append(file.read(1))
    known = np.isfinite(read[0])
    assert known.any()
    assert not (read[1][known] < read[0][known]).any()
    assert (read[1][known] > read[0][known]).any()


def test_who_has_the_picture_is_not_sent_it_again(client: FlaskClient) -> None:
    """A picture is recognised by its tag."""
    first = client.get(f"/where.png?{VIEW}")
    again = client.get(f"/where.png?{VIEW}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_page_works_without_a_script(client: FlaskClient) -> None:
    """It shows a picture of the region for what was asked, and the numbers of a point."""
    page = Page(client.get("/where?w_port=30&w_gate=70&max_city=90&lon=106.6&lat=20.9").text)
    (picture,) = (
        attributes["src"]
        for name, attributes in page.elements
        if name == "img" and attributes.get("class") == "surface"
    )
    answer = client.get(picture)
    assert answer.mimetype == "image/png"
    assert "max_city=90" in picture
    assert "Score of 100" in page.text
    assert ": met" in page.text


@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_a_site_is_named_with_its_numbers(client: FlaskClient, lang: str) -> None:
    """A site that was clicked leads to its page."""
    answer = client.get(f"/where?site=van-don-ez&w_port=1&lang={lang}")
    assert answer.status_code == 200
    assert 'href="/sites/van-don-ez?' in answer.text


def test_nothing_asked_for_is_said(client: FlaskClient) -> None:
    """Without a weight and a limit the picture is empty, and the page says what to do."""
    assert "Give a criterion a weight, or set a limit." in client.get("/where?edited=1").text
    assert not pixels(client, "edited=1")[..., 3].any()


@pytest.mark.parametrize(
    "query",
    [
        "level=10",
        "blocks=1,1,1,1",
        "level=10&blocks=1,1,1",
        "level=10&blocks=5,1,4,1",
        "level=10&blocks=0,0,1024,0",
        "level=99&blocks=0,0,0,0",
        f"level=15&blocks=0,0,{MOST_BLOCKS},0",
        "w_port=101",
        "max_port=-1",
        "v_port=linear:90:30",
        "v_port=linear:100000:&w_port=1&w_gate=1",
        "w_rent=1",
        "closed=nowhere",
    ],
)
@pytest.mark.parametrize("path", ["/where.png", "/where.tif", "/where.geojson"])
def test_what_cannot_be_drawn_is_refused(client: FlaskClient, path: str, query: str) -> None:
    """A bad view, range, weight or gate is answered with a sentence."""
    answer = client.get(f"{path}?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.get_json()["description"]


@pytest.mark.parametrize("query", ["", "lon=106", "lon=106&lat=21&site=van-don-ez", "site=nowhere"])
def test_a_point_has_to_be_one(client: FlaskClient, query: str) -> None:
    """Neither half a point nor two points have numbers."""
    assert client.get(f"/where.json?{query}").status_code in (400, 404)


def test_a_field_that_cannot_be_read_is_named_and_the_rest_stays(client: FlaskClient) -> None:
    """What was typed stays in its field."""
    answer = client.get("/where?w_gate=70&max_port=soon")
    assert answer.status_code == 400
    assert "Max. time to container port" in answer.text
    assert 'value="soon"' in answer.text


def test_a_package_of_attacks_is_only_text(besieged: Flask) -> None:
    """Names of sites reach the script as JSON."""
    answer = besieged.test_client().get("/where?w_port=1&w_gate=1")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "{{7*7}}" in answer.text or "\\u007b" in answer.text
