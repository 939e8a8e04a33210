"""Query strings: what is refused, with which sentence, and that nothing a person can type reaches a
500.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import Page
from werkzeug.datastructures import MultiDict

from geo.errors import InputError
from webapp import args, readers
from webapp.field_words import field_name
from webapp.ogc import parameters
from webapp.readers import Parameter, single

pytest_plugins = ("web",)

NO_NUMBERS = (
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "1e999",
    "1e3",
    "0x10",
    "１０",
    "1_0",
    "1 0",
    "1,5",
    "--1",
    "+-1",
    ".",
    "٣",
    "1" * 40,
    "²",
)
"""What Python or a person may take for a number, and we do not."""

PAGES = {
    "/": {"layers": "gates"},
    "/table": {"layer": "parks"},
    "/sites/van-don-ez": {},
    "/access": {"lon": "107", "lat": "21.5"},
    "/data": {},
    "/download/parks.csv": {},
    "/download/access.csv": {"lon": "107", "lat": "21.5"},
    "/api/access": {"lon": "107", "lat": "21.5"},
    "/api/route": {"from": "van-don-ez", "to": "107,21"},
    "/api/isochrones": {"lon": "107", "lat": "21.5"},
    "/api/map/parks.json": {},
}


def refusal(client: FlaskClient, path: str, query: object) -> str:
    """Return what a program is told of a query that must be refused; the page tells the same, but
    names each parameter as its field is called there.
    """
    as_page = client.get(path, query_string=query, headers={"Accept": "text/html"})
    as_json = client.get(path, query_string=query, headers={"Accept": "application/json"})
    assert as_page.status_code == as_json.status_code == 400, (path, query)
    assert as_json.get_json()["code"] == 400
    text: str = as_json.get_json()["description"]
    if as_page.mimetype == "text/html":
        shown = Page(as_page.text).text
        for line in text.split("\n")[1:]:
            name, fault = line.split(": ", 1)
            own = readers.shown(field_name(name))
            wanted = (
                f"“{name}” is not a setting" if "not known here" in fault else f"{own}: {fault}"
            )
            assert " ".join(wanted.split()) in shown
    return text


@pytest.mark.parametrize("path", PAGES)
def test_an_unknown_parameter_is_named_with_those_that_are_known(
    client: FlaskClient, path: str
) -> None:
    """Each page refuses a parameter that it does not know, and lists those it does."""
    text = refusal(client, path, PAGES[path] | {"contry": "VN"})
    assert "contry: is not known here; known are: " in text


@pytest.mark.parametrize("path", PAGES)
def test_each_fault_is_named_at_once(client: FlaskClient, path: str) -> None:
    """Several faults stand in one answer."""
    text = refusal(client, path, PAGES[path] | {"one": "1", "two": "2"})
    assert text.startswith("The address has errors:")
    assert "one: " in text
    assert "two: " in text


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/table", "q", "a"),
        ("/table", "offset", "1"),
        ("/table", "bbox", "1,2,3,4"),
        ("/access", "lon", "107"),
        ("/sites/van-don-ez", "profile", "car"),
        ("/api/route", "to", "107,21"),
        ("/download/parks.csv", "epsg", "4326"),
        ("/", "site", "van-don-ez"),
    ],
)
def test_a_doubled_parameter_is_refused(
    client: FlaskClient, path: str, name: str, value: str
) -> None:
    """What can only be said once is refused when said twice, even with the same value."""
    query = MultiDict(
        [(key, text) for key, text in PAGES[path].items() if key != name] + [(name, value)] * 2
    )
    assert f"{name}: is given more than once" in refusal(client, path, query)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_number_is_finite_ascii(client: FlaskClient, text: str) -> None:
    """Coordinates, boxes and counts take plain decimal numbers and nothing else."""
    assert "lon: " in refusal(client, "/access", {"lon": text, "lat": "21"})
    assert "bbox: " in refusal(client, "/table", {"bbox": f"106,20,{text},22"})
    assert "offset: " in refusal(client, "/table", {"offset": text})
    assert "epsg: " in refusal(client, "/download/parks.csv", {"epsg": text})
    assert "at: " in refusal(client, "/", {"at": f"{text},21"})
    assert "to: " in refusal(client, "/api/route", {"from": "van-don-ez", "to": f"107,{text}"})


@pytest.mark.parametrize(
    "text", ["0", "-0", "+1", "1.", "01.50", ".5", "-.5", "107.123456789012345"]
)
def test_a_plain_number_is_read(text: str) -> None:
    """Signs, leading zeros and long fractions are numbers; a point needs digits around it
    somewhere.
    """
    assert readers.number(text) == float(text)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("180.001", "0"),
        ("-181", "0"),
        ("0", "90.0001"),
        ("0", "-91"),
        ("21", "107"),
        ("999999999999999", "0"),
    ],
)
def test_a_place_lies_on_the_earth(client: FlaskClient, lon: str, lat: str) -> None:
    """A longitude beyond 180 or a latitude beyond 90 is refused with its limits, swapped axes
    too.
    """
    text = refusal(client, "/access", {"lon": lon, "lat": lat})
    assert "between -" in text


@pytest.mark.parametrize(
    "box",
    [
        "1,2,3",
        "1,2,3,4,5",
        ",,,",
        "1,2,3,",
        "a,b,c,d",
        "106,22,107,20",
        "-181,0,0,0",
        "0,-91,0,0",
        "0,0,0,91",
        "1;2;3;4",
    ],
)
def test_a_faulty_box_is_refused(client: FlaskClient, box: str) -> None:
    """A box has four numbers on the earth, its south not north of its north."""
    assert "bbox: " in refusal(client, "/table", {"bbox": box})
    assert "bbox: " in refusal(client, "/download/parks.geojson", {"bbox": box})


def test_a_box_may_cross_the_antimeridian(client: FlaskClient) -> None:
    """A west greater than the east goes around the back of the earth."""
    assert client.get("/table?bbox=170,-90,-170,90").status_code == 200
    around = client.get("/download/parks.csv?bbox=110,-90,100,90").data.count(b"\n")
    assert around == client.get("/download/parks.csv?q=atlantis").data.count(b"\n")


@pytest.mark.parametrize(
    ("path", "query", "sentence"),
    [
        ("/access", {}, "Name a starting point"),
        ("/access", {"lon": "107"}, "Name a starting point"),
        ("/access", {"site": "van-don-ez", "lon": "107", "lat": "21"}, "Name a starting point"),
        ("/api/route", {}, "Name from and to"),
        ("/api/route", {"from": "van-don-ez"}, "Name to"),
        ("/api/route", {"from": "Van Don", "to": "107,21"}, "is not an identifier"),
        ("/table", {"kind": "castle"}, "is not one of industrial_park"),
        ("/table", {"status": "ruined"}, "is not one of operating"),
        ("/table", {"layer": "castles"}, "is not one of parks"),
        ("/table", {"layer": "gates", "sector": "logistics"}, "cannot be filtered by sector"),
        ("/download/gates.csv", {"sector": "logistics"}, "cannot be filtered by sector"),
        ("/download/policies.csv", {"bbox": "100,10,110,30"}, "bbox"),
        ("/table", {"layer": "policies", "bbox": "100,10,110,30"}, "bbox"),
        ("/table", {"layer": "policies", "province": "Quang Ninh"}, "province"),
        ("/sites/van-don-ez", {"profile": "bicycle"}, "is not one of car, truck"),
        ("/sites/van-don-ez", {"network": "../../etc"}, "is not an identifier"),
        ("/sites/van-don-ez", {"part": "page"}, "is not one of sheet"),
        ("/", {"layers": "gates,castles"}, "is not one of"),
        ("/", {"at": "107"}, "is not lon,lat"),
        ("/table", {"q": "x" * 201}, "longer than 200"),
        ("/table", {"q": "a\0b"}, "zero byte"),
        ("/table", {"province": "a\0b"}, "zero byte"),
        ("/download/parks.gpkg", {"epsg": "999999"}, "999999"),
        ("/download/parks.csv", {"epsg": "5773"}, "5773"),
        ("/download/access.kml", {"site": "van-don-ez", "epsg": "5899"}, "only WGS 84"),
    ],
)
def test_a_fault_is_told_in_a_sentence(
    client: FlaskClient, path: str, query: dict[str, str], sentence: str
) -> None:
    """What cannot be answered is refused with a sentence that says what to change."""
    assert sentence in refusal(client, path, query)


def test_an_empty_parameter_is_none_given(client: FlaskClient) -> None:
    """A form sends empty fields; they filter nothing."""
    empty = client.get(
        "/download/parks.csv?q=&kind=&status=&country=&province=&sector=&bbox=&epsg="
    )
    assert empty.data == client.get("/download/parks.csv").data


def test_what_is_said_of_a_value_is_short_and_printable() -> None:
    """An error repeats at most the beginning of a value, and no control character of it."""
    with pytest.raises(InputError) as caught:
        args.parse(MultiDict({"lon": "\x1b[31m\u202e" + "9" * 150, "\x07bell": "1"}), ("lon",))
    text = "\n".join(caught.value.faults)
    assert text.replace("\n", "").isprintable()
    assert all(len(fault) < 100 for fault in caught.value.faults)


def test_a_parameter_is_one_row(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new row of a table of parameters is read, refused and described, of ``/api`` and of the OGC
    API alike.
    """
    row = Parameter(single(readers.count), {"type": "integer"}, "Lanes of a road.")
    times = args.API["/times"]
    monkeypatch.setitem(args.PARAMETERS, "lanes", row)
    monkeypatch.setitem(args.API, "/times", replace(times, parameters=(*times.parameters, "lanes")))
    monkeypatch.setitem(parameters.PARAMETERS, "lanes", row)
    monkeypatch.setattr(parameters, "of_items", parameters.of_items.__wrapped__)  # none kept before
    assert args.parse(MultiDict({"lanes": "2"}), ("lanes",)) == {"lanes": 2}
    document = client.get("/ogc/api?f=json").get_json(force=True)
    described = {"name": "lanes", "in": "query", "description": "Lanes of a road."}
    assert described.items() <= document["components"]["parameters"]["lanes"].items()
    assert any(
        described.items() <= each.items()
        for each in document["paths"]["/api/times"]["get"]["parameters"]
    )
    for path in ("/api/times?lon=107&lat=21.5", "/ogc/collections/parks/items?limit=1"):
        assert client.get(f"{path}&lanes=2").status_code == 200
        assert client.get(f"{path}&lanes=two").status_code == 400


# Anything at all ----------------------------------------------------------------------------------

NASTY = (
    *NO_NUMBERS,
    *(
        "",
        " ",
        "\0",
        "\n",
        "\r\nSet-Cookie: a=b",
        "'",
        '"',
        "`",
        "\\",
        "%",
        "%00",
        "%s",
        "{0}",
        "{{7*7}}",
        "{%",
        "${1}",
        "<script>",
        "]]>",
    ),
    *(
        "../../etc/passwd",
        "..%2f..%2f",
        "/",
        "//",
        "//evil.example",
        "file:///etc/passwd",
        "http://evil.example/",
        "C:\\",
    ),
    *(
        ".",
        "..",
        "-",
        "--",
        "a" * 5000,
        "é" * 300,
        "\ud800",
        "\ufeff",
        "\u202e",
        "\U0001f4a9",
        "ß",
        "İ",
        "đ",
        "芒街",
        "e\u0301" * 50,
        "﷽",
    ),
    *(
        "0",
        "-1",
        "1",
        "9999999",
        "99999999",
        "1e400",
        "180",
        "-180",
        "90",
        "-90",
        "0,0",
        "107,21",
        "108,20",
        "180,90",
    ),
    *(
        ",",
        ",,,",
        "1,2,3,4",
        "-180,-90,180,90",
        "180,-90,-180,90",
        "0,0,0,0",
        "4326",
        "5899",
        "3857",
        "4978",
        "27700",
        "32661",
        "999999",
    ),
    *(
        "van-don-ez",
        "parks",
        "gates",
        "corridors",
        "policies",
        "car",
        "truck",
        "csv",
        "json",
        "html",
        "sheet",
        "true",
        "null",
    ),
    *(
        "industrial_park",
        "operating",
        "VN",
        "2026-01-01",
        "2026-13-45T99:99:99Z",
        "=cmd|' /C calc'!A0",
        "OR 1=1",
        "AND(1=1",
    ),
)
NAMES = (
    *args.PARAMETERS,
    "f",
    "limit",
    "datetime",
    "crs",
    "filter",
    "lang",
    "id",
    "name_en",
    "cargo",
    "kind[]",
    "__proto__",
    "",
)
HEADERS = ("Accept", "Accept-Encoding", "Accept-Language", "Range", "If-None-Match", "If-Range")
HEADER_VALUES = (
    "",
    "*",
    "gzip;q=x",
    "text/html;q=0",
    "bytes=9-1",
    "bytes=-",
    "bytes=0-1,5-6",
    'W/"',
    "zz-ZZ",
    "\x7f",
    "a" * 999,
)


def rules(app: Flask) -> Iterator[tuple[str, list[str]]]:
    """Return every address that can be read, with the names of what is variable in it."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            yield rule.rule, sorted(rule.arguments)


def quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def test_nothing_reaches_a_500(app: Flask, client: FlaskClient) -> None:
    """Whatever stands in the path, the query and the headers, the answer is below 500 and not slow
    to say no.
    """
    dice = random.Random(20260101)
    known = [(path, list(query.items())) for path, query in PAGES.items()]
    for turn in range(700):
        if turn % 2:
            path, pairs = dice.choice(known)
            pairs = [*pairs]
        else:
            path, names = dice.choice(list(rules(app)))
            for name in names:
                kinds = (f"<{name}>", f"<path:{name}>")
                path = next(
                    (
                        path.replace(kind, quoted(dice.choice(NASTY)))
                        for kind in kinds
                        if kind in path
                    ),
                    path,
                )
            pairs = []
        pairs += [
            (dice.choice(NAMES), dice.choice(NASTY)) for _ in range(dice.choice((0, 1, 1, 2, 4)))
        ]
        query = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs)
        headers = {name: dice.choice(HEADER_VALUES) for name in dice.sample(HEADERS, turn % 3)}
        with client.get(path, query_string=query, headers=headers) as answer:
            assert answer.status_code < 500, (path, query, headers)
