"""QGIS edits a layer of a team: what it sends, recorded from QGIS 3.40, becomes statements of what
the person changed, and of nothing else; and QGIS itself, where ZONEATLAS_TEST_QGIS names it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from team import NAMES, as_role, store_of
from web import serving

from geo import crs
from geo.exchange.book import Book
from geo.exchange.claims import EVERY_ROW, lonlat
from geo.schema import LAYERS, Field
from geo.schema.provenance import POSITION
from webapp import create_app
from webapp.team import accounts, sessions

pytest_plugins = ("web", "team")

QGIS = os.environ.get("ZONEATLAS_TEST_QGIS", "")
"""The command of a Python that has PyQGIS, 3.32 or later: ``python3`` on Debian 13 with
python3-qgis and qgis-providers."""
SCRIPT = Path(__file__).with_name("in_qgis.py")
TOY = Path(__file__).parents[1] / "data" / "toy"
MERGE, GEOJSON = "application/merge-patch+json", "application/geo+json"
AGENT = "Mozilla/5.0 QGIS/34006/Debian GNU/Linux 13 (trixie)"
READING, OF_ITEMS = {"GET", "HEAD", "OPTIONS"}, {"POST"}
OF_FEATURE = {"PUT", "PATCH", "DELETE"}
PARTY = "West Office"
PARK = "/ogc/collections/parks/items/west-park"
NEW = {
    "name_en": "New Park",
    "kind": "industrial_park",
    "country": "AA",
    "province_en": "West",
    "status": "planned",
    "position_accuracy_m": 200.0,
}
"""What each park has; QGIS sends all other fields as null."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up package, with the layers that are edited as collections."""
    folder = tmp_path_factory.mktemp("package") / "toy"
    shutil.copytree(TOY, folder)
    described = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    described["resources"] += [
        {"name": layer, "path": f"{layer}.csv"} for layer in ("parks", "gates", "policies")
    ]
    (folder / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


@pytest.fixture
def office(make_team: Callable[..., Flask], package: Path) -> Flask:
    """The server of a team that a test may change."""
    return make_team(DATA=str(package), PARTY=PARTY)


def token(app: Flask, role: str) -> str:
    """Return an access token of the person of a role."""
    account = accounts.by_name(store_of(app), NAMES[role])
    assert account
    return sessions.new_token(store_of(app), account, "QGIS")


@dataclass
class Desk:
    """A QGIS in which the person of a role has set up the connection."""

    app: Flask
    role: str = "contributor"

    def __post_init__(self) -> None:
        pair = f"{NAMES[self.role]}:{token(self.app, self.role)}".encode()
        self.headers = {"Authorization": f"Basic {b64encode(pair).decode()}", "User-Agent": AGENT}

    def ask(self, method: str, path: str, body: Any = None, system: int = 0) -> Any:
        """Send what QGIS sends."""
        headers = dict(self.headers)
        if system:
            headers["Content-Crs"] = f"http://www.opengis.net/def/crs/EPSG/0/{system}"
        if method == "GET":
            headers["Accept"] = "application/geo+json, application/json"
        data = None if body is None else json.dumps(body, separators=(",", ":"))
        kind = None if body is None else MERGE if method == "PATCH" else GEOJSON
        return self.app.test_client().open(
            path, method=method, data=data, content_type=kind, headers=headers
        )

    def allowed(self, path: str) -> set[str]:
        return set(self.ask("OPTIONS", path).headers["Allow"].split(", "))

    def add(self, place: tuple[float, float] = (100.1, 0.1), **values: Any) -> Any:
        """Send a feature that was drawn: with every field, and without identifier."""
        fields = [name for name in LAYERS["parks"].names if name not in ("id", "lon", "lat")]
        feature = {
            "geometry": {"coordinates": list(place), "type": "Point"},
            "properties": dict.fromkeys(fields) | values,
            "type": "Feature",
        }
        return self.ask("POST", "/ogc/collections/parks/items", feature)

    def park(self) -> dict[str, Any]:
        """Return a park as QGIS sends it whole to servers that know no PATCH."""
        feature = self.ask("GET", PARK).get_json()
        del feature["links"]
        return dict(feature)


def stated(app: Flask) -> list[tuple[str, str | None]]:
    """Return the field and the value of each statement, in the order in which they came."""
    book = Book.held(app.config["HOME"], app.config["STORE"])
    assert book
    return [(entry.claim.field, entry.claim.value) for entry in book.statements()]


def decide_all(app: Flask, verdict: str = "accept") -> None:
    """Decide on everything as the reviewer, on the page."""
    book = Book.held(app.config["HOME"], app.config["STORE"])
    assert book
    reviewer = as_role(app, "reviewer")
    form: dict[str, Any] = {
        "statement": [entry.claim.id for entry in book.statements()],
        "verdict": verdict,
        "reason": "looked at",
        "csrf": reviewer.token("/exchange"),
    }
    assert reviewer.client.post("/exchange/decide", data=form).status_code == 200


def release(app: Flask) -> None:
    answer = as_role(app, "keeper").post("/exchange/release", page="/exchange", title="Edits")
    assert answer.status_code == 200, answer.text


def begun_again(app: Flask) -> Flask:
    """Begin a server of the same folders, which opens the newest release at once."""
    config = app.config
    folders = {"HOME": str(config["HOME"]), "DATA": str(config["BASE"])}
    return create_app(folders | {"TEAM": "on", "PARTY": PARTY})


def other(field: Field, now: Any) -> Any:
    """Return another value of a field, as QGIS sends it."""
    if field.allowed and field.type != "list":
        return next(value for value in field.allowed if value != now)
    if field.type == "boolean":
        return not now
    if field.type == "integer":
        return 2001 if now != 2001 else 2002
    if field.type == "number":
        return 12.5 if now != 12.5 else 13.0
    return "CC" if field.name == "country" else "electronics"


# What QGIS may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", NAMES)
def test_qgis_may_what_its_person_may(office: Flask, role: str) -> None:
    """OPTIONS names POST, PUT, PATCH and DELETE for contributors and above, for others and for
    the table of sources nothing but reading; each method that it names is taken.
    """
    desk, edits = Desk(office, role), role != "viewer"
    for layer in ("parks", "gates", "policies"):
        items = f"/ogc/collections/{layer}/items"
        assert desk.allowed(items) == READING | (OF_ITEMS if edits else set())
        assert desk.allowed(f"{items}/x") == READING | (OF_FEATURE if edits else set())
    for path in ("", "/collections", "/collections/parks", "/collections/provenance/items", "/x"):
        assert desk.allowed(f"/ogc{path}") == READING
    for path in ("/ogc/collections/parks/items", "/ogc/collections/parks/items/nowhere", "/ogc"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = desk.ask(method, path, {})
            assert (answer.status_code in (400, 404)) == (method in desk.allowed(path)), method
            if answer.status_code == 405:
                assert set(answer.headers["Allow"].split(", ")) == desk.allowed(path)


def test_a_server_for_reading_offers_no_editing(
    make_app: Callable[..., Flask], package: Path
) -> None:
    """Without --team and --editing OPTIONS names nothing that writes."""
    for path in ("/ogc/collections/parks/items", PARK):
        allowed = make_app(package).test_client().options(path).headers["Allow"]
        assert set(allowed.split(", ")) == READING


def test_the_schema_has_the_order_of_the_layer(office: Flask) -> None:
    """Sorted by what newer versions of QGIS sort by, the columns stand as in the layer, and the
    identifier cannot be written.
    """
    schema = Desk(office).ask("GET", "/ogc/collections/parks/schema?f=json").get_json()
    places = {
        name: each["x-ogc-propertySeq"]
        for name, each in schema["properties"].items()
        if name != "geometry"
    }
    names = [name for name in LAYERS["parks"].names if name not in ("lon", "lat")]
    assert sorted(places, key=lambda name: places[name]) == names
    assert schema["properties"]["id"]["readOnly"]


# What becomes of it -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_the_field_that_was_changed_is_stated_and_no_other(office: Flask, method: str) -> None:
    """Field by field: whatever is changed, one statement of that field and value comes of it, in
    the name of the person, waiting for a reviewer.
    """
    desk, before = Desk(office), 0
    fields = [field for field in LAYERS["parks"].fields if field.name not in EVERY_ROW]
    assert len(fields) > 20
    for field in fields:
        feature = desk.park()
        value = other(field, feature["properties"][field.name])
        feature["properties"][field.name] = value
        body = {"properties": {field.name: value}} if method == "PATCH" else feature
        answer = desk.ask(method, PARK, body)
        assert answer.status_code == 202, answer.text
        assert answer.get_json()["state"] == "proposed"
        new = stated(office)[before:]
        assert [name for name, _value in new] == [field.name]
        before += len(new)
    book = Book.held(office.config["HOME"], office.config["STORE"])
    assert book
    assert {row["who"] for row in book.rows("batches")} == {NAMES["contributor"]}
    assert {entry.claim.party for entry in book.statements()} == {PARTY}


@pytest.mark.parametrize("system", [0, 4326, 4490, 3405])
def test_a_point_lands_where_it_was_dropped(office: Flask, system: int) -> None:
    """In each system of the layer, the axes as QGIS turns them: one statement of the position,
    with the accuracy that was known.
    """
    lon, lat = 100.123457, 0.2
    x, y = lon, lat
    if system:
        ((x, y),) = crs.transform([(lon, lat)], source=crs.WGS84, target=system)
    axes = [y, x] if system in (4326, 4490) else [x, y]
    body = {"geometry": {"coordinates": axes, "type": "Point"}}
    assert Desk(office).ask("PATCH", PARK, body, system).status_code == 202
    ((field, value),) = stated(office)
    assert field == POSITION
    assert lonlat(value) == pytest.approx((lon, lat), abs=2e-7)
    book = Book.held(office.config["HOME"], office.config["STORE"])
    assert book
    assert book.statements()[0].claim.accuracy == 100


def test_a_new_park_has_an_identifier_and_can_be_edited_at_once(office: Flask) -> None:
    """Of the fields only those are stated that were filled in; QGIS, which reads the identifier
    in Location, changes and deletes what it has just added; another one of that name is another.
    """
    desk = Desk(office)
    answer = desk.add(**NEW)
    assert answer.status_code == 202, answer.text
    path = urlsplit(answer.headers["Location"]).path
    assert path == "/ogc/collections/parks/items/new-park"
    filled = {name for name in NEW if name not in EVERY_ROW}
    assert {name for name, _value in stated(office)} == filled | {POSITION, "existence"}
    assert desk.ask("GET", path).status_code == 404
    assert desk.ask("PATCH", path, {"properties": {"area_ha": 55.0}}).status_code == 202
    assert stated(office)[-1] == ("area_ha", "55")
    again = desk.add((100.2, 0.2), **NEW)
    assert again.headers["Location"].endswith("/new-park-2")
    assert Desk(office, "reviewer").ask("PATCH", path, {"properties": {}}).status_code == 404
    assert desk.ask("DELETE", path).status_code == 202
    assert stated(office)[-1] == ("existence", "gone")


@pytest.mark.parametrize("left_out", [*NEW, "geometry"])
def test_what_a_new_park_lacks_is_named_where_qgis_shows_it(office: Flask, left_out: str) -> None:
    """QGIS shows the first line of an answer only: the field that is missing stands there."""
    desk = Desk(office)
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [100.1, 0.1]},
        "properties": NEW | {"name_vi": None},
        "id": "new-park",
    }
    within = feature if left_out == "geometry" else feature["properties"]
    within[left_out] = None  # type: ignore[index]
    answer = desk.ask("POST", "/ogc/collections/parks/items", feature)
    assert answer.status_code == 400
    assert left_out in answer.status
    assert left_out in answer.get_json()["description"]
    assert Book.held(office.config["HOME"], office.config["STORE"]) is None or not stated(office)


@pytest.mark.parametrize(
    "body",
    [
        {"properties": {"source": "Decision 12/2026"}},
        {"properties": {"as_of": "2026-01"}},
        {"properties": {"id": "another"}},
        {"properties": {"lon": 100.5}},
        {"properties": {"area_ha": "much"}},
        {"properties": {"area_ha": 5, "source_kind": "rumour"}},
        {"properties": {"position_accuracy_m": None}},
        {"properties": {"castle": "Đông\r\nX-Evil: 1\x00 王"}},
        {"geometry": None},
    ],
)
def test_what_cannot_be_stated_is_refused_and_not_left_out(office: Flask, body: Any) -> None:
    """QGIS says that it has saved only what has been taken; the reason is one line of ASCII."""
    answer = Desk(office).ask("PATCH", PARK, body)
    assert answer.status_code == 400, answer.text
    assert answer.status.isascii()
    assert answer.status.isprintable()
    assert len(answer.status) > len("400 BAD REQUEST") + 10
    assert Book.held(office.config["HOME"], office.config["STORE"]) is None or not stated(office)


def test_source_and_accuracy_go_with_what_was_changed(office: Flask) -> None:
    """A source that is filled in with a value is that of the value; an accuracy that is changed
    alone is that of the position.
    """
    desk = Desk(office)
    named = {"area_ha": 170.5, "as_of": "2026-10", "source": "Decision 12/2026"}
    desk.ask("PATCH", PARK, {"properties": named})
    desk.ask("PATCH", PARK, {"properties": {"position_accuracy_m": 20.0}})
    book = Book.held(office.config["HOME"], office.config["STORE"])
    assert book
    area, position = (entry.claim for entry in book.statements())
    assert (area.source, area.as_of) == ("Decision 12/2026", "2026-10")
    assert (position.field, position.value, position.accuracy) == (
        POSITION,
        "100.0000000 0.0000000",
        20,
    )


def test_what_is_put_back_is_stated_again(office: Flask) -> None:
    """Saved, and then set to what it was: both are stated, as the first one waits already."""
    desk = Desk(office)
    for value in (77.0, 250.0):
        desk.ask("PATCH", PARK, {"properties": {"area_ha": value}})
    assert stated(office) == [("area_ha", "77"), ("area_ha", "250")]


def test_a_whole_feature_does_not_undo_what_came_since(office: Flask) -> None:
    """Without PATCH, QGIS sends the park as it was loaded, its place with six decimals: what
    others stated meanwhile, and what it has itself saved before, is not stated anew.
    """
    desk = Desk(office)
    body = {"geometry": {"coordinates": [100.12345674, 0.1234567], "type": "Point"}}
    desk.ask("PATCH", PARK, body)
    loaded = desk.park()
    decide_all(office)
    Desk(office, "reviewer").ask("PATCH", PARK, {"properties": {"area_ha": 300.0}})
    before = len(stated(office))
    loaded["properties"]["developer"] = "West Ltd"
    assert desk.ask("PUT", PARK, loaded).status_code == 202
    loaded["properties"]["status"] = "planned"
    assert desk.ask("PUT", PARK, loaded).status_code == 202
    assert stated(office)[before:] == [("developer", "West Ltd"), ("status", "planned")]


def test_what_a_reviewer_accepts_is_in_the_layer_with_the_next_release(office: Flask) -> None:
    """A park is changed, moved and added, another one deleted; accepted and released, QGIS reads
    it so, places with six decimals.
    """
    desk = Desk(office)
    desk.ask("PATCH", PARK, {"geometry": {"coordinates": [100.12345678, 0.2], "type": "Point"}})
    desk.ask("PATCH", PARK, {"properties": {"area_ha": 77.0, "name_vi": "Khu Tây Mới"}})
    desk.ask("DELETE", "/ogc/collections/parks/items/lost-park")
    desk.add(**NEW)
    loaded = desk.ask("GET", "/ogc/collections/parks/items?limit=1000").get_json()
    assert {each["id"] for each in loaded["features"]} == {"west-park", "east-park", "lost-park"}
    decide_all(office)
    release(office)
    desk = Desk(begun_again(office))
    loaded = desk.ask("GET", "/ogc/collections/parks/items?limit=1000").get_json()
    assert {each["id"] for each in loaded["features"]} == {"west-park", "east-park", "new-park"}
    park = next(each for each in loaded["features"] if each["id"] == "west-park")
    assert park["geometry"]["coordinates"] == [100.123457, 0.2]
    assert park["properties"]["area_ha"] == 77
    assert park["properties"]["name_vi"] == "Khu Tây Mới"


# QGIS itself --------------------------------------------------------------------------------------


def in_qgis(url: str, task: Mapping[str, Any]) -> dict[str, Any]:
    """Let QGIS do a task, and return what it shows."""
    command = [*shlex.split(QGIS), "-c", SCRIPT.read_text(encoding="utf-8")]
    text = json.dumps({"url": f"{url}/ogc", "layer": "parks"} | dict(task))
    run = subprocess.run(command, input=text, capture_output=True, text=True, timeout=300)
    answers = [line for line in run.stdout.splitlines() if line.startswith("ANSWER")]
    assert answers, run.stderr[-2000:]
    answer: dict[str, Any] = json.loads(answers[0].removeprefix("ANSWER"))
    return answer


@pytest.mark.skipif(not QGIS, reason="ZONEATLAS_TEST_QGIS does not name a Python with PyQGIS")
@pytest.mark.parametrize(("way", "system"), [("basic", ""), ("header", "EPSG:4326")])
def test_a_person_edits_a_park_in_qgis(office: Flask, way: str, system: str) -> None:
    """A viewer cannot; a contributor changes, moves, adds and deletes, and is told what is
    missing; each edit waits in the name of the contributor, and no other field does.
    """
    who = {"way": way, "system": system}
    viewer = who | {"name": NAMES["viewer"], "token": token(office, "viewer")}
    person = who | {"name": NAMES["contributor"], "token": token(office, "contributor")}
    saves: list[list[dict[str, Any]]] = [
        [
            {"do": "change", "id": "west-park", "values": {"area_ha": 77.5, "name_vi": "Tây"}},
            {"do": "move", "id": "west-park", "place": "POINT (100.2 0.1)"},
        ],
        [{"do": "add", "values": NEW, "place": "POINT (100.1 0.3)"}],
        [{"do": "change", "id": "new-park", "values": {"name_zh": "新园"}}],
        [{"do": "delete", "id": "lost-park"}],
        [{"do": "add", "values": {"name_en": "Half Park"}, "place": "POINT (100 0)"}],
    ]
    with serving(office) as url:
        assert in_qgis(url, viewer)["can"] == []
        answer = in_qgis(url, person | {"saves": saves})
    assert answer["can"] == ["add", "change", "delete", "move"]
    assert set(answer["rows"]) == {"west-park", "east-park", "lost-park"}
    assert [save["saved"] for save in answer["saves"]] == [True, True, True, True, False]
    assert "province_en" in " ".join(answer["saves"][-1]["errors"])
    assert set(answer["after"]) == {"west-park", "east-park", "new-park"}
    assert answer["after"]["west-park"]["area_ha"] == 77.5
    new = {name for name in NEW if name not in EVERY_ROW}
    fields = sorted([POSITION, "area_ha", "name_vi", "name_zh", "existence", "existence"])
    assert sorted(name for name, _value in stated(office)) == sorted([*fields, *new, POSITION])
    values = dict(stated(office)[:3])
    assert values == {POSITION: "100.2000000 0.1000000", "area_ha": "77.5", "name_vi": "Tây"}
    decide_all(office)
    release(office)
    with serving(begun_again(office)) as url:
        answer = in_qgis(url, person)
    assert set(answer["rows"]) == {"west-park", "east-park", "new-park"}
    assert answer["rows"]["west-park"]["area_ha"] == 77.5
    assert answer["rows"]["new-park"]["name_zh"] == "新园"
