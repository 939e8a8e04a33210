"""What the items of the OGC API are asked for: systems, filters, order, properties and time, each
against a computation of its own, and through GDAL and OWSLib.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
import test_web_ogc as service
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from geo import crs
from webapp.ogc import selection, systems
from webapp.ogc.cql import reading

ITEMS = "/ogc/collections/gates/items"
EPSG = systems.EPSG
DATES = (None, "2024", "2024-02", "2024-02-29", "2025-12-31", "2026-01")

live, gdal = service.live, service.gdal


@pytest.fixture(scope="module")
def frames() -> dict[str, gpd.GeoDataFrame]:
    """Make places along the border, some of whose values are unknown, and one without a place."""
    dice = random.Random(7)
    rows, shapes = [], []
    for n in range(40):
        rows.append(
            {
                "id": f"g-{n:02}",
                "name_en": dice.choice(["Móng Cái", "Mong cai", "Đông Hưng", "a%b", "a_b", "X"]),
                "notes": dice.choice([None, "it's", "", "100%", "Đường"]),
                "kind": dice.choice(["international", "bilateral_main", "auxiliary"]),
                "country": dice.choice(["VN", "CN"]),
                "cargo": dice.choice([None, True, False]),
                "position_accuracy_m": dice.choice([None, 0.0, 10.0, 10.5, 1e4]),
                "as_of": DATES[n % len(DATES)],
            }
        )
        shapes.append(shapely.Point(dice.uniform(102, 110), dice.uniform(20, 24)))
    shapes[11] = None
    gates = service.make_frame("gates", rows, shapes)
    ports = service.make_frame(
        "ports",
        [{"id": f"p-{n}", "quay": quay} for n, quay in enumerate(QUAYS)],
        shapes[: len(QUAYS)],
    )
    return {"gates": gates, "ports": ports}


QUAYS = (None, "river_quay", "dry_bulk;river_quay", "container_quay;dry_bulk", "dry_bulk")


@pytest.fixture(scope="module")
def app(frames: dict[str, gpd.GeoDataFrame]) -> Any:
    return service.make_app(frames)


@pytest.fixture
def client(app: Any) -> FlaskClient:
    return app.test_client()


def ask(client: FlaskClient, **query: str) -> Any:
    answer = client.get(ITEMS, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def ids(client: FlaskClient, **query: str) -> list[str]:
    return [feature["id"] for feature in ask(client, **query)["features"]]


def fault(client: FlaskClient, **query: str) -> str:
    answer = client.get(ITEMS, query_string=query)
    assert answer.status_code == 400, answer.text
    assert answer.json["code"] == "InvalidParameterValue"
    return answer.json["description"]


# Systems ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "uri", [uri for uri in systems.offered() if uri != systems.CRS84], ids=lambda uri: uri[-4:]
)
def test_coordinates_come_in_the_axis_order_of_the_authority(
    client: FlaskClient, frames: dict[str, gpd.GeoDataFrame], uri: str
) -> None:
    """PROJ, which is told nothing of axes, takes them back to latitude and longitude."""
    answer = client.get(ITEMS, query_string={"crs": uri})
    assert answer.headers["Content-Crs"] == f"<{uri}>"
    back = pyproj.Transformer.from_crs(f"EPSG:{uri.rsplit('/', 1)[1]}", "EPSG:4326")
    known = 0
    for feature, place in zip(answer.json["features"], frames["gates"].geometry, strict=True):
        assert (feature["geometry"] is None) == (place is None)
        if place is not None:
            lat, lon = back.transform(*feature["geometry"]["coordinates"])
            assert abs(lat - place.y) < 1e-5
            assert abs(lon - place.x) < 1e-5
            known += 1
    assert known == 39
    low, high = answer.json["bbox"][:2], answer.json["bbox"][2:]
    points = [f["geometry"]["coordinates"] for f in answer.json["features"] if f["geometry"]]
    assert np.allclose(low, np.min(points, axis=0), atol=1e-3)
    assert np.allclose(high, np.max(points, axis=0), atol=1e-3)


@pytest.mark.parametrize("query", [{"filter": "false"}, {"offset": "40"}, {"id": "g-11"}])
def test_nothing_with_a_place_is_written_in_any_system(
    client: FlaskClient, query: dict[str, str]
) -> None:
    """No feature, or one that has no place, has no box."""
    for uri in (f"{EPSG}4326", f"{EPSG}5899"):
        page = ask(client, crs=uri, **query)
        assert "bbox" not in page
        assert all(feature["geometry"] is None for feature in page["features"])
        assert page["numberReturned"] == len(page["features"]) == ("id" in query)


def test_the_systems_of_both_countries_are_listed(client: FlaskClient) -> None:
    """In each collection, by reference where all are listed, and the one that is stored."""
    listed = client.get("/ogc/collections/gates").json["crs"]
    assert listed[0] == systems.CRS84
    codes = {uri.removeprefix(EPSG) for uri in listed}
    assert {"4326", "3405", "3406", "5899", "9208", "9210", "9215", "4490", "4545"} <= codes
    assert len(codes) == len(crs.systems()) + 1
    collections = client.get("/ogc/collections").json
    assert collections["crs"] == listed
    assert {tuple(each["crs"]) for each in collections["collections"]} == {("#/crs",)}
    assert {each["storageCrs"] for each in collections["collections"]} == {systems.CRS84}
    assert client.get(ITEMS).headers["Content-Crs"] == f"<{systems.CRS84}>"
    feature = client.get(f"{ITEMS}/g-00", query_string={"crs": f"{EPSG}4326"})
    assert feature.headers["Content-Crs"] == f"<{EPSG}4326>"
    first = client.get(f"{ITEMS}/g-00").json["geometry"]["coordinates"]
    assert feature.json["geometry"]["coordinates"] == first[::-1]


@pytest.mark.parametrize("code", [4326, 3405, 5899, 9208, 4490, 4545, 4756])
def test_a_box_of_any_system_holds_what_lies_in_it(
    client: FlaskClient, frames: dict[str, gpd.GeoDataFrame], code: int
) -> None:
    """Boxes around random places, by the coordinates that PROJ states; as parameter, as a filter
    in text and in JSON.
    """
    system = systems.offered()[f"{EPSG}{code}"]
    places = frames["gates"].geometry.dropna()
    there = crs.transform(shapely.get_coordinates(places.to_numpy()), source=crs.WGS84, target=code)
    there = there[:, ::-1] if system.north_first else there
    dice, total = random.Random(code), 0
    for _ in range(12):
        low, high = (
            sorted(dice.sample(there[:, 0].tolist(), 2)),
            sorted(dice.sample(there[:, 1].tolist(), 2)),
        )
        edge = (there.max(axis=0) - there.min(axis=0)) / 1000
        box = [low[0] - edge[0], high[0] - edge[1], low[1] + edge[0], high[1] + edge[1]]
        inside = (there > box[:2]).all(axis=1) & (there < box[2:]).all(axis=1)
        text = ",".join(f"{edge:.9f}" for edge in box)
        expected = places.index[inside].tolist()
        total += len(expected)
        assert ids(client, **{"bbox": text, "bbox-crs": system.uri}) == expected
        filtered = {"filter": f"S_INTERSECTS(geometry, BBOX({text}))", "filter-crs": system.uri}
        assert ids(client, **filtered) == expected
        written = {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": box}]}
        filtered |= {"filter": json.dumps(written), "filter-lang": reading.JSON}
        assert ids(client, **filtered) == expected
    assert total > 20


@pytest.mark.parametrize("name", ["crs", "bbox-crs", "filter-crs"])
@pytest.mark.parametrize(
    "text", ["EPSG:4326", "4326", f"{EPSG}3857", f"{EPSG}0", "http://evil.example", "", "x" * 3000]
)
def test_another_system_is_refused(client: FlaskClient, name: str, text: str) -> None:
    """Whichever of the three parameters names it."""
    assert fault(client, **{name: text}).startswith(f"The query has faults: {name} ")


@pytest.mark.parametrize(
    ("box", "code"),
    [("2,1,1,2", 3405), ("1,2,2,1", 3405), ("1e300,1,1e301,2", 3405), ("30,100,20,110", 4326)],
)
def test_a_box_that_is_none_is_refused(client: FlaskClient, box: str, code: int) -> None:
    """Its ends are turned round, or lie nowhere on the Earth."""
    assert "bbox " in fault(client, **{"bbox": box, "bbox-crs": f"{EPSG}{code}"})


# Filters ------------------------------------------------------------------------------------------

ATOMS: dict[str, Callable[[Any], bool | None]] = {
    "cargo": lambda row: row["cargo"],
    "cargo = false": lambda row: None if row["cargo"] is None else not row["cargo"],
    "notes IS NULL": lambda row: row["notes"] is None,
    "notes = 'it''s'": lambda row: None if row["notes"] is None else row["notes"] == "it's",
    "notes <> ''": lambda row: None if row["notes"] is None else row["notes"] != "",
    "name_en LIKE 'a\\_%'": lambda row: row["name_en"].startswith("a_"),
    "name_en LIKE '_%c__'": lambda row: (
        row["name_en"].endswith(("Cái", "cai")) and row["name_en"][-3].islower()
    ),
    "CASEI(ACCENTI(name_en)) = CASEI(ACCENTI('mong cai'))": lambda row: (
        row["name_en"] in ("Móng Cái", "Mong cai")
    ),
    "ACCENTI(name_en) LIKE ACCENTI('Đ%')": lambda row: row["name_en"] == "Đông Hưng",
    "country IN ('VN', 'LA')": lambda row: row["country"] == "VN",
    "position_accuracy_m > 10": lambda row: _known(row["position_accuracy_m"], lambda n: n > 10),
    "position_accuracy_m * 2 - 1 BETWEEN 0 AND 20": lambda row: _known(
        row["position_accuracy_m"], lambda n: 0 <= n * 2 - 1 <= 20
    ),
    "position_accuracy_m / position_accuracy_m = 1": lambda row: _known(
        row["position_accuracy_m"], lambda n: None if n == 0 else True
    ),
    "as_of < DATE('2024-02-29')": lambda row: _known(
        row["as_of"], lambda text: {"2024": None, "2024-02": None}.get(text, False)
    ),
    "as_of = DATE('2024-02-29')": lambda row: _known(
        row["as_of"],
        lambda text: {"2024": None, "2024-02": None, "2024-02-29": True}.get(text, False),
    ),
    "T_INTERSECTS(as_of, INTERVAL('2024-02-29','2025-06-30'))": lambda row: _known(
        row["as_of"], lambda text: text.startswith("2024")
    ),
    "id > 'g-2'": lambda row: row["id"] > "g-2",
    "true": lambda _row: True,
}


def _known(value: Any, holds: Callable[[Any], bool | None]) -> bool | None:
    return None if value is None else holds(value)


def _both(a: bool | None, b: bool | None) -> bool | None:
    return False if False in (a, b) else None if None in (a, b) else True


def _not(a: bool | None) -> bool | None:
    return None if a is None else not a


@pytest.fixture(scope="module")
def rows(frames: dict[str, gpd.GeoDataFrame]) -> list[dict[str, Any]]:
    table = frames["gates"].drop(columns="geometry").reset_index().astype(object)
    return table.where(table.notna(), None).to_dict("records")


@pytest.mark.parametrize("text", ATOMS)
def test_a_condition_holds_where_it_does_row_by_row(
    client: FlaskClient, rows: list[dict[str, Any]], text: str
) -> None:
    """And its opposite only where it is known to fail."""
    held = {row["id"]: ATOMS[text](row) for row in rows}
    assert ids(client, filter=text) == [key for key, value in held.items() if value is True]
    assert ids(client, filter=f"NOT ({text})") == [k for k, v in held.items() if v is False]


def test_conditions_are_joined_by_the_rules_of_three_values(
    client: FlaskClient, rows: list[dict[str, Any]]
) -> None:
    """Random trees of AND, OR and NOT, against a computation row by row."""
    dice = random.Random(3)

    def tree(depth: int) -> tuple[str, Callable[[Any], bool | None]]:
        if depth == 0 or dice.random() < 0.2:
            text = dice.choice(list(ATOMS))
            return text, ATOMS[text]
        (a, left), (b, right) = tree(depth - 1), tree(depth - 1)
        kind = dice.choice(("AND", "OR", "NOT"))
        if kind == "NOT":
            return f"NOT ({a})", lambda row: _not(left(row))
        if kind == "AND":
            return f"({a}) AND ({b})", lambda row: _both(left(row), right(row))
        return (
            f"({a}) OR ({b})",
            lambda row: _not(_both(_not(left(row)), _not(right(row)))),
        )

    seen = set()
    for _ in range(150):
        text, holds = tree(4)
        expected = [row["id"] for row in rows if holds(row) is True]
        assert ids(client, filter=text) == expected, text
        seen.add(len(expected))
    assert len(seen) > 15


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("A_EQUALS", lambda a, b: a == b),
        ("A_CONTAINS", lambda a, b: a >= b),
        ("A_CONTAINEDBY", lambda a, b: a <= b),
        ("A_OVERLAPS", lambda a, b: bool(a & b)),
    ],
)
def test_lists_are_compared_as_sets(
    client: FlaskClient, name: str, holds: Callable[[Any, Any], bool]
) -> None:
    """Order does not count, and an unknown list is not compared."""
    path = "/ogc/collections/ports/items"
    for asked in (("dry_bulk",), ("river_quay", "dry_bulk"), ("container_quay",)):
        text = f"{name}(quay, ({', '.join(map(repr, asked))}))"
        answer = client.get(path, query_string={"filter": text}).json
        assert [feature["id"] for feature in answer["features"]] == [
            f"p-{n}"
            for n, quay in enumerate(QUAYS)
            if quay and holds(set(quay.split(";")), {*asked})
        ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "name_en",
        "name_en =",
        "name_en = 5",
        "cargo = 1",
        "5",
        "'x'",
        "foo = 1",
        "EXCLUDE",
        "name_en = NULL",
        "name_en LIKE name_en",
        "position_accuracy_m LIKE '1%'",
        "name_en + 1 = 2",
        "f(name_en) = 1",
        "geometry = geometry",
        "geometry > POINT(1 1)",
        "S_INTERSECTS(geometry, name_en)",
        "S_INTERSECTS(geometry, POINT(90 180))",
        "S_INTERSECTS(geometry, MULTIPOINT(7.02 49.92, 90 180))",
        "S_INTERSECTS(geometry, POLYGON((0 0, 1 0, 1 1)))",
        "S_INTERSECTS(geometry, POLYGON((0 0, 2 2, 2 0, 0 2, 0 0)))",
        "S_INTERSECTS(geometry, BBOX(1,2,3))",
        "S_INTERSECTS(geometry, BBOX(1,5,3,4))",
        "S_INTERSECTS(geometry)",
        "S_NEAR(geometry, POINT(1 1))",
        "T_AFTER(as_of, DATE('2023-02-29'))",
        "as_of > DATE('yesterday')",
        "as_of > TIMESTAMP('2023-01-01T25:00:00Z')",
        "T_AFTER(position_accuracy_m, DATE('2023-01-01'))",
        "T_AFTER(as_of, INTERVAL('2023-01-01'))",
        "A_CONTAINS(position_accuracy_m, ('x'))",
        "name_en IN ()",
        "name_en = 'x\x00'",
        "(" * 600 + "true" + ")" * 600,
        "(" * 3900 + "true" + ")" * 3900,
        "NOT " * 1900 + "true",
        "position_accuracy_m = " + "-" * 7000 + "1",
        "=".join(["cargo"] * 1200),
        "CASEI(" * 1000 + "name_en" + ")" * 1000 + " = 'x'",
        " AND ".join(["cargo = true"] * 61),
        "position_accuracy_m = " + "+".join("1" * 100),
        "name_en = '" + "x" * 8000 + "'",
    ],
    ids=lambda text: text[:40].strip("("),
)
def test_a_filter_that_does_not_fit_is_refused(client: FlaskClient, text: str) -> None:
    """With one sentence that names it; the process lives on."""
    description = fault(client, filter=text)
    assert description.startswith("The query has faults: filter ")
    assert len(description) < 900


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "null",
        "[]",
        "{}",
        "5",
        '{"op": "="}',
        '{"op": 5, "args": []}',
        '{"op": "and", "args": []}',
        '{"op": "not", "args": [true, true]}',
        '{"op": "=", "args": [{"property": "name_en"}, null]}',
        '{"op": "=", "args": [{"property": 5}, 5]}',
        '{"op": "=", "args": [{"property": ["x"]}, 5]}',
        '{"op": ">", "args": [{"property": "position_accuracy_m"}, NaN]}',
        '{"op": ">", "args": [{"property": "position_accuracy_m"}, 1e999]}',
        '{"op": "in", "args": [{"property": "name_en"}, "x"]}',
        '{"op": "in", "args": [{"property": "name_en"}, [[1]]]}',
        '{"op": "=", "args": [{"property": "as_of"}, {"date": 5}]}',
        '{"op": "=", "args": [{"property": "as_of"}, {"timestamp": "2024-01-01"}]}',
        '{"op": "t_after", "args": [{"property": "as_of"}, {"interval": ["..", "..", ".."]}]}',
        '{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Point"}]}',
        '{"op": "s_within", "args": [{"property": "geometry"}, {"type": "x", "coordinates": [1]}]}',
        '{"op": "s_within", "args": [{"property": "geometry"}, {"bbox": [1, 2, 3, "x"]}]}',
        '{"op": "not", "args": [' * 100 + "true" + "]}" * 100,
        '{"op": "not", "args": [' * 300 + "true" + "]}" * 300,
        "[" * 4000 + "]" * 4000,
        "name_en = 'X'",
    ],
    ids=lambda text: text[:40],
)
def test_json_that_is_no_filter_is_refused(client: FlaskClient, text: str) -> None:
    """With one sentence, as text is."""
    description = fault(client, **{"filter": text, "filter-lang": reading.JSON})
    assert description.startswith("The query has faults: filter ")


def test_a_filter_holds_for_all_pages_and_with_all_else(client: FlaskClient) -> None:
    """Links to other pages keep it; a parameter and a filter both count."""
    query = {"filter": "position_accuracy_m >= 0", "country": "VN", "limit": "3"}
    path, collected = client.get(ITEMS, query_string=query), []
    while True:
        collected += [feature["id"] for feature in path.json["features"]]
        further = service.links(path.json, "next")
        if not further:
            break
        path = client.get(further[0])
    assert collected == ids(client, filter="position_accuracy_m >= 0 AND country = 'VN'")
    assert len(collected) > 5


# Order, properties, time --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sortby",
    ["name_en", "-name_en", "notes,-id", "-position_accuracy_m,country", "cargo,-as_of,id"],
)
def test_items_are_sorted_with_unknown_ones_last(
    client: FlaskClient, rows: list[dict[str, Any]], sortby: str
) -> None:
    """As Python sorts them key by key, the last key first."""
    expected = list(rows)
    for key in reversed(sortby.split(",")):
        name = key.lstrip("-")
        known = [row for row in expected if row[name] is not None]
        unknown = [row for row in expected if row[name] is None]
        known.sort(key=lambda row: row[name], reverse=key.startswith("-"))
        if key.startswith("-"):  # equal ones stay as they were
            groups = itertools.groupby(known, key=lambda row: row[name])
            known = [row for _, group in groups for row in group]
        expected = known + unknown
    assert ids(client, sortby=sortby) == [row["id"] for row in expected]
    pages = [ids(client, sortby=sortby, limit="7", offset=str(at)) for at in range(0, 40, 7)]
    assert list(itertools.chain(*pages)) == [row["id"] for row in expected]


@pytest.mark.parametrize(
    "sortby", ["foo", "geometry", "", "+", "-", ",", "name_en,", " name_en", "id,-id", "--id,x"]
)
def test_another_order_is_refused(client: FlaskClient, sortby: str) -> None:
    """Names that are not of sortables, blanks, signs alone, and a column twice."""
    assert "sortby " in fault(client, sortby=sortby)


def test_properties_are_those_that_are_asked_for(client: FlaskClient) -> None:
    """Identifier, geometry and box stay; other names are refused."""
    whole = ask(client)
    some = ask(client, properties="as_of,name_en")
    for all_of, part in zip(whole["features"], some["features"], strict=True):
        names = ("as_of", "name_en")
        assert part["properties"] == {name: all_of["properties"][name] for name in names}
        assert (part["id"], part["geometry"]) == (all_of["id"], all_of["geometry"])
    assert some["bbox"] == whole["bbox"]
    for wrong in ("foo", "", "geometry", "id", "name_en,,as_of"):
        assert "properties " in fault(client, properties=wrong)
    assert client.get(ITEMS, query_string={"properties": "as_of", "f": "html"}).status_code == 200


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-02-29", (2024, 2, 29), (2024, 2, 29)),
        ("2024-03-01", (2024, 3, 1), (2024, 3, 1)),
        ("2024-02-01/2024-02-28", (2024, 2, 1), (2024, 2, 28)),
        ("2025-12-31/..", (2025, 12, 31), (9999, 1, 1)),
        ("/2024-01-31", (1, 1, 1), (2024, 1, 31)),
        ("2025-12-31T23:59:59Z/2026-01-01T00:00:00Z", (2025, 12, 31), (2026, 1, 1)),
        ("2030-01-01", (2030, 1, 1), (2030, 1, 1)),
    ],
)
def test_the_time_meets_the_date_of_the_source(
    client: FlaskClient, rows: list[dict[str, Any]], text: str, first: Any, last: Any
) -> None:
    """A year or a month is all its days; an unknown date is at every time."""
    ends = {
        None: (date.min, date.max),
        "2024": (date(2024, 1, 1), date(2024, 12, 31)),
        "2024-02": (date(2024, 2, 1), date(2024, 2, 29)),
        "2026-01": (date(2026, 1, 1), date(2026, 1, 31)),
    }
    expected = []
    for row in rows:
        known = row["as_of"]
        begin, end = ends[known] if known in ends else (date.fromisoformat(known),) * 2
        if begin <= date(*last) and end >= date(*first):
            expected.append(row["id"])
    assert ids(client, datetime=text) == expected


# What is said of it -------------------------------------------------------------------------------


def test_schemas_describe_what_is_answered(client: FlaskClient) -> None:
    """Features are valid against the schema, but for what is unknown; every simple queryable is a
    parameter with the same schema, and every sortable sorts.
    """
    base = "/ogc/collections/gates"
    described = {name: client.get(f"{base}/{name}").get_json(force=True) for name in SCHEMAS}
    for name, schema in described.items():
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"{service.URL}{base}/{name}"
    valid = Draft202012Validator(
        described["schema"] | {"required": ["id", "name_en", "kind", "country"]}
    )
    for feature in ask(client)["features"]:
        known = {name: value for name, value in feature["properties"].items() if value is not None}
        valid.validate({"id": feature["id"], "geometry": feature["geometry"]} | known)
    document = client.get("/ogc/api").get_json(force=True)
    listed = document["paths"]["/collections/gates/items"]["get"]["parameters"]
    own = {each["name"]: each["schema"] for each in listed if "name" in each}
    simple = {
        name: schema
        for name, schema in described["queryables"]["properties"].items()
        if schema.get("type") in ("string", "number", "integer")
    }
    assert set(own) - set(simple) == {"cargo", "passengers", "e_visa"}
    assert all(
        schema.items() <= {**own[name], **_about(schema)}.items() for name, schema in simple.items()
    )
    assert described["queryables"]["properties"][selection.GEOMETRY]["format"] == "geometry-point"
    for name in described["sortables"]["properties"]:
        assert len(ids(client, sortby=f"-{name}")) == 40


SCHEMAS = ("queryables", "sortables", "schema")


def _about(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: schema[name] for name in ("title", "description")}


def test_what_is_kept_is_declared(client: FlaskClient) -> None:
    """The classes of Parts 2 and 3 and of CQL2, each once."""
    kept = client.get("/ogc/conformance").json["conformsTo"]
    for part in ("features-2/1.0/conf/crs", "features-3/1.0/conf/features-filter"):
        assert f"http://www.opengis.net/spec/ogcapi-{part}" in kept
    assert sum("/spec/cql2/1.0/conf/" in uri for uri in kept) == 13
    assert len(kept) == len(set(kept))


# Clients ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [5899, 3405, 4490])
def test_gdal_reads_a_system(
    gdal: Callable[..., Any],
    live: tuple[str, list[str]],
    frames: dict[str, gpd.GeoDataFrame],
    code: int,
) -> None:
    """GDAL's OAPIF driver asks for the system, and puts east before north again by itself."""
    url, asked = live
    asked.clear()
    read = gdal(pyogrio.read_dataframe, f"OAPIF:{url}/ogc", layer="gates", CRS=f"{EPSG}{code}")
    assert read.crs.to_epsg() == code
    assert any(f"EPSG/0/{code}" in path or f"EPSG%2F0%2F{code}" in path for path in asked)
    places = frames["gates"].geometry
    known = places.notna().to_numpy()
    there = crs.transform(
        shapely.get_coordinates(places[known].to_numpy()), source=crs.WGS84, target=code
    )
    assert np.allclose(shapely.get_coordinates(read.geometry[known].to_numpy()), there, atol=1e-3)


def test_gdal_selects_by_conditions(
    gdal: Callable[..., Any], live: tuple[str, list[str]], rows: list[dict[str, Any]]
) -> None:
    """Whichever of them it sends as parameters, and whichever it applies itself."""
    read = gdal(
        pyogrio.read_dataframe,
        f"OAPIF:{live[0]}/ogc",
        layer="gates",
        where="position_accuracy_m = 10.5 OR name_en LIKE 'a%'",
    )
    assert read["id"].tolist() == [
        row["id"]
        for row in rows
        if row["position_accuracy_m"] == 10.5 or row["name_en"].startswith("a")
    ]


def test_owslib_filters_and_sorts(live: tuple[str, list[str]]) -> None:
    """Its parameters arrive, and the schema is read."""
    from owslib.ogcapi.features import Features

    url, _ = live
    service_ = Features(f"{url}/ogc")
    features = service_.collection_items(
        "gates",
        filter="country = 'VN' AND cargo IS NOT NULL",
        sortby=("name_en", "desc"),
        crs=f"{EPSG}4326",
    )["features"]
    names = [feature["properties"]["name_en"] for feature in features]
    assert names == sorted(names, reverse=True)
    assert len(names) > 3
    assert all(
        feature["geometry"] is None or feature["geometry"]["coordinates"][0] < 90
        for feature in features
    )
    assert "geometry" in service_.collection_schema("gates")["properties"]
