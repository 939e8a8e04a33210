"""Frames to maps: data that may lie in a script, the empty map, the payload, and a notebook's
map.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo import layers, maps

NASTY = (
    "{{7*7}}<img src=x onerror=alert(1)>${1}",
    "{% for x in y %}{# no comment #}{{ '{{' }}",
    '</script><script>alert("x")</script><!--<script>',
    "]]>&amp;&lt;\u2028\u2029\x00\x1f\x7f\\",
    '"{"\\"{\\\\"<\\',
    "'`${`",
    "Móng Cái 芒街 \U0001f4a9 e\u0301",
    "",
    "\\u003c",
    "\\",
)


@pytest.mark.parametrize("text", NASTY)
def test_escaped_json_reads_back(text: str) -> None:
    """Whatever the text, as value, key, and deep inside, it reads back as it was."""
    value = {text: [text, {"a": {text: [[text]]}}], "n": [1, -1.5, True, None, 1e300]}
    assert json.loads(maps.script_json(value)) == value


@pytest.mark.parametrize("text", NASTY)
def test_escaped_json_is_inert(text: str) -> None:
    """It neither begins a template, nor ends a script or opens a comment, nor breaks a line of
    JavaScript.
    """
    for value in (
        text,
        [text],
        {text: text},
        {"a": {text: {text: [{text: {}}]}}},
        {"": {}},
        {"a": {"b": {}}},
        [[{}]],
    ):
        written = maps.script_json(value)
        assert not re.search(r"\{\{|\{%|\{#|<|>|&|[\u2028\u2029]", written)


def test_jinja_leaves_escaped_json_alone() -> None:
    """Compiled as a template, which branca does with all it is given, the text comes out as it went
    in.
    """
    from jinja2 import Template

    for text in NASTY:
        written = maps.script_json({"a": {text: [text]}, "b": {"c": {"d": text}}})
        assert json.loads(Template(written).render()) == json.loads(written)


def test_numpy_values_are_json() -> None:
    """Numbers of NumPy and keys that are not text are written as JSON; NaN as null."""
    assert json.loads(maps.script_json({"a": np.arange(3), 7: np.float64(0.5), "b": math.nan})) == {
        "a": [0, 1, 2],
        "7": 0.5,
        "b": None,
    }


def test_the_empty_map_is_the_same_each_time() -> None:
    """Two frames are equal to the letter, and name only files that we have."""
    from pathlib import Path

    import webapp

    first, second = (maps.frame(lon=107.3, lat=21.7, zoom=8) for _ in range(2))
    assert first == second
    assert "map_atlas" in first.script
    assert "http" not in first.html + first.script
    assert "<script" not in first.html
    for name in (*first.scripts, *first.styles):
        assert (Path(webapp.__file__).parent / "static" / name).is_file()


@pytest.mark.parametrize(
    "wrong",
    [
        {"lon": math.nan},
        {"lat": math.inf},
        {"zoom": math.nan},
        {"name": "a b"},
        {"name": "{{7*7}}"},
        {"lon": "x"},
    ],
)
def test_the_empty_map_takes_plain_numbers_only(wrong: dict[str, Any]) -> None:
    """A map begins at finite numbers under a plain name: nothing else is put before branca."""
    with pytest.raises(ValueError):
        maps.frame(**({"lon": 107.0, "lat": 21.0, "zoom": 8.0} | wrong))


def test_a_file_without_a_copy_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Folium comes to need a browser file that we have no copy of, the map is not made."""
    monkeypatch.setattr(maps, "VENDORED", {"leaflet_css": maps.VENDORED["leaflet_css"]})
    with pytest.raises(KeyError):
        maps.frame(lon=107, lat=21, zoom=8)


def test_the_payload_has_every_row_with_unknown_as_none() -> None:
    """Columns are named once; unknown text, numbers, whole numbers and truth values are None; the
    frame is not changed.
    """
    frame = gpd.GeoDataFrame(
        {
            "text": pd.array(["a", None], dtype="str"),
            "number": [1.25, math.nan],
            "whole": pd.array([7, None], dtype="Int64"),
            "truth": pd.array([True, None], dtype="boolean"),
            "infinite": [math.inf, 3.0],
        },
        index=pd.Index(["one", "two"], name="id"),
        geometry=[
            shapely.Point(107.1234567, 21),
            shapely.LineString([(107, 21), (108, 22.0000001)]),
        ],
        crs=4326,
    )
    before = frame.copy(deep=True)
    payload = maps.payload(
        frame,
        ["id", "text", "number", "whole", "truth", "infinite"],
        extra=pd.DataFrame({"more": [None, 5]}, index=frame.index),
    )
    assert payload == {
        "per_degree": 100_000,
        "columns": ["shape", "id", "text", "number", "whole", "truth", "infinite", "more"],
        "rows": [
            [[10712346, 2100000], "one", "a", 1.25, 7, True, None, None],
            [[10700000, 2100000, 100000, 100000], "two", None, None, None, None, 3, 5],
        ],
    }
    pd.testing.assert_frame_equal(frame, before)


@pytest.fixture
def hostile_points(points: Callable[..., gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    return points({f"p{i}": (107 + i / 10, 21) for i in range(len(NASTY))}, name_en=list(NASTY))


def test_a_notebooks_map_holds_no_template(hostile_points: gpd.GeoDataFrame) -> None:
    """A map drawn for a notebook carries hostile names as data: nothing was compiled, nothing is
    markup, all reads back.
    """
    page = maps.draw({"parks": hostile_points}).get_root().render()
    assert "{{" not in page
    assert "{%" not in page
    assert "<img" not in page
    assert "49<" not in page
    data = re.search(r"\}\)\((\{\"per_degree\".*?\}), \"#", page)
    assert data
    assert [row[1] for row in json.loads(data[1])["rows"]] == list(NASTY)


def test_a_notebooks_map_shows_lines_and_points() -> None:
    """Layers of points and of lines share a map, an empty one does no harm, and each has its entry
    in the control.
    """
    folder = layers.bundled()
    shown = {name: layers.read(folder, name) for name in ("gates", "corridors")}
    page = maps.draw(shown | {"nothing": shown["gates"].iloc[:0]}).get_root().render()
    assert page.count('"columns":') == 3
    for name in ("gates", "corridors", "nothing"):
        assert f'"{name}"' in page


@pytest.mark.parametrize("name", ["{{7*7}}", "<b>", "a;b", "", "a'b"])
def test_a_layers_name_is_plain_words(hostile_points: gpd.GeoDataFrame, name: str) -> None:
    """The name of a layer goes through Folium as it is, so it may hold letters, digits and blanks
    only.
    """
    with pytest.raises(ValueError):
        maps.draw({name: hostile_points})
